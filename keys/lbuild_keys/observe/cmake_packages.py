"""Where ``PATH`` leads CMake to packages: below the folders that have those of ``PATH`` in them."""

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from lbuild_keys.model import ABSENT, State, present

_STRIPPED = frozenset({"bin", "sbin"})
_ALWAYS = ("lib64", "lib32", "libx32", "lib", "share")
_PACKAGES = ("cmake", "CMake", "cps")
_SCRIPTS = (".cmake", ".cps")


class CMakePackages:
    """The packages of one moment; each folder is listed once.

    What is taken is more than CMake takes: whatever begins with the name of a package, in any case.

    Args:
        root: the project's folder.
        path: the value of ``PATH``; None if it is not set.
    """

    def __init__(self, root: Path, path: str | None) -> None:
        self._root = f"{root}/"
        self._search = "" if path is None else path

    def observe(self, name: str) -> State:
        """Return where CMake may find a package, in the order of ``PATH``.

        What is in these folders counts by itself: those that CMake looked at are in the trace.

        Args:
            name: the beginning of its name; ``*`` for all packages.
        """
        start = "" if name == "*" else name.lower()
        found = (path for entry, path in self._entries if entry.startswith(start))
        packages = [path.removeprefix(self._root) for path in found if _may_be_package(path)]
        return present(os.pathsep.join(packages)) if packages else ABSENT

    @cached_property
    def _entries(self) -> list[tuple[str, str]]:
        """What lies where packages may be: the name in lower case, and the path."""
        prefixes: dict[str, None] = {}
        for folder in filter(os.path.isabs, self._search.split(os.pathsep)):
            above, last = os.path.split(os.path.normpath(folder))
            prefixes[os.path.realpath(above if last in _STRIPPED else folder)] = None
        return [
            (name.lower(), os.path.join(folder, name))
            for prefix in prefixes
            for folder in _folders(prefix)
            for name in _names(folder)
        ]


def _folders(prefix: str) -> Iterator[str]:
    """Yield the folders below a prefix in which CMake looks for packages."""
    for name in ("", *_libraries(prefix)):
        folder = os.path.join(prefix, name)
        yield folder
        yield from (os.path.join(folder, inner) for inner in _PACKAGES)


def _libraries(prefix: str) -> Iterator[str]:
    machines = (name for name in _names(os.path.join(prefix, "lib")) if "-linux-" in name)
    yield from (os.path.join("lib", name) for name in machines)
    yield from _ALWAYS


def _names(folder: str) -> list[str]:
    """Return the names in a folder. CMake passes over what it cannot list, as the same user."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _may_be_package(path: str) -> bool:
    """Whether something is a script of a package, or a folder with one where CMake looks for it."""
    if path.endswith(_SCRIPTS):
        return True
    inside = (path, *(os.path.join(path, name) for name in _PACKAGES))
    return any(name.endswith(_SCRIPTS) for folder in inside for name in _names(folder)) or any(
        os.path.isdir(os.path.join(path, library, name))
        for library in _libraries(path)
        for name in _PACKAGES
    )
