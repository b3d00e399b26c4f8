"""The page of one patient: lesions on the body map, images to file, the record."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from triage_app.domain.errors import CaseNotFound, TriageError
from triage_app.domain.people import Actor, Permission
from triage_app.services.patients.lesion_views import PatientView
from triage_app.ui.cases.listing import nothing
from triage_app.ui.kit import frame
from triage_app.ui.kit.desk import Desk, bind, case_of, known_form
from triage_app.ui.kit.markup import notice
from triage_app.ui.kit.places import PATIENTS
from triage_app.ui.kit.scripts import forward
from triage_app.ui.patients import lesion_parts, patient_record, place_form
from triage_app.ui.patients.patient_record import RecordForm
from triage_app.ui.patients.place_form import PlaceForm
from triage_app.ui.words import lesions as words

SIGHT = Permission.SEE_FINDINGS
CHANGE = Permission.CHANGE_CASES


class PatientPage:
    """Draws the page and handles its events."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._place = PlaceForm(desk)
        self._record = RecordForm()

    def build(self, page: gr.Blocks) -> None:
        frame.header(self._desk.station, "patient")
        self._message = frame.message()
        self._head = gr.HTML("")
        with gr.Row(elem_classes="work-area", visible=False) as self._body:
            with gr.Column(scale=6, min_width=320):
                self._place.build_map()
                with gr.Column(elem_classes="form-group") as self._new:
                    gr.HTML(f'<h2>{words.NEW_LESION}</h2><p class="hint">{words.NEW_LESION_HELP}')
                    self._place.build_fields()
                    self._create = gr.Button(words.CREATE_LESION, variant="primary")
            with gr.Column(scale=6, min_width=320):
                self._lesions = gr.HTML("")
                self._loose = gr.HTML("", js_on_load=forward("triage-assign"))
                self._draw_record()
        self._patient = gr.Textbox(visible=False)
        self._version = gr.Number(value=0, visible=False, precision=0)
        self._wire(page)

    def _draw_record(self) -> None:
        with gr.Accordion(words.RECORD, open=False, elem_classes="folded") as self._form:
            self._record.build()
            self._save = gr.Button(words.SAVE_RECORD, variant="primary")

    @property
    def _shown(self) -> list[Any]:
        told = [self._message, self._head, self._body, self._place.map, self._new]
        listed = [self._lesions, self._loose, self._form]
        return [*told, *listed, self._patient, self._version]

    @property
    def _everything(self) -> list[Any]:
        return [*self._shown, *self._place.inputs, *self._record.inputs]

    def _wire(self, page: gr.Blocks) -> None:
        self._place.wire()
        self._record.wire()
        created = [self._patient, *self._place.inputs]
        saved = [self._patient, self._version, *self._record.inputs]
        for trigger, handler, inputs in (
            (page.load, self.open, []),
            (self._create.click, self.create, created),
            (self._save.click, self.save, saved),
            (self._loose.submit, self.assign, [self._patient]),
        ):
            self._record.follow(bind(trigger, handler, inputs, self._everything))

    def open(self, request: gr.Request) -> list[Any]:
        """Fill the page from its address."""
        actor = self._desk.authorise(request, SIGHT)
        patient_id = str(dict(request.query_params).get("id", ""))
        if not patient_id:
            return self._nothing("")
        try:
            return self._all(actor, patient_id)
        except TriageError as error:
            return self._nothing(str(error))

    def create(  # noqa: PLR0917 - one argument for each field, in order
        self,
        patient_id: str,
        view: str,
        x: str,
        y: str,
        label: str,
        site: str,
        side: str,
        request: gr.Request,
    ) -> list[Any]:
        """A new lesion where it was marked."""
        actor = self._desk.authorise(request, CHANGE)
        lesions = self._desk.station.lesions

        def step() -> None:
            record = lesions.patient_by_id(actor, patient_id).record
            values = place_form.fields([view, x, y, label, site, side])
            lesions.create(actor, record.reference, values)

        return self._step(actor, patient_id, step, words.LESION_CREATED)

    def save(  # noqa: PLR0917
        self,
        patient_id: str,
        version: float,
        born: str,
        sex: str,
        skin: str,
        risks: list[str],
        consent: str,
        on: str,
        request: gr.Request,
    ) -> list[Any]:
        """Save the record."""
        actor = self._desk.authorise(request, CHANGE)
        lesions = self._desk.station.lesions

        def step() -> None:
            record = lesions.patient_by_id(actor, patient_id).record
            values = patient_record.fields(born, sex, skin, risks, consent, on)
            lesions.save_patient(actor, record.reference, int(version or 0), values)

        return self._step(actor, patient_id, step, words.RECORD_SAVED)

    def assign(self, patient_id: str, event: gr.EventData, request: gr.Request) -> list[Any]:
        """File an image under a lesion."""
        actor = self._desk.authorise(request, CHANGE)
        version, lesion = getattr(event, "version", 0), getattr(event, "lesion", "")

        def step() -> None:
            if not isinstance(version, int) or not isinstance(lesion, str):
                raise CaseNotFound
            if not lesion:
                raise TriageError(words.ASSIGN_NONE)
            case_id = known_form(case_of(event))
            filed = self._desk.station.lesions.assign(actor, case_id, version, lesion)
            told.append(self._desk.copies_of(actor, filed))

        told: list[str] = []
        drawn = self._step(actor, patient_id, step, words.ASSIGNED)
        return [str(drawn[0]) + "".join(told), *drawn[1:]]

    def _step(
        self, actor: Actor, patient_id: str, step: Callable[[], None], said: str
    ) -> list[Any]:
        try:
            step()
            return self._all(actor, patient_id, notice(said))
        except TriageError as error:
            return [notice(str(error), "error"), *[gr.skip()] * (len(self._everything) - 1)]

    def _all(self, actor: Actor, patient_id: str, message: str = "") -> list[Any]:
        view: PatientView = self._desk.station.lesions.patient_by_id(actor, patient_id)
        changes = actor.may(CHANGE)
        privacy = any(actor.may(permission) for permission in PATIENTS)
        return [
            message,
            lesion_parts.patient_head(view.record, privacy=privacy),
            gr.update(visible=True),
            place_form.body_map(view.lesions, pick=changes),
            gr.update(visible=changes),
            lesion_parts.lesion_list(view.lesions),
            lesion_parts.loose(view.loose, view.lesions, changes=changes),
            gr.update(visible=changes),
            view.record.id,
            view.record.version,
            *place_form.filled(None),
            *patient_record.filled(view.record),
        ]

    def _nothing(self, error: str) -> list[Any]:
        empty = nothing(words.NOT_OPEN, words.NOT_OPEN_HELP, ("/patients", words.TO_PATIENTS))
        hidden, rest = gr.update(visible=False), len(self._everything) - 3
        return [notice(error, "error"), empty, hidden, *[gr.skip()] * rest]
