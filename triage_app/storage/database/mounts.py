"""Whether a folder lies on a disk of this machine: SQLite needs that.

Its log is shared memory, and its locks must be kept by the same kernel; over a network neither
holds, and the database is damaged sooner or later (https://sqlite.org/wal.html, "Overview").
"""

import ctypes
import os
import re
from collections.abc import Iterator
from pathlib import Path

from triage_app.domain.errors import ConfigurationError
from triage_app.domain.shown import shown

MOUNTS = Path("/proc/self/mountinfo")
NETWORK = frozenset(
    {
        "9p",
        "acfs",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "cvmfs",
        "davfs",
        "davfs2",
        "gfarm",
        "glusterfs",
        "gpfs",
        "kafs",
        "lustre",
        "mfs",
        "ncp",
        "ncpfs",
        "nfs",
        "nfs3",
        "nfs4",
        "orangefs",
        "panfs",
        "prl_fs",
        "pvfs2",
        "shfs",
        "smb",
        "smb2",
        "smb3",
        "smbfs",
        "vboxsf",
        "virtiofs",
        "vmhgfs",
        "weka",
        "wekafs",
    }
)
LOCAL_FUSE = frozenset(
    {
        "apfs",
        "apfs-fuse",
        "bindfs",
        "cryfs",
        "encfs",
        "exfat",
        "ext2",
        "fuse-overlayfs",
        "fuse2fs",
        "gocryptfs",
        "mergerfs",
        "ntfs",
        "ntfs-3g",
        "securefs",
        "unionfs",
        "unionfs-fuse",
        "veracrypt",
        "zfs-fuse",
    }
)
"""Subtypes of FUSE that keep their files on this machine; any other may be a network's."""
# Numbers of statfs(2), from the kernel's magic.h and the file systems' own sources.
MAGICS = {
    0x6969: "nfs",
    0x517B: "smb",
    0xFE534D42: "smb2",
    0xFF534D42: "cifs",
    0x01021997: "9p",
    0x00C36400: "ceph",
    0x0BD00BD0: "lustre",
    0x5346414F: "afs",
    0x6B414653: "kafs",
    0x73757245: "coda",
    0x564C: "ncp",
    0x786F4256: "vboxsf",
    0x47504653: "gpfs",
    0xAAD7AAEA: "panfs",
    0x20030528: "orangefs",
    0xBACBACBC: "vmhgfs",
}
_ESCAPED = re.compile(rb"\\([0-7]{3})")


def refuse_network(database: Path) -> None:
    """Raise ConfigurationError where the database's folder, or what it will be in, is remote."""
    folder = _existing(database.parent)
    for kind in (kind_of_mount(folder), kind_by_number(folder)):
        if kind is not None and is_remote(kind):
            raise ConfigurationError(
                f"The database would lie on a network or shared file system ({kind}, in "
                f"{shown(folder)}), which damages SQLite databases. Keep it on a disk of this "
                "machine: set TRIAGE_DATA_DIR (or TRIAGE_DATABASE_URL) to a folder there, and put "
                "the backups on the network."
            )


def is_remote(kind: str) -> bool:
    """Whether a type of file system, as the kernel names it, is a network's or a host's share."""
    main, _, sub = kind.lower().partition(".")
    if main in ("fuse", "fuseblk"):
        return sub not in LOCAL_FUSE if main == "fuse" else sub in NETWORK
    return main in NETWORK


def kind_of_mount(folder: Path, mounts: Path = MOUNTS) -> str | None:
    """Type of the file system that a folder is in, by the table of mounts; None without one."""
    try:
        lines = mounts.read_bytes().splitlines()
    except OSError:
        return None
    found, length = None, -1
    for place, kind in _parsed(lines):
        # Of two mounts on one place the later one is seen.
        if folder.is_relative_to(place) and len(place.parts) >= length:
            found, length = kind, len(place.parts)
    return found


def kind_by_number(folder: Path) -> str | None:
    """The same by the number that the kernel gives; None for one that isn't known as remote."""
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(512)
    if not hasattr(libc, "statfs") or libc.statfs(os.fsencode(folder), buffer) != 0:
        return None
    number = ctypes.cast(buffer, ctypes.POINTER(ctypes.c_uint32))[0]
    return MAGICS.get(number)


def _parsed(lines: list[bytes]) -> Iterator[tuple[Path, str]]:
    """Mount point and type; see proc(5) for the fields."""
    for line in lines:
        before, separator, after = line.partition(b" - ")
        fields = before.split(b" ")
        if separator and len(fields) >= 5:
            place = _ESCAPED.sub(lambda match: bytes([int(match[1], 8)]), fields[4])
            yield Path(os.fsdecode(place)), os.fsdecode(after.split(b" ")[0])


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above that is there."""
    return next(p for p in (folder, *folder.parents) if p.exists())
