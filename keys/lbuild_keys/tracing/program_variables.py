"""Which variables count because programs that are followed may obey them.

``getenv`` leaves no trace. So what is known of a program decides (``backends.programs``), and what
is in the scripts that it read.
"""

import os
from collections.abc import Callable, Iterable, Mapping

from lbuild_keys.backends import programs
from lbuild_keys.tracing.process_trace import ProcessTrace, Program
from lbuild_keys.tracing.trace import Trace

ALL = "*"
"""The name that stands for all variables."""

_LARGEST = 2**22
"""Bytes: nobody writes a script that is larger."""

_OWN_MODULES = ("/share/cmake", "/rustlib/")
"""In paths of what CMake and Rust bring along: the variables there are documented."""


def variables(
    processes: ProcessTrace, silent: frozenset[int], is_foreign: Callable[[str], bool]
) -> dict[str, str]:
    """Return the variables that programs may obey, each with the name of one that does.

    A name that ends with ``*`` stands for all that begin so.

    Args:
        processes: what programs did.
        silent: those that do not count.
        is_foreign: whether a resolved path is of the build environment, or the like.
    """
    found: dict[str, str] = {}
    for number, one in processes.programs.items():
        if number in silent:
            continue
        obeyed = _obeyed(one, processes.programs)
        if obeyed is None:
            return {ALL: one.name}
        for name in (*obeyed, *programs.EVERY_PROGRAM):
            found.setdefault(name, one.name)
    for program, text in (
        *_commands(processes, silent),
        *_scripts(processes, silent, is_foreign),
    ):
        named = programs.named_in(program.path, text)
        if named is None:
            return {ALL: program.name}
        for name in named:
            found.setdefault(name, program.name)
    return found


def of_reused(trace: Trace) -> dict[str, str]:
    """Return the variables that programs would obey that were not run (``commands``)."""
    return {
        variable: os.path.basename(one.args[0])
        for one in trace.reused
        for variable in programs.VARIABLES_OF_COMPUTING
    }


def _obeyed(program: Program, known: Mapping[int, Program]) -> tuple[str, ...] | None:
    parent = None if program.parent is None else known.get(program.parent)
    if programs.runs_known_code(program.args, None if parent is None else parent.path):
        return programs.QUESTION_VARIABLES
    return programs.variables_of(program.path)


def _commands(processes: ProcessTrace, silent: frozenset[int]) -> Iterable[tuple[Program, str]]:
    """Return the scripts on command lines, as shells have them after ``-c``."""
    for number, one in processes.programs.items():
        if number not in silent and programs.asks_by_text(one.path):
            yield one, "\n".join(one.args[1:])


def _scripts(
    processes: ProcessTrace, silent: frozenset[int], is_foreign: Callable[[str], bool]
) -> Iterable[tuple[Program, str]]:
    """Return what programs read that ask for variables by text, once for each kind of program."""
    asking = {
        number: one
        for number, one in processes.programs.items()
        if number not in silent and programs.asks_by_text(one.path)
    }
    found: dict[tuple[str, str], Program] = {}
    for one in processes.accesses:
        if one.access == "read" and one.program in asking:
            path = os.path.realpath(one.path)
            if not any(part in path for part in _OWN_MODULES) and not is_foreign(path):
                found.setdefault((asking[one.program].name, path), asking[one.program])
    return [(program, _text(path)) for (_, path), program in found.items()]


def _text(path: str) -> str:
    """Return what is in a file; nothing, if it is not there any more, or is no text."""
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > _LARGEST:
            return ""
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
    except OSError:
        return ""
    return "" if "\0" in text[:4096] else text
