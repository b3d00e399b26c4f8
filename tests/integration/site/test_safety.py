"""The model can be suspended while work goes on, and problems are kept with their versions."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.stations.service_station import (
    ADMINISTRATOR,
    AUDITOR,
    CLINICIAN,
    FULL,
    PHOTOGRAPHER,
    Station,
    open_station,
    photograph,
)
from triage_app import __version__
from triage_app.domain.errors import (
    CaseNotFound,
    InvalidInput,
    NotPermitted,
    StorageUnavailable,
)
from triage_app.domain.files import FileKind
from triage_app.domain.trail import Action, breaks
from triage_app.domain.triage import Level, Policy, ReasonCode
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.services.cases.cases import Cases
from triage_app.services.images.assessment import Assessor
from triage_app.services.site.safety import Safety
from triage_app.services.site.statistics import Statistics
from triage_app.storage.repositories.site import SqlSiteRepository


@pytest.fixture
def station(tmp_path: Path, decoder: DecoderPool) -> Iterator[Station]:
    with open_station(tmp_path, decoder) as opened:
        opened.classifier.melanoma = 0.9
        yield opened


@pytest.fixture
def safety(station: Station) -> Safety:
    return Safety(station.units)


@pytest.fixture
def cases(station: Station, safety: Safety) -> Cases:
    model = station.assessor._model
    assessor = Assessor(station.decoder, model, "", Policy(0.5, 0.5), safety.suspended)
    return Cases(assessor, station.units, station.files, 5_000_000)


def test_a_suspended_model_judges_no_image_and_every_image_is_stored(
    cases: Cases, safety: Safety
) -> None:
    before = cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    assert before.analysis.decision.level is Level.URGENT

    safety.suspend(ADMINISTRATOR, "wrong levels on tanned skin were reported")
    during = cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    assert during.analysis.decision.level is Level.CANNOT_ASSESS
    (reason,) = during.analysis.decision.reasons
    assert reason.code is ReasonCode.MODEL_UNAVAILABLE
    assert reason.text.startswith(
        "The model is suspended: wrong levels on tanned skin were reported. The image is stored"
    )
    assert during.analysis.evidence.findings is None
    assert FileKind.OVERLAY not in during.files
    assert cases.file_bytes(CLINICIAN, during.id, FileKind.ORIGINAL)[1] == photograph()
    assert cases.get(CLINICIAN, before.id).analysis.decision.level is Level.URGENT

    safety.resume(ADMINISTRATOR)
    after = cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    assert after.analysis.decision.level is Level.URGENT
    assert cases.get(CLINICIAN, during.id).analysis.decision.level is Level.CANNOT_ASSESS


def test_a_context_that_is_completed_while_suspended_never_brings_a_milder_level(
    cases: Cases, safety: Safety
) -> None:
    safety.suspend(ADMINISTRATOR, "under review")
    case = cases.analyse_upload(CLINICIAN, photograph(), "a.jpg")
    saved = cases.update(CLINICIAN, case.id, case.version, FULL)
    assert saved.analysis.decision.level is Level.CANNOT_ASSESS


def test_when_the_switch_cannot_be_read_nothing_is_assessed(
    cases: Cases, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise StorageUnavailable("The disk reported a fault.")

    monkeypatch.setattr(SqlSiteRepository, "setting", broken)
    with pytest.raises(StorageUnavailable):
        cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)


def test_only_whoever_runs_the_site_turns_the_switch(station: Station, safety: Safety) -> None:
    for actor in (CLINICIAN, PHOTOGRAPHER, AUDITOR):
        with pytest.raises(NotPermitted):
            safety.suspend(actor, "because")
        with pytest.raises(NotPermitted):
            safety.resume(actor)
        with pytest.raises(NotPermitted):
            safety.problems(actor)
    assert safety.suspended() == ""
    assert station.events() == []


@pytest.mark.parametrize("reason", ["", "  ", "x" * 500, "right\u202eleft", "nul\x00"])
def test_a_suspension_needs_a_reason_that_can_be_shown(safety: Safety, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        safety.suspend(ADMINISTRATOR, reason)
    assert refused.value.field == "reason"
    assert safety.suspended() == ""


def test_the_trail_says_who_switched_and_not_what_was_typed(
    station: Station, safety: Safety
) -> None:
    safety.suspend(ADMINISTRATOR, "the patient in room 3's lesion was missed")
    safety.resume(ADMINISTRATOR)
    events = station.events()
    assert [(e.action, e.actor) for e in events] == [
        (Action.MODEL_SUSPENDED, ADMINISTRATOR.id),
        (Action.MODEL_RESUMED, ADMINISTRATOR.id),
    ]
    assert breaks(events) == []
    assert "room 3" not in "".join(e.details for e in events)


def test_a_problem_is_kept_with_case_and_versions(
    station: Station, cases: Cases, safety: Safety
) -> None:
    case = cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    problem = safety.report_problem(CLINICIAN, case.id, "wrong_overlay", "It marks\nthe ruler.")
    (kept,) = safety.problems(ADMINISTRATOR)
    assert kept == problem
    assert (kept.case_id, kept.reported_by, kept.text) == (
        case.id,
        CLINICIAN.id,
        "It marks\nthe ruler.",
    )
    assert kept.app_version == __version__
    assert kept.model_sha256 == "0" * 64
    (event,) = station.events(Action.SAFETY_REPORTED)
    assert event.subject == case.id
    assert "ruler" not in event.details


def test_a_problem_needs_a_case_a_kind_and_words(
    station: Station, cases: Cases, safety: Safety
) -> None:
    case = cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    with pytest.raises(CaseNotFound):
        safety.report_problem(CLINICIAN, "0" * 32, "other", "words")
    for kind, text, field in (
        ("made_up", "words", "kind"),
        ("other", "  ", "text"),
        ("other", "x" * 10_000, "text"),
        ("other", "nul\x00", "text"),
    ):
        with pytest.raises(InvalidInput) as refused:
            safety.report_problem(CLINICIAN, case.id, kind, text)
        assert refused.value.field == field
    for actor in (PHOTOGRAPHER, AUDITOR, ADMINISTRATOR):
        with pytest.raises(NotPermitted):
            safety.report_problem(actor, case.id, "other", "words")
    assert safety.problems(ADMINISTRATOR) == []
    assert station.events(Action.SAFETY_REPORTED) == []


def test_counts_name_no_patient_and_are_not_for_photographers(
    station: Station, cases: Cases
) -> None:
    cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", replace(FULL, note="zebra"))
    statistics = Statistics(station.units)
    counts = statistics.site_counts(AUDITOR)
    assert sum(sum(levels.values()) for levels in counts.by_month.values()) == 1
    assert counts.drafts == 1
    assert "zebra" not in str(counts)
    with pytest.raises(NotPermitted):
        statistics.site_counts(PHOTOGRAPHER)
