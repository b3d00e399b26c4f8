"""A complete model folder with a tiny network, written without TensorFlow.

One convolution with ReLU, global average pooling and a dense layer: the shape of the shipped model
in miniature, so that everything around the weights can be tested in milliseconds.
"""

from copy import deepcopy
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from tests.samples import images
from triage_app.inference.card import ModelCard, dump, file_sha256, parse_card
from triage_app.inference.competence import Detector, save_detector
from triage_app.inference.preprocessing import model_input
from triage_app.inference.runtime import Network

SIZE = 56
STRIDE = 8
CELLS = SIZE // STRIDE
CHANNELS = 16
LABELS = ["akiec", "bcc", "bkl", "df", "mel", "nv", "scc", "vasc"]
SCC = LABELS.index("scc")


def weights(seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """Random weights: filters (C, 8, 8, 3), offsets (C,), kernel (8, C), bias (8,).

    Squamous cell carcinoma is hardly ever found: it joined when tests knew which pictures of the
    others lead to which level.
    """
    rng = np.random.default_rng(seed)
    # Each filter sees mostly mean colours, so that lesion and skin differ.
    colour = rng.normal(0, 1, (CHANNELS, 1, 1, 3))
    filters = (colour + rng.normal(0, 0.3, (CHANNELS, STRIDE, STRIDE, 3))) / STRIDE**2
    return {
        "filters": filters.astype(np.float32),
        "offsets": rng.normal(0.2, 0.2, CHANNELS).astype(np.float32),
        "kernel": np.insert(rng.normal(0, 1.5, (7, CHANNELS)), SCC, 0, 0).astype(np.float32),
        "bias": np.insert(rng.normal(0, 0.3, 7), SCC, -6).astype(np.float32),
    }


def network(values: dict[str, NDArray[np.float32]] | None = None) -> bytes:
    """LiteRT bytes with an open batch and outputs logits, feature_map and pooled."""
    return _Builder(values or weights()).bytes()


def card_values(**changes: Any) -> dict[str, Any]:
    """A card's JSON, hashes left empty; keyword arguments replace top-level keys."""
    rate = {"value": 0.9, "low": 0.8, "high": 0.95, "n": 100}
    point = {
        "score": "P(malignant)+P(suspicious)",
        "value": 0.3,
        "interval": [0.2, 0.4],
        "sensitivity": rate,
        "specificity": rate,
        "sensitivity_by_diagnosis": {"mel": rate, "bcc": rate, "akiec": rate},
        "measured_on": "100 drawn lesions; not clinical figures",
        "prevalence": 0.2,
    }
    sizes = {"images": 10, "groups": 5}
    values: dict[str, Any] = {
        "schema": 1,
        "name": "tiny",
        "version": "0.0.1",
        "architecture": "one_convolution",
        "created": "2026-11-22",
        "input": {"size": SIZE, "channels": "RGB", "scaling": "x / 127.5 - 1"},
        "labels": LABELS,
        "files": {"model.tflite": "0" * 64, "competence.npz": "0" * 64},
        "licence": {"id": "CC0-1.0", "attribution": "random numbers"},
        "data": {
            "train": sizes,
            "val": sizes,
            "test": sizes,
            "sha256": "0" * 64,
            "description": "drawn",
        },
        "training": {"seed": 0},
        "views": ["identity", "flip_horizontal"],
        "calibration": {
            "method": "temperature_bias",
            "temperature": 1.5,
            "bias": [0.1] * len(LABELS),
        },
        "operating_points": {
            "rule_out": point,
            "rule_in": {**point, "score": "P(melanoma)", "value": 0.6},
        },
        "conformal": {
            "classes": ["benign", "suspicious", "malignant"],
            "thresholds": {"benign": 0.3, "suspicious": 0.2, "malignant": 0.25},
            "alpha": 0.05,
            "coverage": {"val": 0.95},
        },
        "competence": {"method": "distance", "limit": 1.0, "refused_val": 0.01},
        "measured": {"val": {"auc": 0.9}},
        "limits_of_use": ["A test's model. It knows nothing about skin."],
    }
    return deepcopy(values) | changes


def write(
    folder: Path, values: dict[str, NDArray[np.float32]] | None = None, **changes: Any
) -> ModelCard:
    """Write model, detector and card to ``folder`` and return the card.

    The detector's limit is set so that drawn lesions pass, and far-off colours do not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = network(values)
    (folder / "model.tflite").write_bytes(content)
    detector, limit = _detector(Network(content, 1))
    save_detector(detector, folder / "competence.npz")
    files = {n: file_sha256(folder / n) for n in ("model.tflite", "competence.npz")}
    competence = {"method": "distance", "limit": limit, "refused_val": 0.01}
    card = parse_card(card_values(**({"files": files, "competence": competence} | changes)))
    dump(card, folder / "card.json")
    return card


def _detector(tiny: Network) -> tuple[Detector, float]:
    lesions = [images.square(128, images.Lesion(seed=seed)) for seed in range(8)]
    pooled = np.concatenate([tiny.forward(model_input(crop, SIZE)).pooled for crop in lesions])
    detector = Detector(pooled.mean(axis=0), np.eye(CHANNELS, dtype=np.float32))
    return detector, 3 * float(detector.scores(pooled).max())


class _Builder:
    """Assembles the FlatBuffer: tensors in order, operators that refer to them by index."""

    def __init__(self, values: dict[str, NDArray[np.float32]]) -> None:
        self.tensors: list[Any] = []
        self.buffers = [schema.BufferT()]
        self.image = self._tensor("image", (1, SIZE, SIZE, 3))
        filters = self._tensor("filters", data=values["filters"])
        offsets = self._tensor("offsets", data=values["offsets"])
        axes = self._tensor("axes", data=np.array([1, 2], np.int32))
        kernel = self._tensor("kernel", data=values["kernel"])
        bias = self._tensor("bias", data=values["bias"])
        self.map = self._tensor("map", (1, CELLS, CELLS, CHANNELS))
        self.pooled = self._tensor("pooled", (1, CHANNELS))
        self.logits = self._tensor("logits", (1, len(LABELS)))
        self.operators = [
            self._operator(0, [self.image, filters, offsets], self.map, _convolution()),
            self._operator(1, [self.map, axes], self.pooled, schema.ReducerOptionsT()),
            self._operator(
                2, [self.pooled, kernel, bias], self.logits, schema.FullyConnectedOptionsT()
            ),
        ]

    def bytes(self) -> bytes:
        model = schema.ModelT()
        model.version = 3
        model.operatorCodes = [_code(name) for name in ("CONV_2D", "MEAN", "FULLY_CONNECTED")]
        model.subgraphs = [self._graph()]
        model.buffers = self.buffers
        model.signatureDefs = [self._signature()]
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _graph(self) -> Any:
        graph = schema.SubGraphT()
        graph.tensors = self.tensors
        graph.inputs = [self.image]
        graph.outputs = [self.logits, self.map, self.pooled]
        graph.operators = self.operators
        return graph

    def _signature(self) -> Any:
        signature = schema.SignatureDefT()
        signature.signatureKey = "serving_default"
        signature.inputs = [_named("image", self.image)]
        outputs = {"logits": self.logits, "feature_map": self.map, "pooled": self.pooled}
        signature.outputs = [_named(name, index) for name, index in outputs.items()]
        return signature

    def _tensor(
        self, name: str, shape: tuple[int, ...] = (), data: NDArray[Any] | None = None
    ) -> int:
        tensor = schema.TensorT()
        tensor.name = name
        tensor.type = schema.TensorType.FLOAT32
        tensor.shape = list(shape)
        tensor.shapeSignature = [-1, *shape[1:]]
        tensor.buffer = 0
        if data is not None:
            tensor.shape, tensor.shapeSignature = list(data.shape), None
            if data.dtype == np.int32:
                tensor.type = schema.TensorType.INT32
            tensor.buffer = len(self.buffers)
            self.buffers.append(schema.BufferT())
            self.buffers[-1].data = np.frombuffer(data.tobytes(), np.uint8)
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def _operator(self, code: int, inputs: list[int], output: int, options: Any) -> Any:
        operator = schema.OperatorT()
        operator.opcodeIndex = code
        operator.inputs = inputs
        operator.outputs = [output]
        kind = type(options).__name__.removesuffix("T")
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
        operator.builtinOptions = options
        return operator


def _convolution() -> Any:
    options = schema.Conv2DOptionsT()
    options.strideH = options.strideW = STRIDE
    options.dilationHFactor = options.dilationWFactor = 1
    options.padding = schema.Padding.VALID
    options.fusedActivationFunction = schema.ActivationFunctionType.RELU
    return options


def _code(name: str) -> Any:
    code = schema.OperatorCodeT()
    code.builtinCode = getattr(schema.BuiltinOperator, name)
    code.deprecatedBuiltinCode = code.builtinCode
    code.version = 1
    return code


def _named(name: str, index: int) -> Any:
    entry = schema.TensorMapT()
    entry.name = name
    entry.tensorIndex = index
    return entry
