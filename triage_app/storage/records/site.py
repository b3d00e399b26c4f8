"""Between what is kept of a patient and its row, without loss in either direction."""

from triage_app.domain.context import Sex, SkinType
from triage_app.domain.lesion import RiskFactor
from triage_app.domain.site import ConsentScope, PatientRecord
from triage_app.storage.schema.base import Values
from triage_app.storage.schema.site import PatientRow


def patient_values(record: PatientRecord) -> Values:
    """Columns of ``patients`` but for the id, the key and the version."""
    factors = record.risk_factors
    return {
        "reference": record.reference,
        "consent": record.consent,
        "consent_on": record.consent_on,
        "hold_reason": record.hold_reason,
        "birth_year": record.birth_year,
        "sex": record.sex,
        "skin_type": record.skin_type,
        "risk_factors": None if factors is None else sorted(factors),
    }


def patient_from_row(row: PatientRow) -> PatientRecord:
    """Inverse of ``patient_values``."""
    factors = row.risk_factors
    return PatientRecord(
        reference=row.reference,
        id=row.id,
        consent=None if row.consent is None else ConsentScope(row.consent),
        consent_on=row.consent_on,
        hold_reason=row.hold_reason,
        birth_year=row.birth_year,
        sex=None if row.sex is None else Sex(row.sex),
        skin_type=None if row.skin_type is None else SkinType(row.skin_type),
        risk_factors=None if factors is None else frozenset(map(RiskFactor, factors)),
        version=row.version,
    )
