"""The text of a report's QR code."""

import pytest

from triage_app.domain.report_code import ReportCode, parse_report_code

CODE = ReportCode("0f" * 16, 3, "4d" * 32)


def test_a_code_is_read_back_as_it_was_written() -> None:
    assert parse_report_code(str(CODE)) == CODE


def test_line_breaks_and_capitals_of_a_copied_text_do_no_harm() -> None:
    copied = str(CODE).replace(" content ", "\n content\r\n").upper()
    assert parse_report_code(f"  {copied}\n") == CODE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://example.org",
        str(CODE)[:-1],
        f"{CODE}0",
        str(CODE).replace(" no 3", " no 0"),
        str(CODE).replace(" no 3", " no -3"),
        str(CODE).replace("0f0f", "0g0f"),
        f"{CODE} {CODE}",
    ],
)
def test_any_other_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="not the text of a report's QR code"):
        parse_report_code(text)
