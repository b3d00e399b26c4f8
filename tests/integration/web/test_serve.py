"""How the server listens."""

import asyncio
import socket

from tests.stations import own_loop
from triage_app.web.serve import listen


def test_answers_leave_at_once_and_do_not_wait_for_the_browser() -> None:
    """Without TCP_NODELAY each answer of two parts came 40 ms late."""
    without_delay: list[int] = []

    async def served(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        without_delay.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async def connect() -> None:
        listener = listen("127.0.0.1", 0)
        port = listener.getsockname()[1]
        async with await asyncio.start_server(served, sock=listener):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await reader.read()
            writer.close()

    own_loop.run(connect)
    assert len(without_delay) == 1
    assert without_delay[0]
