"""Programs that a hook runs: where they are, and whether they are still the same."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from lbuild_keys.model import ABSENT, State, present, unreadable
from lbuild_keys.observe import files
from lbuild_keys.observe.files import Digests


def find(program: str, root: Path, path: str | None) -> str | None:
    """Find the absolute path of a program; None if there is none.

    Args:
        program: its name or path, as in the command line.
        root: the project's folder, in which hooks run.
        path: the value of ``PATH``; None for the platform's default.
    """
    if os.path.dirname(program):  # noqa: PTH120  pathlib would drop the "./" that matters
        place = os.path.join(root, program)  # noqa: PTH118
        return place if os.path.lexists(place) else None
    return shutil.which(program, path=os.defpath if path is None else path)


def observe(program: str, root: Path, environ: Mapping[str, str], digests: Digests) -> State:
    """The state of a program: its file, with its size in bytes and its time of modification (ns).

    Its content is not read, because a compiler is large and consists of more than this file. But a
    program of the project itself counts by its content, because each clone has a file of its own.
    """
    search = environ.get("PATH")
    found = find(program, root, search)
    if found is None:
        return _without_rights(program, root, os.defpath if search is None else search)
    try:
        real = os.path.realpath(found)
        if Path(real).is_relative_to(root):
            state = files.observe(real, digests)
            name = Path(real).relative_to(root).as_posix()
            there = state.presence == "present"
            return present(f"{name} ({state.detail})") if there else unreadable("not there")
        status = os.stat(real)  # noqa: PTH116  beside realpath
    except OSError as error:
        return unreadable(error.strerror or str(error))
    return present(f"{real} ({status.st_size} bytes, {status.st_mtime_ns})")


def _without_rights(name: str, root: Path, path: str) -> State:
    """The state of a name in ``PATH`` that is no program: CMake looks there for headers, too."""
    if os.path.dirname(name):  # noqa: PTH120  as above
        return ABSENT
    places = (os.path.join(root, folder, name) for folder in path.split(os.pathsep))  # noqa: PTH118
    # Not Path.is_file, which fails for names that no file can have.
    return next((present(one) for one in places if os.path.isfile(one)), ABSENT)  # noqa: PTH113
