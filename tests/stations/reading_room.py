"""A clinician's work on cases over a real database: people, filled forms, and short ways."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.stations.loop_station import LoopStation, open_loop
from tests.stations.service_station import CLINICIAN, actor
from triage_app.domain.case import Case
from triage_app.domain.people import Actor, Person, Role
from triage_app.domain.trail import Action
from triage_app.imaging.decoding.pool import DecoderPool
from triage_app.services.cases.fingerprint import edited_cases
from triage_app.services.trail.verification import verify

COLLEAGUE = actor(Role.CLINICIAN, "d")
IMPRESSION = {"diagnosis": "naevus", "level": "routine", "confidence": "high"}
ABCD = {
    "abcd_asymmetry": "2",
    "abcd_border": "4",
    "abcd_colours": "3",
    "abcd_structures": "4",
}
AGREE = {"answer": "agree", "disposition": "discharge"}
FOLLOW_UP = {"answer": "agree", "disposition": "follow_up", "due": "2027-03-01"}
BIOPSY = {"answer": "agree", "disposition": "biopsy_or_excision"}
OVERRIDE = {
    "answer": "override",
    "level": "urgent",
    "reason": "Grew within weeks.",
    "disposition": "urgent_referral",
    "note": "Seen with the colleague.",
}


@contextmanager
def open_room(folder: Path, decoder: DecoderPool) -> Iterator[LoopStation]:
    """A station with two clinicians; afterwards no case may look as if edited from outside."""
    with open_loop(folder, decoder) as opened:
        add_person(opened, CLINICIAN)
        add_person(opened, COLLEAGUE)
        yield opened
        with opened.station.units() as unit:
            assert list(edited_cases(unit)) == []
        assert verify(opened.station.units, opened.station.files).sound


def add_person(loop: LoopStation, who: Actor, *, active: bool = True) -> None:
    """An account of this clinician."""
    at = loop.clock.at
    person = Person(
        who.id, f"name of {who.id[0]}", frozenset({Role.CLINICIAN}), "x", at, at, active=active
    )
    with loop.station.units() as unit:
        unit.people.add(person)
        unit.commit()


def impression(loop: LoopStation, case: Case, **fields: object) -> Case:
    """Record the usual impression, but for the fields given."""
    form = {**IMPRESSION, **fields}
    return loop.reading.record_impression(CLINICIAN, case.id, case.version, form)


def last(loop: LoopStation, action: Action) -> dict[str, Any]:
    """Details of the newest event of a kind."""
    details: dict[str, Any] = json.loads(loop.station.events(action)[-1].details)
    return details
