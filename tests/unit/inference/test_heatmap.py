"""Grad-CAM in closed form: against finite differences, and what is said about where it lies."""

import numpy as np
import pytest
from numpy.typing import NDArray

from triage_app.domain.diagnosis import CONCERN, Diagnosis
from triage_app.domain.findings import EvidenceLocation
from triage_app.inference import heatmap

MELANOMA = frozenset({Diagnosis.MEL})


def log_odds(
    features: NDArray[np.float64],
    kernel: NDArray[np.float64],
    bias: NDArray[np.float64],
    group: frozenset[Diagnosis],
) -> float:
    logits = features.mean(axis=(0, 1)) @ kernel + bias
    inside = np.array([d in group for d in Diagnosis])
    return float(np.log(np.exp(logits[inside]).sum()) - np.log(np.exp(logits[~inside]).sum()))


@pytest.mark.parametrize("group", [MELANOMA, CONCERN])
def test_the_map_is_the_gradient_of_the_groups_log_odds(group: frozenset[Diagnosis]) -> None:
    rng = np.random.default_rng(8)
    features = np.maximum(rng.normal(0.3, 1, (4, 4, 5)), 0)
    kernel, bias = rng.normal(0, 1, (5, 8)), rng.normal(0, 1, 8)
    gradient = np.zeros_like(features)
    for index in np.ndindex(features.shape):
        step = np.zeros_like(features)
        step[index] = 1e-5
        rise = log_odds(features + step, kernel, bias, group)
        gradient[index] = (rise - log_odds(features - step, kernel, bias, group)) / 2e-5
    expected = np.maximum(features @ gradient.mean(axis=(0, 1)), 0)
    logits = features.mean(axis=(0, 1)) @ kernel + bias
    cam = heatmap.grad_cam(
        features.astype(np.float32),
        kernel.astype(np.float32),
        logits.astype(np.float32),
        group,
        tuple(Diagnosis),
    )
    assert expected.max() > 0
    assert np.abs(cam - expected).max() < 1e-4 * expected.max()


def test_large_logits_do_not_overflow() -> None:
    features, kernel = np.ones((2, 2, 3), np.float32), np.eye(3, 8, dtype=np.float32)
    logits = np.array([900, -900, 0, 0, 800, 0, 0, 0], np.float32)
    assert np.isfinite(heatmap.grad_cam(features, kernel, logits, MELANOMA, tuple(Diagnosis))).all()


@pytest.mark.parametrize("group", [frozenset[Diagnosis](), frozenset(Diagnosis)])
def test_a_group_without_a_rest_is_refused(group: frozenset[Diagnosis]) -> None:
    zeros = np.zeros((2, 2, 3), np.float32)
    with pytest.raises(ValueError, match="group"):
        heatmap.grad_cam(
            zeros,
            zeros[0, 0, :, None] + np.zeros(8, np.float32),
            np.zeros(8, np.float32),
            group,
            tuple(Diagnosis),
        )


def cells(*hot: tuple[int, int]) -> NDArray[np.float32]:
    cam = np.zeros((7, 7), np.float32)
    for row, column in hot:
        cam[row, column] = 0.4
    return cam


def test_no_supporting_cell_is_no_positive_evidence() -> None:
    said = heatmap.describe(cells(), "melanoma")
    assert (said.location, said.centre_share) == (EvidenceLocation.NONE, None)


def test_evidence_too_weak_to_matter_is_no_positive_evidence_and_is_not_drawn() -> None:
    weak = cells((0, 3), (3, 3)) * np.float32(0.2)
    assert weak.sum() < heatmap.NEGLIGIBLE
    assert heatmap.describe(weak, "melanoma").location is EvidenceLocation.NONE
    assert not heatmap.normalise(weak).any()


def test_evidence_in_the_middle_is_central() -> None:
    said = heatmap.describe(cells((3, 3), (2, 3), (3, 4)), "melanoma")
    assert said.location is EvidenceLocation.CENTRE
    assert said.centre_share == pytest.approx(1.0)
    assert said.group == "melanoma"


@pytest.mark.parametrize("corner", [(0, 0), (0, 6), (6, 0), (6, 6), (0, 3), (3, 0)])
def test_evidence_at_the_border_is_off_centre(corner: tuple[int, int]) -> None:
    said = heatmap.describe(cells(corner), "melanoma")
    assert said.location is EvidenceLocation.OFF_CENTRE
    assert said.centre_share is not None and said.centre_share < heatmap.OFF_CENTRE_BELOW


def test_the_share_is_that_of_the_evidence_not_of_the_cells() -> None:
    cam = cells((3, 3), (0, 0))
    cam[0, 0] = 1.2
    assert heatmap.describe(cam, "melanoma").centre_share == pytest.approx(0.25)


def test_even_evidence_has_the_share_that_the_disc_has_of_the_square() -> None:
    share = heatmap.describe(np.ones((7, 7), np.float32), "melanoma").centre_share
    assert share == pytest.approx(np.pi * heatmap.CENTRE_RADIUS**2, abs=0.005)


@pytest.mark.parametrize("shape", [(7, 7), (8, 8), (10, 6)])
def test_any_size_of_map_is_described(shape: tuple[int, int]) -> None:
    said = heatmap.describe(np.ones(shape, np.float32), "melanoma")
    assert said.centre_share is not None and 0 < said.centre_share < 1


def test_the_drawn_map_reaches_one_and_keeps_its_proportions() -> None:
    cam = cells((3, 3), (1, 1))
    cam[1, 1] = 0.2
    drawn = heatmap.normalise(cam)
    assert (drawn[3, 3], drawn[1, 1], drawn[0, 0]) == pytest.approx((1.0, 0.5, 0.0))


def test_a_map_without_evidence_is_drawn_empty() -> None:
    assert not heatmap.normalise(cells()).any()
