"""Where the program may be started: names of folders and files, file systems, output, addresses."""

import io
import json
import subprocess
import unicodedata
from ipaddress import IPv6Address
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage_app.config import Settings
from triage_app.domain.errors import ConfigurationError
from triage_app.domain.shown import as_text, is_text, shown, spelled
from triage_app.services.ground.terminal import Progress
from triage_app.storage.database import mounts
from triage_app.storage.database.engine import open_engine
from triage_app.storage.database.mounts import (
    is_remote,
    kind_by_number,
    kind_of_mount,
    refuse_network,
)
from triage_app.storage.database.snapshot import database_file, keep_copy
from triage_app.web.door import policy

ODD = (
    "a?b", "a?mode=ro", "50% of it", "%41", "%3F", "a#b", "a&b=c", "it's", 'a"b', "a\nb", "a\tb",
    "-rf", "--to", " a", "a  b", "Zoë", unicodedata.normalize("NFD", "Zoë"), "皮膚科", "клиника",
    "a:b", "file:x", "a;b", "a\\b", "$HOME", "`x`", "*[x]?", "~", "\x1b[31mred", "{a}", "%(here)s",
    "\u202eabc", "a\u200bb", "...", "x" * 200,
)  # fmt: skip
NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1, max_size=40
).filter(lambda name: name not in (".", "..") and len(name.encode()) < 250)
BYTES = st.binary(min_size=1, max_size=40).filter(lambda name: not set(name) & {0, 47})


@pytest.mark.parametrize("name", ODD)
def test_a_database_lies_where_the_data_folder_is_whatever_it_is_called(
    name: str, tmp_path: Path
) -> None:
    folder = tmp_path / name / "data"
    folder.mkdir(parents=True)
    found = Settings.from_env({"TRIAGE_DATA_DIR": str(folder), "TRIAGE_MODEL_DIR": str(folder)})
    assert (found.data_dir, found.model_dir) == (folder, folder)
    engine = open_engine(found.database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE kept (x)")
    engine.dispose()
    assert found.database == database_file(found.database_url) == folder / "triage.sqlite3"
    copy = keep_copy(found.database, folder / "backups", "test")
    assert sorted(p.name for p in folder.iterdir()) == ["backups", "triage.sqlite3"]
    assert copy.parent == folder / "backups"
    assert [p.name for p in tmp_path.iterdir()] == [name]


@settings(max_examples=300, deadline=None)
@given(name=NAMES)
def test_the_url_of_a_database_gives_back_any_path(name: str) -> None:
    folder = f"/srv/{name}/data"
    found = Settings.from_env({"TRIAGE_DATA_DIR": folder})
    assert database_file(found.database_url) == found.database == Path(folder) / "triage.sqlite3"
    url = Settings.from_env({"TRIAGE_DATABASE_URL": found.database_url})
    assert url.database == found.database


@pytest.mark.parametrize(
    ("setting", "value", "why"),
    [
        ("TRIAGE_DATA_DIR", "/srv/a\udcff", "UTF-8"),
        ("TRIAGE_BACKUP_DIR", "/srv/\udce4\udcf6", "UTF-8"),
        ("TRIAGE_MODEL_DIR", "/srv/model ", "space or line break"),
        ("TRIAGE_DATA_DIR", "/srv/data\r", "space or line break"),
        ("TRIAGE_DATA_DIR", "\n/srv/data", "space or line break"),
        ("TRIAGE_DATA_DIR", "~nobodyiscalledlikethis/data", "leads nowhere"),
        ("TRIAGE_DATABASE_URL", "sqlite:////srv/t.db?mode=ro", "question mark"),
        ("TRIAGE_DATABASE_URL", "sqlite:////srv/t%ff.db\udcff", "UTF-8"),
        ("TRIAGE_SITE_NAME", "Klinik \udcfc", "UTF-8"),
    ],
)
def test_a_path_that_cannot_be_meant_or_used_is_refused_with_the_reason(
    setting: str, value: str, why: str
) -> None:
    with pytest.raises(ConfigurationError, match=why) as refused:
        Settings.from_env({setting: value})
    assert setting in str(refused.value)
    assert is_text(str(refused.value))


@settings(max_examples=300, deadline=None)
@given(name=BYTES)
def test_every_name_is_shown_on_one_line_and_bash_reads_it_back(name: bytes) -> None:
    text = name.decode("utf-8", "surrogateescape")
    line = shown(text)
    assert line.isprintable()
    assert json.loads(json.dumps(as_text(text), ensure_ascii=False).encode()) == as_text(text)
    assert shown(as_text(text)) == line or as_text(text).startswith("$'")
    assert spelled(f"{text} is wrong.").isprintable()


@settings(max_examples=200, deadline=None)
@given(names=st.lists(BYTES, min_size=2, max_size=2, unique=True))
def test_no_two_names_are_shown_alike(names: list[bytes]) -> None:
    first, second = (name.decode("utf-8", "surrogateescape") for name in names)
    assert shown(first) != shown(second)
    assert as_text(first) != as_text(second)


def test_a_shown_name_can_be_pasted_into_a_shell() -> None:
    names = [b"a\xff\xfe", b"two\nlines", b"\x1b[2J'\\", b"$'x'", "\u202etxt.exe".encode(), b"\x01"]
    for name in names:
        script = f"printf %s {shown(name.decode('utf-8', 'surrogateescape'))}"
        assert subprocess.check_output(["bash", "-c", script], env={"LC_ALL": "C.UTF-8"}) == name


def mountinfo(*rows: tuple[str, str]) -> bytes:
    lines = [
        f"{30 + number} 1 0:{number} / {place} rw,relatime shared:{number} - {kind} host:/x rw"
        for number, (place, kind) in enumerate(rows)
    ]
    return "\n".join(lines).encode("utf-8", "surrogateescape") + b"\n"


REMOTE = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "glusterfs",
    "ceph",
    "vboxsf",
    "virtiofs",
    "lustre",
    "afs",
    "coda",
    "ncpfs",
    "beegfs",
    "fuse",
    "fuse.sshfs",
    "fuse.glusterfs",
    "fuse.s3fs",
    "fuse.rclone",
    "fuse.ceph",
    "fuse.juicefs",
    "fuse.vmhgfs-fuse",
    "fuse.gvfsd-fuse",
    "fuse.davfs2",
    "fuse.smbnetfs",
    "fuse.gcsfuse",
    "prl_fs",
    "gpfs",
]
LOCAL = [
    "ext4",
    "ext3",
    "xfs",
    "btrfs",
    "zfs",
    "tmpfs",
    "overlay",
    "f2fs",
    "bcachefs",
    "vfat",
    "exfat",
    "ntfs3",
    "fuseblk",
    "fuse.ntfs-3g",
    "fuse.gocryptfs",
    "fuse.mergerfs",
    "fuse.fuse-overlayfs",
    "ecryptfs",
]


@pytest.mark.parametrize("kind", REMOTE)
def test_a_database_on_a_network_is_refused_with_advice(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "mountinfo"
    table.write_bytes(mountinfo(("/", "ext4"), (str(tmp_path), kind)))
    monkeypatch.setattr(mounts, "MOUNTS", table)
    monkeypatch.setattr(mounts.kind_of_mount, "__defaults__", (table,))
    with pytest.raises(ConfigurationError, match=r"TRIAGE_DATA_DIR.*backups on the network"):
        refuse_network(tmp_path / "not" / "there" / "yet" / "triage.sqlite3")


@pytest.mark.parametrize("kind", LOCAL)
def test_a_disk_of_this_machine_is_none(kind: str) -> None:
    assert not is_remote(kind)


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/", "ext4"),
        ("/srv", "nfs4"),
        ("/srv/local/data", "xfs"),
        ("/srvice", "ext4"),
        ("/mnt/my share/é\t\n\\x/data", "cifs"),
        ("/mnt/my", "ext4"),
        ("/twice", "nfs"),
    ],
)
def test_the_longest_and_latest_mount_above_a_folder_counts(
    folder: str, kind: str, tmp_path: Path
) -> None:
    table = tmp_path / "mountinfo"
    table.write_bytes(
        mountinfo(
            ("/", "rootfs"),
            ("/", "ext4"),
            ("/srv/local", "xfs"),
            ("/srv", "nfs4"),
            (r"/mnt/my\040share/é\011\012\134x", "cifs"),
            ("/twice", "xfs"),
            ("/twice", "nfs"),
        )
        + b"a torn line\n\n"
    )
    assert kind_of_mount(Path(folder), table) == kind
    assert kind_of_mount(Path(folder), tmp_path / "none") is None


def test_the_kernels_number_is_the_second_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kind_by_number(tmp_path) is None
    number = int(subprocess.check_output(["stat", "-f", "-c", "%t", str(tmp_path)]), 16)
    monkeypatch.setitem(mounts.MAGICS, number, "nfs")
    assert kind_by_number(tmp_path) == "nfs"
    with pytest.raises(ConfigurationError, match="nfs"):
        refuse_network(tmp_path / "triage.sqlite3")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_a_few_lines_in_a_file_and_one_changing_line_on_a_terminal() -> None:
    clock = iter(range(10_000))
    log, screen = io.StringIO(), Terminal()
    for stream in (log, screen):
        progress = Progress(stream, every_s=100, clock=lambda: float(next(clock)))
        for number in range(1, 501):
            progress.show(f"{number} images")
        progress.done()
    lines = log.getvalue().splitlines()
    assert "\r" not in log.getvalue()
    assert 3 <= len(lines) <= 7
    assert lines[-1] == "500 images"
    assert screen.getvalue().count("\r") == 500
    assert screen.getvalue().endswith("500 images\n")


def test_progress_goes_on_when_nobody_reads_it() -> None:
    class Closed(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    progress = Progress(Closed(), every_s=0)
    progress.show("1 image")
    progress.show("2 images")
    progress.done()


def origin(text: str) -> str:
    return Settings.from_env({"TRIAGE_PUBLIC_ORIGIN": text}).public_origin


# As Chromium's ``new URL(text).origin`` gives them.
ORIGINS = {
    "https://Triage.Clinic.Example": "https://triage.clinic.example",
    "HTTPS://triage.example/": "https://triage.example",
    "https://triage.example:443": "https://triage.example",
    "https://triage.example:00443/": "https://triage.example",
    "https://triage.example:": "https://triage.example",
    "https://triage.example:8443": "https://triage.example:8443",
    "https://klinik-zürich.example": "https://xn--klinik-zrich-klb.example",
    "https://KLINIK-ZÜRICH.example": "https://xn--klinik-zrich-klb.example",
    "https://klinik-zu\u0308rich.example": "https://xn--klinik-zrich-klb.example",
    "https://klinik-z%C3%BCrich.example": "https://xn--klinik-zrich-klb.example",
    "https://xn--klinik-zrich-klb.example": "https://xn--klinik-zrich-klb.example",
    "https://straße.example": "https://xn--strae-oqa.example",
    "https://bücher\u3002example": "https://xn--bcher-kva.example",
    "https://ｔｒｉａｇｅ.example": "https://triage.example",
    "https://皮膚科.example:8443/": "https://xn--oyyw0e28i.example:8443",
    "https://عيادة.example": "https://xn--mgber2b7e.example",
    "https://[2001:DB8:0:0::1]": "https://[2001:db8::1]",
    "https://[::1]:8443/": "https://[::1]:8443",
    "https://[::ffff:192.0.2.1]": "https://[::ffff:c000:201]",
    "https://192.0.2.1:443": "https://192.0.2.1",
    "https://triage": "https://triage",
    "https://triage_1.example": "https://triage_1.example",
}


@pytest.mark.parametrize(("typed", "sent"), ORIGINS.items())
def test_the_origin_is_kept_as_browsers_send_it(typed: str, sent: str) -> None:
    assert origin(typed) == sent
    assert origin(sent) == sent


def test_a_dot_at_the_end_of_the_host_is_the_same_host() -> None:
    assert origin("https://triage.example.") == origin("https://triage.example.:443/")
    assert origin("https://triage.example.") == "https://triage.example"


@settings(max_examples=200, deadline=None)
@given(number=st.integers(0, 2**128 - 1), port=st.integers(1, 65535))
def test_every_spelling_of_an_ipv6_address_becomes_one(number: int, port: int) -> None:
    address = IPv6Address(number)
    kept = origin(f"https://[{address.exploded.upper()}]:{port}/")
    assert kept == origin(f"https://[{address.compressed}]:{port}")
    assert origin(kept) == kept
    assert (kept[-4:] == ":443") is False or port != 443


@settings(max_examples=200, deadline=None)
@given(label=st.text(st.sampled_from("abcxyzäöüßéñøçжд皮膚"), min_size=1, max_size=12))
def test_letters_of_any_case_and_form_become_one_host(label: str) -> None:
    kept = origin(f"https://{label}.example")
    assert kept.isascii() and kept == kept.lower()
    assert origin(f"https://{unicodedata.normalize('NFD', label)}.example/") == kept
    assert origin(kept) == kept
    assert policy.is_own_host(kept.removeprefix("https://"), kept.removeprefix("https://"))


@pytest.mark.parametrize(
    "typed",
    [
        "triage.example", "http://triage.example", "ftp://triage.example", "https:/triage.example",
        "javascript:alert(1)", "https://", "https:///", "https://.", "https://a..b", "https://-a",
        "https://triage.example/path", "https://triage.example?x", "https://triage.example#x",
        "https://user:secret@triage.example", "https://user@triage.example", "https://a b.example",
        "https://triage.example:port", "https://triage.example:0", "https://triage.example:65536",
        "https://triage.example:８４４３", "https://[::1", "https://::1", "https://[fe80::1%eth0]",
        "https://[not an address]", "https://256.1.1.1", "https://127.1", "https://0x7f.0.0.1",
        "https://2130706433", "https://*.example", "https://a,b", "https://a\\b", "null",
        "https://a.example https://b.example", "https://xn--\udcff.example", "https://a\x00b.example",
        "https://" + "a" * 64 + ".example", "https://" + "a." * 140 + "example", "https://a\u0600.b",
        "https://xn--ü.example", "//triage.example", "https://%zz.example", "https://a%00b",
    ],
)  # fmt: skip
def test_more_or_less_than_an_origin_stops_the_start_and_shows_no_password(typed: str) -> None:
    with pytest.raises(ConfigurationError, match="TRIAGE_PUBLIC_ORIGIN") as refused:
        origin(typed)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "host",
    ["Triage.Example", "triage.example.", "triage.example:443", "TRIAGE.EXAMPLE.:443"],
)
def test_what_proxies_make_of_the_host_is_still_the_host(host: str) -> None:
    assert policy.as_sent("https", host) == "triage.example"
    assert policy.is_same_origin("POST", "https", host, "https://triage.example", "")
    for other in (
        "https://triage.example:8443",
        "http://triage.example",
        "https://example",
        "null",
    ):
        assert not policy.is_same_origin("POST", "https", host, other, "")
    assert policy.as_sent("https", "triage.example:4430") == "triage.example:4430"
    assert policy.as_sent("https", "[2001:db8::1]:443") == "[2001:db8::1]"
    assert policy.as_sent("https", "[2001:db8::443]") == "[2001:db8::443]"
