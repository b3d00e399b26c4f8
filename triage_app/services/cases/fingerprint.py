"""A hash of everything that is stored about a case, so that an edit behind our back shows.

It covers the random id of the analysis, which the trail never holds and which goes when the case
is erased: nobody can find out afterwards, by trying, what was typed.
"""

import json
from collections.abc import Iterator
from typing import Any

from triage_app.domain.case import Case, CaseFilter, CaseSummary, Order
from triage_app.domain.errors import CaseNotFound, TriageError
from triage_app.domain.trail import Action, TrailFilter
from triage_app.domain.withholding import without_findings
from triage_app.ports.adapters import UnitOfWork
from triage_app.services.ground.plain import plain, plain_outcomes
from triage_app.services.images.storing import sha256

FORM = "2:"
"""Form of the hashed record. Raise it when a case gets other fields, and say here what the form
before did not have, so that states that were recorded in it can still be compared. A withdrawal is
stated only where there is one, so the states before there were any need no form of their own."""
FIRST_FORM = "1:"
# A case whose last change was recorded in the first form had none of these.
_SINCE_FIRST: dict[str, Any] = {
    "lesion_id": "",
    "moves": [],
    "blinded": False,
    "reveal": None,
    "taken_by": "",
    "closed_at": None,
    "impressions": [],
    "verdicts": [],
    "next_steps": [],
    "outcomes": [],
    "letters": [],
}

# Events after which a case is stored differently from before.
CHANGING = frozenset(
    {
        Action.CASE_ANALYSED,
        Action.CASE_CHANGED,
        Action.CASE_FILED,
        Action.CASE_BINNED,
        Action.CASE_RESTORED,
        Action.CASE_MOVED,
        Action.CASE_TAKEN,
        Action.CASE_CLOSED,
        Action.CASE_REOPENED,
        Action.CASE_REVEALED,
        Action.IMPRESSION_RECORDED,
        Action.VERDICT_RECORDED,
        Action.STEP_CHANGED,
        Action.OUTCOME_RECORDED,
        Action.OUTCOME_WITHDRAWN,
        Action.DOCUMENT_ADDED,
        Action.LETTER_ISSUED,
        Action.REPORT_ISSUED,
        Action.MIGRATED,
    }
)
_PORTION = 200
_EDITED = "What is stored of the case is not what the trail recorded last: it was edited."
_LISTED = "The list shows the case otherwise than it is stored: its row was edited."


def fingerprint(case: Case, form: str = FORM) -> str:
    """Form, and SHA-256 over the whole case with what names its files and reports, hex.

    Empty where the first form cannot tell the case.
    """
    stated = plain(case) | {"outcomes": plain_outcomes(case.outcomes)}
    if form == FIRST_FORM:
        later = {name: stated.pop(name) for name in _SINCE_FIRST}
        if later != _SINCE_FIRST:
            return ""
    text = json.dumps(stated, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return form + sha256(text.encode())


def state_of(unit: UnitOfWork, case_id: str) -> str:
    """The fingerprint as the case now stands in this transaction, read back from its rows."""
    return fingerprint(unit.cases.get(case_id))


def edited_cases(unit: UnitOfWork) -> Iterator[tuple[str, str]]:
    """Id of each case that was edited outside of this program, with a sentence that says how.

    Cases whose last change is older than the trail, or was recorded in a form that is not known
    here, are left out.
    """
    for in_bin in (False, True):
        cursor: str | None = None
        while True:
            page = unit.cases.page(CaseFilter(in_bin=in_bin), Order.NEWEST, cursor, _PORTION)
            for line in page.items:
                sentence = _check(unit, line)
                if sentence:
                    yield line.id, sentence
            cursor = page.next_cursor
            if cursor is None:
                break


def _check(unit: UnitOfWork, line: CaseSummary) -> str:
    try:
        case = unit.cases.get(line.id)
    except CaseNotFound:
        return ""
    except TriageError as error:
        return str(error)
    recorded = _recorded(unit, line.id)
    form = recorded[: len(FORM)]
    if form in (FORM, FIRST_FORM) and recorded != fingerprint(case, form):
        return _EDITED
    return "" if _agree(line, case) else _LISTED


def _recorded(unit: UnitOfWork, case_id: str) -> str:
    events = unit.trail.page(TrailFilter(actions=CHANGING, subject=case_id), None, 1)
    if not events:
        return ""
    try:
        return str(json.loads(events[0].details).get("state", ""))
    except (ValueError, AttributeError):  # the chain tells that this row was changed
        return ""


def _agree(line: CaseSummary, case: Case) -> bool:
    # While findings are withheld, the list must not hold them either.
    seen = without_findings(case) if case.blinded else case
    findings = seen.analysis.shown_findings
    return (
        line.level is seen.analysis.decision.level
        and line.blinded == case.blinded
        and line.reviewed == bool(case.verdicts)
        and line.closed == (case.closed_at is not None)
        and line.classes == (dict(findings.by_class()) if findings else None)
        and line.patient_reference == case.details.patient_reference
    )
