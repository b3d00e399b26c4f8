"""A million cases against a thousand: the same call, in turn, on two generated databases.

``python -m tests.bench.history`` prints every call; ``rows`` gives the worst of each kind. What
only reads is asked of the services without the commit of its event at the end: waiting for the
disk would only hide how much more there is to do among a million.
"""

import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select

from tests.bench.budget import UNLIMITED, Budget
from tests.bench.harness import (
    Row,
    at_most_times,
    compare,
    compare_measured,
    milliseconds,
    table,
)
from tests.bench.million import DATABASE, kept
from tests.bench.million_rows import (
    CLINICIANS,
    COMMON,
    END,
    PHOTOGRAPHERS,
    RARE,
    UNCOMMON,
    drawn_evidence,
)
from triage_app.domain.case import CaseDetails, CaseFilter, CaseState, ModelIdentity, Order
from triage_app.domain.diagnosis import FindingClass
from triage_app.domain.people import ROLE_PERMISSIONS, Actor, Role
from triage_app.domain.reading import Terms
from triage_app.domain.triage import Level, Policy, decide
from triage_app.domain.worklist import Whose
from triage_app.imaging.intake import Decoded
from triage_app.services.cases.cases import Cases
from triage_app.services.images.assessment import Assessment
from triage_app.services.patients.lesion_views import LesionViews
from triage_app.services.reading.worklist import Worklist
from triage_app.services.site.statistics import Statistics
from triage_app.storage.database.engine import open_engine, session_factory
from triage_app.storage.files import DiskFileStore
from triage_app.storage.lists.cursor import Cursor, encode
from triage_app.storage.schema.cases import CaseRow
from triage_app.storage.unit_of_work import SqlUnitOfWork

FEW, MANY = 1_000, 1_000_000
ROUNDS = 11
FILING_ROUNDS = 25
NOW = END + timedelta(hours=1)

CLINICIAN = Actor(CLINICIANS[0], "clinician", ROLE_PERMISSIONS[Role.CLINICIAN])
PHOTOGRAPHER = Actor(PHOTOGRAPHERS[0], "photographer", ROLE_PERMISSIONS[Role.PHOTOGRAPHER])
AUDITOR = Actor("a" * 32, "auditor", ROLE_PERMISSIONS[Role.AUDITOR])
ENDS = (NOW - timedelta(days=400)).date(), (NOW - timedelta(days=370)).date()
FILTERS: Mapping[str, CaseFilter] = {
    "level urgent": CaseFilter(levels=frozenset({Level.URGENT})),
    "levels routine and review": CaseFilter(levels=frozenset({Level.ROUTINE, Level.REVIEW})),
    "leading class malignant": CaseFilter(finding_class=FindingClass.MALIGNANT),
    "leading class suspicious": CaseFilter(finding_class=FindingClass.SUSPICIOUS),
    "drafts": CaseFilter(state=CaseState.DRAFT),
    "filed": CaseFilter(state=CaseState.FILED),
    "unread": CaseFilter(reviewed=False),
    "read": CaseFilter(reviewed=True),
    "bin": CaseFilter(in_bin=True),
    "thirty days": CaseFilter(date_from=ENDS[0], date_to=ENDS[1]),
    "urgent in thirty days": CaseFilter(
        levels=frozenset({Level.URGENT}), date_from=ENDS[0], date_to=ENDS[1]
    ),
    "until a day": CaseFilter(date_to=ENDS[1]),
    "a whole patient reference": CaseFilter(patient_reference="P-0000010"),
    "beginning of a reference": CaseFilter(patient_reference="P-000"),
    "urgent drafts": CaseFilter(levels=frozenset({Level.URGENT}), state=CaseState.DRAFT),
}
SEARCHES = {
    "common word": COMMON,
    "word in few notes": UNCOMMON,
    "rare word": RARE,
    "none": "xyzzy",
}


class _Unkept(SqlUnitOfWork):
    """Does all but the last step, so that it leaves the database as it was."""

    def commit(self) -> None:
        """Nothing; leaving the block rolls back."""


class _Stub:
    """Has an assessment ready: what the model takes is measured elsewhere."""

    def __init__(self) -> None:
        found = drawn_evidence(random.Random(1))
        self.made = Assessment(
            decoded=Decoded(np.zeros((450, 450, 3), np.uint8), "JPEG", "image/jpeg", 600, 450, ()),
            evidence=found,
            decision=decide(found, CaseDetails().context, Policy(0.15, 0.6)),
            heat=None,
            crop_jpeg=b"crop" * 5_000,
            thumbnail_jpeg=b"thumbnail" * 400,
            overlay_png=b"overlay" * 3_000,
            model=ModelIdentity("mobilenet_v2-dermoscopy", "2.0.0", "ef" * 32),
            operating_points={"rule_out": {"value": 0.15}, "rule_in": {"value": 0.6}},
            limits_of_use=("Dermoscopic images only.",),
            timings={"decode": 7.0},
        )

    def assess(self, _data: bytes, _context: object, **_how: object) -> Assessment:
        """The same for every photograph."""
        return self.made


@dataclass
class Site:
    """The use cases over one generated database."""

    reading: Cases
    filing: Cases
    worklist: Worklist
    statistics: Statistics
    lesions: LesionViews
    units: Callable[[], SqlUnitOfWork]

    def page(
        self, wanted: CaseFilter, order: Order, cursor: str | None = None, actor: Actor = CLINICIAN
    ) -> None:
        """A page of the history."""
        self.reading.page(actor, wanted, order, cursor)

    def cursor(self, order: Order, share: float) -> str:
        """Of the page behind this share of all cases."""
        row = CaseRow
        columns = (row.created_at, row.id)
        if order is Order.RISK:
            columns = (row.risk_rank, row.risk_score, *columns)
        query = select(*columns).where(row.deleted_at.is_(None))
        with self.units() as unit:
            session = unit.cases._session
            shown = session.query(row).where(row.deleted_at.is_(None)).count()
            query = query.order_by(*(column.desc() for column in columns))
            key = session.execute(query.offset(int(shown * share) - 13).limit(1)).one()
        return encode(Cursor(tuple(key), backwards=False), order)

    def store(self, number: int) -> None:
        """An analysed image, stored as a draft."""
        details = CaseDetails(patient_reference=f"P-{number:07d}", note="brown naevus")
        data = b"photograph %d" % number + b"." * 90_000
        self.draft = self.filing.analyse_upload(CLINICIAN, data, "IMG_1.jpg", details)

    def file(self) -> None:
        """The draft confirmed."""
        self.filing.file(CLINICIAN, self.draft.id, self.draft.version)


@contextmanager
def open_site(folder: Path) -> Iterator[Site]:
    """The use cases over a generated database; files go to a folder that is removed."""
    engine = open_engine(f"sqlite:///{folder / DATABASE}")
    sessions = session_factory(engine)
    reading, kept_units = partial(_Unkept, sessions), partial(SqlUnitOfWork, sessions)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        files, stub = DiskFileStore(Path(place)), _Stub()
        clock: Any = lambda: NOW  # noqa: E731
        yield Site(
            reading=Cases(stub, reading, files, 5_000_000, clock=clock),
            filing=Cases(stub, kept_units, files, 5_000_000, uploads_per_day=10**6, clock=clock),
            worklist=Worklist(reading, clock, Terms(), lambda: 0),
            statistics=Statistics(reading),
            lesions=LesionViews(reading, None, clock),
            units=reading,
        )
    engine.dispose()


Ask = Callable[[Site], object]


def pages() -> Iterator[tuple[str, Ask]]:
    """Without filter: the first page, one in the middle, the last."""
    for order in Order:
        yield f"first page, {order}", lambda site, o=order: site.page(CaseFilter(), o)
        for name, share in (("middle", 0.5), ("last", 1.0)):
            yield f"{name} page, {order}", _Deep(order, share)


class _Deep:
    """A page in the depth; where it begins is looked up once for each site."""

    def __init__(self, order: Order, share: float) -> None:
        self._order, self._share = order, share
        self._cursors: dict[int, str] = {}

    def __call__(self, site: Site) -> None:
        known = self._cursors
        if id(site) not in known:
            known[id(site)] = site.cursor(self._order, self._share)
        site.page(CaseFilter(), self._order, known[id(site)])


def filters() -> Iterator[tuple[str, Ask]]:
    """Every filter of the page in every order, and the list of a photographer's own uploads."""
    for name, wanted in FILTERS.items():
        for order in Order:
            yield f"{name}, {order}", lambda site, w=wanted, o=order: site.page(w, o)
    own = CaseFilter()
    yield "own uploads", lambda site: site.page(own, Order.NEWEST, actor=PHOTOGRAPHER)


def searches() -> Iterator[tuple[str, Ask]]:
    """Words in notes and questions, newest first."""
    for name, word in SEARCHES.items():
        wanted = CaseFilter(text=word)
        yield name, lambda site, w=wanted: site.page(w, Order.NEWEST)
    binned = CaseFilter(text=COMMON, in_bin=True)
    yield "common word in the bin", lambda site: site.page(binned, Order.NEWEST)
    drafts = CaseFilter(text=COMMON, state=CaseState.DRAFT)
    yield "common word in drafts", lambda site: site.page(drafts, Order.NEWEST)


def others() -> Iterator[tuple[str, Ask]]:
    """The other pages that list or count cases."""
    yield "worklist", lambda site: site.worklist.page(CLINICIAN)
    yield "own part of the worklist", lambda site: site.worklist.page(CLINICIAN, Whose.MINE)
    yield (
        "urgent part of the worklist",
        lambda site: site.worklist.page(CLINICIAN, urgent_only=True),
    )
    yield "counts of the worklist", lambda site: site.worklist.counts(CLINICIAN)
    yield "statistics", lambda site: site.statistics.site_counts(AUDITOR)
    yield "patients", lambda site: site.lesions.find(CLINICIAN, "")
    yield "patients by reference", lambda site: site.lesions.find(CLINICIAN, "P-00001")


READS: Mapping[str, Callable[[], Iterator[tuple[str, Ask]]]] = {
    "pages": pages,
    "filters": filters,
    "search": searches,
    "worklist, statistics, patients": others,
}
TITLES = {
    "pages": "history: first, middle and last page, both orders",
    "filters": "history: each filter, both orders",
    "search": "history: search, newest first",
    "worklist, statistics, patients": "worklist, its counts, statistics, patients",
}
REFERENCE = f"the same with {FEW:,} cases"


def rows(budget: Budget) -> Iterator[Row]:
    """The worst call of each kind, with the ratios of all in its note; then filing."""
    with _both() as (few, many):
        shares = budget.split(len(READS) + 1)
        for kind, share in zip(READS, shares, strict=False):
            measured = list(compared(kind, few, many, share))
            worst = max(measured, key=lambda one: one.ratio or 0)
            each = "; ".join(f"{one.what} {one.figure}" for one in measured)
            title = f"{TITLES[kind]}, {MANY:,} cases; slowest: {worst.what}"
            yield replace(worst, what=title, note=f"Ratios: {each}.")
        yield from filing(few, many, next(shares))


def compared(kind: str, few: Site, many: Site, budget: Budget) -> Iterator[Row]:
    """Every call of a kind."""
    calls = list(READS[kind]())
    for share, (name, ask) in zip(budget.split(len(calls)), calls, strict=True):
        yield compare(
            name,
            REFERENCE,
            partial(ask, few),
            partial(ask, many),
            target=at_most_times(3),
            rounds=ROUNDS,
            budget=share,
        )


def filing(few: Site, many: Site, budget: Budget) -> Iterator[Row]:
    """Storing an analysed image and filing the draft, as durably as ever."""
    numbers = count(1)

    def stored(site: Site) -> float:
        return milliseconds(lambda: site.store(next(numbers)))

    def filed(site: Site) -> float:
        site.store(next(numbers))
        return milliseconds(site.file)

    steps = (("an analysed image stored as a draft", stored), ("a draft filed", filed))
    for share, (name, step) in zip(budget.split(len(steps)), steps, strict=True):
        yield compare_measured(
            f"{name}, {MANY:,} cases stored",
            REFERENCE,
            partial(step, few),
            partial(step, many),
            target=at_most_times(1.5),
            rounds=FILING_ROUNDS,
            budget=share,
        )


@contextmanager
def _both() -> Iterator[tuple[Site, Site]]:
    with ExitStack() as stack:
        few, many = (stack.enter_context(open_site(kept(cases))) for cases in (FEW, MANY))
        yield few, many


def main() -> int:
    """Print every call."""
    wanted = sys.argv[1:]
    measured: list[Row] = []
    with _both() as (few, many):
        for kind in READS:
            if not wanted or kind in wanted:
                measured += compared(kind, few, many, UNLIMITED)
        if not wanted or "filing" in wanted:
            measured += filing(few, many, UNLIMITED)
    print(table(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
