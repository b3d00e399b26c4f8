"""The decoder's process: reads image files from standard input, answers with pixels.

Started by ``decoder.DecoderPool`` as ``python -m triage_app.imaging.decoding.worker``. It limits
itself before it reads the first untrusted byte, and ends when its input closes.
"""

import argparse
import math
import os
import resource
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from triage_app.domain.errors import ImageRejected
from triage_app.imaging.decoding import wire
from triage_app.imaging.files.formats import is_heic
from triage_app.imaging.intake import Decoded, IntakeLimits, decode, register_decoders

# Descriptors: the pipes, and a few for whatever a decoder opens; it needs none for its work.
_MAX_FILES = 16
_NICENESS = 5


def main() -> None:
    """Serve until standard input closes."""
    arguments = _arguments()
    limits = IntakeLimits(**{name: getattr(arguments, name) for name in asdict(IntakeLimits())})
    requests, answers = _private_streams()
    register_decoders()
    Image.MAX_IMAGE_PIXELS = limits.max_pixels
    _restrict(arguments.memory)
    swollen = _address_space() + arguments.memory // 4
    wire.send(answers, {"ready": True})
    try:
        while True:
            _, data = wire.receive(requests, limits.max_bytes + 1)
            _allow_seconds(arguments.cpu_seconds)
            header, pixels = _answer(data, limits)
            # Allocators keep much of what a large picture took: the next large one would not fit.
            # And the HEIC decoder has been seen to overwrite memory, which must never reach the
            # next patient's picture.
            header["replace"] = _address_space() > swollen or is_heic(data)
            del data
            wire.send(answers, header, pixels)
    except wire.WireBroken:
        return


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in (*asdict(IntakeLimits()), "memory", "cpu_seconds"):
        parser.add_argument("--" + name.replace("_", "-"), type=int, required=True)
    return parser.parse_args()


def _private_streams() -> tuple[BinaryIO, BinaryIO]:
    """The pipes under new numbers, so that nothing printed can get between the messages."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    return requests, answers


def _restrict(memory: int) -> None:
    sys.dont_write_bytecode = True
    os.nice(_NICENESS)
    # What the libraries mapped and never touched takes no memory, so it does not count.
    _lower(resource.RLIMIT_AS, _address_space() - _resident() + memory)
    _lower(resource.RLIMIT_NOFILE, _MAX_FILES)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)


def _lower(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))


def _address_space() -> int:
    return _pages()[0] * resource.getpagesize()


def _resident() -> int:
    return _pages()[1] * resource.getpagesize()


def _pages() -> tuple[int, int]:
    """Pages mapped, and pages in memory."""
    mapped, resident, *_ = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(mapped), int(resident)


def _allow_seconds(seconds: int) -> None:
    """Processor time for one image on top of what is used; the kernel ends the process after."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + seconds, hard))


def _answer(data: bytes, limits: IntakeLimits) -> tuple[dict[str, object], bytes | memoryview]:
    try:
        decoded = decode(data, limits)
    except ImageRejected as rejection:
        return {"rejected": rejection.code, "message": str(rejection)}, b""
    return _header(decoded), np.ascontiguousarray(decoded.crop).data.cast("B")


def _header(decoded: Decoded) -> dict[str, object]:
    return {
        "side": decoded.crop.shape[0],
        "format": decoded.format,
        "media_type": decoded.media_type,
        "width": decoded.width,
        "height": decoded.height,
        "notes": list(decoded.notes),
    }


if __name__ == "__main__":
    main()
