"""Reading labelled images: what is refused, and that the refusal names the culprit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.samples.training_set import lesion, write_set
from triage_app.training import data
from triage_app.training.duplicates import near_duplicates
from triage_app.training.errors import (
    ImageMissing,
    LeakingLesion,
)
from triage_app.training.folds import lesion_folds
from triage_app.training.labels import read_labels


@pytest.fixture
def labelled(tmp_path: Path) -> tuple[Path, Path]:
    return write_set(tmp_path, {"train": 3, "val": 2, "test": 1}, side=64)


def test_records_and_images_come_in_the_order_of_the_labels(labelled: tuple[Path, Path]) -> None:
    images, labels = labelled
    records = read_labels(labels)
    val = data.of_split(records, "val")
    assert [record.dx for record in val[:3]] == ["akiec", "akiec", "bcc"]
    pixels = data.load_images(images, val, side=64)
    assert pixels.shape == (16, 64, 64, 3)
    assert (pixels[2] == lesion(1, 1000, 64)).all()


def test_a_lesion_in_two_splits_is_refused_by_name(labelled: tuple[Path, Path]) -> None:
    records = read_labels(labelled[1])
    leaking = [*records, replace(records[0], image="other.png", split="test")]
    with pytest.raises(LeakingLesion, match=r"'train_akiec_0'.*test and train"):
        data.check_records(leaking)


def test_a_missing_or_damaged_image_is_named(labelled: tuple[Path, Path]) -> None:
    images, labels = labelled
    records = read_labels(labels)
    (images / "train_mel_1.png").write_bytes(b"no picture")
    with pytest.raises(ImageMissing, match=r"train_mel_1\.png"):
        data.load_images(images, records)
    (images / "train_mel_1.png").unlink()
    with pytest.raises(ImageMissing, match=r"train_mel_1\.png"):
        data.load_images(images, records)


def test_the_hash_of_the_data_changes_with_a_pixel_and_with_a_label(
    labelled: tuple[Path, Path],
) -> None:
    images, labels = labelled
    records = data.of_split(read_labels(labels), "train")
    pixels = data.load_images(images, records, 48)
    first = data.data_hash(records, pixels)
    changed = pixels.copy()
    changed[5, 3, 3, 0] ^= 1
    assert data.data_hash(records, changed) != first
    assert data.data_hash([replace(records[0], dx="nv"), *records[1:]], pixels) != first
    assert data.data_hash(records, pixels.copy()) == first


def test_folds_never_split_a_lesion_and_spread_rare_diagnoses() -> None:
    common = [data.Record(f"{i}.jpg", f"g{i // 2}", "nv", "val") for i in range(100)]
    rare = [data.Record(f"d{i}.jpg", f"d{i}", "df", "val") for i in range(7)]
    folds = lesion_folds([*common, *rare], 5, seed=3)
    by_group: dict[str, set[int]] = {}
    for record, fold in zip([*common, *rare], folds.tolist(), strict=True):
        by_group.setdefault(record.group, set()).add(fold)
    assert all(len(own) == 1 for own in by_group.values())
    assert set(folds[-7:].tolist()) == {0, 1, 2, 3, 4}
    assert np.bincount(folds).min() >= 18


def test_a_turned_copy_in_another_split_is_reported_and_nothing_else() -> None:
    pictures = [lesion(label, 7, 64) for label in range(7)]
    rng = np.random.default_rng(0)
    pictures = [p + rng.integers(0, 25, (8, 8, 3)).repeat(8, 0).repeat(8, 1) for p in pictures]
    images = np.stack([*pictures, np.rot90(pictures[4])[:, ::-1]]).astype(np.uint8)
    records = [data.Record(f"{i}.png", f"g{i}", "nv", "train") for i in range(7)]
    records.append(data.Record("copy.png", "other", "nv", "test"))
    found = near_duplicates(records, images)
    assert [pair[:2] for pair in found] == [("4.png", "copy.png")]
