"""What lies in a build environment: the digest that vouches for it, and what was installed."""

import base64
import contextlib
import hashlib
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path

_Row = tuple[str, int, int, int | str]
"""Name, mode, size and time of the last change in nanoseconds; of a link, its target instead."""


@dataclass(frozen=True, slots=True)
class Installed:
    """What an installer put into an environment.

    Attributes:
        identity: digest of all distributions, alike in all environments that hold the same.
        local: whether one was installed from a place on this machine, which may change.
    """

    identity: str
    local: bool


def digest(folder: Path) -> str:
    """Vouch for all that lies in a folder: names, types, modes, sizes, times, targets of links.

    Bytecode in ``__pycache__`` is left out (``bytecode``): it comes with the first build. What has
    this name and is no folder is damage; of a link, Python would trust what it leads to.
    Neither are change times and inode numbers in it, for installers make hard links, and a cache
    may be restored from an archive.

    Raises:
        OSError: if the folder cannot be looked at.
    """
    return hashlib.sha256(json.dumps(_rows(os.fspath(folder))).encode("ascii")).hexdigest()


def bytecode(folder: Path) -> dict[str, list[int]]:
    """What lies in the ``__pycache__`` in a folder: sizes and times, by relative path.

    Raises:
        OSError: if it cannot be looked at.
    """
    found = {}
    pending = [(os.fspath(folder), "")]
    while pending:
        path, below = pending.pop()
        # Python writes under another name first, and others may remove what they do not trust.
        with contextlib.suppress(FileNotFoundError), os.scandir(path) as entries:
            for entry in entries:
                if below.endswith("__pycache__/"):  # what is a folder there is damage
                    with contextlib.suppress(FileNotFoundError):
                        status = entry.stat(follow_symlinks=False)
                        found[below + entry.name] = [status.st_size, status.st_mtime_ns]
                elif entry.is_dir(follow_symlinks=False):
                    pending.append((entry.path, f"{below}{entry.name}/"))
    return found


def size(folder: Path) -> int:
    """The bytes that the files in a folder hold; links and folders count as nothing.

    Raises:
        OSError: if the folder cannot be looked at.
    """
    return sum(
        status.st_size
        for path, _, names in os.walk(folder)
        for name in names
        for status in (os.lstat(os.path.join(path, name)),)
        if stat.S_ISREG(status.st_mode)
    )


def _rows(top: str) -> list[_Row]:
    rows: list[_Row] = []
    pending = [(top, "")]
    while pending:
        path, below = pending.pop()
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.name == "__pycache__" and entry.is_dir(follow_symlinks=False):
                    continue
                name = below + entry.name
                if entry.is_symlink():
                    rows.append((name, 0, 0, os.readlink(entry.path)))
                    continue
                status = entry.stat(follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False):
                    # Its size and time change with its bytecode; the names in it count.
                    rows.append((name, status.st_mode, 0, 0))
                    pending.append((entry.path, f"{name}/"))
                else:
                    rows.append((name, status.st_mode, status.st_size, status.st_mtime_ns))
    rows.sort()
    return rows


def installed(environment: Path) -> Installed:
    """Find out what an installer put into an environment, by its lists of files (RECORD).

    Args:
        environment: the folder of the environment itself.

    Raises:
        OSError: if something cannot be read.
    """
    top = os.fspath(environment)
    names = [name for name, *_ in _rows(top) if not name.endswith(_ASKED_FOR)]
    records = [_record(top, name) for name in names if name.endswith(".dist-info/RECORD")]
    text = json.dumps([names, records])
    return Installed(
        hashlib.sha256(text.encode("ascii")).hexdigest()[:32],
        any(_is_local(environment / name) for name in names if name.endswith("/direct_url.json")),
    )


def mismatches(environment: Path) -> list[str]:
    """The files of distributions that are not what their lists of files (RECORD) say, by digest.

    Lists of what is vendored in a distribution do not count: not all of that need be there.

    Args:
        environment: the folder of the environment itself.

    Raises:
        OSError: if the environment cannot be looked at.
    """
    import csv  # as above

    found = []
    for path in sorted(environment.rglob("site-packages/*.dist-info/RECORD")):
        text = path.read_text("utf-8", "surrogateescape")
        try:
            rows = [row for row in csv.reader(text.splitlines()) if len(row) > 1]
        except csv.Error:
            found.append(os.fspath(path))
            continue
        for name, expected, *_ in rows:
            file = path.parent.parent / name
            if expected.startswith("sha256=") and _sha256(file) != expected.removeprefix("sha256="):
                found.append(os.path.normpath(file))
    return found


def _sha256(path: Path) -> str | None:
    """The digest of a file as RECORD spells it; None if it cannot be read."""
    try:
        digest = hashlib.sha256(path.read_bytes()).digest()
    except (OSError, ValueError):
        return None
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


_ASKED_FOR = ".dist-info/REQUESTED"
"""Tells that somebody asked for a distribution by its name: who asked makes no difference."""


def _record(top: str, name: str) -> list[list[str]]:
    """The rows of a list of files, without what differs from environment to environment.

    Scripts hold the path of the environment, and lie outside of the folder for packages.
    """
    import csv  # only a new environment has to be read

    path = Path(top, name)
    text = path.read_text("utf-8", "surrogateescape")
    try:
        rows = [row for row in csv.reader(text.splitlines()) if row]
    except csv.Error:
        return [[text]]
    for row in rows:
        place = path.parent.parent / row[0]
        if row[0].startswith("../") and place.is_file():
            content = place.read_bytes().replace(os.fsencode(top), b"")
            row[1:] = [hashlib.sha256(content).hexdigest()]
    return sorted(row for row in rows if not row[0].endswith(_ASKED_FOR))


def _is_local(path: Path) -> bool:
    """Whether a record of origin (PEP 610) names a place on this machine, or cannot be read."""
    try:
        origin = json.loads(path.read_bytes())
    except ValueError:
        return True
    return not isinstance(origin, dict) or str(origin.get("url", "file:")).startswith("file:")
