"""A backup archive: how it is written, and how it is read back and checked.

It is a plain tar: the image files, the database, SHA256SUMS over these, and manifest.json, which
comes last and so tells a whole archive from a cut one. With a passphrase this tar is encrypted, and
lies with its key file in an outer tar. See assets/guides/OPERATING.md for opening one by hand.
"""

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from triage_app.domain.backups import Contents
from triage_app.domain.errors import ArchiveRefused
from triage_app.storage.backup import sealing
from triage_app.storage.backup.tar import (
    BLOCK,
    CUT_SHORT,
    END,
    PORTION,
    Chunks,
    Member,
    Readable,
    header,
    packed,
    padding,
    unpacked,
)

FORMAT = "dermoscopy-triage-backup-1"
DATABASE = "triage.sqlite3"
SUMS = "SHA256SUMS"
MANIFEST = "manifest.json"
KEY_FILE = "key.json"
SEALED = "backup.tar.age"
FILE_NAME = re.compile(r"files/([0-9a-f]{2})/(\1[0-9a-f]{30})")
"""Name of an image file; the second group is its id."""
LARGEST_NOTE = 64 * 1024 * 1024
"""Bound in bytes on the parts that are read whole: key file and manifest."""

Sink = Callable[[str, Iterator[bytes]], None]
"""Takes the name and the bytes of a member and must read these to the end."""


@dataclass(frozen=True)
class Manifest:
    """What an archive says about itself; ``damaged`` lists ids of files, ``sums`` is a SHA-256."""

    format: str
    made_at: str
    app_version: str
    revision: str
    cases: int
    files: int
    trail: str
    damaged: list[str]
    sums: str

    def encoded(self) -> bytes:
        """As it lies in the archive."""
        return json.dumps(asdict(self), indent=1).encode()


class Sums:
    """Hashes members as they pass, and knows the lines of SHA256SUMS so far by their hash."""

    def __init__(self, lines: BinaryIO | None = None) -> None:
        self._lines, self._hash = lines, hashlib.sha256()

    def watch(self, name: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The chunks as they are; at their end the line is noted."""
        digest = hashlib.sha256()
        for chunk in chunks:
            digest.update(chunk)
            yield chunk
        line = f"{digest.hexdigest()}  {name}\n".encode()
        self._hash.update(line)
        if self._lines is not None:
            self._lines.write(line)
        self.last = digest.hexdigest()

    def hexdigest(self) -> str:
        """SHA-256 of all lines so far."""
        return self._hash.hexdigest()


def write(target: BinaryIO, members: Iterable[Member], passphrase: str | None) -> None:
    """Write an archive into an empty file that can be positioned."""
    at = time.time()
    if passphrase is None:
        for chunk in packed(members, at):
            target.write(chunk)
        return
    key_file = sealing.new_key_file()
    for part in (header(KEY_FILE, len(key_file), at), key_file, padding(len(key_file))):
        target.write(part)
    start = target.tell()
    target.write(bytes(BLOCK))
    source = Chunks(packed(members, at))
    sealing.seal(source, target, sealing.identity(passphrase, key_file))
    size = target.tell() - start - BLOCK
    target.write(padding(size) + END)
    target.seek(start)  # how long the encrypted part gets is known only now
    target.write(header(SEALED, size, at))


def examine(archive: Path, ask: Callable[[], str], sink: Sink | None = None) -> Contents:
    """Read an archive to its end and check it against its own hashes; raises ArchiveRefused.

    ``ask`` gives the passphrase and is called for encrypted archives only. ``sink`` gets each image
    file and the database on the way, before it is known whether the whole is sound.
    """
    try:
        with archive.open("rb") as file:
            hashed = _Hashed(file)
            with _inner(hashed, ask) as source:
                manifest = _examined(source, sink)
            while hashed.read(PORTION):
                pass
    except OSError as error:
        raise ArchiveRefused(f"The archive cannot be read: {error.strerror}.") from error
    return _contents(manifest, hashed.hexdigest())


@contextmanager
def _inner(file: Readable, ask: Callable[[], str]) -> Iterator[Readable]:
    """The plain tar within."""
    first = file.read(BLOCK)
    whole = _Joined(first, file)
    if not first.startswith(KEY_FILE.encode() + b"\0"):
        yield whole
        return
    outer = unpacked(whole)
    key_file = _short(next(outer, None), KEY_FILE)
    sealed = next(outer, None)
    if sealed is None or sealed.name != SEALED:
        raise ArchiveRefused(CUT_SHORT)
    with sealing.opened(Chunks(sealed.chunks), sealing.identity(ask(), key_file)) as source:
        yield source


def _examined(source: Readable, sink: Sink | None) -> Manifest:
    sums, members, has_database = Sums(), unpacked(source), False
    for member in members:
        if member.name == SUMS:
            break
        has_database = has_database or member.name == DATABASE
        if not (member.name == DATABASE or FILE_NAME.fullmatch(member.name)):
            raise ArchiveRefused("This archive holds something that no backup holds.")
        chunks = sums.watch(member.name, member.chunks)
        if sink is not None:
            sink(member.name, chunks)
        for _ in chunks:
            pass
    else:
        raise ArchiveRefused(CUT_SHORT)
    listed = hashlib.sha256()
    for chunk in member.chunks:
        listed.update(chunk)
    manifest = _parsed(_short(next(members, None), MANIFEST))
    if not (listed.hexdigest() == sums.hexdigest() == manifest.sums and has_database):
        raise ArchiveRefused("The archive does not agree with its own hashes. Take another one.")
    if next(members, None) is not None:
        raise ArchiveRefused("This archive holds something that no backup holds.")
    return manifest


def _short(member: Member | None, name: str) -> bytes:
    """A part that is read whole."""
    if member is None or member.name != name:
        raise ArchiveRefused(CUT_SHORT)
    if member.size > LARGEST_NOTE:
        raise ArchiveRefused("This archive holds something that no backup holds.")
    return b"".join(member.chunks)


def _parsed(data: bytes) -> Manifest:
    try:
        manifest = Manifest(**json.loads(data))
        datetime.fromisoformat(manifest.made_at)
    except (ValueError, TypeError) as error:
        raise ArchiveRefused("The manifest of this archive cannot be read.") from error
    if manifest.format != FORMAT:
        raise ArchiveRefused("This archive was made by another version. Restore it with that one.")
    return manifest


def _contents(manifest: Manifest, sha256: str) -> Contents:
    return Contents(
        made_at=datetime.fromisoformat(manifest.made_at),
        app_version=manifest.app_version,
        revision=manifest.revision,
        cases=manifest.cases,
        files=manifest.files,
        trail=manifest.trail,
        damaged=tuple(manifest.damaged),
        sha256=sha256,
    )


class _Joined:
    """Bytes that were read already, then the file they came from."""

    def __init__(self, first: bytes, rest: Readable) -> None:
        self._first, self._rest = first, rest

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end."""
        if self._first:
            taken, self._first = self._first[:size], self._first[size:]
            return taken
        return self._rest.read(size)


class _Hashed:
    """A file that is hashed as it is read."""

    def __init__(self, file: Readable) -> None:
        self._file, self._hash = file, hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end."""
        data = self._file.read(size)
        self._hash.update(data)
        return data

    def hexdigest(self) -> str:
        """SHA-256 of what was read so far."""
        return self._hash.hexdigest()
