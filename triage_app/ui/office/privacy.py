"""The page of what concerns a patient as a whole: consent, legal hold, export, erasure."""

from typing import Any

import gradio as gr

from triage_app.domain.calendar import said_day
from triage_app.domain.errors import InvalidInput, TriageError
from triage_app.domain.people import Actor, Permission
from triage_app.domain.references import normalise
from triage_app.domain.site import CONSENT_LABELS, ERASURE_REASONS, ConsentScope, PatientRecord
from triage_app.services.patients.privacy import Privacy
from triage_app.ui.cases.query import day
from triage_app.ui.kit import frame
from triage_app.ui.kit.desk import Desk, bind
from triage_app.ui.kit.fields import typed
from triage_app.ui.kit.local import today
from triage_app.ui.kit.markup import esc, facts, notice, section
from triage_app.ui.kit.places import PATIENTS
from triage_app.ui.kit.reference_parts import also_stored, still_stored
from triage_app.ui.words import site as words

CONSENTING = (Permission.CHANGE_CASES, Permission.ERASE)


class PrivacyPage:
    """Draws the page and handles its events. A reference is found only in its exact form."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def _privacy(self) -> Privacy:
        return self._desk.station.privacy

    def build(self, page: gr.Blocks) -> None:  # noqa: ARG002 - one shape for all pages
        frame.header(self._desk.station, "privacy")
        self._message = frame.message()
        with gr.Column(elem_classes="filters"), gr.Row():
            self._typed = typed(
                words.FIND_PATIENT, info=words.FIND_PATIENT_INFO, elem_id="patient", min_width=220
            )
            self._find = gr.Button(words.FIND, variant="primary", scale=0, min_width=140)
        # The reference that is open; the field above may hold another one already.
        self._reference = gr.Textbox(visible=False)
        self._record = gr.HTML("")
        with gr.Row(elem_classes="work-area"):
            self._draw_consent()
            self._draw_hold()
        self._export = gr.HTML("", visible=False)
        self._draw_erase()
        self._wire()

    def _draw_consent(self) -> None:
        with gr.Column(elem_classes="form-group", visible=False, min_width=320) as self._consent:
            gr.HTML(f"<h2>{words.PATIENT_CONSENT}</h2>")
            self._scope = gr.Dropdown(
                [(label, scope.value) for scope, label in CONSENT_LABELS.items()],
                value=ConsentScope.CARE.value,
                label=words.CONSENT_SCOPE,
                filterable=False,
                elem_id="consent-scope",
            )
            self._day = typed(
                words.CONSENT_DAY, info=words.DAY_INFO, elem_id="consent-day", min_width=220
            )
            self._consent_save = gr.Button(words.CONSENT_SAVE)

    def _draw_hold(self) -> None:
        with gr.Column(elem_classes="form-group", visible=False, min_width=320) as self._hold:
            gr.HTML(f"<h2>{words.PATIENT_HOLD}</h2>")
            self._hold_reason = typed(
                words.HOLD_REASON, info=words.HOLD_REASON_INFO, elem_id="hold-reason", min_width=220
            )
            self._hold_save = gr.Button(words.HOLD_SAVE)

    def _draw_erase(self) -> None:
        with gr.Column(elem_classes="form-group", visible=False) as self._erase:
            gr.HTML(f"<h2>{words.ERASE}</h2><p>{words.ERASE_HELP}</p>")
            with gr.Row():
                self._erase_reason = gr.Dropdown(
                    [(label, code) for code, label in ERASURE_REASONS.items()],
                    value=next(iter(ERASURE_REASONS)),
                    label=words.ERASE_REASON,
                    filterable=False,
                    elem_id="erase-reason",
                )
                self._confirm = typed(words.ERASE_CONFIRM, elem_id="erase-confirm", min_width=220)
            self._erase_do = gr.Button(words.ERASE_DO, variant="stop")

    def _wire(self) -> None:
        shown = [
            self._message,
            self._reference,
            self._record,
            self._consent,
            self._hold,
            self._export,
            self._erase,
            self._hold_reason,
            self._day,
            self._confirm,
            self._scope,
            self._erase_reason,
        ]
        for trigger in (self._find.click, self._typed.submit):
            bind(trigger, self.find, inputs=[self._typed], outputs=shown)
        consent = [self._reference, self._scope, self._day]
        bind(self._consent_save.click, self.consent, inputs=consent, outputs=shown)
        hold = [self._reference, self._hold_reason]
        bind(self._hold_save.click, self.hold, inputs=hold, outputs=shown)
        erase = [self._reference, self._erase_reason, self._confirm]
        bind(self._erase_do.click, self.erase, inputs=erase, outputs=shown)

    def find(self, searched: str, request: gr.Request) -> list[Any]:
        """Show what is kept about a patient."""
        actor = self._desk.authorise(request, *PATIENTS)
        return self._shown(actor, (searched or "").strip(), "")

    def consent(self, reference: str, scope: str, on: str, request: gr.Request) -> list[Any]:
        """Record what the patient agreed to, and when."""
        actor = self._desk.authorise(request, *CONSENTING)
        try:
            given = day("consent", on or "")
            if given is None:
                raise InvalidInput("consent", words.DAY_WRONG)
            self._privacy.set_consent(actor, reference, ConsentScope(scope), given)
        except (TriageError, ValueError) as error:
            return _kept(error)
        return self._shown(actor, reference, notice(words.CONSENT_SAVED))

    def hold(self, reference: str, reason: str, request: gr.Request) -> list[Any]:
        """Set the legal hold or lift it."""
        actor = self._desk.authorise(request, Permission.ERASE)
        try:
            record = self._privacy.set_hold(actor, reference, reason or "")
        except TriageError as error:
            return _kept(error)
        said = words.HOLD_SAVED if record.hold_reason else words.HOLD_LIFTED
        return self._shown(actor, reference, notice(said))

    def erase(self, reference: str, reason: str, again: str, request: gr.Request) -> list[Any]:
        """Erase everything about the patient, after the reference was typed again."""
        actor = self._desk.authorise(request, Permission.ERASE)
        if not reference or normalise(again or "") != normalise(reference):
            return _kept(InvalidInput("reference", words.ERASE_DIFFERS))
        try:
            references = self._desk.station.references
            others = references.alike(actor, reference)
            certificate = self._privacy.erase_patient(actor, reference, reason)
        except TriageError as error:
            return _kept(error)
        left = references.still_stored(actor, others)
        link = (
            f'<p class="next-steps"><a class="button" href="/certificates/{certificate.id}.pdf" '
            f"download>{words.CERTIFICATE_LINK}</a></p>"
        )
        return _nothing(notice(words.ERASED) + still_stored(left) + link)

    def _shown(self, actor: Actor, reference: str, message: str) -> list[Any]:
        if not reference:
            return _nothing("")
        try:
            record = self._privacy.record(actor, reference)
            count = self._count(actor, reference)
            spelled = self._spelled(actor, reference)
        except TriageError as error:
            return _nothing(notice(str(error), "error"))
        erases, exports = actor.may(Permission.ERASE), actor.may(Permission.EXPORT_PATIENT)
        consents = any(actor.may(permission) for permission in CONSENTING)
        kept = count != 0 or bool(record.id)
        return [
            message,
            reference,
            (stated(record, count) if kept else notice(words.NOTHING_KEPT)) + spelled,
            gr.update(visible=consents),
            gr.update(visible=erases),
            gr.update(value=export(reference), visible=exports and kept),
            gr.update(visible=erases and kept),
            record.hold_reason,
            (record.consent_on or today()).isoformat(),
            "",
            # What was chosen for the patient before is never kept for the next one.
            (record.consent or ConsentScope.CARE).value,
            next(iter(ERASURE_REASONS)),
        ]

    def _spelled(self, actor: Actor, reference: str) -> str:
        """Every spelling of the reference, all of which an erasure or an export takes along, and
        the references of others that may be meant too."""
        references = self._desk.station.references
        known = references.spellings(actor, reference) if actor.may(Permission.ERASE) else []
        return also_stored(known, references.alike(actor, reference))

    def _count(self, actor: Actor, reference: str) -> int | None:
        if not (actor.may(Permission.ERASE) or actor.may(Permission.EXPORT_PATIENT)):
            return None
        return len(self._privacy.cases_of(actor, reference))


def stated(record: PatientRecord, count: int | None) -> str:
    """What is kept, in words; ``count`` of cases is None for somebody who may not know it."""
    names = words.PATIENT_ROWS
    consent = words.CONSENT_NONE
    if record.consent is not None:
        scope = CONSENT_LABELS[record.consent]
        consent = words.CONSENT_SINCE.format(
            scope=scope, day=said_day(record.consent_on) if record.consent_on else ""
        )
    hold = words.HOLD_NONE
    if record.hold_reason:
        hold = words.HOLD_SET.format(reason=record.hold_reason)
    rows = {
        names["reference"]: f"<bdi>{esc(record.reference)}</bdi>",
        names["cases"]: "" if count is None else str(count),
        names["consent"]: esc(consent),
        names["hold"]: f"<bdi>{esc(hold)}</bdi>",
    }
    return section(words.PATIENT_KEPT, facts(rows))


def export(reference: str) -> str:
    """The button that hands everything out; the reference goes in the body of the request."""
    button = f'<button class="button">{words.EXPORT_GET}</button>'
    hidden = f'<input type="hidden" name="reference" value="{esc(reference)}">'
    sent = f'<form method="post" action="/patients/export">{hidden}{button}</form>'
    return section(words.EXPORT, f"<p>{words.EXPORT_HELP}</p>{sent}")


def _kept(error: Exception) -> list[Any]:
    return [notice(str(error), "error"), *[gr.skip()] * 11]


def _nothing(message: str) -> list[Any]:
    hidden = gr.update(visible=False)
    return [message, "", "", hidden, hidden, hidden, hidden, "", "", "", gr.skip(), gr.skip()]
