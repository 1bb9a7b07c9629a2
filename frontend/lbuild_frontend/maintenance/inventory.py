"""All that lies in a cache by names of the cache's own, as frozen values. Changes nothing.

What lies there by another name is not lbuild's, and in no inventory. Links are not followed: where
a folder of the cache is one, what it leads to is left alone.
"""

import dataclasses
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lbuild_frontend import replay
from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache import folder as cache_folder
from lbuild_frontend.cache import size_account, store
from lbuild_frontend.cache.entry import RecordError
from lbuild_frontend.cache.store import StoredEntry, UnusableRecord
from lbuild_frontend.environments import kept
from lbuild_keys.pep508 import normalize_name

Kind = Literal[
    "entry", "blob", "environment", "record", "count", "own", "leftover", "bucket", "newer"
]
"""``record`` is one that lbuild can do without: digests of files, command lines that are known.
``own`` are the files that a cache always has. ``bucket`` is one of an earlier version of lbuild,
``newer`` one of which this knows nothing."""

_OTHERS: tuple[Kind, ...] = ("bucket", "newer")
_REQUIRES_HOOK = "get_requires_for_"
_VERSIONED = re.compile(r"([a-z]+)-v([0-9]{1,9})")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PREFIX = re.compile(r"[0-9a-f]{2}")
_HOOK = re.compile(rf"({_REQUIRES_HOOK}|prepare_metadata_for_)?build_(wheel|sdist|editable)")
_ENTRY = re.compile(r"[^.].*\.json", re.DOTALL)
_DIGESTS = re.compile(r"[0-9a-f]{32}\.json")
_REPLAY = re.compile(r"[0-9a-f]{32}")
_COUNT = re.compile(r"hits|misses")


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
        return self.kind == "entry" and not self.path.parent.name.startswith(_REQUIRES_HOOK)

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
            bucket = parts[0] if _VERSIONED.fullmatch(parts[0]) else ""
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


def take(root: Path) -> Inventory:
    """Look at all of a cache.

    What comes or goes meanwhile is there or not.

    Raises:
        LbuildError: if the folder cannot be read.
    """
    root = Path(os.path.realpath(root))  # as environments have it; a link may lead to a cache
    with cache_files.errors(root):
        aside: list[Item] = []
        items = [
            *_entries(root, aside),
            *_blobs(root, aside),
            *_environments(root, aside),
            *_records(root, aside),
            *_own(root),
            *_other_buckets(root, aside),
        ]
    return Inventory(root, (*items, *aside))


def entries(root: Path) -> list[Item]:
    """All entries, readable or not, the last used at the end.

    Raises:
        LbuildError: if the folder cannot be read.
    """
    with cache_files.errors(root):
        found = _entries(Path(os.path.realpath(root)), [])
        return sorted(found, key=lambda item: (item.used_at, item.path.name))


def _below(folder: Path, pattern: re.Pattern[str], aside: list[Item]) -> Iterator[Path]:
    """What lies in a folder by a name that is meant; what has a temporary one is put aside."""
    for name in cache_files.listing(folder):
        path = folder / name
        if cache_files.TEMPORARY.fullmatch(name):
            aside.extend(_measured("leftover", path))
        elif pattern.fullmatch(name):
            yield path


def _folders(folder: Path, pattern: re.Pattern[str], aside: list[Item]) -> Iterator[Path]:
    """Those of them that are folders, as they should be; what is none is put aside as damage."""
    for path in _below(folder, pattern, aside):
        if path.is_symlink():
            continue
        if path.is_dir():
            yield path
        else:
            why = UnusableRecord(path, "not a folder", other_version=False)
            aside.extend(_measured("leftover", path, unusable=why))


def _bucket(root: Path, name: str) -> Path | None:
    path = root / name
    return None if path.is_symlink() else path


def _measured(
    kind: Kind, path: Path, *, unusable: UnusableRecord | None = None, wanted: bool = True
) -> Iterator[Item]:
    """A file, or a folder with all that is in it; nothing if it is gone. Links are empty."""
    files, size, used_at = 0, 0, 0.0
    paths = [os.fspath(path)]
    paths += [f"{top}{os.sep}{name}" for top, _, names in os.walk(path) for name in names]
    for number, each in enumerate(paths):
        try:
            status = os.lstat(each)
        except FileNotFoundError:
            if number == 0:
                return
            continue
        if not stat.S_ISDIR(status.st_mode):
            files += 1
            size += status.st_size if stat.S_ISREG(status.st_mode) else 0
            used_at = max(used_at, cache_files.used_at(status) / 1e9)
    yield Item(
        kind=kind,
        path=path,
        files=files,
        size=size,
        used_at=used_at,
        wanted=wanted,
        unusable=unusable,
    )


def _entries(root: Path, aside: list[Item]) -> Iterator[Item]:
    bucket = _bucket(root, store.ENTRIES)
    for project in _folders(bucket, store.NAME, aside) if bucket else ():
        for hook in _folders(project, _HOOK, aside):
            for path in _below(hook, _ENTRY, aside):
                for item in _measured("entry", path):
                    try:
                        one = store.read_entry(path)
                        needs = _needs(path, one)
                    except FileNotFoundError:
                        continue
                    yield dataclasses.replace(
                        item,
                        needs=needs,
                        stored=one if isinstance(one, StoredEntry) else None,
                        unusable=one if isinstance(one, UnusableRecord) else None,
                    )


def _needs(path: Path, one: StoredEntry | UnusableRecord) -> frozenset[str]:
    """The blobs that an entry names; of one of another version, all that it could mean."""
    if isinstance(one, StoredEntry):
        return frozenset((one.entry.sha256, one.entry.metadata, one.entry.snapshot))
    if one.other_version:
        return frozenset(_SHA256.findall(path.read_text("ascii", "replace")))
    return frozenset()


def _blobs(root: Path, aside: list[Item]) -> Iterator[Item]:
    if _bucket(root, store.ENTRIES) is None:
        return  # nobody knows which of them are named
    bucket = _bucket(root, store.BLOBS)
    for folder in _folders(bucket, _PREFIX, aside) if bucket else ():
        for path in _below(folder, _SHA256, aside):
            yield from _measured("blob", path)


def _records(root: Path, aside: list[Item]) -> Iterator[Item]:
    for name, pattern, kind in _FLAT:
        bucket = _bucket(root, name)
        for path in _below(bucket, pattern, aside) if bucket else ():
            yield from _measured(kind, path)


_FLAT: tuple[tuple[str, re.Pattern[str], Kind], ...] = (
    (store.DIGESTS, _DIGESTS, "record"),
    (replay.BUCKET, _REPLAY, "record"),
    (replay.COUNTS, _COUNT, "count"),
)


def _own(root: Path) -> Iterator[Item]:
    paths = [root / name for name in cache_folder.FILES]
    for path in (*paths, size_account.path(root)):
        yield from _measured("own", path)


def _environments(root: Path, aside: list[Item]) -> Iterator[Item]:
    if _bucket(root, kept.NAME) is None:
        return
    bucket = kept.of(root)
    folders = {path.name for path in _below(bucket.root, kept.FOLDER, aside)}
    for name in kept.FOLDERS:
        aside.extend(_misplaced(bucket.root / name))
    places = {
        path: folder
        for path in _below(bucket.records, kept.RECORD, aside)
        for folder in _said_by(path, lambda path: bucket.made(path.stem).folder, aside)
    }
    asked = {
        path: bucket.record_path(identity)
        for path in _below(bucket.requests, kept.RECORD, aside)
        for identity in _said_by(path, lambda path: bucket.request(path.stem).identity, aside)
    }
    lost = [path for path, folder in places.items() if folder not in folders]
    lost += [path for path, leads_to in asked.items() if places.get(leads_to) not in folders]
    lost += [
        path for path in _below(bucket.bytecodes, kept.BYTECODE, aside) if path.stem not in folders
    ]
    for path in lost:
        yield from _measured("leftover", path)
    for name in sorted(folders):
        own = [path for path, folder in places.items() if folder == name]
        requests = [path for path, leads_to in asked.items() if leads_to in own]
        yield from _environment(bucket.root / name, requests, [*own, bucket.bytecode_path(name)])


def _environment(folder: Path, requests: list[Path], own: list[Path]) -> Iterator[Item]:
    for item in _measured("environment", folder):
        asking = [one for path in requests for one in _measured("record", path)]
        others = [one for path in own for one in _measured("record", path)]
        records = [*asking, *others]
        used = [one.used_at for one in others]
        yield dataclasses.replace(
            item,
            files=item.files + sum(one.files for one in records),
            size=item.size + sum(one.size for one in records),
            used_at=max(used, default=0.0),
            records=tuple(one.path for one in records),
            wanted=bool(requests),
        )


def _misplaced(path: Path) -> Iterator[Item]:
    if os.path.lexists(path) and not path.is_dir():
        why = UnusableRecord(path, "not a folder", other_version=False)
        yield from _measured("leftover", path, unusable=why)


def _said_by(path: Path, read: Callable[[Path], str], aside: list[Item]) -> Iterator[str]:
    """What a record says; one that cannot be read is put aside."""
    try:
        yield read(path)
    except FileNotFoundError:
        return
    except (OSError, RecordError) as error:
        why = UnusableRecord(path, str(error), other_version=False)
        aside.extend(_measured("record", path, unusable=why, wanted=False))


def _other_buckets(root: Path, aside: list[Item]) -> Iterator[Item]:
    """Buckets of an earlier version of lbuild, and those of which this one knows nothing."""
    versions = dict(name.split("-v") for name in cache_folder.BUCKETS)
    for path in _below(root, _VERSIONED, aside):
        base, number = path.name.split("-v")
        if path.name in cache_folder.BUCKETS:
            aside.extend(_misplaced(path))
        elif path.is_dir() and not path.is_symlink():
            is_older = int(number) < int(versions.get(base, 0))
            yield from _measured("bucket" if is_older else "newer", path)
