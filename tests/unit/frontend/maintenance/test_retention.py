"""What goes from a cache, and what stays: for any inventory."""

import itertools
from collections.abc import Iterable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from lbuild_frontend.cache.store import StoredEntry, UnusableRecord
from lbuild_frontend.maintenance.inventory import Inventory, Item
from lbuild_frontend.maintenance.retention import surplus, to_prune, unneeded
from support.strategies import entry

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
        Item(
            kind="blob",
            path=Path("/cache/blobs-v1", name[:2], name),
            files=1,
            size=draw(sizes),
            used_at=0,
        )
        for name in draw(st.sets(st.sampled_from(BLOBS)))
    ]
    for _ in range(draw(st.integers(0, 8))):
        folder = draw(st.sampled_from(["demo/build_wheel", "other/build_wheel"]))
        path = Path("/cache/entries-v1", folder, f"{next(numbers)}.json")
        one = entry(
            folder=draw(st.sampled_from(["/a", "/b"])), mode=draw(st.sampled_from(["tree", "x"]))
        )
        fate = draw(st.sampled_from(["whole", "whole", "whole", "damaged", "foreign", "older"]))
        items.append(
            Item(
                kind="entry",
                path=path,
                files=1,
                size=draw(sizes),
                used_at=draw(times),
                needs=frozenset(() if fate == "damaged" else draw(st.sets(st.sampled_from(BLOBS)))),
                stored=StoredEntry(path, one) if fate == "whole" else None,
                unusable=None
                if fate == "whole"
                else UnusableRecord(path, "", fate in ("foreign", "older"), fate == "older"),
            )
        )
    items += [
        Item(
            kind=kind,  # type: ignore[arg-type]
            path=Path("/cache", kind, str(next(numbers))),
            files=1,
            size=draw(sizes),
            used_at=draw(times),
            wanted=kind != "environment" or draw(st.booleans()),
        )
        for kind in draw(st.lists(st.sampled_from(OTHERS), max_size=6))
    ]
    own = Item(kind="own", path=Path("/cache/README"), files=1, size=draw(sizes), used_at=0)
    return Inventory(Path("/cache"), tuple(draw(st.permutations([*items, own]))))


few = settings(max_examples=40)

bounds = st.none() | st.integers(0, 400)


def staying(found: Inventory, going: Iterable[Item]) -> Inventory:
    gone = {item.path for item in going}
    return Inventory(found.root, tuple(item for item in found.items if item.path not in gone))


def has_to_go(item: Item) -> bool:
    match item.kind:
        case "entry":
            return item.unusable is not None and not item.is_foreign
        case "environment":
            return not item.wanted or item.used_at < A_MONTH_AGO
        case "record":
            return item.used_at < A_MONTH_AGO
        case _:
            return item.kind == "leftover"


@few
@given(inventories(), bounds)
def test_what_stays_has_what_it_needs_and_nothing_else_does(
    found: Inventory, most: int | None
) -> None:
    going = to_prune(found, most, NOW)
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
    going = to_prune(found, None, NOW)
    assert all(has_to_go(item) for item in going if item.kind != "blob")
    assert to_prune(staying(found, going), None, NOW) == []


@few
@given(inventories(), st.integers(0, 400))
def test_it_is_within_its_bound_if_that_can_be(found: Inventory, most: int) -> None:
    left = staying(found, to_prune(found, most, NOW))
    removable = [item for item in left.of("entry", "environment", "record") if not item.is_foreign]
    assert left.size <= most or not removable
    assert to_prune(left, most, NOW) == [] or left.size > most


@few
@given(inventories(), st.integers(0, 400))
def test_the_least_recently_used_go_first_and_no_more_than_need_be(
    found: Inventory, most: int
) -> None:
    needless = to_prune(found, None, NOW)
    there = staying(found, needless)
    going = [item for item in to_prune(found, most, NOW) if item not in needless]
    if there.size <= most:
        assert going == []
    chosen = [item for item in going if item.kind != "blob"]
    assert [item.used_at for item in chosen] == sorted(item.used_at for item in chosen)
    left = [
        item
        for item in staying(there, going).of("entry", "environment", "record")
        if not item.is_foreign
    ]
    if chosen and left:
        assert chosen[-1].used_at <= min(item.used_at for item in left)
    if chosen:  # without the last one there would not be room enough
        before = list(itertools.takewhile(lambda item: item is not chosen[-1], going))
        assert staying(there, before).size > most - most // 10


STORED = st.builds(
    lambda number, folder, mode: StoredEntry(Path(str(number)), entry(folder=folder, mode=mode)),
    st.integers(),
    st.sampled_from(["/a", "/b", "/gone", "/gone, too"]),
    st.sampled_from(["tree", "traced"]),
)


@few
@given(st.lists(STORED, max_size=12), st.integers(1, 3))
def test_a_surplus_is_counted_by_folder_and_mode(
    entries: list[StoredEntry], generations: int
) -> None:
    going = surplus(entries, generations, {"/a", "/b"}.__contains__)
    places: dict[tuple[str, str], list[StoredEntry]] = {}
    for one in entries:
        folder = one.entry.folder if one.entry.folder in ("/a", "/b") else "gone"
        places.setdefault((folder, one.entry.mode), []).append(one)
    assert len(going) == sum(max(0, len(some) - generations) for some in places.values())
    for some in places.values():  # the last ones stay
        assert not any(one is gone for one in some[-generations:] for gone in going)


def test_a_surplus_is_what_was_used_longest_ago() -> None:
    entries = [StoredEntry(Path(str(n)), entry(folder="/a" if n % 3 else "/b")) for n in range(6)]

    def names(generations: int | None) -> list[str]:
        return [one.path.name for one in surplus(entries, generations, lambda _: True)]

    assert names(None) == names(4) == []
    assert names(2) == ["2", "1"]
    assert names(1) == ["4", "2", "1", "0"]
