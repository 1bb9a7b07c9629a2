"""Which variables count because programs that are followed may obey them.

``getenv`` leaves no trace. So what is known of a program decides (``backends.programs``), and what
is in the scripts that it read.
"""

import os
import stat
from collections.abc import Callable, Iterable, Mapping

from lbuild_keys.backends import programs
from lbuild_keys.observe.env_policy import NOISE
from lbuild_keys.tracing.process_trace import ProcessTrace, Program
from lbuild_keys.tracing.trace import Trace

ALL = "*"
"""The name that stands for all variables."""

_MODULES = (".py", ".pyc", ".pth")

_LARGEST = 2**22
"""Bytes: nobody writes a script that is larger."""

_OWN_MODULES = ("/share/cmake", "/rustlib/")
"""In paths of what CMake and Rust bring along: the variables there are documented."""


def variables(
    processes: ProcessTrace,
    silent: frozenset[int],
    known: frozenset[int],
    is_foreign: Callable[[str], bool],
) -> dict[str, str]:
    """Return the variables that programs may obey, each with the name of one that does.

    A name that ends with ``*`` stands for all that begin so.

    Args:
        processes: what programs did.
        silent: those that do not count.
        known: those that are what their names say.
        is_foreign: whether a resolved path is of the build environment, or the like.
    """
    ran = {number: one for number, one in processes.programs.items() if number not in silent}
    modules = _modules(processes, is_foreign)
    found: dict[str, str] = {}
    for number, one in ran.items():
        obeyed = programs.variables_of(one.path) if number in known else None
        if number in known and one.parent in known and number not in modules:
            parent = processes.programs[one.parent]
            if programs.runs_known_code(one.args, parent.path):
                obeyed = programs.QUESTION_VARIABLES
        if obeyed is None:
            return {ALL: one.name}
        for name in (*obeyed, *programs.EVERY_PROGRAM):
            found.setdefault(name, one.name)
    asking = {number: one for number, one in ran.items() if programs.asks_by_text(one.path)}
    for one, text in (*_commands(asking), *_scripts(processes, asking, is_foreign)):
        named = None if text is None else programs.named_in(one.path, text)
        if named is None:
            return {ALL: one.name}
        for name in named - NOISE:
            found.setdefault(name, one.name)
    return found


def of_reused(trace: Trace) -> dict[str, str]:
    """Return the variables that programs would obey that were not run (``commands``)."""
    return {
        variable: os.path.basename(one.args[0])
        for one in trace.reused
        for variable in programs.VARIABLES_OF_COMPUTING
    }


def _modules(processes: ProcessTrace, is_foreign: Callable[[str], bool]) -> frozenset[int]:
    """Return the programs that read Python code which is neither their own nor installed."""
    return frozenset(
        one.program
        for one in processes.accesses
        if one.access == "read"
        and one.found
        and one.path.endswith(_MODULES)
        and one.program in processes.programs
        and not _is_of(processes.programs[one.program], os.path.realpath(one.path))
        and not is_foreign(os.path.realpath(one.path))
    )


def _is_of(interpreter: Program, path: str) -> bool:
    prefix = os.path.dirname(os.path.dirname(os.path.realpath(interpreter.path)))
    return path.startswith(f"{prefix}/")


def _commands(asking: Mapping[int, Program]) -> Iterable[tuple[Program, str | None]]:
    """Return the scripts on command lines, as shells have them after ``-c``; None if unseen."""
    for one in asking.values():
        unseen = programs.is_shell(one.path) and programs.has_unseen_script(one.args)
        yield one, None if unseen else "\n".join(one.args[1:])


def _scripts(
    processes: ProcessTrace,
    asking: Mapping[int, Program],
    is_foreign: Callable[[str], bool],
) -> Iterable[tuple[Program, str | None]]:
    """Return what programs read that ask for variables by text, once for each kind of program."""
    found: dict[tuple[str, str], Program] = {}
    for one in processes.accesses:
        if one.access == "read" and one.found and one.program in asking:
            path = os.path.realpath(one.path)
            if not any(part in path for part in _OWN_MODULES) and not is_foreign(path):
                found.setdefault((asking[one.program].name, path), asking[one.program])
    for (_, path), program in found.items():
        text = _text(path)
        yield program, "" if text is None and not programs.is_shell(program.path) else text


def _text(path: str) -> str | None:
    """Return what is in a file; None if nobody knows, and nothing if it is no text."""
    try:
        kind = os.stat(path).st_mode
        if stat.S_ISDIR(kind) or stat.S_ISCHR(kind):
            return ""
        if not stat.S_ISREG(kind) or os.path.getsize(path) > _LARGEST:
            return None
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
    except OSError:
        return None
    return "" if text.startswith("\x7fELF") else text
