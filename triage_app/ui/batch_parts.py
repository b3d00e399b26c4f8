"""What the batch page is put together from: its place, the bar above the lines, and a line."""

from dataclasses import dataclass
from urllib.parse import urlencode

import gradio as gr

from triage_app.domain.case import CaseSummary, Page
from triage_app.domain.people import Actor, Permission
from triage_app.services.forms import FIELD_LABELS
from triage_app.ui import listing, texts
from triage_app.ui.fields import typed
from triage_app.ui.markup import esc

ROW_FIELDS = ("patient_reference", "lesion_label")


@dataclass(frozen=True)
class Bar:
    """What acts on all selected lines: the fields of ``ROW_FIELDS`` and three controls."""

    common: list[gr.Textbox]
    everything: gr.Checkbox
    apply: gr.Button
    file: gr.Button


@dataclass(frozen=True)
class Place:
    """Which lines are shown: of which batch, from which cursor on; ``turn`` counts drawings."""

    batch: str
    cursor: str
    turn: float

    def address(self) -> str:
        """Makes the page's address bring these lines back."""
        query = urlencode({"id": self.batch} | ({"cursor": self.cursor} if self.cursor else {}))
        return f'<triage-address data-query="{esc(query)}"></triage-address>'


def line_field(name: str, value: str, key: str) -> gr.Textbox:
    """A field of a line."""
    # A new turn, in the key, shows what is stored, in place of what the browser remembers.
    return typed(FIELD_LABELS[name], value=value, interactive=True, min_width=160, key=key)


def draw_bar(*, may_file: bool) -> Bar:
    """Draw the bar above the lines."""
    with gr.Column(elem_classes="filters"), gr.Row():
        common = [
            typed(FIELD_LABELS[name], value="", info=texts.APPLY_HELP, key=f"all-{name}")
            for name in ROW_FIELDS
        ]
        everything = gr.Checkbox(label=texts.SELECT_ALL, min_width=120, key="select-all")
        apply = gr.Button(texts.APPLY_SELECTED, min_width=150, key="apply")
        file = gr.Button(
            texts.FILE_SELECTED, variant="primary", min_width=150, key="file", visible=may_file
        )
    return Bar(common, everything, apply, file)


def heading(actor: Actor, page: Page, filed: int) -> str:
    """How far the batch is, ``filed`` of all its lines, and what holds for all of them."""
    progress = texts.BATCH_PROGRESS.format(filed=filed, total=page.total)
    more = ""
    if page.total > len(page.items):
        more = texts.BATCH_MORE.format(shown=len(page.items), total=page.total)
    hint = texts.BATCH_CONTEXT if actor.may(Permission.SEE_FINDINGS) else texts.WITHHELD
    return f'<h2>{texts.BATCH_DRAFTS}</h2><p>{progress}. {more}</p><p class="hint">{hint}</p>'


def picture(item: CaseSummary, level: str, from_image: str) -> str:
    """The picture of a line with what is known of it."""
    name = f"<bdi>{esc(item.source_name or texts.UNNAMED)}</bdi>"
    return (
        f'<div class="batch-picture">{listing.thumbnail(item)}<div><p>{level} '
        f'{listing.state(item)}</p><p><a href="/case?id={item.id}">{name}</a></p>'
        f'<p class="hint">{esc(from_image)}</p>'
        f'<p class="row-status" role="status" data-row-status="{item.id}"></p></div></div>'
    )
