"""Whether what is in folders is as a snapshot has it: a folder at a time, and each file once.

It answers as ``Observer.observe`` would for each input. What is common is compared here, with one
look at each folder and each file; whatever is not, the observer is asked for.
"""

import os
import stat
from collections.abc import Iterable, Mapping, Sequence

from lbuild_keys.model import Input
from lbuild_keys.observe import files, listings, tree
from lbuild_keys.observe.files import REPOSITORIES
from lbuild_keys.snapshots.folded import Block
from lbuild_keys.snapshots.observer import Observer


def _files_first(blocks: Sequence[Block]) -> Iterable[Block]:
    """Return blocks in an order by which a file is looked at once: what was read says the most."""
    return sorted(blocks, key=lambda block: block.kind)


class Comparison:
    """What is in the folders of a project at one moment, in the terms of blocks.

    Snapshots of several builds are compared with it. They share most folders, and each is looked at
    once.
    """

    def __init__(self, observer: Observer) -> None:
        """Begin to compare with the present, as an observer sees it."""
        self._observer = observer
        self._folders = observer.folders
        self._digests = observer.digests
        self._root = observer.path_of("").removesuffix("/")
        self._made = observer.project.made
        self._made_in = {path.rpartition("/")[0] for path in self._made}
        self._may_leave_out = observer.project.may_leave_out
        self._read: dict[str, str] = {}
        self._known: dict[str, tuple[Sequence[Block], bool]] = {}

    def are_unchanged(self, folders: Mapping[str, Sequence[Block]]) -> bool:
        """Whether all inputs in some folders have the states that a snapshot has of them.

        Args:
            folders: see ``FoldedSnapshot``.
        """
        # What differs in one build often differs in another.
        differed = [folder for folder, (_, same) in self._known.items() if not same]
        if not all(self._is_unchanged(one, folders[one]) for one in differed if one in folders):
            return False
        # What is in a folder before the folder: then its names are known.
        return all(self._is_unchanged(one, folders[one]) for one in sorted(folders, reverse=True))

    def unchanged_in(self, folders: Mapping[str, Sequence[Block]]) -> Mapping[str, Sequence[Block]]:
        """Return those of some folders in which all inputs have these states."""
        names = sorted(folders, reverse=True)
        return {one: folders[one] for one in names if self._is_unchanged(one, folders[one])}

    def _is_unchanged(self, folder: str, blocks: Sequence[Block]) -> bool:
        known = self._known.get(folder)
        if known is None or known[0] != blocks:
            same = all(self._is_same(folder, block) for block in _files_first(blocks))
            known = self._known[folder] = (blocks, same)
        return known[1]

    def _is_same(self, folder: str, block: Block) -> bool:
        path = f"{self._root}/{folder}" if folder else self._root
        start = f"{folder}/" if folder else ""
        if block.kind == "listing":
            names = self._folders.names_in(path)
            if names == block.states and self._all_count(folder, path, names):
                return True
            state = listings.state_of(block.states.items())
            return self._observer.observe(Input("listing", folder or ".")) == state
        if block.kind == "file":
            for name, detail in block.states.items():
                if self._content(start + name) != detail:
                    return False
            return True
        names = self._names_for(path, block.states)
        read = self._read
        for name, detail in block.states.items():
            # To read a file was a look at it as well.
            seen = read.get(start + name) or self._look(path, start, name, names)
            if seen != detail:
                return False
        return True

    def _content(self, name: str) -> str | None:
        """Return the detail of a file that was read; None if its state is unknown."""
        path = f"{self._root}/{name}"
        try:
            status = os.lstat(path)
        except (OSError, ValueError):
            return self._ask(Input("file", name))
        if not stat.S_ISREG(status.st_mode):
            return self._ask(Input("file", name))
        try:
            digest = files.digest(path, status, self._digests)
        except OSError:
            return self._ask(Input("file", name))
        if files.is_executable(status):
            self._read[name] = "executable file"
            return f"{digest}+x"
        self._read[name] = "file"
        return digest

    def _ask(self, thing: Input) -> str | None:
        state = self._observer.observe(thing)
        return state.detail if state.known else None

    def _names_for(self, path: str, states: Mapping[str, str]) -> Mapping[str, str]:
        """Return the names in a folder, if that saves looks."""
        seen = self._folders.seen(path)
        if seen is None and sum(detail in ("", "directory") for detail in states.values()) > 1:
            seen = self._folders.names_in(path)
        return seen or {}

    def _look(self, folder: str, start: str, name: str, names: Mapping[str, str]) -> str | None:
        """Return the detail of a path that was looked at; None if its state is unknown."""
        kind = names.get(name)
        if kind is None:
            if self._folders.lacks(folder, name):
                return ""
        elif name not in REPOSITORIES:
            if kind == "directory" and start + name not in self._made:
                return kind
            if kind == "file":
                try:
                    status = os.lstat(f"{folder}/{name}")
                except OSError:
                    return self._ask(Input("path", start + name))
                if stat.S_ISREG(status.st_mode):
                    return "executable file" if files.is_executable(status) else "file"
        return self._ask(Input("path", start + name))

    def _all_count(self, folder: str, path: str, names: Mapping[str, str]) -> bool:
        """Whether each of the names in a folder is one that counts: see ``Observer``."""
        if not folder or folder in self._made or folder in self._made_in:
            return False
        if self._may_leave_out(folder):
            return False
        if not tree.NEVER_LISTED.isdisjoint(names):
            return False
        is_cache = self._observer.is_cache
        for name, kind in names.items():
            if kind == "directory" and is_cache(f"{path}/{name}"):
                return False
        return True
