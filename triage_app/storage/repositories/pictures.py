"""Finding stored copies of a picture, by its bytes and by its shape."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, column, func, insert, or_, select, text, union, update
from sqlalchemy.orm import Session

from triage_app.domain.copies import Copy, Coverage, SameBy
from triage_app.storage.database.transaction import Transaction
from triage_app.storage.records.cases import DamagedEntry, is_id, reading_records
from triage_app.storage.schema.base import add_rows, table_of
from triage_app.storage.schema.cases import CaseRow, StoredFileRow
from triage_app.storage.schema.pictures import KEYS, CopyRow, PictureRow

# Among a million cases a search meets some hundreds; a picture that shows next to nothing, more.
MOST_MET = 5000
_SHARED = union(
    *(
        select(PictureRow.case_row).where(
            column(key).in_(select(column("value")).select_from(func.json_each(bindparam(key))))
        )
        for key in KEYS
    )
).limit(MOST_MET)
_MET = (
    select(CaseRow.id, PictureRow.signs)
    .join(PictureRow, PictureRow.case_row == CaseRow.row_id)
    .where(PictureRow.case_row.in_(_SHARED))
)
_SAME_BYTES = (
    select(StoredFileRow.case_id)
    # As the index says it, so that the index is used.
    .where(text("kind = 'original'"), StoredFileRow.sha256 == bindparam("sha256"))
)
_PICTURES = table_of(PictureRow)


class SqlPictureRepository:
    """Shapes and copies inside one unit of work; raises StorageUnavailable as the others do."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    @property
    def _session(self) -> Session:
        return self._transaction.session

    def add(self, case_id: str, signs: bytes | None, keys: Sequence[int]) -> None:
        """Store the shape of a case's picture; None for a picture without one."""
        self._transaction.write()
        values = dict(zip(KEYS, keys, strict=True)) if signs else {}
        row = select(CaseRow.row_id).where(CaseRow.id == case_id).scalar_subquery()
        statement = insert(_PICTURES).values(case_row=row, signs=signs, **values)
        self._session.connection().execute(statement)

    def same_file(self, sha256: str) -> Sequence[str]:
        """Ids of the cases whose original has this hash."""
        found = self._session.execute(_SAME_BYTES, {"sha256": sha256})
        return [case_id for (case_id,) in found]

    def met(self, keys: Sequence[Sequence[int]]) -> Sequence[tuple[str, bytes]]:
        """Case ids and signs of the pictures that share a key, at most ``MOST_MET``."""
        values = {name: json.dumps(list(some)) for name, some in zip(KEYS, keys, strict=True)}
        return [(case_id, signs) for case_id, signs in self._session.execute(_MET, values) if signs]

    def relate(self, copies: Sequence[Copy]) -> None:
        """Store copies that were found."""
        self._transaction.write()
        add_rows(self._session, CopyRow, [vars(copy) for copy in copies])

    def copies_of(self, case_id: str) -> Sequence[Copy]:
        """All pairs that a case is one of, the latest first."""
        if not is_id(case_id):
            return []
        query = select(CopyRow).where(or_(CopyRow.case_id == case_id, CopyRow.other_id == case_id))
        # Of one moment in the order found: ids are random, and would order them by chance.
        query = query.order_by(CopyRow.found_at.desc(), text("copies.rowid"))
        rows = self._session.scalars(query.execution_options(populate_existing=True))
        with reading_records(DamagedEntry):
            return [_copy(row) for row in rows]

    def keep(self, case_id: str, by: str, at: datetime) -> Sequence[str]:
        """Note for all pairs of the case that somebody went on; ids of the others in them."""
        open_pairs = [copy for copy in self.copies_of(case_id) if copy.kept_at is None]
        if not open_pairs:
            return []
        self._transaction.write()
        self._session.execute(
            update(CopyRow)
            .where(or_(CopyRow.case_id == case_id, CopyRow.other_id == case_id))
            .where(CopyRow.kept_at.is_(None))
            .values(kept_at=at, kept_by=by)
            .execution_options(synchronize_session=False)
        )
        return sorted(copy.beside(case_id) for copy in open_pairs)

    def without(self, after: int, size: int) -> Sequence[tuple[int, str]]:
        """Row and id of cases after a row that have no shape yet, in the order of rows."""
        query = (
            select(CaseRow.row_id, CaseRow.id)
            .outerjoin(PictureRow, PictureRow.case_row == CaseRow.row_id)
            .where(CaseRow.row_id > after, PictureRow.case_row.is_(None))
            .order_by(CaseRow.row_id)
            .limit(size)
        )
        return [(row, case_id) for row, case_id in self._session.execute(query)]

    def coverage(self) -> Coverage:
        """How many images can be compared; counts every case."""
        cases = self._session.scalars(select(func.count()).select_from(CaseRow)).one()
        counts = select(func.count(), func.count(PictureRow.signs)).select_from(PictureRow)
        rows, shaped = self._session.execute(counts).one()
        return Coverage(shaped, cases - rows, rows - shaped)


def _copy(row: CopyRow) -> Copy:
    return Copy(
        case_id=row.case_id,
        other_id=row.other_id,
        by=SameBy(row.by),
        found_at=row.found_at,
        kept_at=row.kept_at,
        kept_by=row.kept_by,
    )
