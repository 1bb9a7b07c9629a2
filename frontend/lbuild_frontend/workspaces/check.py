"""What is wrong between members, as far as their files show it, before anything is built."""

from collections.abc import Collection, Sequence
from pathlib import Path

from lbuild_frontend.errors import ProjectError
from lbuild_keys import pep508
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
    before = graph.needed_before(workspace)
    used = graph.closure([one for one in requested if one in before], before)
    found = graph.cycle({node: needed for node, needed in before.items() if node in used})
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
        cycle: folders of members: each has to come after the next one, and the last one after the
            first.
    """
    members = {one.folder: one for one in workspace.members}
    edges = [
        edge
        for folder, needed in zip(cycle, (*cycle[1:], cycle[0]), strict=True)
        for edge in _way(workspace, folder, needed)
    ]
    names = [_name(members[one]) for one in (*(folder for folder, _ in edges), cycle[0])]
    places = [place for _, place in edges]
    return ProjectError(
        f"{places[0]}: members need each other to be built: {' -> '.join(names)}. "
        f"Remove one of these requirements: {'; '.join(places)}."
    )


_FILE = "pyproject.toml"


def _way(workspace: Workspace, folder: Path, needed: Path) -> list[tuple[Path, str]]:
    """Return the requirements because of which one member has to come after another.

    Each with the folder of the member that has it: the first one is one of the build, the others
    are those of what the build installs.
    """
    members = {one.folder: one for one in workspace.members}
    folders = graph.folders_of(workspace)

    def needs(one: Path, key: str, texts: Sequence[str]) -> list[tuple[Path, str]]:
        found = graph.needs(members[one], texts, folders)
        place = f"{one / _FILE}: {key}"
        return [(need.folder, f"{place}[{need.position}]: {need.text!r}") for need in found]

    reached: dict[Path, list[tuple[Path, str]]] = {}
    for target, text in needs(folder, _REQUIRES, members[folder].requires):
        reached.setdefault(target, [(folder, text)])
    pending = [*reached]
    for one in pending:  # it grows
        for target, text in needs(one, "project.dependencies", members[one].dependencies):
            if target not in reached:
                reached[target] = [*reached[one], (one, text)]
                pending.append(target)
    name = _name(members[needed])
    unknown = f"{folder / _FILE}: build-system.build-backend: the backend requires {name}"
    return reached.get(needed, [(folder, unknown)])


_REQUIRES = "build-system.requires"


def _name(member: Member) -> str:
    return member.name or member.folder.name


def _require_version(member: Member, need: Need, needed: Member) -> None:
    if needed.version is None or pep508.is_met_by(need.text, needed.version):
        return
    message = (
        f"{member.folder / _FILE}: {_REQUIRES}[{need.position}]: {need.text!r} excludes version "
        f"{needed.version} of the member in {needed.folder}, which it means. Change the "
        "requirement, or the version there."
    )
    raise ProjectError(message)
