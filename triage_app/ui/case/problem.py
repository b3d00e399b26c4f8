"""Reporting a safety problem with the software from the page of a case."""

from dataclasses import dataclass

import gradio as gr

from triage_app.domain.errors import TriageError
from triage_app.domain.people import Permission
from triage_app.domain.site import PROBLEM_KINDS
from triage_app.ui.kit.desk import Desk, bind, known_form
from triage_app.ui.kit.fields import typed
from triage_app.ui.kit.markup import notice
from triage_app.ui.words import site as words


@dataclass(frozen=True)
class Problem:
    """The folded part of the page, its fields and its place for an answer."""

    frame: gr.Accordion
    kind: gr.Dropdown
    text: gr.Textbox
    send: gr.Button
    said: gr.HTML


def build() -> Problem:
    """Draw it where it is called."""
    with gr.Accordion(words.PROBLEM, open=False, visible=False, elem_classes="problem") as frame:
        gr.HTML(f"<p>{words.PROBLEM_HELP}</p>")
        kind = gr.Dropdown(
            [(label, code) for code, label in PROBLEM_KINDS.items()],
            value=next(iter(PROBLEM_KINDS)),
            label=words.PROBLEM_KIND,
            filterable=False,
            elem_id="problem-kind",
        )
        text = typed(
            words.PROBLEM_TEXT,
            info=words.PROBLEM_TEXT_INFO,
            lines=3,
            elem_id="problem-text",
        )
        send = gr.Button(words.PROBLEM_SEND)
        said = gr.HTML("", elem_classes="messages")
    return Problem(frame, kind, text, send, said)


def wire(desk: Desk, problem: Problem, case_id: gr.Textbox) -> None:
    """Let the button report the problem from the case that the page shows."""

    def report_problem(case: str, kind: str, text: str, request: gr.Request) -> list[object]:
        actor = desk.authorise(request, Permission.REPORT_SAFETY)
        try:
            desk.station.safety.report_problem(actor, known_form(case), str(kind), text or "")
        except TriageError as error:
            return [notice(str(error), "error"), gr.skip()]
        return [notice(words.PROBLEM_SENT), ""]

    bind(
        problem.send.click,
        report_problem,
        inputs=[case_id, problem.kind, problem.text],
        outputs=[problem.said, problem.text],
    )
