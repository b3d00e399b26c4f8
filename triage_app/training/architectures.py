"""Network architectures by name. Each maps RGB scaled to [-1, 1] onto raw logits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras

from triage_app.training.errors import UnknownArchitecture
from triage_app.training.lean import LeanBatchNormalization, LeanConv2D, LeanDepthwiseConv2D

# (filters of the 1x1 convolution, stride of the depthwise one), Howard et al. 2017, table 1.
V1_BLOCKS: tuple[tuple[int, int], ...] = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (1024, 2),
    (1024, 1),
)
V1_PARAMETERS_1000_CLASSES = 4_253_864
FEATURE_MAP = "feature_map"
POOLED = "pooled"
TEXTURE = "texture"
# Fine-tuning empties the last layers of what tells a lion from a lesion; halfway, at an eighth of
# the resolution, it is still there. Measured on mobilenet_v1: pooled features let a third of 51
# everyday pictures pass, this layer none, at 2 % of validation images refused.
TEXTURE_STRIDE = 8
_PROBE_SIDE = 256
LOGITS = "logits"


def mobilenet_v1(
    classes: int,
    *,
    input_size: int | None = None,
    width: float = 1.0,
    dropout: float = 0.2,
    lean: bool = False,
    momentum: float = 0.99,
) -> keras.Model:
    """MobileNetV1 (arXiv:1704.04861), block by block.

    Input float32 (N, size, size, 3) in [-1, 1]; output float32 logits (N, classes). Layer names
    are those of keras.applications, so ImageNet weights can be copied by name.

    Args:
        classes: number of logits.
        input_size: side in pixels, a multiple of 32; None leaves it open.
        width: multiplier of every layer's filters (alpha in the paper).
        dropout: share of pooled features dropped in training.
        lean: use the quicker layers of this package while training.
        momentum: share of the running statistics kept at each step.
    """
    layers = _layers(lean, momentum)
    inputs = keras.Input((input_size, input_size, 3), name="image")
    x = layers.conv(int(32 * width), 3, strides=2, padding="same", name="conv1")(inputs)
    x = layers.norm(name="conv1_bn")(x)
    x = keras.layers.ReLU(6.0, name="conv1_relu")(x)
    for number, (filters, stride) in enumerate(V1_BLOCKS, start=1):
        x = _separable_block(x, number, int(filters * width), stride, layers)
    return _with_head(inputs, x, classes, dropout, "mobilenet_v1")


@dataclass(frozen=True)
class _Layers:
    """The makers of the layers that hold weights."""

    conv: Callable[..., keras.layers.Layer]
    depthwise: Callable[..., keras.layers.Layer]
    norm: Callable[..., keras.layers.Layer]


def _layers(lean: bool, momentum: float) -> _Layers:
    plain = keras.layers
    return _Layers(
        partial(LeanConv2D if lean else plain.Conv2D, use_bias=False),
        partial(LeanDepthwiseConv2D if lean else plain.DepthwiseConv2D, use_bias=False),
        partial(LeanBatchNormalization if lean else plain.BatchNormalization, momentum=momentum),
    )


def _separable_block(x: Any, number: int, filters: int, stride: int, layers: _Layers) -> Any:
    """A 3x3 convolution within each channel, then a 1x1 convolution across channels."""
    relu = keras.layers.ReLU
    padding = "same"
    if stride == 2:
        # The published weights were trained with padding on the right and below only.
        x = keras.layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{number}")(x)
        padding = "valid"
    # In bfloat16 PyTorch has no quick gradient of this layer where it strides: these four would
    # take a third of a training step.
    exact = {"dtype": "float32"} if stride == 2 else {}
    name = f"conv_dw_{number}"
    x = layers.depthwise(3, strides=stride, padding=padding, name=name, **exact)(x)
    x = layers.norm(name=f"conv_dw_{number}_bn")(x)
    x = relu(6.0, name=f"conv_dw_{number}_relu")(x)
    x = layers.conv(filters, 1, name=f"conv_pw_{number}")(x)
    x = layers.norm(name=f"conv_pw_{number}_bn")(x)
    return relu(6.0, name=f"conv_pw_{number}_relu")(x)


def _with_head(inputs: Any, x: Any, classes: int, dropout: float, name: str) -> keras.Model:
    layers = keras.layers
    x = layers.Activation("linear", name=FEATURE_MAP, dtype="float32")(x)
    x = layers.GlobalAveragePooling2D(name=POOLED, dtype="float32")(x)
    x = layers.Dropout(dropout, name="dropout", dtype="float32")(x)
    x = layers.Dense(classes, name=LOGITS, dtype="float32")(x)
    return keras.Model(inputs, x, name=name)


def _from_applications(builder: Callable[..., keras.Model], name: str) -> Callable[..., Any]:
    def build(
        classes: int,
        *,
        input_size: int | None = None,
        width: float = 1.0,
        dropout: float = 0.2,
        momentum: float = 0.99,
        **_: Any,  # these networks keep the normalisation layers they come with
    ) -> keras.Model:
        shape = (input_size, input_size, 3)
        inputs = keras.Input(shape, name="image")
        # V3 would scale 0..255 itself; here every network takes what serving gives, [-1, 1].
        extra = {"include_preprocessing": False} if "v3" in name else {}
        backbone = builder(
            input_tensor=inputs, include_top=False, weights=None, alpha=width, **extra
        )
        for layer in backbone.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = momentum
        return _with_head(inputs, backbone.output, classes, dropout, name)

    return build


def architectures() -> dict[str, Callable[..., keras.Model]]:
    """Every architecture by its name."""
    apps = keras.applications
    return {
        "mobilenet_v1": mobilenet_v1,
        "mobilenet_v2": _from_applications(apps.MobileNetV2, "mobilenet_v2"),
        "mobilenet_v3_small": _from_applications(apps.MobileNetV3Small, "mobilenet_v3_small"),
        "mobilenet_v3_large": _from_applications(apps.MobileNetV3Large, "mobilenet_v3_large"),
    }


def build(name: str, classes: int, **options: Any) -> keras.Model:
    """The named architecture; raises UnknownArchitecture with the names there are."""
    known = architectures()
    if name not in known:
        raise UnknownArchitecture(name, sorted(known))
    return known[name](classes, **options)


def texture_layer(model: keras.Model) -> str | None:
    """Name of the last layer at an eighth of the input's side; None where there is no such layer.

    ``conv_pw_5_relu`` in mobilenet_v1, ``block_6_expand_relu`` in mobilenet_v2, and the activation
    before the next stride in both V3, whose activations have no name of their own.
    """
    probe = keras.Input((_PROBE_SIDE, _PROBE_SIDE, 3))
    sized = keras.models.clone_model(model, input_tensors=probe)
    side = _PROBE_SIDE // TEXTURE_STRIDE
    fitting = [
        layer.name
        for layer in sized.layers
        if len(layer.output.shape) == 4 and tuple(layer.output.shape[1:3]) == (side, side)
    ]
    return fitting[-1] if fitting else None


def with_evidence(model: keras.Model) -> keras.Model:
    """The same network returning logits, last feature map and pooled features in one pass.

    Where there is a layer at an eighth of the resolution, ``texture`` is added: the means of its
    channels, which the competence detector sees.
    """
    outputs = {name: model.get_layer(name).output for name in (LOGITS, FEATURE_MAP, POOLED)}
    middle = texture_layer(model)
    if middle is not None:
        texture = keras.layers.GlobalAveragePooling2D(name=TEXTURE)
        outputs[TEXTURE] = texture(model.get_layer(middle).output)
    return keras.Model(model.input, outputs, name=f"{model.name}_with_evidence")
