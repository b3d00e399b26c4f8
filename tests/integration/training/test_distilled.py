"""Distillation through the command line: a pupil that starts from, and learns from, a model."""

import json
from pathlib import Path

import pytest

from tests.samples.training_set import write_set
from triage_app.cli.main import main
from triage_app.inference.card import file_sha256
from triage_app.training.architectures import build
from triage_app.training.data import CLASSES
from triage_app.training.export import load_keras
from triage_app.training.fit import LOG
from triage_app.training.record import RECORD, read_record


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The options that name a small drawn set."""
    images, labels = write_set(tmp_path_factory.mktemp("set"), {"train": 3, "val": 2}, side=64)
    return ["--images", str(images), "--labels", str(labels)]


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("teacher") / "teacher.keras"
    build("mobilenet_v1", len(CLASSES), width=0.25).save(path)
    return path


def train(*options: str) -> int:
    """The real command, small."""
    small = ["--width", "0.25", "--batch", "7", "--full-precision"]
    return main(["train", *small, *options])


def test_a_run_of_no_epochs_keeps_the_weights_it_continues_from_with_the_head(
    labelled: list[str], teacher: Path, tmp_path: Path
) -> None:
    options = ["--out", str(tmp_path), "--continue-from", str(teacher), "--stages", "32:0"]
    assert train(*labelled, *options) == 0
    pairs = zip(
        load_keras(tmp_path / "model.keras").get_weights(),
        load_keras(teacher).get_weights(),
        strict=True,
    )
    assert all((mine == theirs).all() for mine, theirs in pairs)


def test_a_pupil_is_distilled_recorded_and_resumed(
    labelled: list[str], teacher: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [*labelled, "--out", str(tmp_path), "--continue-from", str(teacher)]
    options += ["--teacher", f"{teacher}:32", "--teacher-share", "0.7"]
    assert train(*options, "--stages", "32:1") == 0
    assert "teacher teacher.keras at 32 px" in capsys.readouterr().err
    assert train(*options, "--stages", "32:2") == 0
    said = capsys.readouterr().err
    assert "Resumed at" in said
    assert "teacher teacher.keras" not in said  # its answers were kept
    assert len((tmp_path / LOG).read_text().splitlines()) == 2
    record = read_record(tmp_path / RECORD)
    own = {"file": "teacher.keras", "sha256": file_sha256(teacher)}
    assert record["starting_weights"] == {**own, "head": True}
    assert record["teachers"] == [{**own, "size": 32}]
    assert record["settings"]["teacher_share"] == 0.7
    assert [epoch["epoch"] for epoch in record["epochs"]] == [0, 1]
    assert str(teacher.parent) not in json.dumps(record)


def test_a_run_cannot_be_resumed_as_one_that_began_elsewhere(
    labelled: list[str], teacher: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [*labelled, "--out", str(tmp_path), "--stages", "32:1"]
    assert train(*options) == 0
    assert train(*options, "--pretrained", str(teacher)) == 2
    assert "starting weights differ" in capsys.readouterr().err


def test_a_teacher_of_another_architecture_teaches_and_one_of_other_diagnoses_does_not(
    labelled: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [*labelled, "--out", str(tmp_path), "--stages", "32:0"]
    build("mobilenet_v3_small", len(CLASSES), width=0.25).save(tmp_path / "v3.keras")
    assert train(*options, "--teacher", f"{tmp_path / 'v3.keras'}:32") == 0
    build("mobilenet_v1", 5, width=0.25).save(tmp_path / "five.keras")
    assert train(*options, "--teacher", f"{tmp_path / 'five.keras'}:32") == 2
    assert "five.keras doesn't answer with the 8 diagnoses" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "words"),
    [("--teacher=gone.keras:32", "gone.keras"), ("--teacher=gone.keras", "FILE:SIZE")],
)
def test_a_wrong_teacher_stops_the_run_before_anything_is_written(
    option: str, words: str, labelled: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(*labelled, "--out", str(tmp_path / "run"), option) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
