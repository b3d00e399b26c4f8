"""Two patients whose references look the same: shown beside each other, merged or kept apart."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from triage_app.domain.errors import TriageError
from triage_app.domain.people import Actor, Permission
from triage_app.domain.references import HOW_KNOWN, normalise, unusual
from triage_app.services.patients.references import LookAlike, Side
from triage_app.ui.cases.listing import picture
from triage_app.ui.kit.desk import Desk, bind
from triage_app.ui.kit.fields import typed
from triage_app.ui.kit.local import day
from triage_app.ui.kit.markup import esc, facts, notice, section
from triage_app.ui.patients.lesion_parts import person
from triage_app.ui.words import references as words

CHANGE = Permission.CHANGE_CASES


class LookAlikes:
    """A part of the page of patients, shown while there is a pair to decide."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def build(self) -> None:
        """Draw it where it is called."""
        with gr.Column(visible=False, elem_classes="look-alikes") as self._part:
            self._message = gr.HTML("")
            self._pair = gr.HTML("")
            # The internal id of the patient that was stored apart, and which pair is shown.
            self._waiting = gr.Textbox(visible=False)
            self._number = gr.Number(value=1, visible=False, precision=0)
            self._how = gr.Dropdown(
                [(label, code) for code, label in HOW_KNOWN.items()],
                value=next(iter(HOW_KNOWN)),
                label=words.HOW,
                filterable=False,
                elem_id="pair-how",
            )
            with gr.Row(elem_classes="work-area"):
                with gr.Column(elem_classes="form-group", min_width=300) as self._merging:
                    self._sure = gr.Checkbox(label=words.MERGE_SURE, elem_id="pair-sure")
                    self._merge = gr.Button(words.MERGE_DO)
                with gr.Column(elem_classes="form-group", min_width=300):
                    self._other = typed(words.APART, info=" ", elem_id="pair-other", min_width=200)
                    self._apart = gr.Button(words.APART_DO)
            self._next = gr.Button(words.NEXT_PAIR, visible=False)

    def wire(self, page: gr.Blocks) -> None:
        """Bind the events."""
        shown = [
            self._part,
            self._message,
            self._pair,
            self._waiting,
            self._number,
            self._merging,
            self._sure,
            self._other,
            self._next,
        ]
        bind(page.load, self.open, outputs=shown)
        bind(self._next.click, self.turn, inputs=[self._number], outputs=shown)
        merging = [self._waiting, self._number, self._how, self._sure]
        bind(self._merge.click, self.merge, inputs=merging, outputs=shown)
        keeping = [self._waiting, self._number, self._how, self._other]
        bind(self._apart.click, self.keep_apart, inputs=keeping, outputs=shown)

    def open(self, request: gr.Request) -> list[Any]:
        """The first pair."""
        actor = self._desk.authorise(request, Permission.SEE_FINDINGS)
        return self._shown(actor, 1, "")

    def turn(self, number: float | None, request: gr.Request) -> list[Any]:
        """The pair after this one, or the first again."""
        actor = self._desk.authorise(request, CHANGE)
        count = self._desk.station.references.count(actor)
        return self._shown(actor, int(number or 0) % max(count, 1) + 1, "")

    def merge(
        self, waiting: str, number: float | None, how: str, sure: bool, request: gr.Request
    ) -> list[Any]:
        """Make one patient of both."""
        actor = self._desk.authorise(request, CHANGE)
        if not sure:
            return _kept(notice(words.MERGE_NOT_SURE, "error"))
        try:
            record = self._desk.station.references.merge(actor, waiting, how)
        except TriageError as error:
            return _kept(notice(str(error), "error"))
        said = words.MERGED.format(reference=record.reference)
        return self._shown(actor, int(number or 1), notice(said))

    def keep_apart(
        self, waiting: str, number: float | None, how: str, other: str, request: gr.Request
    ) -> list[Any]:
        """Give the patient that was stored apart another reference."""
        actor = self._desk.authorise(request, CHANGE)
        try:
            record = self._desk.station.references.keep_apart(actor, waiting, other, how)
        except TriageError as error:
            return _kept(notice(str(error), "error"))
        said = words.KEPT.format(reference=record.reference)
        return self._shown(actor, int(number or 1), notice(said))

    def _shown(self, actor: Actor, number: int, message: str) -> list[Any]:
        pair = self._desk.station.references.waiting(actor, number) if actor.may(CHANGE) else None
        if pair is None:
            # The words on what was just done stay to be read.
            return [gr.update(visible=bool(message)), message, "", "", 1, *[gr.skip()] * 4]
        plain = normalise(pair.waiting.record.reference)
        return [
            gr.update(visible=True),
            message,
            drawn(pair),
            pair.waiting.record.id,
            pair.number,
            gr.update(visible=pair.other is not None),
            False,
            gr.update(value="", info=words.APART_INFO.format(reference=plain)),
            gr.update(visible=pair.count > 1),
        ]


def _kept(message: str) -> list[Any]:
    return [gr.skip(), message, *[gr.skip()] * 7]


def drawn(pair: LookAlike) -> str:
    """Both patients beside each other."""
    left, right = words.SIDES
    other = _side(right, pair.other) if pair.other else f"<p>{words.NO_OTHER}</p>"
    count = words.PAIR.format(number=pair.number, count=pair.count)
    body = (
        f'<p>{words.PAIRS_HELP}</p><p role="status">{count}</p>'
        f'<div class="two-sides">{_side(left, pair.waiting)}{other}</div>'
    )
    return section(words.PAIRS, body, "look-alike")


def _side(title: str, side: Side) -> str:
    record, names = side.record, words.PAIR_ROWS
    first = [known.first for known in side.spelled if known.first]
    last = [known.last for known in side.spelled if known.last]
    days = f"{day(min(first))}, {day(max(last))}" if first and last else ""
    rows = {
        words.CHARACTERS: esc(", ".join(_characters(side)) or words.ALL_PLAIN),
        names["images"]: str(side.images),
        names["lesions"]: str(side.lesions),
        names["days"]: days,
        names["person"]: esc(person(record)),
    }
    pictures = "".join(
        f'<a href="/case?id={case.id}">{picture(case.id, shown=bool(case.files))}</a>'
        for case in side.newest
    )
    reference = f'<p class="who"><bdi>{esc(record.reference)}</bdi></p>'
    return f'<div><h3>{title}</h3>{reference}{facts(rows)}<p class="pictures">{pictures}</p></div>'


def _characters(side: Side) -> Sequence[str]:
    """What of the references is not plain, each once."""
    references = [side.record.reference, *(known.reference for known in side.spelled)]
    return list(dict.fromkeys(name for reference in references for name in unusual(reference)))
