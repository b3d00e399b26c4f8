"""How much one person may send in a day."""

from datetime import datetime, timedelta

from triage_app.domain.errors import TooManyRequests
from triage_app.domain.people import LOCAL_USER, TERMINAL, Actor
from triage_app.ports.adapters import UnitOfWork

UPLOADS_PER_DAY = 1000
# Whoever sits at the machine itself owns its disk; the limit guards against the others.
UNLIMITED = frozenset({LOCAL_USER.id, TERMINAL.id})


def refuse_too_many(unit: UnitOfWork, actor: Actor, at: datetime, most: int) -> None:
    """Raise TooManyRequests when the person has sent ``most`` images within 24 hours.

    Counted are cases, and files of batches that wait or could not be used.
    """
    if actor.id in UNLIMITED:
        return
    sent = unit.site.uploads_since(actor.id, at - timedelta(days=1))
    if sent + unit.uploads.held(actor.id) >= most:
        raise TooManyRequests(
            f"You have stored {most} images within 24 hours, which is the "
            "limit for one person. Go on later, or ask an administrator to raise it."
        )
