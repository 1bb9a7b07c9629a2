"""The names in a folder, with their types, as a hook sees them that lists it.

The types count because a hook can ask a directory entry for its type without a trace.
"""

import fnmatch
import functools
import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping

from lbuild_keys.model import ABSENT, State, present, unreadable
from lbuild_keys.observe import files

NO_DIRECTORY = present("no directory")
"""The state of a listing if there is something else than a folder, such as a file."""


def observe(path: str, counts: Callable[[str, bool], bool]) -> State:
    """The state of a folder's listing; ``no directory`` if something else is there.

    Args:
        counts: whether a name in it counts; the second argument is whether it is a folder.
    """
    try:
        with os.scandir(path) as listing:
            return state_of(
                (entry.name, _type_of(entry))
                for entry in listing
                if counts(entry.name, files.is_folder(entry))
            )
    except FileNotFoundError:
        return ABSENT
    except NotADirectoryError:
        return NO_DIRECTORY
    except OSError as error:
        return unreadable(error.strerror or str(error))
    except ValueError as error:  # a null character
        return unreadable(str(error))


def join(folder: str, pattern: str) -> str:
    """Return the name of a listing of which only the names count that match a pattern.

    Args:
        folder: its name.
        pattern: a glob; ``re:`` and a regular expression that matches all of a name; ``in:`` and
            the names, or ``import:`` and modules, with slashes between them. After ``d:``, folders
            count as well, and links to folders; with nothing after it, only these.
    """
    return f"{folder}{_SEPARATOR}{pattern}"


def folder_of(listing: str) -> str:
    """Return the folder whose names, or some of them, are an input of this name."""
    return _parts(listing)[0]


def pattern_of(listing: str) -> str | None:
    """Return the pattern in the name of a listing; None if all names count."""
    return _parts(listing)[1]


def _parts(listing: str) -> tuple[str, str | None]:
    at = listing.find(_SEPARATOR, 1)  # what is no project's begins with slashes
    return (listing, None) if at < 0 else (listing[:at], listing[at + len(_SEPARATOR) :])


_SEPARATOR = "//"
"""Not in the name of a folder, because these are normalised."""


def is_pattern(pattern: str) -> bool:
    """Whether names can be compared with a pattern."""
    try:
        return bool(pattern) and _matching(pattern.removeprefix(FOLDERS)) is not None
    except (re.error, RecursionError, OverflowError):
        return False


def only(state: State, pattern: str | None) -> State:
    """The state of a listing with the names only that match a pattern; with all if it is None."""
    rows = names_in(state)
    if rows is None or pattern is None:
        return state
    takes_folders = pattern.startswith(FOLDERS)
    matches = _matching(pattern.removeprefix(FOLDERS))
    return state_of(
        (name, kind)
        for name, kind in rows.items()
        if matches(name) or (takes_folders and kind.endswith("directory"))
    )


FOLDERS = "d:"
"""The pattern of folders, and the start of one of folders and other names."""


@functools.cache
def _matching(pattern: str) -> Callable[[str], object]:
    kind, rest = pattern[:3], pattern[3:]
    if pattern.startswith(MODULES):
        return _is_module(frozenset(pattern.removeprefix(MODULES).split("/")))
    if kind == "in:":
        return frozenset(rest.split("/")).__contains__
    return re.compile(rest if kind == "re:" else fnmatch.translate(pattern)).fullmatch


MODULES = "import:"
"""The start of the pattern of what may be a module or a package of one of some names."""


def _is_module(modules: Collection[str]) -> Callable[[str], object]:
    def is_one(name: str) -> bool:
        module, _, suffix = name.partition(".")
        return module in modules and _SUFFIX.fullmatch(suffix) is not None

    return is_one


_SUFFIX = re.compile(r"|pyc?|(.*\.)?(so|pyd|sl|dll)", re.DOTALL)
"""After the dot: nothing for a folder, else what ``importlib.machinery.all_suffixes`` has."""


def state_of(rows: Iterable[tuple[str, str]]) -> State:
    """The state of a folder with these names and their types."""
    return present(_ENCODER.encode(sorted(rows)))


_ENCODER = json.JSONEncoder(separators=(",", ":"))
"""One for all: a project may have thousands of folders."""


def names_in(state: State) -> Mapping[str, str] | None:
    """The names with their types; None if the state is not that of a folder's listing."""
    if state.presence != "present" or not state.detail.startswith("["):
        return None
    return dict(json.loads(state.detail))


def without(state: State, names: Collection[str]) -> State:
    """The state of a listing without some of its names."""
    rows = names_in(state)
    if rows is None or rows.keys().isdisjoint(names):
        return state
    return state_of((name, kind) for name, kind in rows.items() if name not in names)


def or_absent(state: State, folder: str, made: Collection[str]) -> State:
    """The state of a listing; absent if it has no name, and the folder is one of ``made``."""
    return ABSENT if folder in made and names_in(state) == {} else state


def _type_of(entry: os.DirEntry[str]) -> str:
    if not entry.is_symlink():
        if entry.is_dir():
            return "directory"
        if entry.is_file():
            return "file"
        return "special file"
    target = files.look(entry.path).detail
    return f"link to {target.partition(' -> ')[0].removeprefix('executable ')}"
