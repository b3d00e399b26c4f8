"""`verify --report` and `verify --file`: is this what was issued here?"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from tests.samples.loop_samples import letter as letter_content
from tests.samples.report_samples import routine
from tests.samples.storage_trail import bend
from tests.stations.service_station import (
    ADMINISTRATOR,
    AUDITOR,
    CLINICIAN,
    Station,
    filed,
    open_station,
)
from triage_app.domain.case import Case, Report
from triage_app.domain.errors import InvalidInput, NotPermitted
from triage_app.domain.files import FileKind
from triage_app.domain.people import TERMINAL
from triage_app.domain.report_code import ReportCode
from triage_app.domain.trail import Action, Entry
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.report import render, render_certificate, render_letter
from triage_app.services.documents.issued import Answer, Issued
from triage_app.services.images.storing import sha256

SITE = "Test clinic"


@pytest.fixture
def station(tmp_path: Path, decoder: DecoderPool) -> Iterator[Station]:
    with open_station(tmp_path, decoder) as opened:
        yield opened


def issued(station: Station) -> Issued:
    return Issued(station.units, station.files, partial(render_certificate, site_name=SITE))


def check(station: Station, text: str) -> Answer:
    return issued(station).check_code(TERMINAL, text)


def check_file(station: Station, data: bytes) -> Answer:
    return issued(station).check_file(TERMINAL, data)


def printed_code(station: Station, report: Report) -> str:
    """The text beside the code, taken from the PDF as a reader would copy it."""
    pages = PdfReader(BytesIO(station.files.read(report.file))).pages
    text = " ".join(page.extract_text() for page in pages)
    found = re.search(r"dermoscopy-triage report\s+\w+\s+no\s+\d+\s+content\s+\w{64}", text)
    assert found
    return found[0]


def renewed(station: Station, case: Case) -> Report:
    """A second report, after a change to the note."""
    details = replace(case.details, note="changed since")
    station.cases.update(CLINICIAN, case.id, case.version, details)
    return station.reports.issue(CLINICIAN, case.id)


def database(station: Station) -> Path:
    return station.folder / "triage.sqlite3"


def test_the_code_of_a_report_is_known_as_the_newest_of_its_case(station: Station) -> None:
    case = filed(station, "P-1")
    answer = check(station, printed_code(station, case.reports[0]))
    assert answer.genuine
    assert answer.case == case.id
    assert f"Report no. 1 of case {case.id} was issued here" in answer.sentences[0]
    assert answer.sentences[1] == "It is the newest report of its case."


def test_the_code_of_a_replaced_report_is_genuine_and_says_what_replaced_it(
    station: Station,
) -> None:
    case = filed(station, "P-1")
    renewed(station, case)
    answer = check(station, printed_code(station, case.reports[0]))
    assert answer.genuine
    assert "Report no. 2 of" in answer.sentences[1]
    assert "no longer says how things stand" in answer.sentences[1]


def test_a_code_with_another_number_hash_or_id_is_not_genuine(station: Station) -> None:
    case = filed(station, "P-1")
    report = case.reports[0]
    for code in (
        ReportCode(report.id, 2, report.content_hash),
        ReportCode(report.id, 1, "0" * 64),
    ):
        answer = check(station, str(code))
        assert not answer.genuine
        assert "the code was altered" in answer.sentences[0]
    answer = check(station, str(ReportCode("0" * 32, 1, report.content_hash)))
    assert not answer.genuine
    assert "No report with this id was issued here" in answer.sentences[0]


def test_a_code_that_fits_a_forged_row_is_found_by_the_trail(station: Station) -> None:
    case = filed(station, "P-1")
    report = case.reports[0]
    bend(database(station), f"UPDATE reports SET content_hash = '{'0' * 64}'")
    assert not check(station, str(ReportCode(report.id, 1, "0" * 64))).genuine
    answer = check(station, str(ReportCode(report.id, 1, report.content_hash)))
    assert not answer.genuine
    assert "not what the trail recorded" in answer.sentences[1]


def test_a_code_that_fits_a_bent_trail_is_not_genuine(station: Station) -> None:
    case = filed(station, "P-1")
    report = case.reports[0]
    bend(
        database(station),
        f"UPDATE trail SET details = replace(details, '{report.content_hash}', '{'0' * 64}')",
        f"UPDATE reports SET content_hash = '{'0' * 64}'",
    )
    answer = check(station, str(ReportCode(report.id, 1, "0" * 64)))
    assert not answer.genuine
    assert "changed after it was written" in answer.sentences[0]


def test_a_report_whose_stored_file_was_changed_is_not_genuine(station: Station) -> None:
    case = filed(station, "P-1")
    code = printed_code(station, case.reports[0])
    (path,) = (station.folder / "files").rglob(case.reports[0].file.id)
    path.write_bytes(path.read_bytes() + b" ")
    answer = check(station, code)
    assert not answer.genuine
    assert answer.sentences[1].startswith("Its file: ")


def test_the_report_of_an_erased_case_is_still_known_to_have_been_issued(
    station: Station,
) -> None:
    case = filed(station, "P-1")
    code = printed_code(station, case.reports[0])
    pdf = station.files.read(case.reports[0].file)
    case = station.cases.delete(CLINICIAN, case.id, case.version)
    station.cases.erase(CLINICIAN, case.id, case.version)
    for answer in (check(station, code), check_file(station, pdf)):
        assert answer.genuine
        assert "no longer stored here" in answer.sentences[1]


def test_a_text_that_is_no_code_is_refused(station: Station) -> None:
    with pytest.raises(InvalidInput, match="not the text of a report's QR code") as caught:
        check(station, "https://example.org/report")
    assert caught.value.field == "report"


def test_only_who_may_read_the_trail_may_ask(station: Station) -> None:
    for actor in (CLINICIAN, ADMINISTRATOR):
        with pytest.raises(NotPermitted):
            issued(station).check_code(actor, "")
        with pytest.raises(NotPermitted):
            issued(station).check_file(actor, b"")
    assert not issued(station).check_file(AUDITOR, b"anything").genuine


def test_an_issued_pdf_is_known_byte_for_byte(station: Station) -> None:
    case = filed(station, "P-1")
    answer = check_file(station, station.files.read(case.reports[0].file))
    assert answer.genuine
    assert f"The report of case {case.id}, byte for byte" in answer.sentences[0]
    assert answer.sentences[1] == "It is the newest report of its case."


def _resaved(pdf: bytes) -> bytes:
    """The same pages as another program would store them, with the file identifier kept."""
    reader = PdfReader(BytesIO(pdf))
    writer = PdfWriter(clone_from=reader)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize("way", ["one byte", "longer", "cut", "drawn with other words"])
def test_an_altered_pdf_is_not_genuine_and_named_as_altered(station: Station, way: str) -> None:
    case = filed(station, "P-1")
    report = case.reports[0]
    pdf = station.files.read(report.file)
    middle = len(pdf) // 2
    altered = {
        "one byte": pdf[:middle] + bytes([pdf[middle] ^ 1]) + pdf[middle + 1 :],
        "longer": pdf + b"\n% more",
        "cut": pdf[:-2],
        "drawn with other words": render(routine().content(report_id=report.id)),
    }[way]
    answer = check_file(station, altered)
    assert not answer.genuine
    assert answer.case == case.id
    assert "it was altered" in answer.sentences[0]


def test_a_pdf_stored_anew_by_another_program_is_not_genuine(station: Station) -> None:
    case = filed(station, "P-1")
    assert not check_file(station, _resaved(station.files.read(case.reports[0].file))).genuine


def test_a_pdf_from_elsewhere_is_not_genuine(station: Station) -> None:
    filed(station, "P-1")
    answer = check_file(station, render(routine().content()))
    assert not answer.genuine
    assert answer.case == ""
    assert "No file with these bytes" in answer.sentences[0]


def test_a_photograph_is_known_too(station: Station) -> None:
    case = filed(station, "P-1")
    data = station.files.read(case.files[FileKind.ORIGINAL])
    answer = check_file(station, data)
    assert answer.genuine
    assert f"The original image of case {case.id}" in answer.sentences[0]
    assert not check_file(station, data + b"\0").genuine


def test_a_stored_file_is_known_by_an_unbent_trail_only(station: Station) -> None:
    case = filed(station, "P-1")
    pdf = render_letter(letter_content())
    with station.units() as unit:
        fact = f"letter:{'8' * 32}:{sha256(pdf)}"
        details = {"letter": "7" * 32, "files": [fact]}
        entry = Entry(Action.LETTER_ISSUED, CLINICIAN.id, case.id, details)
        unit.trail.append(entry, case.created_at)
        unit.commit()
    answer = check_file(station, pdf)
    assert answer.genuine
    assert f"The letter of case {case.id}" in answer.sentences[0]
    other = render_letter(replace(letter_content(), site_label="Face"))
    bend(
        database(station),
        f"UPDATE trail SET details = replace(details, '{sha256(pdf)}', '{sha256(other)}')",
    )
    assert not check_file(station, other).genuine


def test_a_certificate_of_erasure_is_drawn_again_and_compared(station: Station) -> None:
    filed(station, "P-1")
    certificate = station.privacy.erase_patient(ADMINISTRATOR, "P-1", "patient_request")
    pdf = station.privacy.certificate_pdf(ADMINISTRATOR, certificate.id)
    answer = check_file(station, pdf)
    assert answer.genuine
    assert "The certificate of an erasure on" in answer.sentences[0]
    answer = check_file(station, pdf.replace(b"%%EOF", b"%%EOF "))
    assert not answer.genuine
    assert "differs from it" in answer.sentences[0]
