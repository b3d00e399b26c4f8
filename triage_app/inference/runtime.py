"""One pass through a LiteRT file: logits, last feature map, pooled and texture features."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage_app.domain.errors import ModelRefused

SIGNATURE = "serving_default"
DEFAULT_THREADS = 2
REQUIRED_OUTPUTS = frozenset({"logits", "feature_map", "pooled"})


@dataclass(frozen=True)
class Outputs:
    """Results for N inputs, all float32.

    ``logits`` (N, classes); ``feature_map`` (N, h, w, C) before global average pooling;
    ``pooled`` (N, C), its mean over h and w; ``texture`` (N, K), the mean of an earlier layer,
    which the competence detector sees, or ``pooled`` again where the file has no such output.
    """

    logits: NDArray[np.float32]
    feature_map: NDArray[np.float32]
    pooled: NDArray[np.float32]
    texture: NDArray[np.float32]


class Network:
    """A LiteRT file loaded for inference; ``forward`` may be called from any number of threads.

    The file needs the signature "serving_default" with one float32 input (N, S, S, 3), N open, and
    the outputs ``logits``, ``feature_map`` and ``pooled``, and may have ``texture``.
    ``input_shape`` is (S, S, 3).
    """

    def __init__(self, content: bytes, threads: int = DEFAULT_THREADS, copies: int = 1) -> None:
        """Load from the bytes of the file. Raises ModelRefused when they are no such model.

        One call at a time runs in ``threads`` threads. With ``copies`` above one, so many more run
        beside it, each in a thread of its own; others wait. A copy takes some 25 MB, and is made
        when it is first needed.
        """
        first = _Session(content, threads)
        self.input_shape = first.input_shape
        self._wide: queue.LifoQueue[_Session] = queue.LifoQueue()
        self._wide.put(first)
        self._narrow: queue.LifoQueue[_Session] = queue.LifoQueue() if copies > 1 else self._wide
        self._another = partial(_Session, content, 1)
        self._unmade = copies if copies > 1 else 0
        self._lock = threading.Lock()

    def forward(self, batch: NDArray[np.float32], *, beside: bool = False) -> Outputs:
        """Run a batch, float32 (N, S, S, 3) in [-1, 1], as ``preprocessing.model_input`` makes it.

        ``beside`` others, it runs in one thread: several calls in several threads each would wait
        for one another. The results are the same.

        Raises:
            ModelRefused: the model fails on this input or answers with NaN or infinity.
            ValueError: the batch has another shape than the model's input.
        """
        if batch.ndim != 4 or batch.shape[1:] != self.input_shape:
            raise ValueError(f"the model takes batches of images of the shape {self.input_shape}")
        with self._session(beside) as session:
            answer = session.run(batch)
        pooled = answer["pooled"]
        texture = answer.get("texture", pooled)
        outputs = Outputs(answer["logits"], answer["feature_map"], pooled, texture)
        if not all(np.isfinite(part).all() for part in vars(outputs).values()):
            raise ModelRefused("The model answered with values that are not numbers.")
        return outputs

    @contextmanager
    def _session(self, beside: bool) -> "Iterator[_Session]":
        """One that nobody else uses meanwhile."""
        session, home = self._free(beside)
        try:
            yield session
        finally:
            home.put(session)

    def _free(self, beside: bool) -> "tuple[_Session, queue.LifoQueue[_Session]]":
        for home in [self._narrow] if beside else [self._wide, self._narrow]:
            with suppress(queue.Empty):
                return home.get_nowait(), home
        made = self._another() if self._may_make() else self._narrow.get()
        return made, self._narrow

    def _may_make(self) -> bool:
        with self._lock:
            self._unmade -= 1
            return self._unmade >= 0


class _Session:
    """An interpreter, which keeps its tensors between calls: two threads at once would mix two
    lesions."""

    def __init__(self, content: bytes, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 - loads native code

        try:
            self._interpreter = Interpreter(model_content=content, num_threads=threads)
            self._runner: Any = self._interpreter.get_signature_runner(SIGNATURE)
            ((self._input, details),) = self._runner.get_input_details().items()
            outputs = set(self._runner.get_output_details())
        except (ValueError, RuntimeError) as error:
            raise ModelRefused(
                "The model file cannot be loaded for inference. Install the model again."
            ) from error
        if not outputs >= REQUIRED_OUTPUTS:
            raise ModelRefused(
                "The model file lacks the outputs logits, feature_map and pooled. "
                "Export it again with this version."
            )
        self.input_shape: tuple[int, ...] = tuple(int(side) for side in details["shape"][1:])

    def run(self, batch: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Outputs by name. Raises ModelRefused."""
        try:
            answer: dict[str, NDArray[np.float32]] = self._runner(
                **{self._input: np.ascontiguousarray(batch, np.float32)}
            )
        except (ValueError, RuntimeError) as error:
            raise ModelRefused("The model failed on this image.") from error
        return answer
