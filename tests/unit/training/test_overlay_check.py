"""Covering cells of a picture, as the deletion and insertion curves of the overlay do."""

import numpy as np
import pytest

from tests.samples.images import square
from triage_app.training.overlay_check import covered


def test_covered_cells_take_the_colour_of_the_border_and_the_others_stay() -> None:
    picture = square(70)
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    hidden = covered(picture, np.array([0, 24]), (7, 7))
    assert hidden[30:40, 30:40] == pytest.approx(
        np.broadcast_to(np.median(edge, axis=0).astype(np.uint8), (10, 10, 3))
    )
    changed = (hidden != picture).any(axis=2)
    changed[:10, :10] = changed[30:40, 30:40] = False
    assert not changed.any()


def test_all_cells_covered_leave_one_colour_whatever_their_order() -> None:
    picture = square(70)
    order = np.random.default_rng(0).permutation(49)
    assert len(np.unique(covered(picture, order, (7, 7)).reshape(-1, 3), axis=0)) == 1


def test_no_cell_covered_leaves_the_picture_alone() -> None:
    picture = square(70)
    assert (covered(picture, np.array([], int), (7, 7)) == picture).all()
