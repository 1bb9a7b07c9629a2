"""What lies in a project before a hook runs, without reading any of it.

Nothing is known then of what the hook will use. What changed while it ran shows by the stat
signatures afterwards; the content of what did not is what it was.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass

from lbuild_keys import files, tree
from lbuild_keys.files import Signature
from lbuild_keys.model import ABSENT, Input, State, present
from lbuild_keys.moment import Moment

_GRAIN = 10_000_000
"""Nanoseconds by which the clock of a file system may lag behind the one of the processor."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """The names in a project and their stat signatures at one moment.

    Attributes:
        moment: the one at which it was taken.
        taken_at: nanoseconds since the epoch.
        signatures: of all paths below the project that can count, links on the way resolved.
        listings: likewise of all folders.
        folders: where each folder is, by its name.
    """

    moment: Moment
    taken_at: int
    signatures: Mapping[str, Signature | None]
    listings: Mapping[str, State]
    folders: Mapping[str, str]

    def before(self, thing: Input, now: State) -> State:
        """The state that something had, as far as it is known; else the one that it has now."""
        if thing.name.startswith("$"):
            return now  # a file that a variable names
        path = self._real(thing)
        if thing.kind == "listing":
            if path in self.listings:
                return self.listings[path]
            return ABSENT if self._is_covered(path) else now
        if path not in self.signatures and path not in self.listings:
            return ABSENT if self._is_covered(path) else now
        return present("something that is gone") if now == ABSENT else now

    def touched(self, thing: Input) -> bool:
        """Whether something was changed since, or cannot be told to be what it was."""
        path = self._real(thing)
        now = files.last_change(path)
        if self._is_elsewhere(thing.name):
            return True
        if thing.kind == "listing":
            return path not in self.listings and not self._is_covered(path) and self._recent(now)
        if path in self.listings:
            return False  # its names are compared, and what is in it changes its time
        if path in self.signatures:
            return self.signatures[path] != now
        if self._is_covered(path):
            return now is not None
        # Nobody looked at it before. If it is gone, its folder tells that it was there.
        return self._recent(now or files.last_change(os.path.dirname(path)))

    def _is_elsewhere(self, name: str) -> bool:
        """Whether a folder on the way is another one than it was."""
        parts = name.split("/")
        above = ("/".join(parts[:end]) for end in range(1, len(parts)))
        root = self.moment.project.root
        return any(
            folder in self.folders and os.path.realpath(root / folder) != self.folders[folder]
            for folder in above
        )

    def gone(self) -> list[str]:
        """The names below the project of what was there and is no more."""
        root = f"{self.moment.project.root}/"
        return [path.removeprefix(root) for path in self.signatures if not os.path.lexists(path)]

    def _recent(self, signature: Signature | None) -> bool:
        return signature is not None and max(signature[1:3]) >= self.taken_at - _GRAIN

    def _real(self, thing: Input) -> str:
        path = os.path.join(self.moment.project.root, thing.name)
        # What is listed is the folder that a link leads to.
        return os.path.realpath(path) if thing.kind == "listing" else _resolved(path)

    def _is_covered(self, path: str) -> bool:
        """Whether it would be known if it had been there."""
        root = self.moment.project.root
        below = path.removeprefix(f"{root}/")
        if below == path:
            return path == os.fspath(root)
        return not tree.is_noise(root, below) and not tree.lies_in(below, self.moment.left_out)


def take(moment: Moment) -> Footprint:
    """Look at all that lies below a project."""
    root = moment.project.root
    taken_at = time.time_ns()
    below = tree.walk(root, moment.project.left_out)
    folders = {name: os.path.realpath(f"{root}/{name}") for name in ("", *below.folders)}
    signatures: dict[str, Signature | None] = {}
    for name in (*below.files, *below.folders):
        folder, _, last = name.rpartition("/")
        signatures[f"{folders[folder]}/{last}"] = files.last_change(f"{root}/{name}")
    listings = {path: moment.state(Input("listing", name or ".")) for name, path in folders.items()}
    return Footprint(moment, taken_at, signatures, listings, folders)


def _resolved(path: str) -> str:
    """A path with the links on the way to it resolved; it may be one itself."""
    folder, name = os.path.split(path)
    if name in ("", ".", ".."):
        return os.path.realpath(path)
    return os.path.join(os.path.realpath(folder), name)
