"""How much is in a cache, how often it was used, and what pruning would remove."""

import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend import replay
from lbuild_frontend.cache import buckets
from lbuild_frontend.cache.limits import Bounds
from lbuild_frontend.cache.store import Store
from lbuild_frontend.disk import temporary
from lbuild_frontend.environments import kept
from lbuild_frontend.maintenance import retention, scan
from lbuild_frontend.maintenance.inventory import Inventory, Item


class Info(NamedTuple):
    """What is known of a cache.

    Attributes:
        found: what is in it.
        bounds: what it may hold.
        hits: how often a command found its result in it.
        misses: how often a command had to build.
        going: what ``cache prune`` would remove, from the cache and of temporary files.
    """

    root: Path
    found: Inventory
    bounds: Bounds
    hits: int
    misses: int
    going: Sequence[Item]


def info_of(cache: Store, bounds: Bounds) -> Info:
    """Look at all of a cache.

    Raises:
        LbuildError: if it cannot be read.
    """
    found = scan.inventory_of(cache.root)
    going = retention.to_prune(found, bounds.size, time.time())
    counts = cache.root / buckets.COUNTS.name
    return Info(
        root=cache.root,
        found=found,
        bounds=bounds,
        hits=_size_of(counts / replay.HITS),  # a byte for each: replay.count
        misses=_size_of(counts / replay.MISSES),
        going=(*(item for item in going if not _is_used(cache, item)), *_left_in_temporary()),
    )


def _is_used(cache: Store, item: Item) -> bool:
    """Whether a process uses an environment, so that it stays."""
    if item.kind != "environment" or cache.is_read_only:
        return False
    return kept.in_cache(cache.root).is_used(item.path.name)


def _left_in_temporary() -> list[Item]:
    """Return what killed builds have left in the system's folder for temporary files."""
    try:
        found = temporary.find_abandoned(Path(tempfile.gettempdir()), temporary.FOLDER)
    except OSError:  # it is missing, or may not be listed
        return []
    return [Item(kind="leftover", path=path, files=1, size=size, used_at=0) for path, size in found]


def blob_sizes(cache: Store, digests: Iterable[str]) -> dict[str, int]:
    """Return the sizes of blobs in bytes, by digest; 0 for a blob that is missing."""
    return {sha256: _size_of(cache.blob_path(sha256)) for sha256 in digests}


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
