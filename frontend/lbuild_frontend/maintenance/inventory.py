"""What is in a cache, as frozen values: items, and an inventory of them.

Only what has a name that some version of lbuild gives is in an inventory; ``scan`` takes it.
"""

from pathlib import Path
from typing import Literal, NamedTuple

from lbuild_frontend.cache import buckets
from lbuild_frontend.cache.store import StoredEntry, UnusableRecord
from lbuild_frontend.model import hook as hooks
from lbuild_keys.pep508 import normalize_name

Kind = Literal[
    "entry", "blob", "environment", "record", "count", "own", "leftover", "bucket", "newer"
]
"""``record`` is one that lbuild can do without: digests of files, known command lines. ``own`` are
the files that a cache always has. ``bucket`` is a bucket of an earlier version of lbuild, ``newer``
one that this version does not know."""

_OTHERS: tuple[Kind, ...] = ("bucket", "newer")


class Item(NamedTuple):
    """One thing in the cache, with all that is removed with it.

    Attributes:
        files: the number of its files.
        size: bytes.
        used_at: when it was last used or written, in seconds since the epoch.
        needs: of an entry, the digests of the blobs that it names.
        records: of an environment, the records that lead to it, those of requests first.
        wanted: whether something leads to it.
        stored: the entry, if it can be read.
        unusable: why it cannot be read, if it cannot.
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
    def is_of_other_version(self) -> bool:
        """Whether it is an entry of another version of lbuild."""
        return self.unusable is not None and self.unusable.other_version

    @property
    def is_older(self) -> bool:
        """Whether it is an entry of an earlier version of lbuild."""
        return self.unusable is not None and self.unusable.is_older

    @property
    def is_foreign(self) -> bool:
        """Whether it is an entry of another version of lbuild, not an earlier one: left to it."""
        return self.is_of_other_version and not self.is_older

    @property
    def is_result(self) -> bool:
        """Whether it is an entry of a result of a command, and not of what a backend requires."""
        return self.kind == "entry" and not self.path.parent.name.startswith(hooks.REQUIRES_PREFIX)

    @property
    def counted_as(self) -> Kind:
        """The kind by which it is counted for users: an entry is what ``cache list`` shows."""
        if self.kind != "entry" or (self.is_result and self.stored):
            return self.kind
        return "record" if self.stored else "leftover"

    @property
    def project(self) -> str:
        """Return the normalised name of an entry's project; ``unnamed`` if it cannot be read."""
        stated = self.stored.entry.name if self.stored else ""
        return normalize_name(stated) if stated else self.path.parent.parent.name


class Inventory(NamedTuple):
    """What was found in a cache."""

    root: Path
    items: tuple[Item, ...]

    @property
    def size(self) -> int:
        """Return the bytes of what is of this version of lbuild."""
        return sum(item.size for item in self.items if item.kind not in _OTHERS)

    @property
    def files(self) -> dict[str, tuple[int, int]]:
        """Return the number of files and bytes by bucket; by ``""`` of what is in none."""
        found: dict[str, tuple[int, int]] = {}
        for item in self.items:
            parts = item.path.parts[len(self.root.parts) :]
            bucket = parts[0] if buckets.parse_name(parts[0]) else ""
            files, size = found.get(bucket, (0, 0))
            found[bucket] = files + item.files, size + item.size
        return found

    @property
    def foreign(self) -> list[Item]:
        """Return what is of another version of lbuild, and left to it: entries, unknown buckets."""
        return [item for item in self.items if item.is_foreign or item.kind == "newer"]

    @property
    def results(self) -> list[Item]:
        """Return the entries of results of commands, readable or not."""
        return [item for item in self.items if item.is_result]

    def of(self, *kinds: Kind) -> list[Item]:
        """Return the items of some kinds, those of the first kind first."""
        return [item for kind in kinds for item in self.items if item.kind == kind]
