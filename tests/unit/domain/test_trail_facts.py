"""What the trail states about stored files, read back from an event."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from triage_app.domain.trail import START, Action, Entry, FileFact, chained, file_facts

AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
FACTS = [FileFact("original", "a" * 32, "1" * 64), FileFact("crop", "b" * 32, "2" * 64)]


def test_the_facts_come_back_as_they_were_recorded() -> None:
    entry = Entry(Action.CASE_ANALYSED, "c", "d", {"files": [str(fact) for fact in FACTS]})
    assert file_facts(chained(entry, AT, 1, START)) == FACTS


def test_an_event_about_no_file_has_no_facts() -> None:
    assert file_facts(chained(Entry(Action.CASE_VIEWED, "c", "d"), AT, 1, START)) == []


@pytest.mark.parametrize(
    "details", ["", "[]", "7", "{", '{"files":7}', '{"files":["crop"]}', '{"files":[1]}']
)
def test_details_that_this_program_did_not_write_are_refused(details: str) -> None:
    event = chained(Entry(Action.CASE_ANALYSED, "c", "d"), AT, 1, START)
    with pytest.raises(ValueError):
        file_facts(replace(event, details=details))
