"""A snapshot by folder: the form in which it is stored, and compared without being unpacked.

What hooks used below a project is most of a large snapshot. By folder it has a tenth of the
objects, and ``snapshots.unchanged`` compares a folder at a time.
"""

from collections.abc import Collection, ItemsView, Iterator, KeysView, Mapping, Sequence, ValuesView
from functools import cached_property
from typing import NamedTuple

from lbuild_keys.model import (
    ABSENT,
    KEY_VERSION,
    Input,
    Kind,
    Observation,
    Snapshot,
    Source,
    State,
    present,
)
from lbuild_keys.observe import listings

FOLDED_KINDS: frozenset[Kind] = frozenset({"file", "path", "listing"})

NO_KEY_VERSION = 0
"""In place of the version of a key: another lbuild knows inputs of kinds that this one does not."""


class Block(NamedTuple):
    """Inputs of one kind and source in one folder.

    Attributes:
        kind: one of ``FOLDED_KINDS``.
        source: the index of the source.
        states: of files and paths by name in the folder, the details; empty if absent. Of a
            listing, the types of the names.
    """

    kind: Kind
    source: int
    states: Mapping[str, str]


class FoldedSnapshot(Mapping[Input, Observation]):
    """A snapshot that is unpacked when an input in a folder is asked for.

    Attributes:
        key_version: that of the key that the snapshot gave; ``NO_KEY_VERSION`` if not all of its
            inputs are in here.
        sources: of the blocks.
        folders: by path relative to the project (empty for its own), the blocks of each.
        rest: all other inputs.
    """

    def __init__(
        self,
        key_version: int,
        sources: Sequence[Source],
        folders: Mapping[str, Sequence[Block]],
        rest: Snapshot,
    ) -> None:
        """See the attributes."""
        self.key_version = key_version
        self.sources = sources
        self.folders = folders
        self.rest = rest

    @cached_property
    def _all(self) -> dict[Input, Observation]:
        found: dict[Input, Observation] = {}
        for folder, blocks in self.folders.items():
            start = f"{folder}/" if folder else ""
            for kind, index, states in blocks:
                source = self.sources[index]
                if kind == "listing":
                    state = listings.state_of(states.items())
                    found[Input("listing", folder or ".")] = Observation(state, source)
                    continue
                for name, detail in states.items():
                    state = present(detail) if detail else ABSENT
                    found[Input(kind, start + name)] = Observation(state, source)
        found.update(self.rest)
        return found

    def __getitem__(self, thing: Input) -> Observation:
        return self._all[thing]

    def __iter__(self) -> Iterator[Input]:
        return iter(self._all)

    def __len__(self) -> int:
        blocks = (block for blocks in self.folders.values() for block in blocks)
        return len(self.rest) + sum(
            1 if block.kind == "listing" else len(block.states) for block in blocks
        )

    def keys(self) -> KeysView[Input]:
        """As of a dictionary, with its speed; so with what follows."""
        return self._all.keys()

    def items(self) -> ItemsView[Input, Observation]:
        """See ``keys``."""
        return self._all.items()

    def values(self) -> ValuesView[Observation]:
        """See ``keys``."""
        return self._all.values()

    def state_in_folder(self, thing: Input) -> State | None:
        """Return the state of an input, if that is in a folder; else None."""
        place = _place_of(thing)
        if place is None:
            return None
        folder, name = place
        for kind, _, states in self.folders.get(folder, ()):
            if kind != thing.kind:
                continue
            if kind == "listing":
                return listings.state_of(states.items())
            if name in states:
                return present(states[name]) if states[name] else ABSENT
        return None

    def without_folders(self, folders: Collection[str]) -> Snapshot:
        """Return the inputs that are not in some folders."""
        left = {name: blocks for name, blocks in self.folders.items() if name not in folders}
        return FoldedSnapshot(self.key_version, self.sources, left, self.rest)


def fold(snapshot: Snapshot) -> FoldedSnapshot:
    """Sort a snapshot by folder."""
    if isinstance(snapshot, FoldedSnapshot):
        return snapshot
    rest: dict[Input, Observation] = {}
    sources = sorted({seen.source for seen in snapshot.values() if seen.source.how == "traced"})
    index_of = {source: index for index, source in enumerate(sources)}
    found: dict[str, dict[tuple[Kind, int], dict[str, str]]] = {}
    for thing, seen in snapshot.items():
        place = _place_of(thing)
        states = None if place is None or seen.source.how != "traced" else _states(thing, seen)
        if states is None or place is None:
            rest[thing] = seen
            continue
        folder, name = place
        block = found.setdefault(folder, {}).setdefault((thing.kind, index_of[seen.source]), {})
        if thing.kind == "listing":
            block.update(states)
        else:
            block[name] = seen.state.detail
    folders = {
        folder: [Block(kind, index, states) for (kind, index), states in sorted(blocks.items())]
        for folder, blocks in sorted(found.items())
    }
    return FoldedSnapshot(KEY_VERSION, sources, folders, rest)


def _place_of(thing: Input) -> tuple[str, str] | None:
    """Return the folder of an input below the project, and its name in there; else None."""
    if thing.kind not in FOLDED_KINDS or thing.name.startswith("/") or "//" in thing.name:
        return None
    if thing.kind == "listing":
        if thing.name == ".":
            return "", ""
        return (thing.name, "") if thing.name and not _leads_up(thing.name) else None
    folder, _, name = thing.name.rpartition("/")
    return None if _leads_up(thing.name) else (folder, name)


def _leads_up(name: str) -> bool:
    """Whether a path has parts by which it is not the path of a name in the folder before it."""
    return ("." in name or not name) and not {"", ".", ".."}.isdisjoint(name.split("/"))


def _states(thing: Input, seen: Observation) -> Mapping[str, str] | None:
    """Return what a block has of an input; None if it cannot have it."""
    state = seen.state
    if thing.kind == "listing":
        names = listings.names_in(state)
        return names if names is not None and listings.state_of(names.items()) == state else None
    # In a block, no detail stands for "absent".
    return {} if state == ABSENT or (state.presence == "present" and state.detail) else None
