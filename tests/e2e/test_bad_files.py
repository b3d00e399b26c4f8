"""Files that cannot be used are refused with a sentence, and nothing is stored of them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e import screen
from tests.e2e.conftest import Opener, Watch, Workstation
from tests.samples import images

Picture = Callable[[str, bytes], Path]


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (("empty.jpg", b""), "empty"),
        (("letter.jpg", b"Dear colleague"), "not an image"),
        (("cut.jpg", images.jpeg(seed=1)[:9000]), "incomplete|truncated|cut|damaged"),
        (("moving.gif", images.animated("GIF")), "GIF|frame|animat"),
    ],
)
def test_a_file_that_is_no_usable_picture_is_refused_with_a_sentence(  # noqa: PLR0917
    workstation: Workstation,
    open_page: Opener,
    picture: Picture,
    watch: Watch,
    bad: tuple[str, bytes],
    sentence: str,
) -> None:
    watch.expected.append("422")
    page = open_page(workstation, "/analyse")
    screen.field(page, "note").fill("kept")
    page.locator("triage-uploader input[type=file]").first.set_input_files(picture(*bad))
    message = page.locator("triage-uploader .message")
    expect(message).to_have_text(re.compile(sentence, re.IGNORECASE))
    expect(message).to_have_attribute("role", "alert")
    assert "id=" not in page.url
    expect(screen.field(page, "note")).to_have_value("kept")


def test_after_a_refusal_the_next_image_is_analysed(
    workstation: Workstation, open_page: Opener, picture: Picture, watch: Watch
) -> None:
    watch.expected.append("422")
    page = open_page(workstation, "/analyse")
    chooser = page.locator("triage-uploader input[type=file]").first
    chooser.set_input_files(picture("bad.jpg", b"bad"))
    expect(page.locator("triage-uploader .message")).to_contain_text("not an image")
    screen.analyse(page, picture("good.png", images.transparent_png()))


def test_a_pasted_image_is_analysed(workstation: Workstation, open_page: Opener) -> None:
    page = open_page(workstation, "/analyse")
    expect(page.locator("triage-uploader .title")).to_be_visible()
    page.evaluate(
        """(bytes) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], "", { type: "image/jpeg" }));
          document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
        }""",
        list(images.jpeg(seed=40)),
    )
    expect(page.locator(".banner")).to_be_visible()
    expect(page.locator(".facts")).to_contain_text("pasted image")


def test_two_images_at_once_are_sent_to_the_batch_page(
    workstation: Workstation, open_page: Opener
) -> None:
    page = open_page(workstation, "/analyse")
    zone = page.locator("triage-uploader .zone")
    expect(zone).to_be_visible()
    zone.evaluate(
        """(zone, bytes) => {
          const data = new DataTransfer();
          for (const name of ["a.jpg", "b.jpg"]) {
            data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
          }
          zone.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
        }""",
        list(images.jpeg(seed=41)),
    )
    expect(page.locator("triage-uploader .message")).to_contain_text("batch page")


def test_an_unknown_case_is_said_to_be_unknown(workstation: Workstation, open_page: Opener) -> None:
    for case in ("0" * 32, "../../etc/passwd", "<script>"):
        page = open_page(workstation, f"/case?id={case}")
        expect(page.get_by_role("alert")).to_contain_text("This case does not exist")
