"""The decoder's process: same pictures as in-process, limits that hold, no fault that hangs."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from tests.samples import images
from tests.samples.patience import SECONDS
from triage_app.domain.errors import DecoderFailed, ImageRejected
from triage_app.imaging.decoding import pool as decoder
from triage_app.imaging.decoding import wire
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.imaging.intake import IntakeLimits, decode

LIMITS = IntakeLimits()
# A stand-in for the worker that greets and then misbehaves as its test says.
GREETING = (
    "import json, os, struct, sys, time\n"
    "def send(header, body=b''):\n"
    "    text = json.dumps(header).encode()\n"
    "    sys.stdout.buffer.write(struct.pack('>IQ', len(text), len(body)) + text + body)\n"
    "    sys.stdout.buffer.flush()\n"
    "def receive():\n"
    "    head, body = struct.unpack('>IQ', sys.stdin.buffer.read(12))\n"
    "    sys.stdin.buffer.read(head + body)\n"
    "send({})\n"
)
GOOD = {"side": 64, "format": "PNG", "width": 64, "height": 64, "notes": []}


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    with DecoderPool() as started:
        yield started


def process_id(pool: DecoderPool) -> int:
    process = pool._workers[0]._process
    assert process is not None
    return process.pid


def page_faults(process: int) -> int:
    """Pages that the process has had to ask the kernel for since its start."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[7])


def impostor(monkeypatch: pytest.MonkeyPatch, script: str, **options: float) -> DecoderPool:
    command = [sys.executable, "-c", GREETING + script]
    monkeypatch.setattr(decoder, "_command", lambda *_: command)
    return DecoderPool(**options)  # type: ignore[arg-type]


def test_the_pool_gives_the_picture_that_decoding_in_process_gives(pool: DecoderPool) -> None:
    for data in (images.jpeg(), images.sixteen_bit_png(True), images.rotated_by_exif(6)):
        here, there = decode(data, LIMITS), pool.decode(data)
        assert (here.crop == there.crop).all()
        assert there.crop.dtype == np.uint8
        assert vars(here) | {"crop": None} == vars(there) | {"crop": None}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"not a picture", "not_an_image"),
        (images.jpeg()[:4000], "damaged"),
        (images.animated("GIF"), "multi_frame"),
        (images.png_file(10_000, 10_000, b""), "too_many_pixels"),
        (images.decompression_bomb(), "too_many_pixels"),
    ],
)
def test_a_rejection_arrives_with_its_code_and_sentence(
    pool: DecoderPool, data: bytes, code: str
) -> None:
    with pytest.raises(ImageRejected) as here:
        decode(data, LIMITS)
    with pytest.raises(ImageRejected) as there:
        pool.decode(data)
    assert there.value.code == code
    assert str(there.value) == str(here.value)


def test_one_process_serves_many_pictures_and_rejections(pool: DecoderPool) -> None:
    pool.decode(images.jpeg())
    first = process_id(pool)
    with pytest.raises(ImageRejected):
        pool.decode(b"x")
    pool.decode(images.jpeg(seed=2))
    assert process_id(pool) == first


def test_a_file_over_the_limit_never_reaches_the_process() -> None:
    pool = DecoderPool(IntakeLimits(max_bytes=10))
    with pytest.raises(ImageRejected) as caught:
        pool.decode(b"x" * 11)
    assert caught.value.code == "too_large"
    assert pool._workers[0]._process is None


def test_a_killed_process_is_replaced_by_the_next_call() -> None:
    with DecoderPool() as pool:
        pool.decode(images.jpeg())
        first = process_id(pool)
        os.kill(first, signal.SIGKILL)
        pool._workers[0]._process.wait()  # type: ignore[union-attr]
        assert pool.decode(images.jpeg()).crop.shape == (450, 450, 3)
        assert process_id(pool) != first


def test_death_while_decoding_is_decoder_failed_and_the_next_picture_is_served(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    flag = tmp_path / "died"
    script = (
        "receive()\n"
        f"if not os.path.exists({str(flag)!r}):\n"
        f"    open({str(flag)!r}, 'w').close(); os.abort()\n"
        f"send({GOOD!r}, bytes(64 * 64 * 3))\n"
    )
    with impostor(monkeypatch, script) as pool:
        with pytest.raises(DecoderFailed) as caught:
            pool.decode(b"picture")
        assert caught.value.code == "decoder_failed"
        assert pool.decode(b"picture").crop.shape == (64, 64, 3)


@pytest.mark.parametrize(
    "script",
    ["receive()\ntime.sleep(600)\n", "time.sleep(600)\n", "receive()\nsys.stdin.buffer.read()\n"],
    ids=["never answers", "never reads", "waits for more"],
)
def test_a_process_that_hangs_is_ended_after_its_time(
    monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    with impostor(monkeypatch, script, seconds=1.0) as pool:
        first = process_id(pool)
        with pytest.raises(DecoderFailed, match="too long"):
            pool.decode(bytes(5_000_000))
        assert not Path(f"/proc/{first}").exists()
        assert process_id(pool) != first


@pytest.mark.parametrize(
    "answer",
    [
        "send({'side': 64}, bytes(64 * 64 * 3))",
        f"send({GOOD | {'side': 65}!r}, bytes(64 * 64 * 3))",
        f"send({GOOD | {'side': 100_000}!r})",
        f"send({GOOD | {'format': 'PDF'}!r}, bytes(64 * 64 * 3))",
        f"send({GOOD | {'width': -1}!r}, bytes(64 * 64 * 3))",
        f"send({GOOD | {'notes': ['x' * 5000]}!r}, bytes(64 * 64 * 3))",
        f"send({GOOD | {'notes': [chr(27) + '[2J']}!r}, bytes(64 * 64 * 3))",
        "send({'rejected': 'everything is fine', 'message': 'a'})",
        "send({'rejected': 'empty', 'message': 7})",
        "send([1, 2])",
        "os.write(1, b'\\xff' * 40)",
        "os.write(1, struct.pack('>IQ', 2, 1 << 60) + b'{}')",
    ],
)
def test_an_answer_that_does_not_fit_is_decoder_failed(
    monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    with impostor(monkeypatch, f"receive()\n{answer}\nreceive()\n", seconds=10.0) as pool:
        first = process_id(pool)
        with pytest.raises(DecoderFailed):
            pool.decode(b"picture")
        assert not Path(f"/proc/{first}").exists()


def test_a_worker_that_cannot_be_started_is_decoder_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "_command", lambda *_: ["/nowhere/python"])
    with pytest.raises(DecoderFailed):
        DecoderPool().decode(images.jpeg())


def test_a_picture_beyond_the_memory_limit_is_decoder_failed_and_the_next_is_served() -> None:
    large = images.png_file(8000, 8000, b"".join([b"\0" + bytes(24_000)] * 8000))
    with DecoderPool(memory_bytes=128 << 20) as pool:
        with pytest.raises(DecoderFailed, match="memory"):
            pool.decode(large)
        assert pool.decode(images.jpeg()).crop.shape == (450, 450, 3)


def test_a_process_that_has_grown_is_replaced_after_its_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grown = GOOD | {"replace": True}
    script = f"while True:\n    receive()\n    send({grown!r}, bytes(64 * 64 * 3))\n"
    with impostor(monkeypatch, script) as pool:
        assert pool.decode(b"large").crop.shape == (64, 64, 3)
        first = process_id(pool)
        assert pool.decode(b"next").crop.shape == (64, 64, 3)
        assert process_id(pool) != first


def test_the_process_has_its_limits_and_none_of_the_servers_environment(pool: DecoderPool) -> None:
    pool.decode(images.jpeg())
    folder = Path("/proc") / str(process_id(pool))
    limits = {line[:26].strip(): line[26:].split()[0] for line in (folder / "limits").open()}
    assert limits["Max file size"] == "0"
    assert limits["Max core file size"] == "0"
    assert int(limits["Max open files"]) <= 16
    assert int(limits["Max address space"]) < 700 << 20
    assert int(limits["Max cpu time"]) < 20
    names = {entry.split(b"=")[0] for entry in (folder / "environ").read_bytes().split(b"\0")}
    assert b"PYTHONPATH" in names and b"HOME" not in names and b"PATH" not in names


@pytest.mark.skipif(sys.platform != "linux", reason="the C library of Linux is told to")
def test_the_memory_of_an_ordinary_picture_is_kept_for_the_next(pool: DecoderPool) -> None:
    data = images.jpeg()
    for _ in range(3):
        pool.decode(data)
    before = page_faults(process_id(pool))
    for _ in range(4):
        pool.decode(data)
    # A picture takes some 900 pages, which the kernel would have to clear for each anew.
    assert page_faults(process_id(pool)) - before < 4 * 450


def test_the_process_imports_no_web_or_storage_or_model_code() -> None:
    code = (
        "import sys, triage_app.imaging.decoding.worker as w\n"
        "heavy = {'gradio', 'fastapi', 'sqlalchemy', 'tensorflow', 'keras', 'ai_edge_litert'}\n"
        "ours = {m for m in sys.modules if m.startswith('triage_app.')}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "assert all(m.split('.')[1] in ('imaging', 'domain') for m in ours), ours\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_threads_share_the_pool_and_each_gets_its_own_picture() -> None:
    sides = [100 + 7 * i for i in range(12)]
    files = [images.jpeg(seed=i, width=side, height=side) for i, side in enumerate(sides)]
    found: dict[int, int] = {}

    def work(index: int) -> None:
        found[index] = pool.decode(files[index]).crop.shape[0]

    with DecoderPool(processes=2) as pool:
        threads = [threading.Thread(target=work, args=(i,)) for i in range(len(files))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS)
    assert [found[i] for i in range(len(files))] == sides


def test_a_queue_that_does_not_move_is_decoder_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = impostor(monkeypatch, "receive()\ntime.sleep(600)\n", seconds=8.0, wait=0.2)
    pool.start()

    def block() -> None:
        with pytest.raises(DecoderFailed):
            pool.decode(b"x")

    blocked = threading.Thread(target=block)
    blocked.start()
    while pool._free.qsize():
        time.sleep(0.01)
    with pytest.raises(DecoderFailed, match="waiting"):
        pool.decode(b"y")
    pool.close()
    blocked.join(SECONDS)
    assert not blocked.is_alive()


def test_closing_ends_the_processes() -> None:
    pool = DecoderPool(processes=2)
    for worker in pool._workers:
        worker.start()
    started = [worker._process for worker in pool._workers]
    pool.close()
    assert all(process is not None and process.poll() is not None for process in started)


def test_a_second_process_starts_only_when_two_images_come_at_once() -> None:
    with DecoderPool(processes=2) as pool:
        for _ in range(3):
            pool.decode(images.jpeg())
        first, second = pool._workers
        assert first._process is not None
        assert second._process is None


def test_a_process_ends_by_itself_when_its_server_is_gone() -> None:
    with DecoderPool() as pool:
        pool.decode(images.jpeg())
        process = pool._workers[0]._process
        assert process is not None and process.stdin is not None
        process.stdin.close()
        assert process.wait(SECONDS) == 0


def test_a_message_survives_the_wire() -> None:
    pipe = BytesIO()
    wire.send(pipe, {"a": ["é", 1, None]}, b"\0\1\2")
    pipe.seek(0)
    assert wire.receive(pipe, 3) == ({"a": ["é", 1, None]}, b"\0\1\2")


def test_a_body_longer_than_allowed_is_not_read() -> None:
    pipe = BytesIO()
    wire.send(pipe, {}, b"1234")
    pipe.seek(0)
    with pytest.raises(wire.WireBroken):
        wire.receive(pipe, 3)
