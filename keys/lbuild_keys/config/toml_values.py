"""A value in a parsed pyproject.toml -> a value of a type, or an error that names its key path.

Every function with ``where``, the key path, raises SettingsError where the value has another type.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from lbuild_keys.errors import SettingsError

_T = TypeVar("_T")

FILE = "pyproject.toml"


def table(parent: Mapping[str, Any], name: str, path: str) -> Mapping[str, Any]:
    """The table ``name`` in the table at the key path ``path``; empty where it is missing."""
    value = parent.get(name, {})
    where = f"{path}.{name}" if path else name
    if not isinstance(value, Mapping):
        fail(where, f"expected a table, not {toml_type_name(value)}", f"Write it as [{where}].")
    return value


def value_at(toml: Mapping[str, Any], *path: str) -> object:
    """The value at a key path; None where part of the path is missing or is not a table."""
    value: Any = toml
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def optional(
    table: Mapping[str, Any], name: str, path: str, read: Callable[[object, str], _T]
) -> _T | None:
    """The value of ``name``, converted by ``read(value, key path)``; None where it is missing."""
    return read(table[name], f"{path}.{name}") if name in table else None


def string(value: object, where: str) -> str:
    """A string."""
    if not isinstance(value, str):
        fail(where, f"expected a string, not {toml_type_name(value)}", 'Write it in quotes: "...".')
    return value


def strings(value: object, where: str) -> tuple[str, ...]:
    """An array of strings."""
    items = array(value, where)
    return tuple(string(item, f"{where}[{index}]") for index, item in enumerate(items))


def boolean(value: object, where: str) -> bool:
    """A boolean."""
    if not isinstance(value, bool):
        fail(where, f"expected a boolean, not {toml_type_name(value)}", "Write true or false.")
    return value


def integer(
    value: object, where: str, meant: str = "an integer", remedy: str = "Write a whole number."
) -> int:
    """An integer of 64 bits with its sign: TOML has no others, but its parsers accept them."""
    if isinstance(value, bool) or not isinstance(value, int):
        fail(where, f"expected {meant}, not {toml_type_name(value)}", remedy)
    if not -(2**63) <= value < 2**63:
        fail(where, "an integer of more than 64 bits", remedy)
    return value


def array(value: object, where: str) -> Sequence[object]:
    """An array of anything."""
    if not isinstance(value, list):
        fail(
            where,
            f"expected an array, not {toml_type_name(value)}",
            "Write it in brackets: [...].",
        )
    return value


def require_known_keys(table: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    """Refuse a table that has an unknown key; suggest a known one that looks alike."""
    for name in table:
        if name not in known:
            import difflib  # seldom needed

            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known settings: {', '.join(known)}."
            fail(f"{where}.{quote_key(name)}", "unknown setting", hint)


def quote_key(name: str) -> str:
    """Write a key as TOML does: in quotes and on one line, unless it is a plain word."""
    return name if re.fullmatch(_BARE, name) else json.dumps(name)


_BARE = "[A-Za-z0-9_-]+"


def toml_type_name(value: object) -> str:
    """The name of a value's type in TOML, with its article."""
    match value:
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a float"
        case str():
            return "a string"
        case list():
            return "an array"
        case Mapping():
            return "a table"
        case _:
            return "a date or time"


def fail(path: str, problem: str, remedy: str) -> NoReturn:
    """Raise the SettingsError of a value, named by its key path."""
    raise SettingsError(f"{FILE}: {path}", problem, remedy)
