"""How a command is timed, how its memory is measured, and in which order commands take turns.

Works on POSIX systems: it needs ``posix_spawn`` and ``wait4``.
"""

import os
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.results import Measured, Quantity

SETTLING = 2.5
"""Seconds until lbuild takes the stat signature of a file that was just written for final."""

_LAUNCHER = """\
import posix, sys
log, peak, *command = sys.argv[1:]
open_log = (posix.POSIX_SPAWN_OPEN, 1, log, posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC, 0o600)
streams = [open_log, (posix.POSIX_SPAWN_DUP2, 1, 2)]
child = posix.posix_spawn(command[0], command, posix.environ, file_actions=streams)
_, status, usage = posix.wait4(child, 0)
with open(peak, "w") as file:
    file.write(str(usage.ru_maxrss))
sys.exit(posix.waitstatus_to_exitcode(status))
"""
"""Measures the memory of a command from a process that is itself small.

On Linux the peak of a process begins with that of the process which started it, for the kernel
keeps the figure over ``exec``. This one starts without ``site`` and imports what is built in.
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a run took: seconds of wall time, and of processor time."""

    wall: float
    processor: float


class CommandFailed(Exception):
    """A command did not do what it was measured for."""


def nothing() -> None:
    """Prepare nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """One command that takes part in a group.

    Attributes:
        name: what the report calls it.
        command: the program, as an absolute path, and its arguments.
        environment: all variables that it is given.
        before: done before each run, and not timed.
        expect: what it has to print; what prints something else did something else.
        settles: whether it remembers what it did. Then it is run until it has seen everything at
            rest, before anything is timed.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    before: Callable[[], object] = nothing
    expect: str = ""
    settles: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Commands that are compared with each other.

    Attributes:
        name: as in ``--only``.
        title: as in the report.
        baseline: the name of the contestant that ratios are taken to.
        divisor: how many times fewer rounds than the quick groups this one gets.
    """

    name: str
    title: str
    baseline: str
    contestants: tuple[Contestant, ...]
    quantity: Quantity = "seconds"
    divisor: int = 1


def measure(
    group: Group, rounds: int, log: Path, progress: Callable[[str], object]
) -> list[Measured]:
    """Run each contestant once a round, in another order in each round.

    Before the first round each is run once, so that what can be downloaded, compiled or cached is.

    Args:
        rounds: how many rounds the quick groups get.
        log: where the output of the commands goes; only that of the last one is kept.
        progress: told what is going on.

    Raises:
        CommandFailed: if a command fails, or does not print what it should.
    """
    progress(f"{group.name}: warming up")
    for contestant in group.contestants:
        contestant.before()
        run(contestant, log)
    settle([contestant for contestant in group.contestants if contestant.settles], log)
    values: dict[str, list[float]] = {contestant.name: [] for contestant in group.contestants}
    processor: dict[str, list[float]] = {contestant.name: [] for contestant in group.contestants}
    order = list(group.contestants)
    shuffle = random.Random(group.name).shuffle  # noqa: S311  the same order in each run is meant
    count = rounds_of(group, rounds)
    for number in range(count):
        progress(f"{group.name}: round {number + 1} of {count}")
        shuffle(order)
        for contestant in order:
            contestant.before()
            if group.quantity == "seconds":
                taken = run(contestant, log)
                values[contestant.name].append(taken.wall)
                processor[contestant.name].append(taken.processor)
            else:
                values[contestant.name].append(peak_memory(contestant, log))
            _check(contestant, log)
    return [
        Measured(name=name, values=tuple(taken), processor=tuple(processor[name]))
        for name, taken in values.items()
    ]


def rounds_of(group: Group, rounds: int) -> int:
    """How many rounds a group gets: its share, but three at least, or all if there are fewer."""
    return max(min(rounds, 3), rounds // group.divisor)


def run(contestant: Contestant, log: Path) -> Taken:
    """Run a command; return the seconds from before its start to after its end, and those it used.

    Processes that it left running, and did not wait for, are not in the processor time.

    Raises:
        CommandFailed: if its exit code is not 0.
    """
    streams = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.fspath(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    command, environment = contestant.command, contestant.environment
    started = time.perf_counter()
    child = os.posix_spawn(command[0], command, environment, file_actions=streams)
    _, status, usage = os.wait4(child, 0)
    taken = Taken(time.perf_counter() - started, usage.ru_utime + usage.ru_stime)
    if code := os.waitstatus_to_exitcode(status):
        raise CommandFailed(_told(contestant, f"exit code {code}", log))
    return taken


def peak_memory(contestant: Contestant, log: Path) -> float:
    """Run a command and return the largest resident set, in bytes, of it or a process it started.

    Raises:
        CommandFailed: if its exit code is not 0.
    """
    written = log.with_suffix(".peak")
    launcher = (sys.executable, "-I", "-S", "-c", _LAUNCHER, os.fspath(log), os.fspath(written))
    child = os.posix_spawn(sys.executable, (*launcher, *contestant.command), contestant.environment)
    _, status = os.waitpid(child, 0)
    if code := os.waitstatus_to_exitcode(status):
        raise CommandFailed(_told(contestant, f"exit code {code}", log))
    unit = 1 if sys.platform == "darwin" else 1024
    return float(written.read_text(encoding="ascii")) * unit


def settle(contestants: Sequence[Contestant], log: Path) -> None:
    """Let contestants that remember find everything as they left it."""
    if not contestants:
        return
    time.sleep(SETTLING)
    for contestant in contestants:
        for _ in range(2):  # the first run records what the second one finds
            run(contestant, log)


def _check(contestant: Contestant, log: Path) -> None:
    if contestant.expect not in log.read_text(encoding="utf-8", errors="replace"):
        raise CommandFailed(_told(contestant, f"does not print {contestant.expect!r}", log))


def _told(contestant: Contestant, problem: str, log: Path) -> str:
    output = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    return f"{contestant.name}: {problem}: {' '.join(contestant.command)}\n{output}"
