"""The table of a workspace -> the folders of its members."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.errors import LbuildError, ProjectError
from lbuild_frontend.projects import discovery
from lbuild_frontend.workspaces.top import Top
from lbuild_keys.config import toml_values
from lbuild_keys.workspaces.patterns import MemberPattern, is_excluded

_REPOSITORY = (".git", ".hg")
_SHOWN = 3
"""How many folders that are passed over are named in a note."""


class Folders(NamedTuple):
    """The folders of the members of a workspace.

    Attributes:
        members: absolute, links resolved, sorted.
        passed: folders that a pattern selects, and that are no projects, relative to the workspace.
        problem: what is wrong with the table.
    """

    members: tuple[Path, ...]
    passed: tuple[str, ...]
    problem: LbuildError | None

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know about them."""
        if not self.passed:
            return ()
        names = ", ".join(self.passed[:_SHOWN])
        more = f" (and {len(self.passed) - _SHOWN} more)" if len(self.passed) > _SHOWN else ""
        return (f"passed over, because not a Python project: {names}{more}",)


def of_members(top: Top) -> Folders:
    """List the folders that the table selects.

    A folder of a pattern with wildcards that is no project is passed over; one without wildcards
    has to be a project.
    """
    members = {top.folder} if _is_member(top) else set()
    passed: set[str] = set()
    problem = None
    for pattern in top.table.members:
        try:
            found = [*_of_pattern(top, pattern)]
        except LbuildError as error:
            problem = problem or error
            continue
        members |= {folder for _, folder in found if folder is not None}
        passed |= {path for path, folder in found if folder is None}
    if not members and problem is None:
        problem = _no_members(top)
    # What is in a member is part of it.
    parts = {
        path for path in passed if members & {*Path(os.path.realpath(top.folder / path)).parents}
        - {top.folder}
    }  # fmt: skip
    return Folders(tuple(sorted(members)), tuple(sorted(passed - parts)), problem)


def _is_member(top: Top) -> bool:
    """Whether the project in the folder of the workspace is a member, without being named."""
    poetry = toml_values.value_at(top.toml, "tool", "poetry", "name")
    return "project" in top.toml or isinstance(poetry, str)


def _of_pattern(top: Top, pattern: MemberPattern) -> Iterator[tuple[str, Path | None]]:
    """Yield what a pattern selects: the path, and the folder; None if that is no project.

    Raises:
        LbuildError: naming the key path.
    """
    where = f"{top.file}: {pattern.where}"
    try:
        paths = pattern.expand(top.folder)
    except OSError as error:
        message = (
            f"{where}: {error.filename} cannot be listed ({error.strerror}). Make it readable."
        )
        raise ProjectError(message) from error
    limit = _limit(top.folder)
    is_any = False
    for path in paths:
        if is_excluded(path, top.table.exclude):
            is_any = True
            continue
        folder = Path(os.path.realpath(top.folder / path))
        if not discovery.is_project(folder):
            if pattern.is_literal:
                raise _no_project(where, pattern, folder)
            if _is_worth_a_note(folder):
                yield path, None
            continue
        is_any = True
        if not folder.is_relative_to(limit):
            message = (
                f"{where}: {path!r} is {folder}, outside of {limit}. A member has to be in the "
                "repository of its workspace. Name it in tool.uv.sources, by its path."
            )
            raise ProjectError(message)
        yield path, folder
    if not is_any:
        message = (
            f"{where}: no Python project matches {pattern.text!r}. Fix the pattern, or remove it."
        )
        raise ProjectError(message)


def _no_project(where: str, pattern: MemberPattern, folder: Path) -> ProjectError:
    if not folder.exists():
        problem = "does not exist"
    elif not folder.is_dir():
        problem = "is not a folder"
    else:
        problem = "is not a Python project: it has neither pyproject.toml nor setup.py"
    return ProjectError(
        f"{where}: {pattern.text!r} {problem}. Give the folder of a project, or remove it."
    )


def _is_worth_a_note(folder: Path) -> bool:
    """Whether somebody may have meant it: not if it is hidden or empty, as in uv."""
    if folder.name.startswith("."):
        return False
    try:
        return any(folder.iterdir())
    except OSError:
        return True


def _limit(folder: Path) -> Path:
    """Return the folder that members have to be in: the repository, or that of the workspace."""
    for place in (folder, *folder.parents):
        if any(os.path.lexists(place / name) for name in _REPOSITORY):
            return place
    return folder


def _no_members(top: Top) -> ProjectError:
    if top.table.exclude and top.table.members:
        problem, remedy = "exclude: it excludes all members", "Fix the patterns."
    else:
        problem, remedy = "it has no member", 'Write members = ["packages/*"], for example.'
    separator = "." if problem.startswith("exclude") else ": "
    return ProjectError(f"{top.file}: {top.table.table}{separator}{problem}. {remedy}")
