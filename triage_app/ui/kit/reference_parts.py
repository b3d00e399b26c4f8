"""References that may be mistaken, as parts of a page."""

from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from triage_app.domain.errors import TriageError
from triage_app.domain.people import Permission
from triage_app.domain.references import KnownReference
from triage_app.services.patients.reference_words import pointed_out, told
from triage_app.ui.kit.desk import Desk, bind
from triage_app.ui.kit.local import zone
from triage_app.ui.kit.markup import esc, facts, notice
from triage_app.ui.words import references as words


def also_stored(known: Sequence[KnownReference], alike: Sequence[KnownReference]) -> str:
    """Every spelling of a patient's reference, and the references that may be mistaken for it."""
    rows = {}
    if len(known) > 1:
        rows[words.SPELLINGS] = esc(" · ".join(told(k, zone()) for k in known))
    others = [other for other in alike if other not in known]
    if others:
        rows[words.MAY_BE_MISTAKEN] = esc(" · ".join(told(k, zone()) for k in others))
    return facts(rows) if rows else ""


def still_stored(others: Sequence[KnownReference]) -> str:
    """What was not erased with a patient, as a notice; empty for nothing."""
    said = words.STILL_STORED.format(others=" · ".join(told(k, zone()) for k in others))
    return notice(said, "error") if others else ""


def wire_hint(desk: Desk, field: Component, case_id: Component, hint: gr.HTML) -> None:
    """Point out, once a reference was typed, which stored ones it may be mistaken for."""

    def look(reference: str, case: str, request: gr.Request) -> Any:
        actor = desk.authorise(request, Permission.UPLOAD, Permission.CHANGE_CASES)
        try:
            alike = desk.station.references.alike(actor, reference, case)
        except TriageError:  # the form itself says what is wrong with the field
            return gr.update(value="", visible=False)
        said = hinted(reference, alike)
        return gr.update(value=said, visible=bool(said))

    def use(event: gr.EventData, request: gr.Request) -> list[Any]:
        desk.authorise(request, Permission.UPLOAD, Permission.CHANGE_CASES)
        reference = getattr(event, "reference", "")
        chosen = reference if isinstance(reference, str) else ""
        return [chosen or gr.skip(), gr.update(value="", visible=False)]

    bind(field.blur, look, inputs=[field, case_id], outputs=[hint])  # type: ignore[attr-defined]
    bind(hint.submit, use, outputs=[field, hint])


def hinted(reference: str, alike: Sequence[KnownReference]) -> str:
    """What was found, with a button for each reference that can be taken instead."""
    said = notice(pointed_out(reference, alike, zone()), "error")
    # Of two that look the same a field cannot hold the one that waits to be told apart.
    buttons = "".join(
        f'<button type="button" class="button" data-patient="{esc(known.reference)}">'
        f"{words.USE.format(reference=f'<bdi>{esc(known.reference)}</bdi>')}</button>"
        for known in alike
        if not known.waits
    )
    return f'{said}<p class="ways">{buttons}</p>' if buttons else said
