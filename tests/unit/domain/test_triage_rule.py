"""The triage rule, as a table of what a clinician would be told."""

from dataclasses import replace

import pytest

from triage_app.domain.context import (
    NEVER_ROUTINE_SITES,
    NO_CONTEXT,
    ClinicalContext,
    RedFlag,
    Site,
    SkinType,
)
from triage_app.domain.diagnosis import Diagnosis, FindingClass
from triage_app.domain.findings import (
    Competence,
    EvidenceLocation,
    Findings,
    OverlayEvidence,
    TwoGates,
)
from triage_app.domain.quality import Grade, ImageQuality, QualityFinding
from triage_app.domain.triage import (
    Evidence,
    Level,
    Policy,
    Reason,
    ReasonCode,
    decide,
)

POLICY = Policy(rule_out=0.10, rule_in=0.40)
REASSURING = ClinicalContext(
    age=45, skin_type=SkinType.II, site=Site.BACK, red_flags=frozenset(), dermoscopic=True
)
GOOD = ImageQuality((QualityFinding("sharpness", "Sharpness", Grade.GOOD, 1.0, 0.5),))


def findings(**shares: float) -> Findings:
    """Findings with the rest of the mass on melanocytic naevus."""
    values = {d: shares.get(d.value, 0.0) for d in Diagnosis}
    values[Diagnosis.NV] += 1 - sum(values.values())
    return Findings(values)


def evidence(**shares: float) -> Evidence:
    return Evidence(
        findings=findings(**shares),
        prediction_set=frozenset({FindingClass.BENIGN}),
        quality=GOOD,
        competence=Competence(score=1.0, limit=2.0),
        overlay=OverlayEvidence("malignant_or_suspicious", EvidenceLocation.CENTRE, 0.9),
    )


def quality(grade: Grade) -> ImageQuality:
    return ImageQuality((QualityFinding("sharpness", "Sharpness", grade, 0.1, 0.5, "Refocus."),))


def codes(decision_reasons: tuple[Reason, ...]) -> set[ReasonCode]:
    return {reason.code for reason in decision_reasons}


def test_a_clear_naevus_in_a_reassuring_context_is_routine_and_says_it_is_no_discharge() -> None:
    decision = decide(evidence(), REASSURING, POLICY)
    assert decision.level is Level.ROUTINE
    assert codes(decision.reasons) == {ReasonCode.BELOW_RULE_OUT}
    assert "no discharge" in decision.reasons[0].text


@pytest.mark.parametrize(
    ("share", "level"),
    [(0.0999, Level.ROUTINE), (0.1, Level.REVIEW), (0.3999, Level.REVIEW), (0.4, Level.URGENT)],
)
def test_the_points_themselves_belong_to_the_higher_level(share: float, level: Level) -> None:
    assert decide(evidence(mel=share), REASSURING, POLICY).level is level


def test_basal_cell_carcinoma_and_keratosis_add_up_to_the_rule_out_score() -> None:
    assert decide(evidence(bcc=0.06, akiec=0.05), REASSURING, POLICY).level is Level.REVIEW
    assert decide(evidence(bcc=0.9), REASSURING, POLICY).level is Level.REVIEW


CONTEXTS = [
    (replace(REASSURING, skin_type=SkinType.V), ReasonCode.SKIN_TYPE),
    (replace(REASSURING, skin_type=SkinType.VI), ReasonCode.SKIN_TYPE),
    (replace(REASSURING, skin_type=None), ReasonCode.SKIN_TYPE),
    (replace(REASSURING, age=17), ReasonCode.AGE),
    (replace(REASSURING, age=None), ReasonCode.AGE),
    (replace(REASSURING, site=None), ReasonCode.SITE),
    (replace(REASSURING, red_flags=None), ReasonCode.RED_FLAGS_NOT_ASKED),
    (replace(REASSURING, dermoscopic=None), ReasonCode.DERMOSCOPY_NOT_CONFIRMED),
    *((replace(REASSURING, site=site), ReasonCode.SITE) for site in sorted(NEVER_ROUTINE_SITES)),
    *((replace(REASSURING, red_flags=frozenset({f})), ReasonCode.RED_FLAG) for f in RedFlag),
]


@pytest.mark.parametrize(("context", "code"), CONTEXTS)
def test_each_condition_of_never_routine_alone_raises_to_review(
    context: ClinicalContext, code: ReasonCode
) -> None:
    decision = decide(evidence(), context, POLICY)
    assert decision.level is Level.REVIEW
    assert decision.findings_level is Level.ROUTINE
    assert codes(decision.reasons) == {code}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (
            {"prediction_set": frozenset({FindingClass.BENIGN, FindingClass.MALIGNANT})},
            ReasonCode.AMBIGUOUS,
        ),
        ({"prediction_set": frozenset()}, ReasonCode.AMBIGUOUS),
        ({"quality": quality(Grade.BORDERLINE)}, ReasonCode.BORDERLINE_IMAGE),
        (
            {"overlay": OverlayEvidence("melanoma", EvidenceLocation.OFF_CENTRE, 0.1)},
            ReasonCode.EVIDENCE_OFF_LESION,
        ),
        ({"competence": TwoGates(0.99, 0.5, distance=7.1, limit=7.0)}, ReasonCode.UNFAMILIAR),
        (
            {"competence": TwoGates(0.99, 0.5, distance=float("nan"), limit=7.0)},
            ReasonCode.UNFAMILIAR,
        ),
    ],
)
def test_doubt_about_the_image_raises_to_review(
    change: dict[str, object], code: ReasonCode
) -> None:
    decision = decide(replace(evidence(), **change), REASSURING, POLICY)  # type: ignore[arg-type]
    assert decision.level is Level.REVIEW
    assert decision.findings_level is Level.REVIEW
    assert codes(decision.reasons) == {code}


def test_findings_of_the_first_edition_have_seven_diagnoses_and_no_other_number() -> None:
    seven = {d: 1 / 7 for d in Diagnosis if d is not Diagnosis.SCC}
    assert Findings(seven).known == tuple(seven)
    with pytest.raises(ValueError, match="each diagnosis"):
        Findings(dict.fromkeys(list(seven)[:6], 1 / 6))


def test_squamous_cell_carcinoma_counts_as_malignant_and_towards_rule_out() -> None:
    found = findings(scc=0.3)
    assert found.by_class()[FindingClass.MALIGNANT] == pytest.approx(0.3)
    assert decide(evidence(scc=0.2), REASSURING, POLICY).level is Level.REVIEW


@pytest.mark.parametrize("mimic", ["vasc", "df"])
def test_a_leading_mimic_of_amelanotic_melanoma_is_never_routine(mimic: str) -> None:
    decision = decide(evidence(**{mimic: 0.9}), REASSURING, POLICY)
    assert decision.level is Level.REVIEW
    assert codes(decision.reasons) == {ReasonCode.MIMIC_LEADS}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"quality": quality(Grade.POOR)}, ReasonCode.POOR_IMAGE),
        ({"competence": Competence(score=2.1, limit=2.0)}, ReasonCode.UNLIKE_TRAINING),
        ({"competence": Competence(score=float("nan"), limit=2.0)}, ReasonCode.UNLIKE_TRAINING),
        ({"competence": TwoGates(0.49, 0.5, distance=1, limit=7)}, ReasonCode.NO_DERMOSCOPY),
        ({"competence": TwoGates(float("nan"), 0.5, 1, 7)}, ReasonCode.NO_DERMOSCOPY),
        # What is no dermoscopic image is refused, whatever else is unfamiliar about it.
        ({"competence": TwoGates(0.1, 0.5, distance=70, limit=7)}, ReasonCode.NO_DERMOSCOPY),
    ],
)
def test_an_image_that_cannot_be_judged_is_refused_even_with_a_high_probability(
    change: dict[str, object], code: ReasonCode
) -> None:
    decision = decide(replace(evidence(mel=0.9), **change), REASSURING, POLICY)  # type: ignore[arg-type]
    assert decision.level is Level.CANNOT_ASSESS
    assert decision.findings_level is Level.CANNOT_ASSESS
    assert not decision.assessed
    assert codes(decision.reasons) == {code}
    assert "refer on clinical grounds" in decision.reasons[0].text


def test_an_image_said_not_to_be_dermoscopic_is_refused() -> None:
    decision = decide(evidence(mel=0.9), replace(REASSURING, dermoscopic=False), POLICY)
    assert decision.level is Level.CANNOT_ASSESS
    assert codes(decision.reasons) == {ReasonCode.NOT_DERMOSCOPIC}


def test_without_a_model_the_refusal_is_the_reason_and_red_flags_still_call_for_referral() -> None:
    refusal = Reason(ReasonCode.MODEL_UNAVAILABLE, Level.CANNOT_ASSESS, "No model.")
    context = replace(REASSURING, red_flags=frozenset({RedFlag.FIRM_AND_GROWING}))
    decision = decide(Evidence(quality=GOOD, refusal=refusal), context, POLICY)
    assert decision.level is Level.CANNOT_ASSESS
    assert codes(decision.reasons) == {ReasonCode.MODEL_UNAVAILABLE, ReasonCode.REFER_ON_RED_FLAG}


def test_a_red_flag_that_the_site_lists_as_urgent_makes_the_case_urgent() -> None:
    policy = replace(POLICY, urgent_red_flags=frozenset({RedFlag.BLEEDING_OR_ULCERATED}))
    context = replace(REASSURING, red_flags=frozenset({RedFlag.BLEEDING_OR_ULCERATED}))
    decision = decide(evidence(), context, policy)
    assert decision.level is Level.URGENT
    assert decision.findings_level is Level.ROUTINE


def test_reasons_of_the_level_come_first_and_the_rest_is_still_listed() -> None:
    decision = decide(evidence(mel=0.5), replace(REASSURING, age=None), POLICY)
    assert [r.code for r in decision.reasons] == [
        ReasonCode.RULE_IN,
        ReasonCode.RULE_OUT,
        ReasonCode.AGE,
    ]


@pytest.mark.parametrize("share", [0.0, 0.05, 0.2, 0.6])
@pytest.mark.parametrize(("context", "_code"), [*CONTEXTS, (NO_CONTEXT, None)])
def test_context_never_makes_the_level_milder(
    share: float, context: ClinicalContext, _code: object
) -> None:
    order = [Level.ROUTINE, Level.REVIEW, Level.URGENT]
    alone = decide(evidence(mel=share), REASSURING, POLICY).level
    assert order.index(decide(evidence(mel=share), context, POLICY).level) >= order.index(alone)


def test_incomplete_evidence_is_an_error_and_not_nothing_found() -> None:
    with pytest.raises(ValueError, match="incomplete"):
        Evidence(findings=findings(), quality=GOOD)


@pytest.mark.parametrize("bad", [float("nan"), -0.1, 1.1])
def test_a_number_that_is_no_probability_never_becomes_findings(bad: float) -> None:
    values: dict[Diagnosis, float] = dict.fromkeys(Diagnosis, 0.0)
    values[Diagnosis.NV] = bad
    with pytest.raises(ValueError, match=r"probability|sum"):
        Findings(values)


@pytest.mark.parametrize(("rule_out", "rule_in"), [(0.0, 0.5), (0.5, 1.0), (float("nan"), 0.5)])
def test_operating_points_outside_the_open_interval_are_refused(
    rule_out: float, rule_in: float
) -> None:
    with pytest.raises(ValueError, match="operating points"):
        Policy(rule_out=rule_out, rule_in=rule_in)


def test_a_score_just_below_the_point_never_reads_as_equal_to_it() -> None:
    text = decide(evidence(mel=0.0999), REASSURING, POLICY).reasons[0].text
    assert "9.99 %" in text
    assert "10.00 %" in text
