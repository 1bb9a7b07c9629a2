"""``PROJECT[EXTRA,...]`` as a command line has it -> the project, and the extras asked for."""

import os
import re
from collections.abc import Collection
from pathlib import Path

from lbuild_frontend.errors import LbuildError
from lbuild_keys.pep508 import normalize_name

_WITH_EXTRAS = re.compile(r"(?P<project>.*)\[(?P<extras>[^\[\]]*)\]", re.DOTALL)
_EXTRA = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


def split(word: str) -> tuple[str, tuple[str, ...]]:
    """Split a word of the command line into the project and normalised names of extras (PEP 685).

    A path that exists as it is has no extras: folders may have brackets in their names.

    Raises:
        LbuildError: if the extras are not names.
    """
    found = _WITH_EXTRAS.fullmatch(word)
    if found is None or os.path.lexists(word):
        return word, ()
    names = [name.strip() for name in found["extras"].split(",")]
    for name in names:
        if not _EXTRA.fullmatch(name):
            message = f"{word}: {name!r} is not the name of an extra. Write for example .[test]"
            raise LbuildError(message)
    return found["project"] or os.curdir, tuple(sorted(set(map(normalize_name, names))))


def check(asked: Collection[str], provided: Collection[str], label: str, project: Path) -> None:
    """Check that a project has the extras that are asked for.

    Args:
        asked: normalised names.
        provided: the names that its metadata has (``Provides-Extra``).
        label: the project's name in messages.
        project: its folder.

    Raises:
        LbuildError: if it lacks one; the message names those that it has.
    """
    missing = sorted(set(asked) - set(map(normalize_name, provided)))
    if missing:
        has = f"It has: {', '.join(sorted(provided))}." if provided else "It has no extras."
        message = f"{label}: {project} has no extra {', '.join(missing)}. {has}"
        raise LbuildError(message)
