"""``analyze --json`` names the leading diagnosis twice: as calibrated, and with even weights."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.samples import colours, images, tiny_model
from triage_app.cli.main import main
from triage_app.domain.diagnosis import Diagnosis
from triage_app.inference.classifier import Classifier

NAEVUS = list(Diagnosis).index(Diagnosis.NV)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model whose calibration, like a clinic's, knows that nearly every lesion is a naevus."""
    bias = [0.0] * len(Diagnosis)
    bias[NAEVUS] = 20.0
    calibration = {"method": "temperature_bias", "temperature": 1.5, "bias": bias}
    tiny_model.write(tmp_path / "model", calibration=calibration)
    monkeypatch.setenv("TRIAGE_MODEL_DIR", str(tmp_path / "model"))
    monkeypatch.setenv("TRIAGE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "model"


def analyzed(capsys: pytest.CaptureFixture[str], *paths: Path) -> list[dict[str, Any]]:
    main(["analyze", "--json", *map(str, paths)])
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def drawn(path: Path, crop: np.ndarray) -> Path:
    Image.fromarray(crop).save(path)
    return path


def test_an_assessed_image_names_both_leading_diagnoses(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crop = images.square(512, images.Lesion(seed=1))
    (line,) = analyzed(capsys, drawn(tmp_path / "lesion.png", crop))
    logits = Classifier.load(model).run(crop).logits
    by_logit = list(Diagnosis)[int(logits.argmax())]
    assert by_logit is not Diagnosis.NV
    assert line["leading"] == {"as_calibrated": "nv", "even_weights": by_logit.value}
    assert max(line["diagnoses"], key=line["diagnoses"].get) == "nv"


def test_an_image_that_cannot_be_assessed_names_none(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)
    text = tmp_path / "notes.jpg"
    text.write_text("no picture")
    lines = analyzed(capsys, drawn(tmp_path / "noise.png", 255 - noise // 8), text)
    assert [line["status"] for line in lines] == ["cannot_assess"] * 2
    assert [line["leading"] for line in lines] == [None, None]


def test_without_a_model_none_is_named(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (model / "model.tflite").write_bytes(b"altered")
    (line,) = analyzed(capsys, drawn(tmp_path / "lesion.png", images.square(512)))
    assert line["status"] == "cannot_assess"
    assert line["leading"] is None


def test_what_was_converted_is_said_as_json_and_in_words(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    space = colours.SPACES["Display P3"]
    pixels = colours.written(images.square(256), space)
    declared, plain = tmp_path / "p3.png", tmp_path / "plain.png"
    declared.write_bytes(colours.png(pixels, colours.cicp(12, 13)))
    plain.write_bytes(colours.png(pixels))
    notes = [line["image_notes"] for line in analyzed(capsys, declared, plain, model)]
    said = "Colours declared by code (12/13) converted to sRGB."
    assert notes == [[said], [], []]
    main(["analyze", str(declared)])
    assert said in capsys.readouterr().out
