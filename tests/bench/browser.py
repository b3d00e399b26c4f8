"""From the click to the result on the screen, against the same service in process."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.bench.budget import Budget
from tests.bench.harness import Row, at_most_times, compare_measured, milliseconds, unmeasured
from tests.bench.photographs import draw_all, photograph
from tests.bench.server import Server, serving
from triage_app.config import Settings
from triage_app.domain.people import LOCAL_USER
from triage_app.wiring import bootstrap

CHROMIUM = Path("/usr/bin/chromium")
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic")
SCREEN = {"width": 1440, "height": 900}
ROUNDS = 15
WAIT_MS = 60_000
# The analyse page takes what is typed.
READY = "triage-status p[data-kind]"
WHAT = "browser: click to result shown, one user"
NOTE = (
    "From the choice of the file until level and findings are painted and the picture is decoded, "
    "by the browser's own clock. Reference: the same image analysed and stored in process."
)
# Notes when a file is chosen, and when its result has been painted with its picture.
WATCH = """() => {
  const marks = (window.benchMarks = {});
  const zone = document.querySelector("triage-uploader").shadowRoot;
  zone.addEventListener("change", () => (marks.chosen = performance.now()), { capture: true });
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const look = async () => {
    const viewer = document.querySelector("triage-viewer")?.shadowRoot;
    const picture = viewer?.querySelector("img");
    if (marks.found || !picture || !document.querySelector(".banner .level-word")) return;
    marks.found = performance.now();
    await Promise.all([picture.decode(), painted()]);
    marks.shown = performance.now();
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
}"""


def rows(budget: Budget) -> Iterator[Row]:
    """One row."""
    if not CHROMIUM.exists():
        yield unmeasured(WHAT, f"{CHROMIUM} is not installed; `make browser` installs it")
        return
    with (
        tempfile.TemporaryDirectory() as served,
        tempfile.TemporaryDirectory() as folder,
        serving(Path(served), single_user=True) as server,
        opened(server) as page,
        bootstrap.build(Settings.from_env({"TRIAGE_DATA_DIR": folder})) as station,
    ):
        draw_all()
        numbers = count()

        def in_process() -> float:
            data = photograph(next(numbers))
            return milliseconds(lambda: station.cases.analyse_upload(LOCAL_USER, data, "a.jpg"))

        def in_browser() -> float:
            path = Path(folder) / "bench.jpg"
            path.write_bytes(photograph(next(numbers)))
            show(page, f"{server.origin}/analyse", READY)
            return analysed(page, path)

        yield compare_measured(
            WHAT,
            "the same service in process",
            in_process,
            in_browser,
            target=at_most_times(5),
            rounds=ROUNDS,
            budget=budget,
            note=NOTE,
        )


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@contextmanager
def opened(server: Server, token: str = "") -> Iterator[Page]:
    """A window; with ``token`` that of the person whose session it opens."""
    with chromium() as browser:
        context: BrowserContext = browser.new_context(viewport=SCREEN)
        context.set_default_timeout(WAIT_MS)
        if token:
            cookie = {"name": "triage_session", "value": token, "url": server.origin}
            context.add_cookies([cookie])
        yield context.new_page()


def show(page: Page, address: str, filled: str) -> float:
    """Open a page and wait until it has its content and takes what is typed; milliseconds."""
    start = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector(filled, state="attached")
    return 1000 * (time.perf_counter() - start)


def analysed(page: Page, photograph: Path) -> float:
    """Choose a file on the analyse page; milliseconds until its result is on the screen."""
    page.evaluate(WATCH)
    page.locator("triage-uploader input[type=file]").first.set_input_files(photograph)
    page.wait_for_function("() => window.benchMarks.shown", polling=50)
    marks = page.evaluate("window.benchMarks")
    return float(marks["shown"] - marks["chosen"])
