"""A PDF with two pictures, against one picture saved as JPEG alone."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import count

from PIL import Image

from tests.bench.harness import Row, at_most, compare_measured, milliseconds
from tests.bench.photographs import photograph
from triage_app import bootstrap
from triage_app.config import Settings
from triage_app.domain.case import CaseDetails
from triage_app.domain.people import TERMINAL
from triage_app.imaging.intake import IntakeLimits, decode
from triage_app.services.application import Application

ROUNDS = 15
NOTE = (
    "Ours: the report drawn anew, with photograph and overlay, stored as a file and recorded in "
    "the database and the trail."
)


def rows() -> Iterator[Row]:
    """One row."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.from_env({"TRIAGE_DATA_DIR": folder, "TRIAGE_LOG_LEVEL": "ERROR"})
        with bootstrap.build(settings) as station:
            yield _row(station)


def _row(station: Application) -> Row:
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
        "one picture saved as JPEG",
        lambda: milliseconds(lambda: crop.save(BytesIO(), "JPEG", quality=90)),
        issued,
        target=at_most(100, "ms"),
        rounds=ROUNDS,
        note=NOTE,
    )
