"""What a hook and its programs did with files -> inputs, and what they wrote."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache

from lbuild_keys.backends import programs
from lbuild_keys.backends.real_programs import known_as
from lbuild_keys.model import Input, Kind, Source, traced
from lbuild_keys.observe import listings
from lbuild_keys.observe.files import REPOSITORIES
from lbuild_keys.observe.temporary import is_temporary
from lbuild_keys.tracing import large_reads
from lbuild_keys.tracing.accesses import CREATING, WRITING, Access
from lbuild_keys.tracing.input_names import InputNamer
from lbuild_keys.tracing.interleave import Step
from lbuild_keys.tracing.process_trace import HOOK, ProcessTrace
from lbuild_keys.tracing.trace import Trace


class FileUse:
    """What was used and written.

    Attributes:
        by_hook: the inputs that the hook's Python used.
        by_programs: those that programs used, and native code in the hook process.
        written: names of what was written.
        unread: those of them that nobody read before.
        unnoticed: those of them that nobody had noticed before.
        found: names of what programs found to exist.
        noticed: names of what programs used or looked for.
        caches: names of folders that are marked as caches, and in which something was read that was
            there before.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.by_hook: dict[Input, Source] = {}
        self.by_programs: dict[Input, Source] = {}
        self.written: set[str] = set()
        self.unread: set[str] = set()
        self.unnoticed: set[str] = set()
        self.found: set[str] = set()
        self.noticed: set[str] = set()
        self.caches: set[str] = set()


def file_use(
    trace: Trace,
    steps: list[Step],
    hook: str,
    namer: InputNamer,
    temporary: str,
    silent: frozenset[int],
    unused: frozenset[tuple[Access, str]] = frozenset(),
    names_used: Callable[[Step, str], tuple[str, ...] | None] = lambda _step, _name: None,
) -> FileUse:
    """Return what was used and written, in the order of the steps.

    Args:
        trace: of the hook.
        steps: all that was done.
        hook: its name.
        namer: gives names to the paths.
        temporary: the folder for temporary files.
        silent: numbers of the programs whose accesses are known otherwise.
        unused: what the hook's Python did although the result does not depend on it.
        names_used: gives patterns of the names that a program uses of a folder; None if all.
    """
    return _FileUse(trace, hook, namer, temporary, unused, names_used).of(
        [step for step in steps if step.program not in silent]
    )


class _FileUse:
    """Goes through the steps, and remembers what was read, noticed and made on the way."""

    def __init__(
        self,
        trace: Trace,
        hook: str,
        namer: InputNamer,
        temporary: str,
        unused: frozenset[tuple[Access, str]],
        names_used: Callable[[Step, str], tuple[str, ...] | None],
    ) -> None:
        self._trace = trace
        self._names_used = names_used
        self._unused = unused
        self._hook = hook
        self._namer = namer
        # In the project it is a folder as any other: what is there may be looked for later.
        self._temporary = "" if namer.is_below_root(temporary) else temporary
        self._read: set[str] = set()
        self._noticed: set[str] = set()
        self._listed: set[str] = set()
        self._made: set[str] = set()
        self._scratch: set[str] = set()
        self._looked_at: dict[str, Source] = {}
        self._looked_at_by_programs: dict[str, Source] = {}
        self._use = FileUse()
        # One of each: there are few, and thousands of inputs.
        self._by_hook: Callable[[str], Source] = cache(lambda verb: traced(f"{verb} by {hook}"))

    def of(self, steps: list[Step]) -> FileUse:
        if any(step.program is not None for step in steps):  # few hooks run any
            self._scratch.update(self._temporary_results(steps))
        for step in steps:
            resolved = self._namer.resolve(step.path)
            if not self._namer.is_foreign(resolved) and not self._is_bytecode(step):
                self._take(step, resolved)
        use = self._use
        by_programs = self._looked_at_by_programs, use.by_programs
        for looked_at, inputs in ((self._looked_at, use.by_hook), by_programs):
            for name, why in looked_at.items():
                if Input("file", name) not in inputs:
                    inputs[Input("path", name)] = why
        return use

    def _is_bytecode(self, step: Step) -> bool:
        """Whether a Python that the hook ran did something with bytecode: its source counts."""
        processes = self._trace.processes
        if not step.program or processes is None or "/__pycache__" not in step.path:
            return False
        folder, name = os.path.split(step.path)
        return programs.is_python(processes.programs[step.program].path) and (
            name == "__pycache__" or (folder.endswith("/__pycache__") and ".pyc" in name)
        )

    def _temporary_results(self, steps: list[Step]) -> Iterator[str]:
        """Yield what programs made in the folder for temporary files, where nothing was before."""
        known: set[str] = set()
        made = {self._temporary}
        for step in steps:
            resolved = self._namer.resolve(step.path)
            if resolved in known or os.path.dirname(resolved) not in made:
                continue
            if step.access in CREATING and step.program is not None:
                made.add(resolved)
                known.add(resolved)
                yield resolved
            elif step.program is None or step.found or step.access == "added to":
                known.add(resolved)

    def _take(self, step: Step, resolved: str) -> None:
        folder = os.path.dirname(resolved)
        below_temporary = folder == self._temporary or folder in self._scratch
        if (
            step.access == "made"
            and below_temporary
            and resolved not in self._noticed
            and not os.path.lexists(resolved)
        ):
            self._scratch.add(resolved)  # nothing else knows its name
        if resolved in self._scratch or folder in self._scratch:
            return
        if step.access == "looked at" and self._namer.leads_to_known_folder(resolved):
            return
        names = self._namer.names_of(step.path, resolved)
        if any(map(self._namer.left_out, names)):
            return
        if step.access in WRITING:
            self._write(step, resolved, names)
        elif resolved not in self._made:
            self._use_path(step, resolved, folder, names)

    def _write(self, step: Step, resolved: str, names: tuple[str, ...]) -> None:
        both = {*names, *self._namer.names_of(resolved, resolved)}
        self._use.written.update(both)
        # What is only added to still contains what was there, in case it is read later; a
        # folder that was created here may exist in another clone, with something in it.
        if step.access != "written" or resolved in self._read:
            return
        blind = resolved not in self._noticed and os.path.dirname(resolved) not in self._listed
        if resolved not in self._made and blind:
            self._use.unnoticed.update(both)
        if blind or not names[0].startswith(("/", "../")):
            self._made.add(resolved)
        self._use.unread.update(both)

    def _use_path(self, step: Step, resolved: str, folder: str, names: tuple[str, ...]) -> None:
        if step.access == "listed" and resolved == self._temporary and step.program is not None:
            return  # as make does that links for gcc -flto; everybody writes there all the time
        self._noticed.add(resolved)
        if step.access == "listed":
            self._listed.add(resolved)
        in_listed = folder == self._temporary and folder in self._listed
        if step.access == "looked at" and in_listed and is_temporary(os.path.basename(resolved)):
            return  # nothing else knows such a name
        if step.access == "read":
            self._read.add(resolved)
            cache = self._namer.cache_above(names[0])
            if cache is not None and os.path.isfile(resolved):
                self._use.caches.add(cache)
        if step.program is None:
            self._used_by_hook(step, names)
        else:
            self._used_by_program(step, resolved, names)

    def _used_by_hook(self, step: Step, names: tuple[str, ...]) -> None:
        done = step.access, step.path
        if done in self._unused:
            return
        code = self._trace.above.get(done)
        patterns = large_reads.ALL if code is None else large_reads.names_above(code)
        is_partly = code is not None and step.access != "listed"
        if is_partly and not any(fnmatchcase(os.path.basename(step.path), one) for one in patterns):
            return
        looked = self._by_hook("looked at")
        if "/.." in step.path:
            self._looked_at |= dict.fromkeys(self._links_behind(step.path), looked)
        inputs = self._use.by_hook
        for one in names:
            for thing, why in _inputs(step.access, one, self._namer):
                if thing.kind == "path":
                    self._looked_at[thing.name] = looked
                elif thing.kind == "listing" and patterns != large_reads.ALL:
                    for pattern in patterns:
                        some = Input("listing", listings.join(one, pattern))
                        inputs[some] = self._by_hook(why)
                else:
                    inputs[thing] = self._by_hook(why)

    def _used_by_program(self, step: Step, resolved: str, names: tuple[str, ...]) -> None:
        if names[0].startswith(("/", "../")) and self._is_kept_by_program(step):
            return
        self._use.noticed.update(names)
        if step.found:
            self._use.found.update(names)
        by = self._name_of(step)
        access = step.access
        if access == "looked at" and self._may_use_content(step):
            access = "read"
        if access != "listed" and not os.path.lexists(resolved):
            # That is for sure as long as the first folder that is missing stays so.
            missing = self._first_missing(resolved)
            if missing is None:
                return
            names = names if missing == resolved else self._namer.names_of(missing, missing)
            access = "looked at"
        looked = traced(f"looked at by {by}")
        for link in self._links_behind(step.path):
            self._looked_at_by_programs.setdefault(link, looked)
        for one in names:
            patterns = self._names_used(step, one)
            if patterns == ():
                continue
            if access == "looked at" and self._namer.is_noise(one):
                # Nobody knows whether it looks there for what tools leave behind.
                self._looked_at_by_programs.setdefault(one, looked)
            for thing, why in _inputs(access, one, self._namer):
                verb = "looked at" if access != step.access else why
                for part in _parts(thing, patterns):
                    self._take_of_program(part, traced(f"{verb} by {by}"), looked)

    def _take_of_program(self, thing: Input, why: Source, looked: Source) -> None:
        if thing.kind == "path":
            self._looked_at_by_programs.setdefault(thing.name, looked)
            return
        known = self._use.by_programs.get(thing)
        if known is None or (why.by.startswith("read") and known.by.startswith("looked at")):
            self._use.by_programs[thing] = why

    def _name_of(self, step: Step) -> str:
        processes = self._trace.processes or ProcessTrace({}, ())
        return processes.name_of(step.program or HOOK, self._hook)

    def _is_kept_by_program(self, step: Step) -> bool:
        processes, name = self._trace.processes, os.path.basename(step.path)
        return (
            processes is not None
            and bool(step.program)
            and programs.keeps_for_itself(processes.programs[step.program or 0].path, name)
        )

    def _may_use_content(self, step: Step) -> bool:
        """Whether a program may conclude from a look at a file what is in it, as make does."""
        processes = self._trace.processes
        if processes is None or not step.program or not os.path.isfile(step.path):
            return False
        return not programs.only_looks(known_as(processes.programs[step.program].path))

    def _first_missing(self, resolved: str) -> str | None:
        """Return the first folder on the way that is missing; None if it is a temporary one.

        One that the build has made and removed is missing as well: somebody else may make it, with
        something in it.
        """
        missing = resolved
        folder = os.path.dirname(resolved)
        while folder not in self._scratch:
            if folder == "/" or os.path.lexists(folder):
                return missing
            missing, folder = folder, os.path.dirname(folder)
        return None

    def _links_behind(self, path: str) -> Iterator[str]:
        """Yield the names of the links in a path behind which it goes up again.

        Such a path depends on where the link leads.
        """
        if "/../" not in path and not path.endswith("/.."):
            return
        parts = path.split("/")
        for end, part in enumerate(parts):
            if part == ".." and os.path.islink(before := "/".join(parts[:end])):
                yield from self._namer.names_of(before, before)


def _inputs(access: Access, name: str, namer: InputNamer) -> Iterable[tuple[Input, str]]:
    """Return the inputs that follow from reading, listing or looking at something."""
    # The names of all repositories begin so; most paths have no such name.
    parts = name.split("/") if "/." in name or name.startswith(".") else ()
    if not REPOSITORIES.isdisjoint(parts):
        return _inputs_of_repository(access, name, parts, namer)
    if access != "read" and namer.is_noise(name):
        return ()
    return ((Input(_KINDS[access], name), access),)


_KINDS: Mapping[Access, Kind] = {"read": "file", "listed": "listing", "looked at": "path"}


def _inputs_of_repository(
    access: Access, name: str, parts: Sequence[str], namer: InputNamer
) -> Iterator[tuple[Input, str]]:
    # Git reports what is in the project's own repository, the same in all clones.
    is_other = not name.startswith(namer.repository) or "modules" in parts
    if access == "read" and name.endswith(".git/info/exclude"):
        yield Input("file", name), "read"  # which has patterns, and nothing of the history
    elif access == "read":
        # Code that reads there may learn everything that version control knows.
        for kind in ("git-commit", "git-tags", "git-tree"):
            yield Input(kind, "."), f"{name} was read"
        if is_other:
            yield Input("file", name), "read"
    elif parts[-1] in REPOSITORIES:
        yield Input("path", name), "looked at"
    elif is_other and ("refs" in parts or parts[-1] == "packed-refs"):
        yield Input(_KINDS[access], name), access


def _parts(thing: Input, patterns: tuple[str, ...] | None) -> Iterator[Input]:
    """Yield what of an input counts: names in a folder that match patterns; all if it is None."""
    if patterns is None:
        yield thing
    elif thing.kind == "listing":
        for one in patterns:
            yield Input("listing", listings.join(thing.name, one))
