"""What goes from a cache, and what stays: for any inventory."""

import itertools
from collections.abc import Iterable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from lbuild_frontend.bounds import Bounds
from lbuild_frontend.inventory import Inventory, Item
from lbuild_frontend.retention import surplus, to_prune, unneeded
from lbuild_frontend.store import Stored, Unusable
from values import entry

NOW = 100 * 86_400.0
A_MONTH_AGO = NOW - 30 * 86_400

BLOBS = tuple(letter * 64 for letter in "abcdef")

OTHERS = ("environment", "record", "leftover")

times = st.integers(0, 100).map(lambda day: day * 86_400.0)
sizes = st.integers(0, 50)


@st.composite
def inventories(draw: st.DrawFn) -> Inventory:
    numbers = itertools.count()
    items = [
        Item(kind="blob", path=Path("/cache/blobs-v1", name[:2], name), size=draw(sizes), used_at=0)
        for name in draw(st.sets(st.sampled_from(BLOBS)))
    ]
    for _ in range(draw(st.integers(0, 8))):
        folder = draw(st.sampled_from(["demo/build_wheel", "other/build_wheel"]))
        path = Path("/cache/entries-v1", folder, f"{next(numbers)}.json")
        one = entry(
            folder=draw(st.sampled_from(["/a", "/b"])), mode=draw(st.sampled_from(["tree", "x"]))
        )
        fate = draw(st.sampled_from(["whole", "whole", "whole", "damaged", "foreign"]))
        items.append(
            Item(
                kind="entry",
                path=path,
                size=draw(sizes),
                used_at=draw(times),
                needs=frozenset(() if fate == "damaged" else draw(st.sets(st.sampled_from(BLOBS)))),
                stored=Stored(path, one) if fate == "whole" else None,
                unusable=None if fate == "whole" else Unusable(path, "", fate == "foreign"),
            )
        )
    items += [
        Item(
            kind=kind,  # type: ignore[arg-type]
            path=Path("/cache", kind, str(next(numbers))),
            size=draw(sizes),
            used_at=draw(times),
            wanted=kind != "environment" or draw(st.booleans()),
        )
        for kind in draw(st.lists(st.sampled_from(OTHERS), max_size=6))
    ]
    others = draw(sizes)  # the folder's own files
    size = sum(item.size for item in items) + others
    return Inventory(tuple(draw(st.permutations(items))), {"": (len(items), size)}, ())


few = settings(max_examples=40)

bounds = st.builds(
    Bounds, st.none() | st.integers(0, 400), generations=st.none() | st.integers(1, 3)
)


def staying(found: Inventory, going: Iterable[Item]) -> Inventory:
    gone = {item.path for item in going}
    items = tuple(item for item in found.items if item.path not in gone)
    size = found.size - sum(item.size for item in found.items if item.path in gone)
    return Inventory(items, {"": (len(items), size)}, ())


def has_to_go(item: Item) -> bool:
    match item.kind:
        case "entry":
            return item.unusable is not None and not item.is_foreign
        case "environment":
            return not item.wanted
        case "record":
            return item.used_at < A_MONTH_AGO
        case _:
            return item.kind == "leftover"


@few
@given(inventories(), bounds)
def test_what_stays_has_what_it_needs_and_nothing_else_does(
    found: Inventory, bounds: Bounds
) -> None:
    going = to_prune(found, bounds, NOW)
    assert len({item.path for item in going}) == len(going)
    left = staying(found, going)
    needed = {name for item in left.of("entry") for name in item.needs}
    there = {item.path.name for item in found.of("blob")}
    assert {item.path.name for item in left.of("blob")} == needed & there
    assert unneeded(left.of("blob"), left.of("entry")) == []
    assert not any(map(has_to_go, left.items))
    assert [item for item in going if item.is_foreign] == []


@few
@given(inventories())
def test_without_bounds_nothing_goes_that_could_be_of_use(found: Inventory) -> None:
    going = to_prune(found, Bounds(None, None), NOW)
    assert all(has_to_go(item) for item in going if item.kind != "blob")
    assert to_prune(staying(found, going), Bounds(None, None), NOW) == []


@few
@given(inventories(), st.integers(0, 400))
def test_it_is_within_its_bound_if_that_can_be(found: Inventory, most: int) -> None:
    bounds = Bounds(most, None)
    left = staying(found, to_prune(found, bounds, NOW))
    removable = [item for item in left.of("entry", "environment", "record") if not item.is_foreign]
    assert left.size <= most or not removable
    assert to_prune(left, bounds, NOW) == [] or left.size > most


@few
@given(inventories(), st.integers(0, 400))
def test_the_least_recently_used_go_first_and_no_more_than_need_be(
    found: Inventory, most: int
) -> None:
    needless = to_prune(found, Bounds(None, None), NOW)
    there = staying(found, needless)
    going = [item for item in to_prune(found, Bounds(most, None), NOW) if item not in needless]
    if there.size <= most:
        assert going == []
    chosen = [item for item in going if item.kind != "blob"]
    assert [item.used_at for item in chosen] == sorted(item.used_at for item in chosen)
    left = [
        item for item in staying(there, going).items if item.kind != "blob" and not item.is_foreign
    ]
    if chosen and left:
        assert chosen[-1].used_at <= min(item.used_at for item in left)
    if chosen:  # without the last one there would not be room enough
        before = list(itertools.takewhile(lambda item: item is not chosen[-1], going))
        assert staying(there, before).size > most - most // 10


@few
@given(inventories(), st.integers(1, 3))
def test_generations_are_counted_by_folder_and_mode(found: Inventory, generations: int) -> None:
    left = staying(found, to_prune(found, Bounds(None, generations), NOW))
    places: dict[tuple[object, ...], list[Item]] = {}
    for item in found.of("entry"):
        if item.stored:
            one = item.stored.entry
            places.setdefault((item.path.parent, one.folder, one.mode), []).append(item)
    for items in places.values():
        kept = [item for item in items if item in left.items]
        assert len(kept) == min(generations, len(items))
        gone = [item.used_at for item in items if item not in kept]
        assert max(gone, default=0) <= min(item.used_at for item in kept)


def test_a_surplus_is_what_was_used_longest_ago() -> None:
    entries = [Stored(Path(str(n)), entry(folder="/a" if n % 3 else "/b")) for n in range(6)]
    assert surplus(entries, None) == surplus(entries, 4) == []
    assert [one.path.name for one in surplus(entries, 2)] == ["2", "1"]
    assert [one.path.name for one in surplus(entries, 1)] == ["4", "2", "1", "0"]
