"""Outcomes that were recorded by mistake: taken back for good, readable, and counting no more."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.stations.loop_station import PDF, ZEBRA, LoopStation, open_loop
from tests.stations.service_station import (
    ADMINISTRATOR,
    AUDITOR,
    CLINICIAN,
    PHOTOGRAPHER,
    actor,
    photograph,
)
from triage_app.domain.case import Case, CaseFilter
from triage_app.domain.errors import (
    FindingsWithheld,
    InvalidInput,
    NotAllowedInState,
    NotPermitted,
    StaleCase,
)
from triage_app.domain.outcome import Withdrawal, current_outcome
from triage_app.domain.people import Actor, Person, Role
from triage_app.domain.reading import REASON_LENGTH, StepEnd, StepKind
from triage_app.domain.trail import Action
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.services.cases.fingerprint import edited_cases
from triage_app.services.exchange.outcome_import import ImportResult, RowStatus
from triage_app.services.trail.verification import verify

WHY = "The report of another patient, quagga."


@pytest.fixture
def loop(tmp_path: Path, decoder: DecoderPool) -> Iterator[LoopStation]:
    with open_loop(tmp_path, decoder) as opened:
        yield opened


def awaited(loop: LoopStation, **image: object) -> Case:
    """A case whose biopsy has been back since a day: a melanoma, by mistake."""
    case = loop.verdict(loop.image(**image), "biopsy_or_excision")  # type: ignore[arg-type]
    loop.clock.at += timedelta(days=1)
    return loop.histology(case, diagnosis="melanoma_invasive", specimen="H1")


def withdrawn(loop: LoopStation, case: Case, number: int = -1, by: Actor = CLINICIAN) -> Case:
    """The case after one of its outcomes was withdrawn, a day later."""
    loop.clock.at += timedelta(days=1)
    outcome = case.outcomes[number].id
    return loop.outcomes.withdraw(by, case.id, case.version, outcome, WHY)


def test_a_mistaken_melanoma_is_taken_back_and_stays_readable(loop: LoopStation) -> None:
    case = awaited(loop)
    after = withdrawn(loop, case)
    assert after == loop.stored(case.id)
    (outcome,) = after.outcomes
    assert outcome.withdrawal == Withdrawal(loop.clock.at, CLINICIAN.id, WHY)
    assert replace(outcome, withdrawal=None) == case.outcomes[0]
    assert current_outcome(after.outcomes) is None
    after = loop.histology(after)
    counting = current_outcome(after.outcomes)
    assert counting is after.outcomes[1]


def test_the_histology_is_awaited_again_and_overdue_at_once(loop: LoopStation) -> None:
    case = awaited(loop)
    loop.clock.at += timedelta(days=60)
    after = withdrawn(loop, case)
    done, again = after.next_steps
    assert done == case.next_steps[0]
    assert (again.kind, again.is_open) == (StepKind.HISTOLOGY, True)
    assert (again.due, again.verdict_id) == (done.due, done.verdict_id)
    assert again.opened_at == loop.clock.at
    today = loop.clock.at.date()
    assert again.overdue(today)
    with loop.station.units() as unit:
        (item,) = unit.work.due(frozenset(StepKind), "", today, 5)
        assert (item.case_id, item.step_id) == (case.id, again.id)
        assert unit.site.miscounted() == []
    with pytest.raises(NotAllowedInState, match="Record the histology"):
        loop.reading.end_step(CLINICIAN, case.id, after.version, again.id, StepEnd.DONE)
    assert loop.histology(after).next_steps[1].end is StepEnd.DONE


def test_nothing_is_asked_again_where_the_right_result_is_there(loop: LoopStation) -> None:
    case = awaited(loop)
    loop.clock.at += timedelta(days=1)
    case = loop.histology(case, specimen="H2")
    after = withdrawn(loop, case, 0)
    assert after.next_steps == case.next_steps
    after = withdrawn(loop, after, 1)
    assert [step.is_open for step in after.next_steps] == [False, True]


def test_a_follow_up_that_was_recorded_by_mistake_is_due_again(loop: LoopStation) -> None:
    case = loop.verdict(loop.image(), "follow_up", due="2027-02-01")
    loop.clock.at += timedelta(days=1)
    form = {"method": "follow_up", "on": loop.clock.at.date().isoformat(), "changed": "no"}
    case = loop.outcomes.record(CLINICIAN, case.id, case.version, form)
    after = withdrawn(loop, case)
    again = after.next_steps[-1]
    assert (again.kind, again.due, again.is_open) == (StepKind.FOLLOW_UP, date(2027, 2, 1), True)


@pytest.mark.parametrize("disposition", ["biopsy_or_excision", "discharge"])
def test_a_closed_case_is_opened_whether_or_not_a_step_waited(
    loop: LoopStation, disposition: str
) -> None:
    case = loop.verdict(loop.image(), disposition)
    loop.clock.at += timedelta(days=1)
    case = loop.histology(case)
    case = loop.reading.close(CLINICIAN, case.id, case.version)
    after = withdrawn(loop, case)
    assert after.closed_at is None
    waits = disposition == "biopsy_or_excision"
    assert any(step.is_open for step in after.next_steps) == waits
    (event,) = loop.station.events(Action.OUTCOME_WITHDRAWN)
    assert json.loads(event.details)["reopened"] is True
    if waits:
        with pytest.raises(NotAllowedInState, match="histology awaited"):
            loop.reading.close(CLINICIAN, case.id, after.version)


@pytest.mark.parametrize("active", [True, False])
def test_the_step_goes_to_whoever_had_it_or_else_to_whoever_found_the_mistake(
    loop: LoopStation, active: bool
) -> None:
    owner = Person(
        CLINICIAN.id, "a.rowe", frozenset({Role.CLINICIAN}), "x", loop.clock.at, loop.clock.at,
        active=active,
    )  # fmt: skip
    with loop.station.units() as unit:
        unit.people.add(owner)
        unit.commit()
    finder = actor(Role.CLINICIAN, "d")
    after = withdrawn(loop, awaited(loop), by=finder)
    assert after.next_steps[0].owner == CLINICIAN.id
    assert after.next_steps[1].owner == (CLINICIAN.id if active else finder.id)


def test_the_trail_holds_ids_and_no_word_of_the_reason(loop: LoopStation) -> None:
    case = awaited(loop)
    after = withdrawn(loop, case)
    (event,) = loop.station.events(Action.OUTCOME_WITHDRAWN)
    assert (event.actor, event.subject) == (CLINICIAN.id, case.id)
    details = json.loads(event.details)
    assert details.pop("state").startswith("2:")
    assert details == {
        "outcome": case.outcomes[0].id,
        "steps": [after.next_steps[-1].id],
        "reopened": False,
    }
    assert not any("quagga" in event.details for event in loop.station.events())


def test_an_edit_of_a_withdrawal_behind_the_program_is_found(loop: LoopStation) -> None:
    case = withdrawn(loop, awaited(loop))
    assert verify(loop.station.units, loop.station.files).sound
    connection = sqlite3.connect(loop.station.folder / "triage.sqlite3")
    with connection:
        connection.execute("DROP TRIGGER outcomes_unchanged")
        for column, value in (("reason", "'nothing'"), ("by", "'somebody'"), ("at", "at")):
            old = connection.execute(f"SELECT withdrawn_{column} FROM outcomes").fetchone()
            connection.execute(f"UPDATE outcomes SET withdrawn_{column} = {value}")
            connection.commit()
            with loop.station.units() as unit:
                assert [found for found, _ in edited_cases(unit)] == [case.id]
            connection.execute(f"UPDATE outcomes SET withdrawn_{column} = ?", old)
            connection.commit()
            assert verify(loop.station.units, loop.station.files).sound
        none = "withdrawn_at = NULL, withdrawn_by = '', withdrawn_reason = ''"
        connection.execute(f"UPDATE outcomes SET {none}")
    connection.close()
    assert not verify(loop.station.units, loop.station.files).sound


@pytest.mark.parametrize(
    "reason", ["", " \n", "x" * (REASON_LENGTH + 1), "a\u202eb", "a\x00b", "\ud800"]
)
def test_a_reason_is_asked_for_and_is_plain_text(loop: LoopStation, reason: str) -> None:
    case = awaited(loop)
    with pytest.raises(InvalidInput) as refused:
        loop.outcomes.withdraw(CLINICIAN, case.id, case.version, case.outcomes[0].id, reason)
    assert refused.value.field == "reason"
    assert loop.stored(case.id) == case


def test_what_cannot_be_withdrawn_is_refused_and_leaves_no_trace(loop: LoopStation) -> None:
    case, other = awaited(loop), awaited(loop)
    outcome = case.outcomes[0].id
    withdraw = loop.outcomes.withdraw
    for named in (other.outcomes[0].id, "f" * 32, "", "../x"):
        with pytest.raises(NotAllowedInState, match="no such outcome"):
            withdraw(CLINICIAN, case.id, case.version, named, WHY)
    with pytest.raises(StaleCase):
        withdraw(CLINICIAN, case.id, case.version - 1, outcome, WHY)
    hidden = loop.image(withheld=True)
    with pytest.raises(FindingsWithheld):
        withdraw(CLINICIAN, hidden.id, hidden.version, outcome, WHY)
    draft = loop.station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg")
    with pytest.raises(NotAllowedInState, match="draft"):
        withdraw(CLINICIAN, draft.id, draft.version, outcome, WHY)
    binned = loop.station.cases.delete(CLINICIAN, other.id, other.version)
    with pytest.raises(NotAllowedInState, match="bin"):
        withdraw(CLINICIAN, binned.id, binned.version, other.outcomes[0].id, WHY)
    assert not loop.station.events(Action.OUTCOME_WITHDRAWN)


def test_an_outcome_is_withdrawn_once_and_takes_no_report_then(loop: LoopStation) -> None:
    case = awaited(loop)
    after = withdrawn(loop, case)
    outcome = after.outcomes[0].id
    with pytest.raises(NotAllowedInState, match="before"):
        loop.outcomes.withdraw(CLINICIAN, after.id, after.version, outcome, "Again.")
    with pytest.raises(NotAllowedInState, match="withdrawn"):
        loop.outcomes.attach(CLINICIAN, after.id, outcome, PDF)
    assert loop.stored(case.id) == after


def test_the_document_of_a_withdrawn_outcome_can_still_be_read(loop: LoopStation) -> None:
    case = awaited(loop)
    case = loop.outcomes.attach(CLINICIAN, case.id, case.outcomes[0].id, PDF)
    withdrawn(loop, case)
    assert loop.outcomes.document(CLINICIAN, case.outcomes[0].id)[1] == PDF
    assert verify(loop.station.units, loop.station.files).sound


@pytest.mark.parametrize("who", [PHOTOGRAPHER, ADMINISTRATOR, AUDITOR], ids=lambda a: a.name)
def test_only_clinicians_withdraw(loop: LoopStation, who: Actor) -> None:
    case = awaited(loop)
    with pytest.raises(NotPermitted):
        loop.outcomes.withdraw(who, case.id, case.version, case.outcomes[0].id, WHY)
    assert loop.stored(case.id) == case


def test_a_histology_is_not_ticked_off_for_one_that_was_withdrawn(loop: LoopStation) -> None:
    case = loop.verdict(loop.image(), "biopsy_or_excision")
    case = withdrawn(loop, loop.histology(case, diagnosis="not_diagnostic"))
    (step,) = case.next_steps
    assert step.is_open
    with pytest.raises(NotAllowedInState, match="Record the histology"):
        loop.reading.end_step(CLINICIAN, case.id, case.version, step.id, StepEnd.DONE)


def test_the_file_of_all_cases_leaves_it_out(loop: LoopStation) -> None:
    case = awaited(loop)
    said = b"".join(loop.export.stream(CLINICIAN, CaseFilter())).decode()
    assert "melanoma_invasive" in said
    withdrawn(loop, case)
    said = b"".join(loop.export.stream(CLINICIAN, CaseFilter())).decode()
    assert "melanoma_invasive" not in said and "quagga" not in said


def rows(*said: str) -> str:
    return "\n".join(["patient_reference,specimen,date,diagnosis", *said, ""])


def test_a_row_that_was_withdrawn_is_told_and_not_stored_again(loop: LoopStation) -> None:
    first, loose = loop.image(), loop.image("Okapi-1")
    loop.clock.at += timedelta(days=2)
    on = loop.clock.at.date().isoformat()
    text = rows(f"{ZEBRA},H1,{on},melanoma_in_situ", f"Okapi-1,,{on},naevus")
    plan = loop.imports.preview(CLINICIAN, text)
    loop.imports.apply(CLINICIAN, text, plan.digest)
    for case_id in (first.id, loose.id):
        withdrawn(loop, loop.stored(case_id))
    # The very file, and the same said in other words.
    for again in (text, rows(f"{ZEBRA},h1,{on},Melanoma in situ", f"Okapi-1,,{on},Naevus")):
        plan = loop.imports.preview(CLINICIAN, again)
        assert [row.status for row in plan.rows] == [RowStatus.WITHDRAWN] * 2
        assert all("withdrawn as a mistake" in row.sentence for row in plan.rows)
        done = loop.imports.apply(CLINICIAN, again, plan.digest)
        assert done == ImportResult(added=0, stored=0, left=2)
    assert len(loop.stored(first.id).outcomes) == 1


def test_the_right_row_of_a_specimen_is_added_after_the_wrong_one_was_withdrawn(
    loop: LoopStation,
) -> None:
    case = loop.image()
    loop.clock.at += timedelta(days=2)
    on = loop.clock.at.date().isoformat()
    wrong, right = (rows(f"{ZEBRA},H1,{on},{what}") for what in ("melanoma_in_situ", "naevus"))
    loop.imports.apply(CLINICIAN, wrong, loop.imports.preview(CLINICIAN, wrong).digest)
    (conflict,) = loop.imports.preview(CLINICIAN, right).rows
    assert conflict.status is RowStatus.CONFLICT
    withdrawn(loop, loop.stored(case.id))
    plan = loop.imports.preview(CLINICIAN, right)
    assert loop.imports.apply(CLINICIAN, right, plan.digest).added == 1
    assert [row.status for row in loop.imports.preview(CLINICIAN, right).rows] == [RowStatus.STORED]
    # Recorded again after all, it is there: the row is stored, not withdrawn.
    loop.histology(loop.stored(case.id), on=on, diagnosis="melanoma_in_situ", specimen="H1")
    assert [row.status for row in loop.imports.preview(CLINICIAN, wrong).rows] == [RowStatus.STORED]


def test_a_report_issued_before_is_superseded_by_one_that_says_so(loop: LoopStation) -> None:
    case = awaited(loop)
    reports = loop.station.reports
    first = reports.issue(CLINICIAN, case.id)
    withdrawn(loop, loop.stored(case.id))
    second = reports.issue(CLINICIAN, case.id)
    assert (first.number, second.number) == (1, 2)
    assert reports.issue(CLINICIAN, case.id).number == 2
