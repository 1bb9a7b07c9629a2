"""Removing from the cache while other processes use it, so that none of them gets a wrong result.

All of it happens under the lock that is also taken to add something (``Store.exclusive``). Entries
are removed before the blobs that they name, and the records of an environment before it. An
environment that is in use stays. Folders are renamed under the lock, and removed after it.
"""

import contextlib
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.cache import buckets, locks, products, size_account
from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache.size_account import SizeAccount
from lbuild_frontend.cache.store import Store
from lbuild_frontend.disk import atomic, temporary
from lbuild_frontend.environments import kept
from lbuild_frontend.environments.kept import KeptEnvironments
from lbuild_frontend.maintenance import retention, scan
from lbuild_frontend.maintenance.inventory import Inventory, Item, Kind
from lbuild_frontend.model.reporter import Reporter


class Removed(NamedTuple):
    """What was removed, and what should have been and is still there.

    Attributes:
        counts: by kind of item (``Item.counted_as``).
        blobs: digests of those that were removed.
        size: bytes.
        in_use: environments that a process uses.
        foreign: what belongs to another version of lbuild, and is left to it.
        failed: what cannot be removed, and why.
    """

    counts: Mapping[Kind, int] = {}
    blobs: frozenset[str] = frozenset()
    size: int = 0
    in_use: tuple[Path, ...] = ()
    foreign: tuple[Path, ...] = ()
    failed: tuple[tuple[Path, str], ...] = ()


def after_build(cache: Store, most: int | None, reporter: Reporter) -> Removed:
    """Enforce the size limit; if it was not passed, do not even look at the cache.

    Args:
        most: bytes that the cache may hold; None for any number.

    Raises:
        LbuildError: if the cache cannot be used, or its lock was held for too long.
    """
    if size_account.is_within(cache.root, most):
        return Removed()
    return _remove_by(retention.to_go_after_build, cache, most, reporter)


def prune(cache: Store, most: int | None, reporter: Reporter) -> Removed:
    """Remove what no command would use again, or only older versions, and enforce the limit.

    Args and Raises:
        see ``after_build``.
    """
    return _with_temporary(_remove_by(retention.to_prune, cache, most, reporter))


def prune_for_ci(cache: Store, most: int | None, reporter: Reporter) -> Removed:
    """Keep only what a build has made: entries, and the blobs that they name.

    Args and Raises:
        see ``after_build``.
    """
    return _with_temporary(_remove_by(retention.to_prune_for_ci, cache, most, reporter))


def _remove_by(
    rule: Callable[[Inventory, int | None, float], list[Item]],
    cache: Store,
    most: int | None,
    reporter: Reporter,
) -> Removed:
    return _remove(cache, lambda found: rule(found, most, time.time()), reporter)


def clean(cache: Store, reporter: Reporter) -> Removed:
    """Remove everything but entries of a newer version of lbuild, and unknown buckets.

    Raises:
        LbuildError: see ``after_build``.
    """
    return _with_temporary(_remove(cache, retention.to_clean, reporter))


def remove(cache: Store, wanted: Callable[[Item], bool], reporter: Reporter) -> Removed:
    """Remove some entries, and the blobs that only they name.

    Args:
        wanted: whether an entry is to be removed.

    Raises:
        LbuildError: see ``after_build``.
    """
    left: list[Path] = []

    def choose(found: Inventory) -> list[Item]:
        left.extend(item.path for item in found.of("entry") if item.is_foreign and wanted(item))
        return retention.to_remove(found, wanted)

    return _remove(cache, choose, reporter)._replace(foreign=tuple(left))


def _remove(cache: Store, choose: Callable[[Inventory], list[Item]], reporter: Reporter) -> Removed:
    reporter.progress("looking at the cache")
    products.recover(cache.root)
    bucket = kept.in_cache(cache.root)
    gone: list[Item] = []
    aside: list[Path] = []
    in_use: list[Path] = []
    failed: list[tuple[Path, str]] = []
    with cache.exclusive(reporter.note):
        found = scan.inventory_of(cache.root)
        for item in choose(found):
            if item.kind == "environment" and not _is_unlinked(bucket, item):
                in_use.append(item.path)
                continue
            try:
                aside += _remove_or_rename(item)
            except OSError as error:
                failed.append((item.path, error.strerror or str(error)))
            else:
                gone.append(item)
        _clear_locks(cache.root, bucket)
        with contextlib.suppress(OSError):  # without an account the cache will be counted
            own = sum(item.size for item in gone if item.kind != "bucket")
            size_account.write(cache.root, SizeAccount(found.size - own, time.time()))
    for number, path in enumerate(aside):
        reporter.progress(f"removing from the cache: {number} of {len(aside)}")
        atomic.remove(path)
    return Removed(
        counts=Counter(item.counted_as for item in gone),
        blobs=frozenset(item.path.name for item in gone if item.kind == "blob"),
        size=sum(item.size for item in gone),
        in_use=tuple(in_use),
        foreign=tuple(item.path for item in found.foreign),
        failed=tuple(failed),
    )


def _with_temporary(removed: Removed) -> Removed:
    """Remove also what killed builds have left in the system's folder for temporary files."""
    count = size = 0
    with contextlib.suppress(OSError):  # it is missing, or may not be listed
        count, size = temporary.remove_abandoned(Path(tempfile.gettempdir()), temporary.FOLDER)
    if not count:
        return removed
    counts = {**removed.counts, "leftover": removed.counts.get("leftover", 0) + count}
    return removed._replace(counts=counts, size=removed.size + size)


def _is_unlinked(bucket: KeptEnvironments, item: Item) -> bool:
    """Remove the records that lead to an environment, unless a process uses it.

    Returns:
        Whether no process uses it.
    """
    if bucket.is_used(item.path.name):
        return False
    for path in item.records:
        atomic.remove(path)
    return not bucket.is_used(item.path.name)  # by a process that found it just before


def _remove_or_rename(item: Item) -> list[Path]:
    """Remove a file; or rename a folder, and return its path, to be removed later.

    Raises:
        OSError: if that fails.
    """
    if item.path.is_dir() and not item.path.is_symlink():
        return [atomic.set_aside(item.path)]
    item.path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # it has other files
        if item.kind in ("entry", "blob"):
            item.path.parent.rmdir()
        if item.kind == "entry":
            item.path.parent.parent.rmdir()
    return []


def _clear_locks(root: Path, bucket: KeptEnvironments) -> None:
    """Remove the lock files of killed processes."""
    for folder, names in (
        (root / buckets.LOCKS.name, buckets.LOCKS.content),
        (bucket.uses, buckets.USES.content),
    ):
        if not folder.is_symlink():
            with contextlib.suppress(OSError):
                for name in cache_files.listing(folder):
                    if re.fullmatch(names, name):
                        locks.is_held(folder / name)
