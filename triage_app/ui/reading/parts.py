"""What the parts of the case page share: how a step of a part draws the page anew."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gradio.components import Component

from triage_app.domain.case import Case, CaseState
from triage_app.domain.people import LOCAL_USER, SYSTEM, TERMINAL, Actor, Permission
from triage_app.domain.withholding import is_withheld
from triage_app.ui.words import review as words

BY_PROGRAM = {
    LOCAL_USER.id: words.LOCAL,
    TERMINAL.id: words.BY_TERMINAL,
    SYSTEM.id: words.BY_PROGRAM,
}


class CaseSteps(Protocol):
    """The page of a case, as its parts see it."""

    def step(
        self, actor: Actor, case_id: str, version: float, step: Callable[[], Case], said: str
    ) -> list[Any]:
        """Carry out a step and give the whole page after it, or the error in words."""

    def bind_step(
        self,
        trigger: Callable[..., Any],
        handler: Callable[..., Any],
        inputs: Sequence[Component] = (),
        form: str = "",
    ) -> Any:
        """Bind a handler that takes the case, its version and ``inputs``, and gives a page.

        What was typed in the case's form is saved before. ``form`` is the name of the reading's
        form that is recorded, which is then begun no more.
        """

    def bind_news(self, trigger: Callable[..., Any], handler: Callable[..., Any]) -> Any:
        """Bind a handler of an event that an element of the page tells, and gives a page."""


@dataclass(frozen=True)
class Seen:
    """A case as one reader is shown it, with what its parts have to know about people.

    ``names`` are all accounts by internal id, ``clinicians`` those who can be responsible.
    """

    actor: Actor
    case: Case
    names: Mapping[str, str]
    clinicians: Mapping[str, str]

    @property
    def reviews(self) -> bool:
        """Whether this person may give impressions and verdicts on the case as it stands."""
        return self.actor.may(Permission.REVIEW) and self.case.deleted_at is None

    @property
    def waits(self) -> bool:
        """Whether the findings wait for a clinician's impression."""
        return self.case.blinded and is_withheld(self.case)

    @property
    def decides(self) -> bool:
        """Whether a verdict can be given now."""
        return self.reviews and self.case.state is CaseState.FILED and not self.waits

    def name(self, person: str) -> str:
        """What a person is called."""
        return self.names.get(person) or BY_PROGRAM.get(person, words.FORMER)
