"""Open sessions as a table and as choices."""

from collections.abc import Sequence

from triage_app.domain.people import SignIn
from triage_app.ui.kit.local import to_the_second
from triage_app.ui.kit.markup import esc, table, when
from triage_app.ui.words import people as words


def sessions(open_ones: Sequence[SignIn], own: str) -> str:
    """The sessions, the one that asks marked."""
    if not open_ones:
        return f"<p>{words.NO_SESSIONS}</p>"
    rows = [
        [
            when(session.created_at),
            when(session.last_seen_at),
            esc(session.address or words.UNKNOWN_ADDRESS),
            words.THIS_SESSION if session.id == own else "",
        ]
        for session in open_ones
    ]
    return table(words.SESSION_COLUMNS, rows, words.END_WHICH)


def choices(open_ones: Sequence[SignIn]) -> list[tuple[str, str]]:
    """Label and id of each session."""
    return [
        (
            words.SESSION_CHOICE.format(
                when=to_the_second(session.created_at),
                address=session.address or words.UNKNOWN_ADDRESS,
            ),
            session.id,
        )
        for session in open_ones
    ]
