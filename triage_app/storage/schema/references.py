"""The table of the references under which something is stored."""

from sqlalchemy import Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from triage_app.storage.schema.base import Base

APART = "\x1f"
"""Stands in the key of a patient who is kept apart from another with a reference that looks the
same, between the key of both and what was typed. It cannot be typed."""


class ReferenceRow(Base):
    """A key under which cases or a patient are stored; triggers delete the row with the last.

    ``bare`` and ``joined`` are the two forms of ``domain.references.likeness``. ``same_as`` is the
    plain key where this one waits for somebody to say whether both are one patient.
    """

    __tablename__ = "known_references"
    __table_args__ = (
        Index("ix_known_references_bare", "bare"),
        Index("ix_known_references_joined", "joined"),
        Index("ix_known_references_same_as", "same_as", sqlite_where=text("same_as IS NOT NULL")),
    )

    patient_key: Mapped[str] = mapped_column(Text, primary_key=True)
    bare: Mapped[str] = mapped_column(Text)
    joined: Mapped[str] = mapped_column(Text)
    same_as: Mapped[str | None] = mapped_column(Text)
