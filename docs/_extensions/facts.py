"""Read settings, reasons and errors from the code, as values for pages."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from lbuild_frontend import api, errors
from lbuild_keys.config.build_system import BUILD_SYSTEM
from lbuild_keys.config.setting import Setting
from lbuild_keys.config.settings import TOOL_LBUILD, TOOL_UV
from lbuild_keys.decision import reasons
from lbuild_keys.decision.describe import describe
from lbuild_keys.model import State, declared
from lbuild_keys.workspaces.sources import SOURCES
from lbuild_keys.workspaces.tables import MANAGED, PACKAGE, TOOL_LBUILD_WORKSPACE


def settings() -> dict[str, tuple[Setting[Any], ...]]:
    """Return all settings by the key paths of their tables."""
    workspace = tuple(one._replace(table="tool.uv.workspace") for one in TOOL_LBUILD_WORKSPACE)
    return {
        "tool.lbuild": TOOL_LBUILD,
        "tool.lbuild.workspace": TOOL_LBUILD_WORKSPACE,
        "tool.uv": (*TOOL_UV, SOURCES, MANAGED, PACKAGE),
        "tool.uv.workspace": workspace,
        "build-system": BUILD_SYSTEM,
    }


def default(setting: Setting[Any]) -> str:
    """Return the default of a setting in Markdown."""
    return setting.otherwise or f"`{_toml(setting.default)}`"


def _toml(value: object) -> str:
    if isinstance(value, dict):
        pairs = ", ".join(f"{name} = {_toml(one)}" for name, one in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReasonKind:
    """A kind of reasons.

    Attributes:
        tag: its name in JSON.
        name: of its class.
        labels: its names in the output of ``lbuild status``.
        meaning: its docstring.
        members: of its JSON object, besides those that all kinds have.
    """

    tag: str
    name: str
    labels: tuple[str, ...]
    meaning: str
    members: tuple[str, ...]


def reason_kinds() -> dict[str, ReasonKind]:
    """Return all kinds of reasons by their names in JSON."""
    return {
        kind.tag: ReasonKind(
            tag=kind.tag,
            name=kind.__name__,
            labels=tuple(dict.fromkeys(describe(one).label for one in _examples(kind))),
            meaning=" ".join(str(kind.__doc__).split()),
            members=tuple(name for name in kind._fields if name not in ("old", "new", "source")),
        )
        for kind in get_args(reasons.Reason)
    }


def _examples(kind: Any) -> Iterator[Any]:
    """Yield reasons of a kind that have all labels that it can have."""
    there, unreadable = State("present", "1"), State("unreadable", "2")
    for path, new in itertools.product((".", "today"), (there, unreadable)):
        values = {
            "path": path,
            "name": path,
            "old": there,
            "new": new,
            "source": declared("setting"),
            "problem": "problem",
        }
        yield kind(**{name: values[name] for name in kind._fields if name in values})


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorKind:
    """A sort of errors.

    Attributes:
        kind: its name in JSON.
        exit_code: of the command.
        classes: by their names: the docstring, and whether they are public.
    """

    kind: str
    exit_code: int
    classes: tuple[tuple[str, str, bool], ...]


def error_kinds() -> dict[str, ErrorKind]:
    """Return all sorts of errors by their names in JSON."""
    found: dict[str, ErrorKind] = {}
    for one in _with_leaves(errors.LbuildError):
        code = errors.Interrupted.exit_code if one is errors.Stopped else one.exit_code
        text = str(one.__doc__).split("\n\n")[0]
        entry = (one.__name__, text, one.__name__ in api.__all__)
        before = found.get(one.kind)
        if before is not None and before.exit_code != code:
            raise ValueError(f"{one.kind} has two exit codes")
        classes = (*before.classes, entry) if before else (entry,)
        found[one.kind] = ErrorKind(kind=one.kind, exit_code=code, classes=classes)
    return found


def _with_leaves(kind: type[errors.LbuildError]) -> Iterator[type[errors.LbuildError]]:
    yield kind
    for one in kind.__subclasses__():
        if one.__module__ == errors.__name__:
            yield from _with_leaves(one)
