"""The JSON that tests get from lbuild, checked against the JSON Schema of the documentation.

Strictly: also a member that the schema does not have is wrong.
"""

import functools
import itertools
import json
from collections.abc import Sequence
from typing import Any

from docs._extensions import json_schema


def read(arguments: Sequence[str], text: str) -> Any:
    """Return what a command printed on standard output, which has to be one JSON document.

    Args:
        arguments: the command line; the first word that is the name of a command names it.
        text: what was printed.
    """
    rows = json.loads(text)
    command = command_of(arguments)
    if command is not None:
        check(command, rows)
    return rows


def command_of(arguments: Sequence[str]) -> str | None:
    """Return the command that prints JSON on a command line: one word, or two."""
    for word, following in itertools.pairwise([*arguments, ""]):
        for command in (word, f"{word} {following}"):
            if command in json_schema.ROWS:
                return command
    return None


def check(command: str, rows: object) -> list[str]:
    """Return the names of the types of the objects; fail the test if one is not as in the schema.

    Args:
        command: such as ``wheel`` or ``cache info``.
        rows: what it printed, as Python has it.
    """
    assert isinstance(rows, list), rows
    found = [_type_of(command, row) for row in rows]
    for name, row in zip(found, rows, strict=True):
        validator = _validator(name)
        # ``is_valid`` stops at the first error; which one it is matters only if there is one.
        if not validator.is_valid(row):
            error = _innermost(next(iter(validator.iter_errors(row))))
            where = "".join(f"[{part!r}]" for part in error.absolute_path)
            message = f"lbuild {command} --json: {name}{where}: {error.message[-2000:]}"
            raise AssertionError(message)
    return found


def _type_of(command: str, row: Any) -> str:
    """Return the type that a row has to have, by the member that no other type has."""
    kinds = [kind.__name__ for kind in json_schema.ROWS[command]]
    of_member = {"error": "FailedResult", "needed_by": "NeededResult", "verdict": "StatusResult"}
    for member, name in of_member.items():
        if member in row:
            assert name in kinds, row
            return name
    return kinds[0]


def _innermost(error: Any) -> Any:
    """Return what is wrong with the alternative that nearly fits: a reason of one kind."""
    while error.context:
        groups: dict[object, list[Any]] = {}
        for inner in error.context:
            groups.setdefault(inner.relative_schema_path[0], []).append(inner)
        [error, *_] = min(groups.values(), key=len)
    return error


@functools.cache
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator  # few tests need it

    Draft202012Validator.check_schema(_schema())
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": _schema()["$defs"]})


@functools.cache
def _schema() -> dict[str, Any]:
    return json_schema.schema(strict=True)
