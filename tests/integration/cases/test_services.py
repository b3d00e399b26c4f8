"""Use cases over a real database, real files and the real decoder; the weights are scripted."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.stations.service_station import (
    CLINICIAN,
    FULL,
    POINT,
    REASSURING,
    Station,
    open_station,
    photograph,
    stored_files,
)
from triage_app.domain.case import CaseDetails, CaseFilter, CaseState, ModelIdentity, Order
from triage_app.domain.context import NO_CONTEXT, RedFlag
from triage_app.domain.errors import (
    CaseNotFound,
    FileMissing,
    ImageRejected,
    InvalidInput,
    ModelRefused,
    NotAllowedInState,
    StaleCase,
    StorageUnavailable,
    UploadTooLarge,
)
from triage_app.domain.files import FileKind
from triage_app.domain.trail import Action
from triage_app.domain.triage import Level, Policy, ReasonCode
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.services.cases.cases import Cases
from triage_app.services.images.assessment import Assessor, ModelInService
from triage_app.services.images.storing import sha256
from triage_app.storage.unit_of_work import SqlUnitOfWork


@pytest.fixture
def station(tmp_path: Path, decoder: DecoderPool) -> Iterator[Station]:
    with open_station(tmp_path, decoder) as opened:
        yield opened


def test_an_upload_is_a_draft_at_once_with_its_bytes_unchanged(station: Station) -> None:
    data = photograph()
    case = station.cases.analyse_upload(CLINICIAN, data, "Müller back.jpg", FULL)
    again = station.cases.get(CLINICIAN, case.id)
    assert again == case
    assert again.state is CaseState.DRAFT
    original, stored = station.cases.file_bytes(CLINICIAN, case.id, FileKind.ORIGINAL)
    assert stored == data
    assert original.sha256 == sha256(data)
    assert (original.width, original.height) == (400, 300)
    for kind in (FileKind.CROP, FileKind.OVERLAY, FileKind.THUMBNAIL):
        assert (
            Image.open(BytesIO(station.cases.file_bytes(CLINICIAN, case.id, kind)[1])).size[0] > 0
        )
    assert not [p for p in stored_files(station) if "ller" in p.name]


def test_the_level_follows_the_context_without_running_the_model_again(station: Station) -> None:
    case = station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    assert case.analysis.decision.level is Level.ROUTINE
    station.classifier.fault = AssertionError("the model must not run")
    flagged = replace(REASSURING, red_flags=frozenset({RedFlag.FIRM_AND_GROWING}))
    raised = station.cases.update(CLINICIAN, case.id, case.version, replace(FULL, context=flagged))
    assert raised.analysis.decision.level is Level.REVIEW
    assert raised.analysis.decision.findings_level is Level.ROUTINE
    lowered = station.cases.update(CLINICIAN, case.id, raised.version, FULL)
    assert lowered.analysis.decision == case.analysis.decision


def test_an_old_case_is_decided_again_at_the_points_of_its_own_model(
    station: Station, decoder: DecoderPool
) -> None:
    station.classifier.melanoma = 0.12
    case = station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    newer = ModelInService(
        station.classifier,  # type: ignore[arg-type]
        ModelIdentity("newer", "1", "1" * 64),
        Policy(rule_out=0.3, rule_in=0.6),
        {"rule_out": {**POINT, "value": 0.3}, "rule_in": {**POINT, "value": 0.6}},
        (),
    )
    cases = Cases(Assessor(decoder, newer, "", Policy(0.5, 0.5)), station.units, station.files, 10)
    older = replace(REASSURING, age=46)
    again = cases.update(CLINICIAN, case.id, case.version, replace(FULL, context=older))
    assert again.analysis.decision.level is Level.REVIEW
    assert again.analysis.model == ModelIdentity("scripted", "0", "0" * 64)


def test_two_windows_on_one_case_the_second_is_told_and_nothing_is_overwritten(
    station: Station,
) -> None:
    case = station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    station.cases.update(CLINICIAN, case.id, case.version, replace(FULL, note="first"))
    with pytest.raises(StaleCase, match="another window"):
        station.cases.update(CLINICIAN, case.id, case.version, replace(FULL, note="second"))
    assert station.cases.get(CLINICIAN, case.id).details.note == "first"


def test_filing_needs_a_patient_reference_and_keeps_it(station: Station) -> None:
    case = station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg")
    with pytest.raises(InvalidInput, match="patient reference"):
        station.cases.file(CLINICIAN, case.id, case.version)
    named = station.cases.update(
        CLINICIAN, case.id, case.version, CaseDetails(patient_reference="P-9")
    )
    filed = station.cases.file(CLINICIAN, case.id, named.version)
    assert filed.state is CaseState.FILED
    assert filed.filed_at is not None
    with pytest.raises(InvalidInput, match="patient reference"):
        station.cases.update(CLINICIAN, case.id, filed.version, CaseDetails())


def test_a_case_that_cannot_be_assessed_hides_its_overlay(station: Station) -> None:
    station.classifier.melanoma = 0.9
    case = station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    clinical = replace(REASSURING, dermoscopic=False)
    hidden = station.cases.update(CLINICIAN, case.id, case.version, replace(FULL, context=clinical))
    assert hidden.analysis.decision.level is Level.CANNOT_ASSESS
    assert hidden.analysis.shown_findings is None
    with pytest.raises(FileMissing):
        station.cases.file_bytes(CLINICIAN, case.id, FileKind.OVERLAY)
    listed = station.cases.page(CLINICIAN, CaseFilter()).items[0]
    assert listed.classes is None


@pytest.mark.parametrize("fault", [ModelRefused("tensor lost"), ValueError("not a number")])
def test_a_model_that_fails_gives_no_finding_and_the_image_is_kept(
    station: Station, fault: Exception
) -> None:
    station.classifier.fault = fault
    case = station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    assert case.analysis.decision.level is Level.CANNOT_ASSESS
    assert case.analysis.decision.reasons[0].code is ReasonCode.MODEL_UNAVAILABLE
    assert case.analysis.evidence.findings is None
    assert station.cases.file_bytes(CLINICIAN, case.id, FileKind.ORIGINAL)[1] == photograph()


def test_without_a_model_uploads_are_stored_and_nothing_is_assessed(
    station: Station, decoder: DecoderPool
) -> None:
    assessor = Assessor(decoder, None, "The model is not in service.", Policy(0.5, 0.5))
    cases = Cases(assessor, station.units, station.files, 5_000_000)
    case = cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    assert case.analysis.decision.level is Level.CANNOT_ASSESS
    assert "not in service" in case.analysis.decision.reasons[0].text
    assert FileKind.OVERLAY not in case.files
    again = cases.update(CLINICIAN, case.id, case.version, replace(FULL, context=NO_CONTEXT))
    assert again.analysis.decision.level is Level.CANNOT_ASSESS


def test_a_file_that_is_no_image_or_too_large_leaves_nothing_behind(station: Station) -> None:
    with pytest.raises(ImageRejected, match="not an image"):
        station.cases.analyse_upload(CLINICIAN, b"no image at all", "a.jpg")
    with pytest.raises(UploadTooLarge, match="5 MB"):
        station.cases.analyse_upload(CLINICIAN, b"x" * 5_000_001, "a.jpg")
    assert stored_files(station) == []
    assert station.cases.page(CLINICIAN, CaseFilter()).items == ()


def test_when_the_disk_fills_up_half_way_no_file_and_no_row_is_left(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = station.files.put, []

    def put(data: bytes) -> str:
        calls.append(len(data))
        if len(calls) == 3:
            raise StorageUnavailable("The disk is full.")
        return real(data)

    monkeypatch.setattr(station.files, "put", put)
    with pytest.raises(StorageUnavailable, match="full"):
        station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg")
    assert len(calls) == 3
    assert stored_files(station) == []
    assert station.cases.page(CLINICIAN, CaseFilter()).items == ()


@pytest.mark.parametrize("durable", [True, False])
def test_a_commit_that_fails_never_leaves_a_row_without_its_files(
    station: Station, monkeypatch: pytest.MonkeyPatch, durable: bool
) -> None:
    real = SqlUnitOfWork.commit

    def commit(unit: SqlUnitOfWork) -> None:
        if durable:
            real(unit)
        raise StorageUnavailable("The disk reported a fault.")

    monkeypatch.setattr(SqlUnitOfWork, "commit", commit)
    with pytest.raises(StorageUnavailable):
        station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    monkeypatch.undo()
    items = station.cases.page(CLINICIAN, CaseFilter()).items
    assert len(items) == len(station.events(Action.CASE_ANALYSED)) == int(durable)
    assert len(stored_files(station)) == (4 if durable else 0)


def test_the_bin_hides_restores_and_erases(station: Station) -> None:
    case = station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    with pytest.raises(NotAllowedInState):
        station.cases.erase(CLINICIAN, case.id, case.version)
    binned = station.cases.delete(CLINICIAN, case.id, case.version)
    assert station.cases.page(CLINICIAN, CaseFilter()).items == ()
    assert [i.id for i in station.cases.page(CLINICIAN, CaseFilter(in_bin=True)).items] == [case.id]
    with pytest.raises(NotAllowedInState, match="Restore it"):
        station.cases.update(CLINICIAN, case.id, binned.version, FULL)
    restored = station.cases.restore(CLINICIAN, case.id, binned.version)
    assert station.cases.page(CLINICIAN, CaseFilter()).items[0].id == case.id
    binned = station.cases.delete(CLINICIAN, case.id, restored.version)
    with pytest.raises(StaleCase):
        station.cases.erase(CLINICIAN, case.id, restored.version)
    station.cases.erase(CLINICIAN, case.id, binned.version)
    with pytest.raises(CaseNotFound):
        station.cases.get(CLINICIAN, case.id)
    assert stored_files(station) == []


def test_a_report_is_issued_once_and_a_change_issues_a_new_one(station: Station) -> None:
    draft = station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    with pytest.raises(NotAllowedInState, match="filed case"):
        station.reports.issue(CLINICIAN, draft.id)
    station.cases.file(CLINICIAN, draft.id, draft.version)
    first = station.reports.issue(CLINICIAN, draft.id)
    assert station.reports.issue(CLINICIAN, draft.id) == first
    _, first_bytes, case = station.reports.read(CLINICIAN, first.id)
    assert sha256(first_bytes) == first.file.sha256
    changed = station.cases.update(
        CLINICIAN, case.id, case.version, replace(FULL, note="seen again")
    )
    second = station.reports.issue(CLINICIAN, changed.id)
    assert (first.number, second.number) == (1, 2)
    assert station.reports.read(CLINICIAN, first.id)[1] == first_bytes
    assert station.reports.read(CLINICIAN, second.id)[1] != first_bytes


def test_a_stored_file_whose_bytes_changed_is_refused(station: Station) -> None:
    case = station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    file = case.files[FileKind.CROP]
    path = next(p for p in stored_files(station) if p.name == file.id)
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    with pytest.raises(FileMissing):
        station.cases.file_bytes(CLINICIAN, case.id, FileKind.CROP)


def test_the_list_by_risk_puts_urgent_first_and_agrees_with_the_case(station: Station) -> None:
    for share in (0.02, 0.9, 0.2):
        station.classifier.melanoma = share
        station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    items = station.cases.page(CLINICIAN, CaseFilter(), Order.RISK).items
    assert [i.level for i in items] == [Level.URGENT, Level.REVIEW, Level.ROUTINE]
    for item in items:
        assert station.cases.get(CLINICIAN, item.id).analysis.decision.level is item.level
