"""What clinicians make of a case comes back as it was recorded, and stays so."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pysqlite3 import dbapi2
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from tests.samples.storage_cases import (
    case,
    engine_for,
    hex_id,
    open_work,
    store,
    stored,
    stored_file,
)
from tests.samples.storage_lists import ids, page
from tests.samples.storage_loop import (
    PEOPLE,
    impression,
    lesion,
    letter,
    looped,
    move,
    outcome,
    step,
    stored_patient,
    verdict,
    with_loop,
)
from triage_app.domain.case import Case, CaseFilter, CaseState, Order
from triage_app.domain.errors import DocumentNotFound, StaleCase
from triage_app.domain.files import FileKind
from triage_app.domain.reading import Reveal, RevealCause, StepEnd
from triage_app.domain.triage import Level
from triage_app.domain.withholding import IMPRESSION_FIRST, without_findings
from triage_app.storage.records.cases import DamagedRecord
from triage_app.storage.schema.loop import (
    ImpressionRow,
    LetterRow,
    MoveRow,
    NextStepRow,
    OutcomeRow,
    VerdictRow,
)

TABLES = (MoveRow, ImpressionRow, VerdictRow, NextStepRow, OutcomeRow, LetterRow)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "triage.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = engine_for(path)
    yield engine
    engine.dispose()


def save(engine: Engine, changed: Case) -> Case:
    with open_work(engine) as work:
        saved = work.cases.save(changed)
        work.commit()
    return saved


def full(rng: random.Random) -> Case:
    """A case with at least one row in every table, its step open, its outcome without document."""
    given = verdict(rng)
    waiting = step(rng, given, ended_at=None, ended_by="", end=None, end_note="")
    return replace(
        case(rng, deleted_at=None, state=CaseState.FILED),
        moves=(move(rng),),
        impressions=(impression(rng),),
        verdicts=(given,),
        next_steps=(waiting,),
        outcomes=(outcome(rng, document=None, withdrawal=None),),
        letters=(letter(rng, 1, given),),
    )


def test_generated_loops_read_back_equal(engine: Engine) -> None:
    rng = random.Random(21)
    cases = [looped(rng) for _ in range(120)]
    store(engine, *cases)
    with open_work(engine) as work:
        assert [work.cases.get(one.id) for one in cases] == cases
    filled = [len(getattr(one, t.__tablename__)) for one in cases for t in TABLES]
    assert {0, 1, 2, 3} <= set(filled)


def test_what_is_added_later_reads_back_after_what_was_there(engine: Engine) -> None:
    rng = random.Random(22)
    for _ in range(40):
        one = looped(rng)
        store(engine, one)
        more = with_loop(rng, one)
        grown = replace(
            more,
            **{
                t.__tablename__: getattr(one, t.__tablename__) + getattr(more, t.__tablename__)
                for t in TABLES
                if t is not LetterRow
            },
            letters=one.letters,
        )
        assert save(engine, grown) == stored(engine, one.id)


def test_a_case_that_nobody_read_has_an_empty_loop(engine: Engine) -> None:
    one = case(random.Random(1))
    store(engine, one)
    kept = stored(engine, one.id)
    assert (kept.impressions, kept.verdicts, kept.reveal, kept.taken_by) == ((), (), None, "")
    assert (kept.blinded, kept.lesion_id, kept.closed_at) == (False, "", None)


def test_files_of_letters_and_outcomes_are_files_of_the_case_but_none_of_its_pictures(
    engine: Engine,
) -> None:
    rng = random.Random(5)
    one = full(rng)
    one = replace(
        one, outcomes=(outcome(rng, document=stored_file(rng, FileKind.PATHOLOGY, one.created_at)),)
    )
    document, page_file = one.outcomes[0].document, one.letters[0].file
    store(engine, one)
    kept = stored(engine, one.id)
    assert kept.files == one.files
    assert (kept.outcomes[0].document, kept.letters[0].file) == (document, page_file)
    with open_work(engine) as work:
        assert {(one.id, document), (one.id, page_file)} <= set(work.cases.every_file())
        assert document is not None
        assert work.cases.known_files([document.id, page_file.id]) == {document.id, page_file.id}
        assert {document, page_file} <= set(work.cases.erase(one.id))


CHANGES: dict[str, Callable[[Case], Case]] = {
    "an impression": lambda c: replace(
        c, impressions=(replace(c.impressions[0], blinded=not c.impressions[0].blinded),)
    ),
    "a verdict": lambda c: replace(c, verdicts=(replace(c.verdicts[0], note="Otherwise."),)),
    "a move": lambda c: replace(c, moves=(replace(c.moves[0], reason="Otherwise."),)),
    "an outcome": lambda c: replace(c, outcomes=(replace(c.outcomes[0], months=99),)),
    "a letter": lambda c: replace(c, letters=(replace(c.letters[0], verdict_id="f" * 32),)),
    "the day of a step": lambda c: replace(
        c, next_steps=(replace(c.next_steps[0], due=c.next_steps[0].due + timedelta(days=1)),)
    ),
    "no impression any more": lambda c: replace(c, impressions=()),
    "no verdict any more": lambda c: replace(c, verdicts=()),
    "no step any more": lambda c: replace(c, next_steps=()),
    "no outcome any more": lambda c: replace(c, outcomes=()),
    "no letter any more": lambda c: replace(c, letters=()),
    "no move any more": lambda c: replace(c, moves=()),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_recorded_cannot_be_saved_otherwise(engine: Engine, name: str) -> None:
    one = full(random.Random(6))
    store(engine, one)
    with open_work(engine) as work, pytest.raises(ValueError, match="recorded"):
        work.cases.save(CHANGES[name](one))
    assert stored(engine, one.id) == one


@pytest.mark.parametrize("table", [t.__tablename__ for t in TABLES])
def test_the_database_itself_refuses_to_change_what_was_recorded(
    engine: Engine, table: str
) -> None:
    rng = random.Random(7)
    one = full(rng)
    store(engine, one)
    column = "number" if table in ("next_steps", "outcomes") else "case_id"
    with engine.begin() as connection, pytest.raises(IntegrityError, match="cannot be changed"):
        connection.exec_driver_sql(f"UPDATE {table} SET {column} = {column} || '0'")
    assert stored(engine, one.id) == one


@pytest.mark.parametrize("table", [t.__tablename__ for t in TABLES])
def test_the_database_itself_refuses_to_delete_what_was_recorded(
    engine: Engine, table: str
) -> None:
    one = full(random.Random(7))
    store(engine, one)
    with engine.begin() as connection, pytest.raises(IntegrityError, match="cannot be deleted"):
        connection.exec_driver_sql(f"DELETE FROM {table}")
    assert stored(engine, one.id) == one


def test_a_step_ends_once_and_stays_readable(engine: Engine) -> None:
    one = full(random.Random(8))
    store(engine, one)
    waiting = one.next_steps[0]
    ended = replace(
        waiting, ended_at=one.created_at, ended_by=PEOPLE[0], end=StepEnd.CANCELLED, end_note="No."
    )
    saved = save(engine, replace(one, next_steps=(ended,)))
    assert stored(engine, one.id).next_steps == (ended,)
    again = replace(saved, next_steps=(replace(ended, end=StepEnd.DONE),))
    with open_work(engine) as work, pytest.raises(ValueError, match="recorded"):
        work.cases.save(again)
    with engine.begin() as connection, pytest.raises(IntegrityError, match="cannot be changed"):
        connection.exec_driver_sql("UPDATE next_steps SET ended_at = NULL, ending = NULL")


def test_an_open_step_is_handed_over(engine: Engine) -> None:
    one = full(random.Random(8))
    store(engine, one)
    handed = replace(one.next_steps[0], owner="b" * 32)
    save(engine, replace(one, next_steps=(handed,)))
    assert stored(engine, one.id).next_steps == (handed,)


def test_a_step_ends_while_another_is_opened(engine: Engine) -> None:
    rng = random.Random(9)
    one = full(rng)
    store(engine, one)
    ended = replace(one.next_steps[0], ended_at=one.created_at, end=StepEnd.POSTPONED)
    opened = step(rng, one.verdicts[0])
    save(engine, replace(one, next_steps=(ended, opened)))
    assert stored(engine, one.id).next_steps == (ended, opened)


def test_an_outcome_gets_its_document_once(engine: Engine) -> None:
    rng = random.Random(10)
    one = full(rng)
    store(engine, one)
    first, second = (stored_file(rng, FileKind.PATHOLOGY, one.created_at) for _ in range(2))
    attached = replace(one.outcomes[0], document=first)
    saved = save(engine, replace(one, outcomes=(attached,)))
    assert stored(engine, one.id).outcomes == (attached,)
    other = replace(saved, outcomes=(replace(attached, document=second),))
    with open_work(engine) as work, pytest.raises(ValueError, match="recorded"):
        work.cases.save(other)


def test_a_document_is_found_by_its_outcome_or_letter_and_nothing_else_is(engine: Engine) -> None:
    rng = random.Random(11)
    one = full(rng)
    with_document = outcome(rng, document=stored_file(rng, FileKind.PATHOLOGY, one.created_at))
    one = replace(one, outcomes=(*one.outcomes, with_document))
    store(engine, one, looped(rng))
    with open_work(engine) as work:
        assert work.work.document_owner(with_document.id) == one.id
        assert work.work.document_owner(one.letters[0].id) == one.id
        for other in (one.outcomes[0].id, one.verdicts[0].id, one.id, "", "\ud800", "0" * 32):
            with pytest.raises(DocumentNotFound):
                work.work.document_owner(other)


def test_a_verdict_that_was_given_meanwhile_makes_the_other_one_stale(engine: Engine) -> None:
    rng = random.Random(12)
    one = full(rng)
    store(engine, one)
    with open_work(engine) as work:
        seen = work.cases.get(one.id)
        save(engine, replace(one, verdicts=(*one.verdicts, verdict(rng))))
        with pytest.raises(StaleCase):
            work.cases.save(replace(seen, verdicts=(*seen.verdicts, verdict(rng))))
    assert len(stored(engine, one.id).verdicts) == 2


def test_without_commit_nothing_of_a_loop_is_kept(engine: Engine) -> None:
    rng = random.Random(13)
    one = case(rng)
    store(engine, one)
    with open_work(engine) as work:
        work.cases.save(with_loop(rng, one))
    assert stored(engine, one.id) == one


def test_erasing_a_case_leaves_no_row_of_its_loop(engine: Engine) -> None:
    rng = random.Random(14)
    one, other = full(rng), full(rng)
    store(engine, one, other)
    with open_work(engine) as work:
        work.cases.erase(one.id)
        work.commit()
    with engine.connect() as connection:
        for table in (t.__tablename__ for t in TABLES):
            left = connection.exec_driver_sql(f"SELECT case_id FROM {table}").scalars().all()
            assert left == [other.id]
    assert stored(engine, other.id) == other


def test_a_case_cannot_be_filed_under_a_lesion_that_is_not_there(engine: Engine) -> None:
    rng = random.Random(15)
    known = lesion(rng, stored_patient(engine).id)
    with open_work(engine) as work:
        work.lesions.add(known)
        work.commit()
    store(engine, replace(case(rng), lesion_id=known.id))
    with pytest.raises(IntegrityError):
        store(engine, replace(case(rng), lesion_id=hex_id(rng)))


def test_a_case_whose_findings_were_taken_out_to_be_shown_cannot_be_stored(engine: Engine) -> None:
    one = full(random.Random(16))
    store(engine, one)
    with open_work(engine) as work, pytest.raises(ValueError, match="without its findings"):
        work.cases.save(without_findings(one, IMPRESSION_FIRST))
    assert stored(engine, one.id) == one


DAMAGE = (
    "UPDATE impressions SET level = 'cannot_assess'",
    'UPDATE impressions SET abcd = \'{"asymmetry":9,"border":1,"colours":1,"structures":1}\'',
    "UPDATE impressions SET seven_point = '[\"eight\"]'",
    "UPDATE verdicts SET disposition = 'wait'",
    "UPDATE verdicts SET due = 'soon'",
    "UPDATE next_steps SET kind = 'other'",
    "UPDATE next_steps SET due = 'soon'",
    "UPDATE outcomes SET diagnosis = 'mole'",
    "UPDATE outcomes SET found_on = 5",
    "UPDATE outcomes SET withdrawn_at = 'then', withdrawn_by = 'x', withdrawn_reason = 'y'",
    "UPDATE outcomes SET withdrawn_at = at, withdrawn_by = 'x', withdrawn_reason = ' '",
    "UPDATE letters SET file_id = 'gone'",
    "UPDATE moves SET at = 'then'",
    "UPDATE cases SET reveal_at = created_at, reveal_cause = 'curiosity'",
)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_loop_is_not_shown_in_part(path: Path, engine: Engine, damage: str) -> None:
    one = full(random.Random(17))
    store(engine, one)
    raw = dbapi2.connect(str(path))
    for table in (t.__tablename__ for t in TABLES):
        raw.execute(f"DROP TRIGGER {table}_unchanged")
    raw.execute(damage)
    raw.commit()
    raw.close()
    with pytest.raises(DamagedRecord):
        stored(engine, one.id)


def hidden(engine: Engine, *cases: Case) -> list[Case]:
    """The same cases, stored while their findings are withheld."""
    made = [replace(one, blinded=True, deleted_at=None) for one in cases]
    store(engine, *made)
    return made


def test_a_list_knows_nothing_of_findings_that_are_withheld(engine: Engine, path: Path) -> None:
    rng = random.Random(18)
    cases = hidden(engine, *(case(rng) for _ in range(80)))
    assert {Level.REVIEW, Level.URGENT} < {one.analysis.decision.level for one in cases}
    raw = dbapi2.connect(str(path))
    shown = "level, risk_rank, risk_score, leading_class, p_benign, p_suspicious, p_malignant"
    assert raw.execute(f"SELECT DISTINCT {shown} FROM cases").fetchall() == [
        ("cannot_assess", 2, 0.0, None, None, None, None)
    ]
    raw.close()
    newest = sorted(cases, key=lambda one: (one.created_at, one.id), reverse=True)
    for order in Order:
        shown_page = page(engine, CaseFilter(), order, size=200)
        assert ids(shown_page) == [one.id for one in newest]
        assert all(i.blinded and i.classes is None for i in shown_page.items)


@pytest.mark.parametrize("level", list(Level))
def test_no_filter_by_level_finds_what_is_withheld(engine: Engine, level: Level) -> None:
    rng = random.Random(19)
    hidden(engine, *(case(rng) for _ in range(60)))
    shown = [case(rng, deleted_at=None) for _ in range(60)]
    store(engine, *shown)
    wanted = CaseFilter(levels=frozenset({level}))
    found = page(engine, wanted, size=200)
    assert set(ids(found)) == {c.id for c in shown if c.analysis.decision.level is level}
    assert found.total == len(found.items)


def test_once_revealed_a_case_is_in_its_place(engine: Engine) -> None:
    rng = random.Random(20)
    (one,) = hidden(
        engine, next(c for c in (case(rng) for _ in range(99)) if c.analysis.shown_findings)
    )
    reveal = Reveal(one.created_at, PEOPLE[0], RevealCause.IMPRESSION)
    save(engine, replace(one, blinded=False, reveal=reveal))
    kept = stored(engine, one.id)
    assert (kept.blinded, kept.reveal, kept.analysis) == (False, reveal, one.analysis)
    (line,) = page(engine, CaseFilter(levels=frozenset({one.analysis.decision.level}))).items
    assert line.classes is not None
    assert not line.blinded


def test_lists_tell_and_filter_what_is_read_and_closed(engine: Engine) -> None:
    rng = random.Random(23)
    cases = [replace(looped(rng), deleted_at=None) for _ in range(60)]
    store(engine, *cases)
    lines = {line.id: line for line in page(engine, size=200).items}
    for one in cases:
        assert lines[one.id].reviewed == bool(one.verdicts)
        assert lines[one.id].closed == (one.closed_at is not None)
    for reviewed in (True, False):
        found = page(engine, CaseFilter(reviewed=reviewed), Order.RISK, size=200)
        assert set(ids(found)) == {one.id for one in cases if bool(one.verdicts) == reviewed}


def test_counts_tell_withheld_cases_apart(engine: Engine) -> None:
    rng = random.Random(24)
    withheld = hidden(engine, *(case(rng) for _ in range(40)))
    store(engine, *(shown := [case(rng, deleted_at=None) for _ in range(40)]))
    with open_work(engine) as work:
        counts = work.site.counts()
    months = counts.by_month.values()
    assert sum(month.get("withheld", 0) for month in months) == len(withheld)
    for level in Level:
        there = sum(one.analysis.decision.level is level for one in shown)
        assert sum(month.get(level, 0) for month in months) == there
        assert all(month.get(level, 1) > 0 for month in months)
    assert counts.by_model["withheld"] == len(withheld)
    assert sum(counts.by_model.values()) == len(withheld) + len(shown)
