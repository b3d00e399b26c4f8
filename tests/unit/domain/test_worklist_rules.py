"""The worklist's order: overdue first, then the worse level, then who has waited longer."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from triage_app.domain.case import CaseState
from triage_app.domain.reading import Terms
from triage_app.domain.triage import Level
from triage_app.domain.worklist import WorkItem, order_of

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TERMS = Terms(urgent=timedelta(hours=24), read=timedelta(days=7))


def item(level: Level | None, hours: float, name: str = "") -> WorkItem:
    """A case that has waited for some hours."""
    created = NOW - timedelta(hours=hours)
    return WorkItem(
        case_id=name or f"{level}-{hours:g}",
        version=1,
        state=CaseState.FILED,
        created_at=created,
        patient_reference="P-1",
        lesion_label="",
        lesion_id="",
        level=level,
        taken_by="",
        escalated=False,
        has_thumbnail=True,
    )


def in_order(items: list[WorkItem]) -> list[str]:
    return [i.case_id for i in sorted(items, key=lambda i: order_of(i, NOW, TERMS))]


@pytest.mark.parametrize(
    ("level", "hours", "overdue"),
    [
        (Level.URGENT, 23.9, False),
        (Level.URGENT, 24, False),
        (Level.URGENT, 24.1, True),
        (Level.REVIEW, 167.9, False),
        (Level.REVIEW, 168.1, True),
        (Level.ROUTINE, 168.1, True),
        (Level.CANNOT_ASSESS, 168.1, True),
        (None, 24.1, False),
        (None, 168.1, True),
    ],
)
def test_a_case_is_overdue_after_the_term_of_its_level(
    level: Level | None, hours: float, overdue: bool
) -> None:
    assert item(level, hours).overdue(NOW, TERMS) is overdue


WANTED = [
    item(Level.URGENT, 30, "overdue urgent"),
    item(Level.CANNOT_ASSESS, 200, "overdue, not assessed"),
    item(Level.REVIEW, 300, "overdue review"),
    item(Level.ROUTINE, 900, "overdue routine"),
    item(Level.URGENT, 20, "urgent, longer"),
    item(Level.URGENT, 2, "urgent"),
    item(Level.CANNOT_ASSESS, 3, "not assessed"),
    item(Level.REVIEW, 100, "review, longer"),
    item(Level.REVIEW, 1, "review"),
    item(Level.ROUTINE, 160, "routine"),
]


def test_the_worklist_has_overdue_cases_first_then_the_worse_level_then_the_longer_wait() -> None:
    names = [i.case_id for i in WANTED]
    assert in_order(WANTED[::-1]) == names
    assert all(
        in_order([WANTED[i] for i in some]) == [names[i] for i in sorted(some)]
        for some in permutations(range(len(WANTED)), 3)
    )


def test_withheld_cases_are_ordered_by_waiting_time_alone() -> None:
    hidden = [item(None, hours, f"{hours} h") for hours in (900, 200, 160, 20, 1)]
    assert in_order(hidden[::-1]) == [i.case_id for i in hidden]


def test_a_withheld_case_stands_where_one_that_cannot_be_assessed_would() -> None:
    around = [
        item(Level.URGENT, 1, "urgent"),
        item(None, 1, "withheld"),
        item(Level.REVIEW, 1, "review"),
    ]
    assert in_order(around[::-1]) == ["urgent", "withheld", "review"]
    assert order_of(item(None, 1, "x"), NOW, TERMS) == order_of(
        item(Level.CANNOT_ASSESS, 1, "x"), NOW, TERMS
    )


def test_cases_of_one_moment_keep_one_order() -> None:
    twins = [item(Level.REVIEW, 1, "b"), item(Level.REVIEW, 1, "a")]
    assert in_order(twins) == in_order(twins[::-1]) == ["a", "b"]
