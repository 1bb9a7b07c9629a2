"""Results -> objects of the JSON that commands print: each field is a member, by the same name.

``docs/_extensions/json_schema.py`` makes the JSON Schema of these objects from the same types.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from lbuild_frontend.model.outcome import LastBuild, NearestBuild
from lbuild_frontend.model.results import (
    EnvironmentState,
    FailedResult,
    Failure,
    GraphMember,
    Result,
    StatusResult,
)
from lbuild_frontend.output.formats import iso, json_array
from lbuild_keys.decision import describe
from lbuild_keys.model import Snapshot, count_by_kind


def to_json(result: Result | GraphMember) -> dict[str, object]:
    """Return the object that ``--json`` prints of a result, in types that JSON has."""
    return _object(result)


def as_json(results: Iterable[Result | GraphMember]) -> str:
    """Return what a command prints with ``--json``."""
    return json_array(map(to_json, results))


def _object(value: Any) -> dict[str, object]:
    left_out = LEFT_OUT.get(type(value))
    return {
        name: WRITERS.get(name, _plain)(field)
        for name, field in zip(value._fields, value, strict=True)
        if name != left_out or field
    }


LEFT_OUT: Mapping[type, str] = {FailedResult: "name", StatusResult: "environment"}
"""By the type of a result, a member that is not there if nothing is known."""


def _plain(value: Any) -> object:
    match value:
        case Path():
            return os.fspath(value)
        case NearestBuild() | LastBuild() | Failure() | EnvironmentState():
            return _object(value)
        case tuple():
            return [*value]
        case _:
            return value


def _count(inputs: Snapshot) -> Mapping[str, int]:
    return count_by_kind(one for one, seen in inputs.items() if seen.state.presence != "absent")


def _fields_of(metadata: bytes) -> Mapping[str, object]:
    from lbuild_frontend.output import core_metadata  # brings email

    return core_metadata.to_json(metadata)


WRITERS: Mapping[str, Callable[[Any], object]] = {
    "built_at": iso,
    "inputs": _count,
    "metadata": _fields_of,
    "reasons": lambda reasons: [describe.to_json(one) for one in reasons],
    "seconds": lambda seconds: round(seconds, 3),
}
"""By its name, how a field is written that JSON has another type for."""
