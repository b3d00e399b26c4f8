"""From the fields of a form to an impression or a verdict."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from triage_app.domain.checklists import SevenPoint, SevenPointChecklist, StolzAbcd
from triage_app.domain.errors import InvalidInput
from triage_app.domain.reading import (
    GIVEN_LEVELS,
    REASON_LENGTH,
    Confidence,
    Disposition,
    ImpressionDiagnosis,
)
from triage_app.domain.text import NOTE_LENGTH
from triage_app.domain.triage import Level
from triage_app.services.ground.fields import Fields

NONE_SEEN = "none"
"""Stands in the list of the seven-point checklist for: assessed, and no criterion was seen."""
SCORE_LABELS: dict[str, str] = {
    "abcd_asymmetry": "Asymmetry",
    "abcd_border": "Border",
    "abcd_colours": "Colours",
    "abcd_structures": "Structures",
    "seven_point": "Seven-point checklist",
}
IMPRESSION_LABELS: dict[str, str] = {
    "diagnosis": "Leading diagnosis",
    "level": "Triage level",
    "confidence": "Confidence",
    **SCORE_LABELS,
}
VERDICT_LABELS: dict[str, str] = {
    "answer": "Agree or override",
    "level": "Triage level",
    "reason": "Reason",
    "disposition": "Disposition",
    "due": "Date of the follow-up",
    "note": "Note",
}
_COUNTS = ("asymmetry", "border", "colours", "structures")
_LARGEST_COUNT = 99
_Value = TypeVar("_Value")


class Answer(StrEnum):
    """What the clinician says to the level that the software gave."""

    AGREE = "agree"
    OVERRIDE = "override"


@dataclass(frozen=True)
class ImpressionParts:
    """What a clinician gave as an impression; a rule that was not used is None."""

    diagnosis: ImpressionDiagnosis
    level: Level
    confidence: Confidence
    abcd: StolzAbcd | None
    seven_point: SevenPointChecklist | None


@dataclass(frozen=True)
class VerdictParts:
    """What a clinician gave as a verdict; ``level`` is None where none was chosen."""

    agrees: bool
    level: Level | None
    reason: str
    disposition: Disposition
    due: date | None
    note: str


def impression_from_form(values: Mapping[str, object]) -> ImpressionParts:
    """The impression; raises InvalidInput naming the field that is missing or wrong."""
    fields = Fields(values, IMPRESSION_LABELS)
    diagnosis = _given(
        fields.choice("diagnosis", ImpressionDiagnosis),
        "diagnosis",
        "Choose your leading diagnosis, or that you cannot tell.",
    )
    level = _given(fields.choice("level", Level), "level", "Choose routine, review or urgent.")
    if level not in GIVEN_LEVELS:
        raise InvalidInput("level", "Choose routine, review or urgent.")
    confidence = _given(
        fields.choice("confidence", Confidence), "confidence", "Say how sure you are."
    )
    return ImpressionParts(
        diagnosis, level, confidence, _abcd(fields), _seven_point(fields, values)
    )


def verdict_from_form(values: Mapping[str, object]) -> VerdictParts:
    """The verdict as typed; whether its parts fit together is for ``check_verdict`` to say.

    Raises InvalidInput naming the field.
    """
    fields = Fields(values, VERDICT_LABELS)
    answer = _given(fields.choice("answer", Answer), "answer", "Say whether you agree or override.")
    disposition = _given(
        fields.choice("disposition", Disposition), "disposition", "Choose what happens next."
    )
    return VerdictParts(
        agrees=answer is Answer.AGREE,
        level=fields.choice("level", Level),
        reason=fields.block("reason", REASON_LENGTH),
        disposition=disposition,
        due=fields.day("due"),
        note=fields.block("note", NOTE_LENGTH),
    )


def _given(value: _Value | None, field: str, sentence: str) -> _Value:
    if value is None:
        raise InvalidInput(field, sentence)
    return value


def _abcd(fields: Fields) -> StolzAbcd | None:
    counts = {name: fields.whole(f"abcd_{name}", 0, _LARGEST_COUNT) for name in _COUNTS}
    if all(count is None for count in counts.values()):
        return None
    given = {}
    for name, count in counts.items():
        sentence = "Give all four counts of the ABCD rule, or none of them."
        given[name] = _given(count, f"abcd_{name}", sentence)
    return _renamed(lambda: StolzAbcd(**given))


def _renamed(make: Callable[[], StolzAbcd]) -> StolzAbcd:
    try:
        return make()
    except InvalidInput as error:
        raise InvalidInput(f"abcd_{error.field}", str(error)) from None


def _seven_point(fields: Fields, values: Mapping[str, object]) -> SevenPointChecklist | None:
    given = values.get("seven_point")
    if not isinstance(given, list) or NONE_SEEN not in given:
        seen = fields.choices("seven_point", SevenPoint)
        return SevenPointChecklist(seen) if seen else None
    if any(code != NONE_SEEN for code in given):
        raise InvalidInput("seven_point", "Choose the criteria that you saw, or that you saw none.")
    return SevenPointChecklist(frozenset())
