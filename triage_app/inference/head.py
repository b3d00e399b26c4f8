"""The last layer's weights, read from the LiteRT file itself.

The overlay needs them; taking them from the file that serves leaves no second copy that could
belong to another model.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage_app.domain.errors import ModelRefused

# Float32 sums of a thousand products differ by the order of adding.
_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Head:
    """logits = pooled @ kernel + bias; ``kernel`` float32 (C, classes), ``bias`` (classes,)."""

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]

    def verify(self, pooled: NDArray[np.float32], logits: NDArray[np.float32]) -> None:
        """Check against outputs (N, C) and (N, classes) of the network. Raises ModelRefused."""
        expected = pooled @ self.kernel + self.bias if pooled.shape[1] == len(self.kernel) else None
        if expected is None or expected.shape != logits.shape or _differ(expected, logits):
            raise _refused()


def read_head(content: bytes) -> Head:
    """The last fully connected layer of a float32 LiteRT file. Raises ModelRefused."""
    from ai_edge_litert import schema_py_generated as schema  # noqa: PLC0415 - large, needed once

    try:
        model = schema.Model.GetRootAs(content, 0)
        graph = model.Subgraphs(0)
        layer = _last_operator(model, graph, schema.BuiltinOperator.FULLY_CONNECTED)
        kernel = _constant(model, graph, layer.Inputs(1))
        has_bias = layer.InputsLength() > 2 and layer.Inputs(2) >= 0
        bias = _constant(model, graph, layer.Inputs(2)) if has_bias else np.zeros(len(kernel))
    except ModelRefused:
        raise
    except Exception as error:
        # The reader trusts the offsets in the file and fails in many ways on a wrong one.
        raise _refused() from error
    if kernel.ndim != 2 or bias.shape != (len(kernel),):
        raise _refused()
    return Head(np.ascontiguousarray(kernel.T, np.float32), bias.astype(np.float32))


def _last_operator(model: Any, graph: Any, wanted: int) -> Any:
    for index in reversed(range(graph.OperatorsLength())):
        operator = graph.Operators(index)
        code = model.OperatorCodes(operator.OpcodeIndex())
        # Old files name the operator in the deprecated field only.
        if max(code.BuiltinCode(), code.DeprecatedBuiltinCode()) == wanted:
            return operator
    raise _refused()


def _constant(model: Any, graph: Any, index: int) -> NDArray[np.float32]:
    tensor = graph.Tensors(index)
    values = model.Buffers(tensor.Buffer()).DataAsNumpy()
    if not isinstance(values, np.ndarray):
        raise _refused()
    return np.array(values.view(np.float32).reshape(tensor.ShapeAsNumpy()))


def _differ(expected: NDArray[np.float32], found: NDArray[np.float32]) -> bool:
    scale = max(1.0, float(np.abs(found).max()))
    return not bool(np.abs(expected - found).max() <= _TOLERANCE * scale)


def _refused() -> ModelRefused:
    return ModelRefused(
        "The last layer of the model file is not the float32 dense layer that the overlay is "
        "computed from. Export the model again with this version."
    )
