"""Checking the files that were received in batches and are no case yet."""

from collections.abc import Callable, Iterator

from triage_app.domain.files import StoredFile
from triage_app.domain.trail import Action, Event, file_facts
from triage_app.ports.adapters import UnitOfWork
from triage_app.services.batches.work import original_of

GONE = "Its row is gone from the database, but it neither became a case nor was dismissed."
UNKNOWN = "The trail does not know it: the row was inserted from outside."
OTHER_HASH = "The hash in its row is not the one that the trail holds."
_CLOSING = frozenset({Action.CASE_ANALYSED, Action.UPLOAD_DISMISSED})


class ReceivedFiles:
    """What the trail says is still waiting or failed; memory grows with that, no more."""

    def __init__(self) -> None:
        self._open: dict[str, str] = {}

    def note(self, event: Event) -> None:
        """Take in the next event of the trail."""
        if event.action == Action.UPLOAD_RECEIVED:
            self._open.update(_facts(event))
        elif event.action in _CLOSING and self._open:
            for file_id, _ in _facts(event):
                self._open.pop(file_id, None)

    def check(
        self, unit: UnitOfWork, against_disk: Callable[[StoredFile], str]
    ) -> Iterator[tuple[str, str]]:
        """Each held file's id with what is wrong with it, empty when it is sound.

        Those whose row is gone come last.
        """
        for upload in unit.uploads.every_held():
            stated = self._open.pop(upload.file_id, None)
            if stated is None:
                yield upload.file_id, UNKNOWN
            elif stated != upload.sha256:
                yield upload.file_id, OTHER_HASH
            else:
                yield upload.file_id, against_disk(original_of(upload))
        for file_id in self._open:
            yield file_id, GONE


def _facts(event: Event) -> list[tuple[str, str]]:
    # An event that cannot be read was changed, which the chain tells.
    try:
        return [(fact.id, fact.sha256) for fact in file_facts(event)]
    except ValueError:
        return []
