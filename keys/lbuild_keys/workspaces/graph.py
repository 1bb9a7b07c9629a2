"""Which members of a workspace need which, and in what order they are built."""

import os
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

from lbuild_keys import file_urls, pep508
from lbuild_keys.workspaces.members import Member, Workspace

_Node = TypeVar("_Node", bound=Hashable)

Edges = Mapping[_Node, frozenset[_Node]]
"""By node, the nodes that have to come before it."""


class Need(NamedTuple):
    """A requirement that means a member.

    Attributes:
        folder: of the member.
        position: of the text among the requirements.
        text: the requirement.
    """

    folder: Path
    position: int
    text: str


def edges(workspace: Workspace) -> Mapping[Path, frozenset[Path]]:
    """Return, by folder of a member, the members that ``build-system.requires`` of it needs.

    A backend may ask for more.
    """
    return _edges(workspace, lambda member: member.requires)


def runtime_edges(workspace: Workspace) -> Mapping[Path, frozenset[Path]]:
    """Return, by folder of a member, the members that it needs at run time.

    Only static requirements are known here.
    """
    return _edges(workspace, lambda member: member.dependencies)


def _edges(
    workspace: Workspace, texts: Callable[[Member], Iterable[str]]
) -> Mapping[Path, frozenset[Path]]:
    folders = folders_of(workspace)
    return {
        one.folder: frozenset(need.folder for need in needs(one, texts(one), folders))
        for one in workspace.members
    }


def needed_before(workspace: Workspace) -> Mapping[Path, frozenset[Path]]:
    """Return, by folder of a member, the members whose wheels have to be there to build it.

    What it is built with is installed, so these are also all that this needs at run time.
    """
    builds = edges(workspace)
    members = {one.folder: one for one in workspace.members}
    # What nothing is built with is not looked at: most requirements are of that sort.
    runs: dict[Path, frozenset[Path]] = {}
    pending = {folder for needed in builds.values() for folder in needed}
    while pending:
        one = members[pending.pop()]
        found = needs(one, one.dependencies, members.keys())
        runs[one.folder] = frozenset(need.folder for need in found)
        pending |= runs[one.folder] - runs.keys()
    return {folder: closure(needed, runs) for folder, needed in builds.items()}


def folders_of(workspace: Workspace) -> frozenset[Path]:
    """Return the folders of all members."""
    return frozenset(one.folder for one in workspace.members)


def needs(member: Member, texts: Iterable[str], folders: Collection[Path]) -> Iterator[Need]:
    """Yield what some requirements of a member mean in its workspace.

    A requirement of a member's own name is never met by the member itself.

    Args:
        member: whose requirements these are.
        texts: the requirements (PEP 508); those that are not valid are passed over.
        folders: of all members: a requirement may name one by its URL.
    """
    for position, text in enumerate(texts):
        folder = _meant(member, text, folders)
        if folder is not None and folder != member.folder:
            yield Need(folder, position, text)


def _meant(member: Member, text: str, folders: Collection[Path]) -> Path | None:
    name = pep508.plain_requirement_name(text)
    if name is not None:
        return member.meant.get(name)
    if "@" not in text and pep508.leading_name(text) not in member.meant:
        return None  # as most; nothing is imported for it
    from packaging.requirements import Requirement

    try:
        pep508.check_requirement(text)
    except ValueError:
        return None
    requirement = Requirement(text)
    if requirement.marker is not None:
        environment = {**member.markers(), "extra": ""}
        if not pep508.applies(requirement.marker, environment):
            return None
    if requirement.url is None:
        return member.meant.get(pep508.normalize_name(requirement.name))
    path = file_urls.local_path(requirement.url)
    if path is None:
        return None
    folder = Path(os.path.normpath(path))
    return folder if folder in folders else None


def order(edges: Edges[_Node]) -> tuple[_Node, ...]:
    """Return the nodes so that each comes after those that it needs.

    Otherwise the order of the mapping is kept. A cycle is broken somewhere; what is needed and is
    no node is passed over.
    """
    position = {node: index for index, node in enumerate(edges)}
    found: dict[_Node, None] = {}
    entered: set[_Node] = set()
    for start in edges:
        pending = [(start, False)]
        while pending:
            node, is_complete = pending.pop()
            if is_complete:
                found[node] = None
            elif node not in entered:
                entered.add(node)
                pending.append((node, True))
                before = sorted(
                    (one for one in edges[node] if one in position), key=position.__getitem__
                )
                pending += [(one, False) for one in reversed(before) if one not in entered]
    return tuple(found)


def cycle(edges: Edges[_Node]) -> tuple[_Node, ...] | None:
    """Return a shortest cycle: each node needs the next one, and the last one needs the first.

    None if there is none. Of several, it is the one that begins first in the order of the mapping.
    """
    shortest: tuple[_Node, ...] | None = None
    before: set[_Node] = set()
    for node in order(edges):
        if not (edges[node] & edges.keys()) <= before:
            break
        before.add(node)
    else:
        return None  # most of the time, and quickly
    for start in edges:
        way = _way_back(start, edges, len(shortest) - 1 if shortest else len(edges))
        shortest = way or shortest
    return shortest


def _way_back(start: _Node, edges: Edges[_Node], most: int) -> tuple[_Node, ...] | None:
    """Return a shortest cycle through a node, if that has at most so many nodes."""
    came_from: dict[_Node, _Node] = {}
    level = [start]
    for _ in range(most):
        following: list[_Node] = []
        for node in level:
            needed = edges.get(node, frozenset())
            if start in needed:
                way = [node]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return tuple(reversed(way))
            for one in edges:  # in this order
                if one in needed and one not in came_from:
                    came_from[one] = node
                    following.append(one)
        level = following
    return None


def closure(starts: Iterable[_Node], edges: Edges[_Node]) -> frozenset[_Node]:
    """Return some nodes and all that they need, directly or not."""
    found = set(starts)
    pending = [*found]
    while pending:
        new = edges.get(pending.pop(), frozenset()) - found
        found |= new
        pending += new
    return frozenset(found)
