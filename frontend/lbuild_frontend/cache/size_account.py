"""A running total of the size of the cache, which is counted anew at times.

With it a build need not look at the whole cache to find out whether that is too large. If there is
no account, or an old one, the cache has to be counted.
"""

import os
import time
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.cache import buckets
from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache.sealed import RecordError, seal, unseal

_MAX_AGE = 86_400
"""Seconds; a killed process may have left something that was not added."""


class SizeAccount(NamedTuple):
    """What was counted, plus what was added since.

    Attributes:
        size: bytes.
        counted_at: seconds since the epoch.
    """

    size: int
    counted_at: float

    @property
    def is_recent(self) -> bool:
        # If the clock was set back, it is of the future.
        return 0 <= time.time() - self.counted_at < _MAX_AGE


def read(root: Path) -> SizeAccount | None:
    """Read the account of a cache; None if it is missing or damaged."""
    try:
        size, counted_at = unseal(path(root).read_bytes())
        return SizeAccount(int(size), float(counted_at))
    except (OSError, RecordError, ValueError, TypeError, OverflowError):
        return None


def is_within(root: Path, most: int | None) -> bool:
    """Whether the cache is known to have no more bytes than that; None for any number."""
    account = read(root)
    return account is not None and account.is_recent and (most is None or account.size <= most)


def damaged(root: Path) -> list[Path]:
    """Return the file of the account if it is damaged, in a list."""
    place = path(root)
    return [place] if os.path.lexists(place) and read(root) is None else []


def add(root: Path, size: int) -> None:
    """Add a size in bytes to the account, if there is one.

    Raises:
        OSError: if it cannot be written.
    """
    account = read(root)
    if account is not None:
        write(root, SizeAccount(account.size + size, account.counted_at))


def write(root: Path, account: SizeAccount) -> None:
    """Write an account.

    Raises:
        OSError: if it cannot be written.
    """
    cache_files.write(path(root), seal([account.size, account.counted_at]))


def path(root: Path) -> Path:
    """Return the path of the account."""
    return root / buckets.COUNTS.name / buckets.SIZE_ACCOUNT
