"""The intake form: what a person tells about patient and lesion, saved while it is typed."""

from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr
from gradio.components import Component

from triage_app.domain.case import Case, CaseDetails
from triage_app.domain.context import RED_FLAG_LABELS, SITE_LABELS, SkinType
from triage_app.services.cases.forms import FIELD_LABELS, form_from_details
from triage_app.ui.kit.fields import typed
from triage_app.ui.kit.scripts import call, forward
from triage_app.ui.words import texts

Choices = list[tuple[str, str]]
# Stands in the list of red flags for "asked, none present", so that an empty list is "not asked".
NONE_PRESENT = "none_present"


@dataclass(frozen=True)
class Form:
    """The fields by name, with the case that they belong to.

    ``case_id`` and ``version`` are not shown; the version that counts is kept by the page's
    script, which saves, and which hands both to the handlers of the buttons.
    """

    fields: dict[str, Component]
    case_id: gr.Textbox
    version: gr.Number
    hint: gr.HTML

    @property
    def inputs(self) -> list[Component]:
        """All fields, in the order of ``values``."""
        return list(self.fields.values())

    @property
    def handle(self) -> list[Component]:
        """Identifier and version of the case."""
        return [self.case_id, self.version]


def build() -> Form:
    """Draw the form where it is called."""
    with gr.Column(elem_classes="form-group"):
        gr.HTML(f"<h2>{texts.FORM_TITLE}</h2>")
        with gr.Row():
            reference = _line("patient_reference")
            lesion = _line("lesion_label")
        # What is to be known of the typed reference: see ``reference_parts``.
        hint = gr.HTML("", visible=False, js_on_load=forward("triage-patient"))
    with gr.Column(elem_classes="form-group"):
        gr.HTML(f"<h2>{texts.CONTEXT_TITLE}</h2>")
        context = _context_fields()
    with gr.Column(elem_classes="form-group"):
        question = _line("clinical_question", lines=2)
        note = _line("note", lines=3)
    case_id = gr.Textbox(visible=False)
    version = gr.Number(value=0, visible=False, precision=0)
    fields: dict[str, Component] = {
        "patient_reference": reference,
        "lesion_label": lesion,
        **context,
        "clinical_question": question,
        "note": note,
    }
    return Form(fields, case_id, version, hint)


def _context_fields() -> dict[str, Component]:
    with gr.Row():
        age = _line("age")
        sex = _radio("sex", [(label, value) for value, label in texts.SEXES.items()])
    skin = _radio("skin_type", [(kind.value, kind.value) for kind in SkinType])
    with gr.Row():
        site = gr.Dropdown(
            choices=[
                (texts.NOT_GIVEN, ""),
                *((label, s.value) for s, label in SITE_LABELS.items()),
            ],
            value="",
            label=FIELD_LABELS["site"],
            filterable=True,
            elem_id="field-site",
        )
        side = _radio("laterality", [(label, value) for value, label in texts.SIDES.items()])
    flags: Choices = [(label, flag.value) for flag, label in RED_FLAG_LABELS.items()]
    red_flags = gr.CheckboxGroup(
        choices=[*flags, (texts.NONE_PRESENT, NONE_PRESENT)],
        value=[],
        label=FIELD_LABELS["red_flags"],
        info=texts.FIELD_INFO["red_flags"],
        elem_id="field-red_flags",
    )
    dermoscopic = _radio("dermoscopic", [(texts.YES, "yes"), (texts.NO, "no")], texts.NOT_STATED)
    return {
        "age": age,
        "sex": sex,
        "skin_type": skin,
        "site": site,
        "laterality": side,
        "red_flags": red_flags,
        "dermoscopic": dermoscopic,
    }


def _line(name: str, lines: int = 1) -> gr.Textbox:
    return typed(
        FIELD_LABELS[name],
        lines=lines,
        info=texts.FIELD_INFO.get(name),
        elem_id=f"field-{name}",
        autofocus=False,
    )


def _radio(name: str, choices: Choices, absent: str = texts.NOT_GIVEN) -> gr.Radio:
    return gr.Radio(
        choices=[*choices, (absent, "")],
        value="",
        label=FIELD_LABELS[name],
        info=texts.FIELD_INFO.get(name),
        elem_id=f"field-{name}",
    )


def wire(form: Form) -> None:
    """Save each change in the browser at once and on the server within a second.

    Bound to ``change``: Gradio leaves ``input`` out for the first change after a field was filled
    by the server, so a single paste would be lost. The script ignores what the server has already.
    """
    flags = form.fields["red_flags"]
    assert isinstance(flags, gr.CheckboxGroup)
    flags.input(
        fn=None,
        js=call("form", "exclusive", NONE_PRESENT),
        inputs=[flags],
        outputs=[flags],
        show_progress="hidden",
    )
    gr.on(
        [field.change for field in form.fields.values()],  # type: ignore[attr-defined]
        fn=None,
        js=call("form", "changed", list(form.fields)),
        inputs=form.inputs,
        show_progress="hidden",
    )


def restore(form: Form, event: gr.events.Dependency) -> gr.events.Dependency:
    """After ``event`` filled the form: put back what was typed and never reached the server."""
    restored: gr.events.Dependency = event.then(
        fn=None,
        js=call("form", "restore", list(form.fields)),
        inputs=[*form.handle, *form.inputs],
        outputs=form.inputs,
        show_progress="hidden",
    )
    return restored


def values(details: CaseDetails) -> list[object]:
    """What the fields show, in the order of ``Form.inputs``."""
    form = form_from_details(details)
    flags = form["red_flags"]
    assert isinstance(flags, list)
    asked_none = form["red_flags_asked"] and not flags
    shown = {**form, "red_flags": [NONE_PRESENT] if asked_none else flags}
    shown["age"] = "" if form["age"] is None else str(form["age"])
    return [shown[name] for name in FIELD_ORDER]


FIELD_ORDER: Sequence[str] = (
    "patient_reference",
    "lesion_label",
    "age",
    "sex",
    "skin_type",
    "site",
    "laterality",
    "red_flags",
    "dermoscopic",
    "clinical_question",
    "note",
)


def filled(case: Case | None) -> list[object]:
    """Identifier, version and field values of a case.

    Without a case the fields keep what they show: somebody may be typing already.
    """
    if case is None:
        return ["", 0, *[gr.skip()] * len(FIELD_ORDER)]
    return [case.id, case.version, *values(case.details)]
