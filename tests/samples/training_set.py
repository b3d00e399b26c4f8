"""A small labelled set of drawn lesions on disk, for the training tests."""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from triage_app.training.data import CLASSES

COLOURS = (
    (190, 120, 110),
    (205, 150, 150),
    (120, 95, 70),
    (150, 100, 85),
    (40, 30, 35),
    (110, 70, 45),
    (215, 175, 90),
    (170, 40, 50),
)


def lesion(label: int, number: int, side: int) -> NDArray[np.uint8]:
    """A blob in the colour of its class on skin, uint8 (side, side, 3)."""
    rng = np.random.default_rng([label, number])
    rows, columns = np.mgrid[0:side, 0:side] / side - 0.5
    inside = np.hypot(rows * rng.uniform(0.8, 1.2), columns) < rng.uniform(0.2, 0.32)
    picture = np.where(inside[..., None], COLOURS[label], (225, 185, 165))
    return np.clip(picture + rng.normal(0, 6, (side, side, 1)), 0, 255).astype(np.uint8)


def write_set(folder: Path, each: dict[str, int], side: int = 64) -> tuple[Path, Path]:
    """Write ``each`` lesions of every class for each split; return image folder and labels."""
    images = folder / "images"
    images.mkdir(parents=True)
    rows = []
    for split, count in each.items():
        for label, dx in enumerate(CLASSES):
            for number in range(count):
                name = f"{split}_{dx}_{number}"
                seed = number + 1000 * list(each).index(split)
                Image.fromarray(lesion(label, seed, side)).save(images / f"{name}.png")
                rows.append(
                    {
                        "image": f"{name}.png",
                        "group": name,
                        "dx": dx,
                        "split": split,
                        "source": "drawn",
                        "dx_type": "histo" if number % 2 else "follow_up",
                        "age": str(30 + 10 * number),
                        "sex": "female" if number % 2 else "male",
                        "site": "back",
                    }
                )
    labels = folder / "labels.csv"
    with labels.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return images, labels


def write_masks(folder: Path, images: Path) -> Path:
    """A mask for every picture: the disc that all drawn lesions share."""
    folder.mkdir(parents=True)
    rows, columns = np.mgrid[0:50, 0:50] / 50 - 0.5
    disc = Image.fromarray((255 * (np.hypot(rows, columns) < 0.25)).astype(np.uint8))
    for path in images.glob("*.png"):
        disc.save(folder / f"{path.stem}.png")
    return folder
