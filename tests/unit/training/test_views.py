"""Random views, drawn artefacts, drawn foreign pictures, and which images an epoch shows."""

import numpy as np
import pytest

from tests.samples.training_set import lesion
from triage_app.training import artefacts
from triage_app.training.augment import AugmentSettings, affine, view
from triage_app.training.data import Record
from triage_app.training.errors import ScheduleUnreadable
from triage_app.training.foreign import KINDS, foreign_pictures
from triage_app.training.run import parse_stages
from triage_app.training.sampling import Batches, cells_of, epoch_order, partners

PLAIN = AugmentSettings(
    scale=(1.3, 1.3), shift=0.1, hair=0, ruler=0, ink=0, vignette=0, border=0, blur=0
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
    settings = AugmentSettings(scale=(1, 1), shift=0, shear=0, aspect=0)
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


def records_of(**counts: int) -> list[Record]:
    """Records by "source_diagnosis", each a lesion of its own."""
    return [
        Record(f"{key}{i}.png", f"{key}{i}", key.split("_")[1], "train", source=key.split("_")[0])
        for key, count in counts.items()
        for i in range(count)
    ]


def test_sampling_softens_imbalance_between_diagnoses_of_a_source_without_undoing_it() -> None:
    cells = cells_of(records_of(a_nv=400, a_mel=100), 0.5)
    assert cells["a", "nv"].mass == pytest.approx(500 * 2 / 3)
    assert cells["a", "mel"].mass == pytest.approx(500 / 3)


def test_a_rare_kind_is_not_shown_more_than_a_few_times_in_an_epoch() -> None:
    cells = cells_of(records_of(a_nv=2500, b_df=2), 0.5)
    order = epoch_order(cells, seed=1, epoch=0)
    assert 2 < (order >= 2500).sum() <= 8


def test_an_epoch_walks_through_a_cell_before_showing_an_image_again() -> None:
    order = epoch_order(cells_of(records_of(a_nv=900, a_mel=100), 0.5), seed=1, epoch=2)
    shown = np.bincount(order, minlength=1000)
    assert abs(len(order) - 1000) <= 1
    assert set(shown[900:].tolist()) <= {2, 3}
    assert set(shown[:900].tolist()) <= {0, 1}


def test_an_epoch_is_a_function_of_its_number() -> None:
    cells = cells_of(records_of(a_nv=300, a_bcc=100, b_bcc=100), 0.5)
    first = epoch_order(cells, 1, 0)
    assert (first == epoch_order(cells, 1, 0)).all()
    assert (first != epoch_order(cells, 1, 1)).any()


def test_a_partner_is_the_same_lesion_and_diagnosis_from_another_source() -> None:
    records = [
        Record("0.png", "g", "nv", "train", source="a"),
        Record("1.png", "g", "nv", "train", source="b"),
        Record("2.png", "g", "mel", "train", source="b"),
        Record("3.png", "other", "nv", "train", source="b"),
    ]
    assert partners(records).tolist() == [1, 0, 2, 3]


def batches_of(twins: int) -> Batches:
    images = np.stack([lesion(i % 8, i, 40) for i in range(12)])
    targets = np.zeros((12, 18), np.float32)
    targets[:, 0] = np.arange(12)
    return Batches(
        images,
        targets,
        np.array([1, 0, *range(2, 12)]),
        size=32,
        batch=3 + twins,
        twins=twins,
        seed=5,
        augment=AugmentSettings(),
    )


def test_batches_from_a_later_step_are_those_of_an_unbroken_epoch() -> None:
    batches, order = batches_of(0), np.arange(11)
    whole = list(batches.of_epoch(order, 1, 0))
    late = list(batches.of_epoch(order, 1, 2))
    assert len(whole) == 3  # the incomplete last batch is dropped
    assert (whole[2][0] == late[0][0]).all()
    assert whole[0][0].shape == (3, 32, 32, 3)
    assert -1 <= whole[0][0].min() < whole[0][0].max() <= 1


def test_twins_stand_side_by_side_and_only_the_first_of_a_pair_is_marked() -> None:
    _, targets = next(batches_of(2).of_epoch(np.array([5, 0, 7, 3, 4, 6]), 0, 0))
    assert targets[:, 0].tolist() == [5, 0, 1, 7, 7]
    assert targets[:, -1].tolist() == [0, 1, 0, 1, 0]


def test_a_schedule_is_read_from_text() -> None:
    stages = parse_stages("head:128:1,192:4")
    assert [(s.size, s.epochs, s.head_only) for s in stages] == [(128, 1, True), (192, 4, False)]


@pytest.mark.parametrize("text", ["128", "100:2", "head:x:1", ""])
def test_a_schedule_without_sense_is_refused(text: str) -> None:
    with pytest.raises(ScheduleUnreadable):
        parse_stages(text)
