"""The labelled photographs of a folder: found by name, decoded as serving decodes them."""

from __future__ import annotations

import os
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from triage_app.domain.errors import ImageRejected
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.imaging.field import lit_part
from triage_app.inference.preprocessing import resized_crop
from triage_app.training.errors import ImageMissing

Crop = NDArray[np.uint8]
EXTENSIONS = (".jpg", ".jpeg", ".jpe", ".png", ".webp", ".tif", ".tiff", ".bmp", ".heic", ".heif")
MOST_NAMED = 20
# A training machine may be busy for long: nobody waits for the single picture.
_SECONDS = 120.0
_MOST_PROCESSES = 8


class Crops(Protocol):
    """Crops uint8 (S, S, 3) of any sides, to be gone through in order, and more than once."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Crop]: ...


class ImageFolder:
    """Finds photographs below a folder by name, with or without extension, in any case."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def find(self, name: str) -> list[Path]:
        """The files that a name may mean: none, one, or several that differ in folder or kind."""
        name = name.replace("\\", "/")
        if name and _is_file(self._root / name):
            return [self._root / name]
        wanted = Path(name.casefold())
        stem = wanted.stem if wanted.suffix in EXTENSIONS else wanted.name
        return self._by_name.get(wanted.name) or self._by_stem.get(stem, [])

    @cached_property
    def _files(self) -> list[Path]:
        found, walked = [], set()
        for folder, inner, names in os.walk(self._root, followlinks=True):
            real = os.path.realpath(folder)
            if real in walked:
                inner.clear()
                continue
            walked.add(real)
            found += [Path(folder) / name for name in names]
        return sorted(path for path in found if path.suffix.casefold() in EXTENSIONS)

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        return _indexed((path.name.casefold(), path) for path in self._files)

    @cached_property
    def _by_stem(self) -> dict[str, list[Path]]:
        return _indexed((path.stem.casefold(), path) for path in self._files)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        # A cell that is too long for the name of a file.
        return False


def _indexed(pairs: Iterator[tuple[str, Path]]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = defaultdict(list)
    for key, path in pairs:
        found[key].append(path)
    return dict(found)


class Photographs:
    """Named photographs of a folder; iterating gives the crop of each, in order.

    A crop is uint8 (S, S, 3), as ``imaging.intake.decode`` returns it: upright, sRGB, transparency
    flattened, the central square; with ``lit`` the part of it inside the lit field. Decoding is
    done ahead, in serving's own decoder processes. Iterating may be repeated. Raises ImageMissing,
    which names all files that are absent, or all that can't be decoded, up to MOST_NAMED.
    """

    def __init__(
        self,
        folder: Path,
        names: Sequence[str],
        processes: int | None = None,
        *,
        lit: bool = True,
    ) -> None:
        self.paths: Sequence[Path] = _all_found(folder, names)
        self._lit = lit
        self._processes = processes or min(os.cpu_count() or 1, _MOST_PROCESSES)

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[Crop]:
        if not self.paths:
            return
        processes = min(self._processes, len(self.paths))
        refused: list[str] = []
        with (
            DecoderPool(processes=processes, seconds=_SECONDS, wait=_SECONDS * 10) as pool,
            ThreadPoolExecutor(processes) as threads,
        ):
            for path, answer in _ahead(threads, pool, self.paths, 3 * processes):
                if isinstance(answer, str):
                    refused.append(f"{path.name} ({answer})")
                elif not refused:
                    yield lit_part(answer) if self._lit else answer
                if len(refused) == MOST_NAMED:
                    break
        if refused:
            raise _damaged(refused)


def _ahead(
    threads: ThreadPoolExecutor, pool: DecoderPool, paths: Sequence[Path], many: int
) -> Iterator[tuple[Path, Crop | str]]:
    waiting: deque[tuple[Path, Future[Crop | str]]] = deque()
    try:
        for path in paths:
            waiting.append((path, threads.submit(_decoded, pool, path)))
            if len(waiting) >= many:
                first, answer = waiting.popleft()
                yield first, answer.result()
        while waiting:
            first, answer = waiting.popleft()
            yield first, answer.result()
    finally:
        for _, answer in waiting:
            answer.cancel()


def _decoded(pool: DecoderPool, path: Path) -> Crop | str:
    """The crop, or why there is none."""
    try:
        return pool.decode(path.read_bytes()).crop
    except ImageRejected as fault:
        return str(fault).rstrip(".")
    except OSError as fault:
        return fault.strerror or str(fault)


def _all_found(folder: Path, names: Sequence[str]) -> list[Path]:
    if not folder.is_dir():
        raise ImageMissing(f"There is no folder {folder}. Give the folder of the photographs.")
    index = ImageFolder(folder)
    found = [(name, index.find(name)) for name in names]
    missing = [name for name, paths in found if not paths]
    if missing:
        raise ImageMissing(
            f"{len(missing):,} of {len(names)} labelled images are not in {folder}: "
            f"{_named(missing)}. Restore the files, or remove their rows from the labels."
        )
    for name, paths in found:
        if len(paths) > 1:
            raise ImageMissing(
                f"The image {name} is there more than once: {_named([str(p) for p in paths])}. "
                "Give a folder that holds each photograph once."
            )
    return [paths[0] for _, paths in found]


def _damaged(refused: Sequence[str]) -> ImageMissing:
    count = str(len(refused)) if len(refused) < MOST_NAMED else f"At least {len(refused)}"
    return ImageMissing(
        f"{count} labelled images can't be read: {'; '.join(refused)}. Restore the files, or "
        "remove their rows from the labels."
    )


def _named(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    shown = ", ".join(names[:MOST_NAMED])
    return f"{shown} and {more:,} more" if more > 0 else shown


def square_images(photographs: Photographs, side: int) -> NDArray[np.uint8]:
    """All crops resampled as serving does for a network of this side: uint8 (n, side, side, 3)."""
    out = np.empty((len(photographs), side, side, 3), np.uint8)
    for index, crop in enumerate(photographs):
        out[index] = resized_crop(crop, side)
    return out
