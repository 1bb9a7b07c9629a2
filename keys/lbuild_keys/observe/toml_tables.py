"""The values in some tables of a TOML file: their state, without comments and layout."""

import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import tomli

from lbuild_keys.model import ABSENT, State, present, unreadable

_SHOWN = 3

_TEXT = re.compile(r"""["](?:[^"\\\n]|\\.)*["]|'[^'\n]*'""")
_NEWER = re.compile(r",[ \t]*\}|\d\d:\d\d(?![:\d])")
_NEWER_IN_TEXT = re.compile(r"\\[ex]")


def read(path: str) -> Mapping[str, Any] | State:
    """Parse a regular file; its state if it cannot be parsed."""
    try:
        return tomli.loads(Path(path).read_bytes().decode("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    except OSError as error:
        return unreadable(error.strerror or str(error))
    except (ValueError, RecursionError) as error:
        return unreadable(f"invalid TOML: {error}")


def needs_newer_parser(path: str) -> bool:
    """Whether a valid file is not valid by TOML 1.0, which most backends parse.

    tomli parses 1.1 as well, where an inline table may have line breaks, for example.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8")
    except (OSError, ValueError):
        return True
    rest = _TEXT.sub("", text)
    whole = all(line.count("{") == line.count("}") for line in rest.splitlines())
    if whole and not _NEWER.search(rest) and not _NEWER_IN_TEXT.search(text):
        return False
    if sys.version_info >= (3, 15):  # with a parser of TOML 1.1
        return True
    import tomllib  # much slower than tomli

    try:
        tomllib.loads(text)
    except (ValueError, RecursionError):
        return True
    return False


def state_of(
    toml: Mapping[str, Any],
    tables: Iterable[tuple[str, ...]],
    no_use: Mapping[tuple[str, ...], frozenset[str]],
) -> State:
    """Return the state of the values: the name and the digest of each, in the order of the file.

    The order within a table counts: backends write URLs and entry points in it.

    Args:
        toml: the parsed file.
        tables: the keys that lead to each table, or value, that counts.
        no_use: by table, keys that do not count.
    """
    try:
        rows = [
            (name, hashlib.sha256(repr(value).encode("utf-8")).hexdigest())
            for table in tables
            for name, value in _values(toml, table, no_use.get(table, frozenset()))
        ]
    except (ValueError, RecursionError) as error:  # values that Python refuses to print
        return unreadable(str(error))
    return present(json.dumps(rows, separators=(",", ":")))


def _values(
    toml: Mapping[str, Any], table: tuple[str, ...], no_use: frozenset[str]
) -> Iterator[tuple[str, object]]:
    """Yield what counts in a table, and that an empty one is there."""
    value: object = toml
    for key in table:
        if not isinstance(value, Mapping) or key not in value:
            return
        value = value[key]
    name = f"[{'.'.join(table)}]"
    if not isinstance(value, Mapping) or not value:
        yield name, value
    else:
        yield from ((f"{name}.{key}", value[key]) for key in value if key not in no_use)


def changed_names(old: State, new: State) -> str:
    """Return the names of the values that differ, the first few of them; empty if none is known."""
    before, after = _rows(old), _rows(new)
    if before is None or after is None:
        return ""
    names = [
        name for name in dict.fromkeys((*after, *before)) if before.get(name) != after.get(name)
    ]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _rows(state: State) -> Mapping[str, str] | None:
    if not state.detail.startswith('[["['):
        return None
    return dict(json.loads(state.detail))
