"""Runs something in a process of its own that is killed, or stopped, at what it does to files.

The process is a fork, in which an audit hook (PEP 578) counts: opening, renaming, removing, locking
and the like below one folder. So each instant at which another process could find something half
done can be had, one by one.
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


def kill(what: Callable[[], object], root: Path, at: int, *, torn: bool = False) -> bool:
    """Run something until it does the ``at``-th thing to files below ``root``, and kill it there.

    Args:
        torn: whether a file that is about to be renamed is cut first: as if the process had been
            killed while it wrote it.

    Returns:
        Whether it was killed; False if it was done before.
    """

    def die(event: str, args: tuple[Any, ...]) -> None:
        if torn and event == "os.rename" and Path(args[0]).is_file():
            os.truncate(args[0], Path(args[0]).stat().st_size // 2)
        os.kill(os.getpid(), signal.SIGKILL)

    return _fork(what, root, at, die).ended() == -signal.SIGKILL


@contextlib.contextmanager
def stop(what: Callable[[], object], root: Path, at: int) -> Iterator[bool]:
    """Run something until the ``at``-th thing, as ``kill`` does; let it go on after the context.

    Yields:
        Whether it stands there; False if it is done.
    """
    arrived, arrive = os.pipe()
    go, let_go = os.pipe()

    def wait(_event: str, _args: tuple[Any, ...]) -> None:
        os.close(let_go)
        os.write(arrive, b".")
        os.read(go, 1)  # until the other end is closed

    with contextlib.ExitStack() as stack:
        for descriptor in (arrived, go):
            stack.callback(os.close, descriptor)
        process = _fork(what, root, at, wait)
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


def _fork(
    what: Callable[[], object], root: Path, at: int, do: Callable[[str, tuple[Any, ...]], None]
) -> _Process:
    top, left = os.fspath(root), at

    def see(event: str, args: tuple[Any, ...]) -> None:
        nonlocal left
        if event in _ALWAYS or (event in _ON_PATHS and str(args[0]).startswith(top)):
            left -= 1
            if left == 0:
                do(event, args)

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
