"""Paths that a decision looked at -> their stat signatures, for ``replay`` to compare.

Nothing is kept if equal signatures would not prove that the decision is the same; nor if something
changed so shortly before it was looked at that another change could have the same time stamp: two
seconds before, or less where the clock of the file system is known (``fs_clock``).
"""

import marshal
import os
import stat
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import lbuild_frontend
import lbuild_keys
from lbuild_frontend import replay
from lbuild_frontend.builds import user_environ
from lbuild_frontend.cache import buckets
from lbuild_frontend.model.replay_record import Layout, Named, Signature
from lbuild_frontend.self_tracing.fs_clock import Began
from lbuild_frontend.self_tracing.looked_at import LookedAt, UnexplainedError
from lbuild_keys.observe.files import GRANULARITY
from lbuild_keys.tracing.trace import Trace

Seen = Mapping[str, os.stat_result | None]
"""By path, its status just before it was looked at; None where nothing was."""

_NOTHING: Mapping[str, Any] = {}


class Looks(NamedTuple):
    """What was looked at, as ``replay_record.NoOpRun`` has it; of the variables the names."""

    layout: Layout
    entries: list[tuple[str, int, int]]
    used: list[str]
    named: list[Named]
    variables: frozenset[str]


class Beginnings(NamedTuple):
    """When each path was looked at first.

    Attributes:
        last: when the decision began.
        earlier: paths that were looked at only before that, with when that began.
    """

    last: Began
    earlier: Mapping[str, Began] = {}

    def of(self, path: str) -> Began:
        """Return when something began that looked at a path, or listed the folder it is in."""
        found = self.earlier.get(path) or self.earlier.get(os.path.dirname(path))
        return found or self.last


def lbuild() -> Layout:
    """Return the signatures of lbuild's modules, and of the folders where its packages are.

    Installing another version renames folders in there.

    Raises:
        OSError: if they are not in folders.
    """
    modules: list[str] = []
    for package in _OWN:
        _add_modules(os.fspath(package), modules)
    packages = {name.partition(".")[0] for name in list(sys.modules)}
    files = [getattr(sys.modules.get(name), "__file__", None) for name in packages]
    folders = {os.path.dirname(file.removesuffix(f"{os.sep}__init__.py")) for file in files if file}
    layout, _ = _laid_out({folder for folder in folders if os.path.isabs(folder)}, modules)
    return layout


def _add_modules(folder: str, modules: list[str]) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                modules.append(entry.path)
            elif entry.name != "__pycache__" and entry.is_dir():
                _add_modules(entry.path, modules)


_OWN = tuple(
    Path(folder) for package in (lbuild_frontend, lbuild_keys) for folder in package.__path__
)


def looks(
    trace: Trace,
    seen: Seen,
    links: Mapping[str, Collection[str]],
    cache: str,
    roots: Collection[Path],
    began: Beginnings,
) -> Looks | None:
    """Return the signatures of what was looked at; None if they do not prove what was seen.

    They are those from before the look. If something has changed since, they fit nothing any more.

    Args:
        trace: of this process.
        seen: by path, its status just before it was looked at; None where nothing was.
        links: by path, the links in folders, where they are known.
        cache: the folder of the cache.
        roots: the folders of the projects.
        began: when that was.
    """
    try:
        asked = _asked(trace, roots)
        own = _accesses(trace, cache)
        variables = asked.variables.union(trace.variables, {"TZ"})
        paths = {_CLOCK} | asked.paths | own["paths"]
        named = _named_by_variables(variables, {*roots, Path.cwd()}, paths)
        paths -= named.keys()
        listed = asked.listed | own["listed"]
        layout, signatures = _laid_out(listed, paths, seen, links)
        _require_settled(layout, signatures, began)
        return Looks(
            layout=layout,
            entries=[(path, *_size_and_inode(path)) for path in sorted(own["entries"])],
            used=sorted(own["used"]),
            named=sorted(named.values()),
            variables=variables,
        )
    except (UnexplainedError, OSError):
        return None


def _accesses(trace: Trace, cache: str) -> dict[str, set[str]]:
    """Return what this process looked at: listed folders, other paths, entries, used entries."""
    found: dict[str, set[str]] = {name: set() for name in ("listed", "paths", "entries", "used")}
    temporary = _temporary(trace, cache)
    for access, path in trace.accesses:
        name = path[len(cache) + 1 :].partition("/")[0] if _is_in(path, cache) else ""
        bucket = buckets.ALL.get(name)
        if (bucket is not None and bucket.is_derived) or path in temporary:
            continue
        if bucket is buckets.ENTRIES and path.endswith(".json"):
            found["entries"].add(path)
            if access == "written":
                found["used"].add(path)
        else:
            found["listed" if access == "listed" else "paths"].add(path)
    return found


_CLOCK = "/etc/localtime"
"""With ``TZ`` this determines the local time; the C library reads it (tzset), unseen."""


def _is_in(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/")


def _temporary(trace: Trace, cache: str) -> set[str]:
    """Return what was made and removed again.

    Raises:
        UnexplainedError: if something was written that is still there, except in the cache.
    """
    written = {path for access, path in trace.accesses if access in _WRITING} - {os.devnull}
    there = {path for path in written if os.path.lexists(path)}
    if any(not _is_in(path, cache) for path in there):
        raise UnexplainedError
    return written - there


_WRITING = frozenset({"written", "added to", "made"})


def _asked(trace: Trace, roots: Collection[Path]) -> LookedAt:
    """Return what other programs looked at.

    Raises:
        UnexplainedError: if anything was done of which it is not known what it looked at.
    """
    own = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    if trace.problems or not own.issuperset(trace.libraries):
        raise UnexplainedError
    looked = LookedAt()
    if trace.spawned:
        from lbuild_frontend.self_tracing import programs  # most decisions ask no program

        for one in trace.spawned:
            looked |= programs.looked_at_by(one, roots)
    for where in trace.enumerations:
        file, _, function = where.rpartition(":")
        if file == user_environ.__file__ and function != "items":
            continue  # names, which are a part of what a record is found by (replay)
        # Passed to a program, of which it is known what it looked at.
        if not trace.spawned or not _passes_on(file):
            raise UnexplainedError
    return looked


def _passes_on(file: str) -> bool:
    gitpython = sys.modules.get("git")
    places = (*_OWN, Path(getattr(gitpython, "__file__", None) or __file__).parent)
    return any(Path(file).is_relative_to(place) for place in places)


_Signatures = dict[str, list[tuple[str, Signature]]]
"""By folder, the names of files in it, each with its signature."""


def _laid_out(
    listed: Collection[str],
    paths: Iterable[str],
    seen: Seen = _NOTHING,
    links: Mapping[str, Collection[str]] = _NOTHING,
) -> tuple[Layout, _Signatures]:
    """Return the signatures of paths, and of what links in listed folders lead to.

    Args:
        listed: folders whose names were used.
        paths: what else was looked at.
        seen: see ``looks``; what is not in it is looked at now.
        links: see ``looks``; other folders are listed.

    Raises:
        OSError: if one cannot be looked at.
    """
    layout: Layout = {"files": [], "followed": [], "places": [], "absent": [], "dangling": []}
    by_folder: _Signatures = {}
    known = (link for folder in listed for link in links.get(folder, ()))
    unknown = [folder for folder in listed if folder not in links]
    for path in sorted({*paths, *listed, *known, *_links_in(unknown)}):
        status = seen[path] if path in seen else _look(path)
        if status is None:
            # A name that appears in a folder changes the signature of the folder. If that is from
            # after it, because the folder was looked at later, the name is there now.
            if os.path.dirname(path) not in listed or (path in seen and os.path.lexists(path)):
                layout["absent"].append(path)
            continue
        kind = stat.S_IFMT(status.st_mode)
        is_link = kind == stat.S_IFLNK
        if kind != stat.S_IFDIR or path in listed:
            folder, slash, name = path.rpartition(os.sep)  # of an absolute path
            signature = replay.signature_of(status)
            by_folder.setdefault(folder or slash, []).append((name or ".", signature))
            if kind == stat.S_IFREG:
                continue  # as most
        if is_link:
            try:
                status = os.stat(path)
            except (FileNotFoundError, NotADirectoryError):
                layout["dangling"].append(path)
                continue
        if stat.S_ISDIR(status.st_mode) and path not in listed:
            layout["places"].append((path, replay.identity_of(status)))
        elif is_link:
            layout["followed"].append((path, replay.signature_of(status)))
    layout["files"] = packed(by_folder)
    return layout, by_folder


def packed(by_folder: Mapping[str, Sequence[tuple[str, Signature]]]) -> list[bytes]:
    """Pack the signatures of files into blocks: an object for each of them would take longer."""
    rows = [
        (os.fsencode(folder), [os.fsencode(name) for name, _ in some], replay.mark_of(marked))
        for folder, names in by_folder.items()
        for start in range(0, len(names), _BLOCK)
        for some in [names[start : start + _BLOCK]]
        for marked in [tuple(signature for _, signature in some)]
    ]
    blocks: list[list[object]] = [[]]
    count = 0
    for row in rows:
        if count + len(row[1]) > _BLOCK:
            blocks.append([])
            count = 0
        blocks[-1].append(row)
        count += len(row[1])
    return [marshal.dumps(block) for block in blocks if block]


def _look(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


_BLOCK = 1_000
"""The most files in a block. To start a process for more takes less time than it saves."""


def _links_in(folders: Iterable[str]) -> set[str]:
    """Return the links in folders: listing one can depend on whether a link leads to a folder."""
    found = set()
    for folder in folders:
        try:
            with os.scandir(folder) as entries:
                found |= {entry.path for entry in entries if entry.is_symlink()}
        except (FileNotFoundError, NotADirectoryError):
            continue
    return found


def _named_by_variables(
    variables: Iterable[str], folders: Iterable[Path], paths: Collection[str]
) -> dict[str, Named]:
    """Return the absent paths that variables name: their values may be secret."""
    values = [(name, value) for name in variables if (value := os.environ.get(name))]
    found = {}
    for folder in folders:
        for name, value in values:
            for index, word in enumerate((value, *value.split())):
                path = os.fspath(folder / word)
                if path in paths and not os.path.lexists(path):
                    found[path] = (os.fspath(folder), name, index)
    return found


def _require_settled(layout: Layout, signatures: _Signatures, began: Beginnings) -> None:
    first = min(one.at for one in (began.last, *began.earlier.values()))

    def is_recent(signature: Sequence[int]) -> bool:
        return max(signature[1:3]) + GRANULARITY >= first

    recent: list[tuple[str, Callable[[str], os.stat_result]]]
    recent = [(path, os.stat) for path, numbers in layout["followed"] if is_recent(numbers)]
    recent += [
        (os.path.join(folder, name), os.lstat)
        for folder, rows in signatures.items()
        for name, numbers in rows
        if is_recent(numbers)
    ]
    # If one has changed since, it is even more recent.
    if not all(began.of(path).is_after(look(path)) for path, look in recent):
        raise UnexplainedError


def _size_and_inode(path: str) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_size, status.st_ino
