"""Records of the domain as JSON can hold them."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any

from triage_app.domain.outcome import Outcome


def plain(value: Any) -> Any:
    """The same as objects, lists, texts and numbers; raises TypeError for what has no such form."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(str(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"cannot export a {type(value).__name__}")


def plain_outcomes(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The same, with a withdrawal only where there is one: hashes of all others stay as they were
    before an outcome could be withdrawn."""
    stated: list[dict[str, Any]] = plain(outcomes)
    for one in stated:
        if one["withdrawal"] is None:
            del one["withdrawal"]
    return stated
