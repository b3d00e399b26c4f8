"""The detector of images unlike the training images."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from triage_app.domain.errors import ModelRefused
from triage_app.inference.competence import Detector, read_detector, save_detector


def test_the_score_is_the_mahalanobis_distance() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(0, [1, 2, 5], (500, 3)).astype(np.float32)
    precision = np.linalg.inv(np.cov(features.T))
    detector = Detector(features.mean(axis=0), np.linalg.cholesky(precision).astype(np.float32))
    asked = rng.normal(0, 4, (20, 3)).astype(np.float32)
    difference = asked - features.mean(axis=0)
    expected = np.sqrt(np.einsum("ni,ij,nj->n", difference, precision, difference))
    assert detector.scores(asked) == pytest.approx(expected, rel=1e-4)


def test_a_detector_survives_being_written_and_read(tmp_path: Path) -> None:
    detector = Detector(np.arange(4, dtype=np.float32), np.eye(4, 2, dtype=np.float32))
    save_detector(detector, tmp_path / "competence.npz")
    again = read_detector((tmp_path / "competence.npz").read_bytes())
    assert (again.mean == detector.mean).all() and (again.factor == detector.factor).all()


def archive(**arrays: object) -> bytes:
    buffer = BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not an archive",
        archive(mean=np.zeros(3)),
        archive(mean=np.zeros(3), factor=np.zeros((4, 2))),
        archive(mean=np.array([np.nan, 0]), factor=np.zeros((2, 2))),
        archive(mean=np.array([{"a": 1}], dtype=object), factor=np.zeros((1, 1))),
    ],
)
def test_arrays_that_do_not_fit_refuse_the_model(content: bytes) -> None:
    with pytest.raises(ModelRefused, match="competence detector"):
        read_detector(content)
