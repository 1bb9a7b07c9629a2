"""The programs and native libraries of a hook -> inputs, and what lbuild cannot see into."""

import os
from collections.abc import Iterator
from pathlib import Path

from lbuild_keys.backends import programs
from lbuild_keys.backends.known import (
    MACHINE_PROGRAMS,
    PURE_LIBRARIES,
    RESOURCE_TRACKER,
    UNUSED_COMMANDS,
)
from lbuild_keys.model import Input, Source, traced
from lbuild_keys.observe import executables
from lbuild_keys.tracing.input_names import PACKAGES, HookLocation, InputNamer
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


def sought_programs(
    processes: ProcessTrace, silent: frozenset[int], location: HookLocation, namer: InputNamer
) -> Iterator[tuple[Input, Source]]:
    """Yield the programs that programs ran or looked for in the folders of ``PATH``, as inputs.

    So that another one counts that comes into a folder which was not in ``PATH`` before.
    """
    path = os.defpath if location.programs is None else location.programs
    folders = {os.path.normpath(folder) for folder in path.split(os.pathsep) if folder}
    sought: dict[str, int] = {}
    for one in processes.accesses:
        folder, _, name = one.path.rpartition("/")
        if one.program in processes.programs and one.program not in silent and folder in folders:
            sought.setdefault(name, one.program)
    for name, number in sought.items():
        found = executables.find(name, location.root, location.programs)
        if found is None or not namer.is_foreign(namer.resolve(found)):
            by = processes.programs[number].name
            yield Input("executable", name), traced(f"looked for by {by}")


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


def answered_otherwise(trace: Trace, location: HookLocation) -> frozenset[int]:
    """Return the programs whose accesses do not count: git, when the hook asked a known question.

    What it answers is an input. So are not the files that it looks at to answer, with what it runs.
    """
    if trace.processes is None:
        return frozenset()
    asked = {
        (one.args, os.path.realpath(one.folder))
        for one in trace.spawned
        if _question(one, one.executable or (one.args[0] if one.args else ""), location) is not None
    }
    silent: set[int] = set()
    for one in trace.processes.programs.values():
        is_question = (
            one.parent == HOOK and one.folder is not None and (one.args, one.folder) in asked
        )
        if is_question or one.parent in silent:
            silent.add(one.number)
    return frozenset(silent)


def known_programs(trace: Trace, location: HookLocation, namer: InputNamer) -> frozenset[int]:
    """Return the programs that are what their names say."""
    if trace.processes is None:
        return frozenset()
    ran = trace.processes.programs
    root = os.fspath(location.root)
    known = {
        path
        for path in {one.path for one in ran.values()}
        if programs.is_what_its_name_says(
            path, root, installed=namer.is_foreign(namer.resolve(path))
        )
    }
    return frozenset(number for number, one in ran.items() if one.path in known)


def only_looking(trace: Trace, known: frozenset[int]) -> frozenset[int]:
    """Return those of known programs that do not depend on the content of what they look at."""
    if trace.processes is None:
        return frozenset()
    ran = trace.processes.programs
    return frozenset(number for number in known if programs.only_looks(ran[number].path))
