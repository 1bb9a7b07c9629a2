"""What is wrong between members, as far as their files tell: said before anything is built."""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from lbuild_frontend.errors import ProjectError
from lbuild_keys.workspaces import graph
from lbuild_keys.workspaces.graph import Need
from lbuild_keys.workspaces.members import Member, Workspace


def require_sound(workspace: Workspace, requested: Collection[Path]) -> None:
    """Check what some members of a workspace need to be built.

    Args:
        workspace: the projects that there are.
        requested: folders of members; others are passed over.

    Raises:
        ProjectError: if members need each other, or if one is needed in another version than it
            has.
    """
    edges = graph.edges(workspace)
    used = graph.closure([one for one in requested if one in edges], edges)
    found = graph.cycle({node: needed for node, needed in edges.items() if node in used})
    if found is not None:
        raise cycle_error(workspace, found)
    folders = graph.folders_of(workspace)
    members = {one.folder: one for one in workspace.members}
    for member in workspace.members:
        if member.folder in used:
            for need in graph.needs(member, member.requires, folders):
                _require_version(member, need, members[need.folder])


def cycle_error(workspace: Workspace, cycle: Sequence[Path]) -> ProjectError:
    """Return the error of members that need each other to be built.

    Args:
        workspace: the projects that there are.
        cycle: folders of members: each needs the next one, and the last one needs the first.
    """
    members = {one.folder: one for one in workspace.members}
    folders = graph.folders_of(workspace)
    names = [_name(members[folder]) for folder in (*cycle, cycle[0])]
    edges = []
    for folder, needed in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
        member = members[folder]
        need = _need_of(graph.needs(member, member.requires, folders), needed)
        if need is None:
            edges.append(f"{folder / _FILE}: its backend asks for {_name(members[needed])}")
        else:
            edges.append(f"{_place(member, need)}: {need.text!r}")
    return ProjectError(
        f"{edges[0]}: members need each other to be built: {' -> '.join(names)}. "
        f"Remove one of these requirements: {'; '.join(edges)}."
    )


_FILE = "pyproject.toml"


def _need_of(needs: Iterable[Need], folder: Path) -> Need | None:
    return next((need for need in needs if need.folder == folder), None)


def _place(member: Member, need: Need) -> str:
    return f"{member.folder / _FILE}: build-system.requires[{need.position}]"


def _name(member: Member) -> str:
    return member.name or member.folder.name


def _require_version(member: Member, need: Need, needed: Member) -> None:
    if needed.version is None or not _excludes(need.text, needed.version):
        return
    message = (
        f"{_place(member, need)}: {need.text!r} excludes version {needed.version} of the member in "
        f"{needed.folder}, which it means. Change the requirement, or the version there."
    )
    raise ProjectError(message)


def _excludes(text: str, version: str) -> bool:
    """Whether a requirement excludes a version; a development release is not excluded as such."""
    if not any(sign in text for sign in "<>=~"):
        return False  # a name alone, as most: nothing is imported for it
    from packaging.requirements import Requirement
    from packaging.version import InvalidVersion, Version

    try:
        return not Requirement(text).specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return False
