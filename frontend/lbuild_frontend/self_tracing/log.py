"""What the recorder has seen of lbuild's own process, with the status of each path before that."""

import os
from collections.abc import Iterable
from dataclasses import replace

from lbuild_keys.tracing import trace
from lbuild_keys.tracing.accesses import ACCESSES, Access
from lbuild_keys.tracing.trace import Trace

_lstat = os.lstat  # not the wrapper that the recorder puts in its place


class Log:
    """Keeps the recorder's records, in the place of a file.

    Attributes:
        seen: by path, its status just before it was looked at, or as that look found it; None where
            nothing was.
        links: by path, the links in those listed folders whose names were remembered.
        records: each once, in their order.
        lost: whether one could not be taken.
        closed: whether no more are taken.
    """

    def __init__(self) -> None:
        self.seen: dict[str, os.stat_result | None] = {}
        self.links: dict[str, list[str]] = {}
        self.records: dict[str, None] = {}
        self.lost = False
        self.closed = False

    def write(self, tag: str, text: str) -> None:
        if self.closed:
            return
        if tag in "lrs" and text not in self.seen:
            try:
                self.seen[text] = _lstat(text)
            except OSError:
                self.seen[text] = None
        self.records[tag + text] = None

    def looked(self, path: str, found: os.stat_result | None) -> None:
        """Take a look at a path, with what it found: there is no need to look as well."""
        if self.closed:
            return
        self.seen.setdefault(path, found)
        self.records["s" + path] = None

    def remembered(self, folder: str, links: Iterable[str]) -> None:
        """Take that the names in a folder were used, with the links among them."""
        self.write("l", folder)
        self.links[folder] = [os.path.join(folder, name) for name in links]

    def remove(self) -> None:
        self.lost = self.lost or not self.closed

    def outside(self, folder: str) -> "Log":
        """Return what is not about paths in a folder."""
        other = Log()
        other.seen = {path: seen for path, seen in self.seen.items() if not _is_in(path, folder)}
        other.links = self.links
        other.records = dict.fromkeys(one for one in self.records if not _is_in(one[1:], folder))
        other.lost = self.lost
        return other

    def unpacked(self) -> set[str]:
        """Return the temporary folders in which projects were unpacked (``projects.archives``)."""
        mark = "/lbuild-sdist-"
        found = {path for path in self.seen if mark in path}
        if not found:
            return found
        import tempfile  # few commands are about an archive

        top = tempfile.gettempdir()
        starts = {f"{place}{mark}" for place in (top, os.path.realpath(top))}
        return {
            start + path.removeprefix(start).partition("/")[0]
            for path in found
            for start in starts
            if path.startswith(start)
        }

    def programs(self) -> set[str]:
        """Return the records of programs that were run."""
        return {one for one in self.records if one[0] == "x"}

    def followed_by(self, later: "Log") -> "Log":
        """Return both together; what was looked at twice as it was the second time."""
        both = Log()
        both.seen = self.seen | later.seen
        both.links = self.links | later.links
        both.records = self.records | later.records
        both.lost = self.lost or later.lost
        return both

    def trace(self) -> Trace:
        # Looks are most of the records, and need no parsing.
        looks = [one for one in self.records if one[0] == "s"]
        others = (one for one in self.records if one[0] != "s")
        # That all are there, ``lost`` tells.
        whole = "\0".join([*others, f".{os.getpid()}", ""])
        parsed = trace.parse(None if self.lost else os.fsencode(whole))
        looked: list[tuple[Access, str]] = [(ACCESSES[b"s"], one[1:]) for one in looks]
        return replace(parsed, accesses=(*parsed.accesses, *looked))


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
