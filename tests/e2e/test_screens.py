"""Every page at both sizes: nothing sticks out, everything is labelled, the disclaimer is there."""

import json
import os
import re
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import images
from tests.e2e import people, screen
from tests.e2e.conftest import Opener, Watch, Workstation

Picture = Callable[[str, bytes], Path]
SHOTS = "SCREENSHOT_DIR"
BATCH = "5c" * 16

# Address of each page, and what stands there once it has loaded.
SHOWN = {
    "analyse": ("/analyse", "triage-uploader .title"),
    "result": ("/analyse?id={case}", ".banner"),
    "batch": ("/batch?id={batch}", ".batch-line img"),
    "history": ("/history", "a.line"),
    "case": ("/case?id={case}", ".case-head"),
    "privacy": ("/privacy", "#patient"),
    "trail": ("/trail", ".trail td"),
    "site": ("/site", "#suspend-reason"),
    "statistics": ("/statistics", ".chart"),
    "about": ("/about", ".about-parts"),
}
# Elements that a screen reader could not name, and controls too small for a finger.
UNNAMED = """() => {
  const named = (e) => e.labels?.length || e.getAttribute("aria-label") || e.title
    || e.closest("label") || e.innerText?.trim() || e.getAttribute("aria-labelledby");
  return [...document.querySelectorAll("button, input, textarea, select, a[href]")]
    .filter((e) => e.checkVisibility() && e.type !== "hidden" && !named(e))
    .map((e) => e.outerHTML.slice(0, 160));
}"""
SMALL = """() => {
  const reach = (e) => (e.closest("label") ?? e).getBoundingClientRect();
  return [...document.querySelectorAll("button, input, textarea, summary, nav a, a.button")]
    .filter((e) => e.checkVisibility())
    .filter((e) => { const r = reach(e); return r.height < 43.5 || r.width < 24; })
    .map((e) => `${e.outerHTML.slice(0, 120)} ${reach(e).width} x ${reach(e).height}`);
}"""


@pytest.fixture(scope="module")
def case_id(workstation: Workstation, browser: Browser) -> str:
    """A case with everything, made through the upload route."""

    def send(method: str, path: str, body: bytes) -> dict[str, str]:
        request = urllib.request.Request(
            workstation.address + path,
            body,
            {
                "origin": workstation.address,
                "content-type": "application/json",
                "x-batch": BATCH,
            },
            method=method,
        )
        with urllib.request.urlopen(request) as answer:
            found: dict[str, str] = json.load(answer)
        return found

    stored = send("POST", "/api/uploads", images.jpeg(seed=50))
    fields = {"patient_reference": "SCREEN-1", "lesion_label": "left forearm 1", "age": 61}
    body = {"version": stored["version"], "fields": fields}
    send("PUT", f"/api/cases/{stored['case']}/draft", json.dumps(body).encode())
    return stored["case"]


def _shot(page: Page, name: str) -> None:
    folder = os.environ.get(SHOTS)
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", SHOWN)
def test_a_page_fits_is_labelled_and_carries_the_disclaimer(
    workstation: Workstation, open_page: Opener, case_id: str, name: str, phone: bool
) -> None:
    path, shown = SHOWN[name]
    page = open_page(workstation, path.format(case=case_id, batch=BATCH), phone)
    expect(page.locator(shown).first).to_be_visible()
    expect(page.locator("triage-notes")).to_contain_text("Single-user mode: nobody signs in")
    assert page.evaluate("document.documentElement.lang") == "en"
    expect(page).to_have_title(re.compile(f"^{page.locator('h1').inner_text()} · "))
    if name in ("result", "case"):
        screen.saved(page)
        loaded = "(e) => e.complete && e.naturalWidth > 0"
        picture = page.locator("triage-viewer img").first
        page.wait_for_function(loaded, arg=picture.element_handle())
    _check(page, name, phone)


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_the_pages_of_accounts_fit_and_are_labelled(
    clinic: Workstation, open_page: Opener, phone: bool, watch: Watch
) -> None:
    watch.expected += ["401", "403"]
    page = open_page(clinic, "/sign-in", phone)
    _check(page, "sign-in", phone)
    people.enter_first(page, clinic)
    for name, shown in (
        ("people", "td"),
        ("account", "td"),
        ("password", "form"),
        ("two-factor", ".qr"),
        ("analyse", ".notice.error"),
    ):
        page.goto(f"{clinic.address}/{name}")
        expect(page.locator(shown).first).to_be_visible()
        _check(page, f"accounts-{name}", phone)


def _check(page: Page, name: str, phone: bool) -> None:
    """Nothing sticks out, everything has a name and is large enough, the disclaimer is there."""
    expect(page.get_by_text("Research software. Not CE- or UKCA-marked")).to_be_visible()
    expect(page.locator("h1")).to_have_count(1)
    _shot(page, f"{name}-{'phone' if phone else 'desktop'}")
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(UNNAMED) == []
    if phone:
        assert page.evaluate(SMALL) == []
