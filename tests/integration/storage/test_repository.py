"""Cases in a real database come back as they went in."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError, StatementError

from tests.samples.storage_cases import (
    POLICY,
    analysis,
    case,
    engine_for,
    hex_id,
    open_work,
    report,
    store,
    stored,
    stored_file,
)
from triage_app.domain.case import Case, CaseFilter, Order
from triage_app.domain.context import NO_CONTEXT, ClinicalContext
from triage_app.domain.errors import CaseNotFound, ReportNotFound
from triage_app.domain.files import FileKind
from triage_app.domain.triage import Level, decide

HOSTILE_TEXTS = {
    "markup": "<script>alert(1)</script> & <b>b</b> {{7*7}} ${x}",
    "formula": '=HYPERLINK("http://x";"y")\'; DROP TABLE cases; --',
    "right to left": "سارة برنار — שרה ברנר",
    "emoji": "👩🏽‍⚕️ 🫀 \U0001f9ec",
    "combining": "Zalgo\u0301\u0302\u0303 e\u0301",
    "ten thousand": "né " * 3333 + "x",
    "lines": "one\ntwo\n\n\tthree",
    "zero": "a\x00b",
}


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


def test_generated_cases_read_back_equal(engine: Engine) -> None:
    rng = random.Random(11)
    cases = [case(rng) for _ in range(120)]
    store(engine, *cases)
    with open_work(engine) as work:
        assert [work.cases.get(one.id) for one in cases] == cases


def test_generated_changes_read_back_equal(engine: Engine) -> None:
    rng = random.Random(12)
    cases = [case(rng) for _ in range(60)]
    store(engine, *cases)
    for one in cases:
        other = case(rng)
        changed = replace(other, id=one.id, version=one.version, files=one.files, reports=())
        assert save(engine, changed).version == one.version + 1
        kept = stored(engine, one.id)
        assert kept == replace(changed, version=one.version + 1, reports=one.reports)


@pytest.mark.parametrize("name", HOSTILE_TEXTS)
def test_text_is_kept_to_the_character(engine: Engine, name: str) -> None:
    typed = HOSTILE_TEXTS[name]
    one = case(
        random.Random(1),
        patient_reference=typed,
        lesion_label=typed,
        note=typed,
        clinical_question=typed,
    )
    store(engine, one)
    assert stored(engine, one.id).details == one.details


def test_times_keep_their_microseconds_and_come_back_in_utc(engine: Engine) -> None:
    east = timezone(timedelta(hours=5, minutes=45))
    when = datetime(2026, 3, 1, 0, 15, 0, 999_999, tzinfo=east)
    one = case(random.Random(1), created_at=when)
    store(engine, one)
    kept = stored(engine, one.id).created_at
    assert kept == when
    assert kept.tzinfo is UTC


def test_a_time_without_zone_is_refused(engine: Engine) -> None:
    one = case(random.Random(1), created_at=datetime(2026, 3, 1))
    with open_work(engine) as work, pytest.raises(StatementError, match="time zone"):
        work.cases.add(one)


def test_red_flags_asked_and_absent_differ_from_not_asked(engine: Engine) -> None:
    asked = case(random.Random(1), context=ClinicalContext(red_flags=frozenset()))
    not_asked = case(random.Random(2), context=NO_CONTEXT)
    store(engine, asked, not_asked)
    assert stored(engine, asked.id).details.context.red_flags == frozenset()
    assert stored(engine, not_asked.id).details.context.red_flags is None


@pytest.mark.parametrize("case_id", ["", "x", "0" * 32, "0" * 31, "\ud800", "A" * 32, "0" * 33])
def test_an_unknown_id_is_no_case(engine: Engine, case_id: str) -> None:
    with open_work(engine) as work:
        with pytest.raises(CaseNotFound):
            work.cases.get(case_id)
        with pytest.raises(CaseNotFound):
            work.cases.erase(case_id)
        with pytest.raises(ReportNotFound):
            work.cases.report_owner(case_id)


def test_a_case_with_an_id_that_is_none_is_refused(engine: Engine) -> None:
    with open_work(engine) as work, pytest.raises(ValueError, match="id"):
        work.cases.add(replace(case(random.Random(1)), id="../../etc/passwd"))


def test_a_new_analysis_becomes_current_and_the_earlier_stays(engine: Engine) -> None:
    rng = random.Random(3)
    one = case(rng)
    store(engine, one)
    later = analysis(rng, one.details.context, one.created_at + timedelta(days=1))
    save(engine, replace(one, analysis=later))
    assert stored(engine, one.id).analysis == later
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT id FROM analyses ORDER BY number")).scalars().all()
    assert rows == [one.analysis.id, later.id]


def test_deciding_again_replaces_the_decision_in_case_and_list(engine: Engine) -> None:
    rng = random.Random(4)
    one = next(c for c in (case(rng) for _ in range(99)) if c.analysis.decision.level == "urgent")
    one = replace(one, deleted_at=None)
    store(engine, one)
    stated = replace(one.details.context, dermoscopic=False)
    decision = decide(one.analysis.evidence, stated, POLICY)
    save(
        engine,
        replace(
            one,
            details=replace(one.details, context=stated),
            analysis=replace(one.analysis, decision=decision),
        ),
    )
    with open_work(engine) as work:
        line = work.cases.page(CaseFilter(), Order.RISK, None, 5).items[0]
    assert (line.level, line.classes) == (Level.CANNOT_ASSESS, None)
    kept = stored(engine, one.id).analysis
    assert kept.decision == decision
    assert kept.shown_findings is None
    assert kept.evidence.findings == one.analysis.evidence.findings


def test_a_newer_file_of_a_kind_is_current_and_none_is_removed(engine: Engine) -> None:
    rng = random.Random(8)
    one = case(rng)
    store(engine, one)
    newer = stored_file(rng, FileKind.CROP, one.created_at - timedelta(days=1))
    save(engine, replace(one, files={FileKind.CROP: newer}))
    assert stored(engine, one.id).files == {**one.files, FileKind.CROP: newer}
    with open_work(engine) as work:
        assert set(one.files.values()) | {newer} <= set(work.cases.erase(one.id))


def test_reports_are_added_and_earlier_ones_stay(engine: Engine) -> None:
    rng = random.Random(8)
    one = case(rng, reports=())
    store(engine, one)
    first, second = (report(rng, n, one.created_at) for n in (1, 2))
    saved = save(engine, replace(one, reports=(first,)))
    save(engine, replace(saved, reports=(second,)))
    kept = stored(engine, one.id)
    assert kept.reports == (first, second)
    assert kept.files == one.files
    with open_work(engine) as work:
        assert work.cases.report_owner(second.id) == one.id


def test_a_report_number_is_issued_once(engine: Engine) -> None:
    rng = random.Random(8)
    one = case(rng, reports=(report(rng, 1, datetime.now(UTC)),))
    store(engine, one)
    twin = report(rng, 1, one.created_at)
    with open_work(engine) as work, pytest.raises(IntegrityError):
        work.cases.save(replace(one, reports=(twin,)))


def test_every_file_is_met_once_with_its_case(engine: Engine) -> None:
    rng = random.Random(3)
    cases = [case(rng) for _ in range(150)]
    store(engine, *cases)
    expected = {
        (one.id, file)
        for one in cases
        for file in (*one.files.values(), *(r.file for r in one.reports))
    }
    with open_work(engine) as work:
        met = list(work.cases.every_file())
    assert len(met) == len(expected) > 500  # more than one portion
    assert set(met) == expected


def test_known_files_are_those_with_a_row(engine: Engine) -> None:
    rng = random.Random(10)
    cases = [case(rng) for _ in range(300)]
    store(engine, *cases)
    ids = {f.id for c in cases for f in (*c.files.values(), *(r.file for r in c.reports))}
    assert len(ids) > 1000
    asked = [*ids, *(hex_id(rng) for _ in range(700)), "nonsense"]
    rng.shuffle(asked)
    with open_work(engine) as work:
        assert work.cases.known_files(asked) == ids
        assert work.cases.known_files([]) == set()


def test_no_table_but_the_modelled_ones_holds_file_names_of_uploads(engine: Engine) -> None:
    holding = [
        table
        for table in inspect(engine).get_table_names()
        if any(c["name"] == "source_name" for c in inspect(engine).get_columns(table))
    ]
    assert holding == ["stored_files", "uploads"]
