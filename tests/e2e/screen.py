"""What a person does on the pages, so that the tests read as steps."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

SAVED = "All changes are saved."


def field(page: Page, name: str) -> Locator:
    """A text field of the intake form."""
    return page.locator(f"#field-{name} input, #field-{name} textarea")


def choose(page: Page, name: str, label: str) -> None:
    """Choose one of the options of a field."""
    page.locator(f"#field-{name}").get_by_label(label, exact=True).check()


def choose_site(page: Page, label: str) -> None:
    """Choose a body site."""
    page.locator("#field-site input").click()
    page.get_by_role("option", name=label, exact=True).click()


def ready(page: Page) -> None:
    """Wait until the form takes what is typed."""
    expect(page.locator("triage-status p")).to_have_attribute("data-kind", "saved")


def analyse(page: Page, path: Path) -> str:
    """Add an image on the analyse page; the id of its case."""
    page.locator("triage-uploader input[type=file]").first.set_input_files(path)
    expect(page.locator(".banner")).to_be_visible()
    return case_id(page)


def case_id(page: Page) -> str:
    """The case in the address."""
    return page.url.rpartition("id=")[2]


def saved(page: Page) -> None:
    """Wait until everything typed is stored."""
    expect(page.locator("triage-status p")).to_have_text(SAVED)


def find_patient(page: Page, reference: str) -> None:
    """Search on the history page, once it has taken its filter from the address."""
    expect(page.locator(".total, .result-empty").first).to_be_visible()
    page.locator("#filter-patient textarea, #filter-patient input").fill(reference)
    page.get_by_role("button", name="Apply filter").click()


def level(page: Page) -> Locator:
    """The word of the triage level."""
    return page.locator(".banner .level-word")


def answer_everything(page: Page) -> None:
    """Context that gives no reason for review."""
    field(page, "age").fill("52")
    choose(page, "sex", "Female")
    choose(page, "skin_type", "II")
    choose_site(page, "Back")
    choose(page, "laterality", "Left")
    choose(page, "red_flags", "Asked: none present")
    choose(page, "dermoscopic", "Yes")
