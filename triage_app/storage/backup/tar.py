"""A tar archive as a stream, member by member, in either direction.

The ``tarfile`` module would read what a stranger's archive makes it read (links, devices, long
headers); here a member is a plain file with a short name or the archive is refused.
"""

import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from triage_app.domain.errors import ArchiveRefused

BLOCK = tarfile.BLOCKSIZE
END = bytes(2 * BLOCK)
PORTION = 1024 * 1024
"""Bytes that are held in memory at a time."""

CUT_SHORT = "The archive is cut short, so nothing of it is used. Take another one."


@dataclass(frozen=True)
class Member:
    """A file on its way into or out of an archive; ``chunks`` give exactly ``size`` bytes."""

    name: str
    size: int
    chunks: Iterable[bytes]


class Readable(Protocol):
    """Anything that bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end."""


def header(name: str, size: int, at: float) -> bytes:
    """The block before a member; ``at`` is its time in seconds since 1970."""
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, max(int(at), 0), 0o600
    return info.tobuf(tarfile.GNU_FORMAT)


def padding(size: int) -> bytes:
    """What fills the last block of a member."""
    return bytes(-size % BLOCK)


def packed(members: Iterable[Member], at: float) -> Iterator[bytes]:
    """The archive's bytes; raises ValueError when a member has more or fewer than it said."""
    for member in members:
        yield header(member.name, member.size, at)
        sent = 0
        for chunk in member.chunks:
            sent += len(chunk)
            yield chunk
        if sent != member.size:
            raise ValueError("a file changed while it was read")
        yield padding(member.size)
    yield END


def unpacked(source: Readable) -> Iterator[Member]:
    """Members in order; what the caller leaves of one is skipped. Raises ArchiveRefused."""
    while (block := _exactly(source, BLOCK)) != bytes(BLOCK):
        name, size = _parsed(block)
        rest = portions(source, size)
        yield Member(name, size, rest)
        for _ in rest:
            pass
        _exactly(source, len(padding(size)))


def portions(source: Readable, size: int) -> Iterator[bytes]:
    """The next ``size`` bytes in portions; raises ArchiveRefused when there are fewer."""
    while size:
        chunk = source.read(min(size, PORTION))
        if not chunk:
            raise ArchiveRefused(CUT_SHORT)
        size -= len(chunk)
        yield chunk


class Chunks:
    """Reads from an iterator of chunks as from a file."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = memoryview(b"")

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end."""
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._rest = memoryview(chunk)
        taken, self._rest = self._rest[:size], self._rest[size:]
        return bytes(taken)


def _parsed(block: bytes) -> tuple[str, int]:
    try:
        info = tarfile.TarInfo.frombuf(block, "ascii", "strict")
    except (tarfile.HeaderError, ValueError) as error:
        raise ArchiveRefused("This file is not a backup, or it is damaged.") from error
    if info.type != tarfile.REGTYPE or info.size < 0:
        raise ArchiveRefused("This archive holds something that no backup holds.")
    return info.name, info.size


def _exactly(source: Readable, size: int) -> bytes:
    return b"".join(portions(source, size))
