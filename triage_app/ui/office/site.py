"""The page on which administrators run the site: the model's switch, problems, backups."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import gradio as gr

from triage_app.domain.backups import BackupState
from triage_app.domain.calendar import SiteZone
from triage_app.domain.errors import TriageError
from triage_app.domain.people import Actor, Permission
from triage_app.domain.site import PROBLEM_KINDS, SafetyProblem
from triage_app.ui.kit import copies, frame, local
from triage_app.ui.kit.desk import Desk, bind
from triage_app.ui.kit.fields import typed
from triage_app.ui.kit.markup import esc, facts, notice, section, table, when
from triage_app.ui.words import site as words

MANAGE = Permission.MANAGE_SITE


class SitePage:
    """Draws the page and handles its events."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def build(self, page: gr.Blocks) -> None:
        frame.header(self._desk.station, "site")
        self._message = frame.message()
        with gr.Column(elem_classes="form-group"):
            self._state = gr.HTML("")
            with gr.Column(visible=False, elem_classes="plain-group") as self._running:
                self._reason = typed(
                    words.SUSPEND_REASON,
                    info=words.SUSPEND_REASON_INFO,
                    elem_id="suspend-reason",
                )
                self._suspend = gr.Button(words.SUSPEND, variant="stop")
            self._resume = gr.Button(words.RESUME, variant="primary", visible=False)
        self._problems = gr.HTML("")
        self._zone = gr.HTML("")
        with gr.Column(elem_classes="form-group"):
            self._backups = gr.HTML("")
            self._make = gr.Button(words.BACKUP_MAKE, visible=False)
        self._wire(page)

    def _wire(self, page: gr.Blocks) -> None:
        shown = [
            self._message,
            self._state,
            self._running,
            self._resume,
            self._reason,
            self._problems,
            self._zone,
            self._backups,
            self._make,
        ]
        bind(page.load, self.open, outputs=shown)
        bind(self._suspend.click, self.suspend, inputs=[self._reason], outputs=shown)
        bind(self._resume.click, self.resume, outputs=shown)
        bind(self._make.click, self.back_up, outputs=shown)

    def open(self, request: gr.Request) -> list[Any]:
        """Fill the page."""
        return self._all(self._desk.authorise(request, MANAGE), "")

    def suspend(self, reason: str, request: gr.Request) -> list[Any]:
        """Take the model out of service."""
        actor = self._desk.authorise(request, MANAGE)
        try:
            self._desk.station.safety.suspend(actor, reason or "")
        except TriageError as error:
            return _kept(error)
        return self._all(actor, notice(words.SUSPENDED_NOW))

    def resume(self, request: gr.Request) -> list[Any]:
        """Put the model back into service."""
        actor = self._desk.authorise(request, MANAGE)
        try:
            self._desk.station.safety.resume(actor)
        except TriageError as error:
            return _kept(error)
        return self._all(actor, notice(words.RESUMED_NOW))

    def back_up(self, request: gr.Request) -> list[Any]:
        """Make a backup now; other pages go on meanwhile."""
        actor = self._desk.authorise(request, MANAGE)
        try:
            self._desk.station.backups.make(actor)
        except TriageError as error:
            return self._all(actor, notice(str(error), "error"))
        return self._all(actor, notice(words.BACKUP_MADE))

    def _all(self, actor: Actor, message: str) -> list[Any]:
        station = self._desk.station
        try:
            suspended = station.safety.suspended()
            problems = listed(station.safety.problems(actor))
            backups = station.backups.state(actor)
        except TriageError as error:
            return _kept(error)
        running = station.card is not None and not suspended
        state = words.SITE_IN_SERVICE if running else suspended or station.refusal
        compared = copies.covered(station.copies.coverage(actor))
        return [
            message,
            f"<h2>{words.SITE_MODEL}</h2><p><strong>{esc(state)}</strong></p>"
            f"<p>{words.SUSPEND_HELP}</p>{compared}",
            gr.update(visible=not suspended),
            gr.update(visible=bool(suspended)),
            "",
            section(words.PROBLEMS, problems),
            section(words.TIME_ZONE, clock(station.time_zone, station.clock())),
            backed_up(backups),
            gr.update(visible=bool(backups.place)),
        ]


def listed(problems: Sequence[SafetyProblem]) -> str:
    """Reported problems, newest first."""
    if not problems:
        return f"<p>{words.NO_PROBLEMS}</p>"
    rows = [
        [
            when(problem.at),
            esc(PROBLEM_KINDS.get(problem.kind, problem.kind)),
            f"<bdi>{esc(problem.text)}</bdi>",
            f"<code>{esc(problem.case_id)}</code>",
            f"{esc(problem.app_version)}<small>{esc(problem.model_sha256[:16])}</small>",
        ]
        for problem in problems
    ]
    return table(words.PROBLEM_COLUMNS, rows, words.PROBLEMS)


def clock(found: SiteZone, at: datetime) -> str:
    """Whose days and times are shown, why, and what that clock shows now."""
    rows = {
        words.ZONE_NAME: f"{esc(found.zone.name)} ({esc(found.origin)})",
        words.ZONE_NOW: when(at),
    }
    return f"<p>{words.ZONE_HELP}</p>{facts(rows)}"


def backed_up(state: BackupState) -> str:
    """Whether backups are made, where, and what the last one was."""
    names, newest, rows = words.BACKUP_ROWS, state.newest, {}
    if state.place:
        rows = {
            names["folder"]: esc(state.place),
            names["every"]: words.HOURS.format(hours=state.every.total_seconds() / 3600),
            names["kept"]: str(state.keep),
            names["encrypted"]: words.YES if state.encrypted else words.NO,
            names["last"]: f"{when(newest.made_at)}, {newest.size / 1e6:,.1f} MB"
            if newest
            else words.NEVER,
        }
    sentence = state.sentence(local.zone())
    bad = not state.place or state.overdue or state.failure or not newest
    said = notice(sentence, "error") if bad else f"<p>{esc(sentence)}</p>"
    return f"<h2>{words.BACKUPS}</h2>{said}{facts(rows)}"


def _kept(error: Exception) -> list[Any]:
    return [notice(str(error), "error"), *[gr.skip()] * 8]
