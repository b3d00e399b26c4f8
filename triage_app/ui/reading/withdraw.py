"""The form that takes back an outcome that was recorded by mistake."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from triage_app.domain.calendar import said_day
from triage_app.domain.case import Case
from triage_app.domain.errors import InvalidInput
from triage_app.domain.outcome import OUTCOME_METHOD_LABELS, Outcome, standing
from triage_app.domain.people import Permission
from triage_app.domain.reading import STEP_LABELS
from triage_app.domain.withdrawing import asked_again
from triage_app.ui.kit.desk import Desk
from triage_app.ui.kit.fields import typed
from triage_app.ui.kit.markup import esc
from triage_app.ui.reading.parts import CaseSteps, Seen
from triage_app.ui.reading.record import found
from triage_app.ui.words import review as words


class WithdrawPart:
    """Draws the form, which says beforehand what will happen, and handles its one event."""

    def __init__(self, desk: Desk, page: CaseSteps) -> None:
        self._desk = desk
        self._page = page

    def build(self) -> None:
        """Draw it where it is called."""
        with gr.Accordion(
            words.WITHDRAW_MORE, open=False, visible=False, elem_classes="folded"
        ) as self._frame:
            # A list of the server's that a window may outlive: what it holds is checked anew.
            self._which = gr.Dropdown(
                [], label=words.WITHDRAW_WHICH, allow_custom_value=True, elem_id="withdraw-which"
            )
            self._told = gr.HTML("")
            self._reason = typed(words.WITHDRAW_WHY, lines=2, elem_id="withdraw-reason")
            self._withdraw = gr.Button(words.WITHDRAW_DO)

    @property
    def outputs(self) -> list[Any]:
        """What ``filled`` fills."""
        return [self._frame, self._which, self._told, self._reason]

    def wire(self) -> None:
        """Bind the event."""
        self._page.bind_step(self._withdraw.click, self.withdraw, [self._which, self._reason])

    def withdraw(
        self, case_id: str, version: float, outcome_id: str, reason: str, request: gr.Request
    ) -> list[Any]:
        """Withdraw the chosen outcome."""
        actor = self._desk.authorise(request, Permission.REVIEW)
        outcomes = self._desk.station.outcomes

        def step() -> Case:
            if not outcome_id:
                raise InvalidInput("which", words.WITHDRAW_NONE)
            return outcomes.withdraw(actor, case_id, int(version or 0), outcome_id, reason or "")

        return self._page.step(actor, case_id, version, step, words.WITHDRAW_DONE)

    def filled(self, seen: Seen) -> list[Any]:
        """The outcomes that can be withdrawn; nothing without any."""
        left = standing(seen.case.outcomes)[::-1]
        which = [(named(outcome), outcome.id) for outcome in left]
        only = left[0].id if len(left) == 1 else None
        return [
            gr.update(visible=seen.decides and bool(left), open=False),
            gr.update(choices=which, value=only),
            consequences(seen.case, left),
            "",
        ]

    def hidden(self) -> list[Any]:
        """Without a case."""
        return [gr.update(visible=False), *[gr.skip()] * (len(self.outputs) - 1)]


def named(outcome: Outcome) -> str:
    """An outcome as it is chosen."""
    return words.WITHDRAW_CHOICE.format(
        found=found(outcome),
        method=OUTCOME_METHOD_LABELS[outcome.method],
        day=said_day(outcome.on),
    )


def consequences(case: Case, outcomes: Sequence[Outcome]) -> str:
    """What happens when one of these outcomes is withdrawn, as HTML."""
    said = [words.WITHDRAW_HELP]
    for outcome in outcomes:
        said += [
            words.WITHDRAW_STEP.format(
                outcome=named(outcome), kind=STEP_LABELS[step.kind], day=said_day(step.due)
            )
            for step in asked_again(case.next_steps, case.outcomes, outcome.id)
        ]
    if case.closed_at is not None:
        said.append(words.WITHDRAW_CLOSED)
    return "".join(f'<p class="hint">{esc(sentence)}</p>' for sentence in said)
