"""A batch as people send it, at a workstation over real storage; work is done when a test says."""

import itertools
from dataclasses import dataclass
from pathlib import Path

from tests.stations import web_station
from tests.stations.service_station import CLINICIAN
from triage_app.domain.batch import Progress, Upload
from triage_app.domain.case import Case, CaseFilter
from triage_app.domain.people import Actor
from triage_app.services.site.application import Application

BATCH = "ab" * 16
NO_PICTURE = b"no picture at all"
_numbers = itertools.count(1)


def number() -> str:
    """A number as a page gives one to each file."""
    return f"{next(_numbers):032x}"


@dataclass(frozen=True)
class BatchDesk:
    """Short words for what a test of batches does again and again."""

    station: Application
    folder: Path

    def send(
        self,
        actor: Actor = CLINICIAN,
        data: bytes = b"",
        *,
        batch: str = BATCH,
        upload: str = "",
        name: str = "lesion.jpg",
    ) -> Upload:
        """Send one file, a drawn lesion unless ``data`` is given."""
        data = data or web_station.lesion_jpeg(seed=next(_numbers), size=(160, 120))
        return self.station.intake.receive(actor, batch, upload or number(), data, name)

    def work(self) -> int:
        """Analyse all that waits; how many files."""
        count = 0
        while self.station.intake.work.step():
            count += 1
        return count

    def progress(self, actor: Actor = CLINICIAN, batch: str = BATCH) -> Progress:
        """How far the batch is."""
        return self.station.intake.progress(actor, batch)

    def cases(self, batch: str = BATCH) -> list[Case]:
        """The cases of the batch, newest first."""
        page = self.station.cases.page(CLINICIAN, CaseFilter(batch_id=batch), size=200)
        return [self.station.cases.get(CLINICIAN, line.id) for line in page.items]

    def files(self) -> list[Path]:
        """Every file in the store."""
        return sorted(p for p in (self.folder / "files").rglob("*") if p.is_file())
