"""Which variables count because programs that are followed may obey them.

``getenv`` leaves no trace. So what is known of a program decides (``backends.programs``), and what
is in the scripts that it read.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from lbuild_keys.backends import programs
from lbuild_keys.backends.real_programs import known_as
from lbuild_keys.observe import env_policy
from lbuild_keys.tracing.accesses import WRITING
from lbuild_keys.tracing.process_trace import ProcessTrace, Program, ProgramAccess
from lbuild_keys.tracing.trace import Trace

ALL = "*"
"""The name that stands for all variables."""

_LARGEST = 2**22
"""Bytes: what is larger is not searched for names."""

_OWN_MODULES = ("/share/cmake", "/rustlib/")
"""In paths of what CMake and Rust bring along."""

_STREAM = re.compile(r"/proc/\d+/(task/\d+/)?fd/")
_SYSTEM = ("/usr/", "/lib/", "/lib64/", "/bin/", "/sbin/", "/etc/", "/proc/", "/sys/", "/dev/")


def variables(
    processes: ProcessTrace, silent: frozenset[int], is_foreign: Callable[[str], bool]
) -> dict[str, str]:
    """Return the variables that programs may obey, each with the name of one that does.

    A name that ends with ``*`` stands for all that begin so. Where any variable may be obeyed,
    those that then count only if they are named are there by their names.

    Args:
        processes: what programs did.
        silent: those that do not count.
        is_foreign: whether a resolved path is of the build environment, or the like.
    """
    count = {number: one for number, one in processes.programs.items() if number not in silent}
    found: dict[str, str] = {}
    unknown: set[int] = set()
    for number, one in count.items():
        obeyed = _obeyed(one, processes.programs)
        if obeyed is None:
            unknown.add(number)
            found.setdefault(ALL, one.name)
        for name in (*(obeyed or ()), *programs.EVERY_PROGRAM):
            found.setdefault(name, one.name)
    for program, named in (
        *_named_on_command_lines(count),
        *_named_in_scripts(processes, count, is_foreign),
    ):
        for name in (ALL,) if named is None else named - env_policy.NOISE:
            found.setdefault(name, program.name)
    if ALL not in found:
        return found
    named_elsewhere = _named_for_unknown(processes, count, unknown, is_foreign)
    return {
        ALL: found[ALL],
        **{name: by for name, by in found.items() if env_policy.named_in(name)},
        **named_elsewhere,
    }


def of_reused(trace: Trace) -> dict[str, str]:
    """Return the variables that programs would obey that were not run (``commands``)."""
    return {
        variable: os.path.basename(one.args[0])
        for one in trace.reused
        for variable in programs.VARIABLES_OF_COMPUTING
    }


def _obeyed(program: Program, known: Mapping[int, Program]) -> tuple[str, ...] | None:
    parent = None if program.parent is None else known.get(program.parent)
    if programs.runs_known_code(program.args, None if parent is None else known_as(parent.path)):
        return programs.QUESTION_VARIABLES
    if programs.runs_code_of_others(program.args):
        return None
    return programs.variables_of(known_as(program.path))


def _named_on_command_lines(
    count: Mapping[int, Program],
) -> Iterator[tuple[Program, frozenset[str] | None]]:
    """Yield what scripts on command lines name, as shells have them after ``-c``."""
    for one in count.values():
        path = known_as(one.path)
        if programs.asks_by_text(path):
            unseen = programs.reads_script_from_stream(path, one.args)
            yield one, None if unseen else programs.named_in(path, "\n".join(one.args[1:]))


def _named_in_scripts(
    processes: ProcessTrace, count: Mapping[int, Program], is_foreign: Callable[[str], bool]
) -> Iterator[tuple[Program, frozenset[str] | None]]:
    """Yield what files name that programs read which ask for variables by text.

    Each file counts once for each kind of program.
    """
    asking = {
        number: known_as(one.path)
        for number, one in count.items()
        if programs.asks_by_text(known_as(one.path))
    }
    read: dict[tuple[str, str], ProgramAccess] = {}
    for one in processes.accesses:
        if one.access == "read" and one.found and one.program in asking:
            read.setdefault((asking[one.program], one.path), one)
    written = {one.path for one in processes.accesses if one.access in WRITING and one.program}
    for (path, file), one in read.items():
        program = count[one.program]
        if not programs.may_ask(path, file):
            continue
        real = os.path.realpath(file)
        text = None if _STREAM.match(file) else text_of(real)
        if text is not None and "\0" in text[:4096] and real.startswith(_SYSTEM):
            continue  # libraries and locales, which the loader and the C library read
        if text is None:
            # What programs wrote for CMake comes from what it, or an unknown program, has read.
            told = programs.asks_only_as_told(path) and not _STREAM.match(file)
            yield program, frozenset() if told and (is_foreign(real) or file in written) else None
        elif is_foreign(real) or any(part in real for part in _OWN_MODULES):
            # Such modules compute names from those that they are asked for.
            yield program, programs.spelled_out_in(path, text)
        else:
            yield program, programs.named_in(path, text)


def _named_for_unknown(
    processes: ProcessTrace,
    count: Mapping[int, Program],
    unknown: set[int],
    is_foreign: Callable[[str], bool],
) -> dict[str, str]:
    """Return what scripts of a project name that do not count among all variables.

    A makefile may use ``$(BUILD_NUMBER)``, for example.
    """
    found: dict[str, str] = {}
    done: set[str] = set()
    for number in unknown:
        for name in programs.references_in("\n".join(count[number].args[1:])):
            found.setdefault(name, count[number].name)
    for one in processes.accesses:
        if one.program not in unknown or one.path in done or one.access != "read":
            continue
        done.add(one.path)
        real = os.path.realpath(one.path)
        if not real.startswith(_SYSTEM) and not is_foreign(real):
            for name in programs.references_in(text_of(real) or ""):
                found.setdefault(name, count[one.program].name)
    return {name: by for name, by in found.items() if env_policy.named_in(name)}


def text_of(path: str) -> str | None:
    """Return what is in a file; None if it is not there any more, or too large."""
    try:
        if os.path.isdir(path) or not os.path.isfile(path):
            return "" if os.path.exists(path) else None
        if os.path.getsize(path) > _LARGEST:
            return None
        content = Path(path).read_bytes()
    except OSError:
        return None
    # A shell opens its own libraries as well; no program or library is a script.
    return "" if content.startswith(b"\x7fELF") else content.decode("utf-8", "surrogateescape")
