"""Stored cases."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from triage_app.domain.case import Analysis, Case, CaseFilter, Order, Page, Report
from triage_app.domain.errors import CaseNotFound, ReportNotFound, StaleCase
from triage_app.domain.files import StoredFile
from triage_app.storage.database.transaction import Transaction
from triage_app.storage.lists.listing import list_page
from triage_app.storage.records.cases import (
    IDS_PER_QUERY,
    DamagedRecord,
    analysis_values,
    case_from_rows,
    case_values,
    file_values,
    in_portions,
    is_id,
    reading_records,
    report_values,
    stored_file,
)
from triage_app.storage.records.keys import enlist
from triage_app.storage.records.loop import loop_files
from triage_app.storage.repositories.batches import SqlUploadRepository
from triage_app.storage.repositories.loop import NOTHING, load_loop, store_loop
from triage_app.storage.schema.base import Values, add_rows
from triage_app.storage.schema.cases import AnalysisRow, CaseRow, ReportRow, StoredFileRow

# What every stored image asks for is written once: to build and compare a statement takes longer
# than to run it.
_CASE = (
    select(CaseRow)
    .where(CaseRow.id == bindparam("case_id"))
    .execution_options(populate_existing=True)
)
_CURRENT_ANALYSIS = (
    select(AnalysisRow)
    .where(AnalysisRow.case_id == bindparam("case_id"))
    .order_by(AnalysisRow.number.desc())
    .limit(1)
    .execution_options(populate_existing=True)
)
_FILES = (
    select(StoredFileRow)
    .where(StoredFileRow.case_id == bindparam("case_id"))
    .order_by(StoredFileRow.number)
)
_LAST_FILE = select(func.max(StoredFileRow.number)).where(
    StoredFileRow.case_id == bindparam("case_id")
)
_REPORTS = (
    select(ReportRow).where(ReportRow.case_id == bindparam("case_id")).order_by(ReportRow.number)
)


class SqlCaseRepository:
    """Cases inside one unit of work.

    Every method raises StorageUnavailable when the disk is full, read-only or at fault, or when
    another writer holds the database for too long.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    @property
    def _session(self) -> Session:
        return self._transaction.session

    def add(self, case: Case) -> None:
        """Store a new case with its analysis, files, reports and loop.

        Raises ValueError for an id that is not 32 hexadecimal digits, a time without zone, or a
        level without findings.
        """
        values = case_values(case)
        self._transaction.write()
        values["patient_key"] = enlist(self._session, case.details.patient_reference)
        add_rows(self._session, CaseRow, [values])
        self._add_analysis(case.id, case.analysis, 1)
        self._add_new_files(case, {})
        self._add_new_reports(case)
        store_loop(self._session, case, NOTHING)

    def get(self, case_id: str) -> Case:
        """The case, also from the bin.

        Raises CaseNotFound, or DamagedRecord where its rows cannot be read.
        """
        if not is_id(case_id):
            raise CaseNotFound
        with reading_records():
            row = self._session.scalar(_CASE, {"case_id": case_id})
            if row is None:
                raise CaseNotFound
            files = self._files(case_id)
            case = case_from_rows(
                row,
                self._current_analysis(case_id),
                files.values(),
                self._reports(case_id),
                load_loop(self._session, case_id, files, reviewed=row.reviewed_at is not None),
            )
        self._transaction.saw(case.id, case.version)
        return case

    def save(self, case: Case) -> Case:
        """Store a changed case and return it with its version raised by one.

        An analysis with a new id becomes the current one and the earlier stays; with the current
        id it replaces what was stored. New files and reports are added, none is ever removed; the
        loop only grows, but for the ends of its steps (``storage.repositories.loop.store_loop``).
        Raises StaleCase when the stored version is not ``case.version``, CaseNotFound when it is
        gone; otherwise as ``add``.
        """
        changed = replace(case, version=case.version + 1)
        values = case_values(changed)
        self._transaction.write()
        values["patient_key"] = enlist(self._session, case.details.patient_reference)
        updated = self._session.scalars(
            update(CaseRow)
            .where(CaseRow.id == case.id, CaseRow.version == case.version)
            .values(values)
            .returning(CaseRow.id)
            .execution_options(synchronize_session=False)
        ).all()
        if not updated:
            raise StaleCase if self._exists(case.id) else CaseNotFound
        self._save_analysis(case)
        files = self._files(case.id)
        stored = load_loop(self._session, case.id, files, reviewed=True)
        self._add_new_files(case, files)
        self._add_new_reports(case)
        store_loop(self._session, case, stored)
        return changed

    def erase(self, case_id: str) -> Sequence[StoredFile]:
        """Delete all rows of the case and return its files, for removal after the commit.

        Raises CaseNotFound, and StaleCase when the case was read in this unit of work and has
        changed since.
        """
        if not is_id(case_id):
            raise CaseNotFound
        self._transaction.write()
        self._transaction.erases()
        files = list(self._files(case_id).values())
        erased = self._session.scalars(
            delete(CaseRow)
            .where(CaseRow.id == case_id)
            .returning(CaseRow.id)
            .execution_options(synchronize_session=False)
        ).all()
        if not erased:
            raise CaseNotFound
        return files

    def page(self, wanted: CaseFilter, order: Order, cursor: str | None, size: int) -> Page:
        """A page of the list; see ``storage.lists.listing.list_page``."""
        return list_page(self._session, wanted, order, cursor, size)

    def report_owner(self, report_id: str) -> str:
        """Case id of an issued report; raises ReportNotFound."""
        query = select(ReportRow.case_id).where(ReportRow.id == report_id)
        case_id = self._session.scalar(query) if is_id(report_id) else None
        if case_id is None:
            raise ReportNotFound
        return case_id

    def known_files(self, file_ids: Iterable[str]) -> set[str]:
        """Those of the ids that have a row, as files of a case or of a batch."""
        ids = list(file_ids)
        known = SqlUploadRepository(self._transaction).known_files(ids)
        for some in in_portions(filter(is_id, ids)):
            known.update(
                self._session.scalars(select(StoredFileRow.id).where(StoredFileRow.id.in_(some)))
            )
        return known

    def every_file(self) -> Iterator[tuple[str, StoredFile]]:
        """Case id and row of every stored file, read in portions.

        Raises DamagedRecord for a row that cannot be read.
        """
        query = select(StoredFileRow).order_by(StoredFileRow.id).limit(IDS_PER_QUERY)
        last = ""
        while True:
            with reading_records():
                rows = self._session.scalars(query.where(StoredFileRow.id > last)).all()
                some = [(row.case_id, stored_file(row)) for row in rows]
            if not some:
                return
            yield from some
            last = some[-1][1].id

    def _exists(self, case_id: str) -> bool:
        return self._session.scalar(select(CaseRow.id).where(CaseRow.id == case_id)) is not None

    def _current_analysis(self, case_id: str) -> AnalysisRow:
        row = self._session.scalar(_CURRENT_ANALYSIS, {"case_id": case_id})
        if row is None:
            raise DamagedRecord
        return row

    def _files(self, case_id: str) -> dict[str, StoredFile]:
        rows = self._session.scalars(_FILES, {"case_id": case_id})
        return {row.id: stored_file(row) for row in rows}

    def _reports(self, case_id: str) -> Sequence[ReportRow]:
        return self._session.scalars(_REPORTS, {"case_id": case_id}).all()

    def _add_analysis(self, case_id: str, analysis: Analysis, number: int) -> None:
        values = {**analysis_values(analysis), "case_id": case_id, "number": number}
        add_rows(self._session, AnalysisRow, [values])

    def _save_analysis(self, case: Case) -> None:
        query = (
            select(AnalysisRow.id, AnalysisRow.number)
            .where(AnalysisRow.case_id == case.id)
            .order_by(AnalysisRow.number.desc())
            .limit(1)
        )
        current_id, number = self._session.execute(query).one()
        if current_id != case.analysis.id:
            self._add_analysis(case.id, case.analysis, number + 1)
            return
        self._session.execute(
            update(AnalysisRow)
            .where(AnalysisRow.id == current_id)
            .values(analysis_values(case.analysis))
            .execution_options(synchronize_session=False)
        )

    def _add_new_files(self, case: Case, stored: Mapping[str, StoredFile]) -> None:
        reported = (report.file for report in case.reports)
        wanted = (*case.files.values(), *reported, *loop_files(case))
        new = [file for file in wanted if file.id not in stored]
        last = (self._session.scalar(_LAST_FILE, {"case_id": case.id}) or 0) if stored else 0
        rows = [
            {**file_values(file), "case_id": case.id, "number": number}
            for number, file in enumerate(new, start=last + 1)
        ]
        add_rows(self._session, StoredFileRow, rows)

    def _add_new_reports(self, case: Case) -> None:
        if not case.reports:
            return
        query = select(ReportRow.id).where(ReportRow.case_id == case.id)
        stored = set(self._session.scalars(query))
        new: list[Report] = [report for report in case.reports if report.id not in stored]
        rows: list[Values] = [{**report_values(report), "case_id": case.id} for report in new]
        add_rows(self._session, ReportRow, rows)
