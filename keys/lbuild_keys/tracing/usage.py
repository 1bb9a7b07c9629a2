"""A trace -> the inputs of a hook, what it wrote, and what lbuild cannot see into.

Paths in a trace are those of one machine at one moment; inputs have names that another clone can
look at. What lbuild cannot see into, such as a compiler or a native library, is reported by name:
then the whole tree counts.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from lbuild_keys.backends import toml_use
from lbuild_keys.backends.known import (
    MACHINE_PROGRAMS,
    PURE_LIBRARIES,
    RESOURCE_TRACKER,
    UNUSED_COMMANDS,
)
from lbuild_keys.model import Input, Source, traced
from lbuild_keys.observe import executables, listings
from lbuild_keys.observe.env_policy import NOISE
from lbuild_keys.observe.files import REPOSITORIES, Signature
from lbuild_keys.observe.temporary import is_temporary
from lbuild_keys.tracing import large_reads, named_variables
from lbuild_keys.tracing.input_names import PACKAGES, HookLocation, InputNamer, namer_of
from lbuild_keys.tracing.partial_use import (
    only_new_sources,
    only_used_names,
    only_used_tables,
)
from lbuild_keys.tracing.trace import Access, Spawned, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one or more hooks used, and what they wrote.

    Attributes:
        inputs: each with its source.
        imported: names of what was read in order to run it.
        written: names, as inputs have them, of what was created, changed or removed.
        overwritten: those of ``written`` whose content no hook read before it wrote.
        blind: those of ``overwritten`` of which no hook noticed before whether they existed.
        found: names of what existed when a hook read it or looked at it.
        missed: names of what did not exist whenever a hook looked.
        opaque: which programs and libraries the trace does not see into, each as a clause; then
            the whole tree counts.
        untraced: why the trace itself is not complete, each as a clause; likewise.
        put_back: what of ``written`` was put back afterwards: it is as it was before the hooks.
    """

    inputs: Mapping[Input, Source]
    imported: frozenset[str] = frozenset()
    written: frozenset[str] = frozenset()
    overwritten: frozenset[str] = frozenset()
    blind: frozenset[str] = frozenset()
    found: frozenset[str] = frozenset()
    missed: frozenset[str] = frozenset()
    opaque: tuple[str, ...] = ()
    untraced: tuple[str, ...] = ()
    put_back: "PutBack" = field(default_factory=dict)


PutBack = dict[str, Signature | None]
"""Names of what was put back, with the stat signatures that it then had."""


def merge(first: Usage, second: Usage) -> Usage:
    """Merge what two hooks used, of which the second ran after the first.

    What the first one wrote is no input of the second. Of two sources of an input the first counts.
    """
    results = first.overwritten
    inputs = {thing: why for thing, why in second.inputs.items() if thing.name not in results}
    read = {thing.name for thing in first.inputs if thing.kind == "file"}
    return Usage(
        inputs={**inputs, **first.inputs},
        imported=first.imported | second.imported,
        written=first.written | second.written,
        overwritten=first.overwritten | (second.overwritten - read),
        found=first.found | second.found,
        missed=_missed_by_both(first, second),
        blind=first.blind | second.blind if _are_blind(first, second) else frozenset(),
        opaque=tuple(dict.fromkeys((*first.opaque, *second.opaque))),
        untraced=tuple(dict.fromkeys((*first.untraced, *second.untraced))),
        put_back={**first.put_back, **second.put_back},
    )


def _missed_by_both(first: Usage, second: Usage) -> frozenset[str]:
    """Return what no hook found. What one of them used without a trace of this build is unknown."""
    unknown = {
        thing.name
        for used in (first, second)
        for thing in used.inputs
        if thing.name not in used.missed
    }
    return (first.missed | second.missed) - first.found - second.found - unknown


def _are_blind(first: Usage, second: Usage) -> bool:
    """Whether two hooks wrote all that they wrote without having noticed what was there."""
    written = _inside(second.written)
    listed = {listings.folder_of(thing.name) for thing in first.inputs if thing.kind == "listing"}
    noticed = {
        name
        for name in written
        if not first.inputs.keys().isdisjoint((Input("file", name), Input("path", name)))
        or not listed.isdisjoint((name, os.path.dirname(name) or "."))
    }
    return not noticed and _inside(first.written) == first.blind and written == second.blind


def _inside(names: Iterable[str]) -> frozenset[str]:
    """Return those of some names that are in the project."""
    return frozenset(name for name in names if not name.startswith(("/", "../")))


def usage_of(trace: Trace, hook: str, location: HookLocation) -> Usage:
    """Return what a hook used, by its trace."""
    inputs: dict[Input, Source] = {}
    namer = namer_of(trace, location)
    written = _accesses(trace, hook, namer, inputs, location.temporary)
    opaque = [*_programs(trace, hook, location, namer, inputs), *_libraries(trace)]
    for name in trace.variables:
        if name not in NOISE and not name.startswith(("_PYPROJECT_HOOKS_", "PEP517_")):
            inputs[Input("environment", name)] = traced(f"read by {hook}")
    for name in large_reads.variables(trace.enumerations):
        inputs[Input("environment", name)] = traced(f"read by {hook}")
    if opaque:
        inputs.setdefault(Input("environment", "*"), traced(f"passed on by {hook}"))
    own = {path: namer.resolve(path) for path in trace.imported}
    own = {path: resolved for path, resolved in own.items() if not namer.is_foreign(resolved)}
    imported = frozenset(namer.name_of(path, resolved) for path, resolved in own.items())
    if Input("environment", "*") in inputs:
        scripts = (name for name in named_variables.SCRIPTS if Input("file", name) in inputs)
        code = (*own.values(), *(f"{location.root}/{name}" for name in scripts))
        for name in named_variables.named(code, trace.enumerations):
            inputs.setdefault(Input("environment", name), traced(f"named in code of {hook}"))
    if not opaque and not trace.problems and toml_use.FILE not in written.all:
        inputs = only_used_tables(inputs, trace, hook, namer, imported)
    found = namer.all_names_of(trace.found)
    return Usage(
        inputs=only_new_sources(only_used_names(inputs, trace, namer), trace, namer),
        imported=imported,
        found=found,
        missed=namer.all_names_of(trace.missed) - found,
        written=frozenset(written.all),
        overwritten=frozenset(written.unread),
        # If it noticed one of its results, that may be why it did not write others again.
        blind=_inside(written.unnoticed)
        if _inside(written.all) <= written.unnoticed
        else frozenset(),
        opaque=tuple(dict.fromkeys(opaque)),
        untraced=trace.problems,
    )


@dataclass(frozen=True, slots=True)
class _Written:
    """Names of what was written; of that, what was not read before, and not even noticed."""

    all: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    unnoticed: set[str] = field(default_factory=set)


def _accesses(
    trace: Trace, hook: str, namer: InputNamer, inputs: dict[Input, Source], temporary: str
) -> _Written:
    """Add what was read, listed and looked at to the inputs; return what was written."""
    read: set[str] = set()
    noticed: set[str] = set()
    listed: set[str] = set()
    made: set[str] = set()
    scratch: set[str] = set()
    written = _Written()
    looked_at: dict[str, None] = {}
    for access, path in trace.accesses:
        resolved = namer.resolve(path)
        if namer.is_foreign(resolved):
            continue
        folder = os.path.dirname(resolved)
        below_temporary = folder == temporary or folder in scratch
        if (
            access == "made"
            and below_temporary
            and resolved not in noticed
            and not os.path.lexists(resolved)
        ):
            scratch.add(resolved)  # nothing else knows its name
        if resolved in scratch or folder in scratch:
            continue
        names = namer.names_of(path, resolved)
        if any(map(namer.left_out, names)):
            continue
        if access in ("written", "added to", "made"):
            both = {*names, *namer.names_of(resolved, resolved)}
            written.all.update(both)
            # What is only added to still contains what was there, in case it is read later; a
            # folder that was created here may exist in another clone, with something in it.
            if access == "written" and resolved not in read:
                blind = resolved not in noticed and folder not in listed
                if resolved not in made and blind:
                    written.unnoticed.update(both)
                if blind or not names[0].startswith(("/", "../")):
                    made.add(resolved)
                written.unread.update(both)
            continue
        if resolved in made:
            continue
        if access == "looked at" and namer.leads_to_known_folder(resolved):
            continue
        noticed.add(resolved)
        if access == "listed":
            listed.add(resolved)
        from_listing = access == "looked at" and folder == temporary and folder in listed
        if from_listing and is_temporary(os.path.basename(resolved)):
            continue  # nothing else knows such a name
        patterns = large_reads.names_above(trace.above.get((access, path), ()))
        if access != "listed" and not any(
            fnmatchcase(os.path.basename(path), one) for one in patterns
        ):
            continue
        if access == "read":
            read.add(resolved)
        # A path that goes up from behind a link depends on where the link leads.
        for link in _links_behind(path):
            looked_at |= dict.fromkeys(namer.names_of(link, link))
        for one in names:
            for thing, why in _inputs(access, one, namer):
                if thing.kind == "path":
                    looked_at[thing.name] = None
                elif thing.kind == "listing" and patterns != large_reads.ALL:
                    for pattern in patterns:
                        some = Input("listing", listings.join(one, pattern))
                        inputs[some] = traced(f"{why} by {hook}")
                else:
                    inputs[thing] = traced(f"{why} by {hook}")
    for name in looked_at:
        if Input("file", name) not in inputs:
            inputs[Input("path", name)] = traced(f"looked at by {hook}")
    return written


def _links_behind(path: str) -> Iterator[str]:
    """Yield the links in a path behind which it goes up again."""
    parts = path.split("/")
    for end, part in enumerate(parts):
        if part == ".." and os.path.islink(before := "/".join(parts[:end])):
            yield before


def _inputs(access: Access, name: str, namer: InputNamer) -> Iterator[tuple[Input, str]]:
    """Yield the inputs that follow from reading, listing or looking at something."""
    parts = name.split("/")
    repository = not REPOSITORIES.isdisjoint(parts)
    if repository and access == "read":
        # Code that reads there may learn everything that version control knows.
        for kind in ("git-commit", "git-tags", "git-tree"):
            yield Input(kind, "."), f"{name} was read"
        # Git reports what is in the project's own repository, the same in all clones.
        if not name.startswith(namer.repository) or "modules" in parts:
            yield Input("file", name), "read"
        return
    if parts[-1] in REPOSITORIES:
        yield Input("path", name), "looked at"
    elif repository:
        return
    elif access == "read":
        yield Input("file", name), "read"
    elif namer.is_noise(name):
        return
    elif access == "listed":
        yield Input("listing", name), "listed"
    else:
        yield Input("path", name), "looked at"


def _programs(
    trace: Trace, hook: str, location: HookLocation, namer: InputNamer, inputs: dict[Input, Source]
) -> Iterator[str]:
    """Add the inputs that follow from the programs that the hook ran; yield the opaque ones."""
    for name in trace.sought:
        inputs[Input("executable", name)] = traced(f"looked for by {hook}")
    if not trace.spawned:
        return
    from lbuild_keys.git import questions, read_only

    for one in trace.spawned:
        program = one.executable or (one.args[0] if one.args else "")
        asks = read_only.is_git(program)
        asked = questions.input_name(one.args[1:], one.folder, location.root) if asks else None
        if asked is not None:
            # Which git it is shows in its answers. Its path is no input: hooks of git get another
            # PATH, so that lbuild in one of them finds another git.
            if (location.backend, one.args) not in UNUSED_COMMANDS:
                inputs[Input("git-answer", asked)] = traced(f"asked by {hook}")
            continue
        found = executables.find(program, Path(one.folder), location.programs)
        if found is None or not namer.is_foreign(namer.resolve(found)):
            for name in _called(program, one, location, namer):
                inputs[Input("executable", name)] = traced(f"run by {hook}")
        if _is_harmless(one, program):
            continue
        if asks:
            for kind in ("git-commit", "git-tags", "git-tree"):
                inputs[Input(kind, ".")] = traced(f"git was run by {hook}")
        yield f"{hook} ran {os.path.basename(program) or 'a program'}"


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
