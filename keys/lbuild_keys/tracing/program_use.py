"""The programs and native libraries of a hook -> inputs, and what lbuild cannot see into."""

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path

from lbuild_keys.backends import listed_names, toml_use
from lbuild_keys.backends.known import (
    MACHINE_PROGRAMS,
    PURE_LIBRARIES,
    RESOURCE_TRACKER,
    UNUSED_COMMANDS,
)
from lbuild_keys.backends.real_programs import known_as
from lbuild_keys.model import Input, Source, State, traced
from lbuild_keys.observe import executables, toml_tables
from lbuild_keys.tracing import program_variables
from lbuild_keys.tracing.accesses import WRITING, Access
from lbuild_keys.tracing.input_names import PACKAGES, HookLocation, InputNamer
from lbuild_keys.tracing.interleave import Step
from lbuild_keys.tracing.process_trace import HOOK, ProcessTrace
from lbuild_keys.tracing.trace import Spawned, Trace


def opaque_programs(
    trace: Trace, hook: str, location: HookLocation, namer: InputNamer, inputs: dict[Input, Source]
) -> Iterator[str]:
    """Add the inputs that follow from the programs that the hook ran; yield the opaque ones."""
    for name in trace.sought:
        inputs[Input("executable", name)] = traced(f"looked for by {hook}")
    for one in trace.reused:
        inputs |= _executables(one, one.args[0], hook, location, namer)
    if not trace.spawned:
        return
    from lbuild_keys.git import read_only

    for one in trace.spawned:
        program = one.executable or (one.args[0] if one.args else "")
        asks = read_only.is_git(program)
        asked = _question(one, program, location)
        if asked is not None:
            # Which git it is shows in its answers. Its path is no input: hooks of git get another
            # PATH, so that lbuild in one of them finds another git.
            if (location.backend, one.args) not in UNUSED_COMMANDS:
                inputs[Input("git-answer", asked)] = traced(f"asked by {hook}")
            continue
        inputs |= _executables(one, program, hook, location, namer)
        if _is_harmless(one, program):
            continue
        if asks:
            for kind in ("git-commit", "git-tags", "git-tree"):
                inputs[Input(kind, ".")] = traced(f"git was run by {hook}")
        yield f"{hook} ran {os.path.basename(program) or 'a program'}"


def _executables(
    spawned: Spawned, program: str, hook: str, location: HookLocation, namer: InputNamer
) -> dict[Input, Source]:
    """Return which program a hook ran, as inputs, unless it is in the build environment."""
    found = executables.find(program, Path(spawned.folder), location.programs)
    if found is not None and namer.is_foreign(namer.resolve(found)):
        return {}
    names = _called(program, spawned, location, namer)
    return {Input("executable", name): traced(f"run by {hook}") for name in names}


def _question(spawned: Spawned, program: str, location: HookLocation) -> str | None:
    """Return the name of the input that a git command asks for; None if it is no question."""
    from lbuild_keys.git import questions, read_only

    if not read_only.is_git(program):
        return None
    path = os.path.realpath(os.path.join(spawned.folder, program))
    if os.path.dirname(program) and path.startswith(f"{location.root}/"):
        return None  # lbuild would ask another git than this one
    return questions.input_name(spawned.args[1:], spawned.folder, location.root)


def _called(
    program: str, spawned: Spawned, location: HookLocation, namer: InputNamer
) -> tuple[str, ...]:
    """Return how a program is found again: by its bare name, or by its path."""
    if not os.path.dirname(program):
        return (program,)
    path = os.path.normpath(os.path.join(spawned.folder, program))
    root = f"{location.root}/"
    if path.startswith(root):
        return (f"./{path.removeprefix(root)}",)
    return namer.names_of_program(path)


def _is_harmless(spawned: Spawned, program: str) -> bool:
    if os.path.basename(program) in MACHINE_PROGRAMS:
        return True
    # Started beside forked workers, which are traced; it only removes what they leave.
    return len(spawned.args) > 2 and spawned.args[-1].startswith(RESOURCE_TRACKER)


def opaque_libraries(trace: Trace) -> Iterator[str]:
    """Yield the native libraries that may open files by themselves, each in a clause."""
    for path in trace.libraries:
        parts = path.split("/")
        inside = [
            part for part, folder in zip(parts[1:], parts, strict=False) if folder in PACKAGES
        ]
        package = inside[-1].partition(".")[0] if inside else ""
        # mypyc compiles Python: what it opens, it opens as Python does.
        if package in PURE_LIBRARIES or package.endswith("__mypyc"):
            continue
        if parts[-1].startswith(("libc.so", "libc.musl")):
            continue
        yield f"{parts[-1]} was {'called' if path.endswith(' of C') else 'loaded'}"


def called(trace: Trace, location: HookLocation) -> frozenset[str]:
    """Return the files of the programs that the hook ran and that count by how they were called.

    A hook may run another program of that name, by a ``PATH`` of its own.
    """
    found = {
        executables.find(program, Path(one.folder), location.programs)
        for one in trace.spawned
        for program in [one.executable or (one.args[0] if one.args else "")]
    }
    return frozenset(os.path.realpath(path) for path in found if path is not None)


def found_by_path(
    trace: Trace, silent: frozenset[int], location: HookLocation, namer: InputNamer
) -> dict[str, int]:
    """Return what programs looked for in folders of ``PATH``, each with who looked, by number.

    The hook process looks there for what it runs; of that it is known what counts.

    Another ``PATH`` may lead to another one, also to one where there is none now. A program that
    looks there by a fixed path counts as well: nobody knows why it does.
    """
    if trace.processes is None:
        return {}
    ran = {os.path.basename(one.executable or one.args[0]) for one in trace.spawned if one.args}
    used = (
        (one.path, one.program)
        for one in trace.processes.accesses
        if one.access in _USING
        and one.program not in silent
        and not (one.program == HOOK and os.path.basename(one.path) in ran)
    )
    return _found_by_path(used, location, namer)


def found_by_path_again(trace: Trace, location: HookLocation, namer: InputNamer) -> frozenset[str]:
    """Return what those programs would look for in folders of ``PATH`` that were not run."""
    if not trace.reused:
        return frozenset()
    used = ((path, HOOK) for access, path in trace.accesses if access in _USING)
    return frozenset(_found_by_path(used, location, namer))


_USING: frozenset[Access] = frozenset({"read", "looked at"})


def _found_by_path(
    used: Iterable[tuple[str, int]], location: HookLocation, namer: InputNamer
) -> dict[str, int]:
    search = os.defpath if location.programs is None else location.programs
    folders = {os.path.normpath(folder) for folder in search.split(os.pathsep) if folder}
    known: dict[str, bool] = {}
    found: dict[str, int] = {}
    for path, program in used:
        folder, _, name = path.rpartition("/")
        if folder not in known:
            known[folder] = os.path.normpath(folder) in folders
        if known[folder] and name not in ("", ".", "..") and name not in found:
            found[name] = program
    there = {name: executables.find(name, location.root, location.programs) for name in found}
    return {
        name: number
        for name, number in found.items()
        for place in [there[name]]
        if place is None or not namer.is_foreign(namer.resolve(place))
    }


def answered_otherwise(trace: Trace, location: HookLocation) -> frozenset[int]:
    """Return the programs whose accesses do not count: git, when the hook asked a known question.

    What it answers is an input. So are not the files that it looks at to answer, with what it runs.
    It has to be the git that lbuild asks.
    """
    if trace.processes is None:
        return frozenset()
    asked = {
        (one.args, os.path.realpath(one.folder))
        for one in trace.spawned
        if _question(one, one.executable or (one.args[0] if one.args else ""), location) is not None
    }
    git = executables.find("git", location.root, location.programs) if asked else None
    real = None if git is None else os.path.realpath(git)
    silent: set[int] = set()
    for one in trace.processes.programs.values():
        is_question = (
            one.parent == HOOK
            and one.folder is not None
            and (one.args, one.folder) in asked
            and os.path.realpath(one.path) == real
        )
        if is_question or one.parent in silent:
            silent.add(one.number)
    return frozenset(silent)


_CMAKE = re.compile(r"cmake3?|cpack|ctest")
_FROM_MESON = re.compile(r"-DNAME=(.+)")


def packages(
    processes: ProcessTrace, silent: frozenset[int], is_foreign: Callable[[str], bool]
) -> dict[str, str]:
    """Return the packages that programs looked for, each with one that did.

    What they looked at below the folders of ``PATH`` is in the trace. This is for another ``PATH``.

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
    for number, names in (
        *_packages_asked(processes, kinds),
        *_packages_read(processes, kinds, is_foreign),
    ):
        for name in names:
            found.setdefault(name, processes.programs[number].name)
    return found


def _packages_asked(
    processes: ProcessTrace, kinds: Mapping[int, str]
) -> Iterator[tuple[int, frozenset[str]]]:
    """Yield what Meson asks CMake for on the command line."""
    for number in kinds:
        words = map(_FROM_MESON.fullmatch, processes.programs[number].args[1:])
        yield number, frozenset(word[1] for word in words if word is not None)


def _packages_read(
    processes: ProcessTrace, kinds: Mapping[int, str], is_foreign: Callable[[str], bool]
) -> Iterator[tuple[int, frozenset[str]]]:
    from lbuild_keys.backends.cmake_packages import EVERY, named_in_cmake, named_in_meson

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
        text = program_variables.text_of(real)
        if text is None:
            # What programs wrote for CMake asks for nothing that they were not told to ask for.
            unknown = one.path not in written and not is_foreign(real)
            yield one.program, frozenset({EVERY} if unknown else ())
            continue
        names = named_in_meson(text) if is_meson else named_in_cmake(text)
        if is_foreign(real) or "/share/cmake" in real:
            names -= {EVERY}  # such modules compute names from those that they are asked for
        yield one.program, names


class Walks:
    """What programs do that walk through the project and use only some of the names there."""

    def __init__(
        self, trace: Trace, steps: Iterable[Step], hook: str, location: HookLocation
    ) -> None:
        self._hook = hook
        self._settings = None
        self._walkers: dict[int, str] = {}
        if trace.processes is not None:
            for number, program in trace.processes.programs.items():
                walker = listed_names.known_walker(known_as(program.path))
                if walker is not None:
                    self._walkers[number] = walker
        self._listed: set[tuple[str, str]] = set()
        self._opened: dict[str, set[str]] = {}
        if self._walkers:
            settings = toml_tables.read(os.fspath(location.root / toml_use.FILE))
            self._settings = None if isinstance(settings, State) else settings
            self._look_at(steps, f"{location.root}/")

    def _look_at(self, steps: Iterable[Step], root: str) -> None:
        done: dict[tuple[str, str], set[str]] = {}
        for step in steps:
            path = os.path.normpath(step.path)
            if step.program in self._walkers and path.startswith(root):
                kinds = done.setdefault((self._walkers[step.program], path[len(root) :]), set())
                kinds.add(step.access if step.found or step.access == "listed" else "missed")
        self._listed = {one for one, kinds in done.items() if "listed" in kinds}
        for (walker, path), kinds in done.items():
            top, _, rest = path.partition("/")
            if rest and not self._is_walk(walker, path, kinds):
                self._opened.setdefault(walker, set()).add(top)

    def _is_walk(self, walker: str, path: str, kinds: Collection[str]) -> bool:
        name = os.path.basename(path)
        if name in listed_names.OF_WALKS or (
            kinds == {"missed"} and name not in listed_names.OF_PACKAGES
        ):
            return True
        return (walker, path) in self._listed and {"listed", "looked at"}.issuperset(kinds)

    def names_used(self, step: Step, name: str) -> tuple[str, ...] | None:
        """Return patterns of the names in a folder that a program uses; None if it may use any.

        Args:
            step: a program listed the folder, or looked at it or for ignore files in it.
            name: of what it accessed, as inputs have it.
        """
        walker = self._walkers.get(step.program or HOOK)
        if walker is None:
            return None
        if step.access != "listed":
            is_walk = (walker, name) in self._listed or (
                os.path.basename(name) in listed_names.OF_WALKS
            )
            if "/" not in name or not is_walk or walker == listed_names.CARGO:
                return None
        return listed_names.names_used(
            walker,
            name,
            hook=self._hook,
            opened=self._opened.get(walker, set()),
            settings=self._settings,
        )
