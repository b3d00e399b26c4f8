"""A model card is used as a whole or refused with a sentence that names what is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.samples import tiny_model
from triage_app.domain.errors import ModelRefused
from triage_app.inference.card import card_dict, dump, load_card, parse_card, read_card


def refusal(values: Any) -> str:
    with pytest.raises(ModelRefused) as caught:
        parse_card(values)
    assert str(caught.value).endswith(".")
    return str(caught.value)


def changed(path: str, value: Any) -> dict[str, Any]:
    values = tiny_model.card_values()
    *parents, last = path.split("/")
    place = values
    for name in parents:
        place = place[name]
    place[last] = value
    return values


def test_a_card_survives_being_written_and_read(tmp_path: Path) -> None:
    card = parse_card(tiny_model.card_values())
    dump(card, tmp_path / "card.json")
    assert read_card(tmp_path / "card.json") == card
    assert json.loads((tmp_path / "card.json").read_text())["labels"] == tiny_model.LABELS


def test_a_card_read_again_from_its_own_values_is_equal() -> None:
    card = parse_card(tiny_model.card_values())
    assert parse_card(card_dict(card)) == card


def test_the_hash_that_serving_shows_is_that_of_the_litert_file() -> None:
    values = changed("files/model.tflite", "ab" * 32)
    assert parse_card(values).weights_sha256 == "ab" * 32


@pytest.mark.parametrize("key", sorted(tiny_model.card_values()))
def test_each_missing_key_is_named(key: str) -> None:
    values = tiny_model.card_values()
    del values[key]
    assert f'"{key}" is missing' in refusal(values)


@pytest.mark.parametrize("path", ["", "calibration/", "operating_points/rule_out/", "competence/"])
def test_an_unknown_key_is_named_wherever_it_stands(path: str) -> None:
    words = refusal(changed(path + "surprise", 1))
    assert f'"{path.replace("/", ".")}surprise" is unknown' in words


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("schema", 2, "schema 1 only"),
        ("schema", True, "type int"),
        ("labels", sorted(tiny_model.LABELS, reverse=True), "in this order"),
        ("labels", tiny_model.LABELS[:6], "in this order"),
        ("name", "", "empty"),
        ("input/size", 0, "input size"),
        ("input/size", "224", "type int"),
        ("input/scaling", "x / 255", "scaling"),
        ("input/channels", "BGR", "RGB"),
        ("files/model.tflite", "xyz", "malformed"),
        ("files/..", "0" * 64, "plain name"),
        ("files", {"model.keras": "0" * 64}, "competence.npz, model.tflite"),
        ("views", [], "first view"),
        ("views", ["flip_vertical"], "first view"),
        ("views", ["identity", "identity"], "twice"),
        ("views", ["identity", "upside_down"], "upside_down"),
        ("views", ["identity", "flip_vertical@0.1"], "0.5 to 1"),
        ("calibration/temperature", 0, "temperature"),
        ("calibration/temperature", "1", "type float"),
        ("calibration/bias", [0.0] * 6, "one entry for each"),
        ("calibration/method", "platt", "method"),
        ("operating_points/rule_out/value", 0, "strictly between"),
        ("operating_points/rule_in/value", 1, "strictly between"),
        ("operating_points/rule_out/interval", [0.4, 0.2], "interval"),
        ("operating_points/rule_out/interval", [0.4], "2 entries"),
        ("operating_points/rule_out/sensitivity_by_diagnosis/scc", None, "must be an object"),
        ("operating_points/rule_out/sensitivity/n", 0, "at least one image"),
        ("operating_points/rule_out/sensitivity/low", 0.99, "interval"),
        ("conformal/thresholds", {"benign": 0.1}, "each class"),
        ("conformal/classes", ["malignant", "suspicious", "benign"], "classes"),
        ("conformal/alpha", 1, "alpha"),
        ("competence/limit", 0, "limit"),
        ("competence/limit", float("nan"), "finite"),
        ("limits_of_use", [], "limits of use"),
        ("limits_of_use", "none", "list"),
        ("data/train", 5, "object"),
    ],
)
def test_each_contradiction_is_named(path: str, value: Any, words: str) -> None:
    assert words in refusal(changed(path, value))


def test_a_file_outside_the_folder_is_refused() -> None:
    values = tiny_model.card_values()
    values["files"]["../escape"] = "0" * 64
    assert "plain name" in refusal(values)


def test_an_unknown_schema_is_named_before_anything_else(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text('{"schema": 7}')
    with pytest.raises(ModelRefused, match="schema 1 only"):
        read_card(tmp_path / "card.json")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not valid JSON"),
        ("[]", "object"),
        ('{"schema": 1, "schema": 1}', "twice"),
        ('{"schema": NaN}', "NaN"),
    ],
)
def test_text_that_is_no_card_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "card.json").write_text(text)
    with pytest.raises(ModelRefused, match=words):
        read_card(tmp_path / "card.json")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_bytes(b"\xff\xfe\x80")
    with pytest.raises(ModelRefused, match="not a text file"):
        read_card(tmp_path / "card.json")


def test_a_missing_card_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match=r"card\.json is missing"):
        load_card(tmp_path)


def test_files_that_match_their_hashes_are_accepted(tmp_path: Path) -> None:
    written = tiny_model.write(tmp_path)
    assert load_card(tmp_path) == written


@pytest.mark.parametrize("name", ["model.tflite", "competence.npz"])
def test_one_changed_byte_refuses_the_model(tmp_path: Path, name: str) -> None:
    tiny_model.write(tmp_path)
    content = bytearray((tmp_path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelRefused, match=f"{name} differs from its card"):
        load_card(tmp_path)


@pytest.mark.parametrize("name", ["model.tflite", "competence.npz"])
def test_a_missing_file_refuses_the_model(tmp_path: Path, name: str) -> None:
    tiny_model.write(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ModelRefused, match=f"{name} cannot be read"):
        load_card(tmp_path)


def with_gate(**change: Any) -> dict[str, Any]:
    values = tiny_model.card_values()
    rate = {"value": 0.01, "low": 0.0, "high": 0.02, "n": 300}
    values["gate"] = {"method": "hidden layer", "limit": 0.4, "refused": {"vienna": rate}} | change
    values["files"]["gate.npz"] = "cd" * 32
    return values


def test_a_card_with_a_dermoscopy_gate_comes_back_as_it_was() -> None:
    card = parse_card(with_gate())
    assert card.gate is not None
    assert card.gate.refused["vienna"].n == 300
    assert parse_card(card_dict(card)) == card


@pytest.mark.parametrize("limit", [0, 1, -0.1])
def test_a_gate_that_refuses_all_or_nothing_is_no_gate(limit: float) -> None:
    assert "between 0 and 1" in refusal(with_gate(limit=limit))


def test_a_gate_without_its_file_is_refused() -> None:
    values = with_gate()
    del values["files"]["gate.npz"]
    assert "gate.npz" in refusal(values)


def test_a_card_of_the_first_edition_knows_seven_diagnoses_and_has_no_gate() -> None:
    values = tiny_model.card_values()
    values["labels"] = [label for label in values["labels"] if label != "scc"]
    assert "one entry for each" in refusal(values)
    values["calibration"]["bias"] = [0.0] * 7
    card = parse_card(values)
    assert len(card.diagnoses) == 7
    assert card.gate is None
    assert "gate" not in card_dict(card)
