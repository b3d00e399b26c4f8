"""Small cases for the rules of the loop: one image with a share of melanoma, a model and a day."""

from datetime import UTC, datetime, timedelta

from triage_app.domain.case import Analysis, Case, CaseDetails, CaseState, ModelIdentity
from triage_app.domain.context import ClinicalContext, Site, SkinType
from triage_app.domain.diagnosis import Diagnosis, FindingClass
from triage_app.domain.findings import Competence, EvidenceLocation, Findings, OverlayEvidence
from triage_app.domain.quality import ImageQuality
from triage_app.domain.triage import Evidence, Level, Policy, Reason, ReasonCode, decide

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MODEL = ModelIdentity("network", "1.0.0", "a" * 64)
NEXT_MODEL = ModelIdentity("network", "1.1.0", "b" * 64)
POLICY = Policy(rule_out=0.1, rule_in=0.4)
CONTEXT = ClinicalContext(
    age=45, skin_type=SkinType.II, site=Site.BACK, red_flags=frozenset(), dermoscopic=True
)
NO_ANSWER = Reason(ReasonCode.MODEL_UNAVAILABLE, Level.CANNOT_ASSESS, "No model is in service.")


def evidence(melanoma: float | None) -> Evidence:
    """Evidence with this share of melanoma and the rest naevus; a refusal for None."""
    if melanoma is None:
        return Evidence(quality=ImageQuality(()), refusal=NO_ANSWER)
    shares = dict.fromkeys(Diagnosis, 0.0)
    shares[Diagnosis.MEL], shares[Diagnosis.NV] = melanoma, 1 - melanoma
    return Evidence(
        findings=Findings(shares),
        prediction_set=frozenset({FindingClass.BENIGN}),
        quality=ImageQuality(()),
        competence=Competence(1.0, 2.0),
        overlay=OverlayEvidence("melanoma", EvidenceLocation.CENTRE, 0.9),
    )


def case(
    name: str, day: int, melanoma: float | None = 0.02, model: ModelIdentity | None = MODEL
) -> Case:
    """A filed case of ``day`` days after the start."""
    at, found = START + timedelta(days=day), evidence(melanoma)
    analysis = Analysis(
        id=f"analysis-{name}",
        created_at=at,
        evidence=found,
        decision=decide(found, CONTEXT, POLICY),
        model=model,
        operating_points={},
        limits_of_use=(),
        timings={},
        app_version="0",
    )
    return Case(
        id=name,
        version=1,
        state=CaseState.FILED,
        created_at=at,
        updated_at=at,
        details=CaseDetails("P-1", context=CONTEXT),
        analysis=analysis,
        files={},
    )
