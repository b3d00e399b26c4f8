"""Asking about a lesion's name that contradicts its place; whoever says it again keeps it."""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from threading import Lock

from triage_app.domain.case import CaseDetails
from triage_app.domain.context import Laterality, Site
from triage_app.domain.errors import InvalidInput
from triage_app.domain.label_words import contradiction
from triage_app.domain.people import Actor
from triage_app.domain.trail import Value

ASKED_FOR = timedelta(minutes=10)
# Two clicks of one hand are one answer: nobody has read the question between them.
READING_TIME = timedelta(seconds=1)
REMEMBERED = 1000
_AGAIN = "Correct it, or do the same step again to keep the name as it is."

Place = tuple[str, Site | None, Laterality | None]


class LabelQuestions:
    """Who was asked about which name and place; in memory: after a restart it is asked again."""

    def __init__(self) -> None:
        self._asked: OrderedDict[tuple[str, str, Place], datetime] = OrderedDict()
        self._lock = Lock()

    def ask(self, actor: Actor, field: str, place: Place, at: datetime) -> bool:
        """Whether a name is kept though it contradicts its place; False where it does not.

        Raises InvalidInput for ``field``, with the question, until the person has been asked about
        just this name at just this place.
        """
        sentence = contradiction(*place)
        if not sentence:
            return False
        key = (actor.id, actor.session, place)
        with self._lock:
            asked = self._asked.get(key)
            if asked is not None and READING_TIME <= at - asked <= ASKED_FOR:
                return True
            self._asked[key] = at if asked is None or at - asked > ASKED_FOR else asked
            self._asked.move_to_end(key)
            while len(self._asked) > REMEMBERED:
                self._asked.popitem(last=False)
        raise InvalidInput(field, f"{sentence} {_AGAIN}")


def told_kept(kept: bool) -> Mapping[str, Value]:
    """For the trail: that a name was kept though it contradicts the place."""
    return {"label_kept": True} if kept else {}


def place_of(details: CaseDetails) -> Place:
    """Name and place of the lesion as the intake form has them."""
    context = details.context
    return details.lesion_label, context.site, context.laterality
