"""From the fields of a form to what is kept on a patient or a lesion, and back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from triage_app.domain.context import Laterality, Sex, Site, SkinType
from triage_app.domain.errors import InvalidInput
from triage_app.domain.lesion import BodyView, Lesion, MapPoint, RiskFactor
from triage_app.domain.site import ConsentScope, PatientRecord
from triage_app.domain.text import LABEL_LENGTH
from triage_app.services.ground.fields import Fields

OLDEST_AGE = 120
PATIENT_LABELS: dict[str, str] = {
    "birth_year": "Year of birth",
    "sex": "Sex",
    "skin_type": "Skin type",
    "risk_factors": "Risk factors",
    "risk_factors_asked": "Risk factors asked",
    "consent": "Consent",
    "consent_on": "Date of consent",
}
LESION_LABELS: dict[str, str] = {
    "label": "Name of the lesion",
    "site": "Body site",
    "laterality": "Side",
    "view": "Drawing of the body map",
    "x": "Place on the body map",
    "y": "Place on the body map",
}


def patient_from_form(
    record: PatientRecord, values: Mapping[str, object], today: date
) -> PatientRecord:
    """The record with the answers of the form; consent stays as it is where the form has none.

    Raises InvalidInput naming the field.
    """
    fields = Fields(values, PATIENT_LABELS)
    risks = fields.choices("risk_factors", RiskFactor)
    # A ticked one was asked for, whatever the other box says.
    asked = bool(fields.yes("risk_factors_asked")) or bool(risks)
    record = replace(
        record,
        birth_year=fields.whole("birth_year", today.year - OLDEST_AGE, today.year),
        sex=fields.choice("sex", Sex),
        skin_type=fields.choice("skin_type", SkinType),
        risk_factors=risks if asked else None,
    )
    return _with_consent(record, fields, today)


def form_from_patient(record: PatientRecord) -> dict[str, object]:
    """The values that a form shows; the inverse of ``patient_from_form``."""
    return {
        "birth_year": record.birth_year,
        "sex": record.sex.value if record.sex else "",
        "skin_type": record.skin_type.value if record.skin_type else "",
        "risk_factors": sorted(factor.value for factor in record.risk_factors or ()),
        "risk_factors_asked": record.risk_factors is not None,
        "consent": record.consent.value if record.consent else "",
        "consent_on": record.consent_on.isoformat() if record.consent_on else "",
    }


@dataclass(frozen=True)
class Place:
    """What people type and choose about a lesion; ``label`` may be empty."""

    label: str
    site: Site
    laterality: Laterality
    point: MapPoint | None


def place_from_form(values: Mapping[str, object]) -> Place:
    """Check and clean the fields of ``LESION_LABELS``.

    Raises InvalidInput naming the field, also without a body site or side.
    """
    fields = Fields(values, LESION_LABELS)
    site = fields.choice("site", Site)
    side = fields.choice("laterality", Laterality)
    if site is None:
        raise InvalidInput("site", "Choose the body site of the lesion.")
    if side is None:
        raise InvalidInput("laterality", "Choose the side of the body: left, right or midline.")
    return Place(fields.line("label", LABEL_LENGTH), site, side, _point(fields))


def form_from_lesion(lesion: Lesion) -> dict[str, object]:
    """The values that a form shows; the inverse of ``place_from_form``."""
    point = lesion.point
    return {
        "label": lesion.label,
        "site": lesion.site.value,
        "laterality": lesion.laterality.value,
        "view": point.view.value if point else "",
        "x": point.x if point else None,
        "y": point.y if point else None,
    }


def _with_consent(record: PatientRecord, fields: Fields, today: date) -> PatientRecord:
    if "consent" not in fields:
        return record
    scope, on = fields.choice("consent", ConsentScope), fields.day("consent_on")
    if scope is None:
        if record.consent is not None:
            raise InvalidInput("consent", "Choose what the patient agrees to now.")
        return record
    if on is None:
        raise InvalidInput("consent_on", "Give the date of the consent.")
    if on > today:
        raise InvalidInput("consent_on", "The date of the consent lies in the future.")
    return replace(record, consent=scope, consent_on=on)


def _point(fields: Fields) -> MapPoint | None:
    view, x, y = fields.choice("view", BodyView), fields.number("x"), fields.number("y")
    if view is None and x is None and y is None:
        return None
    if view is None or x is None or y is None:
        raise InvalidInput("point", "Mark the place on the body map again.")
    return MapPoint(view, x, y)
