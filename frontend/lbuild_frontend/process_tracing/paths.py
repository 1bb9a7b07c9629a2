"""What a path means to the thread that names it: absolute, for all processes."""

import os

from lbuild_frontend.process_tracing.memory import Memory

AT_FDCWD = -100
_DELETED = " (deleted)"


class Paths:
    """Reads paths from the memory of a parked thread, and makes them absolute."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def absolute(self, thread: int, raw: bytes, folder: int) -> str | None:
        """Return a path as an absolute one; None if the call fails, or means no path.

        Args:
            thread: the thread that names it.
            raw: the path. If it is empty, that of ``folder`` itself is returned.
            folder: a descriptor of the thread, or ``AT_FDCWD``.

        Raises:
            OSError: if the folder cannot be found out.
        """
        if raw[:1] == b"/":
            path = os.fsdecode(raw)
            return self._for_all(thread, path) if raw.startswith((b"/proc/", b"/dev/")) else path
        where = f"/proc/{thread}/cwd" if folder == AT_FDCWD else f"/proc/{thread}/fd/{folder}"
        try:
            base = os.readlink(where)
        except (FileNotFoundError, ProcessLookupError):
            return None  # no such descriptor, or the thread is gone
        if base[:1] != "/":
            return None  # a pipe or a socket has nothing below it
        if base.endswith(_DELETED) and not os.path.lexists(base):
            base = base.removesuffix(_DELETED)
        return f"{base}/{os.fsdecode(raw)}" if raw else base

    @staticmethod
    def _for_all(thread: int, path: str) -> str:
        """Rewrite what is another thing for each process, as ``/proc/self`` and ``/dev/fd``."""
        parts = path.split("/")
        if parts[1:3] == ["dev", "fd"]:
            parts[1:3] = ["proc", str(thread), "fd"]
        elif parts[1] == "dev" and parts[2:3] in (["stdin"], ["stdout"], ["stderr"]):
            number = ("stdin", "stdout", "stderr").index(parts[2])
            parts[1:3] = ["proc", str(thread), "fd", str(number)]
        elif parts[1:3] in (["proc", "self"], ["proc", "thread-self"]):
            parts[2] = str(thread)
        if parts[1] != "proc":
            return path
        at = 3
        if parts[at : at + 1] == ["task"]:
            at += 2
        end = at + (2 if parts[at : at + 1] == ["fd"] else 1)
        if parts[at : at + 1] in (["cwd"], ["root"], ["exe"], ["fd"]) and len(parts) >= end:
            try:
                target = os.readlink("/".join(parts[:end]))
            except OSError:
                return "/".join(parts)
            if target.startswith("/"):
                return "/".join((target.rstrip("/"), *parts[end:]))
        return "/".join(parts)
