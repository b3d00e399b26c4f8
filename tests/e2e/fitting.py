"""What every page must hold to: nothing sticks out, everything is labelled and large enough."""

import os
import time
from pathlib import Path

from playwright.sync_api import Page, expect

SHOTS = "SCREENSHOT_DIR"
SETTLED_SECONDS = 60.0

# All elements, those in the custom elements too.
DEEP = """const deep = (root) => [...root.querySelectorAll("*")]
    .flatMap((e) => e.shadowRoot ? [e, ...deep(e.shadowRoot)] : [e]);"""
# Elements that a screen reader could not name, and controls too small for a finger.
UNNAMED = f"""() => {{
  {DEEP}
  const named = (e) => e.labels?.length || e.getAttribute("aria-label") || e.title
    || e.closest("label") || e.innerText?.trim() || e.getAttribute("aria-labelledby");
  return deep(document).filter((e) => e.matches("button, input, textarea, select, a[href]"))
    .filter((e) => e.checkVisibility() && e.type !== "hidden" && !named(e))
    .map((e) => e.outerHTML.slice(0, 160));
}}"""
SMALL = f"""() => {{
  {DEEP}
  const reach = (e) => (e.closest("label") ?? e).getBoundingClientRect();
  return deep(document)
    .filter((e) => e.matches("button, input, textarea, select, summary, nav a, a.button"))
    .filter((e) => e.checkVisibility())
    .filter((e) => {{ const r = reach(e); return r.height < 43.5 || r.width < 24; }})
    .map((e) => `${{e.outerHTML.slice(0, 120)}} ${{reach(e).width}} x ${{reach(e).height}}`);
}}"""


def check(page: Page, name: str, *, phone: bool) -> None:
    """Fail on what sticks out, has no name or is too small, and without the disclaimer."""
    expect(page.get_by_text("Research software. Not CE- or UKCA-marked")).to_be_visible()
    expect(page.locator("h1")).to_have_count(1)
    _shot(page, f"{name}-{'phone' if phone else 'desktop'}")
    width = page.viewport_size["width"] if page.viewport_size else 0
    _stays(page, f"document.documentElement.scrollWidth <= {width} ? [] : ['the page']", "wide")
    _stays(page, UNNAMED, "without a name")
    if phone:
        _stays(page, SMALL, "too small")


def _stays(page: Page, found: str, fault: str) -> None:
    """Fail where a fault is still there after a while: Gradio draws its parts one by one, so that
    for a moment a control stands there without its label."""
    end = time.monotonic() + SETTLED_SECONDS
    faults = page.evaluate(found)
    while faults and time.monotonic() < end:
        page.wait_for_timeout(100)
        faults = page.evaluate(found)
    assert not faults, f"{fault}: {faults}"


def _shot(page: Page, name: str) -> None:
    folder = os.environ.get(SHOTS)
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
