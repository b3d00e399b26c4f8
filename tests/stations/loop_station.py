"""The use cases of the loop beside those of the service station, with short ways to make cases."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from tests.stations.service_station import CLINICIAN, FULL, Clock, Station, open_station, photograph
from triage_app.domain.calendar import UTC_ZONE, Zone
from triage_app.domain.case import Case, CaseDetails
from triage_app.domain.lesion import Lesion
from triage_app.domain.reading import Terms
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.report import render_letter
from triage_app.services.cases.cases import Cases
from triage_app.services.documents.letters import Letters
from triage_app.services.exchange.case_export import CaseExport
from triage_app.services.exchange.outcome_import import OutcomeImport
from triage_app.services.patients.lesions import Lesions
from triage_app.services.reading.outcomes import Outcomes
from triage_app.services.reading.reading import Reading

ZEBRA = "Zebra-77"
BACK = {"site": "back", "laterality": "left", "label": "L1"}
FACE = {"site": "face", "laterality": "right", "label": "L2"}
PDF = b"%PDF-1.7\npathologist's report\n%%EOF\n"
NAEVUS = {"method": "histopathology", "diagnosis": "naevus"}


@dataclass
class LoopStation:
    """Use cases over one database; ``withheld`` stores cases whose findings are withheld."""

    station: Station
    clock: Clock
    withheld: Cases
    lesions: Lesions
    reading: Reading
    outcomes: Outcomes
    imports: OutcomeImport
    export: CaseExport
    letters: Letters

    def image(
        self,
        reference: str = ZEBRA,
        lesion: Lesion | None = None,
        *,
        melanoma: float = 0.02,
        details: CaseDetails = FULL,
        withheld: bool = False,
    ) -> Case:
        """A filed image, a day after what was before, under a lesion where one is given."""
        self.clock.at += timedelta(days=1)
        self.station.classifier.melanoma = melanoma
        cases = self.withheld if withheld else self.station.cases
        details = replace(details, patient_reference=reference)
        case = cases.analyse_upload(CLINICIAN, photograph(), "IMG_1.jpg", details)
        case = cases.file(CLINICIAN, case.id, case.version)
        if lesion is not None:
            case = self.lesions.assign(CLINICIAN, case.id, case.version, lesion.id)
        return case

    def lesion(self, reference: str = ZEBRA, **fields: object) -> Lesion:
        """A new lesion on the left of the back, but for the fields given."""
        return self.lesions.create(CLINICIAN, reference, {**BACK, **fields})

    def verdict(self, case: Case, disposition: str = "discharge", **fields: object) -> Case:
        """The clinician agrees."""
        form = {"answer": "agree", "disposition": disposition, **fields}
        return self.reading.record_verdict(CLINICIAN, case.id, case.version, form)

    def histology(self, case: Case, **fields: object) -> Case:
        """A pathologist's report of today, a naevus but for the fields given."""
        form = {**NAEVUS, "on": self.clock.at.date().isoformat(), **fields}
        return self.outcomes.record(CLINICIAN, case.id, case.version, form)

    def stored(self, case_id: str) -> Case:
        """The case as it is stored, whole."""
        with self.station.units() as unit:
            found: Case = unit.cases.get(case_id)
        return found


@contextmanager
def open_loop(folder: Path, decoder: DecoderPool, zone: Zone = UTC_ZONE) -> Iterator[LoopStation]:
    """A station over a new database in ``folder``, with a clock that stands still; the site is in
    ``zone``."""
    clock = Clock()
    with open_station(folder, decoder, clock, zone=zone) as station:
        units, files = station.units, station.files
        yield LoopStation(
            station=station,
            clock=clock,
            withheld=Cases(
                station.assessor,
                units,
                files,
                5_000_000,
                impression_first=True,
                clock=clock,
                zone=zone,
            ),
            lesions=Lesions(units, files, station.assessor, None, clock, zone=zone),
            reading=Reading(units, clock, Terms(), zone=zone),
            outcomes=Outcomes(units, files, clock, zone=zone),
            imports=OutcomeImport(units, clock, zone=zone),
            export=CaseExport(units, clock, zone=zone),
            letters=Letters(units, files, render_letter, "Test clinic", clock, zone=zone),
        )
