"""Which packages programs looked for beside the folders of ``PATH``.

What they looked at below the present ``PATH`` is in the trace. This is for another one.
"""

import os
import re
from collections.abc import Callable, Iterator

from lbuild_keys.backends.cmake_packages import EVERY, named_in_cmake, named_in_meson
from lbuild_keys.backends.real_programs import known_as
from lbuild_keys.tracing.accesses import WRITING
from lbuild_keys.tracing.process_trace import ProcessTrace
from lbuild_keys.tracing.script_text import text_of

_CMAKE = re.compile(r"cmake3?|cpack|ctest")
_FROM_MESON = re.compile(r"-DNAME=(.+)")


def packages(
    processes: ProcessTrace, silent: frozenset[int], is_foreign: Callable[[str], bool]
) -> dict[str, str]:
    """Return the names of packages that count, each with a program that looked for it.

    Args:
        processes: what programs did.
        silent: those that do not count.
        is_foreign: whether a resolved path is of the build environment, or the like.
    """
    kinds = {
        number: name
        for number, one in processes.programs.items()
        if number not in silent
        for name in [os.path.basename(known_as(one.path))]
        if name == "meson" or _CMAKE.fullmatch(name)
    }
    if not kinds:
        return {}
    found: dict[str, str] = {}
    for number, names in (*_asked(processes, kinds), *_read(processes, kinds, is_foreign)):
        for name in names:
            found.setdefault(name, processes.programs[number].name)
    return found


def _asked(processes: ProcessTrace, kinds: dict[int, str]) -> Iterator[tuple[int, frozenset[str]]]:
    """Yield what Meson asks CMake for on the command line."""
    for number in kinds:
        words = map(_FROM_MESON.fullmatch, processes.programs[number].args[1:])
        yield number, frozenset(word[1] for word in words if word is not None)


def _read(
    processes: ProcessTrace, kinds: dict[int, str], is_foreign: Callable[[str], bool]
) -> Iterator[tuple[int, frozenset[str]]]:
    written = {one.path for one in processes.accesses if one.access in WRITING and one.program}
    done: set[str] = set()
    for one in processes.accesses:
        if one.access != "read" or not one.found or one.program not in kinds or one.path in done:
            continue
        done.add(one.path)
        is_meson = kinds[one.program] == "meson"
        if is_meson and os.path.basename(one.path) != "meson.build":
            continue
        real = os.path.realpath(one.path)
        text = text_of(real)
        if text is None:
            # What programs wrote for CMake asks for nothing that they were not told to ask for.
            unknown = one.path not in written and not is_foreign(real)
            yield one.program, frozenset({EVERY} if unknown else ())
            continue
        names = named_in_meson(text) if is_meson else named_in_cmake(text)
        if is_foreign(real) or "/share/cmake" in real:
            names -= {EVERY}  # such modules compute names from those that they are asked for
        yield one.program, names
