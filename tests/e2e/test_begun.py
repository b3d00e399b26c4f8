"""What was begun in the forms of a reading is there until it is recorded."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Dialog, Locator, Page, expect

from tests.e2e import loop
from tests.e2e.conftest import Opener, Workstation
from tests.samples import images
from triage_app.domain.calendar import UTC_ZONE, months_later
from triage_app.services.images.storing import now

Picture = Callable[[str, bytes], Path]
REVEAL = "Record impression and reveal findings"
REASON = "The network pattern is typical, and it has not changed in years."


def _typed(page: Page, field: str) -> Locator:
    return page.locator(f"#{field} textarea, #{field} input").first


def _ticked(page: Page, field: str) -> Locator:
    return page.locator(f"#{field} input:checked")


def _filed(page: Page, picture: Picture, seed: int) -> None:
    page.on("dialog", _leave)
    loop.upload_and_file(page, picture("lesion.jpg", images.jpeg(seed=seed)), f"BEGUN-{seed}")


def _leave(dialog: Dialog) -> None:
    """The browser asks whether to leave what was begun."""
    dialog.accept()


def test_a_begun_verdict_survives_a_reload_and_other_steps_and_ends_when_it_is_recorded(
    workstation: Workstation, open_page: Opener, picture: Picture
) -> None:
    page = open_page(workstation, "/analyse")
    _filed(page, picture, 91)
    loop.choose(page, "verdict-disposition", "Short-term follow-up")
    loop.press(page, "12 months")
    due = months_later(UTC_ZONE.day_of(now()), 12)
    expect(_typed(page, "verdict-due")).to_have_value(due.isoformat())
    loop.choose(page, "verdict-disposition", "Discharge")
    loop.write(page, "verdict-note", REASON)
    page.reload()
    expect(_typed(page, "verdict-note")).to_have_value(REASON)
    expect(_ticked(page, "verdict-disposition")).to_have_count(1)

    # Another step draws the whole page anew, and one that is refused records nothing.
    loop.press(page, "Take it")
    loop.said(page, "You are reading this case now.")
    expect(_typed(page, "verdict-note")).to_have_value(REASON)
    loop.press(page, "Record verdict")
    expect(page.locator(".messages .notice.error")).to_be_visible()
    page.reload()
    expect(_typed(page, "verdict-note")).to_have_value(REASON)

    page.locator("#verdict-level").get_by_label("Agree").check()
    loop.press(page, "Record verdict")
    loop.said(page, "The verdict is recorded.")
    page.reload()
    expect(page.locator(".recorded").first).to_contain_text(REASON)
    expect(_typed(page, "verdict-note")).to_have_value("")
    expect(_ticked(page, "verdict-disposition")).to_have_count(0)


def test_a_begun_impression_comes_back_as_it_was_meant(
    blinded_site: Workstation, open_page: Opener, picture: Picture
) -> None:
    page = open_page(blinded_site, "/analyse")
    _filed(page, picture, 92)
    loop.choose(page, "impression-diagnosis", "Melanocytic naevus")
    loop.open_folded(page, "Seven-point checklist")
    seen = page.locator("#impression-seven-point input")
    seen.first.check()
    seen.last.check()
    expect(_ticked(page, "impression-seven-point")).to_have_count(1)
    page.reload()
    expect(_ticked(page, "impression-diagnosis")).to_have_count(1)
    loop.open_folded(page, "Seven-point checklist")
    expect(_ticked(page, "impression-seven-point")).to_have_count(1)
    expect(seen.last).to_be_checked()
    seen.first.check(force=True)
    expect(seen.last).not_to_be_checked()
    loop.record_impression(page, REVEAL)
    page.reload()
    expect(page.locator(".recorded").first).to_contain_text("Blinded")
    expect(_ticked(page, "impression-diagnosis")).to_have_count(0)


def test_a_begun_outcome_stays_while_the_verdict_is_recorded(
    workstation: Workstation, open_page: Opener, picture: Picture
) -> None:
    page = open_page(workstation, "/analyse")
    _filed(page, picture, 93)
    loop.open_folded(page, "Record histopathology")
    loop.write(page, "outcome-text", REASON)
    page.locator("#verdict-level").get_by_label("Agree").check()
    loop.choose(page, "verdict-disposition", "Discharge")
    loop.press(page, "Record verdict")
    loop.said(page, "The verdict is recorded.")
    expect(_typed(page, "outcome-text")).to_have_value(REASON)
