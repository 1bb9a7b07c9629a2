"""The projects of a workspace, as their files describe them: plain values."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

Table = Literal["tool.uv.workspace", "tool.lbuild.workspace"]
"""The tables of a pyproject.toml that name the members of a workspace."""

Markers = Callable[[], Mapping[str, str]]
"""Returns the values of the environment markers (PEP 508) of the interpreter that builds. It is
called only where there is a marker: it may take as long as that interpreter takes to start."""


def own_markers() -> Mapping[str, str]:
    """Return the values that differ from those of the interpreter that runs this: none."""
    return {}


class Member(NamedTuple):
    """A project that may be built together with others.

    Attributes:
        folder: of the project, absolute, links resolved.
        name: normalised; None if only its backend knows it.
        version: None if only its backend knows it.
        requires: ``build-system.requires`` (PEP 508).
        dependencies: ``project.dependencies`` (PEP 508); empty if only its backend knows them.
        meant: by the normalised name of a distribution, the folder of the project that a
            requirement of this name means for this member.
        is_outside: whether it is no member, but a project that a member names as a source.
        is_package: whether all members include it: not where uv would not build it.
        markers: of the interpreter that builds it.
    """

    folder: Path
    name: str | None
    version: str | None
    requires: tuple[str, ...]
    dependencies: tuple[str, ...]
    meant: Mapping[str, Path]
    is_outside: bool = False
    is_package: bool = True
    markers: Markers = own_markers


class Workspace(NamedTuple):
    """Projects that are built together.

    Attributes:
        file: the absolute path of the file that names them; None if the command line does.
        table: where in this file; None likewise.
        members: sorted by folder.
        notes: what the user should know about the choice, as sentences without a full stop.
    """

    file: Path | None
    table: Table | None
    members: tuple[Member, ...]
    notes: tuple[str, ...] = ()
