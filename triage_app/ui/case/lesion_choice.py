"""The part of a case's page that files the image under a lesion."""

from typing import Any

import gradio as gr

from triage_app.domain.case import Case
from triage_app.domain.errors import TriageError
from triage_app.domain.people import Permission
from triage_app.services.patients.lesion_views import PatientView
from triage_app.ui.kit.desk import Desk, bind
from triage_app.ui.kit.fields import typed
from triage_app.ui.kit.markup import notice, section
from triage_app.ui.patients import place_form
from triage_app.ui.patients.place_form import PlaceForm
from triage_app.ui.reading.parts import CaseSteps, Seen
from triage_app.ui.words import lesions as words

CHANGE = Permission.CHANGE_CASES


class LesionChoice:
    """Draws the part and handles its events. The patient's lesions are read when asked for."""

    def __init__(self, desk: Desk, page: CaseSteps) -> None:
        self._desk = desk
        self._page = page
        self._place = PlaceForm(desk)

    def build(self) -> None:
        """Draw it where it is called."""
        self._stated = gr.HTML("")
        self._start = gr.Button(words.CHOICE_START, visible=False, min_width=140)
        with gr.Column(visible=False, elem_classes="form-group") as self._panel:
            self._said = gr.HTML("")
            with gr.Column() as self._existing:
                with gr.Row():
                    self._which = gr.Dropdown(
                        [],
                        value=None,
                        label=words.CHOICE_EXISTING,
                        allow_custom_value=True,
                        min_width=200,
                        elem_id="choose-lesion",
                    )
                    self._reason = typed(
                        words.MOVE_REASON,
                        info=words.MOVE_REASON_INFO,
                        elem_id="choose-reason",
                        min_width=200,
                    )
                self._assign = gr.Button(words.CHOICE_DO, variant="primary")
            with gr.Accordion(words.CHOICE_NEW, open=False, elem_classes="folded") as self._new:
                self._place.build_map()
                self._place.build_fields()
                self._create = gr.Button(words.CHOICE_NEW_DO, variant="primary")

    @property
    def outputs(self) -> list[Any]:
        """What ``filled`` fills."""
        return [self._stated, self._start, self._panel]

    @property
    def _chosen(self) -> list[Any]:
        listed = [self._panel, self._said, self._existing, self._which, self._reason]
        return [*listed, self._new, self._place.map, *self._place.inputs]

    def wire(self, case_id: gr.Textbox) -> None:
        """Bind the events; ``case_id`` is the field that holds the case of the page."""
        self._place.wire()
        bind(self._start.click, self.choose, inputs=[case_id], outputs=self._chosen)
        self._page.bind_step(self._assign.click, self.assign, [self._which, self._reason])
        self._page.bind_step(self._create.click, self.create, self._place.inputs)

    def choose(self, case_id: str, request: gr.Request) -> list[Any]:
        """The lesions of the patient of the case."""
        actor = self._desk.authorise(request, CHANGE)
        try:
            case = self._desk.find(actor, case_id)
            reference = case.details.patient_reference
            if not reference:
                return self._only(words.CHOICE_NO_PATIENT)
            return self._listed(case, self._desk.station.lesions.patient(actor, reference))
        except TriageError as error:
            return self._only(str(error))

    def assign(
        self,
        case_id: str,
        version: float,
        lesion_id: str | None,
        reason: str,
        request: gr.Request,
    ) -> list[Any]:
        """File the image under the chosen lesion."""
        actor = self._desk.authorise(request, CHANGE)

        def step() -> Case:
            if lesion_id is None:
                raise TriageError(words.ASSIGN_NONE)
            return self._desk.station.lesions.assign(
                actor, case_id, int(version or 0), lesion_id, reason or ""
            )

        return self._page.step(actor, case_id, version, step, words.ASSIGNED)

    def create(  # noqa: PLR0917
        self,
        case_id: str,
        version: float,
        view: str,
        x: str,
        y: str,
        label: str,
        site: str,
        side: str,
        request: gr.Request,
    ) -> list[Any]:
        """File the image under a new lesion."""
        actor = self._desk.authorise(request, CHANGE)
        lesions = self._desk.station.lesions

        def step() -> Case:
            reference = self._desk.find(actor, case_id).details.patient_reference
            values = place_form.fields([view, x, y, label, site, side])
            lesion = lesions.create(actor, reference, values)
            return lesions.assign(actor, case_id, int(version or 0), lesion.id)

        return self._page.step(actor, case_id, version, step, words.ASSIGNED)

    def filled(self, seen: Seen) -> list[Any]:
        """Whether the image is filed under a lesion, and the way to change that."""
        case = seen.case
        if not seen.actor.may(Permission.SEE_FINDINGS):
            return self.hidden()
        changes = seen.actor.may(CHANGE) and case.deleted_at is None
        start = words.CHOICE_CHANGE if case.lesion_id else words.CHOICE_START
        return [
            section(words.CHOICE, stated(case)),
            gr.update(visible=changes, value=start),
            gr.update(visible=False),
        ]

    def hidden(self) -> list[Any]:
        """Without a case."""
        return ["", gr.update(visible=False), gr.update(visible=False)]

    def _listed(self, case: Case, view: PatientView) -> list[Any]:
        named = [
            (f"{line.lesion.label}, {place_form.place(line.lesion)}", line.lesion.id)
            for line in view.lesions
            if line.lesion.id != case.lesion_id
        ]
        if case.lesion_id:
            named.append((words.MOVE_NOWHERE, ""))
        link = f'<p><a href="/patient?id={view.record.id}">{words.CHOICE_PATIENT}</a></p>'
        return [
            gr.update(visible=True),
            link,
            gr.update(visible=bool(named)),
            gr.update(choices=named, value=named[0][1] if len(named) == 1 else None),
            gr.update(value="", visible=bool(case.lesion_id)),
            gr.update(visible=True, open=not named),
            place_form.body_map(view.lesions, pick=True),
            *_taken_from(case),
        ]

    def _only(self, sentence: str) -> list[Any]:
        hidden, rest = gr.update(visible=False), len(self._place.inputs) + 1
        shown = [gr.update(visible=True), notice(sentence, "error"), hidden]
        return [*shown, gr.skip(), gr.skip(), hidden, *[gr.skip()] * rest]


def _taken_from(case: Case) -> list[Any]:
    """Fields of a new lesion, from what the intake form tells already."""
    context = case.details.context
    site = context.site.value if context.site else ""
    side = context.laterality.value if context.laterality else None
    return ["", "", "", case.details.lesion_label, site, side]


def stated(case: Case) -> str:
    """Under which lesion the image is filed."""
    if not case.lesion_id:
        return f'<p class="hint">{words.CHOICE_NONE}</p>'
    link = f'<a class="button" href="/lesion?id={case.lesion_id}">{words.CHOICE_OPEN}</a>'
    return f'<p>{words.CHOICE_IN}</p><p class="next-steps">{link}</p>'
