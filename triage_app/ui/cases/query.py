"""What the history shows: from the address, from the filter's fields, and back to an address."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from triage_app.domain.case import CaseFilter, CaseState, Order
from triage_app.domain.diagnosis import FindingClass
from triage_app.domain.errors import InvalidInput
from triage_app.domain.triage import Level
from triage_app.ui.words import texts

Choice = TypeVar("Choice", bound=StrEnum)
BIN = "bin"
# Whether a clinician has given a verdict.
REVIEWED = {"unread": False, "read": True}
LONGEST = 200


@dataclass(frozen=True)
class HistoryQuery:
    """The filter as text, as it stands in the fields and, but for what was typed about a patient,
    in the address; empty parts do not narrow.

    ``level`` holds levels separated by commas; ``show`` is a state, "unread", "read" or "bin".
    """

    order: str = Order.NEWEST.value
    level: str = ""
    leading: str = ""
    show: str = ""
    since: str = ""
    until: str = ""
    patient: str = ""
    text: str = ""
    cursor: str = ""

    @classmethod
    def from_address(
        cls, parameters: Mapping[str, str], patient: str = "", text: str = ""
    ) -> "HistoryQuery":
        """Known parameters of an address, cut to a sensible length, with what was typed."""
        known = {n: parameters[n][:LONGEST] for n in _in_address() if n in parameters}
        return cls(**known, patient=patient[:LONGEST], text=text[:LONGEST])

    @property
    def levels(self) -> list[str]:
        """The levels as a list."""
        return [name for name in self.level.split(",") if name]

    @property
    def narrows(self) -> bool:
        """Whether anything but the order is set."""
        return replace(self, order="", cursor="") != HistoryQuery(order="")

    def address(self) -> str:
        """Query of the page's address, without what is at its default or names a patient."""
        default = HistoryQuery()
        pairs = [(name, getattr(self, name)) for name in _in_address()]
        return urlencode([(n, v) for n, v in pairs if v and v != getattr(default, n)])

    def parsed_order(self) -> Order:
        """Raises InvalidInput."""
        return _choice("order", self.order, Order)

    def filter(self) -> CaseFilter:
        """The filter of the list; raises InvalidInput for a value that is none."""
        state = "" if self.show == BIN or self.show in REVIEWED else self.show
        return CaseFilter(
            levels=frozenset(_choice("level", name, Level) for name in self.levels),
            finding_class=_choice("leading", self.leading, FindingClass) if self.leading else None,
            date_from=day("since", self.since),
            date_to=day("until", self.until),
            patient_reference=self.patient.strip(),
            text=self.text.strip(),
            state=_choice("show", state, CaseState) if state else None,
            in_bin=self.show == BIN,
            reviewed=REVIEWED.get(self.show),
        )


def _in_address() -> list[str]:
    # Browsers and proxies keep addresses, so nothing that names a patient may stand in one.
    return [f.name for f in fields(HistoryQuery) if f.name not in ("patient", "text")]


def _choice(name: str, value: str, kind: type[Choice]) -> Choice:
    try:
        return kind(value)
    except ValueError:
        raise InvalidInput(name, texts.FILTER_WRONG) from None


def day(name: str, value: str) -> date | None:
    """A typed day, None for an empty field; raises InvalidInput."""
    if not value.strip():
        return None
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        raise InvalidInput(name, texts.DATE_WRONG) from None
