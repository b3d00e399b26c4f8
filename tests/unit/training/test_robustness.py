"""Graded damage does what its name says, more with every step."""

import numpy as np
import pytest

from tests.samples.images import square
from triage_app.training.robustness import STEPS


@pytest.mark.parametrize("name", sorted(set(STEPS) - {"off_centre"}))
def test_each_step_changes_the_picture_more_than_the_last(name: str) -> None:
    damage, steps = STEPS[name]
    picture = square(128)
    changes = [
        float(np.abs(damage(picture, step).astype(int) - picture.astype(int)).mean())
        for step in steps
    ]
    assert changes[0] > 0
    assert changes == sorted(changes)


def test_damage_leaves_the_original_and_its_shape_alone() -> None:
    picture = square(96)
    before = picture.copy()
    for damage, steps in STEPS.values():
        damaged = damage(picture, steps[-1])
        assert damaged.shape == picture.shape
        assert damaged.dtype == np.uint8
    assert (picture == before).all()


def test_off_centre_moves_the_lesion_towards_the_corner() -> None:
    damage, _ = STEPS["off_centre"]
    moved = damage(square(128), 0.3)
    original_centre = square(128)[60:68, 60:68].mean()
    assert moved[98:106, 98:106].mean() == pytest.approx(original_centre, abs=12)
