"""What stands around every page: name, links to the pages, disclaimer, state of the model."""

import gradio as gr

from triage_app.services.site.application import Application
from triage_app.ui.kit import components
from triage_app.ui.kit.markup import esc, notice
from triage_app.ui.words import texts

STYLES = ("app.css", "review.css", "lesions.css")
# Where a reader is, on a page that only other pages lead to.
BELONGS_TO = {"case": "history", "patient": "patients", "lesion": "patients"}


def head() -> str:
    """What the head of each page loads."""
    styles = "".join(f'<link rel="stylesheet" href="{components.address(s)}">' for s in STYLES)
    return (
        f'{styles}<link rel="icon" href="{components.address("icon.svg")}" type="image/svg+xml">'
        f'<script type="module" src="{components.address("main.js")}"></script>'
    )


def header(station: Application, page: str) -> None:
    """Draw the top of a page; ``page`` is its address without the slash."""
    gr.HTML(_header(station, page), elem_classes="page-header", elem_id="page-header")
    if station.card is None:
        gr.HTML(notice(texts.NO_MODEL.format(reason=station.refusal), "error"))


def _header(station: Application, page: str) -> str:
    here = BELONGS_TO.get(page, page)
    title = esc(f"{texts.TITLES[page]} · {station.site_name}")
    return (
        f'<triage-page data-title="{title}"></triage-page>{made_up(station)}'
        f'<div class="bar-top"><p class="product">{_mark()}{esc(station.site_name)}</p>'
        # The page is the same for everybody: links and names come with what /api/me tells.
        f'<triage-nav data-page="{here}" data-label="{texts.NAV_LABEL}"></triage-nav></div>'
        f'<p class="disclaimer">{texts.DISCLAIMER}</p><triage-notes></triage-notes>'
        f"<h1>{texts.TITLES[page]}</h1>"
    )


def made_up(station: Application) -> str:
    """The mark on every page of a site that holds made-up data; nothing elsewhere."""
    if not station.synthetic:
        return ""
    return f'<p class="made-up" role="note">{texts.SYNTHETIC}</p>'


def _mark() -> str:
    return components.load()["icon.svg"][0].decode()


def message() -> gr.HTML:
    """Place for messages of a page's own steps."""
    return gr.HTML("", elem_classes="messages")
