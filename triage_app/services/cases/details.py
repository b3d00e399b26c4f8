"""What people type about a case, stored over what was there: one rule for every way to do it."""

from collections.abc import Mapping
from dataclasses import replace

from triage_app.domain.case import Case, CaseDetails, CaseState
from triage_app.domain.errors import InvalidInput, NotAllowedInState
from triage_app.domain.people import Actor
from triage_app.domain.references import normalise
from triage_app.domain.trail import Value
from triage_app.services.cases.changing import refuse_in_bin, told_level
from triage_app.services.cases.forms import form_from_details
from triage_app.services.cases.viewing import require_change
from triage_app.services.images.assessment import Assessor


def with_details(assessor: Assessor, actor: Actor, case: Case, details: CaseDetails) -> Case:
    """The case with these details; decided again, from the stored evidence, with a new context.

    Raises what forbids it: the bin, a filed case without reference, a lesion of its patient, and
    whatever ``require_change`` raises.
    """
    require_change(actor, case)
    refuse_in_bin(case)
    if case.state is CaseState.FILED:
        need_reference(details)
    details = _with_stored_spelling(case, details)
    _keep_patient_of_lesion(case, details)
    analysis = case.analysis
    if details.context != case.details.context:
        decision = assessor.decide_again(analysis, details.context)
        analysis = replace(analysis, decision=decision)
    return replace(case, details=details, analysis=analysis)


def told_fields(before: Case, after: Case) -> Mapping[str, Value]:
    """For the trail: version, level and which fields changed, never what was typed into them."""
    old, new = form_from_details(before.details), form_from_details(after.details)
    return {
        "version": after.version,
        "level": told_level(after),
        "fields": [name for name in new if new[name] != old[name]],
    }


def need_reference(details: CaseDetails) -> None:
    """Raise InvalidInput without a patient reference."""
    if not details.patient_reference:
        raise InvalidInput("patient_reference", "Enter a patient reference to file this case.")


def _with_stored_spelling(case: Case, details: CaseDetails) -> CaseDetails:
    """A reference that was stored before invisible characters were dropped stays as it is: it may
    wait to be told from another patient's, and saving a note must not decide that."""
    stored = case.details.patient_reference
    if normalise(stored) != normalise(details.patient_reference):
        return details
    return replace(details, patient_reference=stored)


def _keep_patient_of_lesion(case: Case, details: CaseDetails) -> None:
    if case.lesion_id and details.patient_reference != case.details.patient_reference:
        raise NotAllowedInState(
            "This image is filed under a lesion of its patient, so it keeps the patient reference. "
            "Take it out of the lesion first."
        )
