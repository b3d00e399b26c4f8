"""The real server is killed at random moments under load; nothing that it acknowledged is lost."""

import os
import random
import time
from pathlib import Path

import pytest

from tests.conftest import Tell
from tests.crash.damage import DATABASE, Evidence, Tally
from tests.crash.ledger import Ledger
from tests.crash.load import CLIENTS, Client
from tests.crash.station import KilledServer
from tests.hostile.scale import scaled
from tests.samples import tiny_model
from triage_app.storage.database.engine import open_engine

TEST_KILLS, SOAK_KILLS = 20, 1_000
# All cases and the whole trail, which grow; the cases of the round are looked at after each kill.
EVERYTHING_EACH = 25
MOST_STEPS = 40
LONGEST_ROUND = 10.0
LONGEST_PAUSE = 0.1
TWO_HOURS = 7_200


def kill_under_load(server: KilledServer, ledger: Ledger, turn: int) -> bool:
    """One round; returns whether an answer was outstanding at the kill.

    The moment is random in the work done and in time, so that a slow machine kills as deep in the
    work as a quick one.
    """
    rng = random.Random(turn)
    server.start()
    clients = [Client(server.address, ledger, turn, number) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    enough, end = ledger.acknowledged + rng.randint(0, MOST_STEPS), time.monotonic() + LONGEST_ROUND
    while ledger.acknowledged < enough and time.monotonic() < end:
        time.sleep(0.001)
    time.sleep(rng.uniform(0, LONGEST_PAUSE))
    for client in clients:
        client.killed.set()
    outstanding = any(client.asking for client in clients)
    server.kill()
    for client in clients:
        client.join(60)
        assert client.fault is None, (client.fault, server.printed())
    return outstanding


def kill_again_and_again(folder: Path, kills: int, each: int) -> tuple[Tally, Ledger]:
    model = folder / "model"
    tiny_model.write(model, tiny_model.weights(seed=3))
    ledger, tally = Ledger(folder / "acknowledged.jsonl"), Tally()
    with KilledServer(folder, model) as server:
        evidence = Evidence(server.data)
        for number in range(1, kills + 1):
            outstanding = kill_under_load(server, ledger, number)
            kinds = evidence.look()
            everything = number % each == 0 or number == kills
            kinds |= evidence.check(ledger, everything=everything)
            tally.add(kinds | ({"asked"} if outstanding else set()))
        check_tidied(server, evidence, ledger)
    return tally, ledger


def check_tidied(server: KilledServer, evidence: Evidence, ledger: Ledger) -> None:
    """At a start some time later, what belongs to no case is gone, and all else is there."""
    then = time.time() - TWO_HOURS
    for path in (server.data / "files").rglob("*"):
        os.utime(path, (then, then))
    server.start()
    server.kill()
    evidence.check(ledger, everything=True)
    engine = open_engine(f"sqlite:///{server.data / DATABASE}")
    with engine.connect() as connection:
        named = set(connection.exec_driver_sql("SELECT id FROM stored_files").scalars())
    engine.dispose()
    assert {p.name for p in (server.data / "files").rglob("*") if p.is_file()} == named


def sentence(tally: Tally, ledger: Ledger) -> str:
    where = tally.where
    erased = sum(case.erased for case in ledger.cases.values())
    return (
        f"{tally.kills:,} kills under load: {where['writing']} inside a write (in a file "
        f"{where['in_a_file']}, between files and rows {where['between']}, in a commit "
        f"{where['in_a_commit']}), {where['unheard']} after a commit whose answer had not arrived, "
        f"{where['asked']} with a request under way; {ledger.acknowledged:,} acknowledged steps on "
        f"{len(ledger.cases):,} cases, {erased:,} of them erased; none lost, none half there"
    )


def test_a_server_killed_twenty_times_under_load_loses_nothing(tmp_path: Path, tell: Tell) -> None:
    tally, ledger = kill_again_and_again(tmp_path, scaled(TEST_KILLS), 1)
    tell(sentence(tally, ledger))
    # A server that is killed before it has done anything proves nothing.
    assert ledger.acknowledged > tally.kills


@pytest.mark.soak
def test_a_server_killed_a_thousand_times_under_load_loses_nothing(
    tmp_path: Path, tell: Tell
) -> None:
    tally, ledger = kill_again_and_again(tmp_path, scaled(SOAK_KILLS), EVERYTHING_EACH)
    tell(sentence(tally, ledger))
    assert tally.where["writing"] > scaled(SOAK_KILLS) / 100
