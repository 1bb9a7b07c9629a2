"""The projects that a command means -> the order in which they are built, and what each needs."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lbuild_frontend.errors import ProjectError
from lbuild_frontend.model.outcome import GraphMember, GraphOutcome
from lbuild_frontend.projects import discovery
from lbuild_frontend.workspaces import find
from lbuild_frontend.workspaces.find import Choice
from lbuild_frontend.workspaces.reading import Projects
from lbuild_keys.workspaces import graph
from lbuild_keys.workspaces.members import Member, Workspace


def chosen(given: Sequence[str], *, workspace: bool, packages: Sequence[str]) -> Choice:
    """Choose the projects; without words, the workspace of the current folder if there is one.

    Args and Raises:
        see ``find.select``.
    """
    is_whole = workspace or not (given or packages)
    if is_whole and not workspace:
        is_whole = find.find(discovery.enclosing(Path()) or Path()) is not None
    return find.select(given, several=True, workspace=is_whole, packages=packages)


def graph_of(choice: Choice) -> GraphOutcome:
    """Return what the projects, and all that they need, need of each other.

    Raises:
        LbuildError: if a project is wrong, or if they need each other to be built.
    """
    requested = frozenset(one.resolve() for one in choice.requested)
    workspace = _with_all(choice.workspace, requested)
    builds, runs = graph.edges(workspace), graph.runtime_edges(workspace)
    members = {one.folder: one for one in workspace.members}
    either = {folder: builds[folder] | runs[folder] for folder in members}
    shown = graph.closure(requested, either)
    # What a project is built with is installed, so all that it needs at run time is there before.
    before = {one: graph.closure(builds[one], runs) for one in members if one in shown}
    cycle = graph.cycle(before)
    if cycle is not None:
        raise _cycle([members[folder] for folder in cycle])
    # As in ``begin``: a project that has others in its folder comes after these.
    after = {
        one: before[one] | {inner for inner in shown if one in inner.parents} for one in before
    }
    return GraphOutcome(
        tuple(
            GraphMember(
                name=_name(members[folder]),
                project=folder,
                version=members[folder].version,
                builds_with=_names(members, builds[folder]),
                runs_with=_names(members, runs[folder]),
                requested=folder in requested,
            )
            for folder in graph.order(after)
        )
    )


def _with_all(workspace: Workspace, requested: frozenset[Path]) -> Workspace:
    """Add to a workspace the projects that are in none."""
    missing = requested - {one.folder for one in workspace.members}
    others = Projects().members(missing) if missing else ()
    return workspace._replace(members=(*workspace.members, *others))


def _name(member: Member) -> str:
    return member.name or member.folder.name


def _names(members: Mapping[Path, Member], folders: Iterable[Path]) -> tuple[str, ...]:
    return tuple(sorted(_name(members[folder]) for folder in folders))


def _cycle(members: Sequence[Member]) -> ProjectError:
    way = " -> ".join(map(_name, [*members, members[0]]))
    return ProjectError(
        f"{members[0].folder / 'pyproject.toml'}: build-system.requires: these projects need each "
        f"other to be built: {way}. Remove one of the requirements."
    )
