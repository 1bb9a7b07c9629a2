"""The workspace of a folder, and the projects that a command line means."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lbuild_frontend.errors import LbuildError, ProjectError
from lbuild_frontend.model.request import StrPath
from lbuild_frontend.projects import discovery
from lbuild_keys.workspaces.members import Markers, Workspace, own_markers

if TYPE_CHECKING:
    from lbuild_frontend.workspaces.reading import Projects
    from lbuild_frontend.workspaces.top import Top

_FILE = "pyproject.toml"
_SHOWN = 3
"""How many projects that are passed over are named in a note."""


class Choice(NamedTuple):
    """The projects of a command.

    Attributes:
        workspace: all projects that are given to each other; its members may be none where only
            one project is meant.
        requested: the folders of the projects that the command line means. That of a member is
            written as there, any other as it was given: not all have to be projects.
        notes: what the user should know about the choice, as sentences without a full stop.
    """

    workspace: Workspace
    requested: tuple[Path, ...]
    notes: tuple[str, ...]


_NONE = Workspace(None, None, ())


def select(
    given: Sequence[str],
    *,
    several: bool,
    workspace: bool = False,
    packages: Sequence[str] = (),
    root: StrPath | None = None,
    markers: Markers = own_markers,
) -> Choice:
    """Choose the projects of a command.

    Args:
        given: the words of the command line; none for the current folder.
        several: whether the command takes any number of projects, so that globs are expanded.
        workspace: whether all members of a workspace are meant.
        packages: normalised names of members that are meant: of that workspace, or of the projects
            that are given.
        root: the folder of the workspace, or one in it; None for the current folder.
        markers: of the interpreter that builds.

    Raises:
        LbuildError: if a workspace is wrong, or there is none that is needed.
    """
    choice = _select(given, packages, root, markers, several=several, workspace=workspace)
    if len(choice.workspace.members) > 1:
        from lbuild_frontend.workspaces import check

        check.require_sound(choice.workspace, choice.requested)
    return choice


def _select(
    given: Sequence[str],
    packages: Sequence[str],
    root: StrPath | None,
    markers: Markers,
    *,
    several: bool,
    workspace: bool,
) -> Choice:
    if workspace or (packages and not given):
        start = Path(root or "")
        found = find(_enclosing(start), markers)
        if found is None:
            raise _no_workspace("--workspace" if workspace else "--package", start)
        if packages:
            return Choice(found, _of_names(found, packages), found.notes)
        return _all_members(found)
    selection = discovery.select(given, several=several)
    found = of_projects(selection.folders, markers)
    requested = tuple(_as_member(found, folder) for folder in selection.folders)
    if packages:
        requested = _of_names(found, packages, frozenset(requested))
    return Choice(found, requested, (*selection.notes, *found.notes))


def find(folder: Path, markers: Markers = own_markers) -> Workspace | None:
    """Find the workspace that a project is a member of; None if there is none.

    Args:
        folder: of the project, or that of the workspace.
        markers: of the interpreter that builds.

    Raises:
        LbuildError: if the workspace is wrong.
    """
    from lbuild_frontend.workspaces.reading import Projects

    projects = Projects(markers)
    home = projects.home(Path(os.path.realpath(folder)))
    if home is None:
        return None
    members = projects.members(home.found.members)
    return Workspace(home.top.file, home.top.table.table, members, home.found.notes)


def of_projects(folders: Sequence[Path], markers: Markers = own_markers) -> Workspace:
    """Return the workspace of the projects that a command line names.

    A member of a workspace has that as well. One that is alone has no members.

    Args:
        folders: of projects. What is none is passed over, and so is one whose files are wrong: the
            command says so when its turn comes.
        markers: of the interpreter that builds.

    Raises:
        LbuildError: if a workspace is wrong, or a name that is required means two of the projects.
    """
    roots = [Path(os.path.realpath(one)) for one in folders if _is_project(one)]
    if not roots or (len(roots) == 1 and _is_alone(roots[0])):
        return _NONE
    from lbuild_frontend.workspaces.reading import Projects

    projects = Projects(markers)
    readable = [root for root in dict.fromkeys(roots) if projects.is_readable(root)]
    homes = {root: projects.home(root) for root in readable}
    for root, home in homes.items():
        if home is not None and root == home.top.folder and _is_no_project(home.top):
            message = (
                f"{home.top.file}: it names the members of a workspace, and describes no project. "
                "Give --workspace for all members, or --package NAME."
            )
            raise ProjectError(message)
    starts = {*readable}.union(*(home.found.members for home in homes.values() if home))
    members = projects.members(starts, _by_name(projects, readable))
    if not members or (len(members) == 1 and not members[0].meant):
        return _NONE
    tables = {(home.top.file, home.top.table.table) if home else None for home in homes.values()}
    file, table = (tables.pop() if len(tables) == 1 else None) or (None, None)
    return Workspace(file, table, members)


def _is_project(folder: Path) -> bool:
    try:
        return folder.is_dir() and discovery.is_project(folder)
    except (OSError, ValueError):
        return False


def _is_no_project(top: "Top") -> bool:
    return not (top.toml.keys() & {"project", "build-system"}) and not any(
        (top.folder / name).exists() for name in ("setup.py", "setup.cfg")
    )


def _is_alone(root: Path) -> bool:
    """Whether a project is no member of a workspace, and names no other as a source."""
    from lbuild_frontend.workspaces import top

    try:
        return not top.mentions(root, b"sources") and top.nearest(root) is None
    except (LbuildError, OSError):
        return False


def _by_name(projects: "Projects", roots: Sequence[Path]) -> Mapping[str, Path]:
    """Return the folders of projects by their names; none for a name that two of them have.

    Raises:
        ProjectError: if one of them requires such a name, and has no workspace that says more.
    """
    by_name: dict[str, list[Path]] = {}
    for root in roots:
        name = projects.described(root).name
        if name is not None:
            by_name.setdefault(name, []).append(root)
    for name, (first, *others) in by_name.items():
        for root in roots if others else ():
            text = projects.required_text(root, name)
            if text is not None:
                message = (
                    f"{root / _FILE}: it requires {text!r}, but two of the projects have this "
                    f"name: {first} and {others[0]}. Give only one of them."
                )
                raise ProjectError(message)
    return {name: found[0] for name, found in by_name.items() if len(found) == 1}


def _as_member(workspace: Workspace, folder: Path) -> Path:
    if not workspace.members or folder.is_file():
        return folder
    real = Path(os.path.realpath(folder))
    return real if any(one.folder == real for one in workspace.members) else folder


def _enclosing(folder: Path) -> Path:
    return discovery.enclosing(folder) or Path(os.path.realpath(folder))


def _all_members(workspace: Workspace) -> Choice:
    inside = [one for one in workspace.members if not one.is_outside]
    passed = [one.name or one.folder.name for one in inside if not one.is_package]
    notes = workspace.notes
    if passed:
        names = ", ".join(passed[:_SHOWN])
        more = f" (and {len(passed) - _SHOWN} more)" if len(passed) > _SHOWN else ""
        notes += (
            f"passed over, because without [build-system], or not a package for uv: {names}{more}",
        )
    return Choice(workspace, tuple(one.folder for one in inside if one.is_package), notes)


def _of_names(
    workspace: Workspace, names: Sequence[str], among: frozenset[Path] | None = None
) -> tuple[Path, ...]:
    """Return the folders of the members of some names.

    Args:
        workspace: the projects.
        names: normalised.
        among: folders of those that are meant; None for all members.
    """
    by_name = {
        one.name: one.folder
        for one in workspace.members
        if one.name is not None and (not one.is_outside if among is None else one.folder in among)
    }
    for name in names:
        if name not in by_name:
            import difflib  # seldom needed

            near = difflib.get_close_matches(name, by_name, n=1)
            known = f"Did you mean {near[0]!r}?" if near else f"Members: {', '.join(by_name)}."
            where = workspace.file or "the projects that are given"
            raise LbuildError(f"--package {name}: no member of this name in {where}. {known}")
    return tuple(by_name[name] for name in dict.fromkeys(names))


def _no_workspace(option: str, start: Path) -> LbuildError:
    return LbuildError(
        f"{option}: no workspace in {start.absolute()} or above: no pyproject.toml there has "
        "[tool.uv.workspace] or [tool.lbuild.workspace] with this folder as a member. Write "
        '[tool.lbuild.workspace] and members = ["packages/*"] into the pyproject.toml of the '
        "folder above all projects, or give the folders of the projects."
    )
