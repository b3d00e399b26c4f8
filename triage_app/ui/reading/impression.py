"""The form of a clinician's own read, with the scores of two published rules."""

from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from triage_app.domain.checklists import (
    ABCD_LABELS,
    ABCD_NAME,
    SEVEN_POINT_LABELS,
    SEVEN_POINT_NAME,
    SevenPoint,
    SevenPointChecklist,
    StolzAbcd,
)
from triage_app.domain.errors import InvalidInput
from triage_app.domain.people import Permission
from triage_app.domain.reading import GIVEN_LEVELS, IMPRESSION_LABELS
from triage_app.domain.triage import LEVEL_LABELS
from triage_app.ui.kit.desk import Desk, bind
from triage_app.ui.kit.markup import esc
from triage_app.ui.kit.scripts import call
from triage_app.ui.reading.parts import CaseSteps, Seen
from triage_app.ui.words import review as words

COUNTS = {
    "asymmetry": range(3),
    "border": range(9),
    "colours": range(1, 7),
    "structures": range(1, 6),
}
NONE_SEEN = "none"


class ImpressionPart:
    """Draws the form and handles its events."""

    def __init__(self, desk: Desk, page: CaseSteps) -> None:
        self._desk = desk
        self._page = page

    def build(self) -> None:
        """Draw it where it is called."""
        with gr.Accordion(
            words.IMPRESSION, open=False, visible=False, elem_classes="folded main"
        ) as self._frame:
            self._help = gr.HTML("")
            self._diagnosis = gr.Radio(
                [(label, d.value) for d, label in IMPRESSION_LABELS.items()],
                label=words.DIAGNOSIS,
                elem_id="impression-diagnosis",
            )
            with gr.Row():
                self._level = gr.Radio(
                    [(LEVEL_LABELS[level], level.value) for level in GIVEN_LEVELS],
                    label=words.LEVEL,
                    elem_id="impression-level",
                )
                self._confidence = gr.Radio(
                    [(label, c.value) for c, label in words.CONFIDENCES.items()],
                    label=words.CONFIDENCE,
                    elem_id="impression-confidence",
                )
            self._draw_rules()
            self._score = gr.HTML("")
            self._record = gr.Button(words.RECORD_IMPRESSION, variant="primary")

    def _draw_rules(self) -> None:
        with gr.Accordion(words.ABCD_MORE, open=False, elem_classes="folded") as self._abcd_frame:
            self._abcd = [
                gr.Radio(
                    [*((str(count), str(count)) for count in counts), (words.NOT_SCORED, "")],
                    value="",
                    label=ABCD_LABELS[name],
                    elem_id=f"impression-{name}",
                )
                for name, counts in COUNTS.items()
            ]
        with gr.Accordion(words.SEVEN_POINT_MORE, open=False, elem_classes="folded") as frame:
            self._seven_frame = frame
            self._seven_point = gr.CheckboxGroup(
                [
                    *((label, s.value) for s, label in SEVEN_POINT_LABELS.items()),
                    (words.SEVEN_POINT_NONE, NONE_SEEN),
                ],
                label=words.SEVEN_POINT_SEEN,
                elem_id="impression-seven-point",
            )

    @property
    def _rules(self) -> list[Component]:
        return [*self._abcd, self._seven_point]

    @property
    def outputs(self) -> list[Any]:
        """What ``filled`` fills."""
        folded = [self._abcd_frame, self._seven_frame]
        return [self._frame, self._help, self._record, *folded, *self._fields]

    @property
    def _fields(self) -> list[Component]:
        return [self._diagnosis, self._level, self._confidence, *self._rules]

    @property
    def forms(self) -> dict[str, list[Component]]:
        """Its fields by the name of the form."""
        return {"impression": self._fields}

    def wire(self) -> None:
        """Bind the events."""
        step, fields = self._page.bind_step, self._fields
        recorded = step(self._record.click, self.record, fields, "impression")
        recorded.then(fn=None, js=call("review", "revealed"))
        self._seven_point.input(
            fn=None,
            js=call("review", "exclusive", NONE_SEEN),
            inputs=[self._seven_point],
            outputs=[self._seven_point],
            show_progress="hidden",
        )
        for field in self._rules:
            bind(field.change, self.score, self._rules, [self._score])  # type: ignore[attr-defined]

    def score(  # noqa: PLR0917 - one argument for each field, in order
        self,
        asymmetry: str,
        border: str,
        colours: str,
        structures: str,
        seven_point: list[str],
        request: gr.Request,
    ) -> str:
        """The scores of what is ticked so far, as they would be stored."""
        self._desk.authorise(request, Permission.REVIEW)
        lines = [
            _abcd_line([asymmetry, border, colours, structures]),
            _seven_point_line(seven_point or []),
        ]
        return "".join(f'<p class="score" role="status">{esc(line)}</p>' for line in lines if line)

    def record(  # noqa: PLR0917
        self,
        case_id: str,
        version: float,
        diagnosis: str,
        level: str,
        confidence: str,
        asymmetry: str,
        border: str,
        colours: str,
        structures: str,
        seven_point: list[str],
        request: gr.Request,
    ) -> list[Any]:
        """Record the impression, which reveals findings that were withheld."""
        actor = self._desk.authorise(request, Permission.REVIEW)
        counts = dict(zip(COUNTS, (asymmetry, border, colours, structures), strict=True))
        fields: dict[str, object] = {
            "diagnosis": diagnosis or "",
            "level": level or "",
            "confidence": confidence or "",
            **{f"abcd_{name}": value or "" for name, value in counts.items()},
            "seven_point": seven_point or [],
        }
        reading = self._desk.station.reading
        return self._page.step(
            actor,
            case_id,
            version,
            lambda: reading.record_impression(actor, case_id, int(version or 0), fields),
            words.IMPRESSION_RECORDED,
        )

    def filled(self, seen: Seen) -> list[Any]:
        """The empty form, open where the findings wait for it."""
        before = seen.waits
        title = words.IMPRESSION if before else words.IMPRESSION_MORE
        note = "" if before else f" {words.IMPRESSION_SEEN}"
        submit = words.RECORD_AND_REVEAL if before else words.RECORD_IMPRESSION
        return [
            gr.update(visible=seen.reviews, open=before, label=title),
            f'<p class="hint">{words.IMPRESSION_ONCE}{note}</p>',
            gr.update(value=submit),
            gr.update(open=False),
            gr.update(open=False),
            *[None] * 3,
            *[""] * len(self._abcd),
            [],
        ]

    def hidden(self) -> list[Any]:
        """Without a case."""
        return [gr.update(visible=False), *[gr.skip()] * (len(self.outputs) - 1)]


def _abcd_line(counts: Sequence[str]) -> str:
    if not any(counts):
        return ""
    if not all(counts):
        return words.SCORE_PART
    try:
        rule = StolzAbcd(*(int(count) for count in counts))
    except (InvalidInput, ValueError):
        return words.SCORE_PART
    return words.SCORE.format(name=ABCD_NAME, score=rule.score, meaning=rule.meaning)


def _seven_point_line(codes: Sequence[str]) -> str:
    if not codes:
        return ""
    known = {criterion.value for criterion in SevenPoint}
    rule = SevenPointChecklist(frozenset(SevenPoint(code) for code in codes if code in known))
    return words.SCORE.format(name=SEVEN_POINT_NAME, score=rule.score, meaning=rule.meaning)
