"""People of different roles on one workstation, each in a browser window of their own."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import people, screen
from tests.e2e.conftest import DESKTOP, Opener, Watch, Workstation
from tests.samples import images

Picture = Callable[[str, bytes], Path]


@pytest.fixture(scope="module")
def staff(clinic: Workstation, browser: Browser) -> dict[str, str]:
    """One-time passwords of everybody whom the administrator has taken on, by name."""
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.goto(f"{clinic.address}/sign-in")
    people.enter_first(page, clinic)
    page.goto(f"{clinic.address}/people")
    taken_on = {}
    for name, role in (
        ("clinician-1", "Clinician"),
        ("clinician-2", "Clinician"),
        ("photographer-1", "Photographer"),
        ("August", "Auditor"),
    ):
        taken_on[name] = people.hire(page, name, role)
    people.leave(page)
    context.close()
    return taken_on


@pytest.fixture
def at_work(clinic: Workstation, staff: dict[str, str], open_page: Opener) -> Callable[[str], Page]:
    """Opens a window and signs somebody in, with the change of the password that a first time
    asks for."""

    def start(name: str, path: str = "/", phone: bool = False) -> Page:
        page = open_page(clinic, "/sign-in", phone)
        once = staff.pop(name, None)
        people.enter(page, name, *([once] if once else []))
        if once:
            people.change(page, once)
        expect(page.locator("triage-nav nav")).to_be_visible()
        page.goto(clinic.address + path)
        return page

    return start


def test_each_role_sees_its_own_links(at_work: Callable[..., Page]) -> None:
    for name, links in (
        (people.ADMINISTRATOR, ["Privacy", "People", "Site", "Statistics"]),
        ("clinician-1", ["Analyse", "Worklist", "Patients", "History"]),
        ("photographer-1", ["Analyse", "History", "Batch"]),
        ("August", ["Trail", "Statistics"]),
    ):
        page = at_work(name)
        expect(page.locator("triage-nav nav a")).to_have_text(links)
        expect(people.menu(page).locator("summary")).to_contain_text(name)


def test_a_photographer_sends_an_image_and_sees_no_finding_a_clinician_files_it(
    clinic: Workstation, at_work: Callable[..., Page], picture: Picture
) -> None:
    page = at_work("photographer-1", "/analyse", phone=True)
    page.locator("triage-uploader input[type=file]").first.set_input_files(
        picture("lesion.jpg", images.jpeg(seed=60))
    )
    expect(page.get_by_text("Findings are shown to clinicians")).to_be_visible()
    expect(page.locator(".banner, .bars, .reasons")).to_have_count(0)
    expect(page.get_by_text("Cannot assess")).to_have_count(0)
    expect(page.get_by_role("button", name="File case")).to_have_count(0)
    screen.field(page, "patient_reference").fill("TEAM-1")
    screen.saved(page)
    case = screen.case_id(page)
    page.goto(f"{clinic.address}/history")
    expect(page.locator("a.line")).to_have_count(1)
    expect(page.locator(".badge")).to_have_count(0)

    desk = at_work("clinician-1", f"/case?id={case}")
    expect(screen.field(desk, "patient_reference")).to_have_value("TEAM-1")
    expect(screen.level(desk)).to_have_text("Review")
    desk.get_by_role("button", name="File case").click()
    expect(desk.get_by_text("Filed. It is in the review history.")).to_be_visible()
    page.goto(f"{clinic.address}/case?id={case}")
    expect(page.locator(".case-head")).to_contain_text("Filed")
    expect(screen.field(page, "note")).to_be_disabled()


def test_somebody_elses_case_does_not_exist_for_a_photographer(
    clinic: Workstation, at_work: Callable[..., Page], picture: Picture, watch: Watch
) -> None:
    watch.expected.append("404")
    desk = at_work("clinician-1", "/analyse")
    case = screen.analyse(desk, picture("lesion.jpg", images.jpeg(seed=61)))
    page = at_work("photographer-1", f"/case?id={case}")
    expect(page.get_by_role("alert")).to_contain_text("This case does not exist")
    crop = page.goto(f"{clinic.address}/cases/{case}/images/crop")
    assert crop is not None and crop.status == 404


def test_a_suspended_model_is_said_on_every_page_and_judges_nothing(
    at_work: Callable[..., Page], picture: Picture
) -> None:
    site = at_work(people.ADMINISTRATOR, "/site")
    site.get_by_label("Reason").fill("Overlays point to the wrong place")
    site.get_by_role("button", name="Suspend the model").click()
    expect(site.get_by_role("button", name="Put the model back into service")).to_be_visible()
    desk = at_work("clinician-2", "/analyse")
    notes = desk.locator("triage-notes")
    expect(notes).to_contain_text("suspended: Overlays point to the wrong place.")
    screen.analyse(desk, picture("lesion.jpg", images.jpeg(seed=62)))
    expect(screen.level(desk)).to_have_text("Cannot assess")
    expect(desk.locator(".bars")).to_have_count(0)
    site.get_by_role("button", name="Put the model back into service").click()
    expect(site.get_by_text("The model is back in service.")).to_be_visible()
    desk.reload()
    expect(desk.locator("triage-nav nav")).to_be_visible()
    expect(notes).to_be_empty()


def test_a_safety_problem_goes_from_the_case_to_the_administrators(
    clinic: Workstation, at_work: Callable[..., Page], picture: Picture
) -> None:
    desk = at_work("clinician-1", "/analyse")
    case = screen.analyse(desk, picture("lesion.jpg", images.jpeg(seed=63)))
    desk.goto(f"{clinic.address}/case?id={case}")
    desk.get_by_role("button", name="Report a safety problem").click()
    desk.get_by_label("What happened").fill("The overlay lay on <b>the ruler</b>.")
    desk.get_by_role("button", name="Send the report").click()
    expect(desk.get_by_text("Reported to the administrators")).to_be_visible()
    site = at_work(people.ADMINISTRATOR, "/site")
    expect(site.locator("td bdi").first).to_have_text("The overlay lay on <b>the ruler</b>.")
    expect(site.locator("td code").first).to_have_text(case)


def test_a_patient_is_exported_and_erased_with_a_certificate(
    clinic: Workstation, at_work: Callable[..., Page], picture: Picture
) -> None:
    desk = at_work("clinician-1", "/analyse")
    screen.field(desk, "patient_reference").fill("FORGET-ME")
    screen.analyse(desk, picture("lesion.jpg", images.jpeg(seed=64)))
    screen.saved(desk)

    page = at_work(people.ADMINISTRATOR, "/privacy")
    page.locator("#patient textarea, #patient input").fill("FORGET-ME")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.locator(".facts")).to_contain_text("FORGET-ME")
    with page.expect_download() as exported:
        page.get_by_role("button", name="Export everything (ZIP)").click()
    assert exported.value.suggested_filename == "patient.zip"
    assert Path(exported.value.path()).read_bytes().startswith(b"PK")
    assert "FORGET-ME" not in page.url

    page.get_by_label("Type the patient reference again").fill("FORGET-YOU")
    page.get_by_role("button", name="Erase this patient for good").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was erased")
    page.get_by_label("Type the patient reference again").fill("FORGET-ME")
    page.get_by_role("button", name="Erase this patient for good").click()
    with page.expect_download() as certificate:
        page.get_by_role("link", name="Download the certificate (PDF)").click()
    assert Path(certificate.value.path()).read_bytes().startswith(b"%PDF")
    desk.reload()
    expect(desk.get_by_role("alert")).to_contain_text("This case does not exist")


def test_an_auditor_searches_the_trail_and_reads_no_patient_text(
    clinic: Workstation, at_work: Callable[..., Page], picture: Picture
) -> None:
    desk = at_work("clinician-1", "/analyse")
    screen.field(desk, "patient_reference").fill("TRAIL-SECRET")
    case = screen.analyse(desk, picture("trail-secret.jpg", images.jpeg(seed=65)))
    screen.saved(desk)
    page = at_work("August", "/trail")
    rows = page.locator(".trail tbody tr")
    expect(rows.first).to_be_visible()
    page.get_by_label("Internal number").fill(case)
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".trail h2")).to_contain_text("rows")
    expect(rows.filter(has_text="Image analysed and stored")).to_have_count(1)
    expect(rows.filter(has_text="clinician-1").first).to_be_visible()
    assert "trail-secret" not in page.content().lower()
    page.get_by_role("button", name="Show the present anchor").click()
    expect(page.locator(".anchor code")).to_have_text(re.compile(r"^\d+:[0-9a-f]{64}$"))


def test_a_person_sees_the_own_sessions_and_ends_another_one(
    at_work: Callable[..., Page],
) -> None:
    first, second = at_work("clinician-2", "/account"), at_work("clinician-2", "/account")
    rows = second.locator("tbody tr")
    expect(rows.filter(has_text="Yes")).to_have_count(1)
    before = rows.count()
    second.locator("#session input").click()
    second.get_by_role("option").first.click()
    second.get_by_role("button", name="End the session").click()
    expect(second.get_by_text("The session has ended.")).to_be_visible()
    expect(rows).to_have_count(before - 1)
    expect(first.locator("h1")).to_be_visible()


def test_text_typed_into_an_ended_session_waits_for_its_author_and_for_nobody_else(
    clinic: Workstation, at_work: Callable[..., Page], picture: Picture, watch: Watch
) -> None:
    watch.expected.append("401")
    page = at_work("clinician-2", "/analyse")
    case = screen.analyse(page, picture("lesion.jpg", images.jpeg(seed=66)))
    page.context.clear_cookies()
    screen.field(page, "note").fill("typed too late")
    expect(page).to_have_url(re.compile(f"/sign-in\\?next=%2Fanalyse%3Fid%3D{case}$"))
    people.enter(page, "clinician-2")
    expect(screen.field(page, "note")).to_have_value("typed too late")
    screen.saved(page)

    # She signs in for the first time elsewhere, where the password has to be changed.
    at_work("clinician-1")
    page.context.clear_cookies()
    screen.field(page, "note").fill("not for clinician-1")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    people.enter(page, "clinician-1")
    screen.ready(page)
    expect(screen.field(page, "note")).to_have_value("typed too late")
    assert page.evaluate("Object.keys(sessionStorage)") == ["triage-owner"]
    assert clinic.address in page.url
