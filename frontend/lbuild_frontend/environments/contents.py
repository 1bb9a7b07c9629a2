"""What is in a build environment: the digest of its files, and what was installed.

RECORD files (PyPA, "Recording installed projects") are read with ``csv``, which is what the package
``installer`` does too: ``installer.records`` would replace one line, and refuses rows that have to
count here all the same. It is to be used as soon as lbuild installs packages itself.
"""

import base64
import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.disk import temporary
from lbuild_keys.file_urls import local_path
from lbuild_keys.pep508 import normalize_name

_Row = tuple[str, int, int, int | str]
"""Name, mode, size, and modification time in nanoseconds; for a link, its target instead."""


class Installed(NamedTuple):
    """The distributions that are installed in an environment.

    Attributes:
        identity: a digest of all, equal for all environments in which the same is installed.
        local: whether one was installed from a path on this machine, whose content may change.
    """

    identity: str
    local: bool


def digest(folder: Path) -> str:
    """Digest the names, types, modes, sizes, times and link targets of all files in a folder.

    Folders called ``__pycache__`` are left out, because builds add bytecode (module ``bytecode``).
    A file or a link of this name is not: it is damage, and Python would trust what a link leads to.
    Change times and inode numbers are left out too, because installers make hard links, and a cache
    may be restored from an archive.

    Raises:
        OSError: if the folder cannot be read.
    """
    return hashlib.sha256(json.dumps(_rows(os.fspath(folder))).encode("ascii")).hexdigest()


def bytecode(folder: Path) -> dict[str, list[int]]:
    """List the files in all ``__pycache__`` below a folder.

    Returns:
        Size in bytes and modification time in nanoseconds, by path relative to the folder.

    Raises:
        OSError: if the folder cannot be read.
    """
    found = {}
    pending = [(os.fspath(folder), "")]
    while pending:
        path, below = pending.pop()
        # Files may vanish: Python renames what it wrote, and other builds remove files.
        with contextlib.suppress(FileNotFoundError), os.scandir(path) as entries:
            for entry in entries:
                if below.endswith("__pycache__/"):  # a folder there is damage
                    with contextlib.suppress(FileNotFoundError):
                        status = entry.stat(follow_symlinks=False)
                        found[below + entry.name] = [status.st_size, status.st_mtime_ns]
                elif entry.is_dir(follow_symlinks=False):
                    pending.append((entry.path, f"{below}{entry.name}/"))
    return found


def size(folder: Path) -> int:
    """Add up the sizes of all regular files below a folder, in bytes.

    Raises:
        OSError: if the folder cannot be read.
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
                    # Without size and time, which change with its bytecode. The names in it count.
                    rows.append((name, status.st_mode, 0, 0))
                    pending.append((entry.path, f"{name}/"))
                else:
                    rows.append((name, status.st_mode, status.st_size, status.st_mtime_ns))
    rows.sort()
    return rows


def root_of(python: Path) -> Path:
    """Return the folder of the virtual environment that an interpreter belongs to."""
    return python.parent.parent


def installed(environment: Path) -> Installed:
    """Find out what is installed in a virtual environment, by content.

    Where the wheels of members of a workspace were does not count: that was a temporary folder.

    Args:
        environment: the folder of the virtual environment.

    Raises:
        OSError: if something cannot be read.
    """
    top = os.fspath(environment)
    modes = {name: mode for name, mode, *_ in _rows(top) if not name.endswith(_ASKED_FOR)}
    names = [*modes]
    members = given(environment)
    of_members = {name for name in names if name.endswith(_ORIGIN_FILES) and _is_of(name, members)}
    records = [
        [
            row
            for row in _record(top, name)
            if not (row[0].endswith(_ORIGIN_FILES) and _is_of(name, members))
        ]
        for name in names
        if name.endswith(".dist-info/RECORD")
    ]
    # RECORD is written by whoever made the wheel, so it need not fit what is there.
    content = [
        [name, _sha256(f"{top}/{name}")]
        for name in names
        if _is_module(name) and name not in of_members
    ]
    text = json.dumps([names, records, content])
    if members:
        # Wheels of one version may differ in this alone, which no digest in RECORD shows.
        text += json.dumps([name for name, mode in modes.items() if mode & 0o111])
    return Installed(
        hashlib.sha256(text.encode("ascii")).hexdigest()[:32],
        any(
            _is_local(environment / name)
            for name in names
            if name.endswith(f"/{_ORIGIN}") and name not in of_members
        ),
    )


def _is_of(name: str, given: Collection[str]) -> bool:
    """Whether a file is one that an installer wrote about a distribution of certain names."""
    folder = name.rpartition("/")[0].rpartition("/")[2]
    return folder.endswith(".dist-info") and normalize_name(folder.partition("-")[0]) in given


def _is_module(name: str) -> bool:
    """Whether a path is one that can be imported, and that no installer writes its own way."""
    return "/site-packages/" in name and not name.endswith(_BY_INSTALLER)


_BY_INSTALLER = (".dist-info/RECORD", ".dist-info/uv_cache.json", ".dist-info/uv_build.json")


def distributions(environment: Path) -> list[tuple[str, str]]:
    """Return names and versions of what is installed in a virtual environment.

    Names are normalised (PEP 503).
    """
    folders = sorted(environment.rglob("site-packages/*.dist-info"))
    parts = (folder.name.removesuffix(".dist-info").partition("-") for folder in folders)
    return [(normalize_name(name), version) for name, _, version in parts]


def local_origins(environment: Path) -> list[tuple[str, str]]:
    """Return what was installed from a path on this machine (PEP 610): names and URLs."""
    found = []
    packages = map(Path, _site_packages(os.fspath(environment)))
    for path in sorted(one for each in packages for one in each.glob(f"*.dist-info/{_ORIGIN}")):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            url = json.loads(path.read_bytes()).get("url")
            if isinstance(url, str) and url.startswith("file:"):
                name = path.parent.name.partition("-")[0]
                found.append((normalize_name(name), url))
    return found


def given(environment: Path) -> frozenset[str]:
    """Return the normalised names of what was installed from wheels of members of a workspace."""
    return frozenset(name for name, url in local_origins(environment) if _is_of_member(url))


def _is_of_member(url: str) -> bool:
    path = local_path(url)
    return path is not None and temporary.is_for(MEMBERS, Path(path).parent)


MEMBERS = "members"
"""The purpose of the temporary folders that wheels of members are installed from."""

_ORIGIN = "direct_url.json"
_ORIGIN_FILES = (f".dist-info/{_ORIGIN}", *_BY_INSTALLER[1:])
"""What installers write about where something came from, and when."""


def _site_packages(folder: str) -> list[str]:
    """Find the folders that packages are installed into, without looking into these."""
    found = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name == "site-packages":
                found.append(entry.path)
            elif entry.is_dir(follow_symlinks=False):
                found += _site_packages(entry.path)
    return found


def mismatches(environment: Path) -> list[str]:
    """Find the files of installed distributions whose digest is not that in their RECORD.

    RECORD files of distributions that are vendored in others do not count, because some of the
    files that they list may be left out.

    Args:
        environment: the folder of the virtual environment.

    Raises:
        OSError: if the environment cannot be read.
    """
    found = []
    for path in sorted(environment.rglob("site-packages/*.dist-info/RECORD")):
        rows = _parse_record(path.read_text("utf-8", "surrogateescape"))
        packages = os.fspath(path.parent.parent)
        if rows is None:
            found.append(os.fspath(path))
            continue
        for name, expected, *_ in (row for row in rows if len(row) > 1):
            file = os.path.join(packages, name)
            if expected.startswith("sha256=") and _sha256(file) != expected.removeprefix("sha256="):
                found.append(os.path.normpath(file))
    return found


def _sha256(path: str) -> str | None:
    """Digest a file, in the notation of RECORD; None if it cannot be read."""
    try:
        with open(path, "rb", buffering=0) as file:
            digest = hashlib.sha256(file.read()).digest()
    except (OSError, ValueError):
        return None
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


_ASKED_FOR = ".dist-info/REQUESTED"
"""Marks a distribution that was required by name (PEP 376): what is installed is the same."""


def _record(top: str, name: str) -> list[list[str]]:
    """Read a RECORD file, without what differs from environment to environment.

    Scripts contain the path of the environment; they are outside of the folder of packages.
    """
    path = Path(top, name)
    text = path.read_text("utf-8", "surrogateescape")
    rows = _parse_record(text)
    if rows is None:
        return [[text]]
    for row in rows:
        file = path.parent.parent / row[0]
        if row[0].startswith("../") and file.is_file():
            content = file.read_bytes().replace(os.fsencode(top), b"")
            row[1:] = [hashlib.sha256(content).hexdigest()]
    return sorted(row for row in rows if not row[0].endswith(_ASKED_FOR))


def _parse_record(text: str) -> list[list[str]] | None:
    """Split the content of a RECORD file into rows: path, digest, size; None if it is no CSV."""
    import csv  # only a new environment, or one that is verified, is read

    try:
        return [row for row in csv.reader(text.splitlines()) if row]
    except csv.Error:
        return None


def _is_local(path: Path) -> bool:
    """Return whether an origin (PEP 610) is a path on this machine, or cannot be read."""
    try:
        origin = json.loads(path.read_bytes())
    except ValueError:
        return True
    return not isinstance(origin, dict) or str(origin.get("url", "file:")).startswith("file:")
