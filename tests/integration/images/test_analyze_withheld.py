"""Where an impression comes first, the terminal prints no finding either, and starting the server
keeps or lifts what holds for the whole site."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.samples import images, tiny_model
from triage_app.cli.main import main
from triage_app.config import Settings
from triage_app.domain.case import Case
from triage_app.domain.diagnosis import Diagnosis
from triage_app.domain.people import TERMINAL
from triage_app.domain.reading import RevealCause
from triage_app.domain.withholding import IMPRESSION_FIRST, is_withheld
from triage_app.wiring import bootstrap

CONTEXT = ["--age", "45", "--skin-type", "II", "--site", "back", "--no-red-flags"]
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def lesion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An image, and the settings of a site with a small model."""
    monkeypatch.setenv("TRIAGE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TRIAGE_SINGLE_USER", "yes")
    monkeypatch.setenv("TRIAGE_MODEL_DIR", str(model(tmp_path, Diagnosis.MEL)))
    path = tmp_path / "lesion.png"
    Image.fromarray(images.square(512, images.Lesion(seed=1))).save(path)
    return path


def model(folder: Path, sure_of: Diagnosis) -> Path:
    """A small model that gives nearly everything to one diagnosis."""
    bias = [20.0 * (diagnosis is sure_of) for diagnosis in Diagnosis]
    calibration = {"method": "temperature_bias", "temperature": 1.5, "bias": bias}
    target = folder / sure_of.value
    if not target.exists():
        tiny_model.write(target, calibration=calibration)
    return target


def analyzed(capsys: Captured, *arguments: str) -> list[dict[str, Any]]:
    assert main(["analyze", "--json", *CONTEXT, *arguments]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def served() -> None:
    with bootstrap.serving(Settings.from_env()):
        pass


def stored(case_id: str) -> Case:
    with bootstrap.build(Settings.from_env()) as app:
        return app.cases.get(TERMINAL, case_id)


def test_nothing_that_is_printed_or_written_differs_with_the_findings(
    lesion: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_IMPRESSION_FIRST", "yes")
    said = set()
    for sure_of in (Diagnosis.MEL, Diagnosis.NV):
        monkeypatch.setenv("TRIAGE_MODEL_DIR", str(model(tmp_path, sure_of)))
        overlays = tmp_path / f"overlays-{sure_of.value}"
        for form in ([], ["--json"]):
            main(["analyze", *form, *CONTEXT, "--heatmap", str(overlays), str(lesion)])
            output = capsys.readouterr()
            said.add((tuple(form), output.out, output.err))
        assert list(overlays.iterdir()) == []
    assert len(said) == 2
    (line,) = (json.loads(out) for form, out, _ in said if form)
    assert (line["status"], line["triage"], line["reason_codes"]) == (
        "withheld",
        "withheld",
        ["withheld"],
    )
    assert line["quality"]["grade"] == "good" and line["probabilities"] is None
    assert "--save" in line["reasons"][0]


def test_without_the_setting_the_same_call_tells_the_findings(
    lesion: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels = []
    for sure_of in (Diagnosis.MEL, Diagnosis.NV):
        monkeypatch.setenv("TRIAGE_MODEL_DIR", str(model(tmp_path, sure_of)))
        (line,) = analyzed(capsys, str(lesion))
        levels.append((line["triage"], line["leading"]["as_calibrated"]))
    assert levels[0] == ("urgent", "mel")
    assert levels[1][1] == "nv"


def test_a_stored_image_waits_for_an_impression(
    lesion: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_IMPRESSION_FIRST", "yes")
    (line,) = analyzed(capsys, "--save", "--patient", "P-1", str(lesion))
    assert line["reasons"] == [IMPRESSION_FIRST]
    case = stored(line["case"])
    assert case.blinded and is_withheld(case)


def test_a_shell_without_the_setting_is_no_way_around_the_server_s(
    lesion: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_IMPRESSION_FIRST", "yes")
    served()
    monkeypatch.delenv("TRIAGE_IMPRESSION_FIRST")
    (unstored,) = analyzed(capsys, str(lesion))
    (kept,) = analyzed(capsys, "--save", "--patient", "P-1", str(lesion))
    assert [unstored["triage"], kept["triage"]] == ["withheld"] * 2
    assert stored(kept["case"]).blinded


def test_a_server_that_asks_for_no_impression_reveals_what_waited(
    lesion: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_IMPRESSION_FIRST", "yes")
    served()
    (kept,) = analyzed(capsys, "--save", "--patient", "P-1", str(lesion))
    served()
    assert stored(kept["case"]).blinded
    monkeypatch.setenv("TRIAGE_IMPRESSION_FIRST", "no")
    served()
    case = stored(kept["case"])
    assert not case.blinded and not is_withheld(case)
    assert case.reveal is not None and case.reveal.cause is RevealCause.SETTING
    assert analyzed(capsys, str(lesion))[0]["status"] != "withheld"


def test_an_image_that_cannot_be_read_is_told_as_ever(
    lesion: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_IMPRESSION_FIRST", "yes")
    text = tmp_path / "notes.jpg"
    text.write_text("no picture")
    assert main(["analyze", "--json", str(text), str(lesion)]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["status"] for line in lines] == ["cannot_assess", "withheld"]
