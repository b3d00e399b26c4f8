"""Which sights of a case need no further entry in the trail."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from triage_app.domain.people import LOCAL_USER
from triage_app.services.cases import viewing
from triage_app.services.cases.viewing import VIEW_LASTS, Sightings

AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def test_a_sight_counts_for_ten_minutes_and_for_this_person_session_and_case_only() -> None:
    seen = Sightings()
    seen.note(LOCAL_USER, ["a"], AT)
    assert seen.recent(LOCAL_USER, "a", AT + VIEW_LASTS)
    assert not seen.recent(LOCAL_USER, "a", AT + VIEW_LASTS + timedelta(seconds=1))
    assert not seen.recent(LOCAL_USER, "b", AT)
    assert not seen.recent(replace(LOCAL_USER, id="other"), "a", AT)
    assert not seen.recent(replace(LOCAL_USER, session="other"), "a", AT)


def test_a_clock_that_went_back_makes_no_sight_last_longer() -> None:
    seen = Sightings()
    seen.note(LOCAL_USER, ["a"], AT)
    assert not seen.recent(LOCAL_USER, "a", AT - timedelta(seconds=1))


def test_memory_is_bounded_and_the_oldest_sight_goes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(viewing, "REMEMBERED", 2)
    seen = Sightings()
    seen.note(LOCAL_USER, ["a", "b"], AT)
    seen.note(LOCAL_USER, ["a"], AT)
    seen.note(LOCAL_USER, ["c"], AT)
    assert [case for case in "abc" if seen.recent(LOCAL_USER, case, AT)] == ["a", "c"]
