"""What the import asks: which patient a reference means that may mean several."""

import json
from collections.abc import Mapping, Sequence

from triage_app.domain.references import KnownReference
from triage_app.services.exchange.import_choices import Question
from triage_app.services.patients.reference_words import told
from triage_app.ui.kit.local import zone
from triage_app.ui.kit.markup import esc
from triage_app.ui.words import references as words


def answers_from(text: object) -> Mapping[str, str]:
    """The answers that the page's script sent; none where it sent anything else."""
    try:
        found = json.loads(text) if isinstance(text, str) and text else {}
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)}


def asked(questions: Sequence[Question]) -> str:
    """A choice for each reference that may mean several patients."""
    if not questions:
        return ""
    lines = "".join(f"<li>{_choice(question)}</li>" for question in questions)
    return (
        f'<div class="questions"><h3>{words.ASKED}</h3><p>{words.ASKED_HELP}</p>'
        f"<ul>{lines}</ul></div>"
    )


def _choice(question: Question) -> str:
    reference = esc(question.reference)
    options = "".join(_option(known, question.chosen) for known in question.candidates)
    return (
        f"<triage-meant><label>{words.MEANS.format(reference=f'<bdi>{reference}</bdi>')} "
        f'<select data-reference="{reference}"><option value="">{words.NOT_CHOSEN}</option>'
        f"{options}</select></label></triage-meant>"
    )


def _option(known: KnownReference, chosen: str) -> str:
    selected = " selected" if known.reference == chosen else ""
    return f'<option value="{esc(known.reference)}"{selected}>{esc(told(known, zone()))}</option>'
