"""Paths of one machine -> names of inputs, which another clone can look at.

Relative to the project where another clone would have it there too; else absolute. What lies in
the build environment, in the interpreter or in lbuild's own folders has no name: it does not count.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lbuild_keys.observe import tree

_DEVICES = ("/dev", "/proc", "/sys")

PACKAGES = frozenset({"site-packages", "dist-packages"})
"""Where installers put what is required; the requirements count by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookLocation:
    """Where a hook ran, as far as its trace is to be understood.

    Attributes:
        root: the project's folder, without symbolic links.
        foreign: folders whose content does not count: the build environment, lbuild's own.
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
    """Names for paths as a hook spelled them, and the place that each leads to.

    Args:
        interpreter: the folders of the hook's interpreter, see ``trace.Trace``.
    """

    def __init__(self, place: HookLocation, interpreter: Mapping[str, str]) -> None:
        self._root = os.fspath(place.root)
        self._place = place
        self._foreign = _foreign(place, interpreter)
        self._folders: dict[str, str] = {}
        self._noise: dict[str, bool] = {}
        self._parents = [os.fspath(parent) for parent in place.root.parents]
        self._top = next(
            (folder for folder in self._parents if os.path.lexists(os.path.join(folder, ".git"))),
            None,
        )
        top = self._root if os.path.lexists(place.root / ".git") else self._top or self._root
        self.repository = os.path.relpath(os.path.join(top, ".git"), self._root)
        """The name of the place where git keeps the project's history."""

    def real(self, path: str) -> str:
        """The path with its folder resolved: one for all spellings of it."""
        folder, name = os.path.split(path)
        if name in ("", ".", ".."):
            return os.path.realpath(path)
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        return os.path.join(self._folders[folder], name)

    def is_foreign(self, real: str) -> bool:
        """Whether what is there does not count, being no part of any project."""
        if self._below(real) is not None and not real.startswith(self._foreign):
            return False
        return f"{real}/".startswith(self._foreign) or not PACKAGES.isdisjoint(real.split("/"))

    def is_on_the_way(self, real: str) -> bool:
        """Whether it leads to the project, or to something that does not count: it is there."""
        start = os.path.join(real, "")
        return any(f"{folder}/".startswith(start) for folder in (*self._foreign, self._root))

    def of(self, path: str, real: str) -> str:
        """The name of an input: relative to the project, if another clone would have it there too.

        As the hook spelled it, so that a link on the way counts by where it leads.
        """
        spelled = real if ".." in path.split("/") else os.path.normpath(path)
        below = self._below(spelled)
        if below is None:
            below = self._below(real)
        if below is not None:
            return below
        if self._is_beside(path, spelled) or os.path.dirname(spelled) in self._parents:
            return os.path.relpath(spelled, self._root)
        return spelled

    def also(self, path: str, real: str) -> str | None:
        """The other name of what lies outside, where nobody knows by which one a clone finds it.

        A hook may have made "../shared" absolute, or may have looked into the home folder, which
        another clone lies deeper in. Both names have to lead to what they led to.
        """
        spelled = real if ".." in path.split("/") else os.path.normpath(path)
        if self._below(spelled) is not None or self._below(real) is not None:
            return None
        if self._is_beside(path, spelled):
            return None
        if os.path.dirname(spelled) in self._parents:
            return spelled
        shared = any(spelled.startswith(f"{folder}/") for folder in self._parents if folder != "/")
        return os.path.relpath(spelled, self._root) if shared else None

    def _is_beside(self, path: str, spelled: str) -> bool:
        """Whether it was spelled from the project, or lies in its repository: so for any clone."""
        return path.startswith(f"{self._root}/") or (
            self._top is not None and f"{spelled}/".startswith(f"{self._top}/")
        )

    def _below(self, path: str) -> str | None:
        if path == self._root:
            return "."
        return path[len(self._root) + 1 :] if path.startswith(f"{self._root}/") else None

    def left_out(self, name: str) -> bool:
        """Whether it is told not to count, or lbuild puts it there."""
        return tree.lies_in(name, self._place.left_out)

    def is_noise(self, name: str) -> bool:
        """Whether it is, or lies in, what tools leave behind for themselves."""
        if name == "." or name.startswith(("/", "../")):
            return False
        folder, _, last = name.rpartition("/")
        if not folder and last in tree.NEVER_LISTED_AT_TOP:
            return True
        if folder not in self._noise:
            self._noise[folder] = bool(folder) and tree.is_noise(
                self._place.root, f"{folder}/.", tree.NEVER_LISTED, tree.NEVER_LISTED_AT_TOP
            )
        return self._noise[folder] or last in tree.NEVER_LISTED


def _foreign(place: HookLocation, interpreter: Mapping[str, str]) -> tuple[str, ...]:
    """The folders whose content does not count, each with a separator at its end."""
    folders = {*place.foreign, *_DEVICES}
    prefix, base = interpreter.get("prefix"), interpreter.get("base_prefix")
    stdlib = interpreter.get("stdlib")
    if stdlib:
        folders.add(stdlib)
        # Some systems keep the extension modules of the standard library apart.
        folders.add(f"{base}/lib64/{os.path.basename(stdlib)}")
        folders.add(f"{base}/include/{os.path.basename(stdlib)}")
    if prefix and prefix != base:
        folders.add(prefix)
    folders.add(interpreter.get("executable", os.devnull))
    real = {os.path.realpath(folder) for folder in folders}
    root = os.fspath(place.root)
    return tuple(
        os.path.join(folder, "") for folder in real if not f"{root}/".startswith(f"{folder}/")
    )
