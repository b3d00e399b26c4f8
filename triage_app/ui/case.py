"""The page of one case with everything that it holds."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from triage_app.domain.case import Case, CaseState
from triage_app.domain.errors import TriageError
from triage_app.domain.people import Actor, Permission
from triage_app.ui import form, frame, problem, result, texts
from triage_app.ui.case_parts import head, reports
from triage_app.ui.desk import Desk, bind, case_of, known_form
from triage_app.ui.listing import nothing
from triage_app.ui.markup import esc, notice
from triage_app.ui.places import SIGHT
from triage_app.ui.scripts import call, forward


class CasePage:
    """Draws the page and handles its events."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def build(self, page: gr.Blocks) -> None:
        """Draw into the open page of ``page``."""
        frame.header(self._desk.station, "case")
        self._message = frame.message()
        self._head = gr.HTML("")
        with gr.Row(elem_classes="work-area", visible=False) as self._body:
            with gr.Column(scale=5, min_width=320, elem_classes="intake"):
                gr.HTML("<triage-status></triage-status>", elem_classes="save-status")
                self._form = form.build()
                self._draw_steps()
                self._problem = problem.build()
            with gr.Column(scale=8, min_width=320, elem_classes="findings-column"):
                self._result = gr.HTML("", js_on_load=forward("triage-none", "form", "onDecision"))
        self._wire(page)

    def _draw_steps(self) -> None:
        self._reports = gr.HTML("")
        with gr.Column(elem_classes="steps"):
            with gr.Column(visible=False, elem_classes="ask") as self._ask:
                self._question = gr.HTML("")
                with gr.Row():
                    self._keep = gr.Button(texts.KEEP, min_width=120)
                    self._delete_yes = gr.Button(
                        texts.DELETE_YES, variant="stop", visible=False, min_width=120
                    )
                    self._erase_yes = gr.Button(
                        texts.ERASE_YES, variant="stop", visible=False, min_width=120
                    )
            with gr.Row():
                self._file = gr.Button(
                    texts.FILE_CASE, variant="primary", visible=False, min_width=140
                )
                self._issue = gr.Button(
                    texts.ISSUE_REPORT, variant="primary", visible=False, min_width=140
                )
                self._delete = gr.Button(texts.DELETE, visible=False, min_width=140)
                self._restore = gr.Button(texts.RESTORE, visible=False, min_width=140)
                self._erase = gr.Button(texts.ERASE, visible=False, min_width=140)

    @property
    def _shown(self) -> list[Any]:
        return [
            self._message,
            self._head,
            self._body,
            self._result,
            self._reports,
            self._file,
            self._issue,
            self._delete,
            self._restore,
            self._erase,
            self._ask,
            self._problem.frame,
        ]

    def _wire(self, page: gr.Blocks) -> None:
        form.wire(self._form)
        handle = self._form.handle
        everything = [*self._shown, *handle, *self._form.inputs]
        opened = bind(page.load, self.open, outputs=everything)
        form.restore(self._form, opened)
        bind(self._result.submit, self.redecided, outputs=[self._result, self._head])
        for button, step in (
            (self._file, self.file),
            (self._issue, self.issue),
            (self._delete_yes, self.delete),
            (self._restore, self.restore),
            (self._erase_yes, self.erase),
        ):
            done = bind(
                button.click,
                step,
                inputs=handle,
                outputs=everything,
                js=call("form", "flush"),
            )
            form.restore(self._form, done)
        asked = [self._ask, self._question, self._delete_yes, self._erase_yes]
        bind(self._delete.click, self.ask_delete, outputs=asked)
        bind(self._erase.click, self.ask_erase, outputs=asked)
        bind(self._keep.click, self.keep, outputs=asked)
        problem.wire(self._desk, self._problem, self._form.case_id)

    def open(self, request: gr.Request) -> list[Any]:
        """Fill the page from its address."""
        actor = self._desk.authorise(request, *SIGHT)
        try:
            case = self._desk.asked_case(actor, request)
        except TriageError as error:
            return self._nothing(str(error))
        return self._nothing("") if case is None else self._all(actor, case)

    def redecided(self, event: gr.EventData, request: gr.Request) -> list[Any]:
        """Show the level again after an answer changed it."""
        actor = self._desk.authorise(request, *SIGHT)
        try:
            case = self._desk.find(actor, case_of(event))
        except TriageError as error:
            return [notice(str(error), "error"), gr.skip()]
        return [result.whole(case), head(case)]

    def file(self, case_id: str, version: float, request: gr.Request) -> list[Any]:
        """File the draft."""
        actor = self._desk.authorise(request, Permission.CHANGE_CASES)
        return self._step(
            actor,
            case_id,
            lambda: self._desk.cases.file(actor, case_id, int(version)),
            texts.FILED,
        )

    def issue(self, case_id: str, _version: float, request: gr.Request) -> list[Any]:
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

        return self._step(actor, case_id, step, lambda: message)

    def delete(self, case_id: str, version: float, request: gr.Request) -> list[Any]:
        """Move the case to the bin."""
        actor = self._desk.authorise(request, Permission.CHANGE_CASES)
        return self._step(
            actor,
            case_id,
            lambda: self._desk.cases.delete(actor, case_id, int(version)),
            texts.DELETED,
        )

    def restore(self, case_id: str, version: float, request: gr.Request) -> list[Any]:
        """Take the case out of the bin."""
        actor = self._desk.authorise(request, Permission.CHANGE_CASES)
        return self._step(
            actor,
            case_id,
            lambda: self._desk.cases.restore(actor, case_id, int(version)),
            texts.RESTORED,
        )

    def erase(self, case_id: str, version: float, request: gr.Request) -> list[Any]:
        """Erase the case and its files."""
        actor = self._desk.authorise(request, Permission.CHANGE_CASES)
        try:
            self._desk.cases.erase(actor, known_form(case_id), int(version))
        except TriageError as error:
            return self._kept(str(error))
        gone = self._nothing("")
        return [notice(texts.ERASED), *gone[1:]]

    def ask_delete(self, request: gr.Request) -> list[Any]:
        """Ask before the case goes into the bin."""
        self._desk.authorise(request, Permission.CHANGE_CASES)
        return _ask(texts.DELETE_ASK, delete=True)

    def ask_erase(self, request: gr.Request) -> list[Any]:
        """Ask before the case is erased."""
        self._desk.authorise(request, Permission.CHANGE_CASES)
        return _ask(texts.ERASE_ASK, delete=False)

    def keep(self, request: gr.Request) -> list[Any]:
        """Take the question back."""
        self._desk.authorise(request, Permission.CHANGE_CASES)
        return [gr.update(visible=False), "", gr.skip(), gr.skip()]

    def _step(
        self, actor: Actor, case_id: str, step: Callable[[], Case], done: str | Callable[[], str]
    ) -> list[Any]:
        if not case_id:
            return self._kept(texts.STALE_FLUSH)
        try:
            known_form(case_id)
            case = step()
        except TriageError as error:
            return self._kept(str(error))
        message = done if isinstance(done, str) else done()
        return self._all(actor, case, notice(message))

    def _kept(self, error: str) -> list[Any]:
        rest = len(self._shown) + len(self._form.handle) + len(self._form.inputs) - 1
        return [notice(error, "error"), *[gr.skip()] * rest]

    def _all(self, actor: Actor, case: Case, message: str = "") -> list[Any]:
        binned, filed = case.deleted_at is not None, case.state is CaseState.FILED
        changes = actor.may(Permission.CHANGE_CASES)
        # Whoever took the photograph completes the intake until a clinician files the case.
        typing = not binned and (changes or not filed)
        fields = [gr.update(value=value, interactive=typing) for value in form.filled(case)[2:]]
        return [
            message,
            head(case),
            gr.update(visible=True),
            result.whole(case),
            reports(case),
            gr.update(visible=changes and not filed and not binned),
            gr.update(visible=actor.may(Permission.ISSUE_REPORTS) and filed and not binned),
            gr.update(visible=changes and not binned),
            gr.update(visible=changes and binned),
            gr.update(visible=changes and binned),
            gr.update(visible=False),
            gr.update(visible=actor.may(Permission.REPORT_SAFETY)),
            case.id,
            case.version,
            *fields,
        ]

    def _nothing(self, error: str) -> list[Any]:
        link = ("/history", texts.BACK_TO_HISTORY)
        empty = nothing(texts.NO_CASE, texts.NO_CASE_HELP, link)
        hidden = [gr.update(visible=False)] * 7
        return [
            notice(error, "error"),
            empty,
            gr.update(visible=False),
            "",
            "",
            *hidden,
            *form.filled(None),
        ]


def _ask(question: str, *, delete: bool) -> list[Any]:
    return [
        gr.update(visible=True),
        f'<p role="alert">{esc(question)}</p>',
        gr.update(visible=delete),
        gr.update(visible=not delete),
    ]
