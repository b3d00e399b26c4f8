"""Twenty people at once for two minutes, one of them in a real browser.

Each does without a pause what a clinician does: opens the worklist, adds an image, opens its case,
opens the history. ``python -m tests.bench.crowd [--seconds 120]`` prints what each one got.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Page

from tests.bench import browser
from tests.bench.client import Client
from tests.bench.harness import Row, alone, at_least, at_most, table, unmeasured
from tests.bench.photographs import draw_all, photograph
from tests.bench.server import Server, hire, serving

PEOPLE = 20
SECONDS = 120.0
PAGES = ("/worklist", "/history")
# What stands on a page once it has its content.
FILLED = {
    "/analyse": browser.READY,
    "/worklist": "[data-line] a",
    "/history": ".total",
}
WHAT = f"{PEOPLE} clients at once for {SECONDS / 60:g} minutes"
NOTE = (
    "19 people over HTTP and one in a real browser, each with an account, none with a pause: "
    "worklist, upload and analysis, the page of the case, history. A page is its HTML and the "
    "event that fills it; in the browser, until its content stands there. A file that the server "
    "asks to send again later counts once, with the waiting. Server, clients and browser share "
    "the machine."
)


@dataclass
class Crowd:
    """What everybody got: seconds by kind, errors, and rounds that each one finished."""

    pages: list[float] = field(default_factory=list)
    analyses: list[float] = field(default_factory=list)
    browser_pages: list[float] = field(default_factory=list)
    browser_analyses: list[float] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)
    busy: int = 0
    errors: list[str] = field(default_factory=list)


def rows() -> Iterator[Row]:
    """Errors, pages, analyses, and the one who got least."""
    yield from _rows(measured(SECONDS))


def _rows(found: Crowd) -> Iterator[Row]:
    pages, analyses = found.pages + found.browser_pages, found.analyses + found.browser_analyses
    told = f"{len(pages):,} pages and {len(analyses):,} analyses; {found.busy} asked to wait."
    wrong = f" First errors: {'; '.join(found.errors[:3])}." if found.errors else ""
    errors = float(len(found.errors))
    yield alone(f"{WHAT}: errors", errors, target=at_most(0, "errors"), unit="errors", note=NOTE)
    for name, seconds, limit in (
        ("page, 95th percentile", pages, 2000),
        ("analysis, 95th percentile", analyses, 6000),
        ("page in the browser, 95th percentile", found.browser_pages, 2000),
        ("click to result in the browser, 95th percentile", found.browser_analyses, 6000),
    ):
        target, note, what = at_most(limit, "ms"), told + wrong, f"{WHAT}: {name}"
        if len(seconds) > 1:
            yield alone(what, _p95_ms(seconds), target=target, unit="ms", note=note)
        else:
            yield unmeasured(what, note)
    share = 100 * min(found.rounds) / max(1.0, median(found.rounds))
    yield alone(
        f"{WHAT}: rounds of the client that got fewest, of the median client's",
        share,
        target=at_least(50, "%"),
        unit="%",
        note=f"Rounds over HTTP: {', '.join(map(str, sorted(found.rounds)))}.",
    )


def _p95_ms(seconds: Sequence[float]) -> float:
    return 1000 * quantiles(seconds, n=20)[-1]


def measured(seconds: float) -> Crowd:
    """Let the crowd in."""
    draw_all()
    names = [f"person {number}" for number in range(PEOPLE)]
    with tempfile.TemporaryDirectory() as folder:
        tokens = hire(Path(folder), names)
        with serving(Path(folder), single_user=False) as server:
            return _let_in(server, list(tokens.values()), seconds, Path(folder))


def _let_in(server: Server, tokens: list[str], seconds: float, folder: Path) -> Crowd:
    crowd = Crowd()
    with browser.opened(server, tokens[0]) as page:
        browser.show(page, f"{server.origin}/analyse", FILLED["/analyse"])
        until = time.monotonic() + seconds
        people = [
            _Person(Client(server.port, token), number, until)
            for number, token in enumerate(tokens[1:])
        ]
        for person in people:
            person.start()
        try:
            screen = _Screen(page, server.origin, folder / "browser.jpg")
            screen.work(until, crowd)
        except Exception as error:
            crowd.errors.append(f"browser: {error}"[:300])
        for person in people:
            person.join()
    for person in people:
        person.told(crowd)
    return crowd


class _Person(threading.Thread):
    """One of those over HTTP."""

    def __init__(self, client: Client, number: int, until: float) -> None:
        super().__init__(daemon=True)
        self._client = client
        self._number = number
        self._until = until
        self._rounds = 0
        self._errors: list[str] = []

    def run(self) -> None:
        """Work until the time is over."""
        while time.monotonic() < self._until:
            try:
                self._client.page("worklist")
                # No two of anybody's are alike.
                case = self._client.analyse(photograph(PEOPLE * self._rounds + self._number))
                self._client.page("case", f"?id={case}")
                self._client.ask("GET", f"/cases/{case}/images/crop")
                self._client.page("history")
                self._rounds += 1
            except Exception as error:
                self._errors.append(f"{type(error).__name__}: {error}"[:300])
                self._client.reconnect()

    def told(self, crowd: Crowd) -> None:
        """Add what this person got."""
        crowd.pages += [took for kind, took in self._client.took if kind == "page"]
        crowd.analyses += [took for kind, took in self._client.took if kind == "analysis"]
        crowd.busy += self._client.busy
        crowd.rounds.append(self._rounds)
        crowd.errors += self._errors


@dataclass
class _Screen:
    """The one in a browser; ``file`` is where the photograph lies that is chosen there."""

    page: Page
    origin: str
    file: Path

    def work(self, until: float, crowd: Crowd) -> None:
        """Work until the time is over."""
        number = PEOPLE - 1
        while time.monotonic() < until:
            self.file.write_bytes(photograph(number))
            number += PEOPLE
            self._open("/analyse", crowd)
            crowd.browser_analyses.append(browser.analysed(self.page, self.file) / 1000)
            for place in PAGES:
                self._open(place, crowd)

    def _open(self, place: str, crowd: Crowd) -> None:
        took = browser.show(self.page, self.origin + place, FILLED[place])
        crowd.browser_pages.append(took / 1000)


def main() -> None:
    """Print the rows of a crowd."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.crowd", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    print(table(list(_rows(measured(parser.parse_args().seconds)))))


if __name__ == "__main__":
    main()
