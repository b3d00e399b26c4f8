"""The body map with the fields of a lesion's name and place."""

import json
from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from triage_app.domain.context import SITE_LABELS, Laterality, Site
from triage_app.domain.lesion import Lesion
from triage_app.domain.people import Permission
from triage_app.domain.triage import LEVEL_LABELS
from triage_app.services.patients.forms import form_from_lesion
from triage_app.services.patients.lesion_views import LesionLine
from triage_app.ui.kit.desk import Desk, bind
from triage_app.ui.kit.fields import typed
from triage_app.ui.kit.markup import esc
from triage_app.ui.kit.scripts import forward
from triage_app.ui.words import lesions as words
from triage_app.ui.words import texts

NAMES = ("view", "x", "y", "label", "site", "laterality")


class PlaceForm:
    """Draws the map and the fields. A place marked on the map chooses site and side as well."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def build_map(self) -> None:
        """Draw the map where it is called."""
        self.map = gr.HTML("", js_on_load=forward("triage-place"), elem_classes="body-map")

    def build_fields(self) -> None:
        """Draw the fields where it is called."""
        with gr.Row():
            self._label = typed(
                words.LESION_LABEL,
                info=words.LESION_LABEL_INFO,
                elem_id="place-label",
                min_width=180,
            )
            self._site = gr.Dropdown(
                [(texts.NOT_GIVEN, ""), *((label, s.value) for s, label in SITE_LABELS.items())],
                value="",
                label=words.SITE,
                filterable=True,
                min_width=180,
                elem_id="place-site",
            )
        self._side = gr.Radio(
            [(label, value) for value, label in texts.SIDES.items()],
            label=words.SIDE,
            elem_id="place-side",
        )
        self._view, self._x, self._y = (gr.Textbox(visible=False) for _ in range(3))

    @property
    def inputs(self) -> list[Component]:
        """All fields, in the order of ``NAMES``."""
        marked = [self._view, self._x, self._y]
        return [*marked, self._label, self._site, self._side]

    def wire(self) -> None:
        """Bind the events."""
        fields = [self._view, self._x, self._y, self._site, self._side]
        bind(self.map.submit, self.placed, outputs=fields)

    def placed(self, event: gr.EventData, request: gr.Request) -> list[Any]:
        """Take over the place that was marked on the map."""
        self._desk.authorise(request, Permission.CHANGE_CASES)
        marked = [str(getattr(event, name, "")) for name in ("view", "x", "y")]
        site, side = (getattr(event, name, "") for name in ("site", "laterality"))
        return [
            *marked,
            site if site in list(Site) else gr.skip(),
            side if side in list(Laterality) else gr.skip(),
        ]


def fields(values: Sequence[str | None]) -> dict[str, object]:
    """What the service is given for the values of ``PlaceForm.inputs``."""
    return {name: value or "" for name, value in zip(NAMES, values, strict=True)}


def filled(lesion: Lesion | None) -> list[Any]:
    """Values of ``PlaceForm.inputs`` for a lesion, or empty ones."""
    if lesion is None:
        return ["", "", "", "", "", None]
    form = form_from_lesion(lesion)
    return ["" if form[name] is None else str(form[name]) for name in NAMES]


def body_map(lines: Sequence[LesionLine], *, pick: bool, here: str = "") -> str:
    """The map with its marks; ``here`` is the lesion whose place is shown and can be corrected."""
    marks = [_mark(number, line, here) for number, line in enumerate(lines, 1) if line.lesion.point]
    chosen = next((mark for mark in marks if mark["here"]), None) if pick else None
    shown = [mark for mark in marks if mark is not chosen]
    place = {name: chosen[name] for name in ("view", "x", "y")} if chosen else None
    return (
        f"<triage-body-map{' data-pick' if pick else ''} "
        f'data-lesions="{esc(json.dumps(shown))}" data-chosen="{esc(json.dumps(place))}">'
        "</triage-body-map>"
    )


def _mark(number: int, line: LesionLine, here: str) -> dict[str, Any]:
    lesion, point = line.lesion, line.lesion.point
    assert point is not None, "a lesion without a place has no mark"
    said = words.MARK.format(
        number=number, label=lesion.label, place=place(lesion), level=level_words(line).lower()
    )
    return {
        "id": lesion.id,
        "number": number,
        "view": point.view.value,
        "x": point.x,
        "y": point.y,
        "level": line.level.value if line.level else "",
        "label": said,
        "here": lesion.id == here,
    }


def place(lesion: Lesion) -> str:
    """Body site and side in words."""
    return f"{SITE_LABELS[lesion.site]}, {texts.SIDES[lesion.laterality.value].lower()}"


def level_words(line: LesionLine) -> str:
    """The level of a lesion, or why there is none."""
    if line.level:
        return LEVEL_LABELS[line.level]
    return words.WITHHELD if line.withheld else words.NO_LEVEL
