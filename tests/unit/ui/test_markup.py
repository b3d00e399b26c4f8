"""What a page says: numbers that do not round a finding away, text that stays text, addresses."""

from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import parse_qsl

import pytest

from tests.samples import report_samples
from triage_app.domain.case import CaseState, CaseSummary, Order
from triage_app.domain.diagnosis import FindingClass
from triage_app.domain.errors import InvalidInput
from triage_app.domain.triage import Level
from triage_app.domain.withholding import without_findings
from triage_app.ui.cases import batch_parts, listing, result
from triage_app.ui.cases.query import HistoryQuery
from triage_app.ui.kit import markup

SUMMARY = CaseSummary(
    id="a" * 32,
    version=1,
    state=CaseState.DRAFT,
    created_at=datetime(2026, 3, 1, 23, 5, tzinfo=UTC),
    patient_reference="<img src=x onerror=alert(1)>",
    lesion_label='"quoted" & more',
    level=Level.CANNOT_ASSESS,
    classes=None,
    has_thumbnail=True,
    note="</a><script>",
    source_name="x",
)


def test_what_was_converted_is_shown_on_the_case_and_in_its_batch() -> None:
    note = "Colours declared by code (12/13) converted to sRGB."
    shown = batch_parts.picture(SUMMARY, "", "", [note, "<b>"])
    assert f"Converted: {note} &lt;b&gt;" in shown
    assert "Converted" not in batch_parts.picture(SUMMARY, "", "", ())
    case = report_samples.routine().content().case
    assert case.analysis.image_notes[0] in result.model(case)
    assert case.analysis.image_notes[0] in result.whole(without_findings(case))


@pytest.mark.parametrize(
    ("share", "digits", "shown"),
    [
        (0.0, 1, "0.0 %"),
        (0.0004, 1, "< 0.1 %"),
        (0.001, 1, "0.1 %"),
        (0.5, 1, "50.0 %"),
        (0.9995, 1, "> 99.9 %"),
        (1.0, 1, "100.0 %"),
        (0.119999, 2, "12.00 %"),
        (0.999, 0, "> 99 %"),
    ],
)
def test_a_share_never_rounds_to_nothing_or_to_all(share: float, digits: int, shown: str) -> None:
    assert markup.percent(share, digits) == shown


def test_typed_text_in_a_list_stays_text() -> None:
    line = listing.line(SUMMARY)
    assert "<img src=x" not in line and "<script>" not in line
    assert "&lt;img src=x onerror=alert(1)&gt;" in line
    assert "&quot;quoted&quot; &amp; more" in line


def test_a_case_that_could_not_be_assessed_shows_no_number() -> None:
    assert "%" not in listing.line(SUMMARY)
    classes = dict.fromkeys(FindingClass, 1 / 3)
    assert "33.3 %" in listing.line(replace(SUMMARY, classes=classes))


def test_every_level_has_a_shape_of_its_own_and_its_word() -> None:
    assert len({markup.shape(level) for level in Level}) == len(Level)
    assert "Cannot assess" in markup.badge(Level.CANNOT_ASSESS)


def test_a_filter_survives_the_way_through_the_address() -> None:

    query = HistoryQuery(order="risk", level="urgent,review", leading="malignant", show="bin")
    assert HistoryQuery.from_address(dict(parse_qsl(query.address()))) == query
    assert HistoryQuery().address() == ""
    wanted = query.filter()
    assert wanted.levels == {Level.URGENT, Level.REVIEW}
    assert wanted.in_bin and wanted.state is None
    assert query.parsed_order() is Order.RISK


def test_what_was_typed_about_a_patient_stays_out_of_the_address() -> None:
    query = HistoryQuery(patient="PT-7", text="a mole", show="draft")
    assert query.address() == "show=draft"
    asked = {"patient": "PT-7", "text": "a mole", "show": "draft"}
    assert HistoryQuery.from_address(asked) == HistoryQuery(show="draft")
    assert HistoryQuery.from_address({"show": "draft"}, "PT-7", "a mole") == query


def test_an_order_alone_does_not_count_as_a_filter() -> None:
    assert not HistoryQuery(order="risk").narrows
    assert HistoryQuery(text="x").narrows


def test_dates_are_read_and_a_wrong_one_is_named() -> None:
    assert HistoryQuery(since=" 2026-03-01 ").filter().date_from == date(2026, 3, 1)
    for wrong in ("1 March", "2026-02-30"):
        with pytest.raises(InvalidInput, match="year-month-day"):
            HistoryQuery(until=wrong).filter()


@pytest.mark.parametrize("wrong", [{"level": "mild"}, {"show": "gone"}, {"leading": "mel"}])
def test_an_address_with_an_unknown_filter_is_refused_not_ignored(wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        HistoryQuery(**wrong).filter()
