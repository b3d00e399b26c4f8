"""How far the model's answers to photographs of one lesion lie apart: measured, stored, used."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.samples import images, tiny_model
from triage_app.cli.main import main
from triage_app.domain.change import PAIR_FACTOR, Repeatability
from triage_app.domain.diagnosis import Diagnosis
from triage_app.domain.errors import ModelRefused
from triage_app.domain.triage import Level
from triage_app.inference.card import card_dict, load_card, parse_card, read_card
from triage_app.statistics.repeatability import pair_limit, pairs_within, within_sd
from triage_app.training.assess import Assessed
from triage_app.training.data import Record
from triage_app.training.errors import NothingRepeated
from triage_app.training.repeatability import RepeatSettings, repeated, spread_of
from triage_app.wiring.model import newest_model, repeatability_of

MEASURED = {
    "score": "P(malignant)+P(suspicious)",
    "log_odds_sd": 0.5,
    "low": 0.4,
    "high": 0.7,
    "lesions": 20,
    "images": 45,
    "pairs_within": 0.94,
    "measured_on": "drawn lesions",
}


def test_the_spread_within_lesions_is_found_whatever_lies_between_them() -> None:
    rng = np.random.default_rng(3)
    lesions = np.repeat(np.arange(400), rng.integers(2, 5, 400))
    middles = rng.normal(0, 5, 400)
    values = middles[lesions] + rng.normal(0, 0.6, lesions.size)
    found = within_sd(values, [str(name) for name in lesions], 300)
    assert found.low < 0.6 < found.high
    assert found.high - found.low < 0.1
    within = pairs_within(values, [str(name) for name in lesions], pair_limit(found.value))
    assert within == pytest.approx(0.95, abs=0.02)


def test_the_spread_of_pairs_can_be_checked_by_hand() -> None:
    values = np.array([0.0, 2.0, 10.0, 10.0, 10.0, 99.0])
    lesions = ["a", "a", "b", "b", "b", "alone"]
    # Squares 1 + 1 over one degree of freedom, and 0 over two.
    assert within_sd(values, lesions).value == pytest.approx(np.sqrt(2 / 3))
    assert pairs_within(values, lesions, 1.0) == 0.5
    assert pairs_within(values, lesions, 2.0) == 1.0


def test_without_any_pair_there_is_no_spread() -> None:
    assert np.isnan(within_sd(np.array([1.0, 2.0]), ["a", "b"]).value)
    assert np.isnan(pairs_within(np.array([1.0, 2.0]), ["a", "b"], 1.0))


def test_training_and_the_screen_take_the_same_limit_for_pairs() -> None:
    assert pair_limit(1.0) == pytest.approx(PAIR_FACTOR)


def record(image: str, group: str, lesion_id: str = "") -> Record:
    return Record(image, group, "nv", "val", lesion_id=lesion_id)


def test_a_group_of_lookalikes_is_not_taken_for_one_lesion_where_lesions_are_named() -> None:
    named = [record("1", "g", "a"), record("2", "g", "b"), record("3", "g", "b")]
    assert [r.image for r in repeated(named)] == ["2", "3"]
    grouped = [record("1", "g"), record("2", "g"), record("3", "h")]
    assert [r.image for r in repeated(grouped)] == ["1", "2"]


def table(rows: list[tuple[str, float, Level]]) -> Assessed:
    """Assessed images from lesion, share of melanoma and level."""
    place = list(Diagnosis).index(Diagnosis.MEL)
    chances = np.zeros((len(rows), 8))
    chances[:, place] = [share for _, share, _ in rows]
    chances[:, (place + 1) % 8] = 1 - chances[:, place]
    records = [record(str(i), lesion) for i, (lesion, _, _) in enumerate(rows)]
    levels = [level for _, _, level in rows]
    return Assessed(records, np.log(chances + 1e-9), chances, levels, [()] * len(rows))


def test_only_answers_that_would_have_been_shown_count() -> None:
    rows = [
        ("a", 0.1, Level.REVIEW),
        ("a", 0.3, Level.REVIEW),
        ("b", 0.02, Level.ROUTINE),
        ("b", 0.02, Level.ROUTINE),
        ("b", 0.99, Level.CANNOT_ASSESS),
        ("c", 0.5, Level.REVIEW),
        ("c", 0.9, Level.CANNOT_ASSESS),
    ]
    found = spread_of(table(rows), RepeatSettings(resamples=50))
    assert (found.lesions, found.images) == (2, 4)
    apart = np.log(0.3 / 0.7) - np.log(0.1 / 0.9)
    assert found.log_odds_sd == pytest.approx(np.sqrt(apart**2 / 2 / 2))


def test_too_few_lesions_are_refused_with_what_to_do() -> None:
    rows = [("a", 0.1, Level.REVIEW), ("a", 0.2, Level.REVIEW), ("b", 0.1, Level.REVIEW)]
    with pytest.raises(NothingRepeated, match="photographed again"):
        spread_of(table(rows), RepeatSettings())


def card(**changes: Any) -> dict[str, Any]:
    return tiny_model.card_values(repeatability={**MEASURED, **changes})


def test_an_older_card_without_repeatability_is_read_and_written_as_it_was() -> None:
    older = parse_card(tiny_model.card_values())
    assert older.repeatability is None
    assert "repeatability" not in card_dict(older)
    assert repeatability_of(older) is None
    assert repeatability_of(None) is None


def test_the_card_hands_on_its_repeatability_with_the_model_that_it_belongs_to() -> None:
    whole = parse_card(card())
    assert parse_card(card_dict(whole)) == whole
    found = repeatability_of(whole)
    assert found is not None
    assert (found.log_odds_sd, found.low, found.high) == (0.5, 0.4, 0.7)
    assert (found.lesions, found.images, found.measured_on) == (20, 45, "drawn lesions")
    assert (found.model.name, found.model.version) == (whole.name, whole.version)
    assert found.model.sha256 == whole.weights_sha256


@pytest.mark.parametrize(
    "wrong",
    [
        {"log_odds_sd": 0.0, "low": 0.0},
        {"low": 0.6},
        {"high": 0.45},
        {"lesions": 1},
        {"images": 30},
        {"pairs_within": 1.2},
        {"log_odds_sd": "0.5"},
        {"extra": 1},
    ],
)
def test_a_repeatability_that_contradicts_itself_refuses_the_card(wrong: dict[str, Any]) -> None:
    with pytest.raises(ModelRefused, match="repeatability"):
        parse_card(card(**wrong))


def test_a_repeatability_of_null_is_refused_rather_than_read_as_none() -> None:
    with pytest.raises(ModelRefused, match="repeatability"):
        parse_card(tiny_model.card_values(repeatability=None))


def test_the_shipped_model_has_a_repeatability_measured_on_validation_lesions() -> None:
    found = repeatability_of(load_card(newest_model()))
    assert isinstance(found, Repeatability)
    assert found.measured_on.startswith("val images")
    assert found.lesions > 100
    assert found.low < found.log_odds_sd < found.high


@pytest.fixture
def photographed(tmp_path: Path) -> Path:
    """A model folder and a labelled set: three lesions twice, one once, a test lesion twice."""
    tiny_model.write(tmp_path / "model", views=["identity"])
    (tmp_path / "images").mkdir()
    rows = [(lesion, number, "val") for lesion in range(3) for number in range(2)]
    rows += [(3, 0, "val"), (4, 0, "test"), (4, 1, "test")]
    with (tmp_path / "labels.csv").open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(("image", "group", "dx", "split"))
        for lesion, number, split in rows:
            name = f"{lesion}_{number}.png"
            crop = images.square(256, images.Lesion(seed=lesion, x=0.5 + 0.04 * number))
            Image.fromarray(crop).save(tmp_path / "images" / name)
            writer.writerow((name, f"lesion {lesion}", "nv", split))
    return tmp_path


def measured(folder: Path, *options: str) -> int:
    paths = {"images": "images", "labels": "labels.csv", "model": "model"}
    words = [word for name, path in paths.items() for word in (f"--{name}", str(folder / path))]
    return main(["repeatability", *words, "--resamples", "50", *options])


def test_the_command_measures_validation_lesions_and_leaves_the_card_alone(
    photographed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (photographed / "model" / "card.json").read_bytes()
    assert measured(photographed) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["lesions"], found["images"]) == (3, 6)
    assert 0 < found["low"] <= found["log_odds_sd"] <= found["high"]
    assert (photographed / "model" / "card.json").read_bytes() == before


def test_with_record_the_result_goes_into_the_card_and_nothing_else_changes(
    photographed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = card_dict(read_card(photographed / "model" / "card.json"))
    assert measured(photographed, "--record") == 0
    after = card_dict(load_card(photographed / "model"))
    assert after.pop("repeatability") == json.loads(capsys.readouterr().out)
    assert after == before
    text = (photographed / "model" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "## Repeatability" in text
    assert "6 photographs of 3 lesions" in text


def test_data_without_repeated_photographs_end_in_a_sentence(
    photographed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert measured(photographed, "--split", "test") == 2
    assert "fewer than two lesions" in capsys.readouterr().err


def test_a_published_table_is_split_by_lesion_and_the_split_is_written_down(
    photographed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"HAM_{path.stem[0]};{path.stem};nv" for path in (photographed / "images").iterdir()]
    rows.append("HAM_9;not_there;scab")
    (photographed / "labels.csv").write_text("\n".join(["lesion_id;image_id;dx", *sorted(rows)]))
    assert measured(photographed) == 2
    said = capsys.readouterr().err
    split = photographed / "model" / "cache" / "split.csv"
    assert f"written to {split}" in said
    assert "of diagnoses that the model doesn't know (scab 1)" in said
    made = split.read_text().replace(",train,", ",val,").replace(",test,", ",val,")
    (photographed / "labels.csv").write_text(made)
    assert measured(photographed) == 0
    assert json.loads(capsys.readouterr().out)["lesions"] == 4
