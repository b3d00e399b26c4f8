"""When a new report is issued, and what is gathered for it, over a real database and real files."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.samples.storage_people import person
from tests.stations.service_station import CLINICIAN, FULL, Clock, Station, open_station, photograph
from triage_app.domain.case import Case
from triage_app.domain.change import Repeatability
from triage_app.domain.context import Laterality, Site
from triage_app.domain.errors import FindingsWithheld
from triage_app.domain.files import FileKind
from triage_app.domain.lesion import Lesion
from triage_app.domain.outcome import Outcome, OutcomeMethod
from triage_app.domain.pathology import Pathology
from triage_app.domain.people import LOCAL_USER
from triage_app.domain.reading import Disposition, Reveal, RevealCause, Verdict
from triage_app.domain.site import PatientRecord
from triage_app.domain.triage import Level
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.ports.documents import ReportContent
from triage_app.report import render
from triage_app.services.documents.reports import Reports

DAY = timedelta(days=1)


class Desk:
    """A station whose reports are caught on their way to the page."""

    def __init__(self, station: Station, clock: Clock) -> None:
        self.station, self.clock = station, clock
        self.drawn: list[ReportContent] = []
        self.reports = self._reports()

    def _reports(self, repeatability: Repeatability | None = None) -> Reports:
        station = self.station
        return Reports(
            station.units,
            station.files,
            self._draw,
            "Test clinic",
            self.clock,
            repeatability=repeatability,
        )

    def knowing(self, repeatability: Repeatability) -> Reports:
        """Reports of a site whose model has a measured repeatability."""
        return self._reports(repeatability)

    def _draw(self, content: ReportContent) -> bytes:
        self.drawn.append(content)
        return render(content)

    def filed(self, seed: int, melanoma: float = 0.02) -> Case:
        self.station.classifier.melanoma = melanoma
        cases = self.station.cases
        case = cases.analyse_upload(CLINICIAN, photograph(seed), "a.jpg", FULL)
        return cases.file(CLINICIAN, case.id, case.version)

    def change(self, case_id: str, **changes: object) -> None:
        """Store a case as other use cases would leave it."""
        with self.station.units() as unit:
            case = unit.cases.get(case_id)
            unit.cases.save(replace(case, **changes))
            unit.commit()

    def lesion(self, *case_ids: str) -> Lesion:
        at = self.clock()
        with self.station.units() as unit:
            unit.site.save_patient(PatientRecord("P-1"))
            patient = unit.site.patient("P-1")
            place = (Site.BACK, Laterality.LEFT, None)
            lesion = Lesion("5" * 32, 1, patient.id, "Mole", *place, at, at)
            unit.lesions.add(lesion)
            for case_id in case_ids:
                unit.cases.save(replace(unit.cases.get(case_id), lesion_id=lesion.id))
            unit.commit()
        return lesion


@pytest.fixture
def desk(tmp_path: Path, decoder: DecoderPool) -> Iterator[Desk]:
    clock = Clock()
    with open_station(tmp_path, decoder, clock) as station:
        yield Desk(station, clock)


def _verdict(at: object, disposition: Disposition = Disposition.DISCHARGE) -> Verdict:
    return Verdict(
        id="d" * 32,
        at=at,  # type: ignore[arg-type]
        by=CLINICIAN.id,
        found=Level.ROUTINE,
        level=Level.ROUTINE,
        agrees=True,
        disposition=disposition,
    )


def _text(data: bytes) -> str:
    return " ".join(" ".join(p.extract_text() for p in PdfReader(BytesIO(data)).pages).split())


def test_no_report_is_issued_or_read_while_findings_are_withheld(desk: Desk) -> None:
    case = desk.filed(1)
    report = desk.reports.issue(CLINICIAN, case.id)
    desk.change(case.id, blinded=True)
    with pytest.raises(FindingsWithheld):
        desk.reports.issue(CLINICIAN, case.id)
    with pytest.raises(FindingsWithheld):
        desk.reports.read(CLINICIAN, report.id)
    assert len(desk.drawn) == 1


def test_a_verdict_makes_a_new_report_and_the_old_one_stays(desk: Desk) -> None:
    case = desk.filed(1)
    first = desk.reports.issue(CLINICIAN, case.id)
    assert desk.reports.issue(CLINICIAN, case.id) == first
    desk.change(case.id, verdicts=(_verdict(desk.clock()),))
    second = desk.reports.issue(CLINICIAN, case.id)
    assert (first.number, second.number) == (1, 2)
    assert desk.reports.issue(CLINICIAN, case.id) == second
    _, data, _ = desk.reports.read(CLINICIAN, second.id)
    assert "Routine: discharge" in _text(data)
    _, data, _ = desk.reports.read(CLINICIAN, first.id)
    assert "Agree with the triage level" in _text(data)


def test_each_part_that_a_report_states_asks_for_a_new_one(desk: Desk) -> None:
    case = desk.filed(1)
    at = desk.clock()
    outcome = Outcome(
        "e" * 32,
        at,
        CLINICIAN.id,
        OutcomeMethod.HISTOPATHOLOGY,
        date(2026, 11, 19),
        Pathology.NAEVUS,
    )
    numbers = [desk.reports.issue(CLINICIAN, case.id).number]
    for change in (
        {"reveal": Reveal(at, CLINICIAN.id, RevealCause.IMPRESSION)},
        {"verdicts": (_verdict(at),)},
        {"outcomes": (outcome,)},
        {"closed_at": at},
    ):
        desk.change(case.id, **change)
        numbers.append(desk.reports.issue(CLINICIAN, case.id).number)
    desk.lesion(case.id)
    numbers.append(desk.reports.issue(CLINICIAN, case.id).number)
    assert numbers == [1, 2, 3, 4, 5, 6]
    hashes = {content.content_hash for content in desk.drawn}
    assert len(hashes) == 6


def test_who_takes_a_case_changes_no_report(desk: Desk) -> None:
    case = desk.filed(1)
    first = desk.reports.issue(CLINICIAN, case.id)
    desk.change(case.id, taken_by=CLINICIAN.id)
    assert desk.reports.issue(CLINICIAN, case.id) == first


def test_the_image_before_this_one_is_compared_and_the_lesion_keeps_its_worst_level(
    desk: Desk,
) -> None:
    oldest = desk.filed(1, melanoma=0.9)
    desk.clock.at += DAY
    earlier = desk.filed(2, melanoma=0.5)
    desk.clock.at += DAY
    case = desk.filed(3)
    desk.clock.at += DAY
    later = desk.filed(4, melanoma=0.8)
    lesion = desk.lesion(oldest.id, earlier.id, case.id, later.id)
    desk.reports.issue(CLINICIAN, case.id)
    (content,) = desk.drawn
    assert content.lesion is not None
    assert content.previous is not None
    assert content.lesion.id == lesion.id
    assert content.previous.before.id == earlier.id
    assert content.previous_crop == desk.station.files.read(earlier.files[FileKind.CROP])
    assert (content.lesion_level, content.lesion_images) == (Level.URGENT, 4)
    assert any("50.00 %" in sentence for sentence in content.previous.sentences)


def test_findings_of_the_image_before_stay_out_until_they_are_revealed(desk: Desk) -> None:
    earlier = desk.filed(1, melanoma=0.9)
    desk.clock.at += DAY
    case = desk.filed(2)
    desk.lesion(earlier.id, case.id)
    desk.change(earlier.id, blinded=True)
    first = desk.reports.issue(CLINICIAN, case.id)
    (content,) = desk.drawn
    assert content.previous is not None
    assert content.previous.sentences == ()
    assert content.previous.before.analysis.shown_findings is None
    assert content.previous.before.analysis.decision.level is Level.CANNOT_ASSESS
    assert content.lesion_level is None
    _, data, _ = desk.reports.read(CLINICIAN, first.id)
    compared = _text(data).partition("Comparison with")[2].partition("Operating points")[0]
    assert "Triage level: withheld" in compared
    assert "%" not in compared
    assert "urgent" not in compared

    desk.change(earlier.id, blinded=False)
    assert desk.reports.issue(CLINICIAN, case.id).number == 2
    revealed = desk.drawn[-1]
    assert revealed.lesion_level is Level.URGENT


def test_a_damaged_picture_of_the_image_before_keeps_no_report_back(desk: Desk) -> None:
    earlier = desk.filed(1)
    desk.clock.at += DAY
    case = desk.filed(2)
    desk.lesion(earlier.id, case.id)
    crop = earlier.files[FileKind.CROP].id
    (path,) = (desk.station.folder / "files").rglob(crop)
    path.write_bytes(b"damaged")
    report = desk.reports.issue(CLINICIAN, case.id)
    assert desk.drawn[0].previous_crop is None
    _, data, _ = desk.reports.read(CLINICIAN, report.id)
    assert "The stored picture of the earlier image cannot be read." in _text(data)


def test_the_measured_repeatability_says_whether_a_difference_is_noise(desk: Desk) -> None:
    earlier = desk.filed(1, melanoma=0.03)
    desk.clock.at += DAY
    case = desk.filed(2, melanoma=0.02)
    desk.lesion(earlier.id, case.id)
    model = case.analysis.model
    assert model
    measured = Repeatability(0.5, 0.4, 0.6, 40, 100, "made up", model)
    desk.knowing(measured).issue(CLINICIAN, case.id)
    assert desk.drawn[0].previous is not None
    assert any("repeated photographs" in said for said in desk.drawn[0].previous.sentences)


def test_people_appear_by_their_names_and_one_who_is_unknown_by_the_id(desk: Desk) -> None:
    case = desk.filed(1)
    rowe = replace(person(random.Random(3), "a.rowe"), id=CLINICIAN.id, active=False)
    with desk.station.units() as unit:
        unit.people.add(rowe)
        unit.commit()
    unknown = replace(_verdict(desk.clock()), id="c" * 32, by="f" * 32)
    local = replace(_verdict(desk.clock()), id="b" * 32, by=LOCAL_USER.id)
    desk.change(case.id, verdicts=(unknown, local, _verdict(desk.clock())))
    desk.reports.issue(CLINICIAN, case.id)
    assert desk.drawn[0].names == {
        CLINICIAN.id: "a.rowe",
        "f" * 32: "f" * 32,
        LOCAL_USER.id: LOCAL_USER.name,
    }
