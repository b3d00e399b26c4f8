"""What the shipped model says of fixed pictures, so that no change alters it unnoticed.

``python -m tests.samples.golden`` writes ``tests/samples/data/golden_predictions.json`` anew: run
it after the shipped model, its card or the rule was changed on purpose, and read the difference
before you commit it. Where ``../shared/data/dermoscopy`` lies beside the checkout, it also
measures the fixed sample of validation images; elsewhere it leaves that part out, and the test of
it then skips.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.samples import images, synthetic
from triage_app.config import PROJECT_ROOT, Settings
from triage_app.domain.context import NO_CONTEXT
from triage_app.domain.triage import Policy
from triage_app.imaging.intake import Decoded
from triage_app.inference.classifier import Classifier
from triage_app.services.images.assessment import Assessment, Assessor
from triage_app.statistics.ranking import roc_auc
from triage_app.training.assess import Assessed, ShippedRule, assess_files
from triage_app.training.calibrate import NEEDS_ACTION, rule_out_score
from triage_app.training.data import Record, of_split
from triage_app.training.labels import read_labels
from triage_app.wiring.model import in_service, newest_model

FILE = Path(__file__).parent / "data" / "golden_predictions.json"
COMMAND = "python -m tests.samples.golden"
DERMOSCOPY = PROJECT_ROOT.parent / "shared" / "data" / "dermoscopy"
SAMPLE = 300
SIDE = 320
Crop = NDArray[np.uint8]


def crops() -> dict[str, Crop]:
    """Drawn pictures by name, uint8 (S, S, 3): lesions that pass, and what must be refused."""
    lesions = {
        f"lesion {seed}, radius {radius}": synthetic.pixels(seed, 1024, radius)
        for seed, radius in ((1, 0.3), (2, 0.36), (4, 0.3), (8, 0.24), (5, 0.16))
    }
    with_veils = {f"lesion {seed} with a blue veil": veiled(seed) for seed in (4, 6, 9)}
    return lesions | with_veils | _patterns()


def veiled(seed: int) -> Crop:
    """A lesion with a blue-grey patch off its centre, which speaks for melanoma."""
    lesion = synthetic.pixels(seed, 1024, 0.36)
    rows, columns = np.mgrid[0:1024, 0:1024] / 1024
    patch = np.hypot(rows - 0.45, columns - 0.5) < 0.12
    return np.clip(lesion + patch[..., None] * np.array((-10, 30, 60)), 0, 255).astype(np.uint8)


def _patterns() -> dict[str, Crop]:
    rng = np.random.default_rng(11)
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    board = np.where(((rows // 20 + columns // 20) % 2)[..., None], (235, 230, 60), (20, 20, 20))
    ramp = np.stack([rows, columns, SIDE - rows], axis=2) * 255 // SIDE
    return {
        "plainly drawn lesion": images.square(512, images.Lesion(seed=1)),
        "lesion at the edge": images.square(512, images.Lesion(x=0.92, y=0.1, seed=4)),
        "skin without a lesion": images.square(512, None),
        "noise": rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8),
        "chessboard": board.astype(np.uint8),
        "colour ramp": ramp.astype(np.uint8),
    }


class _AsDrawn:
    """Stands in for the decoder: a file's bytes are the pixels themselves."""

    def decode(self, data: bytes) -> Decoded:
        side = round((len(data) / 3) ** 0.5)
        crop = np.frombuffer(data, np.uint8).reshape(side, side, 3)
        return Decoded(crop, "raw", "application/octet-stream", side, side, ())


def load() -> Classifier:
    """The shipped model: the newest in assets/models, in one thread."""
    return Classifier.load(newest_model(), threads=1)


def identity(classifier: Classifier) -> dict[str, str]:
    """Name, version and SHA-256 of the weights."""
    card = classifier.card
    return {"name": card.name, "version": card.version, "sha256": card.weights_sha256}


def predictions(classifier: Classifier) -> dict[str, Any]:
    """What serving's own assessor says of every drawn picture, with the card's points."""
    model = in_service(classifier, Settings.from_env({}))
    assessor = Assessor(_AsDrawn(), model, "", Policy(0.5, 0.5))
    return {
        name: _said(assessor.assess(crop.tobytes(), NO_CONTEXT)) for name, crop in crops().items()
    }


def _said(assessment: Assessment) -> dict[str, Any]:
    evidence = assessment.evidence
    findings, competence, overlay = evidence.findings, evidence.competence, evidence.overlay
    assert findings and competence and overlay, "the model answered, or the golden file is no use"
    share = overlay.centre_share
    return {
        "findings_level": assessment.decision.findings_level.value,
        "probabilities": {d.value: round(findings.probabilities[d], 6) for d in findings.known},
        "competence": round(competence.score, 5),
        "overlay": {
            "group": overlay.group,
            "location": overlay.location.value,
            "centre_share": None if share is None else round(share, 6),
        },
    }


def sample(records: Sequence[Record], count: int = SAMPLE) -> list[Record]:
    """``count`` records, each source in its proportion, chosen by the hash of the image's name.

    The choice depends on nothing but the labels, and looks at no picture and no diagnosis.
    """
    ordered = sorted(records, key=lambda r: hashlib.sha256(r.image.encode()).hexdigest())
    sources = Counter(record.source for record in records)
    exact = {source: count * n / len(records) for source, n in sources.items()}
    quota = {source: int(share) for source, share in exact.items()}
    by_remainder = sorted(exact, key=lambda s: (quota[s] - exact[s], s))
    for source in by_remainder[: count - sum(quota.values())]:
        quota[source] += 1
    return [
        record
        for source in sorted(quota)
        for record in [r for r in ordered if r.source == source][: quota[source]]
    ]


def sample_figures(classifier: Classifier) -> dict[str, Any]:
    """The shipped rule on the sample: ranking, log loss, levels, refusals."""
    known = [r for r in read_labels(DERMOSCOPY / "labels.csv") if r.dx in classifier.card.labels]
    chosen = sample(of_split(known, "val"))
    table = assess_files(ShippedRule(classifier), DERMOSCOPY / "images", chosen)
    names = "\n".join(record.image for record in chosen)
    return {
        "images": len(chosen),
        "images_sha256": hashlib.sha256(names.encode()).hexdigest(),
        **_figures(table),
    }


def _figures(table: Assessed) -> dict[str, Any]:
    given = table.probabilities[np.arange(len(table.labels)), table.labels]
    action = np.isin(table.labels, NEEDS_ACTION)
    return {
        "auc_needs_action": round(roc_auc(action, rule_out_score(table.probabilities)), 5),
        "log_loss": round(float(-np.log(np.maximum(given, 1e-12)).mean()), 5),
        "levels": dict(sorted(Counter(level.value for level in table.levels).items())),
        "refused": int(table.refused.sum()),
    }


def write() -> None:
    """Write the golden file anew."""
    classifier = load()
    golden = {
        "written_by": COMMAND,
        "model": identity(classifier),
        "predictions": predictions(classifier),
        "validation_sample": sample_figures(classifier) if DERMOSCOPY.exists() else None,
    }
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
