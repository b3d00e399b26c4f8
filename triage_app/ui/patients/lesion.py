"""The page of one lesion: its images over time, two of them compared, its place."""

from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

from triage_app.domain.errors import StaleCase, TriageError
from triage_app.domain.people import Actor, Permission
from triage_app.services.patients.lesion_views import LesionView
from triage_app.ui.cases.listing import nothing
from triage_app.ui.kit import frame
from triage_app.ui.kit.desk import Desk, bind, known_form
from triage_app.ui.kit.fields import typed
from triage_app.ui.kit.markup import notice
from triage_app.ui.patients import lesion_history, lesion_parts, place_form
from triage_app.ui.patients.place_form import PlaceForm
from triage_app.ui.words import lesions as words

SIGHT = Permission.SEE_FINDINGS
CHANGE = Permission.CHANGE_CASES
Pair = tuple[str, str]


class LesionPage:
    """Draws the page and handles its events."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._place = PlaceForm(desk)

    def build(self, page: gr.Blocks) -> None:
        frame.header(self._desk.station, "lesion")
        self._message = frame.message()
        self._head = gr.HTML("")
        with gr.Row(elem_classes="work-area", visible=False) as self._body:
            with gr.Column(scale=7, min_width=320):
                self._draw_comparison()
            with gr.Column(scale=5, min_width=320):
                self._over_time = gr.HTML("")
                self._images = gr.HTML("")
                self._draw_move()
                self._draw_place()
                self._moves = gr.HTML("")
        self._lesion = gr.Textbox(visible=False)
        self._version = gr.Number(value=0, visible=False, precision=0)
        self._wire(page)

    def _draw_comparison(self) -> None:
        with gr.Column(elem_classes="form-group"):
            gr.HTML(f"<h2>{words.COMPARE}</h2>")
            with gr.Row(visible=False, elem_classes="pair") as self._which:
                self._before, self._after = (
                    gr.Dropdown(
                        [],
                        value=None,
                        label=label,
                        allow_custom_value=True,
                        min_width=130,
                        elem_id=name,
                    )
                    for label, name in (
                        (words.COMPARE_BEFORE, "compare-before"),
                        (words.COMPARE_AFTER, "compare-after"),
                    )
                )
            self._compared = gr.HTML("")

    def _draw_move(self) -> None:
        with gr.Accordion(words.MOVE, open=False, elem_classes="folded") as self._moving:
            with gr.Row():
                self._image, self._target = (
                    gr.Dropdown(
                        [],
                        value=None,
                        label=label,
                        allow_custom_value=True,
                        min_width=200,
                        elem_id=name,
                    )
                    for label, name in (
                        (words.MOVE_WHICH, "move-image"),
                        (words.MOVE_TO, "move-to"),
                    )
                )
            self._reason = typed(
                words.MOVE_REASON, info=words.MOVE_REASON_INFO, elem_id="move-reason"
            )
            self._move = gr.Button(words.MOVE_DO)

    def _draw_place(self) -> None:
        with gr.Accordion(words.PLACE, open=False, elem_classes="folded"):
            self._place.build_map()
            with gr.Column() as self._placing:
                self._place.build_fields()
                self._change = gr.Button(words.PLACE_SAVE, variant="primary")

    @property
    def _everything(self) -> list[Any]:
        told = [self._message, self._head, self._body]
        compared = [self._which, self._before, self._after, self._compared]
        listed = [self._over_time, self._images, self._moves]
        moving = [self._moving, self._image, self._target, self._reason]
        placing = [self._place.map, self._placing, *self._place.inputs]
        return [*told, *compared, *listed, *moving, *placing, self._lesion, self._version]

    def _wire(self, page: gr.Blocks) -> None:
        self._place.wire()
        bind(page.load, self.open, outputs=self._everything)
        pair = [self._lesion, self._before, self._after]
        for field in (self._before, self._after):
            bind(field.input, self.compare, inputs=pair, outputs=[self._compared])
        moved = [self._lesion, self._image, self._target, self._reason]
        bind(self._move.click, self.move, inputs=moved, outputs=self._everything)
        changed = [self._lesion, self._version, *self._place.inputs]
        bind(self._change.click, self.change, inputs=changed, outputs=self._everything)

    def open(self, request: gr.Request) -> list[Any]:
        """Fill the page from its address."""
        actor = self._desk.authorise(request, SIGHT)
        lesion_id = str(dict(request.query_params).get("id", ""))
        if not lesion_id:
            return self._nothing("")
        try:
            return self._all(actor, lesion_id)
        except TriageError as error:
            return self._nothing(str(error))

    def compare(
        self, lesion_id: str, before: str | None, after: str | None, request: gr.Request
    ) -> str:
        """The two chosen images."""
        actor = self._desk.authorise(request, SIGHT)
        return self._pair(actor, lesion_id, before or "", after or "")

    def move(
        self,
        lesion_id: str,
        image: str | None,
        target: str | None,
        reason: str,
        request: gr.Request,
    ) -> list[Any]:
        """File an image under another lesion, or under none."""
        actor = self._desk.authorise(request, CHANGE)
        lesions = self._desk.station.lesions

        def step() -> None:
            if not image or target is None:
                raise TriageError(words.MOVE_NONE)
            case = self._desk.find(actor, known_form(image))
            if case.lesion_id != lesion_id:  # chosen in a list that has changed meanwhile
                raise StaleCase
            moved = lesions.assign(actor, case.id, case.version, target, reason or "")
            told.append(self._desk.copies_of(actor, moved))

        told: list[str] = []
        drawn = self._step(actor, lesion_id, step, words.MOVED)
        return [str(drawn[0]) + "".join(told), *drawn[1:]]

    def change(  # noqa: PLR0917 - one argument for each field, in order
        self,
        lesion_id: str,
        version: float,
        view: str,
        x: str,
        y: str,
        label: str,
        site: str,
        side: str,
        request: gr.Request,
    ) -> list[Any]:
        """Correct name and place."""
        actor = self._desk.authorise(request, CHANGE)
        lesions = self._desk.station.lesions
        values = place_form.fields([view, x, y, label, site, side])
        return self._step(
            actor,
            lesion_id,
            lambda: lesions.change(actor, lesion_id, int(version or 0), values),
            words.PLACE_SAVED,
        )

    def _step(
        self, actor: Actor, lesion_id: str, step: Callable[[], object], said: str
    ) -> list[Any]:
        try:
            step()
            return self._all(actor, lesion_id, notice(said))
        except TriageError as error:
            return [notice(str(error), "error"), *[gr.skip()] * (len(self._everything) - 1)]

    def _all(self, actor: Actor, lesion_id: str, message: str = "") -> list[Any]:
        lesions = self._desk.station.lesions
        view = lesions.lesion(actor, lesion_id)
        changes, names = actor.may(CHANGE), self._names(actor)
        images = lesion_parts.choices(view.cases)
        days = {case_id: label for label, case_id in images}
        line = lesion_history.as_line(view)
        return [
            message,
            lesion_history.head(view),
            gr.update(visible=True),
            *self._comparison(actor, view, images),
            lesion_history.over_time(view),
            lesion_history.images(view.cases, names),
            lesion_history.moves(view.moves, lesion_id, days, names),
            gr.update(visible=changes and bool(images)),
            gr.update(choices=images, value=images[0][1] if len(images) == 1 else None),
            gr.update(choices=self._targets(actor, view) if changes else [], value=None),
            "",
            place_form.body_map([line], pick=changes, here=lesion_id),
            gr.update(visible=changes),
            *place_form.filled(view.lesion),
            lesion_id,
            view.lesion.version,
        ]

    def _names(self, actor: Actor) -> Mapping[str, str]:
        if not actor.may(Permission.REVIEW):
            return {}
        return self._desk.station.worklist.names(actor)

    def _targets(self, actor: Actor, view: LesionView) -> list[Pair]:
        others = self._desk.station.lesions.patient_by_id(actor, view.record.id).lesions
        named = [
            (f"{line.lesion.label}, {place_form.place(line.lesion)}", line.lesion.id)
            for line in others
            if line.lesion.id != view.lesion.id
        ]
        return [*named, (words.MOVE_NOWHERE, "")]

    def _comparison(self, actor: Actor, view: LesionView, images: list[Pair]) -> list[Any]:
        if len(images) < 2:
            few = lesion_history.too_few(len(images))
            return [gr.update(visible=False), gr.skip(), gr.skip(), few]
        after, before = images[0][1], images[1][1]
        return [
            gr.update(visible=True),
            gr.update(choices=images, value=before),
            gr.update(choices=images, value=after),
            self._pair(actor, view.lesion.id, before, after),
        ]

    def _pair(self, actor: Actor, lesion_id: str, before: str, after: str) -> str:
        try:
            compared = self._desk.station.lesions.compare(actor, lesion_id, before, after)
        except TriageError as error:
            return notice(str(error), "error")
        return lesion_history.pair(compared)

    def _nothing(self, error: str) -> list[Any]:
        empty = nothing(words.NO_LESION, words.NO_LESION_HELP, ("/patients", words.TO_PATIENTS))
        hidden, rest = gr.update(visible=False), len(self._everything) - 3
        return [notice(error, "error"), empty, hidden, *[gr.skip()] * rest]
