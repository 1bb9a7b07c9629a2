"""Checks all that is in a cache against its digests; what is damaged is reported and dropped."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lbuild_frontend import (
    bytecode,
    cachefiles,
    cachefolder,
    contents,
    environmentbucket,
    inventory,
    ledger,
    record,
    replay,
    store,
)
from lbuild_frontend.environmentbucket import Bucket
from lbuild_frontend.inventory import Inventory, Item
from lbuild_frontend.record import RecordError
from lbuild_frontend.reporter import Reporter
from lbuild_frontend.store import Store, Unusable


@dataclass(frozen=True, slots=True)
class Damage:
    """Something in the cache that is not what it was.

    Attributes:
        problem: as a clause.
    """

    path: Path
    problem: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of a verification.

    Attributes:
        damages: each was dropped.
        files: how many there were.
        size: their bytes.
        foreign: entries and buckets of another version of lbuild, of which nothing can be told.
    """

    damages: tuple[Damage, ...]
    files: int
    size: int
    foreign: tuple[str, ...]


def verify(cache: Store, reporter: Reporter) -> Verified:
    """Check all of a cache, and drop what is damaged.

    Raises:
        LbuildError: if the cache cannot be used.
    """
    reporter.progress("looking at the cache")
    found = inventory.take(cache.root)
    damages = []
    for item, problem in _problems(cache, found, reporter):
        # Once more while nobody changes it: it may have been removed, or put right, meanwhile.
        with cache.changes(reporter.note):
            if os.path.lexists(item.path) and _problem(cache, item) is not None:
                _drop(cache, item)
                damages.append(Damage(item.path, problem))
    for path in (*cachefolder.damaged(cache.root), *ledger.damaged(cache.root)):
        cachefiles.remove(path)
        damages.append(Damage(path, "damaged"))
    foreign = [os.fspath(item.path) for item in found.of("entry") if item.is_foreign]
    files = found.files.values()
    return Verified(
        damages=tuple(damages),
        files=sum(count for count, _ in files),
        size=found.size,
        foreign=(*foreign, *found.newer),
    )


def _problems(cache: Store, found: Inventory, reporter: Reporter) -> Iterator[tuple[Item, str]]:
    # Entries at the end: those that name a damaged blob are of no use without it.
    items = [*found.of("blob", "environment", "record", "leftover"), *found.of("entry")]
    for number, item in enumerate(items):
        if number % _STEP == 0:
            reporter.progress(f"verifying the cache: {number} of {len(items)}")
        problem = _problem(cache, item)
        if problem is not None:
            yield item, problem


_STEP = 20
"""Items after which progress is told."""


def _problem(cache: Store, item: Item) -> str | None:
    """What is wrong with something; None if nothing is, or it went meanwhile."""
    try:
        match item.kind:
            case "blob":
                return None if cache.blob(item.path.name) is not None else "missing"
            case "entry":
                return None if item.is_foreign else _problem_of_entry(cache, item.path)
            case "environment":
                return _problem_of_environment(environmentbucket.of(cache.root), item)
            case "record":
                return _problem_of_record(item.path)
            case _:
                return item.unusable.problem if item.unusable else None
    except FileNotFoundError:
        return None
    except RecordError as error:
        return str(error)
    except OSError as error:
        return error.strerror or str(error)


def _problem_of_entry(cache: Store, path: Path) -> str | None:
    one = store.read_entry(path)
    if isinstance(one, Unusable):
        return one.problem
    for sha256 in (one.entry.sha256, one.entry.metadata):
        if not cache.blob_path(sha256).exists():
            return f"what it names is missing: {sha256}"
    snapshot = cache.blob(one.entry.snapshot)
    if snapshot is None:
        return "its snapshot is missing"
    record.snapshot_from_bytes(snapshot)
    return None


def _problem_of_environment(bucket: Bucket, item: Item) -> str | None:
    for path in item.records:
        if path.parent == bucket.root / environmentbucket.RECORDS:
            made = bucket.made(path.stem)
            if not bucket.is_sound(made):
                return "changed since it was made"
            damaged = bytecode.damaged(bucket, made)
            if damaged:
                return f"{damaged[0]} is not what a build has left"
            changed = contents.mismatches((bucket.root / made.python).parent.parent)
            if changed:
                return f"{changed[0]} is not what was installed"
    return None


def _problem_of_record(path: Path) -> str | None:
    content = path.read_bytes()
    if path.parent.name == replay.BUCKET:
        return None if replay.unsealed(content) is not None else "damaged"
    record.unseal(content)
    return None


def _drop(cache: Store, item: Item) -> None:
    for path in item.records:
        cachefiles.remove(path)
    if item.kind == "environment":
        environmentbucket.of(cache.root).remove(item.path.name)
    else:
        cachefiles.remove(item.path)
