"""The page of one case with everything that it holds."""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from triage_app.domain.case import Case, CaseState
from triage_app.domain.errors import TriageError
from triage_app.domain.people import Actor, Permission
from triage_app.ui.case import head as case_parts
from triage_app.ui.case import problem
from triage_app.ui.case.head import reports
from triage_app.ui.case.lesion_choice import LesionChoice
from triage_app.ui.case.steps import StepButtons
from triage_app.ui.cases import form, result
from triage_app.ui.cases.listing import nothing
from triage_app.ui.kit import begun, copies, frame
from triage_app.ui.kit.desk import Desk, bind, case_of, known_form
from triage_app.ui.kit.markup import notice
from triage_app.ui.kit.places import SIGHT
from triage_app.ui.kit.reference_parts import wire_hint
from triage_app.ui.kit.scripts import call, forward
from triage_app.ui.reading import verdict
from triage_app.ui.reading.panel import ReviewPanel
from triage_app.ui.reading.parts import Seen
from triage_app.ui.words import copies as texts_copies
from triage_app.ui.words import texts


class CasePage:
    """Draws the page and handles its events."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._buttons = StepButtons()
        self._review = ReviewPanel(desk, self)
        self._lesion = LesionChoice(desk, self)

    def build(self, page: gr.Blocks) -> None:
        frame.header(self._desk.station, "case")
        self._message = frame.message()
        self._way = gr.HTML("")
        self._head = gr.HTML("")
        with gr.Row(elem_classes="work-area", visible=False) as self._body:
            with gr.Column(scale=5, min_width=320, elem_classes="intake"):
                self._review.build()
                self._lesion.build()
                gr.HTML("<triage-status></triage-status>", elem_classes="save-status")
                self._form = form.build()
                self._buttons.build()
                self._problem = problem.build()
            with gr.Column(scale=8, min_width=320, elem_classes="findings-column"):
                self._result = gr.HTML("", js_on_load=forward("triage-none", "form", "onDecision"))
        self._wire(page)

    @property
    def _shown(self) -> list[Any]:
        return [
            self._message,
            self._head,
            self._body,
            self._result,
            self._buttons.report_list,
            *self._buttons.outputs,
            self._problem.frame,
        ]

    @property
    def _everything(self) -> list[Any]:
        parts = [*self._review.outputs, *self._lesion.outputs]
        return [*self._shown, *parts, *self._form.handle, *self._form.inputs]

    def _wire(self, page: gr.Blocks) -> None:
        form.wire(self._form)
        reference = self._form.fields["patient_reference"]
        wire_hint(self._desk, reference, self._form.case_id, self._form.hint)
        opened = bind(page.load, self.open, outputs=[self._way, *self._everything])
        self._put_back(opened)
        begun.wire(self._review.forms, self._form.case_id)
        redrawn = [self._result, self._head, self._review.verdict_choice]
        bind(self._result.submit, self.redecided, outputs=redrawn)
        self._wire_buttons(self._buttons)
        problem.wire(self._desk, self._problem, self._form.case_id)
        self._review.wire()
        self._lesion.wire(self._form.case_id)

    def _wire_buttons(self, buttons: StepButtons) -> None:
        self.bind_step(buttons.file.click, self.file)
        self.bind_step(buttons.issue.click, self.issue)
        self.bind_step(buttons.second.click, self.keep_copy)
        self.bind_step(buttons.delete_yes.click, self.delete)
        self.bind_step(buttons.restore.click, self.restore)
        self.bind_step(buttons.erase_yes.click, self.erase)
        bind(buttons.delete.click, self.ask_delete, outputs=buttons.asked)
        bind(buttons.erase.click, self.ask_erase, outputs=buttons.asked)
        bind(buttons.keep.click, self.keep, outputs=buttons.asked)

    def bind_step(
        self,
        trigger: Callable[..., gr.events.Dependency],
        handler: Callable[..., Any],
        inputs: Sequence[Component] = (),
        form: str = "",
    ) -> gr.events.Dependency:
        """Bind a handler that takes the case, its version and ``inputs``, and gives a page.

        ``form`` names the form of the reading that it records.
        """
        taken = [*self._form.handle, *inputs]
        flushed = call("review", "flushed", len(taken), form)
        done = bind(trigger, handler, inputs=taken, outputs=self._everything, js=flushed)
        return self._put_back(done)

    def _put_back(self, drawn: gr.events.Dependency) -> gr.events.Dependency:
        """What was typed and not stored, after the page was drawn."""
        restored = form.restore(self._form, drawn)
        return begun.restore(self._review.forms, self._form.handle, restored)

    def bind_news(
        self, trigger: Callable[..., gr.events.Dependency], handler: Callable[..., Any]
    ) -> gr.events.Dependency:
        """Bind a handler of an event that an element of the page tells, and gives a page."""
        drawing = call("begun", "drawing")
        return self._put_back(bind(trigger, handler, outputs=self._everything, js=drawing))

    def open(self, request: gr.Request) -> list[Any]:
        """Fill the page from its address."""
        actor = self._desk.authorise(request, *SIGHT)
        try:
            case = self._desk.asked_case(actor, request)
            way = self._way_on(actor, case, request)
        except TriageError as error:
            return ["", *self._nothing(str(error))]
        return [way, *(self._nothing("") if case is None else self._all(actor, case))]

    def _way_on(self, actor: Actor, case: Case | None, request: gr.Request) -> str:
        from_list = dict(request.query_params).get("from") == "worklist"
        if case is None or not from_list or not actor.may(Permission.REVIEW):
            return ""
        return case_parts.way_on(*self._desk.station.worklist.neighbours(actor, case.id))

    def redecided(self, event: gr.EventData, request: gr.Request) -> list[Any]:
        """Show the level again after an answer changed it."""
        actor = self._desk.authorise(request, *SIGHT)
        try:
            case = self._desk.find(actor, case_of(event))
        except TriageError as error:
            return [notice(str(error), "error"), gr.skip(), gr.skip()]
        told = [result.whole(case), self._head_of(actor, case)]
        if not Seen(actor, case, {}, {}).decides:
            return [*told, gr.skip()]
        levels = verdict.choices(case.analysis.decision.level)
        return [*told, gr.update(choices=levels, value=None)]

    def _head_of(self, actor: Actor, case: Case) -> str:
        head = case_parts.head(case, reads=actor.may(Permission.SEE_FINDINGS))
        return head + self._desk.copies_of(actor, case)

    def file(self, case_id: str, version: float, request: gr.Request) -> list[Any]:
        """File the draft."""
        return self._change(case_id, version, request, self._desk.cases.file, texts.FILED)

    def issue(self, case_id: str, version: float, request: gr.Request) -> list[Any]:
        """Issue a report, or show the one that is still valid."""
        actor = self._desk.authorise(request, Permission.ISSUE_REPORTS)
        message = ""

        def step() -> Case:
            nonlocal message
            before = len(self._desk.find(actor, case_id).reports)
            report = self._desk.station.reports.issue(actor, case_id)
            new = report.number > before
            words = texts.REPORT_ISSUED if new else texts.REPORT_SAME
            message = words.format(number=report.number)
            return self._desk.find(actor, case_id)

        return self.step(actor, case_id, version, step, lambda: message)

    def keep_copy(self, case_id: str, version: float, request: gr.Request) -> list[Any]:
        """Say that the case goes on as a second copy."""
        actor = self._desk.authorise(request, Permission.CHANGE_CASES)

        def step() -> Case:
            self._desk.station.copies.keep(actor, case_id)
            return self._desk.find(actor, case_id)

        return self.step(actor, case_id, version, step, texts_copies.KEPT_NOW)

    def delete(self, case_id: str, version: float, request: gr.Request) -> list[Any]:
        """Move the case to the bin."""
        return self._change(case_id, version, request, self._desk.cases.delete, texts.DELETED)

    def restore(self, case_id: str, version: float, request: gr.Request) -> list[Any]:
        """Take the case out of the bin."""
        return self._change(case_id, version, request, self._desk.cases.restore, texts.RESTORED)

    def erase(self, case_id: str, version: float, request: gr.Request) -> list[Any]:
        """Erase the case and its files."""
        actor = self._desk.authorise(request, Permission.CHANGE_CASES)
        try:
            self._desk.cases.erase(actor, known_form(case_id), int(version or 0))
        except TriageError as error:
            return self._kept(case_id, version, str(error))
        gone = self._nothing("")
        return [notice(texts.ERASED), *gone[1:]]

    def ask_delete(self, request: gr.Request) -> list[Any]:
        """Ask before the case goes into the bin."""
        self._desk.authorise(request, Permission.CHANGE_CASES)
        return self._buttons.asking(texts.DELETE_ASK, delete=True)

    def ask_erase(self, request: gr.Request) -> list[Any]:
        """Ask before the case is erased."""
        self._desk.authorise(request, Permission.CHANGE_CASES)
        return self._buttons.asking(texts.ERASE_ASK, delete=False)

    def keep(self, request: gr.Request) -> list[Any]:
        """Take the question back."""
        self._desk.authorise(request, Permission.CHANGE_CASES)
        return [gr.update(visible=False), "", gr.skip(), gr.skip()]

    def _change(
        self,
        case_id: str,
        version: float,
        request: gr.Request,
        change: Callable[[Actor, str, int], Case],
        said: str,
    ) -> list[Any]:
        actor = self._desk.authorise(request, Permission.CHANGE_CASES)
        return self.step(
            actor, case_id, version, lambda: change(actor, case_id, int(version or 0)), said
        )

    def step(
        self,
        actor: Actor,
        case_id: str,
        version: float,
        step: Callable[[], Case],
        said: str | Callable[[], str],
    ) -> list[Any]:
        """Carry out a step and give the whole page after it, or the error in words."""
        if not case_id:
            return self._kept(case_id, version, texts.STALE_FLUSH)
        try:
            known_form(case_id)
            case = step()
        except TriageError as error:
            return self._kept(case_id, version, str(error))
        message = said if isinstance(said, str) else said()
        return self._all(actor, case, notice(message))

    def _kept(self, case_id: str, version: float, error: str) -> list[Any]:
        own = len(self._shown) - 1 + len(self._review.outputs) + len(self._lesion.outputs)
        # The browser has saved over the version that was filled in: it goes on from its own.
        handle = [case_id, version] if case_id and version else [gr.skip(), gr.skip()]
        fields = [gr.skip()] * len(self._form.inputs)
        return [notice(error, "error"), *[gr.skip()] * own, *handle, *fields]

    def _all(self, actor: Actor, case: Case, message: str = "") -> list[Any]:
        binned, filed = case.deleted_at is not None, case.state is CaseState.FILED
        changes = actor.may(Permission.CHANGE_CASES)
        # Whoever took the photograph completes the intake until a clinician files the case.
        typing = not binned and (changes or not filed)
        fields = [gr.update(value=value, interactive=typing) for value in form.filled(case)[2:]]
        seen = self._seen(actor, case)
        copied = copies.is_open(self._desk.seen_copies(actor, case))
        return [
            message,
            self._head_of(actor, case),
            gr.update(visible=True),
            result.whole(case),
            reports(case),
            *self._buttons.filled(actor, case, copied=copied),
            gr.update(visible=actor.may(Permission.REPORT_SAFETY)),
            *self._review.filled(seen),
            *self._lesion.filled(seen),
            case.id,
            case.version,
            *fields,
        ]

    def _seen(self, actor: Actor, case: Case) -> Seen:
        if not actor.may(Permission.REVIEW):
            return Seen(actor, case, {}, {})
        worklist = self._desk.station.worklist
        return Seen(actor, case, worklist.names(actor), worklist.clinicians(actor))

    def _nothing(self, error: str) -> list[Any]:
        link = ("/history", texts.BACK_TO_HISTORY)
        empty = nothing(texts.NO_CASE, texts.NO_CASE_HELP, link)
        hidden = [gr.update(visible=False)] * 8
        return [
            notice(error, "error"),
            empty,
            gr.update(visible=False),
            "",
            "",
            *hidden,
            *self._review.hidden(),
            *self._lesion.hidden(),
            *form.filled(None),
        ]
