"""Ending all processes below this one."""

import contextlib
import os
import signal
from collections.abc import Iterator

from lbuild_frontend.linux import proc
from lbuild_frontend.linux.memory import Gone


def end_descendants() -> None:
    """End all processes below this one.

    They are stopped at first, so that none of them starts another one meanwhile.
    """
    stopped: set[int] = set()
    while new := [number for number in _descendants() if number not in stopped]:
        stopped.update(new)
        for number in new:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGSTOP)
    for number in stopped:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


def _descendants() -> Iterator[int]:
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdecimal():
            with contextlib.suppress(Gone, OSError):
                parents[int(name)] = proc.status_of(int(name)).parent
    here = os.getpid()
    for number in parents:
        above = number
        while above in parents and above != here:
            above = parents[above]
        if above == here != number:
            yield number
