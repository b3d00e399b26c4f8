"""What the batch page is put together from: its place, the bar above the lines, and a line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import gradio as gr

from triage_app.domain.case import CaseSummary, Page
from triage_app.domain.people import Actor, Permission
from triage_app.services.batches.assigning import FIELDS, Line
from triage_app.services.cases.forms import FIELD_LABELS
from triage_app.ui.cases import listing
from triage_app.ui.kit.fields import typed
from triage_app.ui.kit.markup import esc
from triage_app.ui.words import texts


@dataclass(frozen=True)
class Bar:
    """What acts on all selected lines: the fields of ``FIELDS`` and three controls."""

    common: list[gr.Textbox]
    everything: gr.Checkbox
    apply: gr.Button
    file: gr.Button


@dataclass(frozen=True)
class Place:
    """Which lines are shown: of which batch, from which cursor on.

    ``turn`` counts drawings, ``rounds`` what was assigned to selected lines.
    """

    batch: str
    cursor: str
    turn: float
    rounds: float

    def address(self) -> str:
        """Makes the page's address bring these lines back."""
        query = urlencode({"id": self.batch} | ({"cursor": self.cursor} if self.cursor else {}))
        return f'<triage-address data-query="{esc(query)}"></triage-address>'


@dataclass(frozen=True)
class DrawnLine:
    """The components of a line: its tick, and its fields in the order of ``FIELDS``."""

    case_id: str
    draft: bool
    mark: gr.Checkbox
    fields: list[gr.Textbox]


def picked(lines: Sequence[DrawnLine], values: Sequence[Any]) -> list[Line]:
    """The ticked lines as the page shows them; ``values`` are all ticks, then all fields."""
    ticks, typed = values[: len(lines)], iter(values[len(lines) :])
    shown = [dict(zip(FIELDS, (next(typed), next(typed)), strict=True)) for _ in lines]
    return [Line(one.case_id, f) for one, f, t in zip(lines, shown, ticks, strict=True) if t]


def line_field(name: str, value: str, key: str) -> gr.Textbox:
    """A field of a line."""
    # A new turn, in the key, shows what is stored, in place of what the browser remembers.
    return typed(FIELD_LABELS[name], value=value, interactive=True, min_width=160, key=key)


def draw_bar(place: Place, *, may_file: bool) -> Bar:
    """Draw the bar above the lines; empty again after each time that it was used."""
    with gr.Column(elem_classes="filters"), gr.Row():
        common = [
            typed(
                FIELD_LABELS[name],
                value="",
                info=texts.APPLY_HELP,
                interactive=True,
                key=f"all-{name}-{place.rounds}",
            )
            for name in FIELDS
        ]
        everything = gr.Checkbox(
            label=texts.SELECT_ALL,
            value=False,
            interactive=True,
            min_width=120,
            key=f"select-all-{place.turn}",
        )
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


def picture(item: CaseSummary, level: str, from_image: str, notes: Sequence[str]) -> str:
    """The picture of a line with what is known of it; ``notes`` say what was converted."""
    converted = f"{texts.MODEL_ROWS['notes']}: {' '.join(notes)}"
    hint = f'<p class="hint">{esc(converted)}</p>' if notes else ""
    name = f"<bdi>{esc(item.source_name or texts.UNNAMED)}</bdi>"
    return (
        f'<div class="batch-picture">{listing.thumbnail(item)}<div><p>{level} '
        f'{listing.state(item)}</p><p><a href="/case?id={item.id}">{name}</a></p>'
        f'<p class="hint">{esc(from_image)}</p>{hint}'
        f'<p class="row-status" role="status" data-row-status="{item.id}"></p></div></div>'
    )
