"""Who can be given a case or a next step."""

from collections.abc import Mapping

from triage_app.domain.errors import InvalidInput
from triage_app.domain.people import LOCAL_USER, Actor, Permission
from triage_app.ports.adapters import UnitOfWork


def reviewers(unit: UnitOfWork, actor: Actor) -> Mapping[str, str]:
    """Internal id and name of everybody with an open account who may review, by name.

    Where nobody signs in, that is the one person who asks.
    """
    if actor.id == LOCAL_USER.id:
        return {LOCAL_USER.id: LOCAL_USER.name}
    return {
        person.id: person.name
        for person in unit.people.everyone()
        if person.active and Permission.REVIEW in person.permissions
    }


def require_reviewer(unit: UnitOfWork, actor: Actor, person_id: str) -> None:
    """Raise InvalidInput("person", ...) for somebody who could not do it."""
    if person_id not in reviewers(unit, actor):
        raise InvalidInput("person", "Choose a clinician with an account that is not shut.")
