"""The question before selected lines are overwritten, and the way back afterwards."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from triage_app.domain.errors import TriageError
from triage_app.domain.people import Actor, Permission
from triage_app.services.batches.assigning import (
    Fields,
    Line,
    NotAsShown,
    NotAssigned,
    Overwrite,
    Plan,
)
from triage_app.ui.kit.desk import Desk, MalformedValue, bind, known_form
from triage_app.ui.kit.markup import esc, notice
from triage_app.ui.words import batch as texts_batch
from triage_app.ui.words import texts

WRITE = (Permission.UPLOAD, Permission.CHANGE_CASES)


class AssignPart:
    """Draws both above the lines and handles their events."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def build(self) -> None:
        """Draw where it is called."""
        with gr.Column(visible=False, elem_classes="ask") as self._ask:
            self._question = gr.HTML("")
            with gr.Row():
                self._no = gr.Button(texts_batch.OVERWRITE_NO, min_width=120)
                self._yes = gr.Button(texts_batch.OVERWRITE_YES, variant="stop", min_width=120)
        with gr.Row(visible=False, elem_classes="steps") as self._done:
            self._said = gr.HTML("")
            self._undo = gr.Button(texts_batch.UNDO, scale=0, min_width=120)
        # What was asked about, with the versions that the question was about.
        self._asked = gr.Textbox(visible=False)
        # Counts what was assigned: the fields above the lines are empty again after each.
        self.round = gr.Number(value=0, visible=False, precision=0)

    @property
    def outputs(self) -> list[Any]:
        """What ``shown`` fills."""
        return [self._ask, self._question, self._asked, self._done, self._said]

    def wire(self, message: gr.HTML, batch: gr.Textbox, turn: gr.Number) -> list[Any]:
        """Bind the events; gives the outputs of ``apply``."""
        outputs = [message, turn, self.round, *self.outputs]
        counters = [batch, turn, self.round]
        bind(self._yes.click, self.overwrite, [*counters, self._asked], outputs)
        bind(self._no.click, self.leave, [batch], self.outputs)
        bind(self._undo.click, self.undo, counters, outputs)
        return outputs

    def apply(
        self, actor: Actor, at: Sequence[Any], lines: Sequence[Line], fields: Fields
    ) -> list[Any]:
        """Assign, or ask first; ``at`` is the batch with the counters of drawing and rounds."""
        batch, turn, rounds = str(at[0]), at[1] or 0, at[2] or 0
        given = {name: text for name, text in fields.items() if text and text.strip()}
        if not lines or not given:
            said = texts_batch.NOTHING_TYPED if lines else texts.NOTHING_SELECTED
            return [notice(said, "error"), turn, rounds, *self.shown(actor, batch)]
        try:
            plan = self._desk.station.assigning.plan(actor, lines, given)
        except NotAsShown as error:
            return [notice(str(error), "error"), turn + 1, rounds, *self.shown(actor, batch)]
        except TriageError as error:
            return [notice(str(error), "error"), turn, rounds, *self.shown(actor, batch)]
        if plan.overwrites:
            return ["", turn, rounds, *self.shown(actor, batch, plan)]
        return self._carry_out(actor, at, plan.versions, plan.fields)

    def overwrite(
        self, batch: str, turn: float, rounds: float, asked: str, request: gr.Request
    ) -> list[Any]:
        """Carry out what was asked about, on just the versions that were asked about."""
        actor = self._desk.authorise(request, *WRITE)
        return self._carry_out(actor, [batch, turn, rounds], *_read(asked))

    def leave(self, batch: str, request: gr.Request) -> list[Any]:
        """Take the question back."""
        return self.shown(self._desk.authorise(request, *WRITE), batch)

    def undo(self, batch: str, turn: float, rounds: float, request: gr.Request) -> list[Any]:
        """Put back what was there before the last step."""
        actor = self._desk.authorise(request, *WRITE)
        try:
            count = self._desk.station.assigning.undo(actor, batch)
            said = notice(texts_batch.UNDONE.format(images=texts_batch.images(count)))
        except TriageError as error:
            said = notice(str(error), "error")
        return [said, (turn or 0) + 1, rounds or 0, *self.shown(actor, batch)]

    def shown(self, actor: Actor, batch: str, plan: Plan | None = None) -> list[Any]:
        """The question about ``plan``, if there is one, and what can be undone."""
        last = self._desk.station.assigning.last(actor, batch)
        done = "" if last is None else _applied(len(last.versions), last.fields)
        asked = json.dumps([plan.versions, plan.fields]) if plan else ""
        return [
            gr.update(visible=plan is not None),
            _question(plan.overwrites) if plan else "",
            asked,
            gr.update(visible=last is not None),
            notice(done),
        ]

    def _carry_out(
        self, actor: Actor, at: Sequence[Any], versions: Mapping[str, int], fields: Fields
    ) -> list[Any]:
        batch, turn, rounds = str(at[0]), at[1] or 0, at[2] or 0
        said = "" if versions else notice(texts_batch.APPLIED_NONE)
        try:
            self._desk.station.assigning.apply(actor, batch, versions, fields)
            rounds += 1
        except NotAssigned as error:
            name = self.name(actor, error.case_id)
            refused = texts_batch.NOT_ASSIGNED.format(name=name, reason=error)
            said = notice(refused, "error")
        # Drawn anew either way: what was selected is selected no longer.
        return [said, turn + 1, rounds, *self.shown(actor, batch)]

    def name(self, actor: Actor, case_id: str) -> str:
        """What a line is called: the name that its file had."""
        try:
            files = self._desk.find(actor, case_id).files.values()
        except TriageError:
            return texts.UNNAMED
        return next((f.source_name for f in files if f.source_name), texts.UNNAMED)


def _read(asked: str) -> tuple[dict[str, int], dict[str, str]]:
    """Versions and fields of ``_asked``; raises MalformedValue for what no question holds."""
    try:
        versions, fields = json.loads(asked)
        read = {known_form(str(case_id)): int(v) for case_id, v in versions.items()}
        return read, {str(name): str(text) for name, text in fields.items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise MalformedValue from error


def _question(overwrites: Sequence[Overwrite]) -> str:
    lines = (
        texts_batch.OVERWRITE[one.field].format(
            images=texts_batch.images(one.count), before=one.before, after=one.after
        )
        for one in overwrites
    )
    listed = "".join(f"<p>{esc(line)}</p>" for line in lines)
    return f'<div role="alert"><p>{texts_batch.OVERWRITE_TITLE}</p>{listed}</div>'


def _applied(count: int, fields: Fields) -> str:
    named = (texts_batch.NAMED[name].format(value=value) for name, value in fields.items())
    return texts_batch.APPLIED.format(images=texts_batch.images(count), what=", ".join(named))
