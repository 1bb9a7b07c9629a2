"""Paths of one machine -> names of inputs, the same in all clones of a project.

A name is relative to the project if another clone would have the file there too; else absolute.
What is in the build environment, in the interpreter or in lbuild's own folders does not count, so
it has no name.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lbuild_keys.observe import tree

_DEVICES = ("/dev", "/proc", "/sys")

PACKAGES = frozenset({"site-packages", "dist-packages"})
"""Folders into which installers put requirements; these count by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookLocation:
    """Where a hook ran: what is needed to understand its trace.

    Attributes:
        root: the project's folder, without symbolic links.
        foreign: folders whose content does not count: the build environment, and lbuild's own.
        left_out: whether a path relative to ``root`` never counts.
        programs: the value of ``PATH`` that the hook had.
        temporary: the folder for temporary files, without symbolic links.
        backend: the build backend's object path.
    """

    root: Path
    backend: str
    foreign: tuple[str, ...]
    left_out: Callable[[str], bool]
    programs: str | None
    temporary: str


class InputNamer:
    """Gives names to paths as a hook spelled them.

    Several spellings lead to one place, by ``..`` and by symbolic links. So most methods take the
    resolved path (``resolve``), or both.

    Args:
        location: where the hook ran.
        interpreter: the folders of the hook's interpreter, see ``trace.Trace``.
    """

    def __init__(self, location: HookLocation, interpreter: Mapping[str, str]) -> None:
        self._root = os.fspath(location.root)
        self._location = location
        self._foreign = _foreign_folders(location, interpreter)
        self._folders: dict[str, str] = {}
        self._noise: dict[str, bool] = {}
        self._parents = [os.fspath(parent) for parent in location.root.parents]
        self._top = next(
            (folder for folder in self._parents if os.path.lexists(os.path.join(folder, ".git"))),
            None,
        )
        top = self._root if os.path.lexists(location.root / ".git") else self._top or self._root
        self.repository = os.path.relpath(os.path.join(top, ".git"), self._root)
        """The name of the ``.git`` folder of the project's repository."""

    def resolve(self, path: str) -> str:
        """Return the path with its folder resolved: the same for all spellings of it."""
        folder, name = os.path.split(path)
        if name in ("", ".", ".."):
            return os.path.realpath(path)
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        return os.path.join(self._folders[folder], name)

    def is_foreign(self, resolved: str) -> bool:
        """Whether what is there does not count, because it is a part of no project."""
        if self._below_root(resolved) is not None and not resolved.startswith(self._foreign):
            return False
        return f"{resolved}/".startswith(self._foreign) or not PACKAGES.isdisjoint(
            resolved.split("/")
        )

    def leads_to_known_folder(self, resolved: str) -> bool:
        """Whether it is a folder above the project, or above what does not count: it exists."""
        start = os.path.join(resolved, "")
        return any(f"{folder}/".startswith(start) for folder in (*self._foreign, self._root))

    def name_of(self, path: str, resolved: str) -> str:
        """Return the name of an input.

        Relative to the project if another clone would have the file there too, else absolute. As
        the hook spelled it, so that a link on the way counts by where it leads.
        """
        spelled = resolved if ".." in path.split("/") else os.path.normpath(path)
        below = self._below_root(spelled)
        if below is None:
            below = self._below_root(resolved)
        if below is not None:
            return below
        if self._is_beside(path, spelled) or self._is_in_a_parent(spelled):
            return os.path.relpath(spelled, self._root)
        return spelled

    def second_name_of(self, path: str, resolved: str) -> str | None:
        """Return the other name of a path outside, if a clone may find it by either; else None.

        A hook may have made "../shared" absolute; or it may have looked into the home folder, and
        another clone is deeper in there. Then both names have to lead to what they led to.
        """
        spelled = resolved if ".." in path.split("/") else os.path.normpath(path)
        if self._below_root(spelled) is not None or self._below_root(resolved) is not None:
            return None
        if self._is_beside(path, spelled):
            return None
        if self._is_in_a_parent(spelled):
            return spelled
        shared = any(spelled.startswith(f"{folder}/") for folder in self._parents if folder != "/")
        return os.path.relpath(spelled, self._root) if shared else None

    def names_of(self, paths: Iterable[str]) -> frozenset[str]:
        """Return all names of those paths that can count."""
        resolved = {path: self.resolve(path) for path in paths}
        return frozenset(
            name
            for path, real in resolved.items()
            if not self.is_foreign(real)
            for name in (self.name_of(path, real), self.second_name_of(path, real))
            if name is not None
        )

    def _is_in_a_parent(self, spelled: str) -> bool:
        """Whether it is directly in a folder above the project, as what is looked for upwards.

        What is directly below the root of the file system is there for all clones, unless the
        project is there, too.
        """
        folder = os.path.dirname(spelled)
        return folder in self._parents and (folder != "/" or len(self._parents) == 1)

    def _is_beside(self, path: str, spelled: str) -> bool:
        """Whether it was spelled from the project, or is in its repository: so in any clone."""
        return path.startswith(f"{self._root}/") or (
            self._top is not None and f"{spelled}/".startswith(f"{self._top}/")
        )

    def _below_root(self, path: str) -> str | None:
        if path == self._root:
            return "."
        return path[len(self._root) + 1 :] if path.startswith(f"{self._root}/") else None

    def left_out(self, name: str) -> bool:
        """Whether it never counts: it is lbuild's own, or ``tool.lbuild.ignore`` names it."""
        return tree.lies_in(name, self._location.left_out)

    def is_noise(self, name: str) -> bool:
        """Whether it is, or is in, what tools leave behind for themselves, such as caches."""
        if name == "." or name.startswith(("/", "../")):
            return False
        folder, _, last = name.rpartition("/")
        if not folder and last in tree.NEVER_LISTED_AT_TOP:
            return True
        if folder not in self._noise:
            self._noise[folder] = bool(folder) and tree.is_noise(
                self._location.root, f"{folder}/.", tree.NEVER_LISTED, tree.NEVER_LISTED_AT_TOP
            )
        return self._noise[folder] or last in tree.NEVER_LISTED


def _foreign_folders(location: HookLocation, interpreter: Mapping[str, str]) -> tuple[str, ...]:
    """Return the folders whose content does not count, each with a separator at its end."""
    folders = {*location.foreign, *_DEVICES}
    prefix, base = interpreter.get("prefix"), interpreter.get("base_prefix")
    stdlib = interpreter.get("stdlib")
    if stdlib:
        folders.add(stdlib)
        # Some systems have the extension modules of the standard library elsewhere.
        folders.add(f"{base}/lib64/{os.path.basename(stdlib)}")
        folders.add(f"{base}/include/{os.path.basename(stdlib)}")
    if prefix and prefix != base:
        folders.add(prefix)
    folders.add(interpreter.get("executable", os.devnull))
    resolved = {os.path.realpath(folder) for folder in folders}
    root = os.fspath(location.root)
    return tuple(
        os.path.join(folder, "") for folder in resolved if not f"{root}/".startswith(f"{folder}/")
    )
