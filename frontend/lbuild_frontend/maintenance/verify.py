"""Comparing all that is in a cache with its digests; what is damaged is reported and removed."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend import replay
from lbuild_frontend.cache import buckets, commands, size_account, store
from lbuild_frontend.cache import folder as cache_folder
from lbuild_frontend.cache.entry import snapshot_from_bytes
from lbuild_frontend.cache.sealed import RecordError, unseal
from lbuild_frontend.cache.store import Store, UnusableRecord
from lbuild_frontend.disk import atomic
from lbuild_frontend.environments import bytecode, contents, kept
from lbuild_frontend.environments.kept import KeptEnvironments
from lbuild_frontend.maintenance import scan
from lbuild_frontend.maintenance.inventory import Inventory, Item
from lbuild_frontend.model.reporter import Reporter


class Damage(NamedTuple):
    """Something in the cache that is not as it was written.

    Attributes:
        problem: as a clause.
        is_removed: whether it could be removed.
    """

    path: Path
    problem: str
    is_removed: bool


class Verified(NamedTuple):
    """The result of a verification.

    Attributes:
        damages: each is removed, if possible.
        files: how many were checked.
        size: their bytes.
        foreign: entries and buckets of another version of lbuild, which cannot be checked.
    """

    damages: tuple[Damage, ...]
    files: int
    size: int
    foreign: tuple[Path, ...]


def verify(cache: Store, reporter: Reporter) -> Verified:
    """Check all of a cache, and remove what is damaged.

    Raises:
        LbuildError: if the cache cannot be used.
    """
    reporter.progress("looking at the cache")
    found = scan.inventory_of(cache.root)
    damages = []
    for item, problem in _problems(cache, found, reporter):
        if cache.is_read_only:
            damages.append(Damage(item.path, problem, is_removed=False))
            continue
        # Again, while no process changes it: it may have been removed, or written anew, meanwhile.
        with cache.exclusive(reporter.note):
            if os.path.lexists(item.path) and _problem(cache, item) is not None:
                damages.append(Damage(item.path, problem, is_removed=_remove(cache, item)))
    if cache.is_read_only:
        damages += [Damage(path, "damaged", is_removed=False) for path in _damaged_files(cache)]
    elif _damaged_files(cache):
        with cache.exclusive(reporter.note):
            damages += [
                Damage(path, "damaged", is_removed=atomic.remove(path))
                for path in _damaged_files(cache)
            ]
    older = [item for item in found.of("entry") if item.is_older]
    foreign = {item.path for item in (*found.foreign, *older, *found.of("bucket"))}
    checked = [item for item in found.items if item.path not in foreign]
    return Verified(
        damages=tuple(damages),
        files=sum(item.files for item in checked),
        size=sum(item.size for item in checked),
        foreign=tuple(sorted(foreign)),
    )


def _damaged_files(cache: Store) -> list[Path]:
    return [*cache_folder.damaged(cache.root), *size_account.damaged(cache.root)]


def _problems(cache: Store, found: Inventory, reporter: Reporter) -> Iterator[tuple[Item, str]]:
    # Entries last: those that name a damaged blob are unusable without it.
    items = found.of("blob", "environment", "record", "count", "leftover", "entry")
    for number, item in enumerate(items):
        if number % _STEP == 0:
            reporter.progress(f"verifying the cache: {number} of {len(items)}")
        problem = _problem(cache, item)
        if problem is not None:
            yield item, problem


_STEP = 20
"""Items after which progress is reported."""


def _problem(cache: Store, item: Item) -> str | None:
    """Return what is wrong with something; None if nothing is, or it was removed meanwhile."""
    try:
        match item.kind:
            case "blob":
                return None if cache.open_blob(item.path.name) is not None else "missing"
            case "entry":
                other = item.is_of_other_version
                return None if other else _problem_of_entry(cache, item.path)
            case "environment":
                return _problem_of_environment(cache, item)
            case "record":
                return _problem_of_record(kept.in_cache(cache.root), item.path)
            case "count":
                return "a folder" if item.path.is_dir() else None
            case "leftover" if item.unusable is not None:
                return None if item.path.is_dir() else item.unusable.problem
            case _:
                return None
    except FileNotFoundError:
        return None
    except RecordError as error:
        return str(error)
    except OSError as error:
        return error.strerror or str(error)


def _problem_of_entry(cache: Store, path: Path) -> str | None:
    one = store.read_entry(path)
    if isinstance(one, UnusableRecord):
        return one.problem
    for sha256 in (one.entry.sha256, one.entry.metadata):
        if not cache.blob_path(sha256).is_file():
            return f"a blob that it names is missing: {sha256}"
    snapshot = cache.blob(one.entry.snapshot)
    if snapshot is None:
        return "its snapshot is missing"
    snapshot_from_bytes(snapshot)
    return None


def _problem_of_environment(cache: Store, item: Item) -> str | None:
    bucket = kept.in_cache(cache.root)
    for path in item.records:
        if path.parent == bucket.records:
            record = bucket.read_record(path.stem)
            environment = contents.root_of(bucket.root / record.python)
            # Where nothing is written no environment is used, and `chmod a-w` changes all of them.
            if not cache.is_read_only and not bucket.is_unchanged(record):
                return "changed since it was made"
            damaged = bytecode.find_damage(bucket, record)
            if damaged:
                return f"{damaged[0]} has changed since a build wrote it"
            if contents.installed(environment).identity != record.installed:
                return "differs from what was installed"
            changed = contents.mismatches(environment)
            if changed:
                return f"{changed[0]} differs from what was installed"
    return None


def _problem_of_record(bucket: KeptEnvironments, path: Path) -> str | None:
    if path.parent == bucket.requests:
        bucket.read_request(path.stem)
    elif path.parent == bucket.records:
        bucket.read_record(path.stem)
    elif path.parent.name == buckets.REPLAYS.name:
        return None if replay.unsealed(path.read_bytes()) is not None else "damaged"
    elif path.parent.name == buckets.COMMANDS.name:
        return commands.find_damage(path)
    elif path.parent.name == buckets.LOGS.name:
        return "a folder" if path.is_dir() else None  # text, for people: it has no checksum
    else:
        unseal(path.read_bytes())
    return None


def _remove(cache: Store, item: Item) -> bool:
    """Remove something damaged; return whether it is gone. An environment in use goes later."""
    gone = [atomic.remove(path) for path in item.records]
    if item.kind == "environment":
        kept.in_cache(cache.root).remove(item.path.name)
        return all(gone)
    return atomic.remove(item.path)
