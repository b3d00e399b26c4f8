"""Who may do what with a case, what is withheld, and what the trail says of it afterwards."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.stations.service_station import (
    ADMINISTRATOR,
    AUDITOR,
    CLINICIAN,
    FULL,
    OTHER_PHOTOGRAPHER,
    PHOTOGRAPHER,
    REASSURING,
    Clock,
    Station,
    open_station,
    photograph,
    stored_files,
)
from triage_app.domain.case import Case, CaseDetails, CaseFilter, Order
from triage_app.domain.diagnosis import FindingClass
from triage_app.domain.errors import (
    CaseNotFound,
    FileMissing,
    NotAllowedInState,
    NotPermitted,
    StorageUnavailable,
    TooManyRequests,
)
from triage_app.domain.files import FileKind
from triage_app.domain.people import LOCAL_USER, TERMINAL, Actor
from triage_app.domain.trail import Action
from triage_app.domain.triage import Level
from triage_app.domain.withholding import is_withheld
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.services.cases.drafts import save_fields
from triage_app.storage.repositories.trail import SqlTrailRepository

NAMED = replace(FULL, patient_reference="Zebra-77", note="zebra at night", lesion_label="zebra")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def station(tmp_path: Path, decoder: DecoderPool, clock: Clock) -> Iterator[Station]:
    with open_station(tmp_path, decoder, clock, uploads_per_day=3) as opened:
        opened.classifier.melanoma = 0.9
        yield opened


def test_whoever_took_the_photograph_sees_it_without_any_finding(station: Station) -> None:
    sent = station.cases.analyse_upload(PHOTOGRAPHER, photograph(), "a.jpg", FULL)
    for case in (
        sent,
        station.cases.get(PHOTOGRAPHER, sent.id),
        station.cases.view(PHOTOGRAPHER, sent.id),
        station.cases.update(PHOTOGRAPHER, sent.id, 1, NAMED),
    ):
        assert is_withheld(case)
        assert case.analysis.evidence.findings is None
        assert case.analysis.decision.level is Level.CANNOT_ASSESS
        assert FileKind.OVERLAY not in case.files
        assert case.analysis.model is None
        assert "urgent" not in str(asdict(case.analysis.decision)).lower()
    assert station.cases.get(CLINICIAN, sent.id).analysis.decision.level is Level.URGENT
    for kind in (FileKind.ORIGINAL, FileKind.CROP, FileKind.THUMBNAIL):
        assert station.cases.file_bytes(PHOTOGRAPHER, sent.id, kind)[1]
    with pytest.raises(FileMissing):
        station.cases.file_bytes(PHOTOGRAPHER, sent.id, FileKind.OVERLAY)


def test_what_a_photographer_completes_is_decided_on_the_findings_that_are_withheld(
    station: Station,
) -> None:
    sent = station.cases.analyse_upload(PHOTOGRAPHER, photograph(), "a.jpg")
    saved = save_fields(station.cases, PHOTOGRAPHER, sent.id, 1, {"age": 45, "site": "back"})
    assert is_withheld(saved)
    stored = station.cases.get(CLINICIAN, sent.id)
    assert stored.details.context.age == 45
    assert stored.analysis.decision.level is Level.URGENT
    assert stored.analysis.evidence.findings is not None


def test_a_photographers_list_holds_own_uploads_in_an_order_that_tells_nothing(
    station: Station, clock: Clock
) -> None:
    sent = []
    for share in (0.9, 0.02):
        clock.at += timedelta(minutes=1)
        station.classifier.melanoma = share
        sent.append(station.cases.analyse_upload(PHOTOGRAPHER, photograph(), "a.jpg", FULL).id)
    station.cases.analyse_upload(OTHER_PHOTOGRAPHER, photograph(), "b.jpg", FULL)
    asked = CaseFilter(
        levels=frozenset({Level.URGENT}),
        finding_class=FindingClass.MALIGNANT,
        in_bin=True,
        uploaded_by=OTHER_PHOTOGRAPHER.id,
    )
    items = station.cases.page(PHOTOGRAPHER, asked, Order.RISK).items
    assert [item.id for item in items] == sent[::-1]
    assert {item.level for item in items} == {Level.CANNOT_ASSESS}
    assert {item.classes for item in items} == {None}
    assert len(station.cases.page(CLINICIAN, CaseFilter()).items) == 3


CALLS: dict[str, Callable[[Station, Actor, Case], object]] = {
    "get": lambda s, a, c: s.cases.get(a, c.id),
    "view": lambda s, a, c: s.cases.view(a, c.id),
    "crop": lambda s, a, c: s.cases.file_bytes(a, c.id, FileKind.CROP),
    "original": lambda s, a, c: s.cases.file_bytes(a, c.id, FileKind.ORIGINAL),
    "update": lambda s, a, c: s.cases.update(a, c.id, c.version, NAMED),
    "page": lambda s, a, c: s.cases.page(a, CaseFilter()),
    "file": lambda s, a, c: s.cases.file(a, c.id, c.version),
    "delete": lambda s, a, c: s.cases.delete(a, c.id, c.version),
    "restore": lambda s, a, c: s.cases.restore(a, c.id, c.version),
    "erase": lambda s, a, c: s.cases.erase(a, c.id, c.version),
    "issue": lambda s, a, c: s.reports.issue(a, c.id),
    "read report": lambda s, a, c: s.reports.read(a, "0" * 32),
    "upload": lambda s, a, c: s.cases.analyse_upload(a, photograph(), "a.jpg"),
    "store": lambda s, a, c: s.cases.store(
        a, photograph(), "a.jpg", FULL, s.assessor.assess(photograph(), REASSURING)
    ),
}
OTHERS_UPLOAD = {"get", "view", "crop", "original", "update"}
CLINICIANS_ONLY = {"file", "delete", "restore", "erase", "issue", "read report"}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("actor", [ADMINISTRATOR, AUDITOR], ids=lambda a: a.name)
def test_administrators_and_auditors_reach_no_case(
    station: Station, actor: Actor, call: str
) -> None:
    case = station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    before = station.events()
    with pytest.raises(NotPermitted):
        CALLS[call](station, actor, case)
    assert station.events() == before


@pytest.mark.parametrize("call", sorted(OTHERS_UPLOAD))
def test_another_persons_upload_does_not_exist_for_a_photographer(
    station: Station, call: str
) -> None:
    case = station.cases.analyse_upload(PHOTOGRAPHER, photograph(), "a.jpg", FULL)
    with pytest.raises(CaseNotFound):
        CALLS[call](station, OTHER_PHOTOGRAPHER, case)
    assert station.cases.get(CLINICIAN, case.id).version == 1


@pytest.mark.parametrize("call", sorted(CLINICIANS_ONLY))
def test_a_photographer_takes_no_step_of_a_clinician_on_the_own_upload(
    station: Station, call: str
) -> None:
    case = station.cases.analyse_upload(PHOTOGRAPHER, photograph(), "a.jpg", FULL)
    with pytest.raises(NotPermitted):
        CALLS[call](station, PHOTOGRAPHER, case)
    assert station.cases.get(CLINICIAN, case.id).version == 1


@pytest.mark.parametrize("call", CALLS)
def test_nobody_does_anything_before_a_forced_change_of_the_password(
    station: Station, call: str
) -> None:
    case = station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    with pytest.raises(NotPermitted):
        CALLS[call](station, replace(CLINICIAN, must_change_password=True), case)


def test_what_a_clinician_filed_or_binned_is_out_of_the_photographers_hands(
    station: Station,
) -> None:
    case = station.cases.analyse_upload(PHOTOGRAPHER, photograph(), "a.jpg", FULL)
    filed = station.cases.file(CLINICIAN, case.id, case.version)
    with pytest.raises(NotAllowedInState, match="clinician has filed"):
        station.cases.update(PHOTOGRAPHER, case.id, filed.version, NAMED)
    station.cases.delete(CLINICIAN, case.id, filed.version)
    with pytest.raises(CaseNotFound):
        station.cases.view(PHOTOGRAPHER, case.id)
    assert station.cases.page(PHOTOGRAPHER, CaseFilter()).items == ()


@pytest.mark.parametrize("call", [c for c in CALLS if c not in {"erase", "issue", "read report"}])
def test_without_the_trail_nothing_is_done_and_nothing_is_shown(
    station: Station, clock: Clock, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    case = station.cases.analyse_upload(CLINICIAN, photograph(), "a.jpg", FULL)
    files = stored_files(station)
    clock.at += timedelta(hours=1)

    def append(*_: object) -> None:
        raise StorageUnavailable("The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr(SqlTrailRepository, "append", append)
        with pytest.raises(StorageUnavailable):
            CALLS[call](station, CLINICIAN, case)
    assert station.cases.get(CLINICIAN, case.id) == case
    assert stored_files(station) == files


def test_the_daily_limit_is_one_persons_own_and_ends_after_a_day(
    station: Station, clock: Clock
) -> None:
    for _ in range(3):
        station.cases.analyse_upload(PHOTOGRAPHER, photograph(), "a.jpg")
    with pytest.raises(TooManyRequests, match="3 images within 24 hours"):
        station.cases.analyse_upload(PHOTOGRAPHER, photograph(), "a.jpg")
    assert len(stored_files(station)) == len(station.cases.page(CLINICIAN, CaseFilter()).items) * 4
    station.cases.analyse_upload(OTHER_PHOTOGRAPHER, photograph(), "a.jpg")
    clock.at += timedelta(hours=25)
    station.cases.analyse_upload(PHOTOGRAPHER, photograph(), "a.jpg")


def test_the_daily_limit_holds_where_an_image_was_assessed_before_the_limit_was_reached(
    station: Station,
) -> None:
    assessment = station.assessor.assess(photograph(), REASSURING)
    for _ in range(3):
        station.cases.store(PHOTOGRAPHER, photograph(), "a.jpg", CaseDetails(), assessment)
    files = stored_files(station)
    with pytest.raises(TooManyRequests):
        station.cases.store(PHOTOGRAPHER, photograph(), "a.jpg", CaseDetails(), assessment)
    assert stored_files(station) == files


@pytest.mark.parametrize("actor", [LOCAL_USER, TERMINAL], ids=lambda a: a.id)
def test_whoever_sits_at_the_machine_is_not_limited(station: Station, actor: Actor) -> None:
    for _ in range(4):
        case = station.cases.analyse_upload(actor, photograph(), "a.jpg")
    assert station.cases.get(actor, case.id).uploaded_by == actor.id
    assert {event.actor for event in station.events(Action.CASE_ANALYSED)} == {actor.id}
