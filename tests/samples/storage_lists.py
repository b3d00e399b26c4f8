"""The case list as a test reads it, and as plain Python would make it."""

import unicodedata
from datetime import datetime

from sqlalchemy import Engine

from tests.samples.storage_cases import open_work
from triage_app.domain.case import Case, CaseFilter, Order, Page
from triage_app.domain.triage import RISK_RANK

EVERYTHING = CaseFilter()


def page(
    engine: Engine,
    wanted: CaseFilter = EVERYTHING,
    order: Order = Order.NEWEST,
    cursor: str | None = None,
    size: int = 25,
) -> Page:
    """A page of the stored list."""
    with open_work(engine) as work:
        return work.cases.page(wanted, order, cursor, size)


def ids(shown: Page) -> list[str]:
    """Ids of the lines, in their order."""
    return [line.id for line in shown.items]


def folded(typed: str) -> str:
    """As the search compares text."""
    return unicodedata.normalize("NFC", typed.casefold())


def matches(one: Case, wanted: CaseFilter) -> bool:
    """The filter as its docstring reads, on the case itself."""
    findings = one.analysis.shown_findings
    classes = findings.by_class() if findings else {}
    day = wanted.zone.day_of(one.created_at)
    texts = (one.details.note, one.details.clinical_question)
    return all(
        (
            (one.deleted_at is not None) == wanted.in_bin,
            not wanted.levels or one.analysis.decision.level in wanted.levels,
            wanted.finding_class is None
            or (classes and max(classes, key=classes.__getitem__) is wanted.finding_class),
            wanted.date_from is None or day >= wanted.date_from,
            wanted.date_to is None or day <= wanted.date_to,
            folded(one.details.patient_reference).startswith(folded(wanted.patient_reference)),
            any(folded(wanted.text) in folded(t) for t in texts),
            wanted.state is None or one.state is wanted.state,
            wanted.batch_id is None or one.batch_id == wanted.batch_id,
            wanted.uploaded_by in ("", one.uploaded_by),
        )
    )


def sorted_ids(cases: list[Case], wanted: CaseFilter, order: Order) -> list[str]:
    """Ids of the cases that match, best first."""

    def newest(one: Case) -> tuple[datetime, str]:
        return (one.created_at, one.id)

    def risk(one: Case) -> tuple[int, float, datetime, str]:
        findings = one.analysis.shown_findings
        score = findings.rule_out_score if findings else 0.0
        return (RISK_RANK[one.analysis.decision.level], score, one.created_at, one.id)

    kept = [one for one in cases if matches(one, wanted)]
    key = risk if order is Order.RISK else newest
    return [one.id for one in sorted(kept, key=key, reverse=True)]


def walk_forwards(engine: Engine, wanted: CaseFilter, order: Order, size: int) -> list[Page]:
    """All pages from the first to the last."""
    pages = [page(engine, wanted, order, None, size)]
    while cursor := pages[-1].next_cursor:
        pages.append(page(engine, wanted, order, cursor, size))
    return pages
