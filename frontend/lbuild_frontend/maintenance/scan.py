"""A cache folder -> its inventory. Changes nothing.

What has a name that is not lbuild's is in no inventory. Links are not followed: where a folder of
the cache is a link, what it leads to is left alone.
"""

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lbuild_frontend.cache import buckets, size_account, store
from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache.buckets import Bucket
from lbuild_frontend.cache.sealed import RecordError
from lbuild_frontend.cache.store import StoredEntry, UnusableRecord
from lbuild_frontend.disk import atomic
from lbuild_frontend.environments import kept
from lbuild_frontend.maintenance.inventory import Inventory, Item, Kind


def inventory_of(root: Path) -> Inventory:
    """Look at all of a cache.

    What is added or removed meanwhile may be in the inventory or not.

    Raises:
        LbuildError: if the folder cannot be read.
    """
    root = Path(os.path.realpath(root))  # as environments have it; a link may lead to a cache
    with cache_files.explained_errors(root):
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


def entries_of(root: Path) -> list[Item]:
    """Return all entries, readable or not, the last used at the end.

    Raises:
        LbuildError: if the folder cannot be read.
    """
    with cache_files.explained_errors(root):
        found = _entries(Path(os.path.realpath(root)), [])
        return sorted(found, key=lambda item: (item.used_at, item.path.name))


def _content(root: Path, bucket: Bucket, aside: list[Item]) -> Iterator[Path]:
    """What is kept in a bucket; what has no place there is put aside."""
    place = root / bucket.name
    if not place.is_symlink():
        yield from _in_folders(place, bucket.folders, bucket.content, aside)


def _in_folders(
    folder: Path, folders: Sequence[str], content: str, aside: list[Item]
) -> Iterator[Path]:
    if not folders:
        yield from _named(folder, content, aside)
        return
    for path in _named(folder, folders[0], aside):
        if path.is_symlink():
            continue
        if path.is_dir():
            yield from _in_folders(path, folders[1:], content, aside)
        else:
            aside.extend(_no_folder(path))


def _named(folder: Path, pattern: str, aside: list[Item]) -> Iterator[Path]:
    """What is in a folder by a name that is meant; what has a temporary name is put aside."""
    is_meant = re.compile(pattern).fullmatch
    for name in cache_files.listing(folder):
        path = folder / name
        if atomic.TEMPORARY.fullmatch(name):
            aside.extend(_measured("leftover", path))
        elif is_meant(name):
            yield path


def _no_folder(path: Path) -> Iterator[Item]:
    """Something in the place of a folder: damage, unless it is gone by now."""
    why = UnusableRecord(path, "not a folder", other_version=False)
    return _measured("leftover", path, unusable=why)


def _measured(
    kind: Kind, path: Path, *, unusable: UnusableRecord | None = None, wanted: bool = True
) -> Iterator[Item]:
    """Yield a file, or a folder with all that is in it; nothing if it is gone. Links are empty."""
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
    for path in _content(root, buckets.ENTRIES, aside):
        for item in _measured("entry", path):
            try:
                one = store.read_entry(path)
                needs = _needs(path, one)
            except FileNotFoundError:
                continue
            yield item._replace(
                needs=needs,
                stored=one if isinstance(one, StoredEntry) else None,
                unusable=one if isinstance(one, UnusableRecord) else None,
            )


def _needs(path: Path, one: StoredEntry | UnusableRecord) -> frozenset[str]:
    """Return the blobs that an entry names; of another version's entry, all that it may name."""
    if isinstance(one, StoredEntry):
        return frozenset((one.entry.sha256, one.entry.metadata, one.entry.snapshot))
    if one.other_version:
        return frozenset(re.findall(buckets.SHA256, path.read_text("ascii", "replace")))
    return frozenset()


def _blobs(root: Path, aside: list[Item]) -> Iterator[Item]:
    if (root / buckets.ENTRIES.name).is_symlink():
        return  # it is not known which of them are named
    for path in _content(root, buckets.BLOBS, aside):
        yield from _measured("blob", path)


def _records(root: Path, aside: list[Item]) -> Iterator[Item]:
    for bucket, kind in _FLAT:
        for path in _content(root, bucket, aside):
            yield from _measured(kind, path)


_FLAT: tuple[tuple[Bucket, Kind], ...] = (
    (buckets.DIGESTS, "record"),
    (buckets.REPLAYS, "record"),
    (buckets.COUNTS, "count"),
    (buckets.LOGS, "record"),
    (buckets.COMMANDS, "record"),
)


def _own(root: Path) -> Iterator[Item]:
    paths = [root / name for name in buckets.FILES]
    for path in (*paths, size_account.path(root)):
        yield from _measured("own", path)


def _environments(root: Path, aside: list[Item]) -> Iterator[Item]:
    if (root / buckets.ENVIRONMENTS.name).is_symlink():
        return
    bucket = kept.in_cache(root)
    folders = {path.name for path in _content(root, buckets.ENVIRONMENTS, aside)}
    for beside in buckets.BESIDE_ENVIRONMENTS:
        aside.extend(_misplaced(bucket.root / beside.name))

    def records(of: Bucket) -> Iterator[Path]:
        return _named(bucket.root / of.name, of.content, aside)

    places = {
        path: folder
        for path in records(buckets.RECORDS)
        for folder in _read(path, lambda path: bucket.read_record(path.stem).folder, aside)
    }
    asked = {
        path: bucket.record_path(identity)
        for path in records(buckets.REQUESTS)
        for identity in _read(path, lambda path: bucket.read_request(path.stem).identity, aside)
    }
    lost = [path for path, folder in places.items() if folder not in folders]
    lost += [path for path, leads_to in asked.items() if places.get(leads_to) not in folders]
    lost += [path for path in records(buckets.BYTECODE) if path.stem not in folders]
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
        yield item._replace(
            files=item.files + sum(one.files for one in records),
            size=item.size + sum(one.size for one in records),
            used_at=max(used, default=0.0),
            records=tuple(one.path for one in records),
            wanted=bool(requests),
        )


def _misplaced(path: Path) -> Iterator[Item]:
    if os.path.lexists(path) and not path.is_dir():
        yield from _no_folder(path)


def _read(path: Path, read: Callable[[Path], str], aside: list[Item]) -> Iterator[str]:
    """What a record holds; a record that cannot be read is put aside."""
    try:
        yield read(path)
    except FileNotFoundError:
        return
    except (OSError, RecordError) as error:
        why = UnusableRecord(path, str(error), other_version=False)
        aside.extend(_measured("record", path, unusable=why, wanted=False))


def _other_buckets(root: Path, aside: list[Item]) -> Iterator[Item]:
    """Buckets of an earlier version of lbuild, and those that this version does not know."""
    for path in _named(root, ".*", aside):
        if path.name in buckets.ALL:
            aside.extend(_misplaced(path))
        elif buckets.parse_name(path.name) and path.is_dir() and not path.is_symlink():
            yield from _measured("bucket" if buckets.is_older(path.name) else "newer", path)
