"""What the network is asked to say: labels, teachers, and two images mixed into one."""

import json
from pathlib import Path

import numpy as np
import pytest

from triage_app.training.errors import ScheduleUnreadable, TeacherUnreadable, WeightsUnreadable
from triage_app.training.record import describe_origin, write_record
from triage_app.training.run import card_training, parse_teachers
from triage_app.training.settings import TrainSettings
from triage_app.training.targets import mixed, soft_targets

LABELS = np.array([0, 1, 1, 0])
PRIOR = np.array([0.75, 0.25])


def test_without_teachers_a_target_is_the_smoothed_label() -> None:
    found = soft_targets(LABELS, PRIOR, smoothing=0.1)
    assert found.dtype == np.float32
    assert found[:2] == pytest.approx(np.array([[0.95, 0.05], [0.05, 0.95]]))


def test_a_share_of_nothing_leaves_the_labels_alone() -> None:
    teacher = np.random.default_rng(0).normal(0, 3, (4, 2)).astype(np.float32)
    with_teacher = soft_targets(LABELS, PRIOR, smoothing=0.1, teacher=teacher, share=0.0)
    assert (with_teacher == soft_targets(LABELS, PRIOR, smoothing=0.1)).all()


def test_what_the_teacher_says_gets_the_prior_of_the_sampling() -> None:
    # Even odds for the second class of 3 to 1 meet a prior of 1 to 3: one half each.
    teacher = np.tile(np.float32([0, np.log(3)]), (4, 1))
    whole = soft_targets(LABELS, PRIOR, smoothing=0.0, teacher=teacher, share=1.0)
    assert whole == pytest.approx(np.full((4, 2), 0.5))
    part = soft_targets(LABELS, PRIOR, smoothing=0.0, teacher=teacher, share=0.4)
    assert part[:2] == pytest.approx(np.array([[0.8, 0.2], [0.2, 0.8]]))


def test_every_target_is_a_distribution_whatever_the_teacher_says() -> None:
    rng = np.random.default_rng(1)
    prior = np.array([0.5, 0.3, 0.2, 0, 0, 0, 0])
    teacher = rng.normal(0, 40, (50, 7)).astype(np.float32)
    found = soft_targets(rng.integers(0, 3, 50), prior, smoothing=0.04, teacher=teacher, share=0.6)
    assert found.min() >= 0
    assert found.sum(axis=1) == pytest.approx(np.ones(50), abs=1e-5)


def one_hot_batch(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Image k is k everywhere and its target is class k: both tell what was blended."""
    images = np.arange(count, dtype=np.float32)[:, None, None, None] * np.ones((1, 2, 2, 3))
    return images.astype(np.float32), np.eye(count, dtype=np.float32)


def test_mixing_with_no_chance_changes_nothing() -> None:
    images, targets = one_hot_batch(6)
    found_images, found_targets = mixed(images, targets, 0.0, np.random.default_rng(0))
    assert (found_images == images).all()
    assert (found_targets == targets).all()


def test_a_mixed_image_stays_the_greater_part_and_its_target_follows_the_pixels() -> None:
    images, targets = one_hot_batch(40)
    blended, said = mixed(images, targets, 1.0, np.random.default_rng(0))
    own = np.diagonal(said)
    assert (own >= 0.5).all()
    assert (own < 1).mean() > 0.5
    assert said.sum(axis=1) == pytest.approx(np.ones(40), abs=1e-5)
    # The value of a pixel is the mean of the two image numbers, weighted as the targets are.
    assert blended[:, 0, 0, 0] == pytest.approx(said @ np.arange(40), abs=1e-3)
    assert (blended == blended[:, :1, :1, :1]).all()


def test_mixing_is_a_function_of_its_seed() -> None:
    images, targets = one_hot_batch(8)
    first, again = (mixed(images, targets, 0.5, np.random.default_rng(3))[0] for _ in range(2))
    assert (first == again).all()
    assert 0 < (first != images).any(axis=(1, 2, 3)).sum() < 8


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
    settings = TrainSettings(teacher_share=0.4, mixup=0.3)
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
    assert "mixup with chance 0.3" in said["loss"]


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
