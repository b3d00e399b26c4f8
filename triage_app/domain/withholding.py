"""Taking the findings out of a case before it is shown to somebody who may not see them.

What is withheld is withheld at the source: the case that such a person gets holds no finding, so
that no page, list, picture or answer made from it can leak one.
"""

from dataclasses import replace

from triage_app.domain.case import Analysis, Case, CaseSummary
from triage_app.domain.files import FileKind, StoredFile
from triage_app.domain.triage import Decision, Evidence, Level, Reason, ReasonCode

SENTENCE = "Findings are shown to clinicians. The image is stored, and a clinician will see it."
IMPRESSION_FIRST = (
    "Findings are withheld until a clinician has recorded an impression of this image."
)


def without_findings(case: Case, sentence: str = SENTENCE) -> Case:
    """The same case without level, probabilities, reasons, overlay, timings and reports, nor what
    clinicians made of them.

    Image quality stays: whoever takes the photograph must know whether to take it again.
    ``sentence`` says why the findings are withheld.
    """
    reason = _withheld(sentence)
    analysis: Analysis = replace(
        case.analysis,
        evidence=Evidence(quality=case.analysis.evidence.quality, refusal=reason),
        decision=Decision(Level.CANNOT_ASSESS, Level.CANNOT_ASSESS, (reason,)),
        model=None,
        operating_points={},
        timings={},
        image_notes=case.analysis.image_notes,
    )
    files: dict[FileKind, StoredFile] = {
        kind: file for kind, file in case.files.items() if kind is not FileKind.OVERLAY
    }
    return replace(
        case,
        analysis=analysis,
        files=files,
        reports=(),
        # That a case was escalated says that it was urgent.
        reveal=None,
        letters=(),
        impressions=(),
        verdicts=(),
        next_steps=(),
        outcomes=(),
    )


def line_without_findings(line: CaseSummary) -> CaseSummary:
    """The same line of a list without level and probabilities."""
    return replace(line, level=Level.CANNOT_ASSESS, classes=None)


def is_withheld(case: Case) -> bool:
    """Whether findings were taken out of this case."""
    return any(r.code is ReasonCode.WITHHELD for r in case.analysis.decision.reasons)


def _withheld(sentence: str) -> Reason:
    return Reason(ReasonCode.WITHHELD, Level.CANNOT_ASSESS, sentence)
