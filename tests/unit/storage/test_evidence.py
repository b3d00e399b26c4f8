"""Evidence survives storage without loss, and damaged evidence never passes."""

import json
import random
from copy import deepcopy
from typing import Any

import pytest

from tests.samples.storage_cases import evidence
from triage_app.domain.findings import Competence
from triage_app.domain.triage import Evidence, Level, Reason, ReasonCode
from triage_app.storage.records.evidence import (
    evidence_from_json,
    evidence_to_json,
    reason_from_json,
    reason_to_json,
)

GENERATED = [evidence(random.Random(seed), strange=True) for seed in range(400)]


def through_json(found: Evidence) -> Evidence:
    return evidence_from_json(json.loads(json.dumps(evidence_to_json(found), allow_nan=False)))


def complete() -> dict[str, Any]:
    found = next(e for e in GENERATED if e.refusal is None and e.quality and e.quality.findings)
    value: dict[str, Any] = json.loads(json.dumps(evidence_to_json(found)))
    return value


def test_generated_evidence_has_every_shape() -> None:
    assert any(e.refusal and e.findings for e in GENERATED)
    assert any(e.refusal and not e.findings for e in GENERATED)
    assert any(e.prediction_set == frozenset() for e in GENERATED)
    assert any(e.competence and e.competence.score == float("inf") for e in GENERATED)


def test_all_generated_evidence_reads_back_equal() -> None:
    for found in GENERATED:
        assert through_json(found) == found


def test_a_competence_that_is_not_a_number_stays_outside_the_models_competence() -> None:
    odd = Evidence(competence=Competence(float("nan"), 1.0), refusal=_refusal())
    read = through_json(odd).competence
    assert read is not None
    assert not read.within


@pytest.mark.parametrize("part", sorted(complete()))
def test_evidence_with_a_part_gone_is_refused(part: str) -> None:
    damaged = complete()
    del damaged[part]
    with pytest.raises(KeyError):
        evidence_from_json(damaged)


def test_evidence_whose_findings_were_emptied_is_refused() -> None:
    damaged = complete() | {"findings": None}
    with pytest.raises(ValueError, match="incomplete"):
        evidence_from_json(damaged)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("findings", "mel"), 0.9999),
        (("findings", "mel"), "nan"),
        (("findings", "melanoma"), 0.0),
        (("prediction_set", 0), "harmless"),
        (("quality", 0, "grade"), "splendid"),
        (("competence", "score"), "far"),
        (("overlay", "location"), "everywhere"),
    ],
)
def test_a_damaged_value_is_refused(path: tuple[Any, ...], value: object) -> None:
    damaged = deepcopy(complete())
    damaged["prediction_set"] = ["benign"]
    inner: Any = damaged
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(ValueError):
        evidence_from_json(damaged)


def test_a_reason_reads_back_equal_and_an_unknown_one_is_refused() -> None:
    reason = _refusal()
    assert reason_from_json(reason_to_json(reason)) == reason
    with pytest.raises(ValueError):
        reason_from_json({**reason_to_json(reason), "code": "because"})


def _refusal() -> Reason:
    return Reason(ReasonCode.UNREADABLE, Level.CANNOT_ASSESS, "Retake it — <b>now</b>.")
