"""The pages: address, name, and who may open them."""

from collections.abc import Iterable
from dataclasses import dataclass

from triage_app.domain.people import Actor, Permission
from triage_app.ui.words import texts

SIGHT = frozenset({Permission.SEE_FINDINGS, Permission.SEE_OWN_UPLOADS})
FINDINGS = frozenset({Permission.SEE_FINDINGS})
REVIEW = frozenset({Permission.REVIEW})
PATIENTS = frozenset({Permission.ERASE, Permission.EXPORT_PATIENT, Permission.CHANGE_CASES})
EVERYONE: frozenset[Permission] = frozenset()


@dataclass(frozen=True)
class Place:
    """One page. Whoever has any of ``any_of`` may open it; an empty set lets in everyone.

    ``linked`` is False for a page that only other pages lead to. A page with ``accounts`` is of
    no use where nobody signs in.
    """

    name: str
    any_of: frozenset[Permission]
    linked: bool = True
    accounts: bool = False

    @property
    def path(self) -> str:
        """Address of the page."""
        return f"/{self.name}"

    @property
    def label(self) -> str:
        """Its name in the links."""
        return texts.NAV[self.name]


# In the order in which they are linked; the first one that somebody may open is the start.
PLACES = (
    Place("analyse", frozenset({Permission.UPLOAD})),
    Place("worklist", REVIEW),
    Place("patients", FINDINGS),
    Place("patient", FINDINGS, linked=False),
    Place("lesion", FINDINGS, linked=False),
    Place("history", SIGHT),
    Place("case", SIGHT, linked=False),
    Place("batch", frozenset({Permission.UPLOAD})),
    Place("recall", REVIEW),
    Place("outcomes", REVIEW),
    Place("privacy", PATIENTS),
    Place("people", frozenset({Permission.MANAGE_PEOPLE}), accounts=True),
    Place("trail", frozenset({Permission.READ_TRAIL})),
    Place("site", frozenset({Permission.MANAGE_SITE})),
    Place("statistics", frozenset({Permission.READ_STATISTICS})),
    Place("account", EVERYONE, accounts=True),
    Place("about", EVERYONE),
)
BY_NAME = {place.name: place for place in PLACES}
# Links that stand beside the name; the others are in the menu. More would not fit on a phone.
SIDE_BY_SIDE = 4
ALWAYS_IN_MENU = frozenset({"account", "about"})


def may_open(actor: Actor, any_of: frozenset[Permission]) -> bool:
    """Whether this person has any of these permissions, or none is needed."""
    return not any_of or any(actor.may(permission) for permission in any_of)


def open_to(actor: Actor, *, single_user: bool) -> list[Place]:
    """The pages that are linked for this person."""
    return [
        place
        for place in PLACES
        if place.linked and may_open(actor, place.any_of) and not (single_user and place.accounts)
    ]


def start(actor: Actor) -> str:
    """Address of the first page for this person."""
    return open_to(actor, single_user=False)[0].path


def divided(places: Iterable[Place]) -> tuple[list[Place], list[Place]]:
    """Those that stand side by side, and those in the menu."""
    every = list(places)
    side = [place for place in every if place.name not in ALWAYS_IN_MENU][:SIDE_BY_SIDE]
    return side, [place for place in every if place not in side]
