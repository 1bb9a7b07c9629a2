"""The commands on the cache (``lbuild cache``): print, and return an exit code."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from lbuild_frontend.api import Event, Idle, Note, Progress, Warned, cache
from lbuild_frontend.commands import boundary
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.model.request import CacheRequest
from lbuild_frontend.output import cache as cache_output
from lbuild_frontend.output.formats import json_array
from lbuild_frontend.output.terminal import Terminal


class _Output(NamedTuple):
    """What a command prints: lines, or objects with ``--json``."""

    lines: list[str]
    rows: list[Mapping[str, object]]
    exit_code: int = 0


def show_dir(request: CacheRequest) -> int:
    """Print the folder of the cache that is used here."""

    def output(_: Terminal) -> _Output:
        folder = cache.folder(request.cache_dir)
        return _Output([os.fspath(folder)], [{"dir": os.fspath(folder)}])

    return _run(request, output)


def info(request: CacheRequest) -> int:
    """Print how much is in the cache, and what pruning would remove."""

    def output(terminal: Terminal) -> _Output:
        found = cache.info(request.cache_dir, progress=_printer(terminal))
        return _Output(cache_output.info(found, terminal.out), [cache_output.info_row(found)])

    return _run(request, output)


def list_entries(request: CacheRequest, pattern: str | None) -> int:
    """Print the results in the cache, those of a project or of all."""

    def output(terminal: Terminal) -> _Output:
        found = cache.entries(request.cache_dir, pattern=pattern)
        stored = [(item, item.stored) for item in found.items if item.stored]
        if not stored and pattern is not None:
            terminal.note(cache.nothing_matches(found.root, pattern))
        elif not stored:
            terminal.note(f"{found.root}: the cache has no entries")
        return _Output(
            cache_output.listing(found.items, found.sizes, terminal.out),
            [cache_output.listing_row(item, one, found.sizes) for item, one in stored],
        )

    return _run(request, output)


def remove(request: CacheRequest, globs: Sequence[str]) -> int:
    """Remove the entries of some projects; each of the globs has to match."""

    def output(terminal: Terminal) -> _Output:
        done = cache.remove(
            globs, request.cache_dir, cache_mode=request.cache_mode, progress=_printer(terminal)
        )
        return _removed(request, done)

    return _run(request, output)


def clean(request: CacheRequest, names: Sequence[str]) -> int:
    """Remove the entries of some projects, or everything."""

    def output(terminal: Terminal) -> _Output:
        done = cache.clean(
            names, request.cache_dir, cache_mode=request.cache_mode, progress=_printer(terminal)
        )
        return _removed(request, done)

    return _run(request, output)


def prune(request: CacheRequest, *, ci: bool) -> int:
    """Remove what no command would use again, and enforce the size limit."""

    def output(terminal: Terminal) -> _Output:
        done = cache.prune(
            request.cache_dir, ci=ci, cache_mode=request.cache_mode, progress=_printer(terminal)
        )
        return _removed(request, done)

    return _run(request, output)


def verify(request: CacheRequest) -> int:
    """Check all that is in the cache; remove what is damaged, and report it."""

    def output(terminal: Terminal) -> _Output:
        verified = cache.verify(
            request.cache_dir, cache_mode=request.cache_mode, progress=_printer(terminal)
        )
        code = LbuildError.exit_code if verified.damages else 0
        return _Output(cache_output.verified(verified), cache_output.verified_rows(verified), code)

    return _run(request, output)


def _run(request: CacheRequest, make_output: Callable[[Terminal], _Output]) -> int:
    def command(terminal: Terminal) -> int:
        made = _Output([], [])  # what is printed if there is an error

        def step() -> None:
            nonlocal made
            made = make_output(terminal)

        error = boundary.attempt(
            terminal,
            step,
            when_interrupted="what was removed so far stays removed.",
        )
        for line in [json_array(made.rows)] if request.as_json else made.lines:
            terminal.line(line)
        return made.exit_code if error is None else error.exit_code

    return boundary.run(request.level, request.color, command)


def _printer(terminal: Terminal) -> Callable[[Event], None]:
    """Return what prints the events of a command."""

    def take(event: Event) -> None:
        match event:
            case Progress(text=text):
                terminal.progress(text)
            case Idle():
                terminal.rest()
            case Note(text=text):
                terminal.note(text)
            case Warned(text=text):
                terminal.warn(text)
            case _:
                pass

    return take


def _removed(request: CacheRequest, removed: cache.Removed) -> _Output:
    code = LbuildError.exit_code if removed.failed else 0
    root = cache.folder(request.cache_dir)
    return _Output(cache_output.removed(removed), [cache_output.removed_row(root, removed)], code)
