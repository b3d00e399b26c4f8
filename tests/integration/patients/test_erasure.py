"""Erasing a patient: every byte goes, the trail stays whole, a certificate proves it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.stations.service_station import (
    ADMINISTRATOR,
    CLINICIAN,
    Clock,
    Station,
    binned,
    filed,
    open_station,
    photograph,
    stored_files,
)
from triage_app.domain.case import CaseFilter
from triage_app.domain.errors import CaseNotFound, CertificateNotFound, StorageUnavailable
from triage_app.domain.site import ConsentScope, SafetyProblem
from triage_app.domain.trail import Action, Anchor, breaks
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.services.images.storing import sha256
from triage_app.storage.repositories.trail import SqlTrailRepository

ZEBRA = "Zebra-77"
REQUEST = "patient_request"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def station(tmp_path: Path, decoder: DecoderPool, clock: Clock) -> Iterator[Station]:
    with open_station(tmp_path, decoder, clock) as opened:
        yield opened


def bytes_on_disk(station: Station) -> bytes:
    """Everything that lies below the data folder, names included, in lower case."""
    paths = sorted(path for path in station.folder.rglob("*") if path.is_file())
    return b"".join(path.name.encode() + path.read_bytes() for path in paths).lower()


def test_an_erased_patient_is_gone_from_every_byte_on_the_disk(
    station: Station, clock: Clock
) -> None:
    cases = [filed(station, ZEBRA), binned(station, ZEBRA), filed(station, "zebra-77")]
    other = filed(station, "Okapi-1", "okapi")
    station.privacy.set_consent(ADMINISTRATOR, ZEBRA, ConsentScope.CARE, clock.at.date())
    problem = SafetyProblem(
        "9" * 32, clock.at, CLINICIAN.id, cases[0].id, "other", "quagga", "0.2", "0" * 64
    )
    with station.units() as unit:
        unit.site.add_problem(problem)
        unit.commit()
    before = bytes_on_disk(station)
    assert b"zebra" in before
    assert b"quagga note" in before
    assert b"quagga.jpg" in before
    certificate = station.privacy.erase_patient(ADMINISTRATOR, ZEBRA, REQUEST)
    assert set(certificate.cases) == {case.id for case in cases}
    after = bytes_on_disk(station)
    assert b"zebra" not in after
    assert b"quagga" not in after
    with station.units() as unit:
        assert unit.site.problems(5) == [replace(problem, text="")]
    assert station.cases.page(CLINICIAN, CaseFilter(text="quagga")).items == ()
    assert station.cases.get(CLINICIAN, other.id) == other
    kept = [*other.files.values(), *(report.file for report in other.reports)]
    assert {path.name for path in stored_files(station)} == {file.id for file in kept}
    for case in cases:
        with pytest.raises(CaseNotFound):
            station.cases.get(CLINICIAN, case.id)


def test_the_certificate_names_the_files_and_the_row_that_proves_it(station: Station) -> None:
    case = filed(station, ZEBRA)
    certificate = station.privacy.erase_patient(ADMINISTRATOR, ZEBRA, REQUEST)
    assert sha256(photograph()) in certificate.sha256
    wanted = [*case.files.values(), *(report.file for report in case.reports)]
    assert certificate.sha256 == tuple(sorted(file.sha256 for file in wanted))
    (event,) = station.events(Action.PATIENT_ERASED)
    assert (event.number, event.hash) == (certificate.event_number, certificate.event_hash)
    assert event.subject == certificate.id
    details = json.loads(event.details)
    assert details["cases"] == list(certificate.cases)
    assert details["sha256"] == list(certificate.sha256)
    anchor = Anchor(certificate.event_number, certificate.event_hash)
    assert breaks(station.events(), [anchor]) == []


def test_the_certificate_as_pdf_says_what_was_erased_but_not_whose(station: Station) -> None:
    filed(station, ZEBRA)
    certificate = station.privacy.erase_patient(ADMINISTRATOR, ZEBRA, REQUEST)
    pdf = station.privacy.certificate_pdf(ADMINISTRATOR, certificate.id)
    assert station.privacy.certificate_pdf(ADMINISTRATOR, certificate.id) == pdf
    text = " ".join(" ".join(p.extract_text() for p in PdfReader(BytesIO(pdf)).pages).split())
    for item in (
        "Certificate of erasure",
        "Test clinic",
        certificate.id,
        certificate.cases[0],
        *certificate.sha256,
        "The patient asked for it",
        f"{certificate.event_number}:{certificate.event_hash}",
        ADMINISTRATOR.id,
        "Backups that were made before the erasure still hold the data",
    ):
        assert item in text
    assert "zebra" not in text.lower()
    with pytest.raises(CertificateNotFound):
        station.privacy.certificate_pdf(ADMINISTRATOR, "0" * 32)


def test_an_erasure_that_cannot_be_recorded_erases_nothing(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, waiting = filed(station, ZEBRA), binned(station, ZEBRA)
    files = stored_files(station)

    def append(*_: object) -> None:
        raise StorageUnavailable("The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr(SqlTrailRepository, "append", append)
        with pytest.raises(StorageUnavailable):
            station.privacy.erase_patient(ADMINISTRATOR, ZEBRA, REQUEST)
        with pytest.raises(StorageUnavailable):
            station.cases.erase(CLINICIAN, waiting.id, waiting.version)
        with pytest.raises(StorageUnavailable):
            station.privacy.export_patient(ADMINISTRATOR, ZEBRA)
    assert station.cases.get(CLINICIAN, case.id) == case
    assert station.cases.get(CLINICIAN, waiting.id) == waiting
    assert stored_files(station) == files
