"""The recorder's trace of a hook and the supervisor's of its programs -> one sequence of accesses.

The recorder knows what the hook's Python did and why: which names of a folder it used, or that a
file was only parsed. The supervisor knows of the same accesses only that they happened, but also in
which order with those of the programs. So each access that the recorder saw takes the place that
the supervisor gives it, and what only the supervisor saw of the hook process was native code.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from lbuild_keys.backends.programs import only_looks
from lbuild_keys.backends.real_programs import known_as
from lbuild_keys.tracing.accesses import WRITING, Access
from lbuild_keys.tracing.process_trace import HOOK, ProcessTrace, ProgramAccess
from lbuild_keys.tracing.trace import Trace


class Step(NamedTuple):
    """An access, and who did it.

    Attributes:
        access: what was done.
        path: absolute, as it was given.
        program: the number of the program; None if it was the hook's Python.
        found: whether there was something; of the hook's Python see ``Trace.found``.
    """

    access: Access
    path: str
    program: int | None = None
    found: bool = True


def is_followed(trace: Trace) -> bool:
    """Whether everything is known that the programs and the native code of a hook did."""
    return (
        trace.processes is not None
        and not trace.processes.problems
        and trace.followed_from is not None
        and not trace.not_followed
    )


def steps(
    trace: Trace, resolve: Callable[[str], str], called: frozenset[str] = frozenset()
) -> list[Step]:
    """Return all that was done, in order; only what the recorder saw, if not all is known.

    Args:
        trace: of a hook.
        resolve: returns a path with the links on the way to it resolved.
        called: the files of the programs that the hook ran and that count by how they were called.
    """
    seen = [Step(access, path) for access, path in trace.accesses]
    if not is_followed(trace) or trace.processes is None:
        return seen
    before, after = seen[: trace.followed_from], seen[trace.followed_from :]
    first = _first_steps(trace.processes, resolve)
    placed: dict[int, list[Step]] = {}
    for one in after:
        # What the supervisor did not see was before all programs: then none of them has made it.
        place = first.get((_SORTS[one.access], resolve(one.path)), -1)
        placed.setdefault(place, []).append(one)
    return [
        *before,
        *placed.get(-1, ()),
        *_placed(trace.processes, placed, called, _by_native_code(trace, seen, resolve)),
    ]


def _placed(
    processes: ProcessTrace,
    placed: Mapping[int, list[Step]],
    called: frozenset[str],
    is_by_native_code: Callable[[ProgramAccess], bool],
) -> Iterator[Step]:
    careless = {
        number for number, one in processes.programs.items() if only_looks(known_as(one.path))
    }
    done: set[tuple[object, ...]] = set()
    for number, one in enumerate(processes.accesses):
        yield from placed.get(number, ())
        if one.program == HOOK:
            if is_by_native_code(one):
                yield Step(one.access, one.path, one.program, one.found)
            continue
        program = processes.programs[one.program]
        if (
            program.parent == HOOK
            and one.path == program.path
            and one.access not in WRITING
            and os.path.realpath(one.path) in called
        ):
            continue  # it counts by itself, with how it was called
        # Compilers read the same headers again and again: the first of them is enough.
        again = one.access, one.path, one.found, one.program in careless
        if again not in done:
            done.add(again)
            yield Step(one.access, one.path, one.program, one.found)


def _by_native_code(
    trace: Trace, seen: list[Step], resolve: Callable[[str], str]
) -> Callable[[ProgramAccess], bool]:
    """Return whether only the supervisor saw an access of the hook process.

    Python may look at a file that native code then reads: so to have looked at it is not enough.
    """
    by_python = {(one.access, resolve(one.path)) for one in seen}
    by_python |= {("looked at", path) for access, path in by_python if access == "read"}
    changed = {path for access, path in by_python if access in WRITING}
    called = {os.path.basename(one.executable or one.args[0]) for one in trace.spawned if one.args}

    def is_by_native_code(one: ProgramAccess) -> bool:
        if one.access in WRITING:
            return resolve(one.path) not in changed
        if one.access == "read" and not one.found and os.path.basename(one.path) in called:
            return False  # to run a program is to look for it in each folder of PATH
        return (one.access, resolve(one.path)) not in by_python

    return is_by_native_code


def _first_steps(
    processes: ProcessTrace, resolve: Callable[[str], str]
) -> dict[tuple[str, str], int]:
    """Return at which place the hook process did something first."""
    first: dict[tuple[str, str], int] = {}
    for number, one in enumerate(processes.accesses):
        if one.program == HOOK:
            first.setdefault((_SORTS[one.access], resolve(one.path)), number)
    return first


_SORTS: Mapping[Access, str] = {
    **dict.fromkeys(WRITING, "change"),
    "listed": "list",
    "looked at": "use",
    "read": "use",
}
"""What both tracers agree on: whether something is changed, listed or used."""
