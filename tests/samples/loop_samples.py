"""What clinicians recorded about a case, made up for tests of reports and letters."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import numpy as np

from tests.samples.images import square
from tests.samples.report_samples import AT, MELANOMA, Sample, routine
from triage_app.domain.case import Case
from triage_app.domain.change import compare
from triage_app.domain.checklists import SevenPoint, SevenPointChecklist, StolzAbcd
from triage_app.domain.context import Laterality, Site
from triage_app.domain.files import FileKind, StoredFile
from triage_app.domain.lesion import Lesion
from triage_app.domain.outcome import Outcome, OutcomeMethod
from triage_app.domain.pathology import Pathology
from triage_app.domain.reading import (
    Confidence,
    Disposition,
    Impression,
    ImpressionDiagnosis,
    NextStep,
    Reveal,
    RevealCause,
    StepEnd,
    StepKind,
    Verdict,
)
from triage_app.domain.triage import Level
from triage_app.imaging.overlay import encode_jpeg
from triage_app.ports.documents import LetterContent, ReportContent

ROWE, OKAFOR = "1" * 32, "2" * 32
NAMES = {ROWE: "a.rowe", OKAFOR: "b.okafor"}
DUE = date(2027, 2, 22)
HOUR = timedelta(hours=1)
EARLIER_ID = "b" * 32

IMPRESSION = Impression(
    id="i1",
    at=AT + HOUR,
    by=ROWE,
    diagnosis=ImpressionDiagnosis.ATYPICAL_NAEVUS,
    level=Level.REVIEW,
    confidence=Confidence.MODERATE,
    blinded=True,
    abcd=StolzAbcd(asymmetry=1, border=3, colours=4, structures=3),
    seven_point=SevenPointChecklist(
        frozenset({SevenPoint.ATYPICAL_NETWORK, SevenPoint.IRREGULAR_DOTS_GLOBULES})
    ),
)
SECOND_IMPRESSION = replace(
    IMPRESSION,
    id="i2",
    at=AT + 2 * HOUR,
    by=OKAFOR,
    diagnosis=ImpressionDiagnosis.NAEVUS,
    blinded=False,
    abcd=None,
    seven_point=None,
)
REVEAL = Reveal(AT + HOUR, ROWE, RevealCause.IMPRESSION)
OVERRIDE = Verdict(
    id="v1",
    at=AT + 2 * HOUR,
    by=ROWE,
    found=Level.ROUTINE,
    level=Level.REVIEW,
    agrees=False,
    disposition=Disposition.FOLLOW_UP,
    reason="Atypical network at the lower margin that the overlay does not cover.",
    due=DUE,
    note="Photograph again with the same device.",
)
EXCISION = Verdict(
    id="v2",
    at=AT + 30 * HOUR,
    by=OKAFOR,
    found=Level.ROUTINE,
    level=Level.URGENT,
    agrees=False,
    disposition=Disposition.BIOPSY_OR_EXCISION,
    reason="Discussed at the meeting: the patient reports bleeding since.",
)
FOLLOW_UP_STEP = NextStep("s1", StepKind.FOLLOW_UP, ROWE, DUE, OVERRIDE.at, OVERRIDE.id)
HISTOLOGY_STEP = NextStep(
    "s2", StepKind.HISTOLOGY, OKAFOR, date(2026, 12, 14), EXCISION.at, EXCISION.id
)
ENDED_STEPS = (
    replace(
        FOLLOW_UP_STEP, ended_at=EXCISION.at, ended_by=OKAFOR, end=StepEnd.SUPERSEDED, end_note=""
    ),
    replace(
        HISTOLOGY_STEP,
        ended_at=EXCISION.at + 20 * 24 * HOUR,
        ended_by=ROWE,
        end=StepEnd.DONE,
        end_note="Received by post.",
    ),
)
HISTOLOGY = Outcome(
    id="o1",
    at=AT + 21 * 24 * HOUR,
    by=OKAFOR,
    method=OutcomeMethod.HISTOPATHOLOGY,
    on=date(2026, 12, 9),
    diagnosis=Pathology.MELANOMA_INVASIVE,
    breslow_mm=0.4,
    specimen="H26-10442",
    text="Superficial spreading melanoma, excised with a margin of 3 mm.",
    document=StoredFile(
        "8" * 32, FileKind.PATHOLOGY, "6f" * 32, 40_000, "application/pdf", AT, None, None, "h.pdf"
    ),
)
UNCHANGED = Outcome(
    id="o2",
    at=AT + 400 * 24 * HOUR,
    by=ROWE,
    method=OutcomeMethod.FOLLOW_UP,
    on=date(2027, 12, 1),
    months=13,
)
LESION = Lesion(
    id="5" * 32,
    version=1,
    patient_id="6" * 32,
    label="Left scapula, medial",
    site=Site.BACK,
    laterality=Laterality.LEFT,
    point=None,
    created_at=AT,
    updated_at=AT,
)


def with_loop(content: ReportContent, **changes: object) -> ReportContent:
    """The content with what clinicians recorded; ``changes`` replace fields of the case."""
    case: Case = replace(content.case, **changes)  # type: ignore[arg-type]
    return replace(content, case=case, names=NAMES)


def read(sample: Sample | None = None) -> ReportContent:
    """A case with an impression, an override and an open follow-up."""
    return with_loop(
        (sample or routine()).content(),
        impressions=(IMPRESSION,),
        reveal=REVEAL,
        verdicts=(OVERRIDE,),
        next_steps=(FOLLOW_UP_STEP,),
    )


def closed() -> ReportContent:
    """A case with everything: two impressions, a superseded verdict, histology, a comparison."""
    content = with_loop(
        routine().content(),
        impressions=(IMPRESSION, SECOND_IMPRESSION),
        reveal=REVEAL,
        verdicts=(OVERRIDE, EXCISION),
        next_steps=ENDED_STEPS,
        outcomes=(HISTOLOGY,),
        lesion_id=LESION.id,
        closed_at=AT + 22 * 24 * HOUR,
    )
    return compared(content)


def earlier_case(sample: Sample | None = None) -> Case:
    """The case of the image before, half a year earlier."""
    case = (sample or routine(probabilities=dict(MELANOMA))).content().case
    return replace(case, id=EARLIER_ID, created_at=AT - timedelta(days=180), lesion_id=LESION.id)


@cache
def earlier_crop() -> bytes:
    """JPEG of the same drawn lesion, held the other way round."""
    return encode_jpeg(np.ascontiguousarray(square(512)[:, ::-1]))


def compared(content: ReportContent, before: Case | None = None) -> ReportContent:
    """The content with the image of a lesion before it."""
    earlier = before or earlier_case()
    return replace(
        content,
        lesion=LESION,
        lesion_level=Level.URGENT,
        lesion_images=2,
        previous=compare(earlier, content.case, None, withheld=False),
        previous_crop=earlier_crop(),
    )


def letter(verdict: Verdict = OVERRIDE, step: NextStep | None = FOLLOW_UP_STEP) -> LetterContent:
    """A letter about a verdict."""
    return LetterContent(
        letter_id="7" * 32,
        issued_at=AT + 3 * HOUR,
        patient_reference="MRN-004217",
        lesion_label="Lesion 2",
        site_label="back, left side",
        verdict=verdict,
        step=step,
        signed_by="a.rowe",
        site_name="Example Dermatology Clinic",
    )
