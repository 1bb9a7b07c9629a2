"""What ``lbuild cache`` does, as functions. They are provisional: fields of the values may change.

Each takes the folder of the cache, or uses the one of the current folder: LBUILD_CACHE_DIR, else
``tool.lbuild.cache-dir`` of the project there, else the user's cache folder.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.api import arguments
from lbuild_frontend.api.options import request_of, with_variables
from lbuild_frontend.builds import cache_location
from lbuild_frontend.cache import folder as cache_folder
from lbuild_frontend.cache import limits
from lbuild_frontend.cache.limits import Bounds
from lbuild_frontend.cache.store import Store, StoredEntry
from lbuild_frontend.errors import CacheError, LbuildError
from lbuild_frontend.execution.interruption import system_faults
from lbuild_frontend.execution.reporting import Events, ProjectReporter
from lbuild_frontend.maintenance import info as cache_info
from lbuild_frontend.maintenance import removal, scan, selection
from lbuild_frontend.maintenance import verify as verification
from lbuild_frontend.maintenance.info import Info
from lbuild_frontend.maintenance.inventory import Item
from lbuild_frontend.maintenance.removal import Removed
from lbuild_frontend.maintenance.verify import Verified
from lbuild_frontend.model.events import Callback, ignore
from lbuild_frontend.model.request import Request, StrPath
from lbuild_keys.model import CacheMode

__all__ = [
    "Entries",
    "Info",
    "Item",
    "Removed",
    "StoredEntry",
    "Verified",
    "clean",
    "entries",
    "folder",
    "info",
    "prune",
    "remove",
    "verify",
]


class Entries(NamedTuple):
    """Results in a cache.

    Attributes:
        root: the folder of the cache.
        items: the entries, by project, those that were used last at the end.
        sizes: of their results, in bytes, by digest.
    """

    root: Path
    items: tuple[Item, ...]
    sizes: Mapping[str, int]


@system_faults("the cache")
def folder(cache_dir: StrPath | None = None) -> Path:
    """Return the folder of the cache that is used here, whether it exists or not.

    Raises:
        LbuildError: if there is a pyproject.toml that is wrong.
    """
    return cache_location.used_in(Path(), _asked(cache_dir, None).cache_dir)


@system_faults("the cache")
def info(cache_dir: StrPath | None = None, *, progress: Callback = ignore) -> Info:
    """Return how much is in the cache, and what ``prune`` would remove.

    Args:
        cache_dir: the folder of the cache.
        progress: see ``api.build_wheel``.

    Raises:
        LbuildError: if it cannot be used.
    """
    cache = _opened(_asked(cache_dir, None))
    bounds = _bounds_here()
    reporter = ProjectReporter(Events(progress), None)
    reporter.progress("looking at the cache")
    try:
        return cache_info.info_of(cache, bounds)
    finally:
        reporter.rest()


@system_faults("the cache")
def entries(cache_dir: StrPath | None = None, *, pattern: str | None = None) -> Entries:
    """Return the results in the cache.

    Args:
        cache_dir: the folder of the cache.
        pattern: a glob of names of distributions; without it all.

    Raises:
        LbuildError: see ``info``.
    """
    cache = _opened(_asked(cache_dir, None))
    matches = selection.by_globs([pattern]) if pattern is not None else lambda _: True
    found = scan.entries_of(cache.root)
    items = (item for item in found if item.is_result and matches(item))
    shown = sorted(items, key=lambda item: (item.project, item.used_at))
    stored = (item.stored.entry.sha256 for item in shown if item.stored)
    return Entries(cache.root, tuple(shown), cache_info.blob_sizes(cache, stored))


@system_faults("the cache")
def remove(
    globs: Sequence[str],
    cache_dir: StrPath | None = None,
    *,
    cache_mode: CacheMode | None = None,
    progress: Callback = ignore,
) -> Removed:
    """Remove the entries of some projects.

    Args:
        globs: of names of distributions; each has to match.
        cache_dir: the folder of the cache.
        cache_mode: nothing is removed from a cache that is only read.
        progress: see ``api.build_wheel``.

    Raises:
        LbuildError: see ``info``; or if a glob matches nothing.
    """
    cache = _opened_for_removal(_asked(cache_dir, cache_mode))
    found = scan.entries_of(cache.root)
    globs = arguments.names(globs, "globs")
    for glob in globs:
        if not any(map(selection.by_globs([glob]), found)):
            raise LbuildError(nothing_matches(cache.root, glob))
    wanted = selection.with_requirements(found, selection.by_globs(globs))
    return removal.remove(cache, wanted, _reporter(progress))


@system_faults("the cache")
def clean(
    names: Sequence[str] = (),
    cache_dir: StrPath | None = None,
    *,
    cache_mode: CacheMode | None = None,
    progress: Callback = ignore,
) -> Removed:
    """Remove the entries of some projects, or everything.

    Args:
        names: of distributions; none for everything.
        cache_dir: see ``remove``, and so with ``cache_mode`` and ``progress``.

    Raises:
        LbuildError: see ``info``.
    """
    cache = _opened_for_removal(_asked(cache_dir, cache_mode))
    if not cache.root.exists():
        return Removed()
    names = arguments.names(names, "names")
    if not names:
        return removal.clean(cache, _reporter(progress))
    found = scan.entries_of(cache.root)
    wanted = selection.with_requirements(found, selection.by_names(names))
    return removal.remove(cache, wanted, _reporter(progress))


@system_faults("the cache")
def prune(
    cache_dir: StrPath | None = None,
    *,
    ci: bool = False,
    cache_mode: CacheMode | None = None,
    progress: Callback = ignore,
) -> Removed:
    """Remove what no command would use again, and enforce the size limit.

    Args:
        cache_dir: see ``remove``, and so with ``cache_mode`` and ``progress``.
        ci: whether all is removed that a service would store and fetch for nothing.

    Raises:
        LbuildError: see ``info``.
    """
    cache = _opened_for_removal(_asked(cache_dir, cache_mode))
    most = _bounds_here().size
    if not cache.root.exists():
        return Removed()
    pruned = removal.prune_for_ci if ci else removal.prune
    return pruned(cache, most, _reporter(progress))


@system_faults("the cache")
def verify(
    cache_dir: StrPath | None = None,
    *,
    cache_mode: CacheMode | None = None,
    progress: Callback = ignore,
) -> Verified:
    """Check all that is in the cache; remove what is damaged, and report it.

    Args:
        cache_dir: see ``remove``, and so with ``cache_mode`` and ``progress``.

    Raises:
        LbuildError: see ``info``.
    """
    return verification.verify(_opened(_asked(cache_dir, cache_mode)), _reporter(progress))


def nothing_matches(root: Path, pattern: str) -> str:
    """Return what is wrong if no entry in a cache matches a glob."""
    return f"{pattern}: no entry in {root} matches. List the entries: lbuild cache list."


def _asked(cache_dir: StrPath | None, cache_mode: CacheMode | None) -> Request:
    return with_variables(request_of({"cache_dir": cache_dir, "cache_mode": cache_mode}))


def _reporter(progress: Callback) -> ProjectReporter:
    return ProjectReporter(Events(progress), None)


def _opened(request: Request) -> Store:
    """Open the cache that is used here, to be read only if it cannot be written."""
    cache = cache_folder.open_store(cache_location.used_in(Path(), request.cache_dir))
    try:
        cache_folder.check_writable(cache)
    except CacheError:
        return cache._replace(is_read_only=True)
    return cache._replace(is_read_only=_is_read_only(request))


def _opened_for_removal(request: Request) -> Store:
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


def _is_read_only(request: Request) -> bool:
    here = None if request.cache_mode else cache_location.project_in(Path())
    return cache_location.is_read_only(request.cache_mode, here)


def _bounds_here() -> Bounds:
    here = cache_location.project_in(Path())
    return limits.bounds_of(os.environ, here.settings if here else None)
