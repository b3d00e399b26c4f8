"""From the fields of a form to an outcome; one form for histopathology and for follow-up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from triage_app.domain.errors import InvalidInput
from triage_app.domain.outcome import (
    SPECIMEN_LENGTH,
    Outcome,
    OutcomeMethod,
    check_day,
    check_histopathology,
    paired_months,
)
from triage_app.domain.pathology import Pathology
from triage_app.services.ground.fields import Fields

OUTCOME_LABELS: dict[str, str] = {
    "method": "How the outcome was found",
    "on": "Date",
    "diagnosis": "Diagnosis",
    "breslow_mm": "Breslow thickness",
    "specimen": "Specimen number",
    "text": "Report",
    "changed": "Change of the lesion",
}


@dataclass(frozen=True)
class Recorder:
    """Who records an outcome and when; ``images`` are the days of the lesion's filed images."""

    at: datetime
    by: str
    today: date
    images: Sequence[date] = ()


def outcome_from_form(values: Mapping[str, object], outcome_id: str, recorder: Recorder) -> Outcome:
    """The outcome that the form states; raises InvalidInput naming the field.

    The months of a follow-up are counted from the images. Fields of the other method must be
    empty.
    """
    fields = Fields(values, OUTCOME_LABELS)
    method = fields.choice("method", OutcomeMethod)
    on = fields.day("on")
    if method is None:
        raise InvalidInput("method", "Choose histopathology or follow-up.")
    if on is None:
        raise InvalidInput("on", "Give the date of the report, or of the last visit.")
    blank = Outcome(id=outcome_id, at=recorder.at, by=recorder.by, method=method, on=on)
    if method is OutcomeMethod.HISTOPATHOLOGY:
        return _histopathology(fields, blank, recorder.today)
    return _follow_up(fields, blank, recorder)


def _histopathology(fields: Fields, blank: Outcome, today: date) -> Outcome:
    diagnosis = fields.choice("diagnosis", Pathology)
    breslow = fields.number("breslow_mm")
    check_histopathology(diagnosis, breslow, blank.on, today)
    if fields.yes("changed") is not None:
        raise InvalidInput("changed", "Change of the lesion belongs to a follow-up.")
    return replace(
        blank,
        diagnosis=diagnosis,
        breslow_mm=breslow,
        specimen=fields.line("specimen", SPECIMEN_LENGTH),
        text=fields.block("text"),
    )


def _follow_up(fields: Fields, blank: Outcome, recorder: Recorder) -> Outcome:
    check_day(blank.on, recorder.today)
    for name in ("diagnosis", "breslow_mm", "specimen"):
        if fields.given(name):
            raise InvalidInput(name, f"{OUTCOME_LABELS[name]} belongs to histopathology.")
    changed = fields.yes("changed")
    if changed is None:
        raise InvalidInput("changed", "Say whether the lesion has changed.")
    days = [day for day in recorder.images if day <= blank.on]
    return replace(blank, text=fields.block("text"), months=paired_months(days), changed=changed)
