"""The loop in a real browser: a lesion over time, the clinician's read, and what became of it."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.e2e import loop, screen
from tests.e2e.conftest import Opener, Workstation
from tests.samples import images
from tests.samples.closed_loop import DOCUMENT

Picture = Callable[[str, bytes], Path]
FOUND = re.compile(r"malignant|operating point|%", re.IGNORECASE)
REVEAL = "Record impression and reveal findings"


def _today(days: int = 0) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def _go(page: Page, site: Workstation, path: str) -> None:
    page.goto(site.address + path)


def test_a_lesion_goes_from_the_body_map_to_its_outcome(
    blinded_site: Workstation, open_page: Opener, picture: Picture
) -> None:
    page = open_page(blinded_site, "/patients")
    patient = loop.new_patient(page, "LOOP-1")
    lesion = _two_lesions(page)

    first = _first_image(page, blinded_site, picture)
    _go(page, blinded_site, "/recall")
    expect(page.locator(".recall")).to_contain_text("LOOP-1")

    second = _second_image(page, blinded_site, picture)
    _compared(page, blinded_site, lesion)
    _outcome(page, blinded_site, second)
    _withdraw(page)

    # The follow-up of the first image ended with the verdict on the second one.
    _go(page, blinded_site, f"/case?id={first}")
    expect(page.locator(".recorded .ended")).to_contain_text("Follow-up visit: Done")
    loop.press(page, "Close case")
    loop.said(page, "The case is closed.")
    _go(page, blinded_site, f"/patient?id={patient}")
    expect(page.locator(".lesion-list")).to_contain_text("2 images")


def _two_lesions(page: Page) -> str:
    """One lesion marked by a click, one by the keyboard; the id of the first."""
    expect(loop.region(page, "Forearm, left")).to_be_visible()
    loop.mark_by_click(page, "Forearm, left")
    expect(page.locator("#place-site input")).to_have_value("Upper extremity")
    expect(page.get_by_label("Left", exact=True)).to_be_checked()
    by_click = loop.create_lesion(page, "Mole A", 1)
    loop.mark_by_keyboard(page, "Chest", ["ArrowDown"])
    expect(page.locator("triage-body-map .said")).to_contain_text("Marked:")
    loop.create_lesion(page, "Mole B", 2)
    expect(page.locator("triage-body-map a.mark")).to_have_count(2)
    return by_click


def _first_image(page: Page, site: Workstation, picture: Picture) -> str:
    """Impression before reveal, then an override that asks for a follow-up; the case."""
    _go(page, site, "/analyse")
    case = loop.upload_and_file(page, picture("first.jpg", images.jpeg(seed=71)), "LOOP-1")
    loop.file_under(page, "Mole A")
    expect(page.locator(".banner, .bars")).to_have_count(0)
    loop.record_impression(page, REVEAL)
    expect(screen.level(page)).to_have_text("Routine")
    expect(page.locator(".recorded").first).to_contain_text("Blinded")
    loop.record_verdict(
        page,
        "Override: Review",
        "Short-term follow-up",
        reason="The patient says that it has changed",
        due=_today(90),
    )
    expect(page.locator(".verdict.present")).to_contain_text("overrides “routine”")
    loop.press(page, "Issue letter to the patient (PDF)")
    loop.said(page, "The letter is issued and stored.")
    with page.expect_download() as letter:
        page.get_by_role("link", name="Download letter 1 (PDF)").click()
    assert Path(letter.value.path()).read_bytes().startswith(b"%PDF-")
    return case


def _second_image(page: Page, site: Workstation, picture: Picture) -> str:
    """A later image of the same lesion, which is to be excised; the case."""
    _go(page, site, "/analyse")
    case = loop.upload_and_file(page, picture("second.jpg", images.jpeg(seed=72)), "LOOP-1")
    loop.file_under(page, "Mole A")
    loop.record_impression(page, REVEAL, "Urgent")
    loop.record_verdict(
        page, "Override: Urgent", "Biopsy or excision", reason="It has grown", note="Excise"
    )
    expect(page.locator(".recorded").nth(1)).to_contain_text("Responsible:")
    loop.press(page, "Close case")
    expect(page.locator(".messages .error")).to_contain_text("histology awaited")
    return case


def _compared(page: Page, site: Workstation, lesion: str) -> None:
    """Both images of the lesion, side by side and under a slider."""
    _go(page, site, f"/lesion?id={lesion}")
    compare = page.locator("triage-compare")
    expect(compare.locator("img")).to_have_count(2)
    for picture in compare.locator("img").all():
        page.wait_for_function(
            "(e) => e.complete && e.naturalWidth > 0", arg=picture.element_handle()
        )
    compare.get_by_role("button", name="Slider").click()
    slide = compare.get_by_role("slider")
    expect(slide).to_be_visible()
    slide.focus()
    before = slide.input_value()
    page.keyboard.press("ArrowRight")
    assert slide.input_value() != before
    compare.get_by_role("button", name="Zoom in").click()
    moved = compare.locator(".moved").all()
    assert len({one.evaluate("(e) => e.style.transform") for one in moved}) == 1
    expect(page.locator(".changes li").first).to_be_visible()
    expect(page.locator(".over-time svg[role=img]:visible")).to_have_count(1)


def _outcome(page: Page, site: Workstation, case: str) -> None:
    """Histopathology with the report as a PDF; the case can then be closed."""
    _go(page, site, f"/case?id={case}")
    screen.ready(page)
    loop.open_folded(page, "Record histopathology")
    loop.pick(page, "outcome-diagnosis", "Melanoma in situ")
    loop.write(page, "outcome-on", _today())
    loop.write(page, "outcome-specimen", "S-100")
    page.get_by_role("button", name="Record outcome", exact=True).first.click()
    loop.said(page, "The outcome is recorded.")
    page.locator("triage-document input").set_input_files(
        {"name": "report.pdf", "mimeType": "application/pdf", "buffer": DOCUMENT}
    )
    loop.said(page, "The PDF is stored with the outcome.")
    with page.expect_download() as kept:
        page.get_by_role("link", name="Download the pathologist's report (PDF)").click()
    assert Path(kept.value.path()).read_bytes() == DOCUMENT
    loop.press(page, "Close case")
    loop.said(page, "The case is closed.")


def _withdraw(page: Page) -> None:
    """It was another patient's: the outcome is struck out, and the histology awaited again."""
    loop.open_folded(page, "Withdraw an outcome that was recorded by mistake")
    expect(page.get_by_text("The case, which is closed, is opened again.")).to_be_visible()
    loop.pick(page, "withdraw-which", re.compile("Melanoma in situ"))
    loop.press(page, "Withdraw this outcome")
    expect(page.locator(".messages .error")).to_contain_text("Say why")
    loop.write(page, "withdraw-reason", "The report of another patient.")
    loop.press(page, "Withdraw this outcome")
    loop.said(page, "The outcome is withdrawn.")
    expect(page.locator("#reading del")).to_have_text("Melanoma in situ")
    expect(page.get_by_text("Withdrawn because: The report of another patient.")).to_be_visible()
    expect(page.locator("#step-what").get_by_text("Done: the result is known")).to_be_visible()
    expect(page.get_by_role("button", name="Close case", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Withdraw an outcome")).to_be_hidden()


def test_before_the_impression_no_page_tells_a_finding(
    blinded_site: Workstation, open_page: Opener, picture: Picture
) -> None:
    page = open_page(blinded_site, "/analyse")
    case = loop.upload_and_file(page, picture("hidden.jpg", images.jpeg(seed=73)), "HIDDEN-1")
    for path in (f"/case?id={case}", f"/analyse?id={case}", "/history", "/worklist", "/statistics"):
        _go(page, blinded_site, path)
        expect(page.locator(".messages, .total, .chart, .work-list").first).to_be_attached()
        screen_of_case = path.startswith(("/case", "/analyse"))
        if screen_of_case:
            expect(page.locator("triage-viewer")).to_be_visible()
            expect(page.locator(".banner, .bars, .reasons")).to_have_count(0)
            assert not FOUND.search(page.locator("triage-viewer").inner_text())
        else:
            lines = page.locator("a.line, [data-line]").filter(has_text="HIDDEN-1")
            for line in lines.all():
                expect(line.locator("[class*=level-]")).to_have_count(0)


def test_unread_cases_are_taken_and_gone_through_by_key(
    fresh_workstation: Workstation, open_page: Opener, picture: Picture
) -> None:
    page = open_page(fresh_workstation, "/analyse")
    for number in range(3):
        _go(page, fresh_workstation, "/analyse")
        name = f"WORK-{number}"
        loop.upload_and_file(page, picture(f"{number}.jpg", images.jpeg(seed=80 + number)), name)
    _go(page, fresh_workstation, "/worklist")
    lines = page.locator("[data-line] a.opens")
    expect(lines).to_have_count(3)
    page.get_by_role("button", name="Take: WORK-1").click()
    loop.said(page, "The case is yours.")
    page.get_by_role("button", name="Mine (1)").click()
    expect(lines).to_have_count(1)
    page.get_by_role("button", name="All", exact=True).click()
    expect(lines).to_have_count(3)
    references = [re.search(r"WORK-\d", text) for text in lines.all_inner_texts()]
    shown = [found.group() for found in references if found]
    page.keyboard.press("j")
    expect(lines.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(lines.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(lines.nth(0)).to_be_focused()
    page.keyboard.press("Enter")
    for key, reference in (("j", shown[0]), ("k", shown[1]), ("j", shown[0])):
        expect(page.locator(".case-head")).to_contain_text(reference)
        expect(page.locator(f"a[data-key={key}]")).to_be_visible()
        # The link is there before the script that listens for its key.
        page.wait_for_function("() => customElements.get('triage-work')")
        page.keyboard.press(key)
    expect(page.locator(".case-head")).to_contain_text(shown[1])


def test_a_button_cannot_be_pressed_before_the_scripts_have_loaded(
    workstation: Workstation, open_page: Opener, picture: Picture
) -> None:
    page = open_page(workstation, "/analyse")
    loop.upload_and_file(page, picture("early.jpg", images.jpeg(seed=95)), "EARLY-1")
    held: list[Route] = []
    page.route("**/components/*/main.js", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks it
    page.goto(f"{workstation.address}/worklist", wait_until="commit")
    line = page.locator("[data-line]").filter(has_text="EARLY-1")
    expect(line.locator("a.opens")).to_be_visible()
    expect(line.get_by_text("Take", exact=True)).to_be_hidden()
    held[0].continue_()
    line.get_by_role("button", name="Take: EARLY-1").click()
    loop.said(page, "The case is yours.")


def test_outcomes_of_a_file_are_shown_first_and_stored_once(
    workstation: Workstation, open_page: Opener, picture: Picture
) -> None:
    page = open_page(workstation, "/analyse")
    loop.upload_and_file(page, picture("csv.jpg", images.jpeg(seed=90)), "CSV-1")
    rows = "patient_reference;specimen;date;diagnosis\n" + "".join(
        f"{reference};S-{number};{_today()};naevus\n"
        for number, reference in enumerate(("CSV-1", "NOBODY"))
    )
    _go(page, workstation, "/outcomes")
    chooser = page.locator("triage-csv input")
    chooser.set_input_files(picture("outcomes.csv", rows.encode()))
    expect(page.locator(".preview")).to_contain_text("1 will be added")
    expect(page.locator(".preview")).to_contain_text("1 without a match")
    loop.press(page, "Add 1 outcome")
    loop.said(page, "1 added, 0 stored before, 1 left out.")
    chooser.set_input_files(picture("unicode.txt", rows.replace(";", "\t").encode("utf-16")))
    expect(page.locator(".preview")).to_contain_text("1 stored already")
    expect(page.get_by_role("button", name="Add 1 outcome")).to_be_hidden()

    with page.expect_download() as exported:
        loop.press(page, "Download cases (CSV)")
    text = Path(exported.value.path()).read_text(encoding="utf-8-sig")
    found = [row for row in csv.DictReader(io.StringIO(text)) if "CSV-1" in row.values()]
    assert len(found) == 1 and "naevus" in found[0].values()
