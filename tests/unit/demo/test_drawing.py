"""Drawn lesions of the made-up clinic: repeatable, growing, and taken for dermoscopic images."""

from collections.abc import Iterator
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.samples import golden
from triage_app.config import Settings
from triage_app.demo.looks import LOOKS, Kind
from triage_app.demo.photograph import HEIGHT, WIDTH, DrawnLesion, Shot, photographs
from triage_app.domain.context import NO_CONTEXT, SkinType
from triage_app.domain.quality import Grade
from triage_app.domain.triage import Level, Policy
from triage_app.imaging.intake import Decoded, IntakeLimits, decode
from triage_app.services.images.assessment import Assessment, Assessor
from triage_app.wiring.model import in_service

NAEVUS = DrawnLesion(Kind.NAEVUS, 11, SkinType.II)


def pixels(data: bytes) -> NDArray[np.float64]:
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"), np.float64)


FIRST = Shot(0.0)


def shot(lesion: DrawnLesion, taken: Shot = FIRST) -> bytes:
    (data,) = photographs(lesion, [taken])
    return data


def alike(one: bytes, other: bytes) -> float:
    """Correlation of two pictures at 32 px, where hairs and grain don't count."""
    small = []
    for data in (one, other):
        with Image.open(BytesIO(data)) as image:
            grey = image.convert("L").resize((32, 24), Image.Resampling.BOX)
            small.append(np.asarray(grey, np.float64).ravel())
    return float(np.corrcoef(small)[0, 1])


def dark_share(data: bytes) -> float:
    """Share of pixels much darker than the skin."""
    grey = pixels(data).mean(axis=2)
    return float((grey < 0.72 * np.percentile(grey, 90)).mean())


def test_every_kind_has_a_look() -> None:
    assert set(LOOKS) == set(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_is_drawn_as_a_jpeg_without_metadata(kind: Kind) -> None:
    with Image.open(BytesIO(shot(DrawnLesion(kind, 3, SkinType.III, 0.5, 5)))) as image:
        assert (image.format, image.size) == ("JPEG", (WIDTH, HEIGHT))
        assert not image.getexif()


def test_the_same_lesion_and_shot_give_the_same_bytes_whatever_was_drawn_before() -> None:
    later = Shot(0.5)
    one, two = photographs(NAEVUS, [Shot(0.0), later])
    assert shot(NAEVUS) == one
    assert shot(NAEVUS, later) == two


def test_two_photographs_of_one_lesion_differ_but_show_the_same_lesion() -> None:
    one, two = photographs(NAEVUS, [Shot(0.0), Shot(0.0, number=1)])
    other = shot(DrawnLesion(Kind.MELANOMA, 12, SkinType.II))
    assert one != two
    assert alike(one, two) > 0.85
    assert alike(one, two) > alike(one, other) + 0.05


def test_a_growing_lesion_covers_more_of_the_picture_a_year_later() -> None:
    growing = DrawnLesion(Kind.MELANOMA, 21, SkinType.II, growth=1.5)
    still = DrawnLesion(Kind.NAEVUS, 22, SkinType.II)
    before, after = photographs(growing, [Shot(0.0), Shot(1.0)])
    assert dark_share(after) > 1.15 * dark_share(before)
    before, after = photographs(still, [Shot(0.0), Shot(1.0)])
    assert dark_share(after) == pytest.approx(dark_share(before), rel=0.25)


class InProcess:
    """Decodes here; these files are trusted."""

    def decode(self, data: bytes) -> Decoded:
        return decode(data, IntakeLimits())


@pytest.fixture(scope="module")
def assessed() -> Iterator[dict[Kind, list[Assessment]]]:
    """What the shipped model says of three lesions of each kind."""
    model = in_service(golden.load(), Settings.from_env({}))
    assessor = Assessor(InProcess(), model, "", Policy(0.5, 0.5))
    yield {
        kind: [
            assessor.assess(shot(DrawnLesion(kind, 500 + n, SkinType.II, hairs=3 * n)), NO_CONTEXT)
            for n in range(3)
        ]
        for kind in Kind
    }


def test_the_shipped_model_assesses_most_drawn_images(
    assessed: dict[Kind, list[Assessment]],
) -> None:
    every = [one for several in assessed.values() for one in several]
    taken = [one for one in every if one.decision.findings_level is not Level.CANNOT_ASSESS]
    assert len(taken) >= 0.9 * len(every)
    graded = [f.grade for one in every for f in one.evidence.quality.findings]  # type: ignore[union-attr]
    assert graded.count(Grade.GOOD) >= 0.95 * len(graded)


def test_drawn_features_follow_the_truth_in_the_eyes_of_the_shipped_model(
    assessed: dict[Kind, list[Assessment]],
) -> None:
    def melanoma(kind: Kind) -> float:
        found = [one.evidence.findings for one in assessed[kind]]
        return float(np.mean([f.rule_in_score for f in found if f is not None]))

    assert melanoma(Kind.MELANOMA) > 0.25
    assert melanoma(Kind.MELANOMA) > melanoma(Kind.DYSPLASTIC_NAEVUS) > melanoma(Kind.NAEVUS)
    assert melanoma(Kind.SEBORRHOEIC_KERATOSIS) < 0.03


def test_a_blurred_shot_is_graded_as_such() -> None:
    model = in_service(golden.load(), Settings.from_env({}))
    assessor = Assessor(InProcess(), model, "", Policy(0.5, 0.5))
    found = assessor.assess(shot(NAEVUS, Shot(0.0, blurred=True)), NO_CONTEXT)
    sharpness = next(f for f in found.evidence.quality.findings if f.code == "sharpness")  # type: ignore[union-attr]
    assert sharpness.grade is not Grade.GOOD
    assert found.decision.findings_level is Level.CANNOT_ASSESS
