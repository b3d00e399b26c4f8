"""From the words of a form, a request or a command line to checked case details and back."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TypeVar

from triage_app.domain.case import CaseDetails
from triage_app.domain.context import (
    MAX_AGE,
    ClinicalContext,
    Laterality,
    RedFlag,
    Sex,
    Site,
    SkinType,
)
from triage_app.domain.errors import InvalidInput
from triage_app.domain.references import clean
from triage_app.domain.text import LABEL_LENGTH, clean_block, clean_line

Choice = TypeVar("Choice", bound=StrEnum)

FIELD_LABELS: dict[str, str] = {
    "patient_reference": "Patient reference",
    "lesion_label": "Lesion",
    "age": "Age",
    "sex": "Sex",
    "skin_type": "Skin type",
    "site": "Body site",
    "laterality": "Side",
    "red_flags": "Red flags",
    "red_flags_asked": "Red flags asked",
    "dermoscopic": "Dermoscopic image",
    "note": "Note",
    "clinical_question": "Clinical question",
}


def details_from_form(values: Mapping[str, object]) -> CaseDetails:
    """Check and clean the fields of ``FIELD_LABELS``; an absent one counts as not given.

    Raises InvalidInput naming the field, also for a field that does not exist.
    """
    for name in values:
        if name not in FIELD_LABELS:
            raise InvalidInput(name, f"There is no field named {name[:40]!r}.")
    return CaseDetails(
        patient_reference=clean(_text(values, "patient_reference")),
        lesion_label=_line(values, "lesion_label", LABEL_LENGTH),
        context=context_from_form(values),
        note=_block(values, "note"),
        clinical_question=_block(values, "clinical_question"),
    )


def context_from_form(values: Mapping[str, object]) -> ClinicalContext:
    """The part of the form that the triage rule asks for."""
    return ClinicalContext(
        age=_age(values.get("age")),
        sex=_choice(values, "sex", Sex),
        skin_type=_choice(values, "skin_type", SkinType),
        site=_choice(values, "site", Site),
        laterality=_choice(values, "laterality", Laterality),
        red_flags=_red_flags(values),
        dermoscopic=_dermoscopic(values.get("dermoscopic")),
    )


def form_from_details(details: CaseDetails) -> dict[str, object]:
    """The values that a form shows for these details; the inverse of ``details_from_form``."""
    context = details.context
    confirmed = {None: "", True: "yes", False: "no"}[context.dermoscopic]
    return {
        "patient_reference": details.patient_reference,
        "lesion_label": details.lesion_label,
        "age": context.age,
        "sex": context.sex.value if context.sex else "",
        "skin_type": context.skin_type.value if context.skin_type else "",
        "site": context.site.value if context.site else "",
        "laterality": context.laterality.value if context.laterality else "",
        "red_flags": sorted(flag.value for flag in context.red_flags or ()),
        "red_flags_asked": context.red_flags is not None,
        "dermoscopic": confirmed,
        "note": details.note,
        "clinical_question": details.clinical_question,
    }


def _text(values: Mapping[str, object], name: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidInput(name, f"{FIELD_LABELS[name]} must be text.")
    return value


def _line(values: Mapping[str, object], name: str, limit: int) -> str:
    return _named(name, lambda: clean_line(_text(values, name), FIELD_LABELS[name], limit))


def _block(values: Mapping[str, object], name: str) -> str:
    return _named(name, lambda: clean_block(_text(values, name), FIELD_LABELS[name]))


def _named(name: str, clean: Callable[[], str]) -> str:
    try:
        return clean()
    except InvalidInput as error:
        raise InvalidInput(name, str(error)) from None


def _age(value: object) -> int | None:
    if value is None or value == "":
        return None
    refusal = InvalidInput("age", f"Age must be a whole number of years from 0 to {MAX_AGE}.")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise refusal
    try:
        years = float(value)
    except (ValueError, OverflowError):  # a whole number may be too long for a float
        raise refusal from None
    if not (0 <= years <= MAX_AGE and years == int(years)):
        raise refusal
    return int(years)


def _choice(values: Mapping[str, object], name: str, kind: type[Choice]) -> Choice | None:
    value = values.get(name)
    if value is None or value == "":
        return None
    try:
        return kind(str(value))
    except ValueError:
        known = ", ".join(member.value for member in kind)
        raise InvalidInput(name, f"{FIELD_LABELS[name]} must be one of: {known}.") from None


def _red_flags(values: Mapping[str, object]) -> frozenset[RedFlag] | None:
    given = values.get("red_flags") or ()
    if isinstance(given, str) or not isinstance(given, list | tuple | set | frozenset):
        raise InvalidInput("red_flags", "Red flags must be a list.")
    flags = set()
    for value in given:
        try:
            flags.add(RedFlag(str(value)))
        except ValueError:
            known = ", ".join(flag.value for flag in RedFlag)
            raise InvalidInput("red_flags", f"Red flags must be among: {known}.") from None
    # A ticked flag was asked for, whatever the other box says.
    asked = bool(values.get("red_flags_asked")) or bool(flags)
    return frozenset(flags) if asked else None


def _dermoscopic(value: object) -> bool | None:
    known = {None: None, "": None, "yes": True, "no": False, True: True, False: False}
    if not isinstance(value, str | bool | None) or value not in known:
        raise InvalidInput("dermoscopic", "Dermoscopic image must be yes, no or empty.")
    return known[value]
