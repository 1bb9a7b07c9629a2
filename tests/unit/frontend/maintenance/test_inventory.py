"""What an inventory reports of its items."""

from pathlib import Path

from lbuild_frontend.cache.store import UnusableRecord
from lbuild_frontend.maintenance.inventory import Inventory, Item, Kind

ROOT = Path("/cache")


def an_item(kind: Kind, place: str, size: int, unusable: UnusableRecord | None = None) -> Item:
    return Item(kind=kind, path=ROOT / place, files=1, size=size, used_at=0.0, unusable=unusable)


def an_entry(place: str, *, other_version: bool) -> Item:
    problem = UnusableRecord(ROOT / place, "a problem", other_version=other_version)
    return an_item("entry", place, 1, problem)


def test_buckets_of_other_versions_do_not_count() -> None:
    own, other = an_item("blob", "blobs-v1/00/0", 5), an_item("newer", "things-v9", 7)
    taken = Inventory(ROOT, (own, other, an_item("own", "README", 2)))
    assert taken.size == 7
    assert taken.files == {"blobs-v1": (1, 5), "things-v9": (1, 7), "": (1, 2)}
    assert taken.foreign == [other]
    assert taken.of("newer", "blob") == [other, own]


def test_results_are_told_from_what_backends_require() -> None:
    result = an_entry("entries-v1/my-demo/build_wheel/1.json", other_version=False)
    requires = an_entry(
        "entries-v1/my-demo/get_requires_for_build_wheel/1.json", other_version=True
    )
    taken = Inventory(ROOT, (requires, result))
    assert taken.results == [result]
    assert taken.foreign == [requires]
    assert result.project == "my-demo"
