"""The trail: what happened, who did it, chained so that no row can be changed unseen.

Each entry's hash covers the entry and the hash before it. Entries hold internal ids, codes and
hashes only, never a patient's reference or typed text, so that a patient can be erased without
touching the chain.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256

Value = str | int | float | bool | None | list[str]
START = "0" * 64


class Action(StrEnum):
    """Everything that is recorded."""

    STARTED = "started"
    MIGRATED = "migrated"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    SESSION_REVOKED = "session_revoked"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an event
    TOTP_CHANGED = "totp_changed"
    PERSON_CREATED = "person_created"
    PERSON_CHANGED = "person_changed"
    UPLOAD_RECEIVED = "upload_received"
    UPLOAD_DISMISSED = "upload_dismissed"
    BATCH_VIEWED = "batch_viewed"
    CASE_ANALYSED = "case_analysed"
    CASE_VIEWED = "case_viewed"
    PATIENT_VIEWED = "patient_viewed"
    LIST_VIEWED = "list_viewed"
    ORIGINAL_READ = "original_read"
    CASE_CHANGED = "case_changed"
    CASE_FILED = "case_filed"
    COPY_KEPT = "copy_kept"
    CASE_BINNED = "case_binned"
    CASE_RESTORED = "case_restored"
    CASE_ERASED = "case_erased"
    CASE_MOVED = "case_moved"
    CASE_TAKEN = "case_taken"
    CASE_CLOSED = "case_closed"
    CASE_REOPENED = "case_reopened"
    CASE_REVEALED = "case_revealed"
    CASES_EXPORTED = "cases_exported"
    WORKLIST_VIEWED = "worklist_viewed"
    IMPRESSION_RECORDED = "impression_recorded"
    VERDICT_RECORDED = "verdict_recorded"
    STEP_CHANGED = "step_changed"
    OUTCOME_RECORDED = "outcome_recorded"
    OUTCOME_WITHDRAWN = "outcome_withdrawn"
    DOCUMENT_ADDED = "document_added"
    DOCUMENT_READ = "document_read"
    LETTER_ISSUED = "letter_issued"
    LETTER_READ = "letter_read"
    PATIENT_CHANGED = "patient_changed"
    PATIENTS_MERGED = "patients_merged"
    PATIENT_RENAMED = "patient_renamed"
    LESION_CREATED = "lesion_created"
    LESION_CHANGED = "lesion_changed"
    LESION_VIEWED = "lesion_viewed"
    REPORT_ISSUED = "report_issued"
    REPORT_READ = "report_read"
    PATIENT_EXPORTED = "patient_exported"
    PATIENT_ERASED = "patient_erased"
    HOLD_CHANGED = "hold_changed"
    CONSENT_CHANGED = "consent_changed"
    SETTING_CHANGED = "setting_changed"
    MODEL_SUSPENDED = "model_suspended"
    MODEL_RESUMED = "model_resumed"
    SAFETY_REPORTED = "safety_reported"
    BACKUP_MADE = "backup_made"
    ANCHOR_EXPORTED = "anchor_exported"
    TRAIL_READ = "trail_read"


@dataclass(frozen=True)
class Entry:
    """What is to be recorded. ``subject`` is an internal id (case, report, person) or empty."""

    action: Action
    actor: str
    subject: str = ""
    details: Mapping[str, Value] | None = None


@dataclass(frozen=True)
class Event:
    """A recorded entry; ``number`` counts from 1, ``previous`` and ``hash`` are 64 hex digits."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: str
    previous: str
    hash: str


@dataclass(frozen=True)
class TrailFilter:
    """Which events a search finds; an empty part does not narrow. Times are UTC, inclusive."""

    actions: frozenset[Action] = frozenset()
    actor: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Anchor:
    """Number and hash of one event, kept outside: it proves that the trail reached that far."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


@dataclass(frozen=True)
class Break:
    """Where the chain does not hold, and a sentence that says how."""

    number: int
    sentence: str


def chained(entry: Entry, at: datetime, number: int, previous: str) -> Event:
    """The event that follows the one with hash ``previous``; ``at`` in UTC."""
    details = json.dumps(entry.details or {}, sort_keys=True, separators=(",", ":"))
    event = Event(number, at, entry.actor, entry.action.value, entry.subject, details, previous, "")
    return Event(*(*_fields(event)[:-1], hash_of(event)))


def hash_of(event: Event) -> str:
    """SHA-256 over all fields but the hash itself, hex."""
    stated = [
        event.number,
        event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        event.actor,
        event.action,
        event.subject,
        event.details,
        event.previous,
    ]
    return sha256(json.dumps(stated, separators=(",", ":")).encode()).hexdigest()


def breaks(events: Iterable[Event], anchors: Iterable[Anchor] = ()) -> list[Break]:
    """Every place where rows were edited, removed or inserted, or the tail was cut.

    ``events`` in the order of their numbers, from the first. A cut tail shows only by an anchor
    that lies beyond the end, or that names another hash.
    """
    found: list[Break] = []
    wanted: dict[int, set[str]] = {0: {START}}
    for anchor in anchors:
        wanted.setdefault(anchor.number, set()).add(anchor.hash)
    last = Anchor(0, START)
    if wanted.pop(0) != {START}:
        found.append(Break(0, "The anchor names a row that no trail has."))
    for event in events:
        found += [Break(event.number, sentence) for sentence in _misfits(event, last)]
        if wanted.pop(event.number, {event.hash}) != {event.hash}:
            found.append(Break(event.number, "The row is not the one that the anchor names."))
        last = Anchor(event.number, event.hash)
    found += [
        Break(missing, f"The trail ends at row {last.number}, before the anchor's row {missing}.")
        for missing in sorted(wanted)
        if missing > last.number  # one before the end is among the rows that are gone
    ]
    return found


def _misfits(event: Event, last: Anchor) -> Iterator[str]:
    """What is wrong with an event, by itself and after the one before it."""
    if event.number > last.number + 1:
        yield f"Rows {last.number + 1} to {event.number - 1} are gone."
    elif event.number <= last.number:
        yield "The row was put where no row can be."
    elif event.previous != last.hash:
        yield "The row does not follow the one before it."
    if event.hash != hash_of(event):
        yield "The row was changed after it was written."


def parse_anchor(text: str) -> Anchor:
    """An anchor from "number:hash"; raises ValueError."""
    number, _, digits = text.strip().partition(":")
    if not number.isdigit() or len(digits) != 64 or not set(digits) <= set("0123456789abcdef"):
        raise ValueError("An anchor is a number, a colon and 64 hex digits, as a report prints it.")
    return Anchor(int(number), digits)


@dataclass(frozen=True)
class FileFact:
    """What the trail states about a stored file: its kind, id and SHA-256 (64 hex digits)."""

    kind: str
    id: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}:{self.sha256}"


def file_facts(event: Event) -> list[FileFact]:
    """The files that an event says were stored; none for events about other things.

    Raises ValueError for details that this program did not write.
    """
    try:
        stated = json.loads(event.details).get("files", [])
        return [FileFact(*fact.split(":")) for fact in stated]
    except (AttributeError, TypeError) as error:
        raise ValueError(f"The details of row {event.number} cannot be read.") from error


def _fields(event: Event) -> tuple[int, datetime, str, str, str, str, str, str]:
    return (
        event.number,
        event.at,
        event.actor,
        event.action,
        event.subject,
        event.details,
        event.previous,
        event.hash,
    )
