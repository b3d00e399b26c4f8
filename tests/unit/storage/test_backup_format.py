"""The tar and the encryption of backups: readable by other tools, closed to anything odd."""

import io
import random
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pyrage
import pytest

from triage_app.domain.errors import ArchiveRefused, ConfigurationError
from triage_app.storage.backup import sealing
from triage_app.storage.backup.tar import Chunks, Member, packed, unpacked

PASSPHRASE = "six plain words make it long"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def members(*sizes: int) -> dict[str, bytes]:
    rng = random.Random(5)
    return {f"files/{size:02x}/{size}": rng.randbytes(size) for size in sizes}


def tar_of(contents: dict[str, bytes]) -> bytes:
    given = (Member(name, len(data), [data]) for name, data in contents.items())
    return b"".join(packed(given, at=1_700_000_000))


def read_back(data: bytes) -> dict[str, bytes]:
    return {member.name: b"".join(member.chunks) for member in unpacked(io.BytesIO(data))}


def test_what_is_packed_is_a_tar_to_other_programs_and_to_this_one() -> None:
    contents = members(0, 1, 511, 512, 513, 3_000_000)
    data = tar_of(contents)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        assert {m.name: archive.extractfile(m).read() for m in archive} == contents  # type: ignore[union-attr]
        assert {m.mode for m in archive} == {0o600}
    assert read_back(data) == contents


def test_members_that_are_not_read_are_skipped() -> None:
    assert [member.name for member in unpacked(io.BytesIO(tar_of(members(5, 700))))] == [
        "files/05/5",
        "files/2bc/700",
    ]


def test_sizes_beyond_eight_gigabytes_survive_the_header() -> None:
    size = 20 * 2**30
    first = next(packed([Member("triage.sqlite3", size, [])], 0))
    assert next(unpacked(io.BytesIO(first))).size == size


def test_a_file_that_is_not_as_long_as_it_said_stops_the_writing() -> None:
    with pytest.raises(ValueError, match="changed while"):
        list(packed([Member("a", 10, [b"nine byte"])], 0))


@pytest.mark.parametrize("left", [0, 1, 511, 512, 600, 1023, 1024])
def test_a_tar_that_is_cut_short_is_refused(left: int) -> None:
    with pytest.raises(ArchiveRefused, match="cut short"):
        read_back(tar_of({"a": b"x" * 600})[:left])


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_devices_and_folders_are_refused(kind: bytes) -> None:
    info = tarfile.TarInfo("files/aa/x")
    info.type, info.linkname = kind, "/etc/passwd"
    with pytest.raises(ArchiveRefused, match="no backup holds"):
        read_back(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))


def test_any_other_file_is_said_to_be_no_backup() -> None:
    with pytest.raises(ArchiveRefused, match="not a backup"):
        read_back(b"%PDF-1.7 " + b"x" * 5000)


@pytest.fixture(scope="module")
def key() -> str:
    return sealing.identity(
        PASSPHRASE, b'{"format":"dermoscopy-triage-key-1","salt":"' + b"5a" * 16 + b'"}'
    )


def sealed(data: bytes, key: str) -> bytes:
    target = io.BytesIO()
    sealing.seal(io.BytesIO(data), target, key)
    return target.getvalue()


def unsealed(data: bytes, key: str) -> bytes:
    with sealing.opened(io.BytesIO(data), key) as plain:
        return b"".join(iter(lambda: plain.read(100_000), b""))


def test_encrypted_data_come_back_and_any_age_program_opens_them(key: str) -> None:
    data = random.Random(1).randbytes(200_000)
    hidden = sealed(data, key)
    assert data[:64] not in hidden
    assert unsealed(hidden, key) == data
    assert pyrage.decrypt(hidden, [pyrage.x25519.Identity.from_str(key)]) == data


def test_the_same_data_never_encrypt_to_the_same_bytes(key: str) -> None:
    assert sealed(b"data", key) != sealed(b"data", key)
    assert sealing.new_key_file() != sealing.new_key_file()


@pytest.mark.parametrize("place", [30, 180, 400, 70_000, 199_000, -1])
def test_a_changed_byte_anywhere_is_found(key: str, place: int) -> None:
    hidden = bytearray(sealed(bytes(200_000), key))
    hidden[place] ^= 1
    with pytest.raises(ArchiveRefused):
        unsealed(bytes(hidden), key)


@pytest.mark.parametrize("left", [0, 50, 300, 65_536 + 400, 131_072 + 232, 199_000])
def test_encrypted_data_that_are_cut_are_found(key: str, left: int) -> None:
    with pytest.raises(ArchiveRefused):
        unsealed(sealed(bytes(200_000), key)[:left], key)


def test_another_passphrase_or_another_salt_opens_nothing(key: str) -> None:
    hidden, file = sealed(b"data", key), sealing.new_key_file()
    for wrong in (sealing.identity(PASSPHRASE, file), str(pyrage.x25519.Identity.generate())):
        with pytest.raises(ArchiveRefused, match="passphrase does not open"):
            unsealed(hidden, wrong)


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format":"dermoscopy-triage-key-2","salt":"' + b"00" * 16 + b'"}',
        b'{"format":"dermoscopy-triage-key-1","salt":"00"}',
        b'{"format":"dermoscopy-triage-key-1","salt":7}',
    ],
)
def test_a_damaged_key_file_is_refused(file: bytes) -> None:
    with pytest.raises(ArchiveRefused, match="key file"):
        sealing.identity(PASSPHRASE, file)


class Failing:
    """A disk that fails, on either side."""

    def read(self, _size: int, /) -> bytes:
        raise OSError(5, "Input/output error")

    def write(self, _data: bytes, /) -> int:
        raise OSError(28, "No space left on device")


def test_faults_of_the_disk_stay_what_they_are(key: str) -> None:
    failing = Failing()
    with pytest.raises(OSError, match="Input/output"):
        sealing.seal(failing, io.BytesIO(), key)
    with pytest.raises(OSError, match="No space"):
        sealing.seal(io.BytesIO(b"data"), failing, key)  # type: ignore[arg-type]
    with pytest.raises(OSError, match="Input/output"), sealing.opened(failing, key) as plain:
        plain.read(1)


def test_a_reader_that_stops_early_keeps_its_own_error(key: str) -> None:
    hidden = sealed(bytes(3_000_000), key)
    with (
        pytest.raises(KeyError, match="mine"),
        sealing.opened(io.BytesIO(hidden), key) as plain,
    ):
        plain.read(10)
        raise KeyError("mine")


def test_only_a_little_is_in_memory_at_a_time(key: str) -> None:
    ahead = 0
    most = 0

    class Counting(io.BytesIO):
        def write(self, data: bytes, /) -> int:  # type: ignore[override]
            nonlocal ahead
            ahead -= len(data)
            return len(data)

    def chunks() -> Iterator[bytes]:
        nonlocal ahead, most
        for _ in range(200):
            ahead += 100_000
            most = max(most, ahead)
            yield bytes(100_000)

    sealing.seal(Chunks(chunks()), Counting(), key)
    assert most < 1_000_000


def test_keys_are_spelt_as_the_library_spells_them() -> None:
    for _ in range(20):
        spelt = str(pyrage.x25519.Identity.generate())
        digits = [BECH32.index(c) for c in spelt.lower().rpartition("1")[2]][:-6]
        number = 0
        for digit in digits:
            number = number << 5 | digit
        secret = (number >> len(digits) * 5 - 256).to_bytes(32, "big")
        assert sealing.bech32("age-secret-key-", secret).upper() == spelt


def passphrase_file(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    path = tmp_path / "passphrase"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_the_passphrase_is_the_first_line_of_a_private_file(tmp_path: Path) -> None:
    path = passphrase_file(tmp_path, f" {PASSPHRASE} \r\nnotes\n")
    assert sealing.read_passphrase(path) == f" {PASSPHRASE} "


@pytest.mark.parametrize(
    ("text", "mode", "sentence"),
    [
        (PASSPHRASE, 0o644, "chmod 600"),
        (PASSPHRASE, 0o620, "chmod 600"),
        ("fifteen letters", 0o600, "16 characters"),
        ("\n" + PASSPHRASE, 0o600, "16 characters"),
    ],
)
def test_a_passphrase_that_protects_nothing_is_refused(
    tmp_path: Path, text: str, mode: int, sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        sealing.read_passphrase(passphrase_file(tmp_path, text, mode))


def test_a_missing_passphrase_file_is_an_error_and_not_an_unencrypted_backup(
    tmp_path: Path,
) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(ConfigurationError, match="TRIAGE_BACKUP_PASSPHRASE_FILE"):
            sealing.read_passphrase(path)


def test_the_tar_command_lists_it(tmp_path: Path) -> None:
    (tmp_path / "one.tar").write_bytes(tar_of(members(700)))
    done = subprocess.run(
        ["tar", "-tf", tmp_path / "one.tar"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["files/2bc/700"]
