"""Strict reading of JSON into frozen dataclasses: an unknown, missing or mistyped key is an error.

A dataclass's fields are the keys. Understood types: str, bool, int, float, ``tuple[T, ...]``,
``tuple[A, B]``, ``Mapping[str, T]``, nested dataclasses, ``T | None`` (left out rather than null),
and ``Any`` for a free-form part.
"""

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from math import isfinite
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


class JsonMismatch(ValueError):
    """The JSON differs from the schema; the message names the key."""


def parse(text: str) -> Any:
    """Parse JSON, refusing NaN, infinities and repeated keys. Raises JsonMismatch."""
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise JsonMismatch(f"line {error.lineno} is not valid JSON") from error


def build(cls: type[T], value: object, where: str = "") -> T:
    """Build a dataclass from a parsed object. Raises JsonMismatch with the path of the key."""
    if not isinstance(value, dict):
        raise JsonMismatch(f"{where or 'the top level'} must be an object")
    declared = fields(cls)  # type: ignore[arg-type]
    known = {field.name for field in declared}
    required = {f.name for f in declared if f.default is MISSING and f.default_factory is MISSING}
    for problem, names in (("missing", required - set(value)), ("unknown", set(value) - known)):
        if names:
            raise JsonMismatch(f'key "{_join(where, min(names))}" is {problem}')
    hints = get_type_hints(cls)
    parts = {name: _convert(hints[name], item, _join(where, name)) for name, item in value.items()}
    try:
        return cls(**parts)
    except JsonMismatch:
        raise
    except ValueError as error:
        raise JsonMismatch(f"{where + ': ' if where else ''}{error}") from error


def _convert(kind: Any, value: object, where: str) -> Any:
    if kind is Any:
        return value
    if is_dataclass(kind):
        return build(kind, value, where)  # type: ignore[arg-type]
    origin = get_origin(kind)
    if origin is UnionType:
        (given,) = (part for part in get_args(kind) if part is not NoneType)
        return _convert(given, value, where)
    if origin is tuple:
        return _tuple(get_args(kind), value, where)
    if origin is Mapping:
        if not isinstance(value, dict):
            raise JsonMismatch(f'"{where}" must be an object')
        item_kind = get_args(kind)[1]
        return {k: _convert(item_kind, v, _join(where, k)) for k, v in value.items()}
    return _scalar(kind, value, where)


def _scalar(kind: type, value: object, where: str) -> Any:
    if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        if not isfinite(value):
            raise JsonMismatch(f'"{where}" must be a finite number')
        return float(value)
    # bool is a subclass of int, and true is no number.
    if type(value) is not kind:
        raise JsonMismatch(f'"{where}" must be of type {kind.__name__}')
    return value


def _tuple(kinds: tuple[Any, ...], value: object, where: str) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise JsonMismatch(f'"{where}" must be a list')
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    if len(kinds) != len(value):
        raise JsonMismatch(f'"{where}" must have {len(kinds)} entries')
    return tuple(
        _convert(k, v, f"{where}[{i}]") for i, (k, v) in enumerate(zip(kinds, value, strict=True))
    )


def _join(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise JsonMismatch(f'key "{key}" occurs twice')
        found[key] = value
    return found


def _no_constant(name: str) -> Any:
    raise JsonMismatch(f"{name} is not a number")
