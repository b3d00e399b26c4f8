"""A workstation for tests of the pages: real storage and decoding, findings chosen by the test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tests.stations.accounts_desk import CHEAP, IDLE, LONGEST
from tests.stations.new_database import new_database
from triage_app.domain.case import Analysis, ModelIdentity
from triage_app.domain.context import ClinicalContext
from triage_app.domain.diagnosis import Diagnosis, FindingClass
from triage_app.domain.findings import Competence, EvidenceLocation, Findings, OverlayEvidence
from triage_app.domain.quality import Grade, ImageQuality, QualityFinding
from triage_app.domain.reading import Terms
from triage_app.domain.triage import Decision, Evidence, Policy, decide
from triage_app.imaging import overlay
from triage_app.imaging.intake import IntakeLimits, decode
from triage_app.ports.adapters import ReportRenderer
from triage_app.services.accounts.accounts import Accounts
from triage_app.services.accounts.credentials import Passwords
from triage_app.services.accounts.windows import WindowKeys
from triage_app.services.batches.assigning import Assigning
from triage_app.services.batches.intake import Intake
from triage_app.services.batches.work import BatchWork
from triage_app.services.cases.cases import Cases
from triage_app.services.cases.copies import Copies
from triage_app.services.documents.letters import Letters
from triage_app.services.documents.reports import Reports
from triage_app.services.exchange.case_export import CaseExport
from triage_app.services.exchange.outcome_import import OutcomeImport
from triage_app.services.ground.queueing import FairQueue
from triage_app.services.images.assessment import Assessment
from triage_app.services.images.storing import now
from triage_app.services.patients.lesions import Lesions
from triage_app.services.patients.privacy import Privacy
from triage_app.services.patients.references import References
from triage_app.services.reading.outcomes import Outcomes
from triage_app.services.reading.reading import Reading
from triage_app.services.reading.worklist import Worklist
from triage_app.services.site.application import Application
from triage_app.services.site.backups import Backups
from triage_app.services.site.safety import Safety
from triage_app.services.site.statistics import Statistics
from triage_app.services.trail.trail import Trail
from triage_app.storage.database.engine import open_engine, session_factory
from triage_app.storage.files import DiskFileStore
from triage_app.storage.unit_of_work import SqlUnitOfWork

POLICY = Policy(rule_out=0.12, rule_in=0.45)
TERMS = Terms()
LIMIT = 2_000_000
SITE = "Dermoscopy triage"
PDF = b"%PDF-1.7\n%%EOF\n"
# Colour of the drawn lesion, and the findings that the stand-in for the model gives for it.
LESIONS = {"mild": (150, 110, 90), "doubtful": (110, 80, 60), "dark": (60, 40, 40)}
SHARES: dict[str, dict[str, float]] = {
    "mild": {"nv": 0.95, "bkl": 0.02, "mel": 0.012, "bcc": 0.008, "akiec": 0.005, "df": 0.003},
    "doubtful": {"nv": 0.52, "bkl": 0.2, "mel": 0.17, "bcc": 0.06, "akiec": 0.04, "df": 0.005},
    "dark": {"mel": 0.71, "nv": 0.22, "bkl": 0.04, "bcc": 0.01, "akiec": 0.01, "df": 0.005},
}
RATE = {"value": 0.95, "low": 0.93, "high": 0.97, "n": 412}
POINT = {
    "score": "P",
    "interval": [0.1, 0.14],
    "sensitivity": RATE,
    "specificity": {"value": 0.71, "low": 0.69, "high": 0.74, "n": 1803},
    "sensitivity_by_diagnosis": {"mel": RATE, "bcc": RATE, "akiec": RATE},
    "measured_on": "validation images of this test, 2,215 lesions",
    "prevalence": 0.19,
}


def lesion_jpeg(kind: str = "mild", size: tuple[int, int] = (600, 450), seed: int = 0) -> bytes:
    """A drawn lesion on a skin-coloured ground; not a photograph of anybody."""
    rng = np.random.default_rng(seed)
    ground = rng.normal((222, 184, 160), 4, (size[1], size[0], 3)).clip(0, 255).astype(np.uint8)
    picture = Image.fromarray(ground)
    x, y = size[0] // 2, size[1] // 2
    radius = min(size) // 4
    ImageDraw.Draw(picture).ellipse((x - radius, y - radius, x + radius, y + radius), LESIONS[kind])
    out = BytesIO()
    picture.filter(ImageFilter.GaussianBlur(3)).save(out, "JPEG", quality=90)
    return out.getvalue()


class ColourAssessor:
    """Stands in for the model: the colour in the middle of the crop sets the findings."""

    def assess(self, data: bytes, context: ClinicalContext, *, beside: bool = False) -> Assessment:
        """Decode for real; anything but a drawn lesion is "unlike the training images"."""
        decoded = decode(data, IntakeLimits(max_bytes=LIMIT))
        evidence = self.evidence(decoded.crop)
        decision = decide(evidence, context, POLICY)
        heat = _heat() if evidence.competence and evidence.competence.within else None
        side = decoded.crop.shape[0]
        return Assessment(
            decoded=decoded,
            evidence=evidence,
            decision=decision,
            heat=heat,
            crop_jpeg=overlay.encode_jpeg(decoded.crop),
            thumbnail_jpeg=overlay.thumbnail(decoded.crop),
            overlay_png=overlay.render_overlay(heat, side) if heat is not None else None,
            model=ModelIdentity("stand-in", "0.0.1", "0" * 64),
            operating_points={
                "rule_out": {**POINT, "value": POLICY.rule_out, "card_value": POLICY.rule_out},
                "rule_in": {**POINT, "value": POLICY.rule_in, "card_value": POLICY.rule_in},
            },
            limits_of_use=("Made for tests.",),
            timings={"decode": 12.0, "classify": 9.0},
        )

    def evidence(self, crop: "np.ndarray[Any, Any]") -> Evidence:
        """What the colour in the middle says."""
        return evidence_of(crop)

    def decide(self, evidence: Evidence, context: ClinicalContext) -> Decision:
        """The real rule."""
        return decide(evidence, context, POLICY)

    def decide_again(self, analysis: Analysis, context: ClinicalContext) -> Decision:
        """The real rule on stored evidence."""
        return decide(analysis.evidence, context, POLICY)


def evidence_of(crop: "np.ndarray[Any, Any]") -> Evidence:
    """The evidence for the colour in the middle of a picture."""
    middle = crop[crop.shape[0] // 2, crop.shape[1] // 2].astype(int)
    distances = {k: int(np.abs(middle - np.array(c)).sum()) for k, c in LESIONS.items()}
    kind = min(distances, key=lambda k: distances[k])
    shares = {d: SHARES[kind].get(d.value, 0.0) for d in Diagnosis}
    shares[Diagnosis.VASC] = 1 - sum(shares.values())
    both = frozenset({FindingClass.BENIGN, FindingClass.MALIGNANT})
    sets = {
        "mild": frozenset({FindingClass.BENIGN}),
        "doubtful": both,
        "dark": frozenset({FindingClass.MALIGNANT}),
    }
    return Evidence(
        findings=Findings(shares),
        prediction_set=sets[kind],
        quality=ImageQuality(
            (
                QualityFinding("sharpness", "Sharpness", Grade.GOOD, 31.0, 12.0),
                QualityFinding("exposure", "Exposure", Grade.GOOD, 0.5, 0.8),
            )
        ),
        competence=Competence(1.0 if distances[kind] < 60 else 9.0, 4.0),
        overlay=OverlayEvidence("malignant_or_suspicious", EvidenceLocation.CENTRE, 0.83),
    )


def _heat() -> "np.ndarray[Any, Any]":
    y, x = np.mgrid[-1:1:7j, -1:1:7j]
    return np.exp(-4 * ((x - 0.15) ** 2 + y**2)).astype(np.float32)


@contextmanager
def station(
    folder: Path,
    refusal: str = "",
    *,
    accounts: bool = False,
    impression_first: bool = False,
    synthetic: bool = False,
    clock: Callable[[], datetime] = now,
    stand_in: ColourAssessor | None = None,
    draw: ReportRenderer = lambda content: PDF,
) -> Iterator[Application]:
    """A workstation on ``folder``; ``refusal`` says why no model is in service.

    In single-user mode, unless ``accounts`` says that people sign in. With ``impression_first``
    findings are withheld until an impression; with ``synthetic`` all data are made up. ``stand_in``
    takes the place of the usual stand-in for the model, ``draw`` that of the report's renderer.
    """
    url = new_database(folder / "triage.sqlite3")
    engine = open_engine(url)
    sessions = session_factory(engine)
    files = DiskFileStore(folder / "files")
    assessor: Any = stand_in or ColourAssessor()

    def units() -> SqlUnitOfWork:
        return SqlUnitOfWork(sessions)

    reading = Reading(units, clock, TERMS)
    queue = FairQueue(2)
    work = BatchWork(units, files, assessor, queue, impression_first=impression_first, clock=clock)
    yield Application(
        site_name=SITE,
        max_upload_bytes=LIMIT,
        assessor=assessor,
        cases=Cases(assessor, units, files, LIMIT, impression_first=impression_first, clock=clock),
        queue=queue,
        intake=Intake(units, files, work, LIMIT, clock=clock),
        assigning=Assigning(units, assessor, clock),
        copies=Copies(units, files, clock),
        reports=Reports(units, files, draw, SITE, clock, synthetic=synthetic),
        card=None,
        refusal=refusal,
        single_user=not accounts,
        accounts=Accounts(units, IDLE, LONGEST, passwords=Passwords(CHEAP)) if accounts else None,
        trail=Trail(units, files, clock),
        safety=Safety(units, clock),
        statistics=Statistics(units),
        privacy=Privacy(units, files, lambda *certificate: PDF, SITE, clock),
        backups=Backups(units, None, timedelta(hours=24)),
        windows=WindowKeys(units),
        reading=reading,
        worklist=Worklist(units, clock, TERMS, reading.escalate),
        references=References(units, clock),
        lesions=Lesions(units, files, assessor, None, clock),
        outcomes=Outcomes(units, files, clock),
        outcome_import=OutcomeImport(units, clock),
        exports=CaseExport(units, clock, synthetic=synthetic),
        letters=Letters(units, files, lambda content: PDF, SITE, clock, synthetic=synthetic),
        terms=TERMS,
        impression_first=impression_first,
        synthetic=synthetic,
        clock=clock,
    )
    engine.dispose()
