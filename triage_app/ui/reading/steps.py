"""The form that ends, postpones or hands over what a verdict made somebody responsible for."""

from typing import Any

import gradio as gr

from triage_app.domain.calendar import said_day
from triage_app.domain.case import Case
from triage_app.domain.errors import InvalidInput
from triage_app.domain.people import Actor, Permission
from triage_app.domain.reading import STEP_LABELS, NextStep, StepEnd
from triage_app.ui.cases.query import day
from triage_app.ui.kit.desk import Desk
from triage_app.ui.kit.fields import typed
from triage_app.ui.reading.parts import CaseSteps, Seen
from triage_app.ui.words import review as words

HAND_OVER = "hand_over"


class StepsPart:
    """Draws the form and handles its one event."""

    def __init__(self, desk: Desk, page: CaseSteps) -> None:
        self._desk = desk
        self._page = page

    def build(self) -> None:
        """Draw it where it is called."""
        with gr.Column(visible=False, elem_classes="step-form") as self._frame:
            self._which = gr.Dropdown(
                [], label=words.STEP_WHICH, allow_custom_value=True, elem_id="step-which"
            )
            # Lists of the server's that a window may outlive: what they hold is checked anew.
            self._what = gr.Radio(
                endings([], can_hand=True), label=words.STEP_WHAT, elem_id="step-what"
            )
            self._note = typed(words.STEP_NOTE, info=words.STEP_NOTE_INFO, elem_id="step-note")
            self._due = typed(
                words.STEP_NEW_DUE,
                info=words.DAY_INFO,
                elem_id="step-due",
                elem_classes="only-postpone",
            )
            self._person = gr.Dropdown(
                [],
                label=words.STEP_PERSON,
                allow_custom_value=True,
                elem_id="step-person",
                elem_classes="only-hand-over",
            )
            self._save = gr.Button(words.STEP_SAVE)

    @property
    def outputs(self) -> list[Any]:
        """What ``filled`` fills."""
        return [self._frame, self._which, self._what, self._note, self._due, self._person]

    def wire(self) -> None:
        """Bind the event."""
        self._page.bind_step(self._save.click, self.end, self.outputs[1:])

    def end(  # noqa: PLR0917 - one argument for each field, in order
        self,
        case_id: str,
        version: float,
        step_id: str,
        what: str,
        note: str,
        due: str,
        person: str,
        request: gr.Request,
    ) -> list[Any]:
        """End a step, or make somebody else responsible for it."""
        actor = self._desk.authorise(request, Permission.REVIEW)
        typed_in = (step_id or "", what or "", note or "", due or "", person or "")
        return self._page.step(
            actor,
            case_id,
            version,
            lambda: self._end(actor, case_id, int(version or 0), *typed_in),
            words.STEP_SAVED,
        )

    def _end(  # noqa: PLR0917
        self,
        actor: Actor,
        case_id: str,
        version: int,
        step_id: str,
        what: str,
        note: str,
        due: str,
        person: str,
    ) -> Case:
        reading = self._desk.station.reading
        if what == HAND_OVER:
            if not person:
                raise InvalidInput("person", words.STEP_NOBODY)
            return reading.hand_step(actor, case_id, version, step_id, person)
        if what not in (StepEnd.DONE, StepEnd.POSTPONED, StepEnd.CANCELLED):
            raise InvalidInput("what", words.STEP_NONE)
        new_day = day("due", due) if what == StepEnd.POSTPONED else None
        if what == StepEnd.POSTPONED and new_day is None:
            raise InvalidInput("due", words.STEP_NO_DAY)
        return reading.end_step(actor, case_id, version, step_id, StepEnd(what), note, new_day)

    def filled(self, seen: Seen) -> list[Any]:
        """The open steps to choose from; nothing where none is open."""
        steps = [step for step in seen.case.next_steps if step.is_open]
        which = [(_named(step), step.id) for step in steps]
        people = [(name, person) for person, name in seen.clinicians.items()]
        first = steps[0].id if steps else None
        return [
            gr.update(visible=seen.reviews and bool(steps)),
            gr.update(choices=which, value=first, visible=len(steps) > 1),
            gr.update(choices=endings(steps, can_hand=bool(people)), value=None),
            "",
            "",
            gr.update(choices=people, value=None),
        ]

    def hidden(self) -> list[Any]:
        """Without a case."""
        return [gr.update(visible=False), *[gr.skip()] * (len(self.outputs) - 1)]


def _named(step: NextStep) -> str:
    return words.STEP_CHOICE.format(kind=STEP_LABELS[step.kind], day=said_day(step.due))


def endings(steps: list[NextStep], *, can_hand: bool) -> list[tuple[str, str]]:
    """What may have happened to one of these steps, as label and value."""
    kinds = {step.kind for step in steps}
    done = words.STEP_DONE[kinds.pop()] if len(kinds) == 1 else words.STEP_DONE_ANY
    chosen = [
        (done, StepEnd.DONE.value),
        (words.STEP_POSTPONE, StepEnd.POSTPONED.value),
        (words.STEP_CANCEL, StepEnd.CANCELLED.value),
    ]
    return [*chosen, (words.STEP_HAND, HAND_OVER)] if can_hand else chosen
