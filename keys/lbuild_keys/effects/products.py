"""What a build made in a project, where nothing was before: files, and the folders of programs.

A hook is seen to write. What the programs do that it runs is not seen; but a folder that was not
there before, and that the hook made for them or named to them, is theirs with all that is in it. So
is a ``build`` folder, and an extension module. Any other file that appeared may be the user's.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from lbuild_keys.backends.known import BUILD_FOLDERS, EXTENSION_MODULE
from lbuild_keys.effects.footprint import Footprint
from lbuild_keys.model import Input
from lbuild_keys.observe import tree
from lbuild_keys.observe.folders import resolved_folder, resolver
from lbuild_keys.tracing.accesses import WRITING
from lbuild_keys.tracing.trace import Trace


class Made(NamedTuple):
    """Names below the project of what was made there, and is there.

    Attributes:
        by_hooks: files and folders that hooks were seen to make.
        by_programs: what is in new folders of the programs that they ran, with these folders.
    """

    by_hooks: frozenset[str] = frozenset()
    by_programs: frozenset[str] = frozenset()

    @property
    def all(self) -> frozenset[str]:
        """Both."""
        return self.by_hooks | self.by_programs


def made(footprint: Footprint, traces: Iterable[Trace], *, opaque: bool) -> Made:
    """Return what hooks, and the programs that they ran, made since a footprint was taken.

    Args:
        footprint: the project before the hooks.
        traces: what they were seen to do.
        opaque: whether they ran something that cannot be seen into.
    """
    root = os.fspath(footprint.observer.project.root)
    known = tuple(traces)
    written = written_below(footprint.observer.project.root, known)
    is_noise = tree.noise_below(footprint.observer.project.root)
    at = footprint.moment()
    by_hooks = frozenset(
        name
        for name in written
        if os.path.lexists(f"{root}/{name}")
        and not is_noise(name)
        and footprint.was_absent(Input("file", name), at)
    )
    if not opaque:
        return Made(by_hooks)
    below = tree.walk(footprint.observer.project.root, footprint.observer.project.left_out)
    named = written | frozenset(_named_to_programs(root, known))
    new = [name for name in below.folders if footprint.was_absent(Input("file", name), at)]
    tops = [name for name in new if os.path.dirname(name) not in new]
    own = tuple(
        f"{top}/" for top in tops if any(f"{name}/".startswith(f"{top}/") for name in named)
    )
    inside = {
        name
        for name in (*below.files, *below.folders)
        if f"{name}/".startswith(own)
        or (_is_made_by_tools_only(name) and footprint.was_absent(Input("file", name), at))
    }
    return Made(by_hooks, frozenset(inside))


def _is_made_by_tools_only(name: str) -> bool:
    return (
        name.split("/", maxsplit=1)[0] in BUILD_FOLDERS
        or EXTENSION_MODULE.fullmatch(name) is not None
    )


def added(footprint: Footprint, traces: Iterable[Trace]) -> list[str]:
    """Return the names of files that appeared in a project since a footprint was taken.

    Where the hooks ran nothing that may write without being seen, these are among what they wrote.
    """
    known = tuple(traces)
    if any(one.spawned or one.reused or one.libraries or one.problems for one in known):
        return footprint.added()
    at = footprint.moment()
    written = written_below(footprint.observer.project.root, known)
    return [name for name in written if footprint.was_absent(Input("file", name), at)]


def written_below(root: Path, traces: Iterable[Trace]) -> frozenset[str]:
    """Return the names below a project of what hooks were seen to write."""
    places = {path for trace in traces for path in _written(trace)}
    start, resolve = f"{root}/", resolver()
    real = {resolved_folder(path, resolve) for path in places}
    return frozenset(path.removeprefix(start) for path in real if path.startswith(start))


def _written(trace: Trace) -> Iterator[str]:
    """Yield the paths that a hook wrote, and the programs that it ran, as far as that is known."""
    yield from (path for access, path in trace.accesses if access in WRITING)
    if trace.processes is not None:
        yield from (one.path for one in trace.processes.accesses if one.access in WRITING)


def _named_to_programs(root: str, traces: Iterable[Trace]) -> Iterator[str]:
    """Return the paths below a project that are arguments of programs, or where they run."""
    for trace in traces:
        for one in trace.spawned:
            for word in (".", *one.args[1:]):
                for text in _paths_in(word):
                    path = os.path.normpath(os.path.join(one.folder, text))
                    if path.startswith(f"{root}/"):
                        yield path.removeprefix(f"{root}/")


def _paths_in(word: str) -> Iterator[str]:
    """The parts of an argument that may be a path: ``build``, ``-Bbuild``, ``--dir=build``."""
    yield word
    if word.startswith("-"):
        yield word[2:]
    yield from word.split("=")[1:]
