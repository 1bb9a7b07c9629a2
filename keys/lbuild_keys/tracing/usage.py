"""A trace -> what it means for a project: the inputs of a hook, and what it wrote.

Paths in a trace are those of one machine at one moment; inputs have names that another clone can
look at. What lbuild cannot see into, a compiler or a native library, is told by name: then the
whole tree counts.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lbuild_keys.backends.known import (
    MACHINE_PROGRAMS,
    PURE_LIBRARIES,
    RESOURCE_TRACKER,
    UNUSED_COMMANDS,
    VARIABLE_READERS,
)
from lbuild_keys.model import Input, Source, traced
from lbuild_keys.observe import executables
from lbuild_keys.observe.env_vars import NOISE
from lbuild_keys.observe.files import REPOSITORIES
from lbuild_keys.tracing.input_names import PACKAGES, HookLocation, InputNamer
from lbuild_keys.tracing.trace import Access, Spawned, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one or more hooks used, and what they wrote.

    Attributes:
        inputs: each with its source.
        imported: names of what was read to be run.
        written: names, as inputs have them, of what came into being, changed or went.
        overwritten: those of them whose content no hook read before it wrote.
        blind: those of these of which no hook had noticed before whether they are there.
        opaque: why the trace is not all there is to know, each as a clause; the whole tree counts.
        untraced: likewise, where it was not a program's doing.
    """

    inputs: Mapping[Input, Source]
    imported: frozenset[str] = frozenset()
    written: frozenset[str] = frozenset()
    overwritten: frozenset[str] = frozenset()
    blind: frozenset[str] = frozenset()
    opaque: tuple[str, ...] = ()
    untraced: tuple[str, ...] = ()


def merge(first: Usage, second: Usage) -> Usage:
    """What two hooks used, of which the second ran after the first."""
    results = first.overwritten
    inputs = {thing: why for thing, why in second.inputs.items() if thing.name not in results}
    read = {thing.name for thing in first.inputs if thing.kind == "file"}
    return Usage(
        inputs={**inputs, **first.inputs},
        imported=first.imported | second.imported,
        written=first.written | second.written,
        overwritten=first.overwritten | (second.overwritten - read),
        blind=first.blind | second.blind if _are_blind(first, second) else frozenset(),
        opaque=tuple(dict.fromkeys((*first.opaque, *second.opaque))),
        untraced=tuple(dict.fromkeys((*first.untraced, *second.untraced))),
    )


def _are_blind(first: Usage, second: Usage) -> bool:
    """Whether two hooks wrote all that they wrote without having noticed what was there."""
    written = _inside(second.written)
    noticed = {
        name
        for name in written
        if not first.inputs.keys().isdisjoint(
            (
                Input("file", name),
                Input("path", name),
                Input("listing", name),
                Input("listing", os.path.dirname(name) or "."),
            )
        )
    }
    return not noticed and _inside(first.written) == first.blind and written == second.blind


def _inside(names: Iterable[str]) -> frozenset[str]:
    """Those of some names that lie in the project."""
    return frozenset(name for name in names if not name.startswith(("/", "../")))


def usage_of(trace: Trace, hook: str, place: HookLocation) -> Usage:
    """Return what a hook used, by its trace."""
    inputs: dict[Input, Source] = {}
    names = InputNamer(place, trace.folders)
    written = _accesses(trace, hook, names, inputs, place.temporary)
    opaque = [*_programs(trace, hook, place, names, inputs), *_libraries(trace)]
    for name in trace.variables:
        if name not in NOISE and not name.startswith(("_PYPROJECT_HOOKS_", "PEP517_")):
            inputs[Input("environment", name)] = traced(f"read by {hook}")
    for name in _read_together(trace):
        inputs[Input("environment", name)] = traced(f"read by {hook}")
    if opaque:
        inputs.setdefault(Input("environment", "*"), traced(f"handed on by {hook}"))
    imported = {path: names.real(path) for path in trace.imported}
    return Usage(
        inputs=inputs,
        imported=frozenset(
            names.of(path, real) for path, real in imported.items() if not names.is_foreign(real)
        ),
        written=frozenset(written.all),
        overwritten=frozenset(written.unread),
        # If it had noticed one of its results, it may have left the others alone for that.
        blind=_inside(written.unnoticed)
        if _inside(written.all) <= written.unnoticed
        else frozenset(),
        opaque=tuple(dict.fromkeys(opaque)),
        untraced=trace.problems,
    )


def _read_together(trace: Trace) -> set[str]:
    """Patterns for the variables that were read as a whole."""
    found: set[str] = set()
    for reader in trace.enumerations:
        path = reader.rpartition(":")[0]
        known = next(
            (names for code, names in VARIABLE_READERS.items() if path.endswith(code)), ("*",)
        )
        found.update(known)
    return {"*"} if "*" in found else found


@dataclass(frozen=True, slots=True)
class _Written:
    """Names of what was written; of that, what was not read, and not even noticed, before."""

    all: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    unnoticed: set[str] = field(default_factory=set)


def _accesses(
    trace: Trace, hook: str, names: InputNamer, inputs: dict[Input, Source], temporary: str
) -> _Written:
    """Add what was read, listed and looked at; return the names of what was written."""
    read: set[str] = set()
    noticed: set[str] = set()
    listed: set[str] = set()
    made: set[str] = set()
    scratch: set[str] = set()
    written = _Written()
    looked_at: dict[str, None] = {}
    for access, path in trace.accesses:
        real = names.real(path)
        if names.is_foreign(real):
            continue
        folder = os.path.dirname(real)
        below_temporary = folder == temporary or folder in scratch
        if (
            access == "made"
            and below_temporary
            and real not in noticed
            and not os.path.lexists(real)
        ):
            scratch.add(real)  # nobody else has heard of its name
        if real in scratch or folder in scratch:
            continue
        name = names.of(path, real)
        if names.left_out(name):
            continue
        if access in ("written", "added to", "made"):
            both = {name, names.of(real, real)}
            written.all.update(both)
            # What is only added to still holds what was there, should it be read later; a folder
            # that was made here may be there already elsewhere, with something in it.
            if access == "written" and real not in read:
                blind = real not in noticed and folder not in listed
                if real not in made and blind:
                    written.unnoticed.update(both)
                if blind or not name.startswith(("/", "../")):
                    made.add(real)
                written.unread.update(both)
            continue
        if real in made:
            continue
        if access == "looked at" and names.is_on_the_way(real):
            continue
        noticed.add(real)
        if access == "listed":
            listed.add(real)
        if access == "read":
            read.add(real)
        # A path that goes up again from behind a link depends on where that leads.
        looked_at |= dict.fromkeys(names.of(link, link) for link in _links_behind(path))
        for one in filter(None, (name, names.also(path, real))):
            for thing, why in _inputs(access, one, names):
                if thing.kind == "path":
                    looked_at[thing.name] = None
                else:
                    inputs[thing] = traced(f"{why} by {hook}")
    for name in looked_at:
        if Input("file", name) not in inputs:
            inputs[Input("path", name)] = traced(f"looked at by {hook}")
    return written


def _links_behind(path: str) -> Iterator[str]:
    """The links in a path from which it goes up again."""
    parts = path.split("/")
    for end, part in enumerate(parts):
        if part == ".." and os.path.islink(before := "/".join(parts[:end])):
            yield before


def _inputs(access: Access, name: str, names: InputNamer) -> Iterator[tuple[Input, str]]:
    """The inputs that reading, listing or looking at something makes."""
    parts = name.split("/")
    repository = not REPOSITORIES.isdisjoint(parts)
    if repository and access == "read":
        # Whoever reads there can tell everything that version control knows.
        for kind in ("git-commit", "git-tags", "git-tree"):
            yield Input(kind, "."), f"{name} was read"
        # What the project's own repository says git tells, alike in all clones and work trees.
        if not name.startswith(names.repository) or "modules" in parts:
            yield Input("file", name), "read"
        return
    if parts[-1] in REPOSITORIES:
        yield Input("path", name), "looked at"
    elif repository:
        return
    elif access == "read":
        yield Input("file", name), "read"
    elif names.is_noise(name):
        return
    elif access == "listed":
        yield Input("listing", name), "listed"
    else:
        yield Input("path", name), "looked at"


def _programs(
    trace: Trace, hook: str, place: HookLocation, names: InputNamer, inputs: dict[Input, Source]
) -> Iterator[str]:
    """Add what the programs bring in that the hook ran; yield those that cannot be seen into."""
    if not trace.spawned:
        return
    from lbuild_keys.git import questions, read_only

    for one in trace.spawned:
        program = one.executable or (one.args[0] if one.args else "")
        asks = read_only.is_git(program)
        asked = questions.input_name(one.args[1:], one.folder, place.root) if asks else None
        if asked is not None:
            # Which git it is tells itself by its answers; git's own hooks find it elsewhere.
            if (place.backend, one.args) not in UNUSED_COMMANDS:
                inputs[Input("git-answer", asked)] = traced(f"asked by {hook}")
            continue
        found = executables.find(program, Path(one.folder), place.programs)
        if found is None or not names.is_foreign(names.real(found)):
            thing = Input("executable", _called(program, one, place))
            inputs[thing] = traced(f"run by {hook}")
        if _is_harmless(one, program):
            continue
        if asks:
            for kind in ("git-commit", "git-tags", "git-tree"):
                inputs[Input(kind, ".")] = traced(f"git was run by {hook}")
        yield f"{hook} ran {os.path.basename(program) or 'a program'}"


def _called(program: str, spawned: Spawned, place: HookLocation) -> str:
    """How a program is found again: by its bare name, or where it lies."""
    if not os.path.dirname(program):
        return program
    path = os.path.normpath(os.path.join(spawned.folder, program))
    root = f"{place.root}/"
    return f"./{path.removeprefix(root)}" if path.startswith(root) else path


def _is_harmless(spawned: Spawned, program: str) -> bool:
    if os.path.basename(program) in MACHINE_PROGRAMS:
        return True
    # Started beside forked workers, whose doings are traced; it only clears up after them.
    return len(spawned.args) > 2 and spawned.args[-1].startswith(RESOURCE_TRACKER)


def _libraries(trace: Trace) -> Iterator[str]:
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
