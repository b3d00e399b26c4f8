"""What is sent to the events of Gradio's pages, looked at before Gradio sees it.

Gradio itself asks only whether somebody is signed in. Here each event needs what its page needs,
each window's queue belongs to the person who opened it, and values are plain: text, numbers and
choices, never a description of a file or an address that Gradio would fetch.
"""

import json
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from urllib.parse import parse_qs

import gradio as gr
from starlette.types import Message, Receive

from triage_app.domain.errors import NotPermitted, TriageError
from triage_app.domain.people import Actor
from triage_app.ui.kit import places
from triage_app.web.door import policy
from triage_app.web.door.window_states import WindowStates

WINDOWS_EACH = 200
LONGEST_HASH = 40
LARGEST_NUMBER = 2**53  # as far as a browser counts
_FIELDS = frozenset({"data", "event_data", "fn_index", "trigger_id", "session_hash"})
_HEARTBEAT = "/gradio_api/heartbeat/"


class MalformedEvent(TriageError):
    """An event that no page of ours sends."""

    def __init__(self) -> None:
        super().__init__("The page sent something unexpected. Reload it and try again.")


class Windows:
    """Whose window a session hash of Gradio is: the first person's who used it.

    Gradio makes the hash in the browser and hands the answers to whoever names it. Each person's
    oldest windows are forgotten first, and nobody's because of others.
    """

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}
        self._of: dict[str, OrderedDict[str, None]] = {}
        self._lock = Lock()

    def claim(self, actor: Actor, session_hash: str) -> None:
        """Take a new window or show that it is the own one; raises NotPermitted."""
        with self._lock:
            owner = self._owners.setdefault(session_hash, actor.id)
            if owner != actor.id:
                raise NotPermitted
            own = self._of.setdefault(actor.id, OrderedDict())
            own[session_hash] = None
            own.move_to_end(session_hash)
            while len(own) > WINDOWS_EACH:
                del self._owners[own.popitem(last=False)[0]]


@dataclass(frozen=True)
class EventGate:
    """Decides about requests to Gradio's queue. ``pages`` are the built pages."""

    pages: gr.Blocks
    windows: Windows
    states: WindowStates

    def follow(self, actor: Actor, path: str, query: str) -> None:
        """Before answers of a window are handed out; raises NotPermitted, MalformedEvent."""
        if path.startswith(_HEARTBEAT):
            self.windows.claim(actor, _hash(path.removeprefix(_HEARTBEAT)))
        elif path.endswith("/queue/data"):
            named = parse_qs(query).get("session_hash", [])
            if len(named) != 1:
                raise MalformedEvent
            self.windows.claim(actor, _hash(named[0]))

    def join(self, actor: Actor, body: bytes) -> None:
        """Before an event is queued; raises NotPermitted, MalformedEvent."""
        session_hash, number = _parsed(body)
        self.windows.claim(actor, session_hash)
        # Events of lines that were drawn for one window exist in that window only.
        event = self.states.of(session_hash).blocks_config.fns.get(number)
        if event is None or event.fn is None or event.page not in places.BY_NAME:
            raise MalformedEvent
        if not places.may_open(actor, places.BY_NAME[event.page].any_of):
            raise NotPermitted


def _parsed(body: bytes) -> tuple[str, int]:
    """Session hash and number of the event."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedEvent from None
    if not isinstance(sent, dict) or not {"data", "fn_index", "session_hash"} <= set(sent):
        raise MalformedEvent
    # Further fields must be at their defaults: they change how Gradio runs the event.
    extra = [value for name, value in sent.items() if name not in _FIELDS]
    plain = isinstance(sent["data"], list) and all(_is_plain(value) for value in sent["data"])
    number = sent["fn_index"]
    if type(number) is not int or any(extra):
        raise MalformedEvent
    if not plain or not _is_plain_event(sent.get("event_data")):
        raise MalformedEvent
    return _hash(sent["session_hash"]), number


def _is_plain(value: object) -> bool:
    if isinstance(value, list):
        return all(_is_scalar(item) for item in value)
    return _is_scalar(value)


def _is_scalar(value: object) -> bool:
    if isinstance(value, str):
        # Half of a surrogate pair is no character: it can be neither stored nor answered.
        return value.isascii() or not any("\ud800" <= c <= "\udfff" for c in value)
    if isinstance(value, int | float):
        return -LARGEST_NUMBER <= value <= LARGEST_NUMBER  # which NaN is not, either
    return value is None


def _is_plain_event(value: object) -> bool:
    if isinstance(value, dict):
        return all(_is_plain(item) for item in value.values())
    return _is_plain(value)


def _hash(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_HASH or not value.isalnum():
        raise MalformedEvent
    return value


async def whole_body(receive: Receive, limit: int = policy.OTHER_BODIES_LIMIT) -> bytes | None:
    """The body of a request, None when it is longer than ``limit`` or the client has gone."""
    parts = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts += message.get("body", b"")
        if len(parts) > limit:
            return None
        if not message.get("more_body", False):
            return bytes(parts)


def replayed(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that gives the body once more, then goes on listening."""
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
