"""The projects that a command means -> the order in which they are built, and what each needs."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lbuild_frontend.model.request import StrPath
from lbuild_frontend.model.results import GraphMember, GraphResult
from lbuild_frontend.projects import discovery
from lbuild_frontend.workspaces import check, find
from lbuild_frontend.workspaces.find import Choice
from lbuild_frontend.workspaces.reading import Projects
from lbuild_frontend.workspaces.schedule import Schedule, Step
from lbuild_keys.workspaces import graph
from lbuild_keys.workspaces.members import Member, Workspace


def chosen(
    given: Sequence[str], *, workspace: bool, packages: Sequence[str], root: StrPath | None = None
) -> Choice:
    """Choose the projects; without words, the workspace of a folder if there is one.

    Args and Raises:
        see ``find.select``.
    """
    is_whole = workspace or not (given or packages)
    if is_whole and not workspace:
        start = Path(root or "")
        is_whole = find.find(discovery.enclosing(start) or start) is not None
    if root is not None and not (is_whole or given or packages):
        given = [os.fspath(root)]
    return find.select(given, several=True, workspace=is_whole, packages=packages, root=root)


def graph_of(choice: Choice) -> GraphResult:
    """Return what the projects, and all that they need, need of each other.

    Raises:
        LbuildError: if a project is wrong, or if they need each other to be built.
    """
    requested = dict.fromkeys(one.resolve() for one in choice.requested)
    workspace = _with_all(choice.workspace, frozenset(requested))
    check.require_sound(workspace, requested.keys())
    builds, runs = graph.edges(workspace), graph.runtime_edges(workspace)
    members = {one.folder: one for one in workspace.members}
    either = {folder: builds[folder] | runs[folder] for folder in members}
    shown = graph.closure(requested, either)
    before = {one: needed for one, needed in graph.needed_before(workspace).items() if one in shown}
    return GraphResult(
        tuple(
            GraphMember(
                name=_name(members[folder]),
                project=folder,
                version=members[folder].version,
                builds_with=_names(members, builds[folder]),
                runs_with=_names(members, runs[folder]),
                requested=folder in requested,
            )
            for folder in _order([*requested, *sorted(shown - requested.keys())], before)
        ),
        choice.notes,
    )


def _order(folders: Sequence[Path], before: Mapping[Path, frozenset[Path]]) -> list[Path]:
    """Return the projects in the order in which ``run`` begins with them."""
    steps = {folder: Step(folder, "wheel") for folder in folders}
    schedule = Schedule(steps.values())
    for folder, step in steps.items():
        schedule.add(step, [steps[one] for one in before[folder]], is_certain=True)
    for folder, step in steps.items():
        # As in ``begin``: a project that has others in its folder comes after these.
        for outer in folder.parents:
            if outer in steps:
                schedule.add(steps[outer], [step], is_certain=False)
    return [step.folder for step in schedule.steps]


def _with_all(workspace: Workspace, requested: frozenset[Path]) -> Workspace:
    """Add to a workspace the projects that are in none."""
    missing = requested - {one.folder for one in workspace.members}
    others = Projects().members(missing) if missing else ()
    return workspace._replace(members=(*workspace.members, *others))


def _name(member: Member) -> str:
    return member.name or member.folder.name


def _names(members: Mapping[Path, Member], folders: Iterable[Path]) -> tuple[str, ...]:
    return tuple(sorted(_name(members[folder]) for folder in folders))
