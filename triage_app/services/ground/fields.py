"""Reading the fields of a form: checked, cleaned, and refused by name."""

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from triage_app.domain.errors import InvalidInput
from triage_app.domain.text import NOTE_LENGTH, clean_block, clean_line

Choice = TypeVar("Choice", bound=StrEnum)
_YES_NO = {None: None, "": None, "yes": True, "no": False, True: True, False: False}


class Fields:
    """What a form sent; ``labels`` names each field that it has, as people read it.

    Raises InvalidInput for a field that does not exist. Every method raises InvalidInput with the
    name of the field; an absent field counts as not given.
    """

    def __init__(self, values: Mapping[str, object], labels: Mapping[str, str]) -> None:
        for name in values:
            if name not in labels:
                raise InvalidInput(name, f"There is no field named {name[:40]!r}.")
        self._values = values
        self._labels = labels

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def given(self, name: str) -> bool:
        """Whether the field holds anything at all."""
        return self._values.get(name) not in (None, "", False)

    def line(self, name: str, limit: int) -> str:
        """One line of text, cleaned."""
        return self._named(name, lambda: clean_line(self._text(name), self._labels[name], limit))

    def block(self, name: str, limit: int = NOTE_LENGTH) -> str:
        """Several lines of text, cleaned."""
        return self._named(name, lambda: clean_block(self._text(name), self._labels[name], limit))

    def choice(self, name: str, kind: type[Choice]) -> Choice | None:
        """One of the members of ``kind``, by its value."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        try:
            return kind(str(value))
        except ValueError:
            known = ", ".join(member.value for member in kind)
            raise InvalidInput(name, f"{self._labels[name]} must be one of: {known}.") from None

    def choices(self, name: str, kind: type[Choice]) -> frozenset[Choice]:
        """Several members of ``kind``, from a list of their values."""
        given = self._values.get(name) or ()
        if isinstance(given, str) or not isinstance(given, Iterable):
            raise InvalidInput(name, f"{self._labels[name]} must be a list.")
        try:
            return frozenset(kind(str(value)) for value in given)
        except ValueError:
            known = ", ".join(member.value for member in kind)
            raise InvalidInput(name, f"{self._labels[name]} must be among: {known}.") from None

    def yes(self, name: str) -> bool | None:
        """True for "yes", False for "no", None where nothing was chosen."""
        value = self._values.get(name)
        if not isinstance(value, str | bool | None) or value not in _YES_NO:
            raise InvalidInput(name, f"{self._labels[name]} must be yes, no or empty.")
        return _YES_NO[value]

    def day(self, name: str) -> date | None:
        """A day, as "2026-11-23"; a time behind it is left out."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        try:
            return date.fromisoformat(str(value).strip().replace(" ", "T").partition("T")[0])
        except ValueError:
            raise InvalidInput(
                name, f"{self._labels[name]} must be a day such as 2026-11-23."
            ) from None

    def whole(self, name: str, low: int, high: int) -> int | None:
        """A whole number from ``low`` to ``high``."""
        number = self._number(name, f"a whole number from {low} to {high}")
        if number is None:
            return None
        if not low <= number <= high or number != int(number):
            raise InvalidInput(
                name, f"{self._labels[name]} must be a whole number from {low} to {high}."
            )
        return int(number)

    def number(self, name: str) -> float | None:
        """A finite number; a comma may stand for the decimal point."""
        return self._number(name, "a number")

    def _number(self, name: str, what: str) -> float | None:
        value = self._values.get(name)
        if value is None or value == "":
            return None
        refusal = InvalidInput(name, f"{self._labels[name]} must be {what}.")
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise refusal
        if isinstance(value, str) and "_" in value:  # which Python reads as part of a number
            raise refusal
        try:
            number = float(value.strip().replace(",", ".") if isinstance(value, str) else value)
        except (ValueError, OverflowError):  # a whole number may be too long for a float
            raise refusal from None
        if not math.isfinite(number):
            raise refusal
        return number

    def _text(self, name: str) -> str:
        value = self._values.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise InvalidInput(name, f"{self._labels[name]} must be text.")
        return value

    def _named(self, name: str, clean: Callable[[], str]) -> str:
        try:
            return clean()
        except InvalidInput as error:
            raise InvalidInput(name, str(error)) from None
