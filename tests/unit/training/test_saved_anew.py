"""Whether the answer hangs on how a photograph was saved: what is compared, how it is counted."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from triage_app.domain.triage import Level
from triage_app.training.data import Record
from triage_app.training.saved_anew import WAYS, saved_anew


class Picky:
    """Calls routine what has fine grain, which compression takes away; nothing else matters."""

    lit = False

    def __call__(self, crop: NDArray[np.uint8]) -> Any:
        grain = float(np.abs(np.diff(crop.astype(int), axis=1)).mean())
        level = Level.ROUTINE if grain > 20 else Level.REVIEW
        findings = SimpleNamespace(rule_out_score=min(max(grain / 100, 0.01), 0.99))
        return SimpleNamespace(findings=findings), SimpleNamespace(findings_level=level)


class Plain:
    """Says the same of everything."""

    lit = True

    def __call__(self, crop: NDArray[np.uint8]) -> Any:
        findings = SimpleNamespace(rule_out_score=0.5)
        return SimpleNamespace(findings=findings), SimpleNamespace(findings_level=Level.REVIEW)


@pytest.fixture
def grainy(tmp_path: Path) -> tuple[Path, list[Record]]:
    rng = np.random.default_rng(0)
    records = []
    for number in range(6):
        pixels = np.clip(rng.normal(150, 20, (120, 120, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        source = "vienna" if number < 4 else "athens"
        records.append(Record(f"{number}.png", str(number), "nv", "val", source=source))
    return tmp_path, records


def test_every_way_is_reported_for_every_source_with_its_number(
    grainy: tuple[Path, list[Record]],
) -> None:
    found = saved_anew(Plain(), *grainy, limit=3)  # type: ignore[arg-type]
    assert set(found) == set(WAYS)
    for sources in found.values():
        assert {source: part["another_level"]["n"] for source, part in sources.items()} == {
            "athens": 2,
            "vienna": 3,
        }
        assert all(part["another_level"]["value"] == 0 for part in sources.values())
        assert all(part["log_odds_moved_90"] == 0 for part in sources.values())


def test_an_answer_that_hangs_on_fine_grain_is_seen_to_change(
    grainy: tuple[Path, list[Record]],
) -> None:
    found = saved_anew(Picky(), *grainy, limit=4)  # type: ignore[arg-type]
    smaller = found["JPEG at 80 % of its sides"]["vienna"]
    assert smaller["another_level"]["value"] > 0.5
    assert smaller["log_odds_moved_90"] > 0.1
