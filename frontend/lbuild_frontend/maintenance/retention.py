"""What is to be removed from a cache: decided from an inventory and limits alone.

Nothing is removed that something else needs: a blob goes with the last entry that names it.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # every command imports this module
    from lbuild_frontend.cache.store import StoredEntry
    from lbuild_frontend.maintenance.inventory import Inventory, Item

_MONTH = 30 * 86_400.0
"""Seconds after which something is removed that is cheap to make again: environments that were not
used, records that were not written again."""

_ROOM = 10
"""If the limit is passed, a tenth of it is freed, so that the next build need not remove again."""


def surplus(
    entries: "Sequence[StoredEntry]", generations: int | None, is_there: Callable[[str], bool]
) -> "list[StoredEntry]":
    """Return the entries of one project and hook that are too many for their folder and mode.

    Folders that are gone count as one: many projects are built in temporary folders.

    Args:
        entries: the last used at the end.
        is_there: whether a folder exists.
    """
    if generations is None:
        return []
    there = {folder: is_there(folder) for folder in {one.entry.folder for one in entries}}
    seen: Counter[tuple[str | None, str]] = Counter()
    going = []
    for one in reversed(entries):
        place = (one.entry.folder if there[one.entry.folder] else None, one.entry.mode)
        seen[place] += 1
        if seen[place] > generations:
            going.append(one)
    return going


def to_prune(found: "Inventory", most: int | None, now: float) -> "list[Item]":
    """Return buckets and entries of earlier versions, and what ``to_go_after_build`` does."""
    older = [*found.of("bucket"), *(item for item in found.of("entry") if item.is_older)]
    rest = found._replace(items=tuple(_without(found.items, older)))
    return [*older, *to_go_after_build(rest, most, now)]


def to_go_after_build(found: "Inventory", most: int | None, now: float) -> "list[Item]":
    """Return what no command would use again, and what is too much, in the order of removal.

    Args:
        most: bytes that the cache may hold; None for any number.
        now: seconds since the epoch.
    """
    going = [*found.of("leftover"), *filter(_is_damaged, found.of("entry"))]
    going += [item for item in found.of("environment", "record") if _is_expired(item, now)]
    going += unneeded(found.of("blob"), _without(found.of("entry"), going))
    size = found.size - sum(item.size for item in going)
    if most is None or size <= most:
        return going
    return [*going, *_least_recently_used(_without(found.items, going), size, most)]


def to_prune_for_ci(found: "Inventory", most: int | None, now: float) -> "list[Item]":
    """Return what ``to_prune`` does, and all that can be made again without a build."""
    going = to_prune(found, most, now)
    return [*going, *_without(found.of("environment", "record"), going)]


def to_clean(found: "Inventory") -> "list[Item]":
    """Return all but entries of a newer version of lbuild, their blobs, and unknown buckets."""
    foreign = [item for item in found.of("entry") if item.is_foreign]
    going = _without(found.of("entry"), foreign)
    going += found.of("bucket", "leftover", "environment", "record", "count")
    return going + unneeded(found.of("blob"), foreign)


def to_remove(found: "Inventory", wanted: "Callable[[Item], bool]") -> "list[Item]":
    """Return some entries, and the blobs that only they name.

    Args:
        wanted: whether an entry is to be removed; those of a newer version stay.
    """
    going = [item for item in found.of("entry") if wanted(item) and not item.is_foreign]
    needed = set(itertools.chain.from_iterable(item.needs for item in going))
    blobs = unneeded(found.of("blob"), _without(found.of("entry"), going))
    return going + [blob for blob in blobs if blob.path.name in needed]


def _is_damaged(item: "Item") -> bool:
    return item.unusable is not None and not item.is_of_other_version


def _is_expired(item: "Item", now: float) -> bool:
    return not item.wanted or item.used_at < now - _MONTH


def unneeded(blobs: "Iterable[Item]", entries: "Iterable[Item]") -> "list[Item]":
    """Return the blobs that none of the entries names."""
    needed = set(itertools.chain.from_iterable(entry.needs for entry in entries))
    return [blob for blob in blobs if blob.path.name not in needed]


def _without(items: "Iterable[Item]", going: "Collection[Item]") -> "list[Item]":
    paths = {item.path for item in going}
    return [item for item in items if item.path not in paths]


def _least_recently_used(items: "Collection[Item]", size: int, most: int) -> "Iterator[Item]":
    """Yield entries with their blobs, environments and records, until the rest is small enough."""
    goal = most - most // _ROOM
    blobs = {item.path.name: item for item in items if item.kind == "blob"}
    needed = Counter(name for item in items for name in item.needs)
    candidates = [
        item
        for item in items
        if item.kind in ("entry", "environment", "record") and not item.is_foreign
    ]
    for item in sorted(candidates, key=lambda item: item.used_at):
        if size <= goal:
            return
        yield item
        size -= item.size
        for name in item.needs:
            needed[name] -= 1
            if not needed[name] and name in blobs:
                yield blobs[name]
                size -= blobs[name].size
