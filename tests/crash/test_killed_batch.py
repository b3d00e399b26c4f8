"""The server is killed while a batch comes in; each of its files is one draft in the end."""

import hashlib
import json
import random
import time
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from pysqlite3 import dbapi2

from tests.conftest import Tell
from tests.crash.damage import DATABASE
from tests.crash.station import KilledServer
from tests.samples import images, tiny_model
from tests.samples.patience import SECONDS

BATCH = "ab" * 16
KILLS, FILES = 4, 40
MOST_RECEIPTS = 10
LONGEST_PAUSE = 0.1
LONGEST_WORK_S = SECONDS


class Sender:
    """Sends the files in turn, and those whose receipt was not acknowledged again."""

    def __init__(self) -> None:
        rng = random.Random(7)
        pictures = [images.jpeg(seed=seed, width=160, height=120) for seed in range(4)]
        self.files = {
            f"{rng.getrandbits(128):032x}": pictures[i % 4] + f"{i}".encode() for i in range(FILES)
        }
        self.acknowledged: set[str] = set()

    def send(self, address: tuple[str, int], most: int) -> None:
        """At most so many files, until the server is gone."""
        for number in [n for n in self.files if n not in self.acknowledged][:most]:
            answer = ask(address, "POST", "/files", self.files[number], {"x-upload": number})
            assert answer["file"] == number
            self.acknowledged.add(number)

    def half_sent(self, address: tuple[str, int]) -> None:
        """One more file, of which nobody waits for the answer."""
        number = next((n for n in self.files if n not in self.acknowledged), None)
        if number is not None:
            connection = HTTPConnection(*address, timeout=60)
            request(connection, "POST", "/files", self.files[number], {"x-upload": number})


def request(
    connection: HTTPConnection, method: str, path: str, data: bytes, headers: dict[str, str]
) -> None:
    host = f"{connection.host}:{connection.port}"
    own = {"origin": f"http://{host}", "host": host, **headers}
    connection.request(method, f"/api/batches/{BATCH}{path}", data, own)


def ask(
    address: tuple[str, int], method: str, path: str, data: bytes, headers: dict[str, str]
) -> dict[str, object]:
    """The answer of the server."""
    with closing(HTTPConnection(*address, timeout=60)) as connection:
        request(connection, method, path, data, headers)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status in (200, 202), body
        found: dict[str, object] = json.loads(body)
        return found


def wait_for_the_end(address: tuple[str, int]) -> dict[str, object]:
    end = time.monotonic() + LONGEST_WORK_S
    while time.monotonic() < end:
        seen = ask(address, "GET", "", b"", {})
        if seen["waiting"] == 0:
            return seen
        time.sleep(0.1)
    raise AssertionError(f"the batch did not come to its end: {seen}")


def test_each_file_of_a_batch_is_one_draft_however_often_the_server_is_killed(
    tmp_path: Path, tell: Tell
) -> None:
    model = tmp_path / "model"
    tiny_model.write(model, tiny_model.weights(seed=3))
    sender = Sender()
    with KilledServer(tmp_path, model) as server:
        for turn in range(KILLS):
            rng = random.Random(turn)
            server.start()
            sender.send(server.address, rng.randint(1, MOST_RECEIPTS))
            with suppress(OSError, HTTPException):
                sender.half_sent(server.address)
            time.sleep(rng.uniform(0, LONGEST_PAUSE))
            server.kill()
        server.start()
        sender.send(server.address, FILES)
        seen = wait_for_the_end(server.address)
        server.kill()
    assert (seen["done"], seen["failed"], seen["total"]) == (FILES, 0, FILES)
    check_stored(server.data, sender)
    tell(f"{KILLS} kills while a batch of {FILES} came in: each file is one draft")


def check_stored(data: Path, sender: Sender) -> None:
    """Every file is the original of one case, and no row lacks its file."""
    with closing(dbapi2.connect(str(data / DATABASE))) as database:
        originals = database.execute(
            "SELECT sha256, case_id FROM stored_files WHERE kind = 'original'"
        ).fetchall()
        named = {row[0] for row in database.execute("SELECT id FROM stored_files")}
    sent = sorted(hashlib.sha256(file).hexdigest() for file in sender.files.values())
    assert sorted(sha256 for sha256, _ in originals) == sent
    assert len({case_id for _, case_id in originals}) == FILES
    assert named <= {path.name for path in (data / "files").rglob("*") if path.is_file()}
