"""Steps of the loop on the pages: patient, lesion, impression, verdict, outcome, letter."""

import re
from pathlib import Path

from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.e2e import screen

READING = "#reading"


def said(page: Page, sentence: str) -> None:
    """Wait for what a step says when it is done."""
    expect(page.locator(".messages").get_by_text(sentence)).to_be_visible()


def choose(page: Page, field: str, label: str) -> None:
    """Choose one of the options of a field in the reading of a case."""
    page.locator(f"#{field}").get_by_label(label, exact=True).check()


def pick(page: Page, field: str, label: str | re.Pattern[str]) -> None:
    """Choose from a list of options."""
    page.locator(f"#{field} input").click()
    page.get_by_role("option", name=label).first.click()


def write(page: Page, field: str, text: str) -> None:
    """Type into a field of the reading."""
    page.locator(f"#{field} textarea, #{field} input").fill(text)


def press(page: Page, name: str) -> None:
    """Press a button by its name."""
    page.get_by_role("button", name=name, exact=True).click()


def new_patient(page: Page, reference: str) -> str:
    """Create a patient on the page of patients; the internal id."""
    page.locator("#new-patient textarea, #new-patient input").fill(reference)
    press(page, "Create patient")
    expect(page).to_have_url(re.compile(r"/patient\?id=[0-9a-f]{32}$"))
    expect(page.locator(".case-head")).to_contain_text(reference)
    return page.url.rpartition("id=")[2]


def region(page: Page, name: str) -> Locator:
    """A part of the body on the map."""
    return page.get_by_role("button", name=re.compile(f"^{name}")).first


def mark_by_click(page: Page, name: str) -> None:
    """Click in the middle of a part of the body."""
    box: FloatRect | None = region(page, name).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def mark_by_keyboard(page: Page, first: str, keys: list[str]) -> None:
    """Walk over the map with the arrow keys, then press Enter."""
    region(page, first).focus()
    for key in [*keys, "Enter"]:
        page.keyboard.press(key)


def create_lesion(page: Page, label: str, count: int) -> str:
    """Store the lesion at the place that is marked; its id. ``count`` lesions are then listed."""
    write(page, "place-label", label)
    press(page, "Create lesion")
    said(page, "The lesion is stored.")
    lines = page.locator(".lesion-list a")
    expect(lines).to_have_count(count)
    link = lines.filter(has_text=label).get_attribute("href") or ""
    return link.rpartition("id=")[2]


def upload_and_file(page: Page, path: Path, reference: str) -> str:
    """Analyse an image, answer everything, file the case; its id. Leaves the case's page open."""
    page.locator("triage-uploader input[type=file]").first.set_input_files(path)
    expect(page.locator("triage-viewer")).to_be_visible()
    case = screen.case_id(page)
    screen.field(page, "patient_reference").fill(reference)
    screen.answer_everything(page)
    screen.saved(page)
    press(page, "File case")
    expect(page.get_by_text("Filed. It is in the review history.")).to_be_visible()
    page.get_by_role("link", name="Open the case").click()
    expect(page.locator(".case-head")).to_contain_text(reference)
    screen.ready(page)
    return case


def file_under(page: Page, label: str) -> None:
    """File the image of the open case under a lesion of its patient."""
    press(page, "File under a lesion…")
    pick(page, "choose-lesion", re.compile(label))
    press(page, "File under this lesion")
    said(page, "The image is filed under the lesion.")


def record_impression(page: Page, button: str, level: str = "Routine") -> None:
    """Fill in and record the impression."""
    choose(page, "impression-diagnosis", "Melanocytic naevus")
    choose(page, "impression-level", level)
    choose(page, "impression-confidence", "Moderate")
    press(page, button)
    said(page, "Your impression is recorded.")


def record_verdict(page: Page, level: str, disposition: str, **typed: str) -> None:
    """Fill in and record a verdict; ``typed`` are reason, due and note."""
    form = page.get_by_role("button", name=re.compile("^Give (your|a new) verdict"))
    if not page.locator("#verdict-level").is_visible():
        form.click()
    choose(page, "verdict-level", level)
    choose(page, "verdict-disposition", disposition)
    for name, text in typed.items():
        write(page, f"verdict-{name}", text)
    press(page, "Record verdict")
    said(page, "The verdict is recorded.")


def open_folded(page: Page, title: str) -> None:
    """Open a folded part of the page."""
    page.get_by_role("button", name=re.compile(f"^{re.escape(title)}")).click()
