"""Paths of one machine -> names of inputs, the same in all clones of a project.

A name is relative to the project if another clone would have the file there too; else it begins
with a place (``observe.places``), such as the home folder, or is absolute.
What is in the build environment, in the interpreter or in lbuild's own folders does not count, so
it has no name.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from lbuild_keys.backends.listed_names import IN_LIST
from lbuild_keys.observe import tree
from lbuild_keys.observe.places import Place, Places
from lbuild_keys.tracing import large_reads
from lbuild_keys.tracing.spelled_out import HOME, ReadFiles, SpelledOut, values_of, word_of
from lbuild_keys.tracing.trace import Trace

_DEVICES = ("/dev", "/proc", "/sys")

_SHARED_MEMORY = "/dev/shm/"  # noqa: S108  a path to recognise
"""A folder for files of all users among the devices."""

PACKAGES = frozenset({"site-packages", "dist-packages"})
"""Folders into which installers put requirements; these count by themselves."""


class HookLocation(NamedTuple):
    """Where a hook ran: what is needed to understand its trace.

    Attributes:
        root: the project's folder, without symbolic links.
        foreign: folders whose content does not count: the build environment, and lbuild's own.
        left_out: whether a path relative to ``root`` never counts.
        may_leave_out: whether ``left_out`` may name something directly in a folder.
        programs: the value of ``PATH`` that the hook had.
        temporary: the folder for temporary files, without symbolic links.
        backend: the build backend's object path.
        places: the folders that are elsewhere for another user or on another machine.
        environ: the environment variables of the hook.
    """

    root: Path
    backend: str
    foreign: tuple[str, ...]
    left_out: Callable[[str], bool]
    programs: str | None
    temporary: str
    places: Places = Places()
    environ: Mapping[str, str] = {}
    may_leave_out: Callable[[str], bool] = lambda _: True


class InputNamer:
    """Gives names to paths as a hook spelled them.

    Several spellings lead to one place, by ``..`` and by symbolic links. So most methods take the
    resolved path (``resolve``), or both. Each answer is kept: they are those of one moment.

    Attributes:
        resolve: returns a path with its folder resolved: the same for all spellings of it.
        is_foreign: returns whether what is at a resolved path does not count, because it is a part
            of no project.
        names_of: returns the names of an input by its path and the resolved one: one or more, where
            nobody knows what the hook meant.
        left_out: returns whether what has a name never counts: it is lbuild's own, or
            ``tool.lbuild.ignore`` names it.
        read_files: see below.

    Args:
        location: where the hook ran.
        interpreter: the folders of the hook's interpreter, see ``trace.Trace``.
        home: whether the hook asked for the home folder.
        read_files: what the hook read, without what does not count.
        values: those of the variables that it read, and that may hold a path.
    """

    def __init__(
        self,
        location: HookLocation,
        interpreter: Mapping[str, str],
        *,
        home: bool = False,
        read_files: ReadFiles | None = None,
        values: Iterable[str] = (),
    ) -> None:
        self.read_files = read_files or ReadFiles()
        self._written = SpelledOut(self.read_files, values)
        python = interpreter.get("base_prefix")
        known = location.places.python == python
        places = location.places if known else Places(location.places.home)
        self._root = os.fspath(location.root)
        self._find_place = places.finder(self._root, home=home)
        self._location = location
        self._foreign = _foreign_folders(location, interpreter)
        self._known_folders = {
            above
            for folder in (*self._foreign, self._root)
            for above in (folder.rstrip("/") or "/", *map(str, Path(folder).parents))
        }
        # Of each folder on the way: most names are in few folders, and these in each other.
        self._folders: dict[str, str] = {"": "/"}
        self._left_out_folders: dict[str, bool] = {"": False}
        self._noise: dict[str, bool] = {"": False}
        self._caches: dict[str, str | None] = {"": None}
        # Bound to the instance; a hook uses one path in many ways.
        self.resolve: Callable[[str], str] = cache(self._resolve)
        self.is_foreign: Callable[[str], bool] = cache(self._is_foreign)
        self.names_of: Callable[[str, str], tuple[str, ...]] = cache(self._names_of)
        self.left_out: Callable[[str], bool] = cache(self._left_out)
        self._may_leave_out: Callable[[str], bool] = cache(location.may_leave_out)
        self._parents = [os.fspath(parent) for parent in location.root.parents]
        self._top = next(
            (folder for folder in self._parents if os.path.lexists(os.path.join(folder, ".git"))),
            None,
        )
        top = self._root if os.path.lexists(location.root / ".git") else self._top or self._root
        self.repository = os.path.relpath(os.path.join(top, ".git"), self._root)
        """The name of the ``.git`` folder of the project's repository."""

    def _resolve(self, path: str) -> str:
        folder, _, name = path.rpartition("/")
        known = self._folders.get(folder)
        if known not in (None, "/") and name not in ("", ".", ".."):
            return f"{known}/{name}"  # as most: many names are in one folder
        folder, name = os.path.split(path)
        if name in ("", ".", ".."):
            return os.path.realpath(path)
        if not folder.startswith("/"):
            return os.path.join(os.path.realpath(folder), name)
        return os.path.join(tree.along(folder, self._folders, _without_links), name)

    def _is_foreign(self, resolved: str) -> bool:
        if self._below_root(resolved) is not None and not resolved.startswith(self._foreign):
            return False
        if resolved.startswith(_SHARED_MEMORY):
            return False
        return f"{resolved}/".startswith(self._foreign) or not PACKAGES.isdisjoint(
            resolved.split("/")
        )

    def leads_to_known_folder(self, resolved: str) -> bool:
        """Whether it is a folder above the project, or above what does not count: it exists."""
        return resolved in self._known_folders

    def name_of(self, path: str, resolved: str) -> str:
        """Return the name of an input, or the first of its names (``names_of``)."""
        return self.names_of(path, resolved)[0]

    def _names_of(self, path: str, resolved: str) -> tuple[str, ...]:
        """See ``names_of``.

        It is named as the hook spelled it, so that a link on the way counts by where it leads.
        Relative to the project if another clone would have the file there too. From a place, if the
        hook may have started there. Else absolute. What a clone or another user may find by any of
        several names has all of them, and then each has to lead to what it led to. For example, a
        hook may have made "../shared" absolute; or it may have looked into the home folder, and
        another clone is deeper in there.
        """
        spelled = _normalized(resolved if ".." in path.split("/") else path)
        below = self._below_root(spelled)
        if below is None:
            below = self._below_root(resolved)
        place = self._place_of(spelled, resolved)
        if below is not None:
            return (below,) if place is None or not self._is_hidden(place) else (below, place.name)
        relative = os.path.relpath(spelled, self._root)
        if path.startswith(f"{self._root}/"):
            return (relative,)
        if self._top is not None and f"{spelled}/".startswith(f"{self._top}/"):
            deeper = place is not None and f"{place.folder}/".startswith(f"{self._top}/")
            return (relative, place.name) if place is not None and deeper else (relative,)
        far = self._far_names(spelled, place)
        if place is not None and far == (place.name,) and not self._may_lead_to(place):
            return far
        if self._is_in_a_parent(spelled):
            return (relative, *far)
        shared = any(spelled.startswith(f"{folder}/") for folder in self._parents if folder != "/")
        return (*far, relative) if shared else far

    def _may_lead_to(self, place: Place) -> bool:
        """Whether a path from the project to a place is likely, as "../../home/ada".

        If the project is not in there, the name of the place's folder has to be written somewhere.
        """
        around = f"{self._root}/".startswith(os.path.join(place.folder, ""))
        return around or self._written.has_name_of(place.folder)

    def _is_hidden(self, place: Place) -> bool:
        """Whether it is a hidden name in a home folder that is in the project, or is the project.

        Nothing else there is likely to be meant by "~".
        """
        return place.name.startswith("//~/.") and f"{place.folder}/".startswith(f"{self._root}/")

    def names_of_program(self, path: str) -> tuple[str, ...]:
        """Return the names of a program outside of the project that a hook ran by its path."""
        place = self._place_of(path, path)
        return self._far_names(path, place) if place is not None and place.certain else (path,)

    def _far_names(self, spelled: str, place: Place | None) -> tuple[str, ...]:
        """Return the name from a place, if there is one, and the absolute path, if it may count."""
        if place is None:
            return (spelled,)
        if place.certain and not self._written.has(spelled, place.folder):
            return (place.name,)
        return (place.name, spelled)

    def _place_of(self, spelled: str, resolved: str) -> Place | None:
        """Return the deepest place, unless the folder for temporary files is deeper."""
        place = self._find_place(spelled)
        if place is None or self._location.places.home is None:
            return place
        temporary = self._location.temporary
        is_deeper = temporary.startswith(os.path.join(place.folder, ""))
        return None if is_deeper and resolved.startswith(f"{temporary}/") else place

    def all_names_of(self, paths: Iterable[str]) -> frozenset[str]:
        """Return all names of those paths that can count."""
        resolved = {path: self.resolve(path) for path in paths}
        return frozenset(
            name
            for path, real in resolved.items()
            if not self.is_foreign(real) and not self.leads_to_known_folder(real)
            for name in self.names_of(path, real)
        )

    def _is_in_a_parent(self, spelled: str) -> bool:
        """Whether it is directly in a folder above the project, as what is looked for upwards.

        What is directly below the root of the file system is there for all clones, unless the
        project is there, too.
        """
        folder = os.path.dirname(spelled)
        return folder in self._parents and (folder != "/" or len(self._parents) == 1)

    def is_below_root(self, resolved: str) -> bool:
        """Whether it is the project, or something in it."""
        return self._below_root(resolved) is not None

    def _below_root(self, path: str) -> str | None:
        if path == self._root:
            return "."
        return path[len(self._root) + 1 :] if path.startswith(f"{self._root}/") else None

    def _left_out(self, name: str) -> bool:
        left_out = self._location.left_out
        if name.startswith("/"):
            return tree.lies_in(name, left_out)
        folder = name.rpartition("/")[0]
        if tree.along(folder, self._left_out_folders, self._is_left_out):
            return True
        return self._may_leave_out(folder) and (left_out(name) or left_out(f"{name}/"))

    def _is_left_out(self, folder: str, above: bool) -> bool:
        return above or self._location.left_out(f"{folder}/")

    def cache_above(self, name: str) -> str | None:
        """Return the folder in the project that is marked as a cache and has a path in it."""
        if name == "." or name.startswith(("/", "../")):
            return None

        def cache_of(folder: str, above: str | None) -> str | None:
            if above is None and tree.keeps_results(f"{self._root}/{folder}"):
                return folder
            return above

        return tree.along(name.rpartition("/")[0], self._caches, cache_of)

    def is_noise(self, name: str) -> bool:
        """Whether it is, or is in, what tools leave behind for themselves, such as caches."""
        if name == "." or name.startswith(("/", "../")):
            return False
        folder, _, last = name.rpartition("/")
        if not folder and last in tree.NEVER_LISTED_AT_TOP:
            return True
        return last in tree.NEVER_LISTED or tree.along(folder, self._noise, self._is_noise_folder)

    def _is_noise_folder(self, folder: str, above: bool) -> bool:
        parent, _, last = folder.rpartition("/")
        return (
            above
            or last in tree.NEVER_LISTED
            or (not parent and last in tree.NEVER_LISTED_AT_TOP)
            or tree.is_cache(f"{self._root}/{folder}")
        )


def namer_of(trace: Trace, location: HookLocation) -> InputNamer:
    """Return what gives names to the paths of a trace."""
    patterns = large_reads.variables(trace.enumerations)
    values = values_of(trace.variables, patterns, location.environ)

    def read() -> Iterator[str]:
        for access, path in trace.accesses:
            if access == "read" and not namer.is_foreign(namer.resolve(path)):
                yield path

    namer = InputNamer(
        location,
        trace.folders,
        home=patterns == large_reads.ALL
        or not HOME.isdisjoint(trace.variables)
        # Nobody sees whether these ask for it.
        or bool(trace.spawned or trace.reused or trace.libraries),
        read_files=ReadFiles(read, (*map(word_of, location.places.folders), *IN_LIST)),
        values=values,
    )
    return namer


def _without_links(folder: str, above: str) -> str:
    """Resolve a folder as ``os.path.realpath``, given the resolved one that it is in."""
    name = folder.rpartition("/")[2]
    path = os.path.join(above, name)
    return os.path.realpath(folder) if name in ("", ".", "..") or os.path.islink(path) else path


def _normalized(path: str) -> str:
    """Return a path without "." and double slashes, also at its beginning."""
    path = os.path.normpath(path)
    return path[1:] if path.startswith("//") else path


def _foreign_folders(location: HookLocation, interpreter: Mapping[str, str]) -> tuple[str, ...]:
    """Return the folders whose content does not count, each with a separator at its end."""
    folders = {*location.foreign, *_DEVICES}
    prefix, base = interpreter.get("prefix"), interpreter.get("base_prefix")
    stdlib = interpreter.get("stdlib")
    if stdlib:
        folders.add(stdlib)
        # Some systems have the extension modules of the standard library elsewhere.
        above, name = os.path.split(stdlib)
        folders |= {f"{base}/lib64/{name}", f"{base}/include/{name}"}
        # Where the interpreter looks for it first, as python311.zip.
        folders.add(os.path.join(above, f"{name.replace('.', '')}.zip"))
    if prefix and prefix != base:
        folders.add(prefix)
    if executable := interpreter.get("executable"):
        folders.add(executable)
        # There sysconfig looks whether this interpreter has not been installed yet.
        folders.add(os.path.join(os.path.dirname(os.path.realpath(executable)), "Modules"))
    resolved = {os.path.realpath(folder) for folder in folders}
    root = os.fspath(location.root)
    return tuple(
        os.path.join(folder, "") for folder in resolved if not f"{root}/".startswith(f"{folder}/")
    )
