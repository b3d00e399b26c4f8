"""Tables of what belongs to the site or to a patient, rather than to one case."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from triage_app.storage.schema.base import Base


class SettingRow(Base):
    """What an administrator set while the program ran."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime]


class PatientRow(Base):
    """What is kept of a patient; tied to cases by the folded reference.

    ``risk_factors`` is NULL until asked.
    """

    __tablename__ = "patients"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    reference: Mapped[str] = mapped_column(Text)
    patient_key: Mapped[str] = mapped_column(Text, unique=True)
    consent: Mapped[str | None] = mapped_column(String(32))
    consent_on: Mapped[date | None]
    hold_reason: Mapped[str] = mapped_column(Text)
    birth_year: Mapped[int | None]
    sex: Mapped[str | None] = mapped_column(String(16))
    skin_type: Mapped[str | None] = mapped_column(String(16))
    risk_factors: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    version: Mapped[int] = mapped_column(server_default=text("1"))


class CertificateRow(Base):
    """A certificate of erasure."""

    __tablename__ = "certificates"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    erased_at: Mapped[datetime]
    erased_by: Mapped[str] = mapped_column(Text)
    cases: Mapped[list[Any]]
    sha256: Mapped[list[Any]]
    reason: Mapped[str] = mapped_column(Text)
    event_number: Mapped[int]
    event_hash: Mapped[str] = mapped_column(String(64))


class ProblemRow(Base):
    """A reported safety problem; it outlives its case, so no foreign key ties it."""

    __tablename__ = "problems"
    __table_args__ = (Index("ix_problems_at", "at"), Index("ix_problems_case_id", "case_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime]
    reported_by: Mapped[str] = mapped_column(Text)
    case_id: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    app_version: Mapped[str] = mapped_column(Text)
    model_sha256: Mapped[str] = mapped_column(String(64))
