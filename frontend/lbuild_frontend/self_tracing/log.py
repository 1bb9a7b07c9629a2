"""What the recorder has seen of lbuild's own process, with the status of each path before that."""

import os

from lbuild_keys.tracing import trace
from lbuild_keys.tracing.trace import Trace

_lstat = os.lstat  # not the wrapper that the recorder puts in its place


class Log:
    """Keeps the recorder's records, in the place of a file.

    Attributes:
        seen: by path, its status just before it was looked at; None where nothing was.
        records: each once, in their order.
        lost: whether one could not be taken.
        closed: whether no more are taken.
    """

    def __init__(self) -> None:
        self.seen: dict[str, os.stat_result | None] = {}
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

    def remove(self) -> None:
        self.lost = self.lost or not self.closed

    def outside(self, folder: str) -> "Log":
        """Return what is not about paths in a folder."""
        other = Log()
        other.seen = {path: seen for path, seen in self.seen.items() if not _is_in(path, folder)}
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
        both.records = self.records | later.records
        both.lost = self.lost or later.lost
        return both

    def trace(self) -> Trace:
        # That all are there, ``lost`` tells.
        whole = "\0".join([*self.records, f".{os.getpid()}", ""])
        return trace.parse(None if self.lost else os.fsencode(whole))


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
