"""What the row of a case repeats of its parts, for lists, orders and filters."""

from triage_app.domain.case import Case
from triage_app.domain.diagnosis import FindingClass
from triage_app.domain.triage import RISK_RANK, Level
from triage_app.domain.worklist import WITHHELD_RANK
from triage_app.storage.schema.base import Values

# Worst first, so that of two equal probabilities the worse class leads.
_WORST_FIRST = (FindingClass.MALIGNANT, FindingClass.SUSPICIOUS, FindingClass.BENIGN)


def reading_values(case: Case) -> Values:
    """Where the case stands in the loop."""
    reveal, verdict = case.reveal, case.verdict
    escalates = case.blinded and case.verdict is None and case.deleted_at is None
    return {
        "lesion_id": case.lesion_id or None,
        "blinded": case.blinded,
        "withheld_urgent": escalates and case.analysis.decision.level is Level.URGENT,
        "reveal_at": reveal and reveal.at,
        "reveal_by": reveal and reveal.by,
        "reveal_cause": reveal and reveal.cause,
        "taken_by": case.taken_by,
        "closed_at": case.closed_at,
        "reviewed_at": verdict and verdict.at,
    }


def _nothing_shown() -> Values:
    """What a list may know of findings that are withheld: the same for every case."""
    nothing = dict.fromkeys(("leading_class", "p_benign", "p_suspicious", "p_malignant"))
    level = Level.CANNOT_ASSESS
    return {"level": level, "risk_rank": WITHHELD_RANK, "risk_score": 0.0, **nothing}


def list_values(case: Case) -> Values:
    """What lists show and sort by; no probability for an image that was not assessed, nor for one
    whose findings are withheld."""
    decision = case.analysis.decision
    if case.blinded or not decision.assessed:
        return _nothing_shown()
    findings = case.analysis.evidence.findings
    if findings is None:
        raise ValueError("a level was set without findings")
    classes = findings.by_class()
    return {
        "level": decision.level,
        "risk_rank": RISK_RANK[decision.level],
        "leading_class": max(_WORST_FIRST, key=classes.__getitem__),
        "p_benign": classes[FindingClass.BENIGN],
        "p_suspicious": classes[FindingClass.SUSPICIOUS],
        "p_malignant": classes[FindingClass.MALIGNANT],
        "risk_score": findings.rule_out_score,
    }
