"""Runs something in a process of its own that is killed, or stopped, at what it does to files.

The process is a fork, in which an audit hook (PEP 578) counts: opening, renaming, removing, locking
and the like below one folder. So a test can choose each instant at
which another process could find something half done.
"""

import contextlib
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ON_PATHS = ("open", "os.listdir", "os.mkdir", "os.rename", "os.scandir", "os.utime")
_ALWAYS = ("fcntl.flock", "os.remove", "os.rmdir")
"""Their paths may be relative to an open folder, or there is none."""


def kill_at(what: Callable[[], object], root: Path, at: int, *, torn: bool = False) -> bool:
    """Run something until it changes files below ``root`` for the ``at``-th time; kill it there.

    Args:
        torn: whether the file that it opened last to write to is cut: as if the process had been
            killed while it wrote that.

    Returns:
        Whether it was killed; False if it was done before.
    """

    left, written = at, root

    def see(event: str, args: tuple[Any, ...]) -> None:
        nonlocal left, written
        if not _concerns(event, args, root) or not _changes(event, args):
            return
        left -= 1
        if left == 0:
            if torn and written.is_file():
                os.truncate(written, written.stat().st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)
        if event == "open":
            written = Path(args[0])

    return _fork(what, see).ended() == -signal.SIGKILL


def count_steps(what: Callable[[], object], root: Path, *, changes: bool) -> int:
    """Count what something does to files below ``root``, or only the changes.

    It is really done: let it work on a copy.
    """
    counted, count = os.pipe()
    number = 0

    def see(event: str, args: tuple[Any, ...]) -> None:
        nonlocal number
        number += _concerns(event, args, root) and (_changes(event, args) or not changes)

    def tell() -> None:
        what()
        os.write(count, str(number).encode())

    assert _fork(tell, see).ended() == 0
    os.close(count)
    with os.fdopen(counted) as file:
        return int(file.read())


@contextlib.contextmanager
def stop_at(what: Callable[[], object], root: Path, at: int) -> Iterator[bool]:
    """Run something until it does the ``at``-th thing; let it go on after the context.

    Yields:
        Whether it is stopped; False if it has ended.
    """
    arrived, arrive = os.pipe()
    go, let_go = os.pipe()

    left = at

    def see(event: str, args: tuple[Any, ...]) -> None:
        nonlocal left
        left -= _concerns(event, args, root)
        if left == 0:
            left = -1
            os.close(let_go)
            os.write(arrive, b".")
            os.read(go, 1)  # until the other end is closed

    with contextlib.ExitStack() as stack:
        for descriptor in (arrived, go):
            stack.callback(os.close, descriptor)
        process = _fork(what, see)
        os.close(arrive)
        try:
            yield os.read(arrived, 1) == b"."
        finally:
            os.close(let_go)
            process.ended()


@dataclass(frozen=True, slots=True)
class _Process:
    number: int
    told: int

    def ended(self) -> int:
        """Wait for its end; return its exit code, negative if a signal ended it."""
        with os.fdopen(self.told, encoding="utf-8") as file:
            told = file.read()
        _, status = os.waitpid(self.number, 0)
        assert not told, told
        return os.waitstatus_to_exitcode(status)


def _concerns(event: str, args: tuple[Any, ...], root: Path) -> bool:
    return event in _ALWAYS or (event in _ON_PATHS and str(args[0]).startswith(str(root)))


def _changes(event: str, args: tuple[Any, ...]) -> bool:
    if event == "open":
        return bool(args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return event not in ("os.listdir", "os.scandir")


def _fork(what: Callable[[], object], see: Callable[[str, tuple[Any, ...]], None]) -> _Process:
    told, tell = os.pipe()
    with warnings.catch_warnings():
        # Python warns of the threads of pytest-xdist, which the child does without.
        warnings.simplefilter("ignore", DeprecationWarning)
        number = os.fork()
    if number:
        os.close(tell)
        return _Process(number, told)
    try:
        os.close(told)
        sys.addaudithook(see)
        what()
    except BaseException:  # also of what the test asserts
        os.write(tell, traceback.format_exc().encode())
    finally:
        os._exit(0)
