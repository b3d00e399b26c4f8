"""The forms of what turned out: histopathology, or follow-up with paired images."""

from collections.abc import Mapping
from typing import Any

import gradio as gr
from gradio.components import Component

from triage_app.domain.case import Case
from triage_app.domain.outcome import OutcomeMethod
from triage_app.domain.pathology import PATHOLOGY_LABELS
from triage_app.domain.people import Actor, Permission
from triage_app.ui.kit.desk import Desk, case_of
from triage_app.ui.kit.fields import typed
from triage_app.ui.kit.local import today
from triage_app.ui.reading.parts import CaseSteps, Seen
from triage_app.ui.words import review as words


class OutcomePart:
    """Draws the forms and handles their events."""

    def __init__(self, desk: Desk, page: CaseSteps) -> None:
        self._desk = desk
        self._page = page

    def build(self) -> None:
        """Draw them where it is called."""
        with gr.Accordion(
            words.HISTOLOGY_MORE, open=False, visible=False, elem_classes="folded"
        ) as self._histology:
            self._draw_histology()
        with gr.Accordion(
            words.FOLLOW_UP_MORE, open=False, visible=False, elem_classes="folded"
        ) as self._follow_up:
            gr.HTML(f'<p class="hint">{words.FOLLOW_UP_HELP}</p>')
            with gr.Row():
                self._last = typed(
                    words.OUTCOME_LAST, info=words.DAY_INFO, elem_id="outcome-last", min_width=150
                )
                self._changed = gr.Radio(
                    [(label, value) for value, label in words.CHANGED_CHOICES.items()],
                    label=words.CHANGED,
                    elem_id="outcome-changed",
                )
            self._followed = typed(words.FOLLOW_UP_TEXT, lines=2, elem_id="outcome-followed")
            self._record_follow_up = gr.Button(words.RECORD_OUTCOME, variant="primary")

    def _draw_histology(self) -> None:
        self._diagnosis = gr.Dropdown(
            [(label, diagnosis.value) for diagnosis, label in PATHOLOGY_LABELS.items()],
            value=None,
            label=words.OUTCOME_DIAGNOSIS,
            filterable=True,
            elem_id="outcome-diagnosis",
        )
        with gr.Row():
            self._on, self._breslow, self._specimen = (
                typed(label, info=info, elem_id=f"outcome-{name}", min_width=150)
                for name, label, info in (
                    ("on", words.OUTCOME_ON, words.DAY_INFO),
                    ("breslow", words.BRESLOW, words.BRESLOW_INFO),
                    ("specimen", words.SPECIMEN, words.SPECIMEN_INFO),
                )
            )
        self._text = typed(
            words.OUTCOME_TEXT, info=words.OUTCOME_TEXT_INFO, lines=3, elem_id="outcome-text"
        )
        self._record_histology = gr.Button(words.RECORD_OUTCOME, variant="primary")

    @property
    def _tissue(self) -> list[Any]:
        return [self._on, self._diagnosis, self._breslow, self._specimen, self._text]

    @property
    def _followed_up(self) -> list[Any]:
        return [self._last, self._changed, self._followed]

    @property
    def forms(self) -> dict[str, list[Component]]:
        """Fields of each of its forms, by name."""
        return {"histology": self._tissue, "follow_up": self._followed_up}

    @property
    def outputs(self) -> list[Any]:
        """What ``filled`` fills."""
        return [self._histology, self._follow_up, *self._tissue, *self._followed_up]

    def wire(self) -> None:
        """Bind the events."""
        bind_step = self._page.bind_step
        bind_step(self._record_histology.click, self.histology, self._tissue, "histology")
        bind_step(self._record_follow_up.click, self.follow_up, self._followed_up, "follow_up")

    def histology(  # noqa: PLR0917 - one argument for each field, in order
        self,
        case_id: str,
        version: float,
        on: str,
        diagnosis: str,
        breslow: str,
        specimen: str,
        text: str,
        request: gr.Request,
    ) -> list[Any]:
        """Record what the pathologist found."""
        actor = self._desk.authorise(request, Permission.REVIEW)
        fields: dict[str, object] = {
            "method": OutcomeMethod.HISTOPATHOLOGY.value,
            "on": on or "",
            "diagnosis": diagnosis or "",
            "breslow_mm": breslow or "",
            "specimen": specimen or "",
            "text": text or "",
        }
        return self._record(actor, case_id, version, fields)

    def follow_up(  # noqa: PLR0917
        self,
        case_id: str,
        version: float,
        on: str,
        changed: str,
        text: str,
        request: gr.Request,
    ) -> list[Any]:
        """Record what the follow-up showed."""
        actor = self._desk.authorise(request, Permission.REVIEW)
        fields: dict[str, object] = {
            "method": OutcomeMethod.FOLLOW_UP.value,
            "on": on or "",
            "changed": changed or "",
            "text": text or "",
        }
        return self._record(actor, case_id, version, fields)

    def attached(self, event: gr.EventData, request: gr.Request) -> list[Any]:
        """Show the case again after a PDF was stored with one of its outcomes."""
        actor = self._desk.authorise(request, Permission.REVIEW)
        case_id = case_of(event)

        def step() -> Case:
            return self._desk.find(actor, case_id)

        return self._page.step(actor, case_id, 0, step, words.ATTACHED)

    def _record(
        self, actor: Actor, case_id: str, version: float, fields: Mapping[str, object]
    ) -> list[Any]:
        outcomes = self._desk.station.outcomes
        return self._page.step(
            actor,
            case_id,
            version,
            lambda: outcomes.record(actor, case_id, int(version or 0), fields),
            words.OUTCOME_RECORDED,
        )

    def filled(self, seen: Seen) -> list[Any]:
        """The empty forms, for a case on which a verdict could be given."""
        shown = gr.update(visible=seen.decides, open=False)
        return [shown, shown, "", None, "", "", "", today().isoformat(), None, ""]

    def hidden(self) -> list[Any]:
        """Without a case."""
        gone = gr.update(visible=False)
        return [gone, gone, *[gr.skip()] * (len(self.outputs) - 2)]
