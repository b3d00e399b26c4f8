"""The main job in a real browser, from a photograph to its case and its report."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pypdf
from playwright.sync_api import Page, expect

from tests.e2e import screen
from tests.e2e.conftest import Opener, Watch, Workstation
from tests.samples import images, synthetic

Picture = Callable[[str, bytes], Path]


def _report_text(page: Page) -> tuple[bytes, str]:
    with page.expect_download() as download:
        page.get_by_role("link", name="Download report 1").click()
    content = Path(download.value.path()).read_bytes()
    reader = pypdf.PdfReader(BytesIO(content))
    return content, "\n".join(p.extract_text() for p in reader.pages)


def test_a_photograph_becomes_a_filed_case_with_a_report(
    workstation: Workstation, open_page: Opener, picture: Picture
) -> None:
    page = open_page(workstation, "/")
    expect(page).to_have_url(re.compile("/analyse$"))
    screen.field(page, "patient_reference").fill("JOB-1 <b>&")
    case_id = screen.analyse(page, picture("lesion.jpg", images.jpeg(seed=1)))
    expect(page).to_have_url(re.compile(f"/analyse\\?id={case_id}$"))
    expect(screen.level(page)).to_have_text("Review")
    screen.answer_everything(page)
    expect(screen.level(page)).to_have_text("Routine")
    screen.field(page, "note").fill("Line one\nΓειά σου")
    screen.saved(page)

    page.get_by_role("button", name="File case").click()
    expect(page.get_by_text("Filed. It is in the review history.")).to_be_visible()
    shown = screen.level(page).inner_text()

    page.get_by_role("link", name="Open the case").click()
    expect(screen.level(page)).to_have_text(shown)
    expect(page.locator(".case-head")).to_contain_text("JOB-1 <b>&")
    expect(screen.field(page, "note")).to_have_value("Line one\nΓειά σου")
    page.get_by_role("button", name="Issue report").click()
    expect(page.get_by_text("Report 1 is issued")).to_be_visible()
    content, text = _report_text(page)
    assert content.startswith(b"%PDF")
    assert "JOB-1 <b>&" in text
    assert shown.lower() in text.lower()

    page.get_by_role("button", name="Issue report").click()
    expect(page.get_by_text("Nothing has changed since report 1")).to_be_visible()
    assert _report_text(page)[0] == content


def test_the_shipped_model_gives_a_level_and_a_report(
    shipped_workstation: Workstation, open_page: Opener, picture: Picture
) -> None:
    page = open_page(shipped_workstation, "/analyse")
    screen.field(page, "patient_reference").fill("SHIPPED-1")
    screen.analyse(page, picture("lesion.jpg", synthetic.lesion(4)))
    expect(screen.level(page)).to_have_text(re.compile("Review|Urgent"))
    expect(page.locator(".reasons")).to_contain_text("Skin type not given.")
    expect(page.locator(".bars.classes dd")).to_have_count(3)
    expect(page.locator(".bars.diagnoses dd")).to_have_count(7)
    screen.saved(page)
    page.get_by_role("button", name="File case").click()
    expect(page.get_by_text("Filed. It is in the review history.")).to_be_visible()
    page.get_by_role("link", name="Open the case").click()
    page.get_by_role("button", name="Issue report").click()
    expect(page.get_by_text("Report 1 is issued")).to_be_visible()
    assert "SHIPPED-1" in _report_text(page)[1]
    # Installed for training; serving does without their memory and their time to load. What decodes
    # HEIC belongs in the decoder's process.
    unwanted = ("tensorflow", "matplotlib", "pillow_heif.libs")
    assert not any(shipped_workstation.has_loaded(library) for library in unwanted)


def test_the_shipped_model_refuses_what_is_unlike_a_lesion_and_shows_no_probability(
    shipped_workstation: Workstation, open_page: Opener, picture: Picture
) -> None:
    page = open_page(shipped_workstation, "/analyse")
    screen.analyse(page, picture("drawn.jpg", images.jpeg(seed=1)))
    expect(screen.level(page)).to_have_text("Cannot assess")
    expect(page.locator(".reasons")).to_contain_text("unlike the dermoscopic images")
    expect(page.locator(".bars")).to_have_count(0)


def test_an_answer_changes_the_level_in_place(
    workstation: Workstation, open_page: Opener, picture: Picture
) -> None:
    page = open_page(workstation, "/analyse")
    screen.analyse(page, picture("lesion.jpg", images.jpeg(seed=2)))
    expect(page.locator(".reasons")).to_contain_text("Red flags not asked.")
    expect(page.locator(".bars.classes dd")).to_have_count(3)
    expect(page.locator(".bars.diagnoses dd")).to_have_count(8)

    screen.choose(page, "red_flags", "Bleeding or ulcerated")
    expect(page.locator(".reasons")).to_contain_text("Red flag: Bleeding or ulcerated.")
    expect(page.locator(".reasons")).not_to_contain_text("Red flags not asked.")

    screen.choose(page, "red_flags", "Asked: none present")
    expect(page.get_by_label("Bleeding or ulcerated")).not_to_be_checked()
    expect(page.locator(".reasons")).not_to_contain_text("Red flag")

    screen.choose(page, "dermoscopic", "No")
    expect(screen.level(page)).to_have_text("Cannot assess")
    expect(page.locator(".bars")).to_have_count(0)
    expect(page.get_by_text("No probabilities are shown")).to_be_visible()


def test_the_overlay_is_off_until_it_is_asked_for(
    workstation: Workstation, open_page: Opener, picture: Picture
) -> None:
    page = open_page(workstation, "/analyse")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    screen.analyse(page, picture("lesion.jpg", images.jpeg(seed=3)))
    viewer = page.locator("triage-viewer")
    expect(viewer.locator("img")).to_have_count(1)
    assert not any("overlay" in url for url in asked)

    viewer.get_by_role("slider").fill("60")
    expect(viewer.locator("img")).to_have_count(2)
    expect(viewer.locator("output")).to_have_text("60 %")
    assert any(url.endswith("/images/overlay") for url in asked)

    viewer.get_by_role("button", name="Zoom in").click()
    expect(viewer).to_have_attribute("data-zoom", "1.50")
    viewer.get_by_role("button", name="Whole image").click()
    expect(viewer).to_have_attribute("data-zoom", "1.00")


def test_reload_and_back_show_the_same_case(
    workstation: Workstation, open_page: Opener, picture: Picture
) -> None:
    page = open_page(workstation, "/analyse")
    screen.field(page, "patient_reference").fill("BACK-1")
    case_id = screen.analyse(page, picture("lesion.jpg", images.jpeg(seed=4)))
    screen.saved(page)
    shown = screen.level(page).inner_text()

    page.reload()
    expect(screen.level(page)).to_have_text(shown)
    expect(screen.field(page, "patient_reference")).to_have_value("BACK-1")

    page.get_by_role("link", name="Open the case").click()
    expect(page).to_have_url(re.compile(f"/case\\?id={case_id}"))
    expect(screen.level(page)).to_have_text(shown)
    page.go_back()
    expect(page).to_have_url(re.compile(f"/analyse\\?id={case_id}"))
    expect(screen.field(page, "patient_reference")).to_have_value("BACK-1")
    page.go_back()
    expect(page).to_have_url(re.compile("/analyse$"))
    expect(page.locator("triage-uploader")).to_be_visible()


def test_filing_needs_a_patient_reference(
    workstation: Workstation, open_page: Opener, picture: Picture
) -> None:
    page = open_page(workstation, "/analyse")
    screen.analyse(page, picture("lesion.jpg", images.jpeg(seed=5)))
    page.get_by_role("button", name="File case").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter a patient reference")


def test_a_deleted_case_leaves_the_list_and_comes_back(
    workstation: Workstation, open_page: Opener, picture: Picture
) -> None:
    page = open_page(workstation, "/analyse")
    screen.field(page, "patient_reference").fill("BIN-1")
    case_id = screen.analyse(page, picture("lesion.jpg", images.jpeg(seed=6)))
    screen.saved(page)
    page.goto(f"{workstation.address}/case?id={case_id}")
    page.get_by_role("button", name="Delete case").click()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("button", name="Move to the bin")).to_be_hidden()
    page.get_by_role("button", name="Delete case").click()
    page.get_by_role("button", name="Move to the bin").click()
    expect(page.get_by_text("The case is in the bin.")).to_be_visible()
    expect(screen.field(page, "note")).to_be_disabled()

    page.goto(f"{workstation.address}/history")
    screen.find_patient(page, "BIN-1")
    expect(page.get_by_text("No case matches this filter.")).to_be_visible()
    page.goto(f"{workstation.address}/history?show=bin")
    screen.find_patient(page, "BIN-1")
    expect(page.locator("a.line")).to_have_count(1)
    page.locator("a.line").click()
    page.get_by_role("button", name="Restore case").click()
    expect(page.get_by_text("The case is restored.")).to_be_visible()
    page.goto(f"{workstation.address}/history")
    screen.find_patient(page, "BIN-1")
    expect(page.locator("a.line")).to_have_count(1)


def test_an_erased_case_is_gone_for_good(
    workstation: Workstation, open_page: Opener, picture: Picture, watch: Watch
) -> None:
    page = open_page(workstation, "/analyse")
    case_id = screen.analyse(page, picture("lesion.jpg", images.jpeg(seed=7)))
    page.goto(f"{workstation.address}/case?id={case_id}")
    page.get_by_role("button", name="Delete case").click()
    page.get_by_role("button", name="Move to the bin").click()
    page.get_by_role("button", name="Erase for good").click()
    page.locator(".ask").get_by_role("button", name="Erase for good").click()
    expect(page.get_by_text("The case and its files were erased.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("This case does not exist")
    watch.expected.append("404")
    crop = page.goto(f"{workstation.address}/cases/{case_id}/images/crop")
    assert crop is not None and crop.status == 404
