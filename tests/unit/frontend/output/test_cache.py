"""What the commands on the cache say, at the widths of terminals."""

import time
from pathlib import Path
from typing import Any

import pytest

from lbuild_frontend.cache.limits import Bounds
from lbuild_frontend.cache.store import StoredEntry, UnusableRecord
from lbuild_frontend.maintenance.inventory import Inventory, Item, Kind
from lbuild_frontend.maintenance.removal import Removed
from lbuild_frontend.maintenance.verify import Damage, Verified
from lbuild_frontend.output import cache as cache_output
from lbuild_frontend.output.cache import Info
from lbuild_frontend.output.look import PLAIN, Look
from support.strategies import DIGEST, entry

ROOT = Path("/home/ada/.cache/lbuild")


def an_entry(identity: str = "demo", **changes: Any) -> Item:
    path = ROOT / "entries-v1" / identity / "build_wheel" / "1.json"
    stored = StoredEntry(path, entry(built_at=time.time(), **changes))
    return Item(kind="entry", path=path, files=1, size=5, used_at=time.time(), stored=stored)


def a_foreign_entry() -> Item:
    path = ROOT / "entries-v1" / "demo" / "build_wheel" / "2.json"
    why = UnusableRecord(path, "schema 9", other_version=True)
    return Item(kind="entry", path=path, files=1, size=5, used_at=0, unusable=why)


def an_item(kind: Kind, name: str, size: int, files: int = 1) -> Item:
    return Item(kind=kind, path=ROOT / name, files=files, size=size, used_at=0)


def an_info(**changes: Any) -> Info:
    items = (
        *(an_entry(), an_entry("other", name="other"), an_item("own", "secret", 100)),
        an_item("blob", f"blobs-v1/01/{DIGEST}", 2048),
        an_item("environment", "environments-v1/env-a", 3 * 1024**3, files=1_000),
    )
    fields: dict[str, Any] = {
        "root": ROOT,
        "found": Inventory(ROOT, items),
        "bounds": Bounds(5 * 1024**3, 30),
        "hits": 2,
        "misses": 1,
        "going": (),
    }
    return Info(**(fields | changes))


WIDE = [
    "  location  /home/ada/.cache/lbuild",
    "  size      3 GiB                    of 5 GiB",
    "  entries   2                        of 2 projects",
    "  hits      2                        66 % of 3 requests",
    "  misses    1",
    "",
    "  blobs-v1         2 KiB  1 file",
    "  entries-v1       10 B   2 files",
    "  environments-v1  3 GiB  1000 files",
]


def words(lines: list[str]) -> list[str]:
    return " ".join(lines).split()


@pytest.mark.parametrize("look", [PLAIN, Look(80)])
def test_info(look: Look) -> None:
    lines = cache_output.info(an_info(), look)
    assert [" ".join(line.split()) for line in lines] == [" ".join(line.split()) for line in WIDE]
    assert all(len(line) <= 80 for line in lines)


def test_info_where_there_is_little_room() -> None:
    lines = cache_output.info(an_info(), Look(40))
    assert all(len(line) <= 40 for line in lines)
    assert words(lines) == words(WIDE)


def test_info_of_what_could_go_and_what_stays() -> None:
    leftover = an_item("leftover", "x", 7)
    going = (leftover, leftover, an_entry())
    found = Inventory(ROOT, (an_entry(), a_foreign_entry(), an_item("newer", "entries-v9", 1)))
    told = an_info(found=found, bounds=Bounds(None, None), hits=0, misses=0, going=going)
    lines = cache_output.info(told)
    assert lines[-4:] == [
        "",
        "lbuild cache prune would free 19 B: 2 leftovers and 1 entry",
        "1 entry of another version of lbuild, kept",
        "entries-v9: of another version of lbuild, kept",
    ]
    narrow = "\n".join(cache_output.info(told, Look(40))).split("\n")
    assert all(len(line) <= 40 for line in narrow)
    assert "without a limit" in " ".join(lines)
    row = cache_output.info_row(told)
    assert row["prunable"] == {"items": {"leftover": 2, "entry": 1}, "size": 19}
    assert row["other_versions"] == [str(a_foreign_entry().path), str(ROOT / "entries-v9")]
    assert row["limit"] is None


def test_list() -> None:
    rows = [an_entry(), an_entry(name="x" * 50, file="x-1-cp311-cp311-linux.whl", mode="traced")]
    sizes = {DIGEST: 2048}
    [first, second] = cache_output.listing(rows, sizes)
    assert first.split()[:5] == ["demo", "0.1.0", "py3-none-any", "2", "KiB"]
    assert second.startswith("x" * 50 + " 0.1.0  cp311-cp311-linux")
    assert first.endswith("  /home/ada/demo")
    for width in (80, 40):
        lines = cache_output.listing(rows, sizes, Look(width))
        assert words(lines) == words([first, second])
        assert sum(line.startswith(("demo 0.1.0", "x" * 50)) for line in lines) == 2
    lines = cache_output.listing(rows[:1], sizes, Look(40))
    assert words(lines) == first.split()
    assert all(len(line) <= 40 for line in lines)
    assert cache_output.listing([], {}, Look(80)) == []
    assert cache_output.listing([a_foreign_entry()], {}, Look(80)) == []


def test_what_was_freed() -> None:
    assert cache_output.removed(Removed()) == ["nothing to remove"]
    for left in (
        Removed(in_use=(ROOT / "a",)),
        Removed(failed=((ROOT / "c", "Permission denied"),)),
    ):
        assert cache_output.removed(left)[1:] == ["nothing was removed"]
    told = Removed(
        counts={"entry": 2, "blob": 1, "bucket": 1},
        size=2048,
        in_use=(ROOT / "a",),
        foreign=(ROOT / "b-v9",),
        failed=((ROOT / "c", "Permission denied"),),
    )
    assert cache_output.removed(told) == [
        f"{ROOT}/c: cannot be removed (Permission denied)",
        f"{ROOT}/a: in use, kept",
        f"{ROOT}/b-v9: of another version of lbuild, kept",
        "removed 2 entries, 1 blob and 1 old bucket, 2 KiB",
    ]
    assert cache_output.removed_row(ROOT, told) == {
        "dir": str(ROOT),
        "removed": {"entry": 2, "blob": 1, "bucket": 1},
        "size": 2048,
        "in_use": [f"{ROOT}/a"],
        "other_versions": [f"{ROOT}/b-v9"],
        "stuck": [{"path": f"{ROOT}/c", "problem": "Permission denied"}],
    }


def test_what_was_verified() -> None:
    assert cache_output.verified(Verified((), 1, 5, ())) == [
        "verified 1 file, 5 B: nothing is damaged"
    ]
    damages = (
        Damage(ROOT / "a", "damaged", is_removed=True),
        Damage(ROOT / "b", "cut", is_removed=False),
    )
    told = Verified(damages, 2, 5, (ROOT / "entries-v9",))
    assert cache_output.verified(told) == [
        f"{ROOT}/a: damaged; removed",
        f"{ROOT}/b: cut; it cannot be removed",
        f"{ROOT}/entries-v9: of another version of lbuild, kept",
        "verified 2 files, 5 B: 2 problems",
    ]
    assert cache_output.verified_rows(told) == [
        {"path": f"{ROOT}/a", "problem": "damaged", "removed": True},
        {"path": f"{ROOT}/b", "problem": "cut", "removed": False},
    ]
