"""The recorder's trace of a hook and the supervisor's of its programs -> one sequence of accesses.

The recorder knows what the hook's Python did and why: which names of a folder it used, or that a
file was only parsed. The supervisor knows of the same accesses only that they happened, but also in
which order with those of the programs. So each access that the recorder saw takes the place that
the supervisor gives it, and what only the supervisor saw of the hook process was native code.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lbuild_keys.tracing.accesses import WRITING, Access
from lbuild_keys.tracing.process_trace import HOOK, ProcessTrace
from lbuild_keys.tracing.trace import Trace


@dataclass(frozen=True, slots=True)
class Step:
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


def steps(trace: Trace, resolve: Callable[[str], str], careless: frozenset[int]) -> list[Step]:
    """Return all that was done, in order; only what the recorder saw, if not all is known.

    Args:
        trace: of a hook.
        resolve: returns a path with the links on the way to it resolved.
        careless: the programs that do not depend on what they only look at.
    """
    seen = [Step(access, path) for access, path in trace.accesses]
    if not is_followed(trace) or trace.processes is None:
        return seen
    before, after = seen[: trace.followed_from], seen[trace.followed_from :]
    by_recorder = {_sort_of(one.access, resolve(one.path)) for one in seen}
    first = _first_steps(trace.processes, resolve)
    placed: dict[int, list[Step]] = {}
    for one in after:
        # What the supervisor did not see was before all programs: then none of them has made it.
        place = first.get(_sort_of(one.access, resolve(one.path)), -1)
        placed.setdefault(place, []).append(one)
    return [*before, *_placed(trace.processes, placed, by_recorder, resolve, careless)]


def _placed(
    processes: ProcessTrace,
    placed: dict[int, list[Step]],
    by_recorder: set[tuple[str, str]],
    resolve: Callable[[str], str],
    careless: frozenset[int],
) -> Iterator[Step]:
    yield from placed.get(-1, ())
    done: set[tuple[object, ...]] = set()
    for number, one in enumerate(processes.accesses):
        yield from placed.get(number, ())
        if one.program == HOOK:
            if _sort_of(one.access, resolve(one.path)) not in by_recorder:
                yield Step(one.access, one.path, one.program, one.found)
            continue
        # Compilers read the same headers again and again: the first of them is enough.
        again = one.access, one.path, one.found, one.program in careless
        if again not in done:
            done.add(again)
            yield Step(one.access, one.path, one.program, one.found)


def _first_steps(
    processes: ProcessTrace, resolve: Callable[[str], str]
) -> dict[tuple[str, str], int]:
    """Return at which place the hook process did something first."""
    first: dict[tuple[str, str], int] = {}
    for number, one in enumerate(processes.accesses):
        if one.program == HOOK:
            first.setdefault(_sort_of(one.access, resolve(one.path)), number)
    return first


def _sort_of(access: Access, resolved: str) -> tuple[str, str]:
    """Both tracers agree on whether something is changed, listed or used, and on where it is."""
    if access in WRITING:
        return "change", resolved
    return ("list" if access == "listed" else "use"), resolved
