"""Messages between the server and the decoder's process: length-prefixed JSON and raw bytes.

Nothing is unpickled, and every length is checked before a byte is read, because the peer decodes
untrusted files and must not be believed.
"""

import json
import struct
from typing import IO, Any

_PREFIX = struct.Struct(">IQ")
MAX_HEADER = 64 * 1024


class WireBroken(Exception):
    """The peer closed the pipe or sent something that is not a message."""


def send(stream: IO[bytes], header: dict[str, Any], body: bytes | memoryview = b"") -> None:
    """Write one message. Raises WireBroken when the peer is gone."""
    encoded = json.dumps(header).encode()
    try:
        stream.write(_PREFIX.pack(len(encoded), len(body)))
        stream.write(encoded)
        stream.write(body)
        stream.flush()
    except (OSError, ValueError) as error:
        raise WireBroken("the peer is gone") from error


def receive(stream: IO[bytes], max_body: int) -> tuple[dict[str, Any], bytes]:
    """Read one message; the body has at most ``max_body`` bytes. Raises WireBroken."""
    header_length, body_length = _PREFIX.unpack(_exactly(stream, _PREFIX.size))
    if header_length > MAX_HEADER or body_length > max_body:
        raise WireBroken("the message is too long")
    try:
        header = json.loads(_exactly(stream, header_length))
    except (ValueError, RecursionError) as error:
        raise WireBroken("the header is not JSON") from error
    if not isinstance(header, dict):
        raise WireBroken("the header is not an object")
    return header, _exactly(stream, body_length)


def _exactly(stream: IO[bytes], length: int) -> bytes:
    try:
        content = stream.read(length)
    except (OSError, ValueError) as error:
        raise WireBroken("the pipe cannot be read") from error
    if content is None or len(content) != length:
        raise WireBroken("the peer closed the pipe")
    return content
