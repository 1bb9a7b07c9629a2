"""A trace -> the inputs of a hook, what it wrote, and what lbuild cannot see into.

Paths in a trace are those of one machine at one moment; inputs have names that another clone can
look at. What lbuild cannot see into, such as a compiler or a native library, is reported by name:
then the whole tree counts.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lbuild_keys.backends import toml_use
from lbuild_keys.model import Input, Source, traced
from lbuild_keys.observe import listings
from lbuild_keys.observe.env_policy import NOISE
from lbuild_keys.observe.files import Signature
from lbuild_keys.tracing import (
    interleave,
    large_reads,
    named_variables,
    program_use,
    program_variables,
)
from lbuild_keys.tracing.accesses import Access
from lbuild_keys.tracing.file_use import FileUse, file_use
from lbuild_keys.tracing.input_names import HookLocation, namer_of
from lbuild_keys.tracing.partial_use import (
    only_new_sources,
    only_used_names,
    only_used_tables,
    unused_for_manifest,
)
from lbuild_keys.tracing.trace import Trace


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
        followed: which programs and libraries would be opaque, if what they do had not been seen.
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
    followed: tuple[str, ...] = ()
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
        followed=tuple(dict.fromkeys((*first.followed, *second.followed))),
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
    namer = namer_of(trace, location)
    is_followed = interleave.is_followed(trace)
    silent = program_use.answered_otherwise(trace, location)
    steps = interleave.steps(trace, namer.resolve, program_use.called(trace, location))
    manifest = unused_for_manifest(trace, namer)
    unused = frozenset[tuple[Access, str]]() if manifest is None else manifest.accesses
    walks = program_use.Walks(trace, steps, hook, location)
    used = file_use(trace, steps, hook, namer, location.temporary, silent, unused, walks.names_used)
    inputs = used.by_hook
    programs = [*program_use.opaque_programs(trace, hook, location, namer, inputs)]
    libraries = [*program_use.opaque_libraries(trace)]
    reasons = tuple(dict.fromkeys((*programs, *libraries)))
    reused = (f"{hook} ran {os.path.basename(one.args[0])}" for one in trace.reused)
    inputs |= _variables(trace, hook, passed_on=bool(reasons) and not is_followed)
    own = {path: namer.resolve(path) for path in trace.imported}
    own = {path: resolved for path, resolved in own.items() if not namer.is_foreign(resolved)}
    imported = frozenset(namer.name_of(path, resolved) for path, resolved in own.items())
    inputs |= _obeyed(program_variables.of_reused(trace), hook)
    for name in program_use.found_by_path_again(trace, location, namer):
        inputs.setdefault(Input("executable", name), traced(f"looked for by {hook}"))
    if is_followed and trace.processes is not None:
        obeyed = program_variables.variables(trace.processes, silent, namer.is_foreign)
        inputs |= _obeyed(obeyed, hook)
        packages = program_use.packages(trace.processes, silent, namer.is_foreign)
        for name, by in packages.items():
            source = traced(f"looked for by {by}, run by {hook}")
            inputs.setdefault(Input("cmake-package", name), source)
        sought = program_use.found_by_path(trace, silent, location, namer)
        for name, number in sought.items():
            by = trace.processes.name_of(number, hook)
            inputs.setdefault(Input("executable", name), traced(f"looked for by {by}"))
    if Input("environment", "*") in inputs:
        scripts = (name for name in named_variables.SCRIPTS if Input("file", name) in inputs)
        code = (*own.values(), *(f"{location.root}/{name}" for name in scripts))
        for name in named_variables.named(code, trace.enumerations):
            inputs.setdefault(Input("environment", name), traced(f"named in code of {hook}"))
    is_clear = not trace.problems and (is_followed or not reasons)
    if is_clear and not libraries and toml_use.FILE not in used.written:
        inputs = only_used_tables(inputs, trace, hook, namer, imported)
    if not libraries:
        inputs = only_used_names(inputs, trace, namer, manifest)
    inputs = only_new_sources(inputs, trace, namer)
    found = namer.all_names_of(trace.found) | used.found
    return Usage(
        inputs={**used.by_programs, **inputs} if is_followed else inputs,
        imported=imported,
        found=found,
        missed=namer.all_names_of(trace.missed) - found - used.noticed,
        written=frozenset(used.written),
        overwritten=frozenset(used.unread),
        # If it noticed one of its results, that may be why it did not write others again.
        blind=_inside(used.unnoticed) if _inside(used.written) <= used.unnoticed else frozenset(),
        opaque=() if is_followed else reasons,
        untraced=(*trace.problems, *(_why_not_followed(trace) if reasons else ()), *_caches(used)),
        followed=tuple(dict.fromkeys((*(reasons if is_followed else ()), *reused))),
    )


def _why_not_followed(trace: Trace) -> tuple[str, ...]:
    if trace.not_followed:
        return (f"programs could not be followed: {trace.not_followed}",)
    return () if trace.processes is None else trace.processes.problems


def _caches(used: FileUse) -> Iterator[str]:
    """Yield that a build used what a tool keeps of earlier runs, for which it reads less."""
    for name in sorted(used.caches):
        yield f"{name} was read, which may have results of earlier builds"


def _variables(trace: Trace, hook: str, *, passed_on: bool) -> dict[Input, Source]:
    """Return the variables that a hook read, or passed on to something that is not seen into."""
    read = traced(f"read by {hook}")
    names = {
        *(name for name in trace.variables if name not in NOISE),
        *large_reads.variables(trace.enumerations),
    }
    inputs = {
        Input("environment", name): read
        for name in names
        if not name.startswith(("_PYPROJECT_HOOKS_", "PEP517_"))
    }
    if passed_on:
        inputs.setdefault(Input("environment", "*"), traced(f"passed on by {hook}"))
    return inputs


def _obeyed(variables: Mapping[str, str], hook: str) -> dict[Input, Source]:
    """Return the variables that programs obey, as inputs."""
    return {
        Input("environment", name): traced(f"used by {program}, run by {hook}")
        for name, program in variables.items()
    }
