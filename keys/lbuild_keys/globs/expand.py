"""File patterns -> the files that they select below a project."""

import errno
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lbuild_keys.globs.patterns import Pattern
from lbuild_keys.observe import files

_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})


class Matches(NamedTuple):
    """The files that a list of patterns selects.

    Attributes:
        files: paths with ``/`` between parts, relative to the root if the pattern is relative, in
            sorted order; each with the index of the last pattern that selects it. The path of a
            literal pattern is always there, even if nothing, or a directory, has that path: uv
            counts both as nothing.
        unreadable: directories that could not be listed, written alike, and why. Their files are
            unknown, and so is what the patterns select.
    """

    files: Mapping[str, int]
    unreadable: Mapping[str, str]


def expand(patterns: Sequence[Pattern], root: Path) -> Matches:
    """Find the files that the patterns select; relative patterns begin at ``root``.

    It lists directories and follows links, but reads no file.
    """
    selected: dict[str, int] = {}
    unreadable: dict[str, str] = {}
    exclusions = [(i, pattern) for i, pattern in enumerate(patterns) if pattern.excludes]
    groups: dict[str, list[tuple[int, Pattern]]] = {}
    for i, pattern in enumerate(patterns):
        if pattern.literal is not None:
            selected[pattern.literal] = i
        elif not pattern.excludes and pattern.rest is not None:
            groups.setdefault(pattern.base, []).append((i, pattern))
    for base, members in groups.items():
        last = members[-1][0]
        final = [exclusion for i, exclusion in exclusions if i > last]
        for path, i in _walk(base, members, final, root, unreadable):
            selected[path] = max(i, selected.get(path, i))
    kept = {
        path: i
        for path, i in sorted(selected.items())
        if not any(j > i and exclusion.matches(path) for j, exclusion in exclusions)
    }
    return Matches(kept, dict(sorted(unreadable.items())))


def _walk(
    base: str,
    members: Sequence[tuple[int, Pattern]],
    exclusions: Iterable[Pattern],
    root: Path,
    unreadable: dict[str, str],
) -> Iterator[tuple[str, int]]:
    """Yield the files below a base that any of the members matches, with the last one's index.

    Directories that the exclusions cover are not listed; those that cannot be listed are added to
    ``unreadable``.
    """
    unbounded = base and not all(pattern.bounded for _, pattern in members)
    if unbounded and files.is_top(os.path.join(root, base)):  # noqa: PTH118
        unreadable[base.rstrip("/") or base] = files.ALL_OF_IT
        return
    # Each: a directory, its depth below the base, and the members that can match in it.
    pending = [(base, 0, list(reversed(members)))]
    while pending:
        directory, depth, alive = pending.pop()
        if any(exclusion.covers(directory) for exclusion in exclusions):
            continue
        try:
            with os.scandir(os.path.join(root, directory)) as entries:  # noqa: PTH118
                for entry in entries:
                    path = directory + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        entering = [each for each in alive if each[1].enters(entry.name, depth + 1)]
                        if entering:
                            pending.append((f"{path}/", depth + 1, entering))
                        continue
                    for i, pattern in alive:
                        if pattern.matches(path):
                            if _is_file(entry):
                                yield path, i
                            break
        except OSError as error:
            if error.errno not in _NOT_THERE:
                unreadable[directory.rstrip("/") or directory or "."] = error.strerror or str(error)


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError as error:
        # A link to something inaccessible counts: code that reads it gets the same error.
        return error.errno not in _NOT_THERE
