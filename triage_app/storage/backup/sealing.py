"""Encryption of backups with a passphrase, in the age format (age-encryption.org/v1).

A key file beside the encrypted data holds a random salt. Argon2id turns the passphrase and the salt
into an X25519 key, and the data are encrypted to that key: authenticated in chunks of 64 KiB, so
that no more than a chunk is in memory. Whoever does not know the passphrase can neither read an
archive nor make one that opens with it. ``age`` itself opens the data with the key that
``identity`` returns, should this program be gone.

``pyrage`` also takes passphrases by itself, but then needs up to 1 GB of memory and stops every
other thread for seconds, and a slower machine may refuse what a faster one wrote.
"""

import json
import os
import secrets
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import argon2.low_level
import pyrage

from triage_app.domain.errors import ArchiveRefused, ConfigurationError
from triage_app.storage.backup.tar import Readable

SHORTEST_PASSPHRASE = 16
KEY_FORMAT = "dermoscopy-triage-key-1"
# RFC 9106, section 4: the second recommended option, for machines with little memory.
_COST = {"time_cost": 3, "memory_cost": 64 * 1024, "parallelism": 4}
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def read_passphrase(file: Path) -> str:
    """The first line of a private file.

    Raises ConfigurationError when it cannot be read, when others may read it, or when it is short.
    """
    try:
        with file.open(encoding="utf-8") as opened:
            others = os.fstat(opened.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO)
            line = opened.readline().rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            "The file that TRIAGE_BACKUP_PASSPHRASE_FILE names cannot be read."
        ) from error
    if others:
        raise ConfigurationError(
            "Others may read the file of the backup passphrase. Take their rights away: chmod 600."
        )
    return checked_passphrase(line)


def checked_passphrase(text: str) -> str:
    """The passphrase if it is long enough; raises ConfigurationError."""
    if len(text) < SHORTEST_PASSPHRASE:
        raise ConfigurationError(
            f"The backup passphrase needs at least {SHORTEST_PASSPHRASE} characters: whoever takes "
            "an archive can try as many as they like. Six random words are good."
        )
    return text


def new_key_file() -> bytes:
    """The public part of a new key: the format and a random salt, as JSON."""
    return json.dumps({"format": KEY_FORMAT, "salt": secrets.token_hex(16)}).encode()


def identity(passphrase: str, key_file: bytes) -> str:
    """The secret key ("AGE-SECRET-KEY-1...") of an archive; raises ArchiveRefused.

    The cost is fixed by the format: a number in the file would let a forged archive ask for any
    amount of memory.
    """
    try:
        stated = json.loads(key_file)
        salt = bytes.fromhex(stated["salt"])
        known = stated["format"] == KEY_FORMAT and len(salt) == 16
    except (ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise ArchiveRefused("The key file of this archive is damaged or of a newer version.")
    secret = argon2.low_level.hash_secret_raw(
        passphrase.encode(), salt, hash_len=32, type=argon2.low_level.Type.ID, **_COST
    )
    return bech32("age-secret-key-", secret).upper()


def seal(source: Readable, target: BinaryIO, secret_key: str) -> None:
    """Encrypt everything from ``source`` into ``target``."""
    watched = _Watched(source, target)
    recipient = pyrage.x25519.Identity.from_str(secret_key).to_public()
    try:
        pyrage.encrypt_io(watched, watched, [recipient])
    except pyrage.EncryptError:
        # The library turns the cause into words; what the caller needs is the cause itself.
        if watched.failure is None:
            raise
    # Also when it ended well: its last write happens as its buffer goes, unheard.
    if watched.failure is not None:
        raise watched.failure


@contextmanager
def opened(source: Readable, secret_key: str) -> Iterator[Readable]:
    """The decrypted bytes of ``source`` as a file.

    Raises ArchiveRefused for a wrong passphrase and for data that were changed or cut; the latter
    is found on the way, so nothing that was read may be used before the block has ended well.
    """
    read_end, write_end = os.pipe()
    decryption = _Decryption(source, write_end, secret_key)
    decryption.start()
    try:
        with os.fdopen(read_end, "rb") as plain:
            yield plain
            while plain.read(65_536):  # what follows the last member must be authentic too
                pass
    except ArchiveRefused as error:
        decryption.join()
        raise decryption.failure or error from None
    finally:
        decryption.join()
    if decryption.failure is not None:
        raise decryption.failure


_CHANGED = "The archive was changed or damaged after it was made, so nothing of it is used."


class _Decryption(threading.Thread):
    """Pushes decrypted bytes into a pipe, because the library writes and the caller reads."""

    def __init__(self, source: Readable, target: int, secret_key: str) -> None:
        super().__init__(name="backup-decryption", daemon=True)
        self._source, self._target, self._key = source, target, secret_key
        self.failure: Exception | None = None

    def run(self) -> None:
        """Decrypt to the end, or note why not."""
        reader = _Watched(self._source)
        try:
            with os.fdopen(self._target, "wb") as target:
                pyrage.decrypt_io(reader, target, [pyrage.x25519.Identity.from_str(self._key)])
        except pyrage.DecryptError:
            self.failure = reader.failure or ArchiveRefused(
                "The passphrase does not open this archive."
            )
        except BrokenPipeError:
            pass  # the caller has stopped reading, for a reason of its own
        except Exception as error:
            # The library's own faults are OSErrors; any other comes from reading the archive.
            own = ArchiveRefused(_CHANGED) if isinstance(error, OSError) else error
            self.failure = reader.failure or own


class _Watched:
    """Keeps the exception that reading or writing raised."""

    def __init__(self, source: Readable, target: BinaryIO | None = None) -> None:
        self._source, self._target = source, target
        self.failure: Exception | None = None

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end."""
        with self._noting():
            return self._source.read(size)

    def write(self, data: bytes, /) -> int:
        """Pass on what was encrypted."""
        assert self._target is not None
        with self._noting():
            return self._target.write(data)

    def flush(self) -> None:
        """Nothing is held back here."""

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.failure = error
            raise


def bech32(prefix: str, data: bytes) -> str:
    """Bytes as text with a checksum, as BIP 173 describes it."""
    groups = _five_bits(data)
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = _polymod([*expanded, *groups, 0, 0, 0, 0, 0, 0]) ^ 1
    groups += [(check >> 5 * (5 - place)) & 31 for place in range(6)]
    return f"{prefix}1" + "".join(_BECH32[group] for group in groups)


def _five_bits(data: bytes) -> list[int]:
    count = -(-len(data) * 8 // 5)
    whole = int.from_bytes(data, "big") << (count * 5 - len(data) * 8)
    return [(whole >> 5 * place) & 31 for place in reversed(range(count))]


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for bit, factor in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= factor if top >> bit & 1 else 0
    return check
