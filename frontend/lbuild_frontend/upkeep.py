"""Removes things from the cache, so that nobody who uses it meanwhile gets anything wrong.

All of it happens under the lock that who adds something takes as well (``Store.changes``). Entries
go before the blobs that they name, and the records of an environment before it. An environment that
somebody uses stays; the next time it is nobody's any more.
"""

import contextlib
import dataclasses
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from lbuild_frontend import (
    cachefiles,
    environmentbucket,
    inventory,
    ledger,
    replay,
    retention,
    scratch,
    store,
)
from lbuild_frontend.bounds import Bounds
from lbuild_frontend.environmentbucket import Bucket
from lbuild_frontend.inventory import Inventory, Item
from lbuild_frontend.ledger import Account
from lbuild_frontend.reporter import Reporter
from lbuild_frontend.store import Store


@dataclass(frozen=True, slots=True)
class Freed:
    """What was removed.

    Attributes:
        counts: by kind of item.
        blobs: digests of those that were removed.
        size: bytes.
        kept: what should go and is still there, for somebody uses it or it cannot be removed.
        newer: buckets of another version, which were left alone.
    """

    counts: dict[inventory.Kind, int]
    blobs: frozenset[str]
    size: int
    kept: tuple[Path, ...]
    newer: tuple[str, ...] = ()


NOTHING = Freed({}, frozenset(), 0, ())
"""Where there was nothing."""


def after_build(cache: Store, bounds: Bounds, reporter: Reporter) -> Freed | None:
    """Keep the cache within its bounds; None where there was no need to look.

    Raises:
        LbuildError: if the cache cannot be used, or its lock was held for too long.
    """
    account = ledger.read(cache.root)
    if account and account.is_recent and (bounds.size is None or account.size <= bounds.size):
        return None
    with cache.changes(reporter.note):
        found = inventory.take(cache.root)
        going = retention.to_prune(found, bounds, time.time())
        return _remove(cache, found, going, reporter)


def prune(cache: Store, bounds: Bounds, reporter: Reporter) -> Freed:
    """Remove what nobody would use again, old versions' buckets, and what is too much.

    Raises:
        LbuildError: see ``after_build``.
    """
    reporter.progress("looking at the cache")
    with cache.changes(reporter.note):
        found = inventory.take(cache.root)
        going = [*found.of("bucket"), *retention.to_prune(found, bounds, time.time())]
        return _with_temporary(_remove(cache, found, going, reporter))


def prune_for_ci(cache: Store, reporter: Reporter) -> Freed:
    """Keep nothing but what took a build to make: entries, and what these name.

    Raises:
        LbuildError: see ``after_build``.
    """
    reporter.progress("looking at the cache")
    with cache.changes(reporter.note):
        found = inventory.take(cache.root)
        going = found.of("bucket", "leftover", "environment", "record")
        going += retention.unneeded(found.of("blob"), found.of("entry"))
        return _with_temporary(_remove(cache, found, going, reporter))


def clean(cache: Store, reporter: Reporter) -> Freed:
    """Remove everything but what another version of lbuild has there.

    Raises:
        LbuildError: see ``after_build``.
    """
    reporter.progress("looking at the cache")
    with cache.changes(reporter.note):
        found = inventory.take(cache.root)
        foreign = [item for item in found.of("entry") if item.is_foreign]
        going = [item for item in found.of("entry") if item not in foreign]
        going += found.of("bucket", "leftover", "environment", "record")
        going += retention.unneeded(found.of("blob"), foreign)
        for name in (replay.HITS, replay.MISSES):
            cachefiles.remove(cache.root / replay.COUNTS / name)
        freed = _remove(cache, found, going, reporter, [item.path for item in foreign])
        return _with_temporary(freed)


def remove(cache: Store, wanted: Callable[[Item], bool], reporter: Reporter) -> Freed:
    """Remove some entries, and what only they name.

    Args:
        wanted: tells of an entry whether it is to go.

    Raises:
        LbuildError: see ``after_build``.
    """
    with cache.changes(reporter.note):
        found = inventory.take(cache.root)
        entries = found.of("entry")
        foreign = [item.path for item in entries if wanted(item) and item.is_foreign]
        going = [item for item in entries if wanted(item) and not item.is_foreign]
        staying = [item for item in entries if item not in going]
        blobs = retention.unneeded(found.of("blob"), staying)
        needed = set().union(*(item.needs for item in going))
        going += [blob for blob in blobs if blob.path.name in needed]
        return _remove(cache, found, going, reporter, foreign)


def _remove(
    cache: Store,
    found: Inventory,
    going: Collection[Item],
    reporter: Reporter,
    kept: Sequence[Path] = (),
) -> Freed:
    bucket = environmentbucket.of(cache.root)
    left = list(kept)
    counts: Counter[inventory.Kind] = Counter()
    blobs: set[str] = set()
    size = 0
    for number, item in enumerate(going):
        if number % _STEP == _STEP - 1:
            reporter.progress(f"removing from the cache: {number} of {len(going)}")
        if not _is_removed(bucket, item):
            left.append(item.path)
            continue
        counts[item.kind] += 1
        if item.kind == "blob":
            blobs.add(item.path.name)
        size += item.size
    _clear_locks(cache.root, bucket)
    with contextlib.suppress(OSError):  # without an account somebody will count
        ledger.write(cache.root, Account(found.size - size, time.time()))
    return Freed(dict(counts), frozenset(blobs), size, tuple(left), found.newer)


def _with_temporary(freed: Freed) -> Freed:
    """Remove also what builds that were killed have left in the folder for temporary files."""
    count, size = scratch.remove_abandoned(Path(tempfile.gettempdir()), scratch.FOLDER)
    if count:
        freed.counts["leftover"] = freed.counts.get("leftover", 0) + count
    return dataclasses.replace(freed, size=freed.size + size)


_STEP = 100
"""Items after which progress is told."""


def _is_removed(bucket: Bucket, item: Item) -> bool:
    if item.kind != "environment":
        gone = cachefiles.remove(item.path)
        with contextlib.suppress(OSError):  # it holds something else
            if item.kind in ("entry", "blob"):
                item.path.parent.rmdir()
            if item.kind == "entry":
                item.path.parent.parent.rmdir()
        return gone
    for path in item.records:
        cachefiles.remove(path)
    return bucket.remove(item.path.name)


def _clear_locks(root: Path, bucket: Bucket) -> None:
    """Remove the locks of processes that were killed."""
    for folder in (root / store.LOCKS, bucket.uses):
        with contextlib.suppress(OSError):
            for name in cachefiles.listing(folder):
                cachefiles.is_held(folder / name)
