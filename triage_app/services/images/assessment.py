"""From the bytes of one photograph to evidence and a decision; stores nothing."""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from triage_app.domain.case import Analysis, ModelIdentity
from triage_app.domain.context import ClinicalContext
from triage_app.domain.diagnosis import CONCERN, Diagnosis
from triage_app.domain.errors import ModelRefused
from triage_app.domain.quality import ImageQuality
from triage_app.domain.triage import (
    Decision,
    Evidence,
    Level,
    Policy,
    Reason,
    ReasonCode,
    decide,
)
from triage_app.imaging import overlay, quality
from triage_app.imaging.field import lit_part
from triage_app.imaging.intake import Decoded
from triage_app.inference import heatmap
from triage_app.inference.classifier import Classifier, Prediction

MELANOMA_GROUP = frozenset({Diagnosis.MEL})
# Threads for what needs only the pixels and is done while the network runs.
_BESIDE = 4
FRAME_LEFT_OUT = "A dark frame was left out: the lit square inside it was analysed."


class Decoder(Protocol):
    """Turns untrusted bytes into pixels, isolated from this process."""

    def decode(self, data: bytes) -> Decoded:
        """Raises ImageRejected."""


@dataclass(frozen=True)
class ModelInService:
    """The classifier with the policy that its card and the site's settings give.

    ``lit_field``: whether it analyses the square inside the lit field of the dermatoscope.
    """

    classifier: Classifier
    identity: ModelIdentity
    policy: Policy
    operating_points: Mapping[str, Any]
    limits_of_use: tuple[str, ...]
    lit_field: bool = False


@dataclass(frozen=True)
class Assessment:
    """Result of one photograph.

    ``heat``: float32 (h, w) in [0, 1] over the analysed crop, or None where there is no overlay.
    ``crop_jpeg`` and ``thumbnail_jpeg`` are JPEG bytes, ``overlay_png`` a PNG or None.
    ``timings`` are milliseconds by stage; of what is done beside the network, quality and the two
    JPEGs after it, only what was waited for, as "quality". ``leading_even_weights`` is the
    diagnosis that fits best were all seven equally frequent, or None where the model did not
    answer; it decides nothing.
    """

    decoded: Decoded
    evidence: Evidence
    decision: Decision
    heat: NDArray[np.float32] | None
    crop_jpeg: bytes
    thumbnail_jpeg: bytes
    overlay_png: bytes | None
    model: ModelIdentity | None
    operating_points: Mapping[str, Any]
    limits_of_use: tuple[str, ...]
    timings: Mapping[str, float]
    leading_even_weights: Diagnosis | None = None


@dataclass(frozen=True)
class _Look:
    """What the model says of a crop; without an answer only the evidence of the refusal."""

    evidence: Evidence
    heat: NDArray[np.float32] | None = None
    leading_even_weights: Diagnosis | None = None


@dataclass(frozen=True)
class _Seen:
    """What needs only the pixels; ``pictures`` are crop and thumbnail as JPEG."""

    quality: ImageQuality
    pictures: tuple[bytes, bytes]


@dataclass
class _Stopwatch:
    """Milliseconds by stage."""

    stages: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.stages[name] = round(1000 * (time.perf_counter() - start), 2)


class Assessor:
    """Decodes, measures, classifies, explains and decides.

    Without a model it still decodes and measures, and every decision is "cannot assess"; so it is
    while ``suspended`` gives a sentence that says why.
    """

    def __init__(
        self,
        decoder: Decoder,
        model: ModelInService | None,
        refusal: str,
        strict: Policy,
        suspended: Callable[[], str] = str,
    ) -> None:
        self._decoder = decoder
        self._model = model
        self._refusal = refusal
        self._suspended = suspended
        self._beside = ThreadPoolExecutor(_BESIDE, "beside-the-network")
        # Needed to decide without a model too: the level is then "cannot assess" whatever it says.
        self._policy = model.policy if model else strict

    def assess(self, data: bytes, context: ClinicalContext, *, beside: bool = False) -> Assessment:
        """Assess one file; raises ImageRejected when it cannot be read as a picture.

        ``beside`` others the network runs in one thread.
        """
        watch = _Stopwatch()
        with watch.stage("decode"):
            decoded = self._analysed(self._decoder.decode(data))
        seeing = self._beside.submit(_see, decoded.crop)

        def measured() -> ImageQuality:
            with watch.stage("quality"):
                return seeing.result().quality

        look = self._look(decoded.crop, measured, watch, beside)
        with watch.stage("decide"):
            decision = self.decide(look.evidence, context)
        return self._draw(decoded, look, decision, seeing.result().pictures, watch)

    def _analysed(self, decoded: Decoded) -> Decoded:
        """With the crop that the model in service was made for."""
        if self._model is None or not self._model.lit_field:
            return decoded
        part = lit_part(decoded.crop)
        if part.shape == decoded.crop.shape:
            return decoded
        return replace(decoded, crop=part, notes=(*decoded.notes, FRAME_LEFT_OUT))

    def decide(self, evidence: Evidence, context: ClinicalContext) -> Decision:
        """The rule with this site's policy."""
        return decide(evidence, context, self._policy)

    def decide_again(self, analysis: Analysis, context: ClinicalContext) -> Decision:
        """The rule on stored evidence with another context.

        The operating points are those of the model that judged the image, not today's; the red
        flags that a site lists as urgent are today's.
        """
        points = analysis.operating_points
        policy = self._policy
        if points:
            policy = replace(
                policy, rule_out=points["rule_out"]["value"], rule_in=points["rule_in"]["value"]
            )
        return decide(analysis.evidence, context, policy)

    def _look(
        self,
        crop: NDArray[np.uint8],
        measured: Callable[[], ImageQuality],
        watch: _Stopwatch,
        beside: bool,
    ) -> _Look:
        # Asked for each image: a switch that works from the next start on comes too late.
        refusal = self._refusal if self._model is None else self._suspended()
        if self._model is None or refusal:
            return _Look(_refused(measured(), refusal))
        try:
            with watch.stage("classify"):
                prediction = self._model.classifier.run(crop, beside=beside)
            graded = measured()
            with watch.stage("heatmap"):
                return self._explain(prediction, graded)
        except (ModelRefused, ValueError) as error:
            # A model that answers nonsense (NaN, wrong shape) must not pass as a finding.
            return _Look(_refused(measured(), f"The model failed on this image: {error}"))

    def _explain(self, prediction: Prediction, measured: ImageQuality) -> _Look:
        name, group = "malignant_or_suspicious", CONCERN
        if prediction.findings.rule_in_score >= self._policy.rule_in:
            name, group = "melanoma", MELANOMA_GROUP
        cam = heatmap.grad_cam(
            prediction.feature_map,
            prediction.head_weights,
            prediction.explained_logits,
            group,
            prediction.diagnoses,
        )
        evidence = Evidence(
            findings=prediction.findings,
            prediction_set=prediction.prediction_set,
            quality=measured,
            competence=prediction.competence,
            overlay=heatmap.describe(cam, name),
        )
        heat = heatmap.normalise(cam) if heatmap.has_evidence(cam) else None
        return _Look(evidence, heat, prediction.leading_even_weights)

    def _draw(
        self,
        decoded: Decoded,
        look: _Look,
        decision: Decision,
        pictures: tuple[bytes, bytes],
        watch: _Stopwatch,
    ) -> Assessment:
        # An image that cannot be assessed shows no overlay: it would be a finding in a picture.
        shown = look.heat if decision.findings_level is not Level.CANNOT_ASSESS else None
        with watch.stage("draw"):
            crop_jpeg, thumbnail = pictures
            side = min(decoded.crop.shape[0], overlay.OVERLAY_SIDE)
            overlay_png = overlay.render_overlay(shown, side) if shown is not None else None
        return Assessment(
            decoded=decoded,
            evidence=look.evidence,
            decision=decision,
            heat=shown,
            crop_jpeg=crop_jpeg,
            thumbnail_jpeg=thumbnail,
            overlay_png=overlay_png,
            model=self._model.identity if self._model else None,
            operating_points=self._model.operating_points if self._model else {},
            limits_of_use=self._model.limits_of_use if self._model else (),
            timings=dict(watch.stages),
            leading_even_weights=look.leading_even_weights,
        )


def _see(crop: NDArray[np.uint8]) -> _Seen:
    return _Seen(quality.measure(crop), (overlay.encode_jpeg(crop), overlay.thumbnail(crop)))


def _refused(measured: ImageQuality, sentence: str) -> Evidence:
    reason = Reason(
        ReasonCode.MODEL_UNAVAILABLE,
        Level.CANNOT_ASSESS,
        f"{sentence} The image is stored; refer on clinical grounds.",
    )
    return Evidence(quality=measured, refusal=reason)
