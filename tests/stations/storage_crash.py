"""A process of its own that the storage tests kill, or let run out of disk.

``python -m tests.stations.storage_crash POINT FOLDER``: POINT is where it kills itself, or "fill".
"""

import hashlib
import os
import random
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.samples.storage_cases import case, open_work
from triage_app.domain.case import Case
from triage_app.domain.errors import StorageUnavailable
from triage_app.domain.files import FileKind
from triage_app.storage.database.engine import open_engine
from triage_app.storage.files import DiskFileStore

VICTIM = "c" * 32
PICTURES = {FileKind.ORIGINAL: b"original " * 20_000, FileKind.CROP: b"crop " * 9_000}


def put_files(files: DiskFileStore, of: Case) -> Case:
    """The case with files that are on disk."""
    stored = {}
    for kind, data in PICTURES.items():
        digest = hashlib.sha256(data).hexdigest()
        row = replace(next(iter(of.files.values())), kind=kind, sha256=digest, size=len(data))
        stored[kind] = replace(row, id=files.put(data))
    return replace(of, files=stored, reports=())


def die() -> None:
    """As by a loss of power: no handler runs, nothing is closed."""
    os.kill(os.getpid(), signal.SIGKILL)


def half_a_write(descriptor: int, data: memoryview) -> int:
    """Die in the middle of a file."""
    os.pwrite(descriptor, data[: len(data) // 2], 0)
    die()
    return 0


def adding(point: str, folder: Path) -> None:
    """Store a case, and die on the way."""
    files = DiskFileStore(folder / "files")
    if point == "half a file":
        os.write = half_a_write  # type: ignore[assignment]
    with_files = put_files(files, case(random.Random(77), id=VICTIM))
    if point == "files without row":
        die()
    with open_work(open_engine(f"sqlite:///{folder}/triage.db")) as work:
        work.cases.add(with_files)
        if point == "row not committed":
            die()
        work.commit()
        die()


def erasing(point: str, folder: Path) -> None:
    """Erase the case, and die on the way."""
    files = DiskFileStore(folder / "files")
    with open_work(open_engine(f"sqlite:///{folder}/triage.db")) as work:
        gone = list(work.cases.erase(VICTIM))
        if point == "erase not committed":
            die()
        work.commit()
    if point == "half of the files removed":
        files.remove([gone.pop().id])
    die()


def fill(folder: Path) -> None:
    """Store cases until the disk is full; print each id that was stored, then the sentences."""
    files = DiskFileStore(folder / "files")
    engine = open_engine(f"sqlite:///{folder}/triage.db")
    said = {"rows": "", "files": ""}
    for number in range(10_000):
        one = case(random.Random(number), id=f"{number:032x}", note="long " * 900)
        try:
            with open_work(engine) as work:
                work.cases.add(one)
                work.commit()
        except StorageUnavailable as error:
            said["rows"] = str(error)
            break
        sys.stdout.write(f"{one.id}\n")
    try:
        files.put(b"x" * 2_000_000)
    except StorageUnavailable as error:
        said["files"] = str(error)
    sys.stdout.write(f"{said['rows']}\n{said['files']}\n")


ACTIONS: dict[str, Callable[[str, Path], None]] = {
    "half a file": adding,
    "files without row": adding,
    "row not committed": adding,
    "committed": adding,
    "erase not committed": erasing,
    "erase committed": erasing,
    "half of the files removed": erasing,
    "fill": lambda _point, folder: fill(folder),
}

if __name__ == "__main__":
    ACTIONS[sys.argv[1]](sys.argv[1], Path(sys.argv[2]))
