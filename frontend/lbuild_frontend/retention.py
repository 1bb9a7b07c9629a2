"""What is to go from a cache, and what stays: pure, from an inventory and bounds.

Nothing goes that something needs which stays: blobs go with the last entry that names them.
"""

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from lbuild_frontend.bounds import Bounds
from lbuild_frontend.inventory import Inventory, Item
from lbuild_frontend.store import Stored

_MONTH = 30 * 86_400.0
"""Seconds after which is given up what is made again cheaply: environments that nobody used,
records that nobody wrote anew."""

_ROOM = 10
"""Over the bound, the tenth part of it is made free: the next build need not look again."""


def surplus(entries: Sequence[Stored], generations: int | None) -> list[Stored]:
    """Those entries of one project and hook that are too many for their folder and mode.

    Args:
        entries: the last used at the end.
    """
    if generations is None:
        return []
    seen: Counter[tuple[str, str]] = Counter()
    going = []
    for one in reversed(entries):
        place = (one.entry.folder, one.entry.mode)
        seen[place] += 1
        if seen[place] > generations:
            going.append(one)
    return going


def to_prune(found: Inventory, bounds: Bounds, now: float) -> list[Item]:
    """What no command would use again, and what is too much, in the order in which it may go.

    Args:
        now: seconds since the epoch.
    """
    going = [*found.of("leftover"), *_surplus(found, bounds.generations)]
    going += [item for item in found.of("entry") if item.unusable and not item.is_foreign]
    going += [item for item in found.of("environment") if not item.wanted]
    going += [
        item
        for item in found.of("environment", "record")
        if item.wanted and item.used_at < now - _MONTH
    ]
    staying = _without(found.of("entry"), going)
    going += unneeded(found.of("blob"), staying)
    if bounds.size is None:
        return going
    size = found.size - sum(item.size for item in going)
    if size <= bounds.size:
        return going
    return [*going, *_least_recently_used(_without(found.items, going), size, bounds.size)]


def unneeded(blobs: Iterable[Item], entries: Iterable[Item]) -> list[Item]:
    """The blobs that none of the entries names."""
    needed = set(itertools.chain.from_iterable(entry.needs for entry in entries))
    return [blob for blob in blobs if blob.path.name not in needed]


def _without(items: Iterable[Item], going: Collection[Item]) -> list[Item]:
    paths = {item.path for item in going}
    return [item for item in items if item.path not in paths]


def _surplus(found: Inventory, generations: int | None) -> Iterator[Item]:
    entries = sorted(found.of("entry"), key=lambda item: (item.path.parent, item.used_at))
    for _, group in itertools.groupby(entries, key=lambda item: item.path.parent):
        items = {item.stored.path: item for item in group if item.stored}
        stored = [item.stored for item in items.values() if item.stored]
        yield from (items[one.path] for one in surplus(stored, generations))


def _least_recently_used(items: Collection[Item], size: int, most: int) -> Iterator[Item]:
    """Entries with their blobs, environments and records, until what stays is small enough."""
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
