"""Many images at once, and finding cases again."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e import screen
from tests.e2e.conftest import Opener, Workstation
from tests.samples import images
from tests.samples.patience import BROWSER_MS, SECONDS

Picture = Callable[[str, bytes], Path]


def _add(page: Page, files: list[Path]) -> None:
    page.locator("triage-batch-uploader input[type=file]").first.set_input_files(files)


def test_a_bad_file_of_a_batch_is_named_and_the_others_go_on(
    workstation: Workstation, open_page: Opener, picture: Picture
) -> None:
    page = open_page(workstation, "/batch")
    expect(page.locator("triage-batch-uploader .title")).to_be_visible()
    good = [picture(f"good-{i}.jpg", images.jpeg(seed=20 + i)) for i in range(3)]
    _add(page, [good[0], picture("broken.jpg", b"no picture at all"), *good[1:]])

    rows = page.locator(".batch-line")
    expect(rows).to_have_count(3)
    expect(page.locator("triage-batch-uploader li.bad")).to_contain_text("broken.jpg")
    expect(page.locator("triage-batch-uploader .message")).to_contain_text("4 of 4 images done")

    page.reload()
    expect(rows).to_have_count(3)
    bad = page.locator("triage-batch-uploader li.bad")
    expect(bad).to_contain_text("broken.jpg")
    bad.get_by_role("button", name="Try again").click()
    expect(bad).to_contain_text("broken.jpg")
    bad.get_by_role("button", name="Dismiss").click()
    expect(page.locator("triage-batch-uploader .message")).to_contain_text("3 of 3 images done")
    expect(bad).to_have_count(0)
    expect(rows.nth(0)).to_contain_text("From the image alone, without patient and lesion:")
    rows.nth(0).get_by_label("Patient reference").fill("BATCH-A")
    expect(rows.nth(0).locator(".row-status")).to_have_text(screen.SAVED)
    rows.nth(0).get_by_role("button", name="File", exact=True).click()
    expect(page.get_by_text("1 of 3 filed")).to_be_visible()

    page.get_by_label("Select all").check()
    bar = page.locator(".filters")
    bar.get_by_label("Patient reference").fill("BATCH-B")
    page.get_by_role("button", name="Apply to selected").click()
    expect(rows.nth(1).get_by_label("Patient reference")).to_have_value("BATCH-B")
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
    page.get_by_label("Select all").check()
    page.get_by_role("button", name="File selected").click()
    expect(page.get_by_text("3 of 3 filed")).to_be_visible()

    page.goto(f"{workstation.address}/history")
    screen.find_patient(page, "BATCH")
    expect(page.locator("a.line")).to_have_count(3)


def test_a_selection_is_used_once_and_what_it_would_overwrite_is_asked_about_and_undone(
    fresh_workstation: Workstation, open_page: Opener, picture: Picture
) -> None:
    page = open_page(fresh_workstation, "/batch")
    expect(page.locator("triage-batch-uploader .title")).to_be_visible()
    _add(page, [picture(f"lesion-{i}.jpg", images.jpeg(seed=40 + i)) for i in range(4)])
    rows, bar = page.locator(".batch-line"), page.locator(".filters")
    expect(rows).to_have_count(4)
    patients = [rows.nth(i).get_by_label("Patient reference") for i in range(4)]

    def assign(reference: str, *ticked: int) -> None:
        for i in ticked:
            rows.nth(i).get_by_label("Select").check()
        bar.get_by_label("Patient reference").fill(reference)
        bar.get_by_role("button", name="Apply to selected").click()

    assign("P-102", 0, 1, 2)
    expect(page.get_by_text("Assigned to 3 images: patient “P-102”.")).to_be_visible()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
    expect(bar.get_by_label("Patient reference")).to_have_value("")

    assign("P-103", 2, 3)
    question = page.locator(".ask [role=alert]")
    expect(question).to_contain_text(
        "1 image of patient “P-102” would be given to patient “P-103”."
    )
    expect(patients[2]).to_have_value("P-102")
    page.get_by_role("button", name="Leave as it is").click()
    expect(question).to_be_hidden()
    bar.get_by_role("button", name="Apply to selected").click()
    page.get_by_role("button", name="Overwrite").click()
    expect(patients[2]).to_have_value("P-103")
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)

    page.reload()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone: 2 images are as they were before.")).to_be_visible()
    for field, value in zip(patients, ("P-102", "P-102", "P-102", ""), strict=True):
        expect(field).to_have_value(value)
    expect(page.get_by_role("button", name="Undo")).to_be_hidden()


def test_filing_a_line_without_a_reference_says_why(
    workstation: Workstation, open_page: Opener, picture: Picture
) -> None:
    page = open_page(workstation, "/batch")
    expect(page.locator("triage-batch-uploader .title")).to_be_visible()
    _add(page, [picture("nameless.jpg", images.jpeg(seed=30))])
    page.get_by_role("button", name="File", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Enter a patient reference")
    expect(page.get_by_text("0 of 1 filed")).to_be_visible()


def test_what_was_sent_is_analysed_though_the_tab_is_closed_and_the_server_killed(
    fresh_workstation: Workstation, open_page: Opener, tmp_path: Path
) -> None:
    folder = tmp_path / "session" / "deeper"
    folder.mkdir(parents=True)
    for i in range(8):
        place = folder if i % 2 else folder.parent
        (place / f"lesion-{i}.jpg").write_bytes(images.jpeg(seed=i, width=160))
    (folder / "list.csv").write_bytes(b"name\n")

    page = open_page(fresh_workstation, "/batch")
    uploader = uploader_of(page)
    expect(uploader.locator(".title")).to_be_visible()
    uploader.locator(".folder input").set_input_files(folder.parent)
    expect(uploader.locator(".sending")).to_contain_text("1 file is no image")
    batch = page.url.rpartition("id=")[2]
    _received(fresh_workstation, batch, 8)
    page.close()
    fresh_workstation.kill()
    fresh_workstation.start()

    page = open_page(fresh_workstation, f"/batch?id={batch}")
    expect(uploader_of(page).locator(".message")).to_contain_text("8 of 8 images done")
    expect(page.locator(".batch-line")).to_have_count(8)


def test_a_batch_that_was_a_mistake_is_stopped_and_nothing_more_of_it_is_analysed(
    fresh_workstation: Workstation, open_page: Opener, picture: Picture
) -> None:
    # Large, so that they are sent faster than they are analysed.
    large, count = images.jpeg(width=4000, height=3000), 40
    files = [picture(f"wrong-{i}.jpg", large + str(i).encode()) for i in range(count)]
    page = open_page(fresh_workstation, "/batch")
    uploader = uploader_of(page)
    expect(uploader.locator(".title")).to_be_visible()
    _add(page, files)
    uploader.get_by_role("button", name="Stop this batch").click()
    expect(uploader.get_by_role("button", name="Go on")).to_be_focused()
    uploader.get_by_role("button", name="Go on").click()
    uploader.get_by_role("button", name="Stop this batch").click()
    uploader.get_by_role("button", name="Dismiss what waits").click()
    expect(uploader.locator(".halt")).to_be_empty()
    batch = page.url.rpartition("id=")[2]
    seen = _seen(fresh_workstation, batch)
    assert seen["waiting"] == seen["failed"] == 0 and seen["done"] == seen["total"] < count
    words = f"{seen['done']} of {seen['done']} image" if seen["done"] else "Nothing of this batch"
    expect(uploader.locator(".message")).to_contain_text(words)
    page.reload()
    expect(page.locator(".batch-line")).to_have_count(min(seen["done"], 25))
    assert _seen(fresh_workstation, batch) == seen


def uploader_of(page: Page) -> Locator:
    """The element that sends files and tells how far they are."""
    return page.locator("triage-batch-uploader")


def _received(workstation: Workstation, batch: str, count: int) -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if _seen(workstation, batch)["total"] == count:
            return
        time.sleep(0.05)
    pytest.fail("the files were not received")


def _seen(workstation: Workstation, batch: str) -> dict[str, Any]:
    with urlopen(f"{workstation.address}/api/batches/{batch}", timeout=30) as answer:
        seen: dict[str, Any] = json.load(answer)
    return seen


def test_history_filters_pages_and_keeps_its_address(
    fresh_workstation: Workstation, open_page: Opener, picture: Picture
) -> None:
    page = open_page(fresh_workstation, "/history")
    expect(page.get_by_text("No case is stored yet.")).to_be_visible()
    page.goto(f"{fresh_workstation.address}/batch")
    expect(page.locator("triage-batch-uploader .title")).to_be_visible()
    _add(page, [picture(f"many-{i}.jpg", images.jpeg(seed=i, width=160)) for i in range(27)])
    lines = page.locator(".batch-line")
    expect(lines).to_have_count(25, timeout=BROWSER_MS)
    expect(page.get_by_text("0 of 27 filed")).to_be_visible(timeout=BROWSER_MS)
    page.get_by_role("button", name="Next page").click()
    expect(lines).to_have_count(2)
    page.reload()
    expect(lines).to_have_count(2)

    page.goto(f"{fresh_workstation.address}/history")
    lines = page.locator("a.line")
    expect(lines).to_have_count(25)
    expect(page.get_by_text("27 cases")).to_be_visible()
    first = lines.first.get_attribute("href")
    page.get_by_role("button", name="Next page").click()
    expect(lines).to_have_count(2)
    expect(page).to_have_url(re.compile("cursor="))
    page.reload()
    expect(lines).to_have_count(2)
    page.get_by_role("button", name="Previous page").click()
    expect(lines).to_have_count(25)
    assert lines.first.get_attribute("href") == first

    lines.first.click()
    screen.ready(page)
    screen.field(page, "note").fill("Unmistakable words")
    screen.field(page, "patient_reference").fill("HIST-1")
    screen.saved(page)
    page.goto(f"{fresh_workstation.address}/history")
    expect(lines).to_have_count(25)  # the page fills its fields while it loads
    page.locator("#filter-text textarea, #filter-text input").fill("unmistakable")
    page.get_by_role("button", name="Apply filter").click()
    expect(lines).to_have_count(1)
    expect(lines.first).to_contain_text("HIST-1")
    # What was typed about a patient stays out of the address, and in this window all the same.
    expect(page).to_have_url(re.compile("/history$"))
    page.reload()
    expect(lines).to_have_count(1)
    lines.first.click()
    expect(page.locator(".case-head")).to_be_visible()
    page.go_back()
    expect(lines).to_have_count(1)
    page.get_by_role("button", name="Clear filter").click()
    expect(lines).to_have_count(25)
    expect(page).to_have_url(re.compile("/history$"))

    page.goto(f"{fresh_workstation.address}/history?since=yesterday")
    expect(page.get_by_role("alert")).to_contain_text("year-month-day")
