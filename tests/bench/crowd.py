"""Twenty people at once for two minutes, one of them in a real browser; before, each kind alone.

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
from tests.bench.budget import UNLIMITED, Budget
from tests.bench.client import Client
from tests.bench.harness import (
    FEWEST,
    Row,
    alone,
    at_least_share,
    at_most_share,
    at_most_times,
    row,
    table,
    unmeasured,
)
from tests.bench.photographs import draw_all, photograph
from tests.bench.server import hire, serving

PEOPLE = 20
SECONDS, ALONE_SECONDS = 120.0, 12.0
# To let everybody finish and the server stop.
END_SECONDS = 15.0
LEAST_SECONDS = 10.0
ALONE = 1_000_000
"""The number of the one alone, so that nobody sends these photographs again."""
LONGER = 3 * PEOPLE
"""How many times longer somebody may wait among twenty than alone: three times in turn."""
PAGES = ("/worklist", "/history")
# What stands on a page once it has its content.
FILLED = {
    "/analyse": browser.READY,
    "/worklist": "[data-line] a",
    "/history": ".total",
}
ONE = "one user alone, median"
NOTE = (
    "Reference: the same by one user alone, over HTTP and then in the browser. Then 19 people over "
    "HTTP and one in a real browser, each with an account, none with a pause: "
    "worklist, upload and analysis, the page of the case, history. A page is its HTML and the "
    "event that fills it; in the browser, until its content stands there. A file that the server "
    "asks to send again later counts once, with the waiting. Server, clients and browser share "
    "the machine."
)


@dataclass
class Crowd:
    """What everybody got in ``seconds``: seconds by kind, errors, rounds that each one finished."""

    seconds: float
    pages: list[float] = field(default_factory=list)
    analyses: list[float] = field(default_factory=list)
    browser_pages: list[float] = field(default_factory=list)
    browser_analyses: list[float] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)
    busy: int = 0
    errors: list[str] = field(default_factory=list)

    @property
    def all_pages(self) -> list[float]:
        """Over HTTP and in the browser."""
        return self.pages + self.browser_pages

    @property
    def all_analyses(self) -> list[float]:
        """Over HTTP and in the browser."""
        return self.analyses + self.browser_analyses


def rows(budget: Budget) -> Iterator[Row]:
    """Errors, pages, analyses, and the one who got least."""
    yield from rows_of(*measured(SECONDS, budget))


def rows_of(one: Crowd, found: Crowd) -> Iterator[Row]:
    """What twenty at once got, beside one user alone (over HTTP, then in the browser)."""
    what = f"{PEOPLE} clients at once for {round(found.seconds / 60, 1):g} minutes"
    asked = len(found.all_pages) + len(found.all_analyses) + len(found.errors)
    told = (
        f"{len(found.all_pages):,} pages and {len(found.all_analyses):,} analyses; "
        f"{found.busy} asked to wait."
    )
    wrong = f" First errors: {'; '.join(found.errors[:3])}." if found.errors else ""
    yield row(
        f"{what}: requests that failed",
        "all requests",
        [(max(1.0, float(asked)), float(len(found.errors)))],
        target=at_most_share(0),
        unit="requests",
        note=NOTE,
        rounds=asked,
    )
    for name, many, single in (
        ("page", found.all_pages, one.all_pages),
        ("analysis", found.all_analyses, one.all_analyses),
        ("page in the browser", found.browser_pages, one.browser_pages),
        ("click to result in the browser", found.browser_analyses, one.browser_analyses),
    ):
        yield _waiting(f"{what}: {name}, 95th percentile", many, single, told + wrong)
    middle = median(found.rounds)
    yield row(
        f"{what}: rounds of the client that got fewest",
        "the median client's",
        [(max(1.0, middle), float(min(found.rounds)))],
        target=at_least_share(50),
        unit="rounds",
        note=f"Rounds over HTTP: {', '.join(map(str, sorted(found.rounds)))}.",
        rounds=sum(found.rounds),
    )


def _waiting(what: str, many: Sequence[float], single: Sequence[float], note: str) -> Row:
    """A kind of step: seconds of each time among many, and of each time alone."""
    if len(many) < 2:
        return unmeasured(what, note)
    among, times = _p95_ms(many), len(many)
    if not single:
        return alone(what, among, unit="ms", rounds=times, note=note)
    pair = (1000 * median(single), among)
    target, asked = at_most_times(LONGER), max(times, FEWEST)
    return row(what, ONE, [pair], target=target, note=note, rounds=times, asked=asked)


def _p95_ms(seconds: Sequence[float]) -> float:
    return 1000 * quantiles(seconds, n=20, method="inclusive")[-1]


def measured(seconds: float, budget: Budget) -> tuple[Crowd, Crowd]:
    """One user alone, and then the crowd for so many seconds, or as long as there is time."""
    draw_all()
    names = [f"person {number}" for number in range(PEOPLE)]
    with tempfile.TemporaryDirectory() as folder:
        tokens = hire(Path(folder), names)
        with (
            serving(Path(folder), single_user=False) as server,
            browser.opened(server, tokens[names[0]]) as page,
        ):
            screen = _Screen(page, server.origin, Path(folder) / "browser.jpg")
            browser.show(page, f"{server.origin}/analyse", FILLED["/analyse"])
            single = Client(server.port, tokens[names[1]])
            one = _one_alone(screen, single, min(ALONE_SECONDS, budget.left() / 6))
            clients = [Client(server.port, tokens[name]) for name in names[1:]]
            time_left = budget.left() - END_SECONDS
            return one, _let_in(screen, clients, max(LEAST_SECONDS, min(seconds, time_left)))


def _one_alone(screen: "_Screen", client: Client, seconds: float) -> Crowd:
    """One over HTTP, and then the one in the browser, each for half the time."""
    crowd = Crowd(seconds)
    person = _Person(client, ALONE, time.monotonic() + seconds / 2)
    person.run()
    person.told(crowd)
    screen.work(time.monotonic() + seconds / 2, crowd)
    return crowd


def _let_in(screen: "_Screen", clients: Sequence[Client], seconds: float) -> Crowd:
    crowd = Crowd(seconds)
    until = time.monotonic() + seconds
    people = [_Person(client, number, until) for number, client in enumerate(clients)]
    for person in people:
        person.start()
    screen.work(until, crowd)
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
    number: int = PEOPLE - 1

    def work(self, until: float, crowd: Crowd) -> None:
        """Work until the time is over; what stops it is an error of the crowd's."""
        try:
            while time.monotonic() < until:
                self._once(crowd)
        except Exception as error:
            crowd.errors.append(f"browser: {error}"[:300])

    def _once(self, crowd: Crowd) -> None:
        self.file.write_bytes(photograph(self.number))
        self.number += PEOPLE
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
    print(table(list(rows_of(*measured(parser.parse_args().seconds, UNLIMITED)))))


if __name__ == "__main__":
    main()
