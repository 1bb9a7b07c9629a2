"""The words of a command line that name projects -> folders of projects.

Without a word, the project is looked for in the current folder and above it. Of what a glob gave,
what is no project is passed over.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lbuild_keys.config import pyproject

_ARCHIVE = ".tar.gz"
_REPOSITORY = (".git", ".hg")
_SHOWN = 3
"""How many things that are passed over are named in a note."""


class Selection(NamedTuple):
    """The projects of a command.

    Attributes:
        folders: as they were given where that is possible; not all have to be projects.
        notes: what the user should know about the choice, as sentences without a full stop.
    """

    folders: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def is_archive(path: Path) -> bool:
    """Whether a path is that of a file with the name of a source distribution."""
    return path.name.endswith(_ARCHIVE) and path.is_file()


def is_project(folder: Path) -> bool:
    """Whether a folder has the files of a Python project."""
    return pyproject.is_project(folder)


def select(given: Sequence[str], *, several: bool) -> Selection:
    """Choose the projects of a command.

    Args:
        given: the words of the command line; none for the current folder.
        several: whether the command takes any number of projects, so that globs are expanded.
    """
    here = Path()
    if [Path(word) for word in given] in ([], [here]):
        found = None if _may_be_project(here) else enclosing(here)
        if found is None:
            return Selection((here,))
        return Selection((found,), (f"using the project in {found}, above this folder",))
    return _of_globs(given) if several else Selection(tuple(map(Path, given)))


def enclosing(folder: Path) -> Path | None:
    """Find the nearest project at a folder or above it; None if there is none to be trusted.

    The search ends at the top of a repository and of a file system, and before the user's home
    folder and the root. A project above the folder has to belong to the same user as the folder:
    to build it runs its code, and anybody may put a pyproject.toml into /tmp.
    """
    try:
        here = Path(os.path.realpath(folder))
        first = here.stat()
        for place in (here, *here.parents):
            has_ended = is_end(place)
            if place != here and (has_ended or place.stat().st_dev != first.st_dev):
                return None
            markers = [place / name for name in pyproject.MARKERS if (place / name).exists()]
            if markers:
                owners = {path.stat().st_uid for path in (place, *markers)}
                return place if place == here or owners == {first.st_uid} else None
            if has_ended or any(os.path.lexists(place / name) for name in _REPOSITORY):
                return None
    except (OSError, ValueError):  # it is gone, or nobody may look there
        return None
    return None


def is_end(place: Path) -> bool:
    """Whether nothing is looked for above a folder: it is the root, or the user's home folder."""
    home = os.path.expanduser("~")  # noqa: PTH111  pathlib raises an error where there is none
    return place == place.parent or str(place) == os.path.realpath(home)


def is_pattern(path: Path) -> bool:
    """Whether a path has characters that are special in globs."""
    return any(special in str(path) for special in "*?[")


def _of_globs(given: Sequence[str]) -> Selection:
    """Expand the globs that no shell has expanded, and pass over what is no project of any glob.

    Whoever names a folder wants it built, so it is an error if that is no project.
    """
    folders: list[Path] = []
    passed: list[Path] = []
    shells = set() if all(map(_may_be_project, map(Path, given))) else _given_by_shell(given)
    for path in map(Path, given):
        if is_pattern(path) and not os.path.lexists(path):
            matches = _matches(path)
            found = list(filter(_may_be_project, matches))
            folders += found or [path]
            passed += [match for match in matches if match not in found] if found else []
        elif path in shells and not _may_be_project(path):
            passed.append(path)
        else:
            folders.append(path)
    if not any(map(_may_be_project, folders)):
        return Selection(tuple(map(Path, given)))
    if not passed:
        return Selection(tuple(folders))
    names = ", ".join(map(str, passed[:_SHOWN]))
    more = f" (and {len(passed) - _SHOWN} more)" if len(passed) > _SHOWN else ""
    return Selection(tuple(folders), (f"passed over, because not a Python project: {names}{more}",))


def _matches(pattern: Path) -> list[Path]:
    import glob  # most of the time the shell does this

    return sorted(map(Path, glob.glob(str(pattern), recursive=True)))  # noqa: PTH207  leaves out hidden names, as shells do


def _given_by_shell(given: Sequence[str]) -> set[Path]:
    """Return the paths that look like what a shell makes of ``FOLDER/*`` or ``FOLDER/*/``.

    These are all names in a folder that are not hidden; or all folders, with a slash at the end.
    So no other name there can have been meant by what is no project.
    """
    found: set[Path] = set()
    slashed = {Path(word) for word in given if word.endswith(("/", os.sep))}
    for parent in {Path(word).parent for word in given}:
        group = {path for path in map(Path, given) if path.parent == parent}
        try:
            with os.scandir(parent) as entries:
                is_folder = {parent / entry.name: entry.is_dir() for entry in entries}
        except OSError:
            continue
        shown = {path for path in is_folder if not path.name.startswith(".")}
        if group >= shown or (group <= slashed and group >= {p for p in shown if is_folder[p]}):
            found |= group & is_folder.keys()
    return found


def _may_be_project(folder: Path) -> bool:
    """As ``is_project``, or an archive; what cannot be looked at may be one: that is reported."""
    try:
        return is_project(folder) or is_archive(folder)
    except OSError:
        return True
