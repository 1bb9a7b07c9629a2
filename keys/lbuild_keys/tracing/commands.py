"""What single commands of compilers and linkers used and made, by the trace of the programs.

A command is a program that the hook, or a program of it, ran, with all that this ran in turn. Its
result can be used again without running it if that depends on nothing but what is known: on its
words, its folder, its variables, and on files. So all of it must be programs that are known to
compute the same from the same files, and nobody else may have had a hand in what it made.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from lbuild_keys.tracing.accesses import WRITING
from lbuild_keys.tracing.process_trace import ProcessTrace, Program, ProgramAccess


class Started(NamedTuple):
    """A command that ended with the exit code 0.

    Attributes:
        key: what names it: a digest of its words, its folder and its variables.
        words: its command line, the program first.
        folder: where it ran, absolute, without links.
        at: when it was started, in nanoseconds since the epoch.
        named: the files that its words name, each with what was known of it when it was started:
            its stat signature, or its state.
    """

    key: str
    words: tuple[str, ...]
    folder: str
    at: int
    named: Mapping[str, Sequence[int] | str] = {}


class CommandUse(NamedTuple):
    """What a command used and made; absolute paths.

    Attributes:
        started: the command.
        read: files that were there, and that it opened.
        looked_at: what was there, and it only looked at.
        missed: what was not there when it looked for it; that may be something that it made.
        made: what it wrote, without looking at anything that was there before.
        passing: those of ``made`` that no other program has touched: it may have removed them.
    """

    started: Started
    read: frozenset[str]
    looked_at: frozenset[str]
    missed: frozenset[str]
    made: frozenset[str]
    passing: frozenset[str]


def uses_of(
    processes: ProcessTrace,
    started: Sequence[Started],
    is_known: Callable[[Program], bool],
    resolve: Callable[[str], str],
) -> list[CommandUse]:
    """Return what commands used and made, of which all is known.

    Args:
        processes: what all programs of the hook did.
        started: the commands.
        is_known: whether a program computes the same from the same files.
        resolve: returns a path with the links on the way to it resolved.
    """
    if processes.problems or any(one.parent is None for one in processes.programs.values()):
        return []
    descendants = _descendants(processes.programs)
    accesses: dict[int, list[tuple[int, ProgramAccess]]] = {}
    writers: dict[str, set[int]] = {}
    for place, access in enumerate(processes.accesses):
        accesses.setdefault(access.program, []).append((place, access))
        if access.access in WRITING:
            writers.setdefault(resolve(access.path), set()).add(access.program)
    users: dict[str, set[int]] = {path: set() for path in writers}
    for access in processes.accesses:
        resolved = resolve(access.path)
        if resolved in users:
            users[resolved].add(access.program)
    found = []
    for one, numbers in _runs(processes.programs, started):
        own = descendants[numbers[0]]
        if not all(is_known(processes.programs[each]) for each in own):
            continue
        did = sorted((one for each in own for one in accesses.get(each, ())), key=_place)
        use = _use(one, (access for _, access in did), resolve)
        if use is None:
            continue
        same = set().union(*(descendants[number] for number in numbers))
        # What was not there may have been there in between, and have been read then.
        changed = (*use.made, *map(resolve, use.missed))
        if any(writers.get(path, same) - same for path in changed):
            continue
        passing = frozenset(path for path in use.made if not users[path] - own)
        found.append(CommandUse(one, use.read, use.looked_at, use.missed, use.made, passing))
    return found


def _place(placed: tuple[int, ProgramAccess]) -> int:
    return placed[0]


def _runs(
    programs: Mapping[int, Program], started: Iterable[Started]
) -> Iterator[tuple[Started, list[int]]]:
    """Yield which programs were which commands; of one that ran several times it is the first.

    Not of those that were also run by somebody else.
    """
    commands: dict[tuple[tuple[str, ...], str | None], list[Started]] = {}
    for one in started:
        commands.setdefault((one.words, one.folder), []).append(one)
    ran: dict[tuple[tuple[str, ...], str | None], list[int]] = {}
    for program in programs.values():
        ran.setdefault((program.args, program.folder), []).append(program.number)
    for call, own in commands.items():
        numbers = sorted(ran.get(call, ()))
        if len(numbers) == len(own) and len({one.key for one in own}) == 1:
            yield min(own, key=lambda one: one.at), numbers


def _descendants(programs: Mapping[int, Program]) -> dict[int, set[int]]:
    """Return each program with all that it ran in turn."""
    found: dict[int, set[int]] = {number: {number} for number in programs}
    for number in sorted(programs, reverse=True):
        # A program has a higher number than the one that ran it.
        parent = programs[number].parent
        if parent in found:
            found[parent] |= found[number]
    return found


def _use(
    started: Started, accesses: Iterable[ProgramAccess], resolve: Callable[[str], str]
) -> CommandUse | None:
    """Return what a command did with files; None if its result may depend on something else."""
    read: set[str] = set()
    looked_at: set[str] = set()
    missed: set[str] = set()
    made: set[str] = set()
    was_there: set[str] = set()
    for one in accesses:
        if one.path.startswith(_DEVICES) and not one.path.startswith(_FILES):
            continue
        resolved = resolve(one.path)
        if one.access == "written":
            if resolved in was_there:
                return None
            made.add(resolved)
        elif resolved in made:
            if one.access in ("made", "listed"):
                return None
        elif one.access in ("made", "added to", "listed"):
            return None
        elif not one.found:
            if one.path in read or one.path in looked_at:
                return None
            missed.add(one.path)
        elif one.path in missed:
            return None  # somebody has made it meanwhile
        else:
            was_there.add(resolved)
            (read if one.access == "read" else looked_at).add(one.path)
    return CommandUse(
        started,
        frozenset(read),
        frozenset(looked_at - read),
        frozenset(missed),
        frozenset(made),
        frozenset(),
    )


_DEVICES = ("/dev/", "/proc/", "/sys/")
"""What is there says nothing of a project."""

_FILES = "/dev/shm/"  # noqa: S108  a path to recognise
"""But this is a folder like others."""
