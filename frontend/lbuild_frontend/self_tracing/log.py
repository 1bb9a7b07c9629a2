"""What the recorder has seen of lbuild's own process, with the status of each path before that."""

import os
from collections.abc import Iterable

from lbuild_keys.tracing import trace
from lbuild_keys.tracing.accesses import ACCESSES, Access
from lbuild_keys.tracing.trace import Trace

_lstat = os.lstat  # not the wrapper that the recorder puts in its place


class Log:
    """Keeps the recorder's records, in the place of a file.

    Attributes:
        looks: by path that was looked at, its status then, or just before; None where nothing was.
        links: by path, the links in those listed folders whose names were remembered.
        records: of all else, each once, in their order.
        lost: whether one could not be taken.
        closed: whether no more are taken.
    """

    def __init__(self) -> None:
        self.looks: dict[str, os.stat_result | None] = {}
        self._before: dict[str, os.stat_result | None] = {}
        self.links: dict[str, list[str]] = {}
        self.records: dict[str, None] = {}
        self.lost = False
        self.closed = False

    def write(self, tag: str, text: str) -> None:
        if self.closed:
            return
        if tag == "s":
            if text not in self.looks:
                self.looks[text] = self._before[text] if text in self._before else _status(text)
            return
        if tag in "lr" and text not in self._before:
            self._before[text] = self.looks[text] if text in self.looks else _status(text)
        self.records[tag + text] = None

    @property
    def seen(self) -> dict[str, os.stat_result | None]:
        """By path, its status just before it was first used, or as the first look found it."""
        return self.looks | self._before

    def remembered(self, folder: str, links: Iterable[str]) -> None:
        """Take that the names in a folder were used, with the links among them."""
        self.write("l", folder)
        self.links[folder] = [os.path.join(folder, name) for name in links]

    def remove(self) -> None:
        self.lost = self.lost or not self.closed

    def outside(self, folder: str) -> "Log":
        """Return what is not about paths in a folder."""
        other = Log()
        for own, others in ((self.looks, other.looks), (self._before, other._before)):
            others |= {path: seen for path, seen in own.items() if not _is_in(path, folder)}
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
        both.looks = self.looks | later.looks
        both._before = self.seen | later.seen
        both.links = self.links | later.links
        both.records = self.records | later.records
        both.lost = self.lost or later.lost
        return both

    def trace(self) -> Trace:
        # That all are there, ``lost`` tells.
        whole = "\0".join([*self.records, f".{os.getpid()}", ""])
        parsed = trace.parse(None if self.lost else os.fsencode(whole))
        looked: list[tuple[Access, str]] = [(ACCESSES[b"s"], path) for path in self.looks]
        return parsed._replace(accesses=(*parsed.accesses, *looked))


def _status(path: str) -> os.stat_result | None:
    try:
        return _lstat(path)
    except OSError:
        return None


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
