"""Every way by which a finding could reach somebody, as one table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.tables.withheld_asks import (
    about_target,
    address_of,
    batch,
    by_class,
    by_level,
    every_event,
    every_route,
    export,
    lists,
    problem,
    report_of_the_image_before,
    search_for,
    trail,
    tried,
    verified,
)
from tests.tables.withheld_world import BATCH, PATIENT, World
from triage_app.domain.case import CaseFilter, Order
from triage_app.domain.worklist import Whose

IMPRESSION, SETTING, NEVER = "impression", "setting", "never"
WHEN = {
    IMPRESSION: "after the impression",
    SETTING: "only where no impression is asked for",
    NEVER: "never",
}


@dataclass(frozen=True)
class Channel:
    """One way: what is asked, and when it tells findings.

    ``tells``: after the impression; only on a site without the setting, because it speaks at the
    time of the upload alone; or never at all. ``group`` is its line in the README.
    """

    name: str
    ask: Callable[[World], str]
    tells: str = IMPRESSION
    group: str = ""


def _group(name: str, *channels: Channel) -> tuple[Channel, ...]:
    return tuple(replace(channel, group=name) for channel in channels)


def _said(name: str) -> Channel:
    return Channel(name, lambda w: w.said[name], SETTING)


def _picture(kind: str, tells: str) -> Channel:
    return Channel(
        f"picture of the case: {kind}",
        lambda w: w.ask("clinician", "GET", f"/cases/{w.target}/images/{kind}"),
        tells,
    )


def _event(
    name: str,
    values: Callable[[World], list[Any]] = lambda w: [],
    *,
    about: str = "",
    tells: str = IMPRESSION,
    who: str = "clinician",
    address: Callable[[World], str] = lambda w: "",
    data: Callable[[World], dict[str, Any]] | None = None,
) -> Channel:
    def ask(w: World) -> str:
        more: dict[str, Any] = {"event_data": data(w)} if data else {}
        return w.event(name, values(w), who, address=address(w), **more)

    return Channel(f"event {name}{about}", ask, tells)


def _list(name: str, wanted: CaseFilter = CaseFilter(), order: Order = Order.NEWEST) -> Channel:  # noqa: B008 - frozen
    return Channel(f"list: {name}", lists(wanted, order))


CHANNELS: tuple[Channel, ...] = (
    *_group(
        "answers to an upload, a saved draft and filing",
        _said("answer to an upload"),
        _said("answer to a saved draft"),
        _said("answer to filing"),
    ),
    *_group(
        "result of the case",
        Channel(
            "result of the case", lambda w: repr(w.house.station.cases.get(w.actor(), w.target))
        ),
    ),
    *_group(
        "pictures of the case: overlay, original, crop, thumbnail",
        _picture("overlay", IMPRESSION),
        *(_picture(kind, NEVER) for kind in ("original", "crop", "thumbnail")),
    ),
    *_group(
        "lists: order, search, filters by level, class and review",
        _list("newest first"),
        _list("by risk", order=Order.RISK),
        _list("search by reference", CaseFilter(patient_reference="PT")),
        _list("search in notes", CaseFilter(text="note")),
        _list("of one batch", CaseFilter(batch_id=BATCH)),
        _list("not yet reviewed", CaseFilter(reviewed=False)),
        Channel("list: filter by level", by_level),
        Channel("list: filter by leading class", by_class),
    ),
    *_group(
        "counts of the statistics",
        Channel(
            "counts of the statistics",
            lambda w: repr(w.house.station.statistics.site_counts(w.actor())),
        ),
    ),
    *_group(
        "patient, lesion, timeline and comparison with the image before",
        Channel(
            "patient with lesions",
            lambda w: repr(w.house.station.lesions.patient(w.actor(), PATIENT)),
        ),
        Channel(
            "lesion with level and timeline",
            lambda w: repr(w.house.station.lesions.lesion(w.actor(), w.lesion)),
        ),
        Channel(
            "comparison with the image before",
            lambda w: repr(
                w.house.station.lesions.compare(w.actor(), w.lesion, w.earlier, w.target)
            ),
        ),
    ),
    *_group(
        "worklist: order, urgent part, counts, next and previous",
        Channel("worklist", lambda w: repr(w.house.station.worklist.page(w.actor(), Whose.ALL))),
        Channel(
            "worklist: urgent only",
            lambda w: repr(w.house.station.worklist.page(w.actor(), Whose.ALL, urgent_only=True)),
        ),
        Channel("worklist: counts", lambda w: repr(w.house.station.worklist.counts(w.actor()))),
        Channel(
            "worklist: next and previous",
            lambda w: repr(
                [w.house.station.worklist.neighbours(w.actor(), c) for c in (w.earlier, w.target)]
            ),
        ),
    ),
    *_group(
        "reports: of the case, and of the image before it",
        Channel(
            "report of the case",
            lambda w: tried(
                lambda: (w.house.station.reports.issue(w.actor(), w.target), w.drawn[-1])
            ),
        ),
        Channel("report of the image before", report_of_the_image_before),
    ),
    *_group(
        "letter to the patient",
        Channel(
            "letter",
            lambda w: tried(
                lambda: w.house.station.letters.issue(
                    w.actor(), w.target, w.house.station.cases.get(w.actor(), w.target).version
                )
            ),
            NEVER,
        ),
    ),
    *_group(
        "export of the patient (ZIP)",
        Channel("export of the patient (ZIP)", export),
    ),
    *_group(
        "export of cases (CSV)",
        Channel(
            "export of cases (CSV)",
            lambda w: w.ask("clinician", "POST", "/cases/export", data={"patient": "PT"}),
        ),
    ),
    *_group(
        "trail with its details",
        Channel("trail of the case with details", trail),
    ),
    *_group(
        "logs of the server",
        Channel("logs of the server", lambda w: "\n".join(w.logged), SETTING),
    ),
    *_group(
        "counts of `verify`",
        Channel("verify: counts and findings", verified),
    ),
    *_group(
        "report of a safety problem",
        Channel("safety problem", problem, NEVER),
    ),
    *_group(
        "every route that names a case",
        Channel("every route that names a case", every_route),
    ),
    *_group(
        "every event of every page of a clinician, as Gradio answers it",
        Channel("every event of every page of a clinician", every_event),
    ),
    *_group(
        "each page that can show findings, as Gradio answers it",
        _event("AnalysePage.uploaded", data=about_target),
        _event("AnalysePage.redecided", data=about_target),
        _event("CasePage.open", address=address_of),
        _event("CasePage.redecided", data=about_target),
        _event("BatchPage.open", lambda w: [0], address=lambda w: f"id={BATCH}", tells=NEVER),
        _event("Renderable.apply", lambda w: [BATCH, 1, 0, ""], about=" (lines of a batch)"),
        _event("HistoryPage.open", lambda w: ["", ""]),
        _event("HistoryPage.search", lambda w: search_for("risk"), about=", by risk"),
        _event("HistoryPage.search", lambda w: search_for(levels=("urgent",)), about=", urgent"),
        _event(
            "HistoryPage.search", lambda w: search_for(leading="malignant"), about=", malignant"
        ),
        _event("PatientsPage.search", lambda w: [PATIENT], tells=NEVER),
        _event("PatientPage.open", address=lambda w: f"id={w.patient}"),
        _event("LesionPage.open", address=lambda w: f"id={w.lesion}"),
        _event("LesionPage.compare", lambda w: [w.lesion, w.earlier, w.target]),
        _event("WorklistPage.open"),
        _event("WorklistPage.open", about=", urgent", address=lambda w: "show=urgent"),
        _event("RecallPage.open", tells=NEVER),
        _event("StatisticsPage.open"),
        _event("PrivacyPage.find", lambda w: [PATIENT], who="administrator", tells=NEVER),
        _event("TrailPage.search", lambda w: ["", "", w.target, "", ""], who="auditor"),
        _event("SitePage.open", who="administrator", tells=NEVER),
        _event(
            "CasePage.open",
            address=address_of,
            who="photographer",
            about=" (photographer)",
            tells=NEVER,
        ),
        _event(
            "HistoryPage.open",
            lambda w: ["", ""],
            who="photographer",
            about=" (photographer)",
            tells=NEVER,
        ),
    ),
    *_group(
        "receipt and progress of a batch",
        Channel("receipt and progress of a batch", batch, NEVER),
    ),
    *_group(
        "copies of the image that are stored already",
        Channel(
            "copies of the image",
            lambda w: repr(w.house.station.copies.seen(w.actor(), [w.target, w.earlier])),
            NEVER,
        ),
    ),
)


def ask_all(world: World) -> Mapping[str, str]:
    """What the site answers by each channel now."""
    return {channel.name: channel.ask(world) for channel in CHANNELS}
