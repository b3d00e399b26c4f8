"""A PDF with two pictures, against a bare page with one picture drawn by ReportLab alone."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import count
from pathlib import Path

from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.bench.budget import Budget
from tests.bench.harness import Row, at_most_times, compare_measured, milliseconds
from tests.bench.photographs import photograph
from triage_app.config import Settings
from triage_app.domain.case import CaseDetails
from triage_app.domain.people import TERMINAL
from triage_app.imaging.intake import IntakeLimits, decode
from triage_app.services.site.application import Application
from triage_app.wiring import bootstrap

ROUNDS = 15
TIMES = 20
NOTE = (
    "Ours: the report drawn anew, with photograph and overlay, stored as a file and recorded in "
    "the database and the trail. Reference: the photograph as JPEG on an empty page, by ReportLab, "
    "and the file forced onto the disk."
)


def rows(budget: Budget) -> Iterator[Row]:
    """One row."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.from_env({"TRIAGE_DATA_DIR": folder, "TRIAGE_LOG_LEVEL": "ERROR"})
        with bootstrap.build(settings) as station:
            yield _row(station, Path(folder) / "bare.pdf", budget)


def _row(station: Application, bare: Path, budget: Budget) -> Row:
    crop = Image.fromarray(decode(photograph(0), IntakeLimits()).crop)
    details = CaseDetails(patient_reference="bench")
    draft = station.cases.analyse_upload(TERMINAL, photograph(0), "bench.jpg", details)
    station.cases.file(TERMINAL, draft.id, draft.version)
    rounds = count()

    def issued() -> float:
        # A changed note, so that each round draws a new report; changing it is not measured.
        changed = replace(details, note=f"round {next(rounds)}")
        version = station.cases.get(TERMINAL, draft.id).version
        station.cases.update(TERMINAL, draft.id, version, changed)
        return milliseconds(lambda: station.reports.issue(TERMINAL, draft.id))

    return compare_measured(
        "PDF with two pictures, issued and stored",
        "one picture drawn on a bare page and stored",
        lambda: milliseconds(lambda: _drawn_alone(crop, bare)),
        issued,
        target=at_most_times(TIMES),
        rounds=ROUNDS,
        budget=budget,
        note=NOTE,
    )


def _drawn_alone(crop: Image.Image, place: Path) -> None:
    """One picture on one page, without text, as durably stored as ours."""
    picture, drawn = BytesIO(), BytesIO()
    crop.save(picture, "JPEG", quality=90)
    canvas = Canvas(drawn, invariant=1)
    canvas.drawImage(ImageReader(picture), 50, 50, 300, 300)
    canvas.showPage()
    canvas.save()
    with place.open("wb") as handle:
        handle.write(drawn.getvalue())
        handle.flush()
        os.fsync(handle.fileno())
