"""From the command to the first page, against ``import gradio`` alone."""

import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.bench.budget import Budget
from tests.bench.harness import Row, at_most_times, compare
from tests.bench.server import serving

ROUNDS = 5
# None of them serves: they are installed for training, and would take seconds and much memory.
UNWANTED = ("tensorflow", "keras", "matplotlib", "jax", "torch")
NOTE = (
    "Ours: python app.py on an existing database until the analyse page has come, then stopped. "
    "TensorFlow, Keras and matplotlib must not be loaded; the row fails if one is."
)


def rows(budget: Budget) -> Iterator[Row]:
    """One row."""
    loaded: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        row = compare(
            "start to the first page served",
            "import gradio alone",
            _import_gradio,
            lambda: loaded.update(_first_page(Path(folder))),
            target=at_most_times(2),
            rounds=ROUNDS,
            budget=budget,
            note=NOTE,
        )
    if loaded:
        row = replace(row, met=False, note=f"{NOTE} LOADED: {', '.join(sorted(loaded))}.")
    yield row


def _import_gradio() -> None:
    subprocess.run([sys.executable, "-c", "import gradio"], check=True)


def _first_page(folder: Path) -> set[str]:
    """Libraries that the server has loaded without need when its first page has come."""
    with serving(folder, single_user=True) as server:
        with urllib.request.urlopen(f"{server.origin}/analyse", timeout=30) as page:
            if b"gradio_config" not in page.read():
                raise RuntimeError("the answer is not the page")
        return {name for name in UNWANTED if server.maps(f"/site-packages/{name}/")}
