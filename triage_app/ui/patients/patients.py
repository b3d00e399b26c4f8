"""The page that finds patients and creates new ones."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from triage_app.domain.errors import PatientNotFound, StaleRecord, TriageError
from triage_app.domain.people import Actor, Permission
from triage_app.domain.site import PatientRecord
from triage_app.services.patients.lesion_views import FOUND_AT_MOST
from triage_app.services.patients.reference_words import pointed_out
from triage_app.ui.kit import frame
from triage_app.ui.kit.desk import Desk, bind
from triage_app.ui.kit.fields import typed
from triage_app.ui.kit.local import zone
from triage_app.ui.kit.markup import esc, notice
from triage_app.ui.kit.scripts import call, forward
from triage_app.ui.patients.lesion_parts import consent, hidden, person
from triage_app.ui.patients.look_alikes import LookAlikes
from triage_app.ui.words import lesions as words
from triage_app.ui.words.references import CREATE_AGAIN

SIGHT = Permission.SEE_FINDINGS
CHANGE = Permission.CHANGE_CASES


class PatientsPage:
    """Draws the page and handles its events."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._look_alikes = LookAlikes(desk)

    def build(self, page: gr.Blocks) -> None:
        frame.header(self._desk.station, "patients")
        self._message = frame.message()
        with gr.Row(elem_classes="work-area"):
            with gr.Column(elem_classes="filters", min_width=320), gr.Row():
                self._beginning = typed(
                    words.FIND_LABEL, info=words.FIND_INFO, elem_id="find-patient", min_width=200
                )
                self._find = gr.Button(words.FIND_DO, variant="primary", scale=0, min_width=120)
            new = gr.Column(elem_classes="filters", min_width=320, visible=False)
            with new as self._new, gr.Row():
                self._reference = typed(
                    words.NEW_REFERENCE,
                    info=words.NEW_REFERENCE_INFO,
                    elem_id="new-patient",
                    min_width=200,
                )
                self._create = gr.Button(words.NEW_DO, scale=0, min_width=170)
        # The reference of which somebody was told that others are like it.
        self._told = gr.Textbox(visible=False)
        self._look_alikes.build()
        self._list = gr.HTML("", js_on_load=forward("triage-patient"))
        # The internal id of the patient whose page is opened next.
        self._next = gr.Textbox(visible=False)
        self._wire(page)

    def _wire(self, page: gr.Blocks) -> None:
        self._look_alikes.wire(page)
        shown = [self._message, self._list]
        bind(page.load, self.open, outputs=[*shown, self._new])
        for trigger in (self._find.click, self._beginning.submit):
            bind(trigger, self.search, inputs=[self._beginning], outputs=shown)
        going = [self._message, self._next]
        typed_in, told = [self._reference, self._told], [*going, self._told]
        for done in (
            bind(self._create.click, self.create, inputs=typed_in, outputs=told),
            bind(self._reference.submit, self.create, inputs=typed_in, outputs=told),
            bind(self._list.submit, self.pick, outputs=going),
        ):
            done.then(fn=None, js=call("lesions", "goTo", "/patient"), inputs=[self._next])

    def open(self, request: gr.Request) -> list[Any]:
        """The first patients by reference."""
        actor = self._desk.authorise(request, SIGHT)
        return [*self._found(actor, ""), gr.update(visible=actor.may(CHANGE))]

    def search(self, beginning: str, request: gr.Request) -> list[Any]:
        """The patients whose reference begins so."""
        actor = self._desk.authorise(request, SIGHT)
        return self._found(actor, beginning or "")

    def create(self, reference: str, told: str, request: gr.Request) -> list[Any]:
        """A record for a new patient, whose page opens next; twice where others are like it."""
        actor = self._desk.authorise(request, CHANGE)
        station = self._desk.station
        try:
            said = pointed_out(reference, station.references.alike(actor, reference), zone())
            if said and reference != told:
                return [notice(f"{said} {CREATE_AGAIN}", "error"), "", reference]
            record = station.lesions.save_patient(actor, reference, 0, {})
        except StaleRecord:
            return [notice(words.PATIENT_EXISTS, "error"), "", ""]
        except TriageError as error:
            return [notice(str(error), "error"), "", ""]
        return ["", record.id, ""]

    def pick(self, event: gr.EventData, request: gr.Request) -> list[Any]:
        """Open a patient of whom only images are stored; that makes the record."""
        actor = self._desk.authorise(request, SIGHT)
        named = getattr(event, "reference", "")
        try:
            if not isinstance(named, str):
                raise PatientNotFound
            return ["", self._desk.station.lesions.patient(actor, named).record.id]
        except TriageError as error:
            return [notice(str(error), "error"), ""]

    def _found(self, actor: Actor, beginning: str) -> list[Any]:
        try:
            records = self._desk.station.lesions.find(actor, beginning)
        except TriageError as error:
            return [notice(str(error), "error"), ""]
        return ["", listed(records, searched=bool(beginning.strip()))]


def listed(records: Sequence[PatientRecord], *, searched: bool) -> str:
    """The patients as a table, each leading to its page."""
    if not records:
        title = words.NO_PATIENT if searched else words.NO_PATIENTS_YET
        return (
            f'<div class="result-empty" role="status"><h2>{title}</h2>'
            f"<p>{words.NO_PATIENT_HELP}</p></div>"
        )
    rows = "".join(f"<li>{_line(record)}</li>" for record in records)
    count = len(records)
    said = words.PATIENTS_COUNT.get(count, words.PATIENTS_MANY.format(count=count))
    if count >= FOUND_AT_MOST:
        said = words.PATIENTS_MORE.format(count=count)
    return (
        f'<p class="total" role="status">{said}</p><div class="part patients">'
        f'<ul class="lesion-list">{rows}</ul></div>'
    )


def _line(record: PatientRecord) -> str:
    told = (
        f'<span class="who"><bdi>{esc(record.reference)}</bdi>{hidden(record)}</span>'
        f"<span>{esc(person(record))}</span>"
        f'<span class="sub">{words.CONSENT}: {esc(consent(record))}</span>'
    )
    if record.id:
        return f'<a class="patient-line" href="/patient?id={record.id}">{told}</a>'
    # Only images are stored: opening the patient makes the record.
    return (
        f'<button type="button" class="patient-line" data-patient="{esc(record.reference)}">'
        f"{told}</button>"
    )
