"""What a path means to the thread that names it: absolute, for all processes."""

import os

from lbuild_frontend.linux.proc import DELETED

AT_FDCWD = -100


def absolute(thread: int, raw: bytes, folder: int) -> str | None:
    """Return a path as an absolute one; None if the call fails, or means no path.

    Args:
        thread: the thread that names it.
        raw: the path. If it is empty, that of ``folder`` itself is returned.
        folder: a descriptor of the thread, or ``AT_FDCWD``.

    Raises:
        OSError: if the folder cannot be found out.
    """
    if raw[:1] == b"/":
        return _for_all(thread, os.fsdecode(raw))
    where = f"/proc/{thread}/cwd" if folder == AT_FDCWD else f"/proc/{thread}/fd/{folder}"
    try:
        base = os.readlink(where)
    except (FileNotFoundError, ProcessLookupError):
        return None  # no such descriptor, or the thread is gone
    if base[:1] != "/":
        return None  # a pipe or a socket has nothing below it
    if base.endswith(DELETED) and not os.path.lexists(base):
        base = base.removesuffix(DELETED)
    return _for_all(thread, f"{base}/{os.fsdecode(raw)}") if raw else base


def is_for_all(path: str) -> bool:
    """Whether an absolute path cannot be another thing for each process, and will never be."""
    if "proc/" not in path and "dev/" not in path:
        return True
    return not path.startswith(("/proc/", "/dev/")) and not any(one in path for one in _DETOURS)


_DETOURS = ("//", "/./", "/../")
"""With one of these a path may lead to /proc or /dev, though it does not begin with it."""


def _for_all(thread: int, path: str) -> str:
    """Rewrite what is another thing for each process, as ``/proc/self`` and ``/dev/fd``."""
    if is_for_all(path):
        return path
    parts = ["", *(part for part in path.split("/") if part not in ("", "."))]
    while ".." in parts[:4]:
        at = parts.index("..")
        if at > 1 and os.path.islink("/".join(parts[:at])):
            return path
        del parts[max(at - 1, 1) : at + 1]
    if parts[1:2] not in (["proc"], ["dev"]):
        return path
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
