"""A hash of everything that is stored about a case, so that an edit behind our back shows.

It covers the random id of the analysis, which the trail never holds and which goes when the case
is erased: nobody can find out afterwards, by trying, what was typed.
"""

import json
from collections.abc import Iterator

from triage_app.domain.case import Case, CaseFilter, CaseSummary, Order
from triage_app.domain.errors import CaseNotFound, TriageError
from triage_app.domain.trail import Action, TrailFilter
from triage_app.services.plain import plain
from triage_app.services.ports import UnitOfWork
from triage_app.services.storing import sha256

FORM = "1:"
"""Form of the hashed record. Raise it when a case gets other fields: states of an earlier form
cannot be compared any more."""

# Events after which a case is stored differently from before.
CHANGING = frozenset(
    {
        Action.CASE_ANALYSED,
        Action.CASE_CHANGED,
        Action.CASE_FILED,
        Action.CASE_BINNED,
        Action.CASE_RESTORED,
        Action.REPORT_ISSUED,
        Action.MIGRATED,
    }
)
_PORTION = 200
_EDITED = "What is stored of the case is not what the trail recorded last: it was edited."
_LISTED = "The list shows the case otherwise than it is stored: its row was edited."


def fingerprint(case: Case) -> str:
    """Form, and SHA-256 over the whole case with what names its files and reports, hex."""
    text = json.dumps(plain(case), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return FORM + sha256(text.encode())


def state_of(unit: UnitOfWork, case_id: str) -> str:
    """The fingerprint as the case now stands in this transaction, read back from its rows."""
    return fingerprint(unit.cases.get(case_id))


def edited_cases(unit: UnitOfWork) -> Iterator[tuple[str, str]]:
    """Id of each case that was edited outside of this program, with a sentence that says how.

    Cases whose last change is older than the trail, or was recorded in another form, are left out.
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
    if recorded.startswith(FORM) and recorded != fingerprint(case):
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
    findings = case.analysis.shown_findings
    return (
        line.level is case.analysis.decision.level
        and line.classes == (dict(findings.by_class()) if findings else None)
        and line.patient_reference == case.details.patient_reference
    )
