"""The commands on the cache (``lbuild cache``): print, and return an exit code."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.builds import cache_location
from lbuild_frontend.cache import folder as cache_folder
from lbuild_frontend.cache import limits
from lbuild_frontend.cache.limits import Bounds
from lbuild_frontend.cache.store import Store
from lbuild_frontend.commands import boundary
from lbuild_frontend.errors import CacheError, LbuildError
from lbuild_frontend.maintenance import info as cache_info
from lbuild_frontend.maintenance import removal, scan, selection
from lbuild_frontend.maintenance import verify as verification
from lbuild_frontend.maintenance.removal import Removed
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
        folder = cache_location.used_in(Path(), request.cache_dir)
        return _Output([os.fspath(folder)], [{"dir": os.fspath(folder)}])

    return _run(request, output)


def info(request: CacheRequest) -> int:
    """Print how much is in the cache, and what pruning would remove."""

    def output(terminal: Terminal) -> _Output:
        cache = _opened(request)
        bounds = _bounds_here()
        terminal.progress("looking at the cache")
        found = cache_info.info_of(cache, bounds)
        terminal.rest()
        return _Output(cache_output.info(found, terminal.out), [cache_output.info_row(found)])

    return _run(request, output)


def list_entries(request: CacheRequest, pattern: str | None) -> int:
    """Print the results in the cache, those of a project or of all."""

    def output(terminal: Terminal) -> _Output:
        cache = _opened(request)
        entries = scan.entries_of(cache.root)
        matches = selection.by_globs([pattern]) if pattern is not None else lambda _: True
        shown = sorted(
            (item for item in entries if item.is_result and matches(item)),
            key=lambda item: (item.project, item.used_at),
        )
        stored = [(item, item.stored) for item in shown if item.stored]
        if not stored:
            terminal.note(_nothing(cache, pattern) if pattern is not None else _empty(cache))
        sizes = cache_info.blob_sizes(cache, (one.entry.sha256 for _, one in stored))
        return _Output(
            cache_output.listing(shown, sizes, terminal.out),
            [cache_output.listing_row(item, one, sizes) for item, one in stored],
        )

    return _run(request, output)


def remove(request: CacheRequest, globs: Sequence[str]) -> int:
    """Remove the entries of some projects; each of the globs has to match."""

    def output(terminal: Terminal) -> _Output:
        cache = _opened_for_removal(request)
        entries = scan.entries_of(cache.root)
        for glob in globs:
            if not any(map(selection.by_globs([glob]), entries)):
                raise LbuildError(_nothing(cache, glob))
        wanted = selection.with_requirements(entries, selection.by_globs(globs))
        return _removed(cache, removal.remove(cache, wanted, terminal))

    return _run(request, output)


def clean(request: CacheRequest, names: Sequence[str]) -> int:
    """Remove the entries of some projects, or everything."""

    def output(terminal: Terminal) -> _Output:
        cache = _opened_for_removal(request)
        if not cache.root.exists():
            return _removed(cache, Removed())
        if not names:
            return _removed(cache, removal.clean(cache, terminal))
        entries = scan.entries_of(cache.root)
        wanted = selection.with_requirements(entries, selection.by_names(names))
        return _removed(cache, removal.remove(cache, wanted, terminal))

    return _run(request, output)


def prune(request: CacheRequest, *, ci: bool) -> int:
    """Remove what no command would use again, and enforce the size limit."""

    def output(terminal: Terminal) -> _Output:
        cache = _opened_for_removal(request)
        most = _bounds_here().size
        if not cache.root.exists():
            return _removed(cache, Removed())
        prune = removal.prune_for_ci if ci else removal.prune
        return _removed(cache, prune(cache, most, terminal))

    return _run(request, output)


def verify(request: CacheRequest) -> int:
    """Check all that is in the cache; remove what is damaged, and report it."""

    def output(terminal: Terminal) -> _Output:
        verified = verification.verify(_opened(request), terminal)
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
            subject="the cache",
            when_interrupted="what was removed so far stays removed.",
        )
        for line in [json_array(made.rows)] if request.as_json else made.lines:
            terminal.line(line)
        return made.exit_code if error is None else error.exit_code

    return boundary.run(request.level, request.color, command)


def _opened(request: CacheRequest) -> Store:
    """Open the cache that is used here, to be read only if it cannot be written."""
    cache = cache_folder.open_store(cache_location.used_in(Path(), request.cache_dir))
    try:
        cache_folder.check_writable(cache)
    except CacheError:
        return cache._replace(is_read_only=True)
    asked = _is_read_only(request)
    return cache._replace(is_read_only=asked)


def _opened_for_removal(request: CacheRequest) -> Store:
    """Open the cache that is used here.

    Raises:
        LbuildError: if nothing can be removed from it, or nothing may be.
    """
    cache = cache_folder.open_store(cache_location.used_in(Path(), request.cache_dir))
    if not cache.root.exists():
        return cache
    cache_folder.check_writable(cache)
    if _is_read_only(request):
        message = (
            f"{cache.root}: nothing is removed, because the cache is only read (--cache-mode, "
            "LBUILD_CACHE_MODE or tool.lbuild.cache-mode). Use --cache-mode read-write."
        )
        raise CacheError(message)
    return cache


def _is_read_only(request: CacheRequest) -> bool:
    here = None if request.cache_mode else cache_location.project_in(Path())
    return cache_location.is_read_only(request.cache_mode, here)


def _bounds_here() -> Bounds:
    here = cache_location.project_in(Path())
    return limits.bounds_of(os.environ, here.settings if here else None)


def _removed(cache: Store, removed: Removed) -> _Output:
    code = LbuildError.exit_code if removed.failed else 0
    return _Output(
        cache_output.removed(removed), [cache_output.removed_row(cache.root, removed)], code
    )


def _nothing(cache: Store, pattern: str) -> str:
    return f"{pattern}: no entry in {cache.root} matches. List the entries: lbuild cache list."


def _empty(cache: Store) -> str:
    return f"{cache.root}: the cache has no entries"
