"""What is typed is never lost: no connection, two windows, a field that cannot be stored."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Route, expect

from tests.e2e import screen
from tests.e2e.conftest import Opener, Watch, Workstation
from tests.samples import images

Picture = Callable[[str, bytes], Path]
DRAFTS = "**/api/cases/*/draft"


def test_text_typed_before_an_image_survives_a_reload(
    workstation: Workstation, open_page: Opener
) -> None:
    page = open_page(workstation, "/analyse")
    expect(page.locator("triage-status p")).to_have_attribute("data-kind", "empty")
    screen.field(page, "note").fill("typed first")
    expect(page.locator("triage-status p")).to_have_attribute("data-kind", "local")
    page.reload()
    expect(screen.field(page, "note")).to_have_value("typed first")


def test_text_typed_without_a_connection_is_sent_when_it_is_back(
    workstation: Workstation, open_page: Opener, picture: Picture, watch: Watch
) -> None:
    watch.expected.append("ERR_FAILED")
    page = open_page(workstation, "/analyse")
    case_id = screen.analyse(page, picture("lesion.jpg", images.jpeg(seed=11)))

    def cut(route: Route) -> None:
        route.abort()

    page.route(DRAFTS, cut)
    screen.field(page, "note").fill("typed without a connection")
    expect(page.locator("triage-status p")).to_have_attribute("data-kind", "offline")
    page.reload()
    expect(screen.field(page, "note")).to_have_value("typed without a connection")
    page.unroute(DRAFTS, cut)
    screen.saved(page)
    assert page.evaluate("Object.keys(sessionStorage)") == ["triage-owner"]

    other = open_page(workstation, f"/case?id={case_id}")
    expect(screen.field(other, "note")).to_have_value("typed without a connection")


def test_text_typed_while_the_server_is_down_is_stored_after_its_restart(
    fresh_workstation: Workstation, open_page: Opener, picture: Picture, watch: Watch
) -> None:
    watch.expected += [
        "ERR_CONNECTION",
        "ERR_INCOMPLETE",
        "ERR_CONTENT_LENGTH",
        "ERR_EMPTY",
        "Failed to fetch",
        "Unable to preload",
        "network",
    ]
    page = open_page(fresh_workstation, "/analyse")
    case_id = screen.analyse(page, picture("lesion.jpg", images.jpeg(seed=12)))
    page.wait_for_load_state("networkidle")
    fresh_workstation.kill()
    screen.field(page, "note").fill("typed in the dark")
    expect(page.locator("triage-status p")).to_have_attribute("data-kind", "offline")
    fresh_workstation.start()
    screen.saved(page)
    other = open_page(fresh_workstation, f"/case?id={case_id}")
    expect(screen.field(other, "note")).to_have_value("typed in the dark")


def test_the_second_window_is_told_and_keeps_its_text(
    workstation: Workstation, open_page: Opener, picture: Picture, watch: Watch
) -> None:
    watch.expected.append("409")
    first = open_page(workstation, "/analyse")
    case_id = screen.analyse(first, picture("lesion.jpg", images.jpeg(seed=13)))
    second = open_page(workstation, f"/case?id={case_id}")
    screen.ready(second)
    screen.field(first, "note").fill("from the first window")
    screen.saved(first)

    screen.field(second, "clinical_question").fill("from the second window")
    status = second.locator("triage-status")
    expect(status).to_contain_text("changed in another window")
    second.get_by_role("button", name="Show the other version").click()
    expect(screen.field(second, "note")).to_have_value("from the first window")
    expect(screen.field(second, "clinical_question")).to_have_value("")
    expect(second.locator("triage-status")).to_contain_text("clinical question")

    second.get_by_role("button", name="Put my edits back in").click()
    expect(screen.field(second, "clinical_question")).to_have_value("from the second window")
    screen.saved(second)
    expect(screen.field(second, "note")).to_have_value("from the first window")


def test_a_reference_that_cannot_be_stored_is_named_and_the_rest_is_saved(
    workstation: Workstation, open_page: Opener, picture: Picture, watch: Watch
) -> None:
    watch.expected.append("422")
    page = open_page(workstation, "/analyse")
    case_id = screen.analyse(page, picture("lesion.jpg", images.jpeg(seed=14)))
    screen.field(page, "patient_reference").fill("x" * 10_000)
    expect(page.locator("triage-status p")).to_contain_text("Patient reference is too long")
    with page.expect_response(lambda answer: answer.url.endswith("/draft") and answer.ok):
        screen.field(page, "note").fill("still stored")
    expect(page.locator("triage-status p")).to_contain_text("Patient reference is too long")
    other = open_page(workstation, f"/case?id={case_id}")
    expect(screen.field(other, "note")).to_have_value("still stored")

    page.get_by_role("button", name="File case").click()
    expect(page.get_by_role("alert")).to_contain_text("not saved")
    screen.field(page, "patient_reference").fill("=1+1 <script>alert(1)</script>")
    screen.saved(page)
    other.reload()
    expect(other.locator(".case-head")).to_contain_text("=1+1 <script>alert(1)</script>")
