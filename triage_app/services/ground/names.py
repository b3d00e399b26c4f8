"""Names of people for what is shown and printed; the trail and the logs keep internal ids only."""

from collections.abc import Iterable

from triage_app.domain.people import LOCAL_USER, SYSTEM, TERMINAL
from triage_app.ports.adapters import UnitOfWork

_WITHOUT_ACCOUNT = {person.id: person.name for person in (LOCAL_USER, TERMINAL, SYSTEM)}


def shown_names(unit: UnitOfWork) -> dict[str, str]:
    """Internal id and name of everybody: accounts, also those that are shut, and those without."""
    return _WITHOUT_ACCOUNT | {person.id: person.name for person in unit.people.everyone()}


def names_of(unit: UnitOfWork, ids: Iterable[str]) -> dict[str, str]:
    """Name of each of these people; one without an account here keeps the id."""
    names = shown_names(unit)
    return {one: names.get(one, one) for one in sorted(set(ids)) if one}
