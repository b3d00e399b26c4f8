"""Records of the domain as JSON can hold them."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from triage_app.domain.outcome import Outcome

_LEAVES = (str, int, float)


def plain(value: Any) -> Any:
    """The same as objects, lists, texts and numbers; raises TypeError for what has no such form."""
    if value is None or isinstance(value, _LEAVES):
        return value
    if is_dataclass(value):
        kind: Any = type(value)
        return {name: plain(getattr(value, name)) for name in _names(kind)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(str(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"cannot export a {type(value).__name__}")


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def plain_outcomes(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The same, with a withdrawal only where there is one: hashes of all others stay as they were
    before an outcome could be withdrawn."""
    stated: list[dict[str, Any]] = plain(outcomes)
    for one in stated:
        if one["withdrawal"] is None:
            del one["withdrawal"]
    return stated
