"""Certificates of erasure, reported problems and counts in real SQLite files."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.samples.storage_cases import START, analysis, case, engine_for, hex_id, open_work, store
from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.case import CaseState, ModelIdentity
from triage_app.domain.context import NO_CONTEXT
from triage_app.domain.site import (
    PROBLEM_KINDS,
    Certificate,
    SafetyProblem,
    SiteCounts,
)

AT = datetime(2026, 11, 2, 9, 30, 0, 5, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "triage.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = engine_for(path)
    yield engine
    engine.dispose()


def test_a_certificate_reads_back_and_outlives_what_it_certifies(engine: Engine) -> None:
    one = case(random.Random(1))
    store(engine, one)
    digests = tuple(file.sha256 for file in one.files.values())
    kept = Certificate("d" * 32, AT, "a" * 32, (one.id,), digests, "patient_request", 7, "e" * 64)
    with open_work(engine) as work:
        work.cases.erase(one.id)
        work.site.add_certificate(kept)
        work.commit()
    with open_work(engine) as work:
        assert work.site.certificate(kept.id) == kept
        assert work.site.certificate("0" * 32) is None
        assert work.site.certificate("\ud800") is None


def problem(rng: random.Random, case_id: str = "") -> SafetyProblem:
    return SafetyProblem(
        id=hex_id(rng),
        at=AT + timedelta(minutes=rng.randint(0, 20)),
        reported_by="a" * 32,
        case_id=case_id or hex_id(rng),
        kind=rng.choice(list(PROBLEM_KINDS)),
        text="<b>The overlay</b> shows the other arm; =1+1",
        app_version="0.2.0",
        model_sha256=rng.choice(["", "ab" * 32]),
    )


def add_problems(engine: Engine, *problems: SafetyProblem) -> None:
    with open_work(engine) as work:
        for one in problems:
            work.site.add_problem(one)
        work.commit()


def test_problems_come_newest_first_and_outlive_their_case(engine: Engine) -> None:
    rng = random.Random(9)
    about = case(rng)
    store(engine, about)
    problems = [problem(rng) for _ in range(30)] + [problem(rng, about.id)]
    add_problems(engine, *problems)
    with open_work(engine) as work:
        work.cases.erase(about.id)
        work.commit()
    newest = sorted(problems, key=lambda one: (one.at, one.id), reverse=True)
    with open_work(engine) as work:
        assert list(work.site.problems(100)) == newest
        assert list(work.site.problems(4)) == newest[:4]


def test_problems_of_cases_are_found_and_lose_their_words_with_them(engine: Engine) -> None:
    rng = random.Random(10)
    theirs = [problem(rng, f"{n % 700:032x}") for n in range(1000)]  # more than one query names
    other = problem(rng, "f" * 32)
    add_problems(engine, *theirs, other)
    case_ids = [f"{n:032x}" for n in range(700)]
    oldest = sorted(theirs, key=lambda one: (one.at, one.id))
    with open_work(engine) as work:
        assert list(work.site.problems_of(case_ids)) == oldest
        assert list(work.site.problems_of([])) == []
        work.site.clear_problem_texts(case_ids)
        work.commit()
    with open_work(engine) as work:
        assert list(work.site.problems_of(case_ids)) == [replace(o, text="") for o in oldest]
        assert list(work.site.problems_of([other.case_id])) == [other]


def test_counts_of_an_empty_database_are_empty(engine: Engine) -> None:
    with open_work(engine) as work:
        assert work.site.counts() == SiteCounts({}, {}, 0, 0)


def test_counts_are_those_of_the_cases_outside_the_bin(engine: Engine) -> None:
    rng = random.Random(12)
    months = [START + timedelta(days=days) for days in (0, 31, 62)]
    cases = [case(rng, created_at=rng.choice(months)) for _ in range(150)]
    store(engine, *cases)
    seen = [one for one in cases if one.deleted_at is None]
    levels = Counter((f"{one.created_at:%Y-%m}", one.analysis.decision.level) for one in seen)
    models = Counter(one.analysis.model for one in seen)
    with open_work(engine) as work:
        counts = work.site.counts()
    assert {
        (month, level): number
        for month, of_month in counts.by_month.items()
        for level, number in of_month.items()
    } == levels
    assert list(counts.by_month) == sorted(counts.by_month)
    assert counts.by_model == {
        f"{model.name} {model.version}" if model else "": number for model, number in models.items()
    }
    assert counts.drafts == sum(one.state is CaseState.DRAFT for one in seen)
    assert counts.in_bin == len(cases) - len(seen)


def test_only_the_current_analysis_counts_for_a_model(engine: Engine) -> None:
    rng = random.Random(13)
    one = case(rng, deleted_at=None)
    later = replace(analysis(rng, NO_CONTEXT, AT), model=ModelIdentity("next", "2", "cd" * 32))
    store(engine, one)
    with open_work(engine) as work:
        work.cases.save(replace(one, analysis=later))
        work.commit()
        assert work.site.counts().by_model == {"next 2": 1}


@pytest.mark.parametrize("name", ["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_months_are_those_of_the_site_and_change_with_its_zone(engine: Engine, name: str) -> None:
    rng, zone = random.Random(14), Zone(name)
    edges = [
        zone.start_of(date(2026, month, 1)) + by for month in (3, 4, 11, 12) for by in (-TICK, TICK)
    ]
    times = [*edges, *(START + timedelta(hours=rng.randrange(9_000)) for _ in range(200))]
    cases = [case(rng, created_at=at) for at in times]
    store(engine, *cases)
    seen = [one for one in cases if one.deleted_at is None]
    with open_work(engine) as work:
        for site in (zone, Zone("Asia/Kathmandu"), UTC_ZONE):
            months = Counter(
                (f"{site.day_of(one.created_at):%Y-%m}", one.analysis.decision.level)
                for one in seen
            )
            by_month = work.site.counts(site).by_month
            counted = {(m, level): n for m, of in by_month.items() for level, n in of.items()}
            assert counted == months
            assert list(by_month) == sorted(by_month)
        assert not work.site.miscounted()
