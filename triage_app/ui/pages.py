"""All pages together."""

import gradio as gr

from triage_app.services.application import Application
from triage_app.ui.about import AboutPage
from triage_app.ui.analyse import AnalysePage
from triage_app.ui.batch import BatchPage
from triage_app.ui.case import CasePage
from triage_app.ui.desk import Authorise, Desk
from triage_app.ui.history import HistoryPage

EVENTS_AT_ONCE = 8
CACHE_SECONDS = 3600


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
    for path, page in (
        ("analyse", AnalysePage(desk)),
        ("batch", BatchPage(desk)),
        ("history", HistoryPage(desk)),
        ("case", CasePage(desk)),
        ("about", AboutPage(desk)),
    ):
        with pages.route(path, path, show_in_navbar=False):
            page.build(pages)
    pages.queue(default_concurrency_limit=EVENTS_AT_ONCE, api_open=False)
    return pages
