"""Saving some fields of a form while the others stay as they are stored."""

from collections.abc import Mapping

from triage_app.domain.case import Case
from triage_app.domain.people import Actor
from triage_app.services.cases.cases import Cases
from triage_app.services.cases.forms import details_from_form, form_from_details


def save_fields(
    cases: Cases, actor: Actor, case_id: str, version: int, fields: Mapping[str, object]
) -> Case:
    """Store the changed fields over those stored.

    Raises StaleCase when the case is no longer at ``version``, InvalidInput naming the field.
    """
    stored = form_from_details(cases.get(actor, case_id).details)
    return cases.update(actor, case_id, version, details_from_form({**stored, **fields}))
