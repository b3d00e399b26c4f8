"""The buttons below a case: file, issue a report, and the way into the bin and out of it."""

from typing import Any

import gradio as gr

from triage_app.domain.case import Case, CaseState
from triage_app.domain.people import Actor, Permission
from triage_app.ui.kit.markup import esc
from triage_app.ui.words import copies, texts


class StepButtons:
    """Draws them and says which can be pressed; the page of the case binds them."""

    def build(self) -> None:
        """Draw them where it is called."""
        self.report_list = gr.HTML("")
        with gr.Column(elem_classes="steps"):
            with gr.Column(visible=False, elem_classes="ask") as self.ask:
                self.question = gr.HTML("")
                with gr.Row():
                    self.keep = gr.Button(texts.KEEP, min_width=120)
                    self.delete_yes, self.erase_yes = (
                        gr.Button(label, variant="stop", visible=False, min_width=120)
                        for label in (texts.DELETE_YES, texts.ERASE_YES)
                    )
            with gr.Row():
                self.file, self.issue = (
                    gr.Button(label, variant="primary", visible=False, min_width=140)
                    for label in (texts.FILE_CASE, texts.ISSUE_REPORT)
                )
                self.second, self.delete, self.restore, self.erase = (
                    gr.Button(label, visible=False, min_width=140)
                    for label in (copies.KEEP, texts.DELETE, texts.RESTORE, texts.ERASE)
                )

    @property
    def outputs(self) -> list[Any]:
        """What ``filled`` fills."""
        steps = [self.file, self.issue, self.second, self.delete, self.restore, self.erase]
        return [*steps, self.ask]

    @property
    def asked(self) -> list[Any]:
        """What ``asking`` fills."""
        return [self.ask, self.question, self.delete_yes, self.erase_yes]

    @staticmethod
    def filled(actor: Actor, case: Case, *, copied: bool = False) -> list[Any]:
        """Which steps this person can take on the case; ``copied``: on a copy of another image."""
        binned, filed = case.deleted_at is not None, case.state is CaseState.FILED
        changes = actor.may(Permission.CHANGE_CASES)
        issues = actor.may(Permission.ISSUE_REPORTS) and filed and not binned
        return [
            gr.update(visible=changes and not filed and not binned),
            gr.update(visible=issues and not case.blinded),
            gr.update(visible=changes and filed and not binned and copied),
            gr.update(visible=changes and not binned),
            gr.update(visible=changes and binned),
            gr.update(visible=changes and binned),
            gr.update(visible=False),
        ]

    @staticmethod
    def asking(question: str, *, delete: bool) -> list[Any]:
        """A question before a step that takes something away."""
        return [
            gr.update(visible=True),
            f'<p role="alert">{esc(question)}</p>',
            gr.update(visible=delete),
            gr.update(visible=not delete),
        ]
