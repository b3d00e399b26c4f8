"""Every page at both sizes: nothing sticks out, everything is labelled, the disclaimer is there."""

import json
import re
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e import fitting, people, screen
from tests.e2e.conftest import Opener, Watch, Workstation
from tests.samples import images

Picture = Callable[[str, bytes], Path]
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
    fitting.check(page, name, phone=phone)


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_the_pages_of_accounts_fit_and_are_labelled(
    clinic: Workstation, open_page: Opener, phone: bool, watch: Watch
) -> None:
    watch.expected += ["401", "403"]
    page = open_page(clinic, "/sign-in", phone)
    fitting.check(page, "sign-in", phone=phone)
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
        fitting.check(page, f"accounts-{name}", phone=phone)
