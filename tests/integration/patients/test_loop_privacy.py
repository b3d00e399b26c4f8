"""What the loop adds to a patient's data: exported, erased, kept as long as somebody needs it."""

import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.stations.loop_station import PDF, ZEBRA, LoopStation, open_loop
from tests.stations.service_station import ADMINISTRATOR, CLINICIAN, stored_files
from triage_app.domain.case import Case
from triage_app.domain.errors import LesionNotFound
from triage_app.domain.trail import Action, breaks
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.services.images.storing import sha256

WORD = "quagga"
IMPRESSION = {"diagnosis": "naevus", "level": "routine", "confidence": "low"}


@pytest.fixture
def loop(tmp_path: Path, decoder: DecoderPool) -> Iterator[LoopStation]:
    with open_loop(tmp_path, decoder) as opened:
        yield opened


def worked_up(loop: LoopStation, reference: str = ZEBRA, word: str = WORD) -> Case:
    """A case with everything that the loop can add to it, in whose typed texts a word stands."""
    case = loop.image(reference, loop.lesion(reference, label=word))
    case = loop.reading.record_impression(CLINICIAN, case.id, case.version, IMPRESSION)
    case = loop.verdict(case, "follow_up", due="2027-02-10", note=f"{word} note")
    case = loop.letters.issue(CLINICIAN, case.id, case.version)
    case = loop.histology(case, specimen=f"{word} 1", text=f"{word} said")
    case = loop.outcomes.attach(CLINICIAN, case.id, case.outcomes[0].id, PDF + word.encode())
    mistaken = case.outcomes[0].id
    return loop.outcomes.withdraw(CLINICIAN, case.id, case.version, mistaken, f"{word} was it")


def exported(loop: LoopStation) -> tuple[zipfile.ZipFile, dict[str, Any]]:
    portions = loop.station.privacy.export_patient(ADMINISTRATOR, ZEBRA)
    archive = zipfile.ZipFile(BytesIO(b"".join(portions)))
    stated: dict[str, Any] = json.loads(archive.read("patient.json"))
    return archive, stated


def test_the_export_holds_lesions_reading_letters_and_documents(loop: LoopStation) -> None:
    case = worked_up(loop)
    worked_up(loop, "Okapi-1", "okapi")
    archive, stated = exported(loop)
    (lesion,) = stated["lesions"]
    assert (lesion["label"], lesion["site"]) == (WORD, "back")
    (told,) = stated["cases"]
    assert told["impressions"][0]["diagnosis"] == "naevus"
    assert told["verdicts"][0]["note"] == f"{WORD} note"
    assert told["next_steps"][0]["due"] == "2027-02-10"
    assert told["outcomes"][0]["text"] == f"{WORD} said"
    withdrawal = told["outcomes"][0]["withdrawal"]
    assert (withdrawal["by"], withdrawal["reason"]) == (CLINICIAN.id, f"{WORD} was it")
    assert told["moves"][0]["to_lesion"] == case.lesion_id
    for entry in (told["letters"][0]["file"], told["outcomes"][0]["document"]):
        assert sha256(archive.read(entry["path"])) == entry["sha256"]
    assert archive.read(f"cases/001-{case.id}/pathology-1.pdf") == PDF + WORD.encode()
    assert archive.read(f"cases/001-{case.id}/letter-1.pdf").startswith(b"%PDF")
    assert Action.LESION_CREATED in [event["action"] for event in stated["events"]]
    assert not any(b"okapi" in archive.read(name).lower() for name in archive.namelist())


def test_the_export_of_a_withheld_case_is_the_same_whatever_was_found(loop: LoopStation) -> None:
    told = []
    for melanoma in (0.02, 0.7):
        case = loop.image(melanoma=melanoma, withheld=True)
        archive, stated = exported(loop)
        (said,) = [c for c in stated["cases"] if c["id"] == case.id]
        names = [n.partition(case.id)[2] for n in archive.namelist() if case.id in n]
        decision = said["analysis"]["decision"]
        shown = [decision, said["analysis"]["evidence"], said["analysis"]["model"], said["reveal"]]
        # Both are one photograph: that the second is a copy hangs on the picture, not on findings.
        of_case = [e for e in stated["events"] if e["subject"] == case.id]
        events = [e for e in of_case if e["action"] != Action.COPY_KEPT]
        keys = [sorted(json.loads(event["details"])) for event in events]
        told.append(json.dumps([names, shown, said["analysis"]["timings"], keys]))
        assert decision["level"] == "cannot_assess"
        assert "overlay" not in said["files"]
    assert told[0] == told[1]


def test_what_clinicians_typed_is_gone_from_every_byte_after_erasing(loop: LoopStation) -> None:
    worked_up(loop)
    kept = worked_up(loop, "Okapi-1", "okapi")
    station = loop.station
    station.privacy.erase_patient(ADMINISTRATOR, ZEBRA, "patient_request")
    paths = [path for path in station.folder.rglob("*") if path.is_file()]
    lying_about = b"".join(path.read_bytes() for path in paths).lower()
    assert ZEBRA.lower().encode() not in lying_about
    assert WORD.encode() not in lying_about
    assert b"okapi said" in lying_about
    assert loop.stored(kept.id) == kept
    files = [*kept.files.values(), kept.letters[0].file, kept.outcomes[0].document]
    assert {p.name for p in stored_files(station)} == {file.id for file in files if file}
    with station.units() as unit:
        assert breaks(unit.trail.every()) == []


def test_retention_waits_for_an_open_step_and_then_takes_the_lesion_too(loop: LoopStation) -> None:
    lesion = loop.lesion()
    case = loop.verdict(loop.image(lesion=lesion), "follow_up", due="2028-11-10")
    loop.clock.at += timedelta(days=500)
    assert loop.station.privacy.apply_retention(12) == 0
    case = loop.verdict(loop.stored(case.id))
    loop.clock.at += timedelta(days=500)
    assert loop.station.privacy.apply_retention(12) == 1
    with pytest.raises(LesionNotFound):
        loop.lesions.lesion(CLINICIAN, lesion.id)
