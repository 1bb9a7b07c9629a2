"""What is in a cache, as frozen values: items, and an inventory of them.

Only what has a name that some version of lbuild gives is in an inventory; ``scan`` takes it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lbuild_frontend.cache import buckets
from lbuild_frontend.cache.store import StoredEntry, UnusableRecord
from lbuild_frontend.model import hook as hooks
from lbuild_keys.pep508 import normalize_name

Kind = Literal[
    "entry", "blob", "environment", "record", "count", "own", "leftover", "bucket", "newer"
]
"""``record`` is one that lbuild can do without: digests of files, command lines that are known.
``own`` are the files that a cache always has. ``bucket`` is one of an earlier version of lbuild,
``newer`` one of which this knows nothing."""

_OTHERS: tuple[Kind, ...] = ("bucket", "newer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing in the cache, with all that goes when it goes.

    Attributes:
        files: how many there are of it.
        size: bytes.
        used_at: when it was last used or written, in seconds since the epoch.
        needs: of an entry, the digests of the blobs that it names.
        records: of an environment, the records that lead to it, those of requests first.
        wanted: whether something leads to it.
        stored: of an entry, what it says; None if it cannot be read.
        unusable: of what cannot be read, why.
    """

    kind: Kind
    path: Path
    files: int
    size: int
    used_at: float
    needs: frozenset[str] = frozenset()
    records: tuple[Path, ...] = ()
    wanted: bool = True
    stored: StoredEntry | None = None
    unusable: UnusableRecord | None = None

    @property
    def is_foreign(self) -> bool:
        """Whether it is an entry of another version of lbuild, and left to that."""
        return self.unusable is not None and self.unusable.other_version

    @property
    def is_result(self) -> bool:
        """Whether it is an entry of what a command asks for, and not of what a backend requires."""
        return self.kind == "entry" and not self.path.parent.name.startswith(hooks.REQUIRES_PREFIX)

    @property
    def project(self) -> str:
        """The normalised name of an entry's project; ``unnamed`` if that cannot be read."""
        stated = self.stored.entry.name if self.stored else ""
        return normalize_name(stated) if stated else self.path.parent.parent.name


@dataclass(frozen=True, slots=True)
class Inventory:
    """What was found in a cache."""

    root: Path
    items: tuple[Item, ...]

    @property
    def size(self) -> int:
        """Bytes of what is this lbuild's."""
        return sum(item.size for item in self.items if item.kind not in _OTHERS)

    @property
    def files(self) -> dict[str, tuple[int, int]]:
        """By bucket, the number of files and their bytes; what lies beside buckets under ``""``."""
        found: dict[str, tuple[int, int]] = {}
        for item in self.items:
            parts = item.path.parts[len(self.root.parts) :]
            bucket = parts[0] if buckets.parse_name(parts[0]) else ""
            files, size = found.get(bucket, (0, 0))
            found[bucket] = files + item.files, size + item.size
        return found

    @property
    def foreign(self) -> list[Item]:
        """What is of another version of lbuild, and left to that: entries, and newer buckets."""
        return [item for item in self.items if item.is_foreign or item.kind == "newer"]

    @property
    def results(self) -> list[Item]:
        """The entries of what commands ask for, readable or not."""
        return [item for item in self.items if item.is_result]

    def of(self, *kinds: Kind) -> list[Item]:
        """The items of some kinds, those of the first one first."""
        return [item for kind in kinds for item in self.items if item.kind == kind]
