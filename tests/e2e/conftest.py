"""The real application in a process of its own, and a real browser in front of it."""

import os
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    expect,
    sync_playwright,
)

from tests.samples import tiny_model
from tests.samples.patience import BROWSER_MS
from triage_app.config import PROJECT_ROOT

ROOT = PROJECT_ROOT
CHROMIUM = Path("/usr/bin/chromium")
SHIPPED = sorted((ROOT / "assets" / "models").glob("*/card.json"))
START_SECONDS = 300
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

expect.set_options(timeout=BROWSER_MS)


class Workstation:
    """`python app.py` on a data folder; can be killed and started again on the same port."""

    def __init__(
        self,
        data: Path,
        model: Path | None,
        *,
        accounts: bool = False,
        temporary: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.data = data
        self._settings = dict(settings or {})
        self.temporary = temporary
        self._model = model
        self._accounts = accounts
        self._port = "0"
        self._process: subprocess.Popen[str] | None = None
        self.address = ""
        self.printed: list[str] = []

    def start(self) -> None:
        """Start it and wait until it answers."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("TRIAGE_")}
        env = inherited | {
            "TRIAGE_DATA_DIR": str(self.data),
            "TRIAGE_PORT": self._port,
            "TRIAGE_SINGLE_USER": "no" if self._accounts else "yes",
            # Tests reckon in UTC, wherever the machine that runs them is.
            "TRIAGE_TIME_ZONE": "UTC",
        }
        env |= self._settings
        if self.temporary is not None:
            env["TMPDIR"] = str(self.temporary)
        if self._model is not None:
            env["TRIAGE_MODEL_DIR"] = str(self._model)
        self._process = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.address = self._read_address()
        self._port = self.address.rpartition(":")[2]
        with urllib.request.urlopen(f"{self.address}/healthz", timeout=START_SECONDS) as answer:
            assert answer.status == 200

    def _read_address(self) -> str:
        assert self._process is not None and self._process.stdout is not None
        for line in self._process.stdout:
            self.printed.append(line)
            found = re.search(r"(http://[0-9.]+:\d+)/", line)
            if found:
                # Keep reading, or a full pipe would stop the server.
                threading.Thread(target=self._drain, daemon=True).start()
                return found.group(1)
        raise AssertionError("the server ended: " + "".join(self.printed))

    def _drain(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        self.printed.extend(self._process.stdout)

    def has_loaded(self, library: str) -> bool:
        """Whether native code of a library is in the server's memory."""
        assert self._process is not None
        return f"/{library}/" in Path(f"/proc/{self._process.pid}/maps").read_text()

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it as Ctrl+C would."""
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that calls drawn lesions routine, with evidence in the centre."""
    folder = tmp_path_factory.mktemp("model")
    tiny_model.write(folder, tiny_model.weights(seed=3))
    return folder


def _running(
    data: Path,
    model: Path | None,
    *,
    accounts: bool = False,
    temporary: Path | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Workstation]:
    workstation = Workstation(
        data, model, accounts=accounts, temporary=temporary, settings=settings
    )
    workstation.start()
    yield workstation
    workstation.stop()


@pytest.fixture(scope="session")
def workstation(tmp_path_factory: pytest.TempPathFactory, tiny: Path) -> Iterator[Workstation]:
    """A running workstation that all tests of a session share."""
    yield from _running(tmp_path_factory.mktemp("data"), tiny)


@pytest.fixture
def fresh_workstation(tmp_path: Path, tiny: Path) -> Iterator[Workstation]:
    """A running workstation without any case."""
    yield from _running(tmp_path / "data", tiny)


@pytest.fixture(scope="session")
def clinic(tmp_path_factory: pytest.TempPathFactory, tiny: Path) -> Iterator[Workstation]:
    """A running workstation to which people sign in, with a folder of its own for what is
    temporary."""
    folder = tmp_path_factory.mktemp("clinic")
    (folder / "temporary").mkdir()
    yield from _running(folder / "data", tiny, accounts=True, temporary=folder / "temporary")


@pytest.fixture(scope="module")
def blinded_site(tmp_path_factory: pytest.TempPathFactory, tiny: Path) -> Iterator[Workstation]:
    """A running workstation that withholds findings until a clinician's impression."""
    settings = {"TRIAGE_IMPRESSION_FIRST": "yes"}
    yield from _running(tmp_path_factory.mktemp("blinded"), tiny, settings=settings)


@pytest.fixture
def shipped_workstation(tmp_path: Path) -> Iterator[Workstation]:
    """A running workstation with the model that the project ships."""
    if not SHIPPED:
        pytest.skip("no model lies under assets/models in this checkout")
    yield from _running(tmp_path / "data", None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed; `make browser` installs it")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-quic",
            ],
        )
        yield chromium
        chromium.close()


class Watch:
    """What a page may not do: ask another machine, or report an error."""

    def __init__(self) -> None:
        self.elsewhere: list[str] = []
        self.errors: list[str] = []
        # Gradio says these when a page is left while one of its events is still running.
        self.expected = ["AbortError", "Connection errored out"]

    def follow(self, page: Page, address: str) -> None:
        """Listen to a page of the application at ``address``."""

        def requested(request: Request) -> None:
            if not request.url.startswith((address, "data:", "blob:")):
                self.elsewhere.append(request.url)

        def said(message: ConsoleMessage) -> None:
            if message.type == "error":
                self.errors.append(f"{message.text} {message.location}")

        page.on("request", requested)
        page.on("console", said)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def check(self) -> None:
        """Fail on anything that the test did not announce in ``expected``."""
        unexpected = [e for e in self.errors if not any(part in e for part in self.expected)]
        assert self.elsewhere == []
        assert unexpected == []


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Collects errors of all pages of a test, and fails it at the end."""
    watched = Watch()
    yield watched
    watched.check()


Opener = Callable[..., Page]


class Profiles:
    """Browser profiles that are emptied and used again, but for programs and styles in their cache.

    A new profile would load and compile those of Gradio anew, which takes longer than most tests.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: dict[bool, list[BrowserContext]] = {False: [], True: []}

    def take(self, phone: bool) -> BrowserContext:
        """A profile with nothing of any site in it."""
        if self._idle[phone]:
            return self._idle[phone].pop()
        size = PHONE if phone else DESKTOP
        return self._browser.new_context(viewport=size, is_mobile=phone, has_touch=phone)

    def give_back(self, context: BrowserContext, phone: bool, origins: set[str]) -> None:
        """Close the pages and forget what the sites at ``origins`` kept."""
        for page in context.pages:
            page.close()
        blank = context.new_page()
        session = context.new_cdp_session(blank)
        for origin in origins:
            wanted = {"origin": origin, "storageTypes": "cookies,local_storage,indexeddb"}
            session.send("Storage.clearDataForOrigin", wanted)
        blank.close()
        context.clear_cookies()
        self._idle[phone].append(context)


@pytest.fixture(scope="session")
def profiles(browser: Browser) -> Profiles:
    """Profiles that all tests of a session use in turn."""
    return Profiles(browser)


@pytest.fixture
def open_page(profiles: Profiles, watch: Watch) -> Iterator[Opener]:
    """Opens a page in a window of its own; ``phone=True`` for a small touch screen."""
    taken: list[tuple[BrowserContext, bool]] = []
    origins: set[str] = set()

    def open_(workstation: Workstation, path: str, phone: bool = False) -> Page:
        context = profiles.take(phone)
        taken.append((context, phone))
        origins.add(workstation.address)
        page = context.new_page()
        page.set_default_timeout(BROWSER_MS)
        watch.follow(page, workstation.address)
        page.goto(workstation.address + path)
        return page

    yield open_
    for context, phone in taken:
        profiles.give_back(context, phone, origins)


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """Writes a file to choose in the browser."""

    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write
