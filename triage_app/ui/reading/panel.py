"""The reading of a case on its page: impression, verdict, next steps, outcome, letter."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from triage_app.domain.case import Case
from triage_app.domain.people import Actor, Permission
from triage_app.ui.kit.desk import Desk
from triage_app.ui.kit.local import today
from triage_app.ui.kit.scripts import forward
from triage_app.ui.reading import record
from triage_app.ui.reading.impression import ImpressionPart
from triage_app.ui.reading.outcome import OutcomePart
from triage_app.ui.reading.parts import CaseSteps, Seen
from triage_app.ui.reading.steps import StepsPart
from triage_app.ui.reading.verdict import VerdictPart
from triage_app.ui.reading.withdraw import WithdrawPart
from triage_app.ui.words import review as words


class ReviewPanel:
    """Draws the reading and handles the events that belong to no part of it."""

    def __init__(self, desk: Desk, page: CaseSteps) -> None:
        self._desk = desk
        self._page = page
        self._impression = ImpressionPart(desk, page)
        self._verdict = VerdictPart(desk, page)
        self._steps = StepsPart(desk, page)
        self._outcome = OutcomePart(desk, page)
        self._withdraw = WithdrawPart(desk, page)
        reading = (self._impression, self._verdict, self._steps)
        self._parts = (*reading, self._outcome, self._withdraw)

    def build(self) -> None:
        """Draw it where it is called."""
        with gr.Column(
            elem_classes="form-group review", elem_id="reading", visible=False
        ) as self._frame:
            with gr.Row(elem_classes="review-head"):
                self._title = gr.HTML("", min_width=160)
                self._take = gr.Button(words.TAKE, visible=False, min_width=90, scale=0)
                self._release = gr.Button(words.RELEASE, visible=False, min_width=90, scale=0)
            self._read = gr.HTML("")
            self._impression.build()
            self._verdict.build()
            self._awaited = gr.HTML("")
            self._steps.build()
            self._ended = gr.HTML("", js_on_load=forward("triage-attached"))
            self._withdraw.build()
            self._outcome.build()
            with gr.Row(elem_classes="review-ends"):
                self._letter = gr.Button(words.ISSUE_LETTER, visible=False, min_width=140)
                self._close = gr.Button(words.CLOSE, visible=False, min_width=120)
                self._reopen = gr.Button(words.REOPEN, visible=False, min_width=120)

    @property
    def verdict_choice(self) -> gr.Radio:
        """The levels of the verdict, which follow the level that the software gives."""
        return self._verdict.choice

    @property
    def forms(self) -> Mapping[str, Sequence[Component]]:
        """Fields of what can be recorded, by the name of its form."""
        parts = (self._impression, self._verdict, self._outcome)
        return {name: fields for part in parts for name, fields in part.forms.items()}

    @property
    def outputs(self) -> list[Any]:
        """What ``filled`` fills."""
        own = [self._frame, self._title, self._take, self._release, self._read]
        told = [self._awaited, self._ended, self._letter, self._close, self._reopen]
        return [*own, *told, *(output for part in self._parts for output in part.outputs)]

    def wire(self) -> None:
        """Bind the events."""
        for part in self._parts:
            part.wire()
        for button, handler in (
            (self._take, self.take),
            (self._release, self.release),
            (self._close, self.close),
            (self._reopen, self.reopen),
            (self._letter, self.letter),
        ):
            self._page.bind_step(button.click, handler)
        self._page.bind_news(self._ended.submit, self._outcome.attached)

    def take(self, case_id: str, version: float, request: gr.Request) -> list[Any]:
        """Take the case, so that others see who reads it."""
        reading = self._desk.station.reading
        return self._plain(
            request, case_id, version, lambda a: reading.take(a, case_id), words.TAKEN
        )

    def release(self, case_id: str, version: float, request: gr.Request) -> list[Any]:
        """Give the case back."""
        reading = self._desk.station.reading
        return self._plain(
            request, case_id, version, lambda a: reading.release(a, case_id), words.RELEASED
        )

    def close(self, case_id: str, version: float, request: gr.Request) -> list[Any]:
        """Close the case; refused while a step is open."""
        reading = self._desk.station.reading
        return self._plain(
            request,
            case_id,
            version,
            lambda a: reading.close(a, case_id, int(version or 0)),
            words.CLOSE_DONE,
        )

    def reopen(self, case_id: str, version: float, request: gr.Request) -> list[Any]:
        """Open a closed case again."""
        reading = self._desk.station.reading
        return self._plain(
            request,
            case_id,
            version,
            lambda a: reading.reopen(a, case_id, int(version or 0)),
            words.REOPEN_DONE,
        )

    def letter(self, case_id: str, version: float, request: gr.Request) -> list[Any]:
        """Issue a letter to the patient from the present verdict."""
        letters = self._desk.station.letters
        return self._plain(
            request,
            case_id,
            version,
            lambda a: letters.issue(a, case_id, int(version or 0)),
            words.LETTER_ISSUED,
        )

    def _plain(
        self,
        request: gr.Request,
        case_id: str,
        version: float,
        step: Callable[[Actor], Case],
        said: str,
    ) -> list[Any]:
        actor = self._desk.authorise(request, Permission.REVIEW)
        return self._page.step(actor, case_id, version, lambda: step(actor), said)

    def filled(self, seen: Seen) -> list[Any]:
        """Everything for a case."""
        case, reviews = seen.case, seen.reviews
        mine, given = case.taken_by == seen.actor.id, case.verdict is not None
        recorded = [record.steps(seen)]
        return [
            gr.update(visible=seen.actor.may(Permission.REVIEW)),
            f'<h2 data-today="{today()}">{words.READING}</h2>{record.taken(seen)}',
            gr.update(visible=reviews and not mine and not given),
            gr.update(visible=reviews and bool(case.taken_by)),
            record.whole([record.reveal(seen), record.impressions(seen), record.verdicts(seen)]),
            record.whole(recorded),
            record.whole([record.outcomes(seen), record.letters(seen)]),
            gr.update(visible=seen.decides and given),
            gr.update(visible=reviews and given and case.closed_at is None),
            gr.update(visible=reviews and case.closed_at is not None),
            *(update for part in self._parts for update in part.filled(seen)),
        ]

    def hidden(self) -> list[Any]:
        """Without a case."""
        own = [gr.update(visible=False), *[gr.skip()] * 9]
        return [*own, *(update for part in self._parts for update in part.hidden())]
