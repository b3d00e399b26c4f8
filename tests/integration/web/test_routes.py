"""The own routes: uploads, autosave, pictures, reports."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from tests.stations import web_station
from triage_app.domain.errors import StorageUnavailable
from triage_app.domain.files import FileKind
from triage_app.domain.people import LOCAL_USER
from triage_app.services.site.application import Application
from triage_app.ui.kit import components
from triage_app.web.app import create_app

ORIGIN = "http://127.0.0.1:7860"
UNKNOWN = "f" * 32


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


def upload(client: TestClient, kind: str = "doubtful", **headers: str) -> str:
    """The case of a new upload."""
    answer = client.post("/api/uploads", content=web_station.lesion_jpeg(kind), headers=headers)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["case"]
    return found


def draft(client: TestClient, case: str, version: int, **fields: object) -> tuple[int, dict]:  # type: ignore[type-arg]
    """Status and answer of an autosave."""
    body = {"version": version, "fields": fields}
    answer = client.put(f"/api/cases/{case}/draft", json=body)
    return answer.status_code, answer.json()


def test_an_upload_is_stored_as_a_draft_at_once(client: TestClient, station: Application) -> None:
    name = quote("C:\\photos\\naevus \u202egpj.jpg")
    case = station.cases.get(
        LOCAL_USER, upload(client, **{"x-file-name": name, "x-batch": "ab" * 16})
    )
    assert case.state == "draft"
    assert case.batch_id == "ab" * 16
    assert case.files[FileKind.ORIGINAL].source_name == "naevus gpj.jpg"
    assert case.details.patient_reference == ""


def test_an_unreadable_upload_is_refused_with_a_sentence(client: TestClient) -> None:
    for content, code in ((b"", "empty"), (b"text", "not_an_image")):
        answer = client.post("/api/uploads", content=content)
        assert answer.status_code == 422
        assert answer.json()["code"] == code
        assert answer.json()["error"].endswith(".")


def test_an_upload_above_the_limit_is_refused_before_it_is_read(client: TestClient) -> None:
    assert client.post("/api/uploads", content=b"x" * (web_station.LIMIT + 1)).status_code == 413
    parts = (b"x" * 100_000 for _ in range(web_station.LIMIT // 100_000 + 2))
    streamed = client.post("/api/uploads", content=parts)
    assert streamed.status_code == 413
    assert "larger than 2 MB" in streamed.json()["error"]


def test_a_malformed_batch_number_is_refused(client: TestClient) -> None:
    answer = client.post("/api/uploads", content=b"x", headers={"x-batch": "../1"})
    assert answer.status_code == 400


def test_autosave_stores_only_the_fields_that_changed(client: TestClient) -> None:
    case = upload(client)
    status, first = draft(client, case, 1, note="kept", age="61")
    assert (status, first["version"]) == (200, 2)
    status, second = draft(client, case, 2, patient_reference="PT-1")
    assert (status, second["version"]) == (200, 3)
    assert "age" not in second["reasons"]


def test_autosave_decides_again_when_the_context_changed(client: TestClient) -> None:
    case = upload(client, "mild")
    answers = {
        "age": "50",
        "skin_type": "II",
        "site": "back",
        "red_flags": [],
        "red_flags_asked": True,
        "dermoscopic": "yes",
    }
    assert draft(client, case, 1, **answers)[1]["level"] == "routine"
    assert draft(client, case, 2, red_flags=["ugly_duckling"])[1]["level"] == "review"
    assert draft(client, case, 3, dermoscopic="no")[1]["level"] == "cannot_assess"


def test_a_stale_version_is_refused_and_changes_nothing(
    client: TestClient, station: Application
) -> None:
    case = upload(client)
    assert draft(client, case, 1, note="first window")[0] == 200
    status, answer = draft(client, case, 1, note="second window")
    assert (status, answer["code"]) == (409, "stale")
    assert station.cases.get(LOCAL_USER, case).details.note == "first window"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"patient_reference": "x" * 10_000}, "patient_reference"),
        ({"patient_reference": "a\u0000b"}, "patient_reference"),
        ({"age": "1000"}, "age"),
        ({"site": "moon"}, "site"),
        ({"note": ["no", "text"]}, "note"),
        ({"unheard_of": "x"}, "unheard_of"),
    ],
)
def test_a_value_that_cannot_be_stored_names_its_field(
    client: TestClient, fields: dict[str, object], field: str
) -> None:
    status, answer = draft(client, upload(client), 1, **fields)
    assert (status, answer["field"]) == (422, field)


def test_a_body_that_is_no_autosave_is_refused(client: TestClient) -> None:
    case = upload(client)
    for body in ("[]", "{", json.dumps({"version": 0, "fields": {}}), json.dumps({"version": 1})):
        answer = client.put(
            f"/api/cases/{case}/draft", content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 400
        assert "Reload" in answer.json()["error"]


def test_pictures_are_what_was_stored(client: TestClient, station: Application) -> None:
    case = upload(client)
    files = station.cases.get(LOCAL_USER, case).files
    for kind in (FileKind.ORIGINAL, FileKind.CROP, FileKind.OVERLAY, FileKind.THUMBNAIL):
        answer = client.get(f"/cases/{case}/images/{kind}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == files[kind].media_type
        assert hashlib.sha256(answer.content).hexdigest() == files[kind].sha256
        assert answer.headers["cache-control"] == "no-store"
    original = client.get(f"/cases/{case}/images/original")
    assert original.headers["content-disposition"] == f'attachment; filename="image-{case[:8]}.jpg"'


def test_the_overlay_is_withheld_when_the_image_cannot_be_assessed(client: TestClient) -> None:
    case = upload(client)
    assert draft(client, case, 1, dermoscopic="no")[0] == 200
    assert client.get(f"/cases/{case}/images/overlay").status_code == 404
    assert client.get(f"/cases/{case}/images/crop").status_code == 200


def test_what_does_not_exist_is_not_found(client: TestClient) -> None:
    for path in (
        f"/cases/{UNKNOWN}/images/crop",
        f"/cases/{UNKNOWN}/images/report",
        "/cases/1/images/crop",
        f"/cases/{UNKNOWN}/images/anything",
        f"/reports/{UNKNOWN}.pdf",
    ):
        assert client.get(path).status_code == 404
    assert draft(client, UNKNOWN, 1, note="x")[0] == 404


def test_a_report_is_downloaded_under_a_name_without_patient_text(
    client: TestClient, station: Application
) -> None:
    case = upload(client)
    assert draft(client, case, 1, patient_reference="PT-9")[0] == 200
    station.cases.file(LOCAL_USER, case, 2)
    report = station.reports.issue(LOCAL_USER, case)
    answer = client.get(f"/reports/{report.id}.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert (
        answer.headers["content-disposition"] == f'attachment; filename="report-{case[:8]}-1.pdf"'
    )
    assert hashlib.sha256(answer.content).hexdigest() == report.file.sha256


def test_a_full_disk_is_said_and_an_unexpected_fault_tells_nothing(
    client: TestClient, station: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StorageUnavailable("The disk is full. Nothing was stored.")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("PT-SECRET")

    monkeypatch.setattr(station.cases, "analyse_upload", full)
    answer = client.post("/api/uploads", content=b"x")
    assert (answer.status_code, answer.json()["error"]) == (
        503,
        "The disk is full. Nothing was stored.",
    )
    monkeypatch.setattr(station.cases, "analyse_upload", broken)
    answer = client.post("/api/uploads", content=b"x")
    assert answer.status_code == 500
    assert "SECRET" not in answer.text


def test_the_scripts_are_served_with_their_types_and_kept_by_the_browser(
    client: TestClient,
) -> None:
    for name, media_type in (("main.js", "text/javascript"), ("app.css", "text/css")):
        answer = client.get(components.address(name))
        assert answer.headers["content-type"].startswith(media_type)
        assert "immutable" in answer.headers["cache-control"]
    assert client.get(components.address("unknown.js")).status_code == 404


def test_all_that_a_page_or_a_script_names_is_there_under_the_same_version(
    client: TestClient,
) -> None:
    page = client.get("/analyse").text
    scripts = [
        content.decode() for content, kind in components.load().values() if "svg" not in kind
    ]
    named = set(re.findall(r"/components/[^\"\\ ]+", page + "".join(scripts)))
    assert components.address("main.js") in named
    assert components.address("bodymap.svg") in named
    for path in named:
        assert client.get(path).status_code == 200, path


def test_a_script_from_before_an_update_is_the_present_one_and_not_kept(
    client: TestClient,
) -> None:
    answer = client.get("/components/000000000000/main.js")
    assert answer.text == client.get(components.address("main.js")).text
    assert answer.headers["cache-control"] == "no-store"


def test_of_the_programs_of_gradio_only_what_is_named_after_its_content_is_kept_for_good(
    client: TestClient,
) -> None:
    page = client.get("/analyse").text
    program = re.findall(r'"\./(assets/index-[^"]+\.js)"', page)[0]
    assert "immutable" in client.get(f"/{program}").headers["cache-control"]
    assert client.get("/assets/none-such.js").headers.get("cache-control") is None
    assert client.get("/theme.css").headers.get("cache-control") is None


def test_a_file_name_in_the_data_folder_never_comes_from_an_upload(
    client: TestClient, station: Application, tmp_path: Path
) -> None:
    upload(client, **{"x-file-name": quote("../../" + str(tmp_path / "owned.jpg"))})
    assert list(tmp_path.iterdir()) == []
