"""What the cache holds, in bytes: added to as things are kept, and counted anew now and then.

So that a build need not look at the whole cache to find out whether its bound was passed. Without
an account, or with an old one, somebody has to count.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from lbuild_frontend.cache import buckets
from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache.sealed import RecordError, seal, unseal

_MAX_AGE = 86_400
"""Seconds; a process that was killed may have left something that nobody added."""


@dataclass(frozen=True, slots=True)
class SizeAccount:
    """What was counted, and what came to it since.

    Attributes:
        size: bytes.
        counted_at: seconds since the epoch.
    """

    size: int
    counted_at: float

    @property
    def is_recent(self) -> bool:
        # A clock that was set back makes it one of the future.
        return 0 <= time.time() - self.counted_at < _MAX_AGE


def read(root: Path) -> SizeAccount | None:
    """The account of a cache; None if there is none that can be read."""
    try:
        size, counted_at = unseal(path(root).read_bytes())
        return SizeAccount(int(size), float(counted_at))
    except (OSError, RecordError, ValueError, TypeError, OverflowError):
        return None


def damaged(root: Path) -> list[Path]:
    """The file of the account, if it cannot be read."""
    place = path(root)
    return [place] if os.path.lexists(place) and read(root) is None else []


def add(root: Path, size: int) -> None:
    """Note that something of this size came, if there is an account.

    Raises:
        OSError: if that cannot be written.
    """
    account = read(root)
    if account is not None:
        write(root, SizeAccount(account.size + size, account.counted_at))


def write(root: Path, account: SizeAccount) -> None:
    """Keep an account.

    Raises:
        OSError: if that cannot be written.
    """
    cache_files.write(path(root), seal([account.size, account.counted_at]))


def path(root: Path) -> Path:
    """The file of the account."""
    return root / buckets.COUNTS.name / buckets.SIZE_ACCOUNT
