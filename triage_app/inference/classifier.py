"""The shipped model in service: one crop in, calibrated findings and their evidence out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage_app.domain.diagnosis import Diagnosis, FindingClass
from triage_app.domain.errors import ModelRefused
from triage_app.domain.findings import Competence, Findings, TwoGates
from triage_app.inference.card import (
    COMPETENCE_FILE,
    GATE_FILE,
    WEIGHTS_FILE,
    Calibration,
    Conformal,
    ModelCard,
    load_card,
    read_verified,
)
from triage_app.inference.competence import Detector, read_detector
from triage_app.inference.gate import Gate, gate_inputs, read_gate
from triage_app.inference.head import Head, read_head
from triage_app.inference.preprocessing import model_input
from triage_app.inference.runtime import DEFAULT_THREADS, Network, Outputs


@dataclass(frozen=True)
class Prediction:
    """What the model says about one crop; arrays are float32.

    ``diagnoses``: the D diagnoses of the model, in the order of its outputs.
    ``logits`` (D,): mean over the card's views, not calibrated.
    ``explained_logits`` (D,): calibrated logits of the first view, which ``feature_map`` (h, w, C)
    belongs to; the overlay shows their log-odds. ``head_weights`` (C, D).
    """

    diagnoses: tuple[Diagnosis, ...]
    logits: NDArray[np.float32]
    explained_logits: NDArray[np.float32]
    findings: Findings
    prediction_set: frozenset[FindingClass]
    competence: Competence | TwoGates
    feature_map: NDArray[np.float32]
    head_weights: NDArray[np.float32]

    @property
    def leading_even_weights(self) -> Diagnosis:
        """The diagnosis that would be likeliest if all were equally frequent.

        Training adds the log frequencies of its sampling to the logits (logit adjustment, Menon et
        al. 2021), so the logits without them, which these are, stand for even frequencies.
        """
        return self.diagnoses[int(np.argmax(self.logits))]


class Classifier:
    """A verified model with its card; ``run`` may be called from any number of threads."""

    def __init__(
        self,
        card: ModelCard,
        network: Network,
        head: Head,
        detector: Detector,
        gate: Gate | None = None,
    ) -> None:
        """Take the parts and try them on a blank image. Raises ModelRefused if they do not fit."""
        self.card = card
        self._network = network
        self._head = head
        self._detector = detector
        self._gate = gate
        self._try()

    @classmethod
    def load(cls, folder: Path, threads: int = DEFAULT_THREADS, copies: int = 1) -> "Classifier":
        """Load ``folder``, verifying each file against the card; see ``Network`` for ``threads``
        and ``copies``. Raises ModelRefused."""
        card = load_card(folder)
        weights = read_verified(card, folder, WEIGHTS_FILE)
        detector = read_detector(read_verified(card, folder, COMPETENCE_FILE))
        gate = read_gate(read_verified(card, folder, GATE_FILE)) if card.gate else None
        network = Network(weights, threads, copies)
        return cls(card, network, read_head(weights), detector, gate)

    def run(self, crop: NDArray[np.uint8], *, beside: bool = False) -> Prediction:
        """Classify an analysed crop, uint8 (S, S, 3) sRGB; for ``beside`` see ``Network.forward``.

        Raises:
            ModelRefused: the model fails on this image; no finding may be shown.
            ValueError: the crop is not square uint8 RGB.
        """
        views = model_input(crop, self.card.input.size, self.card.views)
        outputs = self._network.forward(views, beside=beside)
        logits = outputs.logits.mean(axis=0)
        findings = findings_of(logits, self.card.calibration, self.card.diagnoses)
        return Prediction(
            diagnoses=self.card.diagnoses,
            logits=logits,
            explained_logits=calibrated(outputs.logits[0], self.card.calibration),
            findings=findings,
            prediction_set=prediction_set_of(findings, self.card.conformal),
            competence=self._competence(outputs, crop),
            feature_map=outputs.feature_map[0],
            head_weights=self._head.kernel,
        )

    def _competence(self, outputs: Outputs, crop: NDArray[np.uint8]) -> Competence | TwoGates:
        texture = outputs.texture.mean(axis=0)[np.newaxis]
        distance, limit = float(self._detector.scores(texture)[0]), self.card.competence.limit
        if self._gate is None or self.card.gate is None:
            return Competence(distance, limit)
        sure = float(self._gate.sure(gate_inputs(outputs, crop)[np.newaxis])[0])
        return TwoGates(sure, self.card.gate.limit, distance, limit)

    def _try(self) -> None:
        size = self.card.input.size
        if self._network.input_shape != (size, size, 3):
            raise ModelRefused(
                f"The model file does not take images of {size} px, as its card says."
            )
        outputs = self._network.forward(np.zeros((1, size, size, 3), np.float32))
        if outputs.logits.shape != (1, len(self.card.labels)):
            raise ModelRefused("The model file does not answer with the diagnoses of its card.")
        self._head.verify(outputs.pooled, outputs.logits)
        if outputs.texture.shape[1] != len(self._detector.mean):
            raise ModelRefused("The competence detector belongs to another model.")
        blank = gate_inputs(outputs, np.zeros((size, size, 3), np.uint8))
        if self._gate is not None and len(blank) != len(self._gate.mean):
            raise ModelRefused("The dermoscopy gate belongs to another model.")


def calibrated(logits: NDArray[np.float32], calibration: Calibration) -> NDArray[np.float32]:
    """Logits (D,) whose softmax is the posterior: logits / temperature + bias."""
    return np.asarray(logits / calibration.temperature + np.asarray(calibration.bias), np.float32)


def findings_of(
    logits: NDArray[np.float32], calibration: Calibration, diagnoses: Sequence[Diagnosis]
) -> Findings:
    """Calibrated probabilities of D diagnoses from logits (D,), the mean over the views."""
    values = logits.astype(np.float64) / calibration.temperature + np.asarray(calibration.bias)
    weights = np.exp(values - values.max())
    posterior = weights / weights.sum()
    return Findings({d: float(p) for d, p in zip(diagnoses, posterior, strict=True)})


def prediction_set_of(findings: Findings, conformal: Conformal) -> frozenset[FindingClass]:
    """Classes whose probability reaches their conformal threshold; may be empty."""
    return frozenset(
        c for c, p in findings.by_class().items() if p >= conformal.thresholds[c.value]
    )
