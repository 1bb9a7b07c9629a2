"""The names in a folder, with their types, as a hook sees them that lists it.

The types count because a hook can ask a directory entry for its type without a trace.
"""

import json
import os
from collections.abc import Callable, Collection, Iterable, Mapping

from lbuild_keys.model import ABSENT, State, present, unreadable
from lbuild_keys.observe import files

NO_DIRECTORY = present("no directory")
"""The state of a listing if there is something else than a folder, such as a file."""


def selection(folder: str, pattern: str) -> str:
    """Return the name of an input: those names in a folder that match a pattern.

    No other name of an input has a dot as a part, because names are normalised.
    """
    return f"{folder.removesuffix('/')}{_SELECTED}{pattern}"


def parse_name(name: str) -> tuple[str, str]:
    """Return the folder in the name of an input, and the pattern of the names that count."""
    folder, selected, pattern = name.partition(_SELECTED)
    return (folder or "/", pattern) if selected else (name, "*")


_SELECTED = "/./"


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


def state_of(rows: Iterable[tuple[str, str]]) -> State:
    """The state of a folder with these names and their types."""
    return present(json.dumps(sorted(rows), separators=(",", ":")))


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


def _type_of(entry: os.DirEntry[str]) -> str:
    if not entry.is_symlink():
        if entry.is_dir():
            return "directory"
        if entry.is_file():
            return "file"
        return "special file"
    target = files.look(entry.path).detail
    return f"link to {target.partition(' -> ')[0].removeprefix('executable ')}"
