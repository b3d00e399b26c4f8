"""What is damaged or contradicts itself is refused whole: it never yields a milder level."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from tests.samples.storage_cases import case, context, engine_for, open_work, store
from triage_app.domain.triage import Decision, Evidence, Level, Reason, ReasonCode
from triage_app.storage.records.cases import DamagedRecord


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = engine_for(tmp_path / "triage.db")
    yield engine
    engine.dispose()


def test_the_database_itself_refuses_a_probability_beside_cannot_assess(engine: Engine) -> None:
    rng = random.Random(4)
    one = next(c for c in (case(rng) for _ in range(99)) if not c.analysis.decision.assessed)
    store(engine, one)
    change = text("UPDATE cases SET p_malignant = 0.01")
    with engine.connect() as connection, pytest.raises(IntegrityError, match="assessed"):
        connection.execute(change)


def test_a_level_without_findings_cannot_be_stored(engine: Engine) -> None:
    reason = Reason(ReasonCode.MODEL_UNAVAILABLE, Level.CANNOT_ASSESS, "No model.")
    one = case(random.Random(1))
    wrong = replace(
        one.analysis,
        evidence=Evidence(refusal=reason),
        decision=Decision(Level.ROUTINE, Level.ROUTINE, ()),
    )
    with open_work(engine) as work, pytest.raises(ValueError, match="without findings"):
        work.cases.add(replace(one, analysis=wrong))


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE analyses SET evidence = '{}'",
        "UPDATE analyses SET evidence = 'torn'",
        "UPDATE analyses SET level = 'harmless'",
        "UPDATE analyses SET reasons = '[{}]'",
        "UPDATE cases SET skin_type = 'VII'",
        "UPDATE cases SET age = -1",
        "UPDATE stored_files SET kind = 'selfie'",
        "DELETE FROM analyses",
    ],
)
def test_a_damaged_record_is_refused_whole(engine: Engine, damage: str) -> None:
    one = case(random.Random(21), context=context(random.Random(1)))
    assert one.files
    store(engine, one)
    with engine.begin() as connection:
        connection.execute(text(damage))
    with open_work(engine) as work, pytest.raises(DamagedRecord):
        work.cases.get(one.id)
