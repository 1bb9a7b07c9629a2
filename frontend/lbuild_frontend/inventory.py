"""All that lies in a cache, as frozen values. Looks, and changes nothing."""

import dataclasses
import itertools
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lbuild_frontend import cachefiles, cachefolder, environmentbucket, replay, store
from lbuild_frontend.record import OtherVersion, RecordError
from lbuild_frontend.store import Stored, Unusable

Kind = Literal["entry", "blob", "environment", "record", "leftover", "bucket"]
"""``record`` is one that lbuild can do without: digests of files, command lines that are known."""

_VERSIONED = re.compile(r"([a-z]+)-v([0-9]{1,9})")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing in the cache, with all that goes when it goes.

    Attributes:
        size: bytes.
        used_at: when it was last used or written, in seconds since the epoch.
        needs: of an entry, the digests of the blobs that it names.
        records: of an environment, the records that lead to it, those of requests first.
        wanted: whether something leads to it.
        stored: of an entry, what it says; None if it cannot be read.
        unusable: of such an entry, why.
    """

    kind: Kind
    path: Path
    size: int
    used_at: float
    needs: frozenset[str] = frozenset()
    records: tuple[Path, ...] = ()
    wanted: bool = True
    stored: Stored | None = None
    unusable: Unusable | None = None

    @property
    def is_foreign(self) -> bool:
        """Whether it is an entry of another version of lbuild, and left to that."""
        return self.unusable is not None and self.unusable.other_version


@dataclass(frozen=True, slots=True)
class Inventory:
    """What was found in a cache.

    Attributes:
        items: all that can be removed.
        files: by bucket, the number of files and their bytes; the folder's own files under ``""``.
        newer: buckets of a version, or of a kind, that this lbuild does not know.
    """

    items: tuple[Item, ...]
    files: dict[str, tuple[int, int]]
    newer: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(size for _, size in self.files.values())

    def of(self, *kinds: Kind) -> list[Item]:
        """The items of some kinds, those of the first one first."""
        return [item for kind in kinds for item in self.items if item.kind == kind]


def take(root: Path) -> Inventory:
    """Look at all of a cache.

    What comes or goes meanwhile is there or not.

    Raises:
        LbuildError: if the folder cannot be read.
    """
    with cachefiles.errors(root):
        found = {name: _files(root / name) for name in cachefiles.listing(root)}
        older, newer = _other_versions(name for name in found if (root / name).is_dir())
        items = [
            *_entries(root),
            *_blobs(found.get(store.BLOBS, [])),
            *_environments(root, found.get(environmentbucket.NAME, [])),
            *_records(found.get(store.DIGESTS, []), found.get(replay.BUCKET, [])),
            *_leftovers(root, found),
            *_misplaced(root, found),
            *(_group("bucket", root / name, found[name]) for name in older),
        ]
    files: dict[str, tuple[int, int]] = {}
    for name, inside in found.items():
        bucket = name if _VERSIONED.fullmatch(name) else ""
        count, size = files.get(bucket, (0, 0))
        files[bucket] = count + len(inside), size + sum(one.size for one in inside)
    return Inventory(tuple(items), files, newer)


def entries(root: Path) -> list[Item]:
    """All entries, readable or not, the last used at the end.

    Raises:
        LbuildError: if the folder cannot be read.
    """
    with cachefiles.errors(root):
        return sorted(_entries(root), key=lambda item: (item.used_at, item.path.name))


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    size: int
    modified_at: float


def _files(top: Path) -> list[_File]:
    """What lies in a folder, or the file itself; links, and folders on their way out, are empty."""
    paths = [os.fspath(top)]
    for folder, folders, names in os.walk(top):
        going = filter(cachefiles.TEMPORARY.fullmatch, folders)
        paths += [f"{folder}{os.sep}{name}" for name in (*names, *going)]
    found = []
    for path in paths:
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            continue
        if not stat.S_ISDIR(status.st_mode) or cachefiles.TEMPORARY.fullmatch(Path(path).name):
            size = status.st_size if stat.S_ISREG(status.st_mode) else 0
            found.append(_File(path, size, status.st_mtime))
    return found


def _other_versions(names: Iterable[str]) -> tuple[list[str], tuple[str, ...]]:
    """Buckets of an earlier version of lbuild, and those of which this one knows nothing."""
    versions = dict(name.split("-v") for name in cachefolder.BUCKETS)
    older: list[str] = []
    newer: list[str] = []
    for name in names:
        found = _VERSIONED.fullmatch(name)
        if found is None or name in cachefolder.BUCKETS:
            continue
        is_older = int(found[2]) < int(versions.get(found[1], 0))
        (older if is_older else newer).append(name)
    return older, tuple(newer)


def _group(kind: Kind, path: Path, files: Iterable[_File]) -> Item:
    files = list(files)
    used_at = max((one.modified_at for one in files), default=0.0)
    return Item(kind=kind, path=path, size=sum(one.size for one in files), used_at=used_at)


def _entries(root: Path) -> Iterator[Item]:
    for folder in sorted((root / store.ENTRIES).glob("*/*")):
        for name in cachefiles.listing(folder):
            path = folder / name
            if not name.endswith(".json"):
                continue
            try:
                status = path.stat()
                one = store.read_entry(path)
                needs = _needs(path, one)
            except FileNotFoundError:
                continue
            yield Item(
                kind="entry",
                path=path,
                size=status.st_size,
                used_at=status.st_mtime,
                needs=needs,
                stored=one if isinstance(one, Stored) else None,
                unusable=one if isinstance(one, Unusable) else None,
            )


def _needs(path: Path, one: Stored | Unusable) -> frozenset[str]:
    """The blobs that an entry names; of one of another version, all that it could mean."""
    if isinstance(one, Stored):
        return frozenset((one.entry.sha256, one.entry.metadata, one.entry.snapshot))
    if one.other_version:
        return frozenset(_SHA256.findall(path.read_text("ascii", "replace")))
    return frozenset()


def _blobs(files: Iterable[_File]) -> Iterator[Item]:
    for one in files:
        path = Path(one.path)
        if _SHA256.fullmatch(path.name):
            yield _group("blob", path, [one])


def _environments(root: Path, files: Iterable[_File]) -> Iterator[Item]:
    bucket = environmentbucket.of(root)
    inside: dict[str, list[_File]] = {name: [] for name in bucket.folders()}
    start = len(os.fspath(root / environmentbucket.NAME)) + 1
    for one in files:
        name = one.path[start:].partition(os.sep)[0]
        if name in inside:
            inside[name].append(one)
    lost: list[Path] = []
    damaged: list[Path] = []
    places: dict[str, str] = {}
    for path in bucket.records():
        folder = _said_by(path, lambda path: bucket.made(path.stem).folder, damaged)
        if folder in inside:
            places[path.stem] = folder
        elif folder is not None:
            lost.append(path)
    leading: dict[str, list[Path]] = {}
    for path in bucket.requests():
        identity = _said_by(path, lambda path: bucket.request(path.stem).identity, damaged)
        if identity in places:
            leading.setdefault(places[identity], []).append(path)
        elif identity is not None:
            lost.append(path)
    with_bytecode: dict[str, list[Path]] = {}
    for path in bucket.bytecodes():
        (with_bytecode.setdefault(path.stem, []) if path.stem in inside else lost).append(path)
    for name, its in inside.items():
        own = [
            bucket.record_path(identity) for identity, folder in places.items() if folder == name
        ]
        yield dataclasses.replace(
            _group("environment", bucket.root / name, its),
            used_at=max((path.stat().st_mtime for path in own if path.exists()), default=0.0),
            records=(*leading.get(name, ()), *own, *with_bytecode.get(name, ())),
            wanted=name in leading,
        )
    for path in (*lost, *damaged):
        why = Unusable(path, "damaged", other_version=False) if path in damaged else None
        yield dataclasses.replace(_group("leftover", path, _files(path)), unusable=why)


def _said_by(path: Path, read: Callable[[Path], str], damaged: list[Path]) -> str | None:
    """What a record says; one that cannot be read is added to ``damaged``."""
    try:
        return read(path)
    except (FileNotFoundError, OtherVersion):
        return None
    except (OSError, RecordError):
        damaged.append(path)
        return None


def _records(*files: Iterable[_File]) -> Iterator[Item]:
    for one in itertools.chain(*files):
        path = Path(one.path)
        is_record = cachefiles.BUCKET.fullmatch(path.parent.name)
        if is_record and not cachefiles.TEMPORARY.fullmatch(path.name):
            yield _group("record", path, [one])


def _leftovers(root: Path, found: Mapping[str, list[_File]]) -> Iterator[Item]:
    """What processes that were killed have left under temporary names."""
    inside: dict[Path, list[_File]] = {}
    own = (files for name, files in found.items() if _is_own(name))
    for one in itertools.chain.from_iterable(own):
        if not one.path.endswith(".tmp") and ".tmp/" not in one.path.replace(os.sep, "/"):
            continue  # most
        parts = Path(one.path).relative_to(root).parts
        for depth, part in enumerate(parts, 1):
            if cachefiles.TEMPORARY.fullmatch(part):
                inside.setdefault(root.joinpath(*parts[:depth]), []).append(one)
                break
    return (_group("leftover", path, files) for path, files in inside.items())


def _is_own(name: str) -> bool:
    """Whether something at the top of a cache is none of another version's buckets."""
    return name in cachefolder.BUCKETS or not _VERSIONED.fullmatch(name)


_DEPTHS = {
    store.ENTRIES: 4,
    store.BLOBS: 3,
    store.DIGESTS: 2,
    replay.BUCKET: 2,
    replay.COUNTS: 2,
}
"""How deep files lie, by bucket."""


def _misplaced(root: Path, found: Mapping[str, list[_File]]) -> Iterator[Item]:
    """Damage that hides things: a file in the place of a folder, or the other way round."""
    inside: dict[Path, list[_File]] = {}
    for bucket, depth in _DEPTHS.items():
        for one in found.get(bucket, ()):
            parts = Path(one.path).relative_to(root).parts
            is_entry = bucket == store.ENTRIES and len(parts) > depth  # is found as one
            is_temporary = any(map(cachefiles.TEMPORARY.fullmatch, parts))
            if len(parts) != depth and not is_entry and not is_temporary:
                inside.setdefault(root.joinpath(*parts[:depth]), []).append(one)
    for one in found.get(environmentbucket.NAME, ()):
        path = Path(one.path)
        if path.name in environmentbucket.FOLDERS and path.parent.parent == root:
            inside[path] = [one]
    for path, files in inside.items():
        problem = "not a folder" if len(files) == 1 and Path(files[0].path) == path else "a folder"
        unusable = Unusable(path, problem, other_version=False)
        yield dataclasses.replace(_group("leftover", path, files), unusable=unusable)
