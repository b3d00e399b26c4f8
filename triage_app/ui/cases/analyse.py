"""The page on which one image is analysed and filed."""

from typing import Any

import gradio as gr

from triage_app.domain.case import Case, CaseState
from triage_app.domain.errors import TriageError
from triage_app.domain.people import Actor, Permission
from triage_app.ui.cases import form, result
from triage_app.ui.kit import frame
from triage_app.ui.kit.desk import Desk, bind, case_of, known_form
from triage_app.ui.kit.markup import notice
from triage_app.ui.kit.reference_parts import wire_hint
from triage_app.ui.kit.scripts import call, forward
from triage_app.ui.words import texts

STATUS = "<triage-status></triage-status>"


class AnalysePage:
    """Draws the page and handles its events."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def build(self, page: gr.Blocks) -> None:
        frame.header(self._desk.station, "analyse")
        self._message = frame.message()
        with gr.Row(elem_classes="work-area"):
            with gr.Column(scale=5, min_width=320, elem_classes="intake"):
                self._upload = gr.HTML(
                    uploader(self._desk.station.max_upload_bytes),
                    js_on_load=forward("triage-uploaded"),
                )
                gr.HTML(STATUS, elem_classes="save-status")
                self._form = form.build()
                with gr.Column(elem_classes="steps"):
                    self._file = gr.Button(texts.FILE_CASE, variant="primary", visible=False)
                    self._done = gr.HTML("", visible=False)
            with gr.Column(scale=8, min_width=320, elem_classes="findings-column"):
                self._result = gr.HTML(
                    result.empty(), js_on_load=forward("triage-none", "form", "onDecision")
                )
        self._wire(page)

    def _wire(self, page: gr.Blocks) -> None:
        form.wire(self._form)
        reference = self._form.fields["patient_reference"]
        wire_hint(self._desk, reference, self._form.case_id, self._form.hint)
        shown = [self._message, self._upload, self._result, self._file, self._done]
        opened = bind(
            page.load, self.open, outputs=[*shown, *self._form.handle, *self._form.inputs]
        )
        form.restore(self._form, opened)
        bind(self._upload.submit, self.uploaded, outputs=shown)
        bind(self._result.submit, self.redecided, outputs=[self._result])
        handle = self._form.handle
        filed = bind(
            self._file.click,
            self.file,
            inputs=handle,
            outputs=[*shown, *handle],
            js=call("form", "flush"),
        )
        filed.then(fn=None, js=call("form", "adopt"), inputs=handle)

    def open(self, request: gr.Request) -> list[Any]:
        """Fill the page from its address."""
        actor = self._desk.authorise(request, Permission.UPLOAD)
        try:
            case = self._desk.asked_case(actor, request)
        except TriageError as error:
            return [*_shown(actor, None, str(error)), *form.filled(None)]
        return [*self._shown(actor, case), *form.filled(case)]

    def uploaded(self, event: gr.EventData, request: gr.Request) -> list[Any]:
        """Show what was found on an image that was just stored."""
        actor = self._desk.authorise(request, Permission.UPLOAD)
        try:
            return self._shown(actor, self._desk.find(actor, case_of(event)))
        except TriageError as error:
            return _shown(actor, None, str(error))

    def redecided(self, event: gr.EventData, request: gr.Request) -> Any:
        """Show the level again after an answer changed it."""
        actor = self._desk.authorise(request, Permission.UPLOAD)
        try:
            return result.whole(self._desk.find(actor, case_of(event)), link=True)
        except TriageError as error:
            return notice(str(error), "error")

    def file(self, case_id: str, version: float, request: gr.Request) -> list[Any]:
        """File the draft."""
        actor = self._desk.authorise(request, Permission.CHANGE_CASES)
        if not case_id:
            return [notice(texts.STALE_FLUSH, "error"), *[gr.skip()] * 6]
        try:
            case = self._desk.cases.file(actor, known_form(case_id), int(version or 0))
        except TriageError as error:
            return [notice(str(error), "error"), *[gr.skip()] * 6]
        return [*self._shown(actor, case), case.id, case.version]

    def _shown(self, actor: Actor, case: Case | None) -> list[Any]:
        told = "" if case is None else self._desk.copies_of(actor, case)
        return [told, *_shown(actor, case)[1:]]


def uploader(limit: int) -> str:
    """The place for one image, up to ``limit`` bytes."""
    return f'<triage-uploader data-limit="{limit}"></triage-uploader>'


def _shown(actor: Actor, case: Case | None, error: str = "") -> list[Any]:
    message = notice(error, "error")
    if case is None:
        hidden = gr.update(visible=False)
        return [message, gr.update(visible=True), result.empty(), hidden, hidden]
    draft = case.state is CaseState.DRAFT and case.deleted_at is None
    return [
        message,
        gr.update(visible=False),
        result.whole(case, link=True),
        gr.update(visible=draft and actor.may(Permission.CHANGE_CASES)),
        gr.update(value=_next_steps(case), visible=True),
    ]


def _next_steps(case: Case) -> str:
    filed = notice(texts.FILED) if case.state is CaseState.FILED else ""
    return (
        f'{filed}<p class="next-steps">'
        f'<a class="button" href="/case?id={case.id}">{texts.OPEN_CASE}</a>'
        f'<a class="button" href="/analyse">{texts.NEXT_LESION}</a></p>'
    )
