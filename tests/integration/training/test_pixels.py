"""One way to pixels: training, calibration and evaluation see what serving sees, and find files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.samples import golden, images
from tests.samples.colours import cmyk_profile
from triage_app.imaging.field import lit_part
from triage_app.imaging.intake import IntakeLimits, decode
from triage_app.inference.preprocessing import model_input, scale
from triage_app.training.data import Record, load_images, photographs_of
from triage_app.training.errors import ImageMissing
from triage_app.training.photographs import MOST_NAMED, Photographs

DRAWN = images.dermoscopic(300, 200)
FILES: dict[str, Callable[[], bytes]] = {
    "plain.jpg": lambda: images.jpeg(seed=3),
    "large.jpg": lambda: images.jpeg(seed=4, width=2400, height=1800),
    "turned.jpg": lambda: images.rotated_by_exif(6),
    "mirrored.tif": lambda: images.rotated_by_exif(5, "TIFF"),
    "profile.png": lambda: images.encoded(DRAWN, "PNG", icc_profile=images.linear_rgb_profile()),
    "alpha.png": images.transparent_png,
    "palette.png": lambda: images.encoded(Image.fromarray(DRAWN).quantize(64), "PNG"),
    "deep.png": lambda: images.sixteen_bit_png(colour=True),
    "deep.tiff": lambda: images.encoded(
        Image.fromarray(np.linspace(0, 65535, 96 * 80).astype(np.uint16).reshape(80, 96)), "TIFF"
    ),
    "cmyk.jpeg": lambda: images.encoded(
        Image.fromarray(DRAWN).convert("CMYK"), icc_profile=cmyk_profile()
    ),
    "upright.webp": lambda: images.encoded(images.dermoscopic(200, 330), "WEBP", quality=85),
    "phone.HEIC": lambda: images.encoded(DRAWN, "HEIF", quality=90),
    "phone_mpo.jpg": images.phone_mpo,
}


def records_of(names: list[str]) -> list[Record]:
    return [Record(name, name, "nv", "val") for name in names]


def check_same_pixels(folder: Path, names: list[str]) -> None:
    """The crops, and the network's input at two sizes, are those of serving, pixel for pixel."""
    records = records_of(names)
    loaded = {side: load_images(folder, records, side) for side in (224, 256)}
    for index, crop in enumerate(photographs_of(folder, records)):
        served = lit_part(decode((folder / names[index]).read_bytes(), IntakeLimits()).crop)
        assert np.array_equal(crop, served), names[index]
        for side, pixels in loaded.items():
            assert np.array_equal(scale(pixels[index]), model_input(served, side)[0]), names[index]


def test_files_of_every_kind_give_training_the_pixels_of_serving(tmp_path: Path) -> None:
    for name, file in FILES.items():
        (tmp_path / name).write_bytes(file())
    check_same_pixels(tmp_path, list(FILES))


def test_real_files_give_training_the_pixels_of_serving() -> None:
    folder = golden.DERMOSCOPY / "images"
    if not folder.is_dir():
        pytest.skip("the photographs aren't at ../shared/data/dermoscopy")
    found = sorted(path.name for path in folder.iterdir())
    check_same_pixels(folder, found[:: max(1, len(found) // 25)][:25])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three photographs, two of them in sub-folders."""
    for place in ("a.PNG", "part_1/ISIC_7.jpg", "part 2/ISIC_8_downsampled.webp"):
        path = tmp_path / place
        path.parent.mkdir(exist_ok=True)
        kind = {".png": "PNG", ".jpg": "JPEG", ".webp": "WEBP"}[path.suffix.lower()]
        path.write_bytes(images.encoded(images.square(64), kind))
    (tmp_path / "ISIC_7.txt").write_text("no photograph")
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "A.png",
        "ISIC_7",
        "isic_7.JPG",
        "ISIC_7.png",
        "elsewhere/ISIC_7.jpg",
        "part_1\\ISIC_7.jpg",
        "isic_8_downsampled",
    ],
)
def test_a_photograph_is_found_with_or_without_extension_in_any_case(
    folder: Path, name: str
) -> None:
    assert len(list(Photographs(folder, [name]))) == 1


def test_all_missing_photographs_are_named_at_once_up_to_a_number(folder: Path) -> None:
    with pytest.raises(ImageMissing, match=r"2 of 3 labelled images .*: b\.png, c\.png\. Restore"):
        Photographs(folder, ["a.PNG", "b.png", "c.png"])
    with pytest.raises(ImageMissing, match=f"and {100 - MOST_NAMED} more"):
        Photographs(folder, [f"gone{n}" for n in range(100)])
    with pytest.raises(ImageMissing, match="There is no folder"):
        Photographs(folder / "none", ["a.PNG"])
    with pytest.raises(ImageMissing, match="1 of 2"):
        Photographs(folder, ["a.PNG", "x" * 5000])


def test_all_damaged_photographs_are_named_at_once(folder: Path) -> None:
    for name in ("broken_1.jpg", "broken_2.jpg"):
        (folder / name).write_bytes(b"\xff\xd8\xff" + bytes(500))
    damaged = Photographs(folder, ["a", "broken_1", "ISIC_7", "broken_2"])
    with pytest.raises(ImageMissing, match=r"2 labelled .*broken_1\.jpg \(.*broken_2\.jpg \("):
        list(damaged)


def test_a_name_that_two_files_bear_is_refused_with_both(folder: Path) -> None:
    (folder / "part_1" / "a.jpg").write_bytes(images.encoded(images.square(64), "JPEG"))
    with pytest.raises(ImageMissing, match=r"a is there more than once: .*a\.PNG, .*a\.jpg"):
        Photographs(folder, ["a"])
    assert len(Photographs(folder, ["a.png"])) == 1


def test_links_in_a_circle_are_walked_once(folder: Path) -> None:
    (folder / "part_1" / "up").symlink_to(folder)
    assert len(Photographs(folder, ["isic_7"])) == 1
