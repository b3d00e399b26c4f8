"""Which patient a reference belongs to."""

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.orm import Session

from triage_app.domain.references import likeness
from triage_app.storage.records.folding import can_occur, fold, reference_key
from triage_app.storage.schema.base import table_of
from triage_app.storage.schema.references import APART, ReferenceRow

_KNOWN = table_of(ReferenceRow).c
_IS_KNOWN = select(_KNOWN.patient_key).where(_KNOWN.patient_key == bindparam("key"))
_ADD = upsert(ReferenceRow).on_conflict_do_nothing()


def key_of(session: Session, reference: str) -> str:
    """Key of the patient with this reference; empty for no reference, and for an impossible one.

    It is the same for all references that look the same, but for those that were stored before
    that held: each is its own patient's, spelled exactly as it was, until somebody merges them.
    """
    if not can_occur(reference):
        return ""
    key, spelled = reference_key(reference), fold(reference)
    if key == spelled:
        return key
    return session.scalar(_IS_KNOWN, {"key": key + APART + spelled}) or key


def enlist(session: Session, reference: str) -> str:
    """The same, noted as one under which something is stored; the caller stores it now."""
    key = key_of(session, reference)
    if key:
        bare, joined = likeness(reference)
        session.execute(_ADD, {"patient_key": key, "bare": bare, "joined": joined})
    return key
