"""The form of what is kept on a patient."""

from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.components import Component
from gradio.events import Dependency

from triage_app.domain.context import SkinType
from triage_app.domain.lesion import RISK_FACTOR_LABELS
from triage_app.domain.site import CONSENT_LABELS, PatientRecord
from triage_app.services.patients.forms import form_from_patient
from triage_app.ui.kit.fields import typed
from triage_app.ui.kit.scripts import call
from triage_app.ui.words import lesions as words
from triage_app.ui.words import texts

# Stands in the list of risk factors for "asked, none", so that an empty list is "not asked".
NONE = "none"


class RecordForm:
    """Draws the fields."""

    def build(self) -> None:
        """Draw them where it is called."""
        with gr.Row():
            self._born = typed(words.BIRTH_YEAR, elem_id="record-born", min_width=120)
            self._sex = gr.Radio(
                [*((label, value) for value, label in texts.SEXES.items()), (words.UNKNOWN, "")],
                value="",
                label=words.SEX,
                min_width=200,
                elem_id="record-sex",
            )
        self._skin = gr.Radio(
            [*((kind.value, kind.value) for kind in SkinType), (words.UNKNOWN, "")],
            value="",
            label=words.SKIN_TYPE,
            elem_id="record-skin",
        )
        self._risks = gr.CheckboxGroup(
            [
                *((label, risk.value) for risk, label in RISK_FACTOR_LABELS.items()),
                (words.RISKS_NONE, NONE),
            ],
            label=words.RISKS,
            info=words.RISKS_INFO,
            elem_id="record-risks",
        )
        with gr.Row():
            self._consent = gr.Dropdown(
                [
                    (words.CONSENT_NONE, ""),
                    *((label, scope.value) for scope, label in CONSENT_LABELS.items()),
                ],
                value="",
                label=words.CONSENT,
                filterable=False,
                min_width=180,
                elem_id="record-consent",
            )
            self._on = typed(
                words.CONSENT_ON, info=words.DAY_INFO, elem_id="record-consent-on", min_width=150
            )

    @property
    def inputs(self) -> list[Component]:
        """The fields, in the order of ``fields``."""
        known = [self._born, self._sex, self._skin, self._risks]
        return [*known, self._consent, self._on]

    def wire(self) -> None:
        """Bind the events: "asked, none" and the risk factors exclude each other."""
        self._risks.input(
            fn=None,
            js=call("lesions", "exclusive", NONE),
            inputs=[self._risks],
            outputs=[self._risks],
            show_progress="hidden",
        )

    def follow(self, event: Dependency) -> None:
        """After ``event`` filled the fields."""
        event.then(fn=None, js=call("lesions", "seen"), inputs=[self._risks])


def fields(  # noqa: PLR0917 - one argument for each field, in order
    born: str, sex: str, skin: str, risks: Sequence[str], consent: str, on: str
) -> dict[str, object]:
    """What the service is given for the values of ``RecordForm.inputs``."""
    return {
        "birth_year": born or "",
        "sex": sex or "",
        "skin_type": skin or "",
        "risk_factors": [risk for risk in risks or [] if risk != NONE],
        "risk_factors_asked": "yes" if risks else "no",
        "consent": consent or "",
        "consent_on": on or "",
    }


def filled(record: PatientRecord) -> list[Any]:
    """Values of ``RecordForm.inputs`` for a record."""
    form = form_from_patient(record)
    risks = form["risk_factors"] or ([NONE] if form["risk_factors_asked"] else [])
    born = "" if form["birth_year"] is None else str(form["birth_year"])
    return [born, form["sex"], form["skin_type"], risks, form["consent"], form["consent_on"]]
