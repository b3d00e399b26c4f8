"""Lines and filters of the case list against the same cases filtered in plain Python."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.samples.storage_cases import START, case, engine_for, open_work, store
from tests.samples.storage_lists import ids, page, sorted_ids, walk_forwards
from triage_app.domain.calendar import Zone
from triage_app.domain.case import Case, CaseFilter, CaseState, Order
from triage_app.domain.diagnosis import Diagnosis, FindingClass
from triage_app.domain.files import FileKind
from triage_app.domain.findings import Findings
from triage_app.domain.triage import Level
from triage_app.storage.lists import listing, narrowing
from triage_app.storage.lists.filters import LONGEST_PHRASE


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    rng = random.Random(300)
    return [case(rng) for _ in range(300)]


@pytest.fixture(scope="module")
def engine(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Filled once and never changed by a test."""
    engine = engine_for(tmp_path_factory.mktemp("listing") / "triage.db")
    store(engine, *cases)
    yield engine
    engine.dispose()


@pytest.fixture
def own_engine(tmp_path: Path) -> Iterator[Engine]:
    """Empty, for tests that change what is stored."""
    engine = engine_for(tmp_path / "triage.db")
    yield engine
    engine.dispose()


FILTERS = {
    "one level": CaseFilter(levels=frozenset({Level.URGENT})),
    "two levels": CaseFilter(levels=frozenset({Level.ROUTINE, Level.CANNOT_ASSESS})),
    "class": CaseFilter(finding_class=FindingClass.MALIGNANT),
    "rare class": CaseFilter(finding_class=FindingClass.SUSPICIOUS),
    "drafts": CaseFilter(state=CaseState.DRAFT),
    "filed": CaseFilter(state=CaseState.FILED),
    "batch": CaseFilter(batch_id="b1" * 16),
    "uploads of one person": CaseFilter(uploaded_by="c1" * 16),
    "uploads of one person in the bin": CaseFilter(uploaded_by="c1" * 16, in_bin=True),
    "uploads of nobody known": CaseFilter(uploaded_by="c3" * 16),
    "uploads of half a character": CaseFilter(uploaded_by="\ud83d"),
    "bin": CaseFilter(in_bin=True),
    "bin of a level": CaseFilter(in_bin=True, levels=frozenset({Level.URGENT, Level.REVIEW})),
    "one day": CaseFilter(date_from=date(2026, 3, 4), date_to=date(2026, 3, 4)),
    "until": CaseFilter(date_to=date(2026, 3, 5)),
    "since": CaseFilter(date_from=date(2026, 3, 9)),
    "no time at all": CaseFilter(date_from=date(2026, 3, 9), date_to=date(2026, 3, 8)),
    "to the end of time": CaseFilter(date_from=date.min, date_to=date.max),
    "one day in Kiribati": CaseFilter(
        date_from=date(2026, 3, 4), date_to=date(2026, 3, 4), zone=Zone("Pacific/Kiritimati")
    ),
    "months in Los Angeles": CaseFilter(
        date_from=date(2026, 3, 1), date_to=date(2026, 3, 31), zone=Zone("America/Los_Angeles")
    ),
    "since in Sydney": CaseFilter(date_from=date(2026, 3, 9), zone=Zone("Australia/Sydney")),
    "until in Nepal": CaseFilter(date_to=date(2026, 3, 5), zone=Zone("Asia/Kathmandu")),
    "reference in other case": CaseFilter(patient_reference="Ab-1"),
    "reference in capitals": CaseFilter(patient_reference="STRASSE-2"),
    "reference with umlaut": CaseFilter(patient_reference="ä"),
    "reference whole": CaseFilter(patient_reference="AB-7"),
    "reference that only occurs inside": CaseFilter(patient_reference="-7"),
    "reference of wildcards": CaseFilter(patient_reference="%"),
    "text": CaseFilter(text="NAEVUS"),
    "text across scripts": CaseFilter(text="strasse"),
    "Greek": CaseFilter(text="σίσυφος"),
    "Arabic": CaseFilter(text="سارة"),
    "Hebrew, two letters": CaseFilter(text="שר"),
    "one Chinese sign": CaseFilter(text="痣"),
    "emoji": CaseFilter(text="👩🏽‍⚕️"),
    "percent sign": CaseFilter(text="0 %"),
    "percent sign alone": CaseFilter(text="%"),
    "underscore alone": CaseFilter(text="_"),
    "backslash": CaseFilter(text="\\"),
    "question mark": CaseFilter(text="m?"),
    "markup": CaseFilter(text="<b>BOLD</b>"),
    "quotes": CaseFilter(text='"quoted"'),
    "apostrophe": CaseFilter(text="o'neil"),
    "star": CaseFilter(text="a*b"),
    "operator": CaseFilter(text="near(x)"),
    "operator alone": CaseFilter(text="AND"),
    "line end": CaseFilter(text="\n"),
    "spaces": CaseFilter(text=" na"),
    "zero character": CaseFilter(text="a\x00b"),
    "half a character": CaseFilter(text="abc\ud83d"),
    "nothing like it": CaseFilter(text="xyzzy"),
    "all at once": CaseFilter(
        levels=frozenset({Level.REVIEW, Level.URGENT}),
        finding_class=FindingClass.MALIGNANT,
        date_from=date(2026, 3, 2),
        date_to=date(2026, 3, 10),
        patient_reference="a",
        text="a",
        state=CaseState.FILED,
    ),
}
MAY_BE_EMPTY = {
    "no time at all",
    "reference that only occurs inside",
    "reference of wildcards",
    "operator alone",
    "uploads of nobody known",
    "uploads of half a character",
    "zero character",
    "half a character",
    "nothing like it",
}


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_keeps_what_it_says(
    engine: Engine, cases: list[Case], name: str, order: Order
) -> None:
    expected = sorted_ids(cases, FILTERS[name], order)
    assert expected or name in MAY_BE_EMPTY
    pages = walk_forwards(engine, FILTERS[name], order, 9)
    assert [i for p in pages for i in ids(p)] == expected
    assert pages[0].total == len(expected)


# How a list is found depends on how many match; so that few cases do for all ways, the limits move.
WAYS = {
    "few are found first": {"FEW": 10**6, "FEW_WORDS": 10**6, "RARE": 0},
    "words are walked in the order of storing": {"FEW": -1, "FEW_WORDS": -1, "WALKED": -1},
    "nothing is found first": {"FEW": -1, "FEW_WORDS": -1, "WALKED": 10**6},
}


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("way", WAYS)
def test_each_way_to_find_a_list_finds_the_same(
    engine: Engine,
    cases: list[Case],
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    order: Order,
) -> None:
    for name, value in WAYS[way].items():
        monkeypatch.setattr(narrowing, name, value)
    for name, wanted in FILTERS.items():
        expected = sorted_ids(cases, wanted, order)
        pages = walk_forwards(engine, wanted, order, 33)
        assert [i for p in pages for i in ids(p)] == expected, name
        assert pages[0].total == len(expected), name
        if len(pages) > 1:
            back = page(engine, wanted, order, pages[1].previous_cursor, 33)
            assert back == pages[0], name


def test_words_are_found_newest_first_though_stored_in_another_order(
    own_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(7)
    made = [
        case(rng, created_at=START + timedelta(hours=rng.randint(0, 900)), note="brown naevus")
        for _ in range(120)
    ]
    store(own_engine, *made)
    monkeypatch.setattr(narrowing, "FEW_WORDS", -1)
    monkeypatch.setattr(narrowing, "WALKED", -1)
    wanted = CaseFilter(text="naevus", date_from=date(2026, 3, 4), date_to=date(2026, 4, 2))
    expected = sorted_ids(made, wanted, Order.NEWEST)
    pages = walk_forwards(own_engine, wanted, Order.NEWEST, 7)
    assert [i for p in pages for i in ids(p)] == expected and len(pages) > 9
    for earlier, later in zip(pages[-2::-1], pages[:0:-1], strict=True):
        assert page(own_engine, wanted, Order.NEWEST, later.previous_cursor, 7) == earlier


def test_a_common_word_is_counted_no_further_than_is_sensible(
    engine: Engine, cases: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = CaseFilter(text="naevus")
    monkeypatch.setattr(narrowing, "WALKED", -1)
    monkeypatch.setattr(listing, "SEARCHED_LIMIT", 5)
    shown = page(engine, wanted, size=9)
    assert ids(shown) == sorted_ids(cases, wanted, Order.NEWEST)[:9]
    assert (shown.total, shown.at_least) == (5, True)


def test_combined_filters_keep_what_they_say(engine: Engine, cases: list[Case]) -> None:
    for level, state, typed, reference, batch in product(
        ({Level.URGENT}, set()), (None, CaseState.DRAFT), ("", "na"), ("", "ab"), (None, "b2" * 16)
    ):
        wanted = CaseFilter(
            levels=frozenset(level),
            state=state,
            text=typed,
            patient_reference=reference,
            batch_id=batch,
        )
        assert ids(page(engine, wanted, size=200)) == sorted_ids(cases, wanted, Order.NEWEST)[:200]


def test_a_day_runs_from_midnight_to_midnight_in_utc(own_engine: Engine) -> None:
    rng = random.Random(1)
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    tick = timedelta(microseconds=1)
    moments = [midnight - tick, midnight, midnight + timedelta(days=1) - tick]
    within = [case(rng, created_at=m, deleted_at=None) for m in moments]
    store(own_engine, *within, case(rng, created_at=midnight + timedelta(days=1)))
    day = CaseFilter(date_from=date(2026, 3, 2), date_to=date(2026, 3, 2))
    assert ids(page(own_engine, day)) == [within[2].id, within[1].id]


def test_a_line_shows_what_the_case_holds(engine: Engine, cases: list[Case]) -> None:
    by_id = {one.id: one for one in cases}
    shown = page(engine, size=200).items
    assert len({line.classes is None for line in shown}) == 2
    for line in shown:
        one = by_id[line.id]
        findings = one.analysis.shown_findings
        original = one.files.get(FileKind.ORIGINAL)
        assert line.classes == (findings.by_class() if findings else None)
        assert (line.level, line.version) == (one.analysis.decision.level, one.version)
        assert (line.state, line.created_at) == (one.state, one.created_at)
        assert (line.patient_reference, line.lesion_label, line.note) == (
            one.details.patient_reference,
            one.details.lesion_label,
            one.details.note,
        )
        assert line.has_thumbnail == (FileKind.THUMBNAIL in one.files)
        assert line.source_name == (original.source_name if original else "")
        assert line.deleted_at is None


def test_of_two_classes_with_equal_probability_the_worse_leads(own_engine: Engine) -> None:
    rng = random.Random(1)
    even = dict.fromkeys(Diagnosis, 0.0) | {Diagnosis.MEL: 0.5, Diagnosis.NV: 0.5}
    one = case(rng, deleted_at=None)
    while not one.analysis.decision.assessed:
        one = case(rng, deleted_at=None)
    evidence = replace(one.analysis.evidence, findings=Findings(even))
    store(own_engine, replace(one, analysis=replace(one.analysis, evidence=evidence)))
    assert page(own_engine, CaseFilter(finding_class=FindingClass.MALIGNANT)).total == 1
    assert page(own_engine, CaseFilter(finding_class=FindingClass.BENIGN)).total == 0


def test_no_line_shows_a_probability_for_an_image_that_was_not_assessed(engine: Engine) -> None:
    shown = page(engine, CaseFilter(levels=frozenset({Level.CANNOT_ASSESS})), size=200).items
    assert shown
    assert all(line.classes is None for line in shown)


def test_a_search_follows_a_changed_note(own_engine: Engine) -> None:
    one = case(random.Random(1), note="seborrhoeic", clinical_question="", deleted_at=None)
    store(own_engine, one)
    with open_work(own_engine) as work:
        work.cases.save(replace(one, details=replace(one.details, note="lentiginous")))
        work.commit()
    assert ids(page(own_engine, CaseFilter(text="Lentig"))) == [one.id]
    assert ids(page(own_engine, CaseFilter(text="seborr"))) == []
    with open_work(own_engine) as work:
        work.cases.erase(one.id)
        work.commit()
    assert ids(page(own_engine, CaseFilter(text="lentig"))) == []


def test_a_search_for_a_whole_long_note_finds_it_and_not_its_neighbour(own_engine: Engine) -> None:
    rng = random.Random(1)
    note = "ten thousand characters, " * 400
    assert len(note) > LONGEST_PHRASE
    one = case(rng, note=note + "ONE", deleted_at=None)
    other = case(rng, note=note + "OTHER", deleted_at=None)
    store(own_engine, one, other)
    assert ids(page(own_engine, CaseFilter(text=note + "one"))) == [one.id]
    assert page(own_engine, CaseFilter(text=note)).total == 2


def test_the_search_index_agrees_with_the_notes(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO case_text (case_text, rank) VALUES ('integrity-check', 1)")
        )
