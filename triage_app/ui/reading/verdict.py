"""The form of a clinician's verdict: agree or override, and what happens next."""

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.components import Component

from triage_app.domain.calendar import months_later
from triage_app.domain.people import Permission
from triage_app.domain.reading import DISPOSITION_LABELS, GIVEN_LEVELS
from triage_app.domain.triage import LEVEL_LABELS, Level
from triage_app.ui.kit.desk import Desk, bind
from triage_app.ui.kit.fields import typed
from triage_app.ui.kit.local import today
from triage_app.ui.reading.parts import CaseSteps, Seen
from triage_app.ui.words import review as words


class VerdictPart:
    """Draws the form and handles its one event."""

    def __init__(self, desk: Desk, page: CaseSteps) -> None:
        self._desk = desk
        self._page = page

    def build(self) -> None:
        """Draw it where it is called. What an answer doesn't ask for is hidden by the style."""
        self._hint = gr.HTML("")
        with gr.Accordion(
            words.VERDICT_GIVE, open=True, visible=False, elem_classes="folded main verdict-form"
        ) as self._frame:
            self._again = gr.HTML("")
            # Every choice there is, because a window may outlive what the server keeps of it.
            self._choice = gr.Radio(
                every_choice(), label=words.LEVEL_VERDICT, elem_id="verdict-level"
            )
            self._reason = typed(
                words.REASON,
                info=words.REASON_INFO,
                lines=2,
                elem_id="verdict-reason",
                elem_classes="only-override",
            )
            self._disposition = gr.Radio(
                [(label, d.value) for d, label in DISPOSITION_LABELS.items()],
                label=words.DISPOSITION,
                elem_id="verdict-disposition",
            )
            with gr.Row(elem_classes="only-follow-up"):
                self._due = typed(
                    words.DUE, info=words.DUE_INFO, elem_id="verdict-due", min_width=150
                )
                self._soon = {
                    months: gr.Button(label, size="sm", min_width=90, scale=0)
                    for months, label in words.SOON.items()
                }
            self._note = typed(words.NOTE, info=words.NOTE_INFO, lines=2, elem_id="verdict-note")
            self._record = gr.Button(words.RECORD_VERDICT, variant="primary")

    @property
    def outputs(self) -> list[Any]:
        """What ``filled`` fills."""
        return [self._hint, self._frame, self._again, *self._fields]

    @property
    def _fields(self) -> list[Component]:
        return [self._choice, self._reason, self._disposition, self._due, self._note]

    @property
    def forms(self) -> dict[str, list[Component]]:
        """Its fields by the name of the form."""
        return {"verdict": self._fields}

    @property
    def choice(self) -> gr.Radio:
        """The levels to choose from, which name the level that the software gave."""
        return self._choice

    def wire(self) -> None:
        """Bind the events."""
        for months, button in self._soon.items():
            bind(button.click, self._in(months), outputs=[self._due])
        self._page.bind_step(self._record.click, self.record, self._fields, "verdict")

    def _in(self, months: int) -> Callable[[gr.Request], str]:
        """What types the day so many months from the site's today."""

        def typed_in(request: gr.Request) -> str:
            self._desk.authorise(request, Permission.REVIEW)
            return months_later(today(), months).isoformat()

        return typed_in

    def record(  # noqa: PLR0917 - one argument for each field, in order
        self,
        case_id: str,
        version: float,
        choice: str,
        reason: str,
        disposition: str,
        due: str,
        note: str,
        request: gr.Request,
    ) -> list[Any]:
        """Record the verdict; an earlier one stays readable."""
        actor = self._desk.authorise(request, Permission.REVIEW)
        answer, _, level = (choice or "").partition(":")
        fields: dict[str, object] = {
            "answer": answer,
            "level": level,
            # What is hidden, because the answer does not ask for it, is not meant.
            "reason": (reason or "") if answer == "override" else "",
            "disposition": disposition or "",
            "due": (due or "") if disposition == "follow_up" else "",
            "note": note or "",
        }
        reading = self._desk.station.reading
        return self._page.step(
            actor,
            case_id,
            version,
            lambda: reading.record_verdict(actor, case_id, int(version or 0), fields),
            words.VERDICT_RECORDED,
        )

    def filled(self, seen: Seen) -> list[Any]:
        """The empty form; folded once there is a verdict."""
        again = seen.case.verdict is not None
        title = words.VERDICT_AGAIN if again else words.VERDICT_GIVE
        return [
            hint(seen),
            gr.update(visible=seen.decides, open=not again, label=title),
            f'<p class="hint">{words.VERDICT_AGAIN_HELP}</p>' if again else "",
            self._levels(seen),
            "",
            None,
            "",
            "",
        ]

    @staticmethod
    def _levels(seen: Seen) -> Any:
        if not seen.decides:
            return gr.skip()
        return gr.update(choices=choices(seen.case.analysis.decision.level), value=None)

    def hidden(self) -> list[Any]:
        """Without a case."""
        return ["", gr.update(visible=False), *[gr.skip()] * (len(self.outputs) - 2)]


def hint(seen: Seen) -> str:
    """What is to be done before a verdict can be given."""
    if not seen.reviews:
        return ""
    if seen.waits:
        return f'<p class="hint">{words.VERDICT_NEEDS_IMPRESSION}</p>'
    if not seen.decides:
        return f'<p class="hint">{words.VERDICT_NEEDS_FILING}</p>'
    return ""


def every_choice() -> list[tuple[str, str]]:
    """All that ``choices`` can offer, for any level that was found."""
    return list(dict.fromkeys(choice for level in Level for choice in choices(level)))


def choices(found: Level) -> list[tuple[str, str]]:
    """Agreeing with the level that was found, or overriding it, as label and value."""
    agree = (words.AGREE.format(level=LEVEL_LABELS[found]), f"agree:{found}")
    others = [
        (words.OVERRIDE.format(level=LEVEL_LABELS[level]), f"override:{level}")
        for level in GIVEN_LEVELS
        if level is not found
    ]
    return [agree, *others]
