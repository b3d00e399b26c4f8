"""``make bench``: prints one table and writes build/bench.json."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import numpy as np
from PIL import Image

from tests import images
from tests.bench.harness import Row, as_json, compare, machine, table
from tests.bench.keras_reference import KerasReference
from triage_app import bootstrap
from triage_app.bootstrap_model import newest_model
from triage_app.config import PROJECT_ROOT, Settings
from triage_app.domain.case import CaseDetails
from triage_app.domain.context import NO_CONTEXT
from triage_app.domain.people import TERMINAL
from triage_app.imaging.intake import IntakeLimits, decode
from triage_app.inference import heatmap
from triage_app.inference.card import WEIGHTS_FILE, load_card
from triage_app.inference.head import read_head
from triage_app.inference.preprocessing import model_input
from triage_app.inference.runtime import Network
from triage_app.services.application import Application
from triage_app.services.assessment import CONCERN_GROUP

OUT = PROJECT_ROOT / "build" / "bench.json"
ROUNDS = 15


def main() -> int:
    """Run every comparison."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.from_env({"TRIAGE_DATA_DIR": folder, "TRIAGE_LOG_LEVEL": "ERROR"})
        with bootstrap.build(settings) as station:
            if station.card is None:
                print(f"bench needs the model: {station.refusal}", file=sys.stderr)
                return 1
            rows = [*_inference(station), _large_photograph(), _report(station), _start()]
    print(f"\n{datetime.now(UTC):%Y-%m-%d}, {machine()}\n\n{table(rows)}")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(as_json(rows), encoding="utf-8")
    return 0


def _inference(station: Application) -> list[Row]:
    folder = newest_model()
    card, reference = load_card(folder), KerasReference(folder)
    weights = (folder / WEIGHTS_FILE).read_bytes()
    network, kernel = Network(weights), read_head(weights).kernel
    size, views = card.input.size, card.views
    photograph = images.jpeg()
    crop = decode(photograph, IntakeLimits()).crop
    one_view = model_input(crop, size)

    def ours() -> None:
        outputs = network.forward(one_view)
        heatmap.grad_cam(outputs.feature_map[0], kernel, outputs.logits[0], CONCERN_GROUP)

    def as_a_demo_does() -> None:
        reference.predict(one_view)
        reference.grad_cam(one_view)

    def file_as_a_demo_does() -> None:
        opened = Image.open(BytesIO(photograph)).convert("RGB")
        side = min(opened.size)
        square = opened.crop((0, 0, side, side))
        batch = model_input(np.asarray(square), size, views)
        reference.predict(batch)
        reference.grad_cam(batch[:1])

    keras = "Keras predict + eager GradientTape Grad-CAM"
    return [
        compare(
            "one view: findings and heatmap",
            keras,
            as_a_demo_does,
            ours,
            target="20",
            rounds=ROUNDS,
        ),
        compare(
            f"600x450 JPEG to decision, {len(views)} views, quality, overlay",
            keras,
            file_as_a_demo_does,
            lambda: station.assessor.assess(photograph, NO_CONTEXT),
            target="15",
            rounds=ROUNDS,
        ),
    ]


def _large_photograph() -> Row:
    photograph = images.jpeg(width=4000, height=3000)

    def full() -> None:
        Image.open(BytesIO(photograph)).convert("RGB").resize((1024, 768))

    return compare(
        "12-megapixel JPEG, decoded for analysis",
        "Pillow full decode and resize",
        full,
        lambda: decode(photograph, IntakeLimits()),
        target="3",
        rounds=ROUNDS,
    )


def _report(station: Application) -> Row:
    crop = Image.fromarray(decode(images.jpeg(), IntakeLimits()).crop)
    cases = station.cases
    details = CaseDetails(patient_reference="bench")
    draft = cases.analyse_upload(TERMINAL, images.jpeg(), "bench.jpg", details)
    state = [cases.file(TERMINAL, draft.id, draft.version)]

    def issue() -> None:
        # A changed note, so that each round draws a new report.
        note = f"round {state[0].version}"
        version = cases.get(TERMINAL, draft.id).version
        state[0] = cases.update(TERMINAL, draft.id, version, replace(details, note=note))
        station.reports.issue(TERMINAL, draft.id)

    return compare(
        "PDF report with two pictures, issued and stored",
        "one picture saved as JPEG",
        lambda: crop.save(BytesIO(), "JPEG", quality=90),
        issue,
        target="reported",
        rounds=ROUNDS,
    )


def _start() -> Row:
    def import_gradio() -> None:
        subprocess.run([sys.executable, "-c", "import gradio"], check=True)

    with tempfile.TemporaryDirectory() as folder:
        return compare(
            "start of the app to its first page",
            "import gradio alone",
            import_gradio,
            lambda: _first_page(folder),
            target="at most 2 s longer",
            rounds=3,
        )


def _first_page(folder: str) -> None:
    env = {**os.environ, "TRIAGE_DATA_DIR": folder, "TRIAGE_PORT": "0"}
    app = subprocess.Popen(
        [sys.executable, str(PROJECT_ROOT / "app.py")],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert app.stdout is not None
        address = app.stdout.readline().split()[-1]
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with urllib.request.urlopen(f"{address}analyse", timeout=30) as page:
                if page.status == 200:
                    return
        raise RuntimeError("the first page did not come within a minute")
    finally:
        app.terminate()
        app.wait()


if __name__ == "__main__":
    sys.exit(main())
