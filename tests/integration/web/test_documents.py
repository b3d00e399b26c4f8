"""What closes a case, through its routes: the pathologist's report, the letter, and the CSV."""

import csv
import io
from collections.abc import Iterator

import pytest
from httpx import Response
from starlette.testclient import TestClient

from tests.integration.web.test_routes import ORIGIN, UNKNOWN, draft, upload
from tests.samples.closed_loop import DOCUMENT, HISTOLOGY, go_through
from tests.stations import web_station
from triage_app.domain.people import LOCAL_USER
from triage_app.services.reading.outcomes import LARGEST_DOCUMENT
from triage_app.services.site.application import Application
from triage_app.web.app import create_app

FORM = {"content-type": "application/x-www-form-urlencoded"}
PDF = {"content-type": "application/pdf"}


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """A workstation whose findings follow the colour of a drawn lesion."""
    with web_station.station(tmp_path_factory.mktemp("data")) as found:
        yield found


@pytest.fixture(scope="module")
def client(station: Application) -> Iterator[TestClient]:
    """A client that speaks as a page of the application does."""
    app = create_app(station)
    with TestClient(
        app, ORIGIN, headers={"origin": ORIGIN}, raise_server_exceptions=False
    ) as found:
        yield found


def _filed(client: TestClient, station: Application, reference: str, kind: str = "dark") -> str:
    case = upload(client, kind)
    assert draft(client, case, 1, patient_reference=reference)[0] == 200
    station.cases.file(LOCAL_USER, case, 2)
    return case


def _waiting(client: TestClient, station: Application) -> tuple[str, str]:
    """A case with an outcome that has no document yet."""
    case_id = _filed(client, station, "PT-OUT")
    version = station.cases.get(LOCAL_USER, case_id).version
    case = station.outcomes.record(LOCAL_USER, case_id, version, HISTOLOGY)
    return case_id, case.outcomes[-1].id


def _attach(client: TestClient, case: str, outcome: str, data: bytes) -> Response:
    path = f"/api/cases/{case}/outcomes/{outcome}/document"
    return client.post(path, content=data, headers=PDF)


def test_a_pathologists_report_is_kept_and_given_back_byte_for_byte_as_a_file(
    client: TestClient, station: Application
) -> None:
    case, outcome = _waiting(client, station)
    stored = _attach(client, case, outcome, DOCUMENT)
    assert stored.status_code == 201
    assert stored.json() == {
        "case": case,
        "version": station.cases.get(LOCAL_USER, case).version,
    }
    answer = client.get(f"/outcomes/{outcome}.pdf")
    assert answer.content == DOCUMENT
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["cache-control"] == "no-store"


def test_a_second_report_of_one_outcome_is_refused(
    client: TestClient, station: Application
) -> None:
    case, outcome = _waiting(client, station)
    assert _attach(client, case, outcome, DOCUMENT).status_code == 201
    again = _attach(client, case, outcome, DOCUMENT + b"other")
    assert (again.status_code, again.json()["code"]) == (409, "not_allowed")
    assert client.get(f"/outcomes/{outcome}.pdf").content == DOCUMENT


def test_what_is_no_pdf_is_refused_in_words_and_not_kept(
    client: TestClient, station: Application
) -> None:
    case, outcome = _waiting(client, station)
    for data in (b"", b"<html>", b"\x89PNG\r\n", b" %PDF-1.7"):
        answer = _attach(client, case, outcome, data)
        assert (answer.status_code, answer.json()["field"]) == (422, "document")
        assert "Only a PDF" in answer.json()["error"]
    assert client.get(f"/outcomes/{outcome}.pdf").status_code == 404


def test_a_report_as_large_as_allowed_is_kept_and_a_larger_one_refused(
    client: TestClient, station: Application
) -> None:
    case, outcome = _waiting(client, station)
    largest = DOCUMENT + b"\0" * (LARGEST_DOCUMENT - len(DOCUMENT))
    path = f"/api/cases/{case}/outcomes/{outcome}/document"
    for body in (largest + b"\0", (largest[:100_000] for _ in range(101))):
        answer = client.post(path, content=body, headers=PDF)
        assert (answer.status_code, answer.json()["field"]) == (422, "document")
        assert "larger than 10 MB" in answer.json()["error"]
    assert _attach(client, case, outcome, largest).status_code == 201


def test_a_report_reaches_no_outcome_of_another_case(
    client: TestClient, station: Application
) -> None:
    _, outcome = _waiting(client, station)
    other, _ = _waiting(client, station)
    for case, named in ((other, outcome), (other, UNKNOWN), (UNKNOWN, outcome)):
        answer = _attach(client, case, named, DOCUMENT)
        assert answer.status_code == 404
        assert answer.json()["error"].endswith(".")


def test_a_letter_comes_as_a_file_named_without_the_patient(
    client: TestClient, station: Application
) -> None:
    case = _filed(client, station, "PT-LETTER")
    done = go_through(station, LOCAL_USER, case)
    answer = client.get(f"/letters/{done.letter}.pdf")
    assert answer.content.startswith(b"%PDF-")
    assert (
        answer.headers["content-disposition"] == f'attachment; filename="letter-{case[:8]}-1.pdf"'
    )


@pytest.mark.parametrize("path", ["/outcomes/{}.pdf", "/letters/{}.pdf"])
def test_a_document_that_does_not_exist_is_said_not_to(client: TestClient, path: str) -> None:
    answer = client.get(path.format(UNKNOWN))
    assert (answer.status_code, answer.json()["code"]) == (404, "document_not_found")


def _rows(answer: Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_csv_holds_the_cases_of_the_filter_and_no_cell_is_a_formula(
    client: TestClient, station: Application
) -> None:
    formula = "=HYPERLINK(1)"
    named = {_filed(client, station, f"{formula}{i}") for i in range(2)}
    _filed(client, station, "PT-OTHER")
    answer = client.post("/cases/export", data={"patient": formula})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="cases.csv"'
    found = _rows(answer)
    assert {row["case_id"] for row in found} == named
    cells = [cell for row in found for cell in row.values()]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    everything = _rows(client.post("/cases/export", content="", headers=FORM))
    assert {row["case_id"] for row in everything} > named


def test_a_filter_that_is_none_is_refused_before_anything_is_sent(client: TestClient) -> None:
    for sent in ({"since": "yesterday"}, {"level": "safe"}, {"show": "all"}):
        answer = client.post("/cases/export", data=sent)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert client.post("/cases/export", json={"patient": "x"}).status_code == 400
