"""The files and folders below a project: everything that a build could read there.

Left out are folders that are marked or named as no source (``_declares_itself``, ``NEVER``,
``NEVER_AT_TOP``), and what the caller leaves out. Files that git ignores are not left out, because
compilers read generated headers that git ignores.
"""

import os
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import NamedTuple, TypeVar

from lbuild_keys.observe import files

NEVER = frozenset({".git", ".hg", ".svn", ".bzr", ".wraplock", "__pycache__", "node_modules"})
"""Names that are left out at any depth: version control, bytecode, installed packages, and the
empty file that Meson locks in each build, in ``subprojects`` (mesonbuild.wrap.wrap)."""

NEVER_AT_TOP = frozenset(
    {
        ".eggs",
        ".hypothesis",
        ".idea",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".tox",
        ".vscode",
    }
)
"""Folders of tools, left out directly below the project. Deeper they may be a template's data."""

NEVER_LISTED = NEVER - {"node_modules"}
NEVER_LISTED_AT_TOP = NEVER_AT_TOP | {"node_modules"}
"""The same for what a hook was seen to list or to look for. Backends pack a ``node_modules`` inside
a package as any other folder."""

MARKS = ("pyvenv.cfg", "CACHEDIR.TAG")
"""Files by which a folder may declare that it is no source."""

_CACHE_TAG = b"Signature: 8a477f597d28d172789f06886806bc55"
"""How a CACHEDIR.TAG begins (the Cache Directory Tagging Specification)."""


T = TypeVar("T")


class Tree(NamedTuple):
    """The files and folders below a project, by their paths relative to it, sorted.

    Attributes:
        files: everything that is not a folder.
        folders: each with the target of the link that leads to it, or an empty string.
        unreadable: folders that could not be listed, and why.
    """

    files: tuple[str, ...]
    folders: Mapping[str, str]
    unreadable: Mapping[str, str]


def walk(
    root: Path,
    leave_out: Callable[[str], bool] = lambda _: False,
    never_at_top: frozenset[str] = NEVER_AT_TOP,
    may_leave_out: Callable[[str], bool] = lambda _: True,
) -> Tree:
    """List the files and folders below ``root``.

    Links to folders are followed, because backends follow them, but not links to a folder above the
    project. A folder is entered once, under the first of its names.

    Args:
        root: a project, or another folder, where nothing should be ``never_at_top``.
        leave_out: whether to leave out a path relative to ``root``; a folder ends with a slash.
        never_at_top: names that are left out directly below ``root``.
        may_leave_out: whether ``leave_out`` has to be asked for what is directly in a folder.
    """
    found: list[str] = []
    folders: dict[str, str] = {}
    failures: dict[str, str] = {}
    # A link upwards would bring in everything beside the project, or the whole file system.
    entered = {_identity(folder) for folder in root.resolve().parents}
    top = os.fspath(root)
    pending = [""]
    while pending:
        folder = pending.pop()
        path = os.path.join(top, folder) if folder else top
        try:
            identity = _identity(path)
            if identity in entered:
                continue
            entered.add(identity)
            with os.scandir(path) as listing:
                entries = {entry.name: entry for entry in listing}
            if folder and _declares_itself(path, entries.keys()):
                del folders[folder]
                continue
            asks = may_leave_out(folder)
            for name in sorted(entries):
                entry, relative = entries[name], f"{folder}/{name}" if folder else name
                if name in NEVER or (not folder and name in never_at_top):
                    continue
                is_folder = files.is_folder(entry)
                if asks and leave_out(f"{relative}/" if is_folder else relative):
                    continue
                if is_folder:
                    # As it is: pathlib would change "./src".
                    link = os.readlink(entry.path) if entry.is_symlink() else ""
                    folders[relative] = link
                    pending.append(relative)
                else:
                    found.append(relative)
        except OSError as error:
            failures[folder or "."] = error.strerror or str(error)
    return Tree(tuple(sorted(found)), dict(sorted(folders.items())), failures)


def is_noise(
    root: Path,
    path: str,
    never: frozenset[str] = NEVER,
    never_at_top: frozenset[str] = NEVER_AT_TOP,
) -> bool:
    """Whether ``walk`` leaves out a path relative to a project, or a folder that it is in."""
    return noise_below(root, never, never_at_top)(path)


def noise_below(
    root: Path,
    never: frozenset[str] = NEVER,
    never_at_top: frozenset[str] = NEVER_AT_TOP,
) -> Callable[[str], bool]:
    """Return a function that answers as ``is_noise``, and looks at each folder once.

    To be made anew for each moment: a folder may be marked.
    """
    top = os.fspath(root)
    caches = {"": False}

    def is_in_cache(folder: str, above: bool) -> bool:
        return above or is_cache(os.path.join(top, folder))

    def is_noise(path: str) -> bool:
        parts = path.split("/")
        if parts[0] in never_at_top or not never.isdisjoint(parts):
            return True
        return along(path.rpartition("/")[0], caches, is_in_cache)

    return is_noise


def lies_in(path: str, left_out: Callable[[str], bool]) -> bool:
    """Whether a path, or a folder that it is in, is left out by ``left_out``; see ``walk``."""
    parts = path.split("/")
    folders = ("/".join(parts[:end]) + "/" for end in range(1, len(parts) + 1))
    return left_out(path) or any(map(left_out, folders))


def along(folder: str, known: dict[str, T], of: Callable[[str, T], T]) -> T:
    """Return what is true of a folder, given what is true of the folder that it is in.

    Args:
        folder: its name.
        known: the answers so far, that of the first folder included; new ones are added.
        of: returns the answer for a folder, by its name and the answer for the one above it.
    """
    if folder in known:
        return known[folder]
    unknown = []
    while folder not in known:
        unknown.append(folder)
        folder = folder.rpartition("/")[0]
    answer = known[folder]
    for one in reversed(unknown):
        answer = known[one] = of(one, answer)
    return answer


def is_cache(folder: str | Path) -> bool:
    """Whether a folder is marked as a virtual environment (PEP 405) or as a cache."""
    # This is asked for each folder of a project.
    names = {name for name in MARKS if os.path.lexists(f"{folder}/{name}")}
    return bool(names) and _declares_itself(folder, names)


def keeps_results(folder: str) -> bool:
    """Whether a folder is a cache in which a tool keeps results of earlier runs."""
    if folder.endswith("/.mypy_cache"):
        return True
    return os.path.lexists(f"{folder}/CACHEDIR.TAG") and is_cache(folder)


def _identity(folder: str | Path) -> tuple[int, int]:
    status = os.stat(folder)
    return (status.st_dev, status.st_ino)


def _declares_itself(path: str | Path, names: AbstractSet[str]) -> bool:
    if "pyvenv.cfg" in names:
        return True
    if "CACHEDIR.TAG" not in names:
        return False
    mark = Path(path, "CACHEDIR.TAG")
    if not mark.is_file():  # to open a pipe would wait for its other end
        return False
    with mark.open("rb") as tag:
        return tag.read(len(_CACHE_TAG)) == _CACHE_TAG
