"""A batch from receipt to drafts: nothing that was acknowledged is lost, nothing is doubled."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.samples.patience import SECONDS
from tests.stations import web_station
from tests.stations.batch_desk import BATCH, NO_PICTURE, BatchDesk, number
from tests.stations.service_station import CLINICIAN, OTHER_PHOTOGRAPHER, PHOTOGRAPHER, Clock
from triage_app.domain.batch import UploadState
from triage_app.domain.context import ClinicalContext
from triage_app.domain.errors import (
    BatchNotFound,
    DecoderFailed,
    StorageUnavailable,
    TooManyRequests,
)
from triage_app.domain.files import FileKind
from triage_app.domain.trail import Action
from triage_app.services.batches.intake import REMEMBERED, Intake
from triage_app.services.batches.work import Workers
from triage_app.services.images.assessment import Assessment
from triage_app.storage.files import DiskFileStore
from triage_app.storage.unit_of_work import SqlUnitOfWork


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[BatchDesk]:
    """A workstation at which nothing is analysed until the test says so."""
    with web_station.station(tmp_path, accounts=True) as station:
        yield BatchDesk(station, tmp_path)


def _actions(desk: BatchDesk) -> list[str]:
    with desk.station.intake._units() as unit:
        return [event.action for event in unit.trail.every()]


def test_a_received_file_is_private_on_the_disk_with_its_row_before_anything_is_analysed(
    desk: BatchDesk,
) -> None:
    upload = desk.send(name="Müller.jpg")
    (path,) = desk.files()
    assert path.name == upload.file_id and path.stat().st_mode & 0o777 == 0o600
    assert desk.progress().counts.waiting == 1
    assert desk.cases() == []


def test_after_a_restart_what_was_received_becomes_a_draft_of_its_sender(tmp_path: Path) -> None:
    with web_station.station(tmp_path, accounts=True) as before:
        upload = BatchDesk(before, tmp_path).send(PHOTOGRAPHER, name="left arm.jpg")
    with web_station.station(tmp_path, accounts=True) as after:
        desk = BatchDesk(after, tmp_path)
        assert desk.work() == 1
        (case,) = desk.cases()
        original = case.files[FileKind.ORIGINAL]
        assert (case.uploaded_by, case.batch_id, case.state) == (PHOTOGRAPHER.id, BATCH, "draft")
        assert (original.id, original.source_name) == (upload.file_id, "left arm.jpg")
        assert original.media_type == "image/jpeg" and original.width == 160
        assert FileKind.THUMBNAIL in case.files
        assert desk.progress().counts.done == 1


def test_a_file_that_is_sent_again_is_kept_once(desk: BatchDesk) -> None:
    once, data = number(), web_station.lesion_jpeg()
    desk.send(data=data, upload=once)
    desk.send(data=data, upload=once)
    desk.work()
    assert desk.send(data=data, upload=once).state is UploadState.DONE
    assert desk.work() == 0
    assert len(desk.cases()) == 1 and len(desk.files()) == 4


def test_a_file_that_cannot_be_used_is_named_with_its_reason_and_the_others_go_on(
    desk: BatchDesk,
) -> None:
    desk.send()
    bad = desk.send(data=NO_PICTURE, name="notes.txt")
    desk.send()
    assert desk.work() == 3
    seen = desk.progress()
    assert (seen.counts.done, seen.counts.failed) == (2, 1)
    (failure,) = seen.failures
    assert failure.source_name == "notes.txt" and "not an image" in failure.reason.lower()

    assert desk.station.intake.retry(CLINICIAN, BATCH, [bad.id]) == 1
    assert desk.progress().counts.waiting == 1
    desk.work()
    assert desk.station.intake.dismiss(CLINICIAN, BATCH, [bad.id]) == 1
    assert desk.progress().counts.total == 2
    assert bad.file_id not in {path.name for path in desk.files()}
    assert Action.UPLOAD_DISMISSED in _actions(desk)


def test_what_was_dismissed_while_it_was_analysed_becomes_no_case(
    desk: BatchDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = desk.send()
    assess = desk.station.assessor.assess

    def dismissed_meanwhile(data: bytes, context: ClinicalContext, **how: bool) -> Assessment:
        desk.station.intake.dismiss(CLINICIAN, BATCH, [upload.id])
        return assess(data, context, **how)

    monkeypatch.setattr(desk.station.assessor, "assess", dismissed_meanwhile)
    desk.work()
    assert desk.cases() == [] and desk.files() == []


def test_a_batch_that_is_stopped_keeps_what_was_analysed_and_dismisses_what_waits(
    desk: BatchDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triage_app.services.batches.intake._PORTION", 2)
    bad, first = desk.send(data=NO_PICTURE), desk.send()
    desk.work()
    waiting = [desk.send() for _ in range(5)]
    elsewhere = desk.send(batch="cd" * 16)
    assert desk.station.intake.stop(CLINICIAN, BATCH) == 5
    counts = desk.progress().counts
    assert (counts.total, counts.waiting, counts.failed, counts.done) == (2, 0, 1, 1)
    assert [case.files[FileKind.ORIGINAL].id for case in desk.cases()] == [first.file_id]
    left = {path.name for path in desk.files()}
    assert {bad.file_id, first.file_id, elsewhere.file_id} <= left
    assert not left & {upload.file_id for upload in waiting}
    assert _actions(desk).count(Action.UPLOAD_DISMISSED) == 5
    assert desk.station.intake.stop(CLINICIAN, BATCH) == 0
    assert desk.work() == 1 and len(desk.cases("cd" * 16)) == 1


def test_a_batch_of_which_nothing_is_known_cannot_be_stopped(desk: BatchDesk) -> None:
    with pytest.raises(BatchNotFound):
        desk.station.intake.stop(CLINICIAN, BATCH)


@pytest.mark.parametrize("durable", [False, True])
def test_a_commit_that_fails_leaves_one_case_in_the_end(
    desk: BatchDesk, monkeypatch: pytest.MonkeyPatch, durable: bool
) -> None:
    desk.send()
    commit = SqlUnitOfWork.commit

    def failing(unit: SqlUnitOfWork) -> None:
        if durable:
            commit(unit)
        raise StorageUnavailable("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(SqlUnitOfWork, "commit", failing)
        with pytest.raises(StorageUnavailable):
            desk.work()
    assert desk.work() == (0 if durable else 1)
    (case,) = desk.cases()
    assert {path.name for path in desk.files()} == {file.id for file in case.files.values()}
    assert desk.station.trail.verify().sound


def test_a_receipt_that_cannot_be_stored_leaves_nothing(
    desk: BatchDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(unit: SqlUnitOfWork) -> None:
        raise StorageUnavailable("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(SqlUnitOfWork, "commit", failing)
        with pytest.raises(StorageUnavailable):
            desk.send()
    assert desk.files() == []
    assert desk.progress().counts.total == 0


def test_people_take_turns_whatever_the_size_of_their_batches(desk: BatchDesk) -> None:
    for _ in range(3):
        desk.send(PHOTOGRAPHER, batch="cd" * 16)
    desk.send(CLINICIAN)
    desk.station.intake.work.step()
    desk.station.intake.work.step()
    assert desk.progress().counts.done == 1
    assert desk.progress(CLINICIAN, "cd" * 16).counts.done == 1


def test_cases_stand_in_the_order_of_receipt_whichever_is_done_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Otherwise the order on a site that withholds findings would tell which image took longer.
    clock = Clock()
    with web_station.station(tmp_path, accounts=True, impression_first=True, clock=clock) as found:
        desk = BatchDesk(found, tmp_path)
        first = desk.send(name="first")
        clock.at += timedelta(seconds=1)
        with monkeypatch.context() as broken:
            broken.setattr(desk.station.assessor, "assess", _refuse)
            desk.work()
        desk.send(name="second")
        desk.work()
        clock.at += timedelta(minutes=1)
        desk.station.intake.retry(CLINICIAN, BATCH, [first.id])
        desk.work()
        names = [case.files[FileKind.ORIGINAL].source_name for case in desk.cases()]
        assert names == ["second", "first"]
        assert all(case.blinded for case in desk.cases())


def _refuse(data: bytes, context: ClinicalContext, **_how: bool) -> Assessment:
    raise DecoderFailed("Decoding took too long and was stopped.")


def test_a_photographer_learns_nothing_of_another_ones_batch(desk: BatchDesk) -> None:
    bad = desk.send(PHOTOGRAPHER, data=NO_PICTURE)
    desk.work()
    assert desk.progress(PHOTOGRAPHER).counts.failed == 1
    assert desk.progress(CLINICIAN).counts.failed == 1
    intake = desk.station.intake
    for attempt in (
        lambda: desk.progress(OTHER_PHOTOGRAPHER),
        lambda: desk.send(OTHER_PHOTOGRAPHER),
        lambda: intake.retry(OTHER_PHOTOGRAPHER, BATCH, [bad.id]),
        lambda: intake.dismiss(OTHER_PHOTOGRAPHER, BATCH, [bad.id]),
        lambda: intake.stop(OTHER_PHOTOGRAPHER, BATCH),
    ):
        with pytest.raises(BatchNotFound):
            attempt()
    assert len(desk.files()) == 1


def test_names_of_files_are_shown_with_one_entry_in_the_trail_and_never_stand_in_it(
    desk: BatchDesk,
) -> None:
    desk.send(data=NO_PICTURE, name="Zebedee.jpg")
    desk.work()
    for _ in range(3):
        desk.progress()
    assert _actions(desk).count(Action.BATCH_VIEWED) == 1
    with desk.station.intake._units() as unit:
        assert all("Zebedee" not in event.details for event in unit.trail.every())


def test_the_check_of_trail_and_files_covers_what_waits(desk: BatchDesk) -> None:
    waiting, failed = desk.send(), desk.send(data=NO_PICTURE)
    assert desk.station.trail.verify().sound
    desk.work()
    desk.send()
    found = desk.station.trail.verify()
    assert found.sound and found.files == 4 + 1 + 1

    next(p for p in desk.files() if p.name == failed.file_id).write_bytes(b"something else")
    (damage,) = desk.station.trail.verify().damaged
    assert damage.file == failed.file_id and waiting.file_id != failed.file_id


def test_a_row_that_vanished_without_a_trace_is_found(desk: BatchDesk) -> None:
    upload = desk.send()
    with desk.station.intake._units() as unit:
        unit.uploads.close(upload.id, UploadState.DONE)
        unit.commit()
    (damage,) = desk.station.trail.verify().damaged
    assert damage.file == upload.file_id and "nor was dismissed" in damage.sentence


def test_sweeping_leaves_what_waits(desk: BatchDesk) -> None:
    upload = desk.send()
    files = DiskFileStore(desk.folder / "files")
    stray = files.put(b"without a row")
    with desk.station.intake._units() as unit:
        assert files.sweep(unit.cases.known_files, older_than_s=-1) == 1
    assert [path.name for path in desk.files()] == [upload.file_id]
    assert stray != upload.file_id


def test_what_waits_counts_towards_the_days_limit(desk: BatchDesk) -> None:
    intake = desk.station.intake
    small = Intake(intake._units, intake._files, intake.work, 10**6, uploads_per_day=2)
    data = web_station.lesion_jpeg(size=(160, 120))
    small.receive(CLINICIAN, BATCH, number(), data)
    desk.work()
    small.receive(CLINICIAN, BATCH, number(), data)
    with pytest.raises(TooManyRequests):
        small.receive(CLINICIAN, BATCH, number(), data)
    assert len(desk.files()) == 4 + 1


def test_closed_files_are_forgotten_after_a_month_and_unusable_ones_by_retention(
    tmp_path: Path,
) -> None:
    clock = Clock()
    with web_station.station(tmp_path, accounts=True, clock=clock) as station:
        desk = BatchDesk(station, tmp_path)
        desk.send()
        desk.send(data=NO_PICTURE)
        desk.work()
        clock.at += REMEMBERED + timedelta(days=5)
        assert station.intake.forget() == 1
        assert station.intake.apply_retention(0) == 0
        assert station.intake.apply_retention(2) == 0
        assert station.intake.apply_retention(1) == 1
        assert len(desk.files()) == 4
        assert station.trail.verify().sound


def test_workers_take_what_comes_until_they_are_stopped(
    desk: BatchDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, done = desk.station.intake.work, threading.Event()
    monkeypatch.setattr(work.pace, "note", lambda batch: _all_done(desk, done))
    desk.send()
    with Workers(work, 2):
        assert done.wait(SECONDS)
        done.clear()
        desk.send()
        assert done.wait(SECONDS)
    assert desk.progress().counts.done == 2
    desk.send()
    assert desk.progress().counts.waiting == 1


def _all_done(desk: BatchDesk, done: threading.Event) -> None:
    if desk.progress().counts.waiting == 0:
        done.set()


def test_a_fault_of_the_disk_makes_the_batch_stand_still_and_say_so(
    desk: BatchDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.send()

    def full(store: DiskFileStore, data: bytes) -> str:
        raise StorageUnavailable("The disk is full.")

    looks = iter([False, True, True])
    with monkeypatch.context() as broken:
        broken.setattr(DiskFileStore, "put", full)
        desk.station.intake.work.run(lambda: next(looks))
    seen = desk.progress()
    assert (seen.counts.waiting, seen.counts.failed, seen.pause) == (1, 0, "The disk is full.")
    assert desk.work() == 1
    assert desk.progress().pause == ""
