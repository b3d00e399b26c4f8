"""A 12-megapixel JPEG: how fast it is decoded, and what the short way does to the findings.

``python -m tests.bench.large_photograph`` measures the second on 200 development images from
``../shared/data/dermoscopy``, enlarged, with noise and hairs in full resolution. Exit status 0: the
shift is within its bounds; 1: it isn't; 2: the images aren't there.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tests.bench.budget import Budget
from tests.bench.harness import REPORTED, Row, compare, times_faster
from tests.samples import golden, images
from triage_app.domain.diagnosis import FindingClass
from triage_app.domain.triage import Decision
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.imaging.intake import IntakeLimits, decode
from triage_app.inference.classifier import Prediction
from triage_app.training.assess import ShippedRule
from triage_app.training.data import of_split
from triage_app.training.labels import read_labels

WIDTH, HEIGHT = 4000, 3000
ROUNDS = 15
COUNT = 200
MEDIAN_BELOW, NEARLY_ALL_BELOW = 0.01, 0.03
WHAT = "12-megapixel JPEG, decoded for analysis"
LIMITS = IntakeLimits()
_GRAIN = 6.0
_HAIRS = 14


def rows(budget: Budget) -> Iterator[Row]:
    """Decoding alone, and through the decoder's process."""
    photograph = images.jpeg(width=WIDTH, height=HEIGHT)
    name = "Pillow's full decode and resize"

    def full() -> None:
        Image.open(BytesIO(photograph)).convert("RGB").resize((1024, 768))

    def ours() -> None:
        decode(photograph, LIMITS)

    shares = budget.split(2)
    yield compare(
        WHAT, name, full, ours, target=times_faster(3), rounds=ROUNDS, budget=next(shares)
    )
    with DecoderPool(LIMITS) as pool:
        yield compare(
            f"{WHAT}, in the decoder's process",
            name,
            full,
            lambda: pool.decode(photograph),
            target=REPORTED,
            rounds=ROUNDS,
            budget=next(shares),
        )


def enlarged(
    pixels: NDArray[np.uint8], seed: int, width: int = WIDTH, height: int = HEIGHT
) -> bytes:
    """A JPEG of ``width`` x ``height`` px, its central square a picture, uint8 (s, s, 3).

    Noise of six grey levels and some hairs are added after the enlarging, in full resolution.
    """
    rng = np.random.default_rng(seed)
    square = Image.fromarray(pixels).resize((height, height), Image.Resampling.BICUBIC)
    margin = (width - height) // 2
    wide = np.pad(np.asarray(square), ((0, 0), (margin, margin), (0, 0)), mode="reflect")
    picture = Image.fromarray(wide)
    _draw_hairs(picture, rng)
    noise = np.roll(_grain(width, height), rng.integers(0, height, 2), (0, 1))
    values = np.asarray(picture, np.int16) + noise[..., np.newaxis]
    return images.encoded(np.clip(values, 0, 255).astype(np.uint8), quality=92)


@lru_cache(maxsize=1)
def _grain(width: int, height: int) -> NDArray[np.int16]:
    drawn = np.random.default_rng(0).standard_normal((height, width), np.float32)
    return np.rint(_GRAIN * drawn).astype(np.int16)


def _draw_hairs(picture: Image.Image, rng: np.random.Generator) -> None:
    pen = ImageDraw.Draw(picture)
    for _ in range(_HAIRS):
        ends = rng.uniform(0, 1, (3, 2)) * picture.size
        along = np.linspace(0, 1, 60)[:, np.newaxis]
        # A quadratic Bezier curve.
        curve = (1 - along) ** 2 * ends[0] + 2 * along * (1 - along) * ends[1] + along**2 * ends[2]
        shade = int(rng.integers(20, 70))
        colour = (shade + 20, shade + 5, shade)
        width = int(rng.integers(3, 14) * picture.height / HEIGHT) or 1
        pen.line([tuple(point) for point in curve.tolist()], fill=colour, width=width)


def the_long_way(data: bytes) -> NDArray[np.uint8]:
    """The analysed crop by Pillow's full decoding and its best filter, uint8 (S, S, 3)."""
    picture = Image.open(BytesIO(data)).convert("RGB")
    side, wanted = min(picture.size), min(*picture.size, LIMITS.crop_side)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.crop((left, top, left + side, top + side))
    return np.asarray(square.resize((wanted, wanted), Image.Resampling.LANCZOS))


@dataclass(frozen=True)
class Pair:
    """What the shipped rule says of one photograph decoded the long way and the short way."""

    image: str
    long: tuple[Prediction, Decision]
    short: tuple[Prediction, Decision]

    @property
    def shift(self) -> float:
        """Absolute difference of P(malignant)."""
        before, after = (
            said[0].findings.by_class()[FindingClass.MALIGNANT] for said in (self.long, self.short)
        )
        return abs(after - before)

    @property
    def level_changed(self) -> bool:
        """Whether the level from findings alone differs."""
        return self.long[1].findings_level is not self.short[1].findings_level

    def beyond(self, points: Sequence[float]) -> float:
        """How far the nearer of the two scores lay from its point the long way."""
        findings = self.long[0].findings
        scores = (findings.rule_out_score, findings.rule_in_score)
        return min(abs(s - p) for s, p in zip(scores, points, strict=True))


def both_ways(rule: ShippedRule, image: str, data: bytes) -> Pair:
    """Judge one file decoded both ways."""
    return Pair(image, rule(the_long_way(data)), rule(decode(data, LIMITS).crop))


def main() -> int:
    """The check on 200 development images."""
    labels = golden.DERMOSCOPY / "labels.csv"
    if not labels.exists():
        print("skipped: the development images aren't at ../shared/data/dermoscopy")
        return 2
    classifier = golden.load()
    rule, pairs = ShippedRule(classifier), []
    for number, record in enumerate(golden.sample(of_split(read_labels(labels), "val"), COUNT)):
        with Image.open(golden.DERMOSCOPY / "images" / record.image) as opened:
            data = enlarged(np.asarray(opened.convert("RGB")), number)
        pairs.append(both_ways(rule, f"image {number}", data))
    points = classifier.card.operating_points
    return 0 if _within(pairs, (points.rule_out.value, points.rule_in.value)) else 1


def _within(pairs: Sequence[Pair], points: Sequence[float]) -> bool:
    shifts = np.array([pair.shift for pair in pairs])
    middle, nearly_all = float(np.median(shifts)), float(np.percentile(shifts, 99))
    print(f"{len(pairs)} images of {WIDTH} x {HEIGHT} px, decoded the short way and in full:")
    print(f"shift of P(malignant): median {middle:.5f} (to be below {MEDIAN_BELOW}),")
    print(f"99th percentile {nearly_all:.4f} (below {NEARLY_ALL_BELOW}), most {shifts.max():.4f}")
    levels = Counter(pair.long[1].findings_level.value for pair in pairs)
    print(f"levels in full: {', '.join(f'{count} {level}' for level, count in levels.items())}")
    changed = [pair for pair in pairs if pair.level_changed]
    far = [pair for pair in changed if pair.beyond(points) >= NEARLY_ALL_BELOW]
    print(f"levels changed: {len(changed)}, of scores {NEARLY_ALL_BELOW} or more away: {len(far)}")
    for pair in changed:
        before, after = (said[1] for said in (pair.long, pair.short))
        codes = sorted(
            {r.code.value for r in before.reasons} ^ {r.code.value for r in after.reasons}
        )
        print(
            f"  {pair.image}: {before.findings_level.value} -> {after.findings_level.value}, "
            f"{pair.beyond(points):.4f} from its point, reasons that differ: {', '.join(codes)}"
        )
    return middle < MEDIAN_BELOW and nearly_all < NEARLY_ALL_BELOW and not far


if __name__ == "__main__":
    sys.exit(main())
