"""A trace -> the inputs of a hook, what it wrote, and what lbuild cannot see into.

Paths in a trace are those of one machine at one moment; inputs have names that another clone can
look at. What lbuild cannot see into, such as a compiler or a native library, is reported by name:
then the whole tree counts.
"""

import os
from collections.abc import Iterator, Mapping

from lbuild_keys.backends import toml_use
from lbuild_keys.model import Input, Source, traced
from lbuild_keys.observe.env_policy import NOISE
from lbuild_keys.tracing import (
    interleave,
    large_reads,
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
from lbuild_keys.tracing.used import Usage, inside


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
        scripts = (name for name in large_reads.SCRIPTS if Input("file", name) in inputs)
        code = (*own.values(), *(f"{location.root}/{name}" for name in scripts))
        for name in large_reads.named(code, trace.enumerations):
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
        blind=inside(used.unnoticed) if inside(used.written) <= used.unnoticed else frozenset(),
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
