"""How everything below a project is on disk before hooks run, without reading its content.

Nobody knows at that time what the hooks will use. What changed while they ran is visible in the
stat signatures afterwards; everything else has the content that it had.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from lbuild_keys.model import ABSENT, Input, Observation, Snapshot, State, present
from lbuild_keys.observe import files, listings, temporary, tree
from lbuild_keys.observe.files import Signature
from lbuild_keys.observe.folders import Folders, resolver
from lbuild_keys.snapshots.observer import Observer

_GRAIN = 10_000_000
"""Nanoseconds by which the clock of a file system may be behind the system clock."""


class Footprint(NamedTuple):
    """The names in a project and their stat signatures at one moment.

    Attributes:
        observer: the project at that moment.
        taken_at: nanoseconds since the epoch.
        signatures: by path, of everything below the project that can count; links resolved.
        listings: by path, the names in each folder, and in those above the project.
        folders: by name, the path of each folder; links resolved.
        links: by path, the target of each link that leads to a folder.
        names: by path, all names in each folder, those included that never count.
        times: by path, when a name in the folder was last added or removed, in nanoseconds.
    """

    observer: Observer
    taken_at: int
    signatures: Mapping[str, Signature | None]
    listings: Mapping[str, State]
    folders: Mapping[str, str]
    links: Mapping[str, str]
    names: Mapping[str, frozenset[str] | None]
    times: Mapping[str, int | None]

    def moment(self) -> "Moment":
        """Return what looks at each folder once, from now on."""
        return Moment(self.observer)

    def before(self, thing: Input, now: State, at: "Moment | None" = None) -> State:
        """Return the state that an input had, as far as it is known; else the present one.

        Args:
            thing: the input.
            now: its present state.
            at: the moment of that, if more inputs are asked for.
        """
        at = at or self.moment()
        path = self._real(thing, at.resolve)
        if thing.kind == "listing":
            if path in self.listings:
                return listings.only(self.listings[path], listings.pattern_of(thing.name))
            if self._leads_through_file(path):
                return listings.NO_DIRECTORY
            return ABSENT if at.is_covered(path) else now
        if path in self.listings:
            return now
        if path in self.links:
            return present(f"directory -> {self.links[path]}")
        if path not in self.signatures:
            return ABSENT if at.is_covered(path) else now
        if now == ABSENT or (thing.kind != "path" and self.signatures[path] != _now(path)):
            return present("something that changed")
        return now

    def touched(
        self,
        things: Iterable[Input],
        written: Iterable[str],
        found: AbstractSet[str] = frozenset(),
        missed: AbstractSet[str] = frozenset(),
        *,
        opaque: bool = False,
        at: "Moment | None" = None,
    ) -> frozenset[str]:
        """Return the names of what was changed since, or may have been.

        If the time of a folder changed, a name may have been in it for a while that was not there
        before and is not there now. Three things speak against that: hooks wrote in this folder,
        names in it came or went, which explains its time, or the hooks saw that it was not there.

        Args:
            things: the inputs to look at.
            written: names of what hooks wrote: a change of a folder with such a name is theirs.
            found: names of what hooks saw to exist.
            missed: names of what hooks saw not to exist whenever they looked.
            opaque: whether anything else but hooks may have looked, in the project.
            at: see ``before``.
        """
        root, at = self.observer.project.root, at or self.moment()
        resolve = at.resolve
        moved = {name for name, path in self.folders.items() if resolve(f"{root}/{name}") != path}
        by_hook = {resolve(os.path.dirname(self.observer.path_of(name))) for name in written}
        stirred = {
            path
            for path, was in self.times.items()
            if was != _time(path) and path not in by_hook and not self._names_differ(path)
        }
        return frozenset(
            thing.name
            for thing in things
            for path in [self._real(thing, resolve)]
            if self._came_and_went(thing, path, found, at)
            or self._touched(thing, path, moved, stirred, at, thing.name in missed, opaque)
        )

    def _names_differ(self, folder: str) -> bool:
        was, now = self.names[folder], _names(folder)
        return was is not None and now is not None and was != now

    def _came_and_went(
        self, thing: Input, path: str, found: AbstractSet[str], at: "Moment"
    ) -> bool:
        """Whether hooks saw a name in a folder that had it neither before nor has it now."""
        if thing.kind == "listing" or thing.name not in found or path in self.signatures:
            return False
        folder, name = os.path.split(path)
        names = self.names.get(folder)
        return (
            names is not None
            and name not in names
            and at.is_covered(f"{folder}/{name}")
            and not os.path.lexists(f"{folder}/{name}")
        )

    def _touched(
        self,
        thing: Input,
        path: str,
        moved: AbstractSet[str],
        stirred: AbstractSet[str],
        at: "Moment",
        missed: bool,
        opaque: bool,
    ) -> bool:
        if moved:
            parts = thing.name.split("/")
            if not moved.isdisjoint("/".join(parts[:end]) for end in range(1, len(parts))):
                return True
        if thing.kind == "listing":
            if path in self.times:
                return path in stirred
            now = _now(path)
            if path in self.listings:
                # Above the project: other names come and go there. In the folder for temporary
                # files they do all the time.
                some = listings.pattern_of(thing.name) is not None or path == temporary.folder()
                return not some and self._recent(now)
            return not at.is_covered(path) and self._recent(now)
        if stirred and os.path.dirname(path) in stirred and not os.path.lexists(path):
            return opaque or not missed  # it may have existed for a while
        if thing.kind == "path" or path in self.listings or path in self.links:
            return False  # the content of a folder changes its times
        now = _now(path)
        if path in self.signatures:
            return self.signatures[path] != now
        if at.is_covered(path):
            return now is not None
        # It was not looked at before. If it was removed, the times of its folder show it.
        if now is None and missed:
            return False
        return self._recent(now or _now(os.path.dirname(path)))

    def put_back(
        self, present: Snapshot, done: Mapping[str, Signature | None]
    ) -> dict[Input, Observation]:
        """Return those inputs that hooks changed and that are as they were, with their states.

        Args:
            present: the inputs with their states now.
            done: names of what was put back, with the signatures that it then had.
        """
        root = self.observer.project.root
        same = {name for name, then in done.items() if then and then == _now(f"{root}/{name}")}
        there = {thing for thing in present if thing.name in same}
        return {thing: present[thing] for thing in there if self._real(thing) in self._known}

    @property
    def _known(self) -> AbstractSet[str]:
        return self.signatures.keys() | self.listings.keys()

    def was_absent(self, thing: Input, at: "Moment | None" = None) -> bool:
        """Whether something below the project is known not to have existed; see ``before``."""
        at = at or self.moment()
        path = self._real(thing, at.resolve)
        return path not in self._known and at.is_covered(path)

    def same(self, names: Iterable[str]) -> frozenset[str]:
        """Return those names of files below the project that nobody has written since."""
        resolve = resolver()
        paths = {name: self._real(Input("file", name), resolve) for name in names}
        return frozenset(
            name
            for name, path in paths.items()
            for was in [self.signatures.get(path)]
            if was is not None and path not in self.listings and was == _now(path)
        )

    def gone(self) -> list[str]:
        """Return the names below the project of what was removed."""
        root = f"{self.observer.project.root}/"
        return [path.removeprefix(root) for path in self.signatures if not os.path.lexists(path)]

    def paths_below(self) -> list[str]:
        """Return the names below the project of what was there, as far as no link leads to it."""
        root = f"{self.observer.project.root}/"
        return [path.removeprefix(root) for path in self.signatures if path.startswith(root)]

    def added(self) -> list[str]:
        """Return the names below the project of the files that were added."""
        below = tree.walk(self.observer.project.root, self.observer.project.left_out)
        return [
            name for name in below.files if self._real(Input("file", name)) not in self.signatures
        ]

    def _recent(self, signature: Signature | None) -> bool:
        return signature is not None and max(signature[1:3]) >= self.taken_at - _GRAIN

    def _real(self, thing: Input, resolve: Callable[[str], str] = os.path.realpath) -> str:
        folder, slash, name = thing.name.rpartition("/")
        below = bool(folder) or not slash  # "/name" is directly below the root of the file system
        if below and thing.kind != "listing" and folder in self.folders and name not in _DOTS:
            return f"{self.folders[folder]}/{name}"
        if thing.kind == "listing":
            # To list a link is to list the folder that it leads to.
            folder = listings.folder_of(thing.name)
            return resolve(self.observer.path_of(folder))
        return _resolved(self.observer.path_of(thing.name), resolve)

    def _leads_through_file(self, path: str) -> bool:
        """Whether a path named a file, or led through one, when the footprint was taken."""
        root = os.fspath(self.observer.project.root)
        while path.startswith(f"{root}/") and path not in self.listings:
            if path in self.signatures:
                return self.signatures[path] is not None
            path = os.path.dirname(path)
        return False


class Moment:
    """A project after its footprint was taken. Each folder on the way is looked at once.

    Attributes:
        resolve: returns a path with its links resolved.
    """

    def __init__(self, observer: Observer) -> None:
        """Begin to look."""
        self.resolve = resolver()
        self._root = os.fspath(observer.project.root)
        self._left_out = observer.left_out
        self._is_noise = tree.noise_below(observer.project.root)
        self._folders: dict[str, bool] = {"": False}

    def is_covered(self, path: str) -> bool:
        """Whether something would be in the footprint if it had existed."""
        below = path.removeprefix(f"{self._root}/")
        if below == path:
            return path == self._root
        if self._is_noise(below) or self._left_out(below) or self._left_out(f"{below}/"):
            return False
        return not tree.along(below.rpartition("/")[0], self._folders, self._leaves_out)

    def _leaves_out(self, folder: str, above: bool) -> bool:
        return above or self._left_out(f"{folder}/")


def take(observer: Observer) -> Footprint:
    """Look at everything below a project."""
    root = observer.project.root
    taken_at = time.time_ns()
    below = tree.walk(root, observer.project.left_out, may_leave_out=observer.project.may_leave_out)
    folders = {"": os.fspath(root)}
    for name, link in below.folders.items():  # each after the one that it is in
        above, _, last = name.rpartition("/")
        place = f"{folders[above]}/{last}"
        folders[name] = os.path.realpath(place) if link else place
    signatures: dict[str, Signature | None] = {}
    links: dict[str, str] = {}
    for name in (*below.files, *below.folders):
        folder, _, last = name.rpartition("/")
        path = f"{folders[folder]}/{last}"
        signatures[path] = files.last_change(f"{root}/{name}")
        if below.folders.get(name):
            links[path] = below.folders[name]
    listed = {
        path: observer.observe(Input("listing", name or ".")) for name, path in folders.items()
    }
    # A new look: the observer's may be from before somebody's edit.
    now = Folders(observer.digests)
    names = {path: _names_at(path, now) for path in listed}
    # From before the names: what comes in between shows as a change of the folder.
    times = {path: known[1] if (known := signatures.get(path)) else _time(path) for path in listed}
    for folder in map(os.fspath, root.parents):
        listed.setdefault(folder, observer.observe(Input("listing", folder)))
    return Footprint(observer, taken_at, signatures, listed, folders, links, names, times)


_DOTS = ("", ".", "..")


def _names(folder: str) -> frozenset[str] | None:
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return None


def _names_at(folder: str, now: Folders) -> frozenset[str] | None:
    found = now.names_in(folder)
    return _names(folder) if found is None else frozenset(found)


def _now(path: str) -> Signature | None:
    return files.last_change(path)


def _time(folder: str) -> int | None:
    signature = files.last_change(folder)
    return None if signature is None else signature[1]


def _resolved(path: str, resolve: Callable[[str], str]) -> str:
    """Return a path with the links on the way to it resolved; it may be a link itself."""
    folder, name = os.path.split(path)
    if name in _DOTS:
        return resolve(path)
    return os.path.join(resolve(folder), name)
