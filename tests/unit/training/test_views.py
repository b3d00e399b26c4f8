"""Random views, drawn artefacts, drawn foreign pictures, and which images an epoch shows."""

import numpy as np
import pytest

from tests.samples.training_set import lesion
from triage_app.training import artefacts
from triage_app.training.augment import AugmentSettings, affine, view
from triage_app.training.errors import ScheduleUnreadable
from triage_app.training.foreign import KINDS, foreign_pictures
from triage_app.training.run import parse_stages
from triage_app.training.sampling import Batches, epoch_order, sampling_prior

PLAIN = AugmentSettings(
    scale=(1.3, 1.3), shift=0.1, hair=0, ruler=0, ink=0, vignette=0, border=0, blur=0, jpeg=0
)


def test_a_view_has_the_wanted_size_and_depends_on_its_seed_alone() -> None:
    pixels = lesion(4, 0, 96)
    first = view(pixels, 64, np.random.default_rng(3), AugmentSettings())
    again = view(pixels, 64, np.random.default_rng(3), AugmentSettings())
    other = view(pixels, 64, np.random.default_rng(4), AugmentSettings())
    assert first.shape == (64, 64, 3)
    assert first.dtype == np.uint8
    assert (first == again).all()
    assert (first != other).any()


def test_turning_and_shrinking_leaves_no_empty_corner() -> None:
    white = np.full((64, 64, 3), 250, np.uint8)
    for seed in range(25):
        turned = np.asarray(affine(white, 64, np.random.default_rng(seed), PLAIN))
        assert turned.min() == 250, seed


def test_a_view_without_zoom_keeps_the_lesion_in_the_middle() -> None:
    settings = AugmentSettings(scale=(1, 1), shift=0, shear=0)
    turned = np.asarray(affine(lesion(4, 0, 96), 64, np.random.default_rng(1), settings))
    assert turned[28:36, 28:36].mean() < 80
    assert turned[:6, :6].mean() > 150


@pytest.mark.parametrize(
    "draw",
    [artefacts.hair, artefacts.ruler, artefacts.ink, artefacts.vignette, artefacts.border],
)
def test_an_artefact_changes_part_of_the_picture_and_keeps_the_rest(draw: object) -> None:
    from PIL import Image

    before = Image.fromarray(np.full((96, 96, 3), 200, np.uint8))
    changed = [
        (np.asarray(draw(before, np.random.default_rng(s))) != 200).any(2).mean()  # type: ignore[operator]
        for s in range(8)
    ]
    assert max(changed) > 0.005
    assert min(changed) < 0.7
    assert (np.asarray(before) == 200).all()


def test_every_kind_of_foreign_picture_varies() -> None:
    pictures, names = foreign_pictures(3, 48, seed=1)
    assert pictures.shape == (3 * len(KINDS), 48, 48, 3)
    for kind in KINDS:
        own = pictures[[n == kind for n in names]]
        assert (own[0] != own[1]).any() or (own[0] != own[2]).any()


def test_sampling_softens_imbalance_without_undoing_it() -> None:
    prior = sampling_prior(np.array([100, 400, 0]), 0.5)
    assert prior == pytest.approx([1 / 3, 2 / 3, 0])


def test_an_epoch_walks_through_a_class_before_showing_an_image_again() -> None:
    labels = np.array([0] * 900 + [1] * 100)
    order = epoch_order(labels, 0.5, seed=1, epoch=2, classes=7)
    shown = np.bincount(order, minlength=1000)
    assert abs(len(order) - 1000) <= 1
    assert set(shown[900:].tolist()) <= {2, 3}
    assert set(shown[:900].tolist()) <= {0, 1}


def test_an_epoch_is_a_function_of_its_number() -> None:
    labels = np.arange(700) % 7
    first = epoch_order(labels, 0.5, 1, 0, 7)
    assert (first == epoch_order(labels, 0.5, 1, 0, 7)).all()
    assert (first != epoch_order(labels, 0.5, 1, 1, 7)).any()


def test_batches_from_a_later_step_are_those_of_an_unbroken_epoch() -> None:
    images = np.stack([lesion(i % 7, i, 40) for i in range(12)])
    batches = Batches(
        images,
        np.eye(7, dtype=np.float32)[np.arange(12) % 7],
        size=32,
        batch=3,
        seed=5,
        augment=AugmentSettings(),
    )
    order = np.arange(11)
    whole = list(batches.of_epoch(order, 1, 0))
    late = list(batches.of_epoch(order, 1, 2))
    assert len(whole) == 3  # the incomplete last batch is dropped
    assert (whole[2][0] == late[0][0]).all()
    assert whole[0][0].shape == (3, 32, 32, 3)
    assert -1 <= whole[0][0].min() < whole[0][0].max() <= 1


def test_a_schedule_is_read_from_text() -> None:
    stages = parse_stages("head:128:1,192:4")
    assert [(s.size, s.epochs, s.head_only) for s in stages] == [(128, 1, True), (192, 4, False)]


@pytest.mark.parametrize("text", ["128", "100:2", "head:x:1", ""])
def test_a_schedule_without_sense_is_refused(text: str) -> None:
    with pytest.raises(ScheduleUnreadable):
        parse_stages(text)
