"""Counts of cases, which triggers made by a migration keep in the transaction of each change.

``storage.lists.counters`` says what each of them must be. A count that came to nothing has no row.
"""

from datetime import date

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from triage_app.storage.schema.base import Base

WITHOUT_ROWID = {"sqlite_with_rowid": False}


class CaseCountRow(Base):
    """Cases by what the history filters by; ``month`` as "2026-11", no class as ""."""

    __tablename__ = "case_counts"
    __table_args__ = WITHOUT_ROWID

    in_bin: Mapped[bool] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    level: Mapped[str] = mapped_column(String(16), primary_key=True)
    leading_class: Mapped[str] = mapped_column(String(16), primary_key=True)
    blinded: Mapped[bool] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(16), primary_key=True)
    reviewed: Mapped[bool] = mapped_column(primary_key=True)
    cases: Mapped[int]


class UnreadCountRow(Base):
    """Cases outside the bin without a verdict; ``day`` as "2026-11-23", in UTC."""

    __tablename__ = "unread_counts"
    __table_args__ = WITHOUT_ROWID

    taken_by: Mapped[str] = mapped_column(Text, primary_key=True)
    risk_rank: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    cases: Mapped[int]


class ModelCountRow(Base):
    """Cases outside the bin that are not withheld, by the model of the current analysis."""

    __tablename__ = "model_counts"
    __table_args__ = WITHOUT_ROWID

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[str] = mapped_column(Text, primary_key=True)
    cases: Mapped[int]


class StepCountRow(Base):
    """Open next steps of cases outside the bin."""

    __tablename__ = "step_counts"
    __table_args__ = WITHOUT_ROWID

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    due: Mapped[date] = mapped_column(primary_key=True)
    steps: Mapped[int]


class CaseDayRow(Base):
    """Between which rows the cases of a day lie; perhaps with others among them."""

    __tablename__ = "case_days"
    __table_args__ = WITHOUT_ROWID

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    first_row: Mapped[int]
    last_row: Mapped[int]
