"""The exact content of a folder: to show that something was written, or that nothing was."""

import hashlib
import os
import stat
from pathlib import Path
from typing import NamedTuple


class Node(NamedTuple):
    """One file, folder or link: type and permissions, what it holds, when it was last changed."""

    mode: int
    content: str
    modified: int


def content(folder: Path) -> dict[str, tuple[int, str]]:
    """Everything in a folder, by relative path, without times; empty if there is no folder."""
    return {name: (node.mode, node.content) for name, node in inventory(folder).items()}


def inventory(folder: Path) -> dict[str, Node]:
    """The same with times, in which even a file shows that was made and removed again."""
    paths = [folder, *folder.rglob("*")] if folder.exists() else []
    return {path.relative_to(folder).as_posix(): _node(path) for path in sorted(paths)}


def _node(path: Path) -> Node:
    status = path.lstat()
    held = ""
    if stat.S_ISLNK(status.st_mode):
        held = str(path.readlink())
    elif stat.S_ISREG(status.st_mode):
        held = hashlib.sha256(path.read_bytes()).hexdigest()
    return Node(status.st_mode, held, status.st_mtime_ns)


def holds_bytes(folder: Path, wanted: bytes) -> list[str]:
    """Return the files below a folder whose name or content has some bytes."""
    return [
        str(path)
        for path in folder.rglob("*")
        if wanted in os.fsencode(path.name) or (path.is_file() and wanted in path.read_bytes())
    ]
