"""How values read in the report."""

from dataclasses import replace

from tests.samples.report_samples import REASSURING, WORRYING
from triage_app.domain.context import NO_CONTEXT, RED_FLAG_LABELS
from triage_app.domain.triage import Decision, Level
from triage_app.report import words
from triage_app.report.evidence import rate


def test_every_answer_that_is_missing_says_not_given() -> None:
    fields = words.context_fields(NO_CONTEXT)
    assert len(fields) == 7
    assert all(value.startswith("Not given") for _, value in fields)


def test_an_age_of_zero_is_an_answer() -> None:
    fields = dict(words.context_fields(replace(REASSURING, age=0)))
    assert fields["Age"] == "0 years"


def test_red_flags_asked_and_absent_read_differently_from_not_asked() -> None:
    absent = dict(words.context_fields(REASSURING))["Red flags"]
    unasked = dict(words.context_fields(NO_CONTEXT))["Red flags"]
    assert (absent, unasked) == ("Asked, none present", "Not given (not asked)")


def test_every_red_flag_is_named() -> None:
    named = dict(words.context_fields(WORRYING))["Red flags"]
    assert all(label in named for label in RED_FLAG_LABELS.values())


def test_a_share_never_reads_as_a_point_that_it_is_below() -> None:
    assert words.percent(0.12339) != words.percent(0.12351)


def test_a_refused_image_withholds_the_level_from_findings() -> None:
    refused = Decision(Level.CANNOT_ASSESS, Level.ROUTINE, ())
    assert "routine" not in words.findings_level(refused).lower()


def test_a_rate_states_interval_and_number_or_that_it_was_not_measured() -> None:
    measured = {"value": 0.951, "low": 0.932, "high": 0.967, "n": 312}
    assert rate(measured) == "95.1 % (93.2–96.7 %), n = 312"
    assert rate(None) == rate({}) == "not measured"
