"""All pages together."""

from typing import Protocol

import gradio as gr

from triage_app.services.site.application import Application
from triage_app.ui.case.page import CasePage
from triage_app.ui.cases.analyse import AnalysePage
from triage_app.ui.cases.batch import BatchPage
from triage_app.ui.cases.history import HistoryPage
from triage_app.ui.kit.desk import Authorise, Desk
from triage_app.ui.kit.places import PLACES
from triage_app.ui.office.about import AboutPage
from triage_app.ui.office.account import AccountPage
from triage_app.ui.office.outcomes import OutcomesPage
from triage_app.ui.office.people import PeoplePage
from triage_app.ui.office.privacy import PrivacyPage
from triage_app.ui.office.site import SitePage
from triage_app.ui.office.statistics import StatisticsPage
from triage_app.ui.office.trail import TrailPage
from triage_app.ui.patients.lesion import LesionPage
from triage_app.ui.patients.patient import PatientPage
from triage_app.ui.patients.patients import PatientsPage
from triage_app.ui.waiting.recall import RecallPage
from triage_app.ui.waiting.worklist import WorklistPage


class Page(Protocol):
    """One page."""

    def __init__(self, desk: Desk) -> None: ...

    def build(self, page: gr.Blocks) -> None:
        """Lay the page out in ``page``, an open block of Gradio's, and bind its events; once."""


PAGES: dict[str, type[Page]] = {
    "analyse": AnalysePage,
    "worklist": WorklistPage,
    "recall": RecallPage,
    "batch": BatchPage,
    "history": HistoryPage,
    "case": CasePage,
    "patients": PatientsPage,
    "patient": PatientPage,
    "lesion": LesionPage,
    "outcomes": OutcomesPage,
    "privacy": PrivacyPage,
    "people": PeoplePage,
    "trail": TrailPage,
    "site": SitePage,
    "statistics": StatisticsPage,
    "account": AccountPage,
    "about": AboutPage,
}
EVENTS_AT_ONCE = 8
CACHE_SECONDS = 3600
LOOK_EVERY_S = 0.004


def build(station: Application, authorise: Authorise) -> gr.Blocks:
    """The pages, each with an address of its own."""
    desk = Desk(station, authorise)
    pages: gr.Blocks
    with gr.Blocks(
        title=station.site_name,
        analytics_enabled=False,
        delete_cache=(CACHE_SECONDS, CACHE_SECONDS),
        fill_width=True,
    ) as pages:
        # The start address leads to /analyse before it gets here.
        gr.HTML("")
        for place in PLACES:
            _begin(pages, place.name)
            PAGES[place.name](desk).build(pages)
    pages.queue(default_concurrency_limit=EVENTS_AT_ONCE, api_open=False)
    # Gradio looks a thousand times a second whether there is an event, 5 % of a processor at rest.
    pages._queue.sleep_when_free = LOOK_EVERY_S
    return pages


def _begin(pages: gr.Blocks, name: str) -> None:
    """What follows belongs to the page ``name``.

    As ``pages.route(...)``, without leaving the block: each time it is left Gradio makes a web
    application with all its routes anew, a second of the start for the pages here, to throw away.
    """
    pages.pages.append((name, name, False))
    pages.current_page = name
