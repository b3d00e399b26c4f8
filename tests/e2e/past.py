"""A clinic with a past, made through the use cases before its server starts."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.samples import images
from tests.samples.closed_loop import HISTOLOGY
from triage_app.config import Settings
from triage_app.domain.case import Case, CaseDetails
from triage_app.domain.context import ClinicalContext, Laterality, Sex, Site, SkinType
from triage_app.domain.people import LOCAL_USER
from triage_app.services.site.application import Application
from triage_app.wiring.bootstrap import build

CONTEXT = ClinicalContext(
    age=54,
    sex=Sex.FEMALE,
    skin_type=SkinType.II,
    site=Site.BACK,
    laterality=Laterality.LEFT,
    red_flags=frozenset(),
    dermoscopic=True,
)
IMPRESSION: dict[str, object] = {
    "diagnosis": "atypical_naevus",
    "level": "review",
    "confidence": "moderate",
    "abcd_asymmetry": "1",
    "abcd_border": "2",
    "abcd_colours": "3",
    "abcd_structures": "2",
    "seven_point": ["atypical_network", "irregular_dots_globules"],
}


@dataclass(frozen=True)
class Past:
    """What was stored: a patient with a lesion photographed three times, one to be recalled, a
    case with an outcome, one waiting for histology, and cases that nobody has read."""

    patient: str
    lesion: str
    recalled: str
    proven: str
    unread: str


@dataclass
class _Clock:
    """A clock that is set to a time in the past and goes on from there."""

    at: datetime

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=2)
        return self.at

    def set(self, days_ago: float) -> None:
        self.at = datetime.now(UTC) - timedelta(days=days_ago)


def live_through(data: Path, model: Path) -> Past:
    """Two years in the folder of a workstation that is not running."""
    settings = Settings.from_env(
        {
            "TRIAGE_DATA_DIR": str(data),
            "TRIAGE_MODEL_DIR": str(model),
            "TRIAGE_SINGLE_USER": "yes",
            "TRIAGE_TIME_ZONE": "UTC",
        }
    )
    clock = _Clock(datetime.now(UTC) - timedelta(days=700))
    with build(settings, clock) as app:
        return _Life(app, clock).lived()


class _Life:
    def __init__(self, app: Application, clock: _Clock) -> None:
        self._app = app
        self._clock = clock
        self._count = 0

    def lived(self) -> Past:
        record = self._app.lesions.save_patient(
            LOCAL_USER, "PAST-1", 0, {"birth_year": "1972", "sex": "female", "skin_type": "II"}
        )
        place = {"label": "Mole A", "site": "back", "laterality": "left"}
        point = {"view": "back", "x": "0.42", "y": "0.3"}
        lesion = self._app.lesions.create(LOCAL_USER, "PAST-1", {**place, **point})
        recalled = ""
        for days, due in ((600, 420), (410, 200), (190, 20)):
            recalled = self._seen_again(days, lesion.id, due)
        proven = self._excised(120)
        self._excised(40, told=False)
        unread = [self._image(days, f"NEW-{days}").id for days in (12, 3, 1)]
        return Past(record.id, lesion.id, recalled, proven, unread[0])

    def _image(self, days_ago: float, reference: str) -> Case:
        self._clock.set(days_ago)
        self._count += 1
        details = CaseDetails(patient_reference=reference, context=CONTEXT)
        data = images.jpeg(seed=200 + self._count)
        case = self._app.cases.analyse_upload(LOCAL_USER, data, "lesion.jpg", details)
        return self._app.cases.file(LOCAL_USER, case.id, case.version)

    def _seen_again(self, days_ago: float, lesion: str, due_days_ago: float) -> str:
        case = self._image(days_ago, "PAST-1")
        case = self._app.lesions.assign(LOCAL_USER, case.id, case.version, lesion)
        reading = self._app.reading
        case = reading.record_impression(LOCAL_USER, case.id, case.version, IMPRESSION)
        due = (datetime.now(UTC) - timedelta(days=due_days_ago)).date()
        verdict: dict[str, object] = {
            "answer": "override",
            "level": "review",
            "reason": "The border is not regular",
            "disposition": "follow_up",
            "due": due.isoformat(),
        }
        case = reading.record_verdict(LOCAL_USER, case.id, case.version, verdict)
        return self._app.letters.issue(LOCAL_USER, case.id, case.version).id

    def _excised(self, days_ago: float, *, told: bool = True) -> str:
        case = self._image(days_ago, f"CUT-{days_ago:g}")
        verdict = {"answer": "agree", "disposition": "biopsy_or_excision", "note": "Excise"}
        case = self._app.reading.record_verdict(LOCAL_USER, case.id, case.version, verdict)
        if told:
            day = (self._clock.at + timedelta(days=10)).date()
            self._clock.set(days_ago - 11)
            fields = {**HISTOLOGY, "on": day.isoformat()}
            self._app.outcomes.record(LOCAL_USER, case.id, case.version, fields)
        return case.id
