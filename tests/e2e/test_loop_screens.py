"""The pages of the loop at both sizes, in a clinic with a past: nothing sticks out."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import fitting, loop, past, screen
from tests.e2e.conftest import Opener, Workstation
from tests.e2e.past import Past

Picture = Callable[[str, bytes], Path]
CSV = b"patient_reference,date,diagnosis\nPAST-1,2026-01-15,naevus\nNOBODY,2026-01-15,naevus\n"


@pytest.fixture(scope="module")
def clinic_with_past(
    tmp_path_factory: pytest.TempPathFactory, tiny: Path
) -> Iterator[tuple[Workstation, Past]]:
    """A running workstation on which patients were seen for two years."""
    data = tmp_path_factory.mktemp("past") / "data"
    lived = past.live_through(data, tiny)
    site = Workstation(data, tiny)
    site.start()
    yield site, lived
    site.stop()


def _loaded(page: Page, selector: str) -> None:
    picture = page.locator(selector).first
    expect(picture).to_be_visible()
    page.wait_for_function("(e) => e.complete && e.naturalWidth > 0", arg=picture.element_handle())


# Address of each page, and what stands there once it has loaded.
SHOWN = {
    "worklist": ("/worklist", "[data-line]"),
    "worklist-histology": ("/worklist?show=histology", "[data-line]"),
    "patients": ("/patients", "a[href^='/patient?id=']"),
    "patient": ("/patient?id={patient}", "triage-body-map a.mark"),
    "lesion": ("/lesion?id={lesion}", "triage-compare"),
    "recall": ("/recall", ".recall td"),
    "outcomes": ("/outcomes", "triage-csv label"),
    "case-read": ("/case?id={recalled}", ".verdict.present"),
    "case-proven": ("/case?id={proven}", ".recorded"),
    "case-unread": ("/case?id={unread}&from=worklist", "#verdict-level"),
}


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", SHOWN)
def test_a_page_of_the_loop_fits_and_is_labelled(
    clinic_with_past: tuple[Workstation, Past], open_page: Opener, name: str, phone: bool
) -> None:
    site, lived = clinic_with_past
    path, shown = SHOWN[name]
    page = open_page(site, path.format(**vars(lived)), phone)
    expect(page.locator(shown).first).to_be_visible()
    if name.startswith("case"):
        screen.ready(page)
        _loaded(page, "triage-viewer img")
    if name == "lesion":
        _loaded(page, "triage-compare img")
    fitting.check(page, name, phone=phone)


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_every_folded_form_of_a_case_fits_and_is_labelled(
    clinic_with_past: tuple[Workstation, Past], open_page: Opener, phone: bool
) -> None:
    site, lived = clinic_with_past
    page = open_page(site, f"/case?id={lived.recalled}", phone)
    screen.ready(page)
    for title in (
        "Record an impression",
        "ABCD rule of dermoscopy",
        "Seven-point checklist",
        "Give a new verdict",
        "Record histopathology",
        "Record the result of a follow-up",
    ):
        loop.open_folded(page, title)
    loop.press(page, "Move to another lesion…")
    loop.open_folded(page, "A new lesion")
    expect(page.locator("triage-body-map")).to_be_visible()
    fitting.check(page, "case-forms", phone=phone)


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_comparison_under_a_slider_and_the_preview_of_a_file_fit(
    clinic_with_past: tuple[Workstation, Past],
    open_page: Opener,
    picture: Picture,
    phone: bool,
) -> None:
    site, lived = clinic_with_past
    page = open_page(site, f"/lesion?id={lived.lesion}", phone)
    _loaded(page, "triage-compare img")
    page.locator("triage-compare").get_by_role("button", name="Slider").click()
    fitting.check(page, "lesion-slider", phone=phone)
    page.goto(f"{site.address}/outcomes")
    page.locator("triage-csv input").set_input_files(picture("outcomes.csv", CSV))
    expect(page.locator(".preview")).to_contain_text("1 without a match")
    fitting.check(page, "outcomes-preview", phone=phone)


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_withheld_findings_fit(
    blinded_site: Workstation, open_page: Opener, picture: Picture, phone: bool
) -> None:
    page = open_page(blinded_site, "/analyse", phone)
    loop.upload_and_file(page, picture("x.jpg", past.images.jpeg(seed=300 + phone)), "FIT-1")
    fitting.check(page, "case-blinded", phone=phone)
    for name in ("worklist", "history"):
        page.goto(f"{blinded_site.address}/{name}")
        expect(page.locator("[data-line], a.line").first).to_be_visible()
        fitting.check(page, f"{name}-blinded", phone=phone)


def test_a_letter_and_a_report_lie_behind_their_links(
    clinic_with_past: tuple[Workstation, Past], open_page: Opener
) -> None:
    site, lived = clinic_with_past
    page = open_page(site, f"/case?id={lived.recalled}")
    with page.expect_download() as letter:
        page.get_by_role("link", name="Download letter 1 (PDF)").click()
    assert Path(letter.value.path()).read_bytes().startswith(b"%PDF-")
    screen.ready(page)
    page.get_by_role("button", name="Issue report").click()
    expect(page.get_by_text("Report 1 is issued")).to_be_visible()
