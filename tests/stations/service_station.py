"""The use cases over a real database, real files and the real decoder, with scripted weights."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from tests.stations.new_database import new_database
from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.case import Case, CaseDetails, ModelIdentity
from triage_app.domain.context import ClinicalContext, Site, SkinType
from triage_app.domain.diagnosis import Diagnosis, FindingClass
from triage_app.domain.findings import Competence, Findings
from triage_app.domain.people import ROLE_PERMISSIONS, Actor, Role
from triage_app.domain.trail import Action, Event
from triage_app.domain.triage import Policy
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.inference.classifier import Prediction
from triage_app.report import render, render_certificate
from triage_app.services.cases.cases import Cases
from triage_app.services.documents.reports import Reports
from triage_app.services.images.assessment import Assessor, ModelInService
from triage_app.services.images.storing import now
from triage_app.services.patients.privacy import Privacy
from triage_app.storage.database.engine import open_engine, session_factory
from triage_app.storage.files import DiskFileStore
from triage_app.storage.unit_of_work import SqlUnitOfWork


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


def actor(role: Role, digit: str) -> Actor:
    """Somebody with one role; ``digit`` makes the id."""
    return Actor(digit * 32, role.value, ROLE_PERMISSIONS[role])


CLINICIAN = actor(Role.CLINICIAN, "c")
PHOTOGRAPHER = actor(Role.PHOTOGRAPHER, "f")
OTHER_PHOTOGRAPHER = actor(Role.PHOTOGRAPHER, "e")
ADMINISTRATOR = actor(Role.ADMINISTRATOR, "a")
AUDITOR = actor(Role.AUDITOR, "b")

RATE = {"value": 0.95, "low": 0.9, "high": 0.98, "n": 200}
POINT = {
    "score": "P(malignant)+P(suspicious)",
    "value": 0.1,
    "interval": [0.08, 0.13],
    "sensitivity": RATE,
    "specificity": RATE,
    "sensitivity_by_diagnosis": {"mel": RATE},
    "measured_on": "scripted weights",
    "prevalence": 0.2,
}
POINTS: dict[str, Any] = {"rule_out": POINT, "rule_in": {**POINT, "value": 0.4}}
REASSURING = ClinicalContext(
    age=45, skin_type=SkinType.II, site=Site.BACK, red_flags=frozenset(), dermoscopic=True
)
FULL = CaseDetails(patient_reference="P-1", context=REASSURING)


@dataclass
class ScriptedClassifier:
    """Answers with the melanoma share that a test sets; the overlay lies in the centre."""

    melanoma: float = 0.02
    fault: Exception | None = None

    def run(self, crop: Any, *, beside: bool = False) -> Prediction:
        if self.fault:
            raise self.fault
        shares = dict.fromkeys(Diagnosis, 0.0)
        shares[Diagnosis.MEL], shares[Diagnosis.NV] = self.melanoma, 1 - self.melanoma
        features = np.zeros((7, 7, 1), np.float32)
        features[2:5, 2:5] = 20
        head = np.zeros((1, len(Diagnosis)), np.float32)
        head[0, list(Diagnosis).index(Diagnosis.MEL)] = 1
        classes = {FindingClass.BENIGN} if self.melanoma < 0.5 else {FindingClass.MALIGNANT}
        return Prediction(
            diagnoses=tuple(Diagnosis),
            logits=np.zeros(len(Diagnosis), np.float32),
            explained_logits=np.zeros(len(Diagnosis), np.float32),
            findings=Findings(shares),
            prediction_set=frozenset(classes),
            competence=Competence(1.0, 2.0),
            feature_map=features,
            head_weights=head,
        )


@dataclass
class Station:
    """The use cases, and the parts that a test turns."""

    cases: Cases
    reports: Reports
    privacy: Privacy
    assessor: Assessor
    classifier: ScriptedClassifier
    folder: Path
    files: DiskFileStore
    units: Any
    decoder: DecoderPool = field(repr=False)

    def events(self, action: Action | None = None) -> list[Event]:
        """What the trail holds, oldest first."""
        with self.units() as unit:
            return [e for e in unit.trail.every() if action is None or e.action == action]


@contextmanager
def open_station(
    folder: Path,
    decoder: DecoderPool,
    clock: Callable[[], datetime] = now,
    uploads_per_day: int = 1000,
    zone: Zone = UTC_ZONE,
) -> Iterator[Station]:
    """A station over a new database in ``folder``, whose site is in ``zone``."""
    url = new_database(folder / "triage.sqlite3")
    engine = open_engine(url)
    units = partial(SqlUnitOfWork, session_factory(engine))
    files = DiskFileStore(folder / "files")
    classifier = ScriptedClassifier()
    model = ModelInService(
        classifier=classifier,  # type: ignore[arg-type]
        identity=ModelIdentity("scripted", "0", "0" * 64),
        policy=Policy(rule_out=0.1, rule_in=0.4),
        operating_points=POINTS,
        limits_of_use=("Scripted weights.",),
    )
    assessor = Assessor(decoder, model, "", Policy(0.5, 0.5))
    yield Station(
        cases=Cases(
            assessor,
            units,
            files,
            5_000_000,
            uploads_per_day=uploads_per_day,
            clock=clock,
            zone=zone,
        ),
        reports=Reports(units, files, render, "Test clinic", clock, zone=zone),
        privacy=Privacy(units, files, render_certificate, "Test clinic", clock, zone=zone),
        assessor=assessor,
        classifier=classifier,
        folder=folder,
        files=files,
        units=units,
        decoder=decoder,
    )
    engine.dispose()


def photograph(seed: int = 0) -> bytes:
    """A drawn lesion on textured skin, as JPEG bytes."""
    rng = np.random.default_rng(seed)
    skin = np.clip(rng.normal((222, 178, 158), 6, (300, 400, 3)), 0, 255).astype(np.uint8)
    image = Image.fromarray(skin)
    draw = ImageDraw.Draw(image)
    draw.ellipse((130, 80, 270, 220), fill=(116, 74, 52))
    for _ in range(200):
        x, y = rng.integers(140, 260), rng.integers(90, 210)
        draw.point((int(x), int(y)), fill=(70, 40, 30))
    out = BytesIO()
    image.save(out, "JPEG", quality=95)
    return out.getvalue()


def filed(station: Station, reference: str, word: str = "quagga") -> Case:
    """A filed case with a report, in whose typed texts and file name a word can be looked for."""
    details = replace(FULL, patient_reference=reference, note=f"{word} note", lesion_label=word)
    case = station.cases.analyse_upload(CLINICIAN, photograph(), f"{word}.jpg", details)
    station.cases.file(CLINICIAN, case.id, case.version)
    station.reports.issue(CLINICIAN, case.id)
    return station.cases.get(CLINICIAN, case.id)


def binned(station: Station, reference: str) -> Case:
    """The same in the bin."""
    case = filed(station, reference)
    return station.cases.delete(CLINICIAN, case.id, case.version)


def stored_files(station: Station) -> list[Path]:
    return [p for p in (station.folder / "files").rglob("*") if p.is_file()]
