"""A filed case that went all the way: verdict, outcome with its document, letter."""

from dataclasses import dataclass

from triage_app.domain.people import Actor
from triage_app.services.site.application import Application

DOCUMENT = b"%PDF-1.7\n% of a pathologist\n%%EOF\n"
HISTOLOGY: dict[str, object] = {
    "method": "histopathology",
    "on": "2026-01-15",
    "diagnosis": "naevus",
    "breslow_mm": "",
    "specimen": "S-1",
    "text": "A naevus.",
}


@dataclass(frozen=True)
class Closed:
    """What was stored: ids of the outcome with a document and of the letter, and the version."""

    outcome: str
    letter: str
    version: int


def go_through(station: Application, actor: Actor, case_id: str) -> Closed:
    """Agree with a biopsy as the next step, write the letter, and record what was found."""
    version = station.cases.get(actor, case_id).version
    verdict = {"answer": "agree", "disposition": "biopsy_or_excision", "note": ""}
    case = station.reading.record_verdict(actor, case_id, version, verdict)
    case = station.letters.issue(actor, case_id, case.version)
    case = station.outcomes.record(actor, case_id, case.version, HISTOLOGY)
    outcome = case.outcomes[-1].id
    case = station.outcomes.attach(actor, case_id, outcome, DOCUMENT)
    return Closed(outcome, case.letters[-1].id, case.version)
