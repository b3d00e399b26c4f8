"""What the network is asked to say: labels, teachers, and what a source makes likely."""

import json
from pathlib import Path

import numpy as np
import pytest

from triage_app.training.data import BENIGN, CLASSES, Record
from triage_app.training.errors import ScheduleUnreadable, TeacherUnreadable, WeightsUnreadable
from triage_app.training.record import describe_origin, write_record
from triage_app.training.run import card_training, parse_teachers
from triage_app.training.settings import TrainSettings
from triage_app.training.targets import soft_targets, source_priors

NAEVUS, MELANOMA = CLASSES.index("nv"), CLASSES.index("mel")


def records(*given: tuple[str, str]) -> list[Record]:
    """One image of each diagnosis and source, each a lesion of its own."""
    return [
        Record(f"{i}.png", f"g{i}", dx, "train", source=source)
        for i, (dx, source) in enumerate(given)
    ]


def even(count: int) -> np.ndarray:
    return np.full((count, len(CLASSES)), 1 / len(CLASSES))


def test_without_teachers_a_target_is_the_smoothed_label() -> None:
    found = soft_targets(records(("nv", "a"), ("mel", "a")), even(2), smoothing=0.08)
    assert found.dtype == np.float32
    assert found[0, NAEVUS] == found[1, MELANOMA] == pytest.approx(0.93)
    assert found[0, MELANOMA] == pytest.approx(0.01)
    assert found[:, -1].tolist() == [0, 0]


def test_what_is_only_known_to_be_benign_names_no_diagnosis() -> None:
    found = soft_targets(records((BENIGN, "a")), even(1), smoothing=0.08)
    assert found[0, -1] == pytest.approx(0.92)
    assert found[0, :-1] == pytest.approx(np.full(len(CLASSES), 0.01))


def test_a_share_of_nothing_leaves_the_labels_alone() -> None:
    given, prior = records(("nv", "a"), ("mel", "b")), even(2)
    teacher = np.random.default_rng(0).normal(0, 3, (2, len(CLASSES))).astype(np.float32)
    with_teacher = soft_targets(given, prior, smoothing=0.1, teacher=teacher, share=0.0)
    assert (with_teacher == soft_targets(given, prior, smoothing=0.1)).all()


def test_what_the_teacher_says_gets_the_prior_of_the_images_source() -> None:
    # Odds of 3 to 1 for melanoma meet a source that holds three naevi for each melanoma.
    prior = np.full((1, len(CLASSES)), 1e-12)
    prior[0, [NAEVUS, MELANOMA]] = 0.75, 0.25
    teacher = np.zeros((1, len(CLASSES)), np.float32)
    teacher[0, MELANOMA] = np.log(3)
    given = records(("nv", "a"))
    whole = soft_targets(given, prior, smoothing=0.0, teacher=teacher, share=1.0)
    assert whole[0, [NAEVUS, MELANOMA]] == pytest.approx([0.5, 0.5], abs=1e-6)
    part = soft_targets(given, prior, smoothing=0.0, teacher=teacher, share=0.4)
    assert part[0, [NAEVUS, MELANOMA]] == pytest.approx([0.8, 0.2], abs=1e-6)


def test_every_target_is_a_distribution_whatever_the_teacher_says() -> None:
    rng = np.random.default_rng(1)
    given = records(*[(dx, "a") for dx in (*CLASSES, BENIGN)] * 5)
    teacher = rng.normal(0, 40, (len(given), len(CLASSES))).astype(np.float32)
    prior = rng.dirichlet(np.ones(len(CLASSES)), len(given))
    found = soft_targets(given, prior, smoothing=0.04, teacher=teacher, share=0.6)
    assert found.min() >= 0
    assert found.sum(axis=1) == pytest.approx(np.ones(len(given)), abs=1e-5)


def test_a_prior_is_the_share_within_the_source_and_nothing_is_impossible() -> None:
    given = records(*[("nv", "a")] * 90, *[("mel", "a")] * 10, *[("bcc", "b")] * 100)
    found = source_priors(given, 1.0)
    assert found.sum(axis=1) == pytest.approx(1)
    assert found[0, NAEVUS] == pytest.approx(0.9, abs=0.03)
    assert found[0, CLASSES.index("bcc")] == pytest.approx(0.015)
    assert found[-1, CLASSES.index("bcc")] > 0.97


def test_images_that_are_only_known_to_be_benign_count_as_the_named_benign_ones_do() -> None:
    given = records(*[("nv", "a")] * 30, *[("bkl", "a")] * 10, *[(BENIGN, "b")] * 40)
    found = source_priors(given, 1.0)
    assert found[-1, NAEVUS] == pytest.approx(0.75, abs=0.01)
    assert found[-1, CLASSES.index("bkl")] == pytest.approx(0.25, abs=0.01)


def test_teachers_are_read_with_their_sizes() -> None:
    found = parse_teachers(["runs/first:2/model.keras:224", "b.keras:128"])
    assert found == [(Path("runs/first:2/model.keras"), 224), (Path("b.keras"), 128)]


@pytest.mark.parametrize("text", ["model.keras", "model.keras:", ":224", "m.keras:100", "m:0"])
def test_a_teacher_without_a_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(TeacherUnreadable, match="FILE:SIZE") as caught:
        parse_teachers([text])
    assert text in str(caught.value)
    assert not isinstance(caught.value, ScheduleUnreadable)


def test_the_record_names_starting_weights_and_teachers_by_their_hash(tmp_path: Path) -> None:
    (tmp_path / "start.keras").write_bytes(b"abc")
    start = tmp_path / "start.keras"
    origin = describe_origin(start, [(start, 192)], with_head=True)
    settings = TrainSettings(teacher_share=0.4, twins=3)
    write_record(tmp_path, settings, {}, origin, backend="torch", log=tmp_path / "no.log")
    record = json.loads((tmp_path / "run.json").read_text())
    sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert record["starting_weights"] == {"file": "start.keras", "sha256": sha256, "head": True}
    assert record["teachers"] == [{"file": "start.keras", "sha256": sha256, "size": 192}]
    said = card_training(record)
    assert said["starting_weights"] == f"every layer from start.keras, SHA-256 {sha256}"
    assert said["teachers"] == (
        f"share 0.4 of the target from the mean of start.keras at 192 px, SHA-256 {sha256}"
    )
    assert "3 twins in each batch" in said["loss"]


def test_the_card_tells_a_run_from_random_weights_from_one_that_did_not_record_them(
    tmp_path: Path,
) -> None:
    origin = describe_origin(None, [], with_head=False)
    record = write_record(
        tmp_path, TrainSettings(), {}, origin, backend="jax", log=tmp_path / "no.log"
    )
    assert card_training(record)["starting_weights"] == "random"
    assert card_training(record)["teachers"] == "none"
    older = {k: v for k, v in record.items() if k not in origin}
    assert card_training(older)["starting_weights"] == "not recorded"
    assert card_training(older)["teachers"] == "not recorded"


def test_a_teacher_that_is_not_there_is_named_before_training_starts(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnreadable, match=r"gone\.keras"):
        describe_origin(None, [(tmp_path / "gone.keras", 224)], with_head=False)
