"""All that is in a cache is found, counted, and told apart."""

import itertools
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache.folder import open_store, prepared
from lbuild_frontend.cache.sealed import seal
from lbuild_frontend.cache.store import Store
from lbuild_frontend.environments import kept
from lbuild_frontend.maintenance import removal, scan
from lbuild_frontend.maintenance.inventory import Inventory, Item, Kind
from lbuild_keys.observe.files import Digests
from support import interrupted_process as forked
from support.filled_cache import HOOK, REQUEST, environment_identity, make_environment, publish
from support.recording_reporter import RecordingReporter
from support.strategies import DIGEST


@pytest.fixture
def cache(tmp_path: Path) -> Store:
    return prepared(open_store(tmp_path / "cache"), RecordingReporter())


def found(cache: Store, *kinds: Kind) -> dict[Path, Item]:
    return {item.path: item for item in scan.inventory_of(cache.root).of(*kinds)}


def on_disk(path: Path) -> int:
    """Bytes of all files, as any other tool counts them."""
    paths = [path, *path.rglob("*")]
    return sum(one.lstat().st_size for one in paths if one.is_file() and not one.is_symlink())


def test_there_is_no_cache(tmp_path: Path) -> None:
    assert scan.inventory_of(tmp_path / "cache") == Inventory(tmp_path / "cache", ())
    assert scan.entries_of(tmp_path / "cache") == []


def test_all_is_found_and_counted(cache: Store, tmp_path: Path) -> None:
    one, other = publish(cache), publish(cache, b"other", identity="other")
    folder = make_environment(cache)
    (folder / "bin" / "link").symlink_to(tmp_path)
    cache.keep_digests(tmp_path, Digests({}, {"a": ((1, 2, 3, 4), DIGEST)}))
    taken = scan.inventory_of(cache.root)
    assert taken.size == on_disk(cache.root)
    buckets = {"entries-v1", "blobs-v1", "environments-v1", "digests-v2"}
    assert taken.files.keys() == {"", *buckets}
    for name, (_, size) in taken.files.items():
        assert not name or size == on_disk(cache.root / name)
    entries = found(cache, "entry")
    assert entries.keys() == {one, other}
    needed = {sha256 for item in entries.values() for sha256 in item.needs}
    assert needed == {path.name for path in found(cache, "blob")}
    assert len(needed) == 4  # the metadata and the snapshot are those of both
    [environment] = found(cache, "environment").values()
    assert environment.path == folder
    assert environment.size == len("a python") + sum(map(on_disk, environment.records))
    [digests] = found(cache, "record")
    assert digests.parent.name == "digests-v2"
    for item in taken.of("entry", "blob", "record"):
        assert item.size == on_disk(item.path)
    assert taken.of("leftover", "bucket", "newer") == []


def test_what_leads_to_an_environment(cache: Store) -> None:
    bucket = kept.in_cache(cache.root)
    folder, lost = make_environment(cache), make_environment(cache, "b" * 32, "other")
    made = bucket.record_path(environment_identity("a python"))
    os.utime(made, (5, 5))
    item = found(cache, "environment")[folder]
    assert (item.wanted, item.used_at) == (True, 5)
    assert item.records == (bucket.request_path(REQUEST), made)
    # That of a request is enough to make it be of no use, and both lead to a folder.
    bucket.request_path("b" * 32).unlink()
    assert not found(cache, "environment")[lost].wanted
    made.unlink()
    item = found(cache, "environment")[folder]
    assert (item.wanted, item.records) == (False, ())
    assert found(cache, "leftover").keys() == {bucket.request_path(REQUEST)}


def test_records_that_are_damaged_lead_nowhere(cache: Store) -> None:
    bucket = kept.in_cache(cache.root)
    folder = make_environment(cache)
    paths = (bucket.request_path(REQUEST), bucket.record_path(environment_identity("a python")))
    for path in paths:
        path.write_bytes(b"damaged")
    records = found(cache, "record")
    assert records.keys() == set(paths)
    assert all(item.unusable and not item.wanted for item in records.values())
    assert not found(cache, "environment")[folder].wanted


def test_those_of_other_versions_are_named_or_wait_to_be_pruned(cache: Store) -> None:
    for name in ("entries-v0", "replays-v0", "entries-v2", "blobs-v99", "things-v1"):
        (cache.root / name / "below").mkdir(parents=True)
        (cache.root / name / "below" / "file").write_bytes(b"12345")
    (cache.root / "entries-v3").touch()  # no folder
    taken = scan.inventory_of(cache.root)
    assert {item.path.name for item in taken.of("bucket")} == {"entries-v0", "replays-v0"}
    assert [item.size for item in taken.of("bucket")] == [5, 5]
    assert {item.path.name for item in taken.of("newer")} == {
        "entries-v2",
        "blobs-v99",
        "things-v1",
    }


def test_what_an_entry_of_another_version_could_need(cache: Store) -> None:
    path = publish(cache)
    fields = {"schema": 99, "what": [DIGEST, {"else": "e" * 64}], "text": f"not {'d' * 63}"}
    path.write_bytes(seal(fields))
    item = found(cache, "entry")[path]
    assert item.is_foreign
    assert {DIGEST, "e" * 64} <= item.needs
    path.write_bytes(b"damaged")
    item = found(cache, "entry")[path]
    assert (item.is_foreign, item.needs, item.stored) == (False, frozenset(), None)


def test_leftovers(cache: Store) -> None:
    publish(cache)
    folder = make_environment(cache)
    aside = folder.with_name(f".{'0' * 16}.tmp")
    folder.rename(aside)
    names = ("entries-v1/demo/build_wheel", "blobs-v1/00", "counts-v1", "")
    written = [cache.root / name / f".{'1' * 16}.tmp" for name in names]
    for path in written:
        cache_files.make_folder(path.parent)
        path.write_bytes(b"12345")
    leftovers = found(cache, "leftover")
    bucket = kept.in_cache(cache.root)
    lost = {bucket.record_path(environment_identity("a python")), bucket.request_path(REQUEST)}
    assert {aside, *lost, *written} == leftovers.keys()
    assert leftovers[aside].size == len("a python")
    assert found(cache, "environment") == {}
    assert scan.inventory_of(cache.root).size == on_disk(cache.root)


def test_what_nobody_knows_is_no_item(cache: Store) -> None:
    entries = publish(cache).parent
    make_environment(cache)
    others = [
        *(
            entries / "notes.txt",
            entries.parent / "notes.txt",
            cache.root / "entries-v1" / ".notes",
        ),
        *(cache.root / "blobs-v1" / "file", cache.root / "environments-v1" / "file"),
    ]
    for path in others:
        path.touch()
    items = {item.path for item in scan.inventory_of(cache.root).items}
    assert items.isdisjoint(others)
    assert len(items) == 8


def test_what_comes_and_goes_meanwhile(tmp_path: Path, how_many: Callable[[int, int], int]) -> None:
    """Wherever it stands, the cache may be cleaned, or more may be put into it."""

    def look() -> None:
        taken = scan.inventory_of(cache.root)
        assert {item.path.parent.name for item in taken.of("entry")} <= {HOOK}
        scan.entries_of(cache.root)

    for at in itertools.count(1, how_many(5, 1)):
        cache = prepared(open_store(tmp_path / str(at)), RecordingReporter())
        publish(cache)
        make_environment(cache)
        with forked.stop_at(look, cache.root, at) as stands:
            if at % 3:
                removal.clean(cache, RecordingReporter())
            publish(cache, b"other")
        if not stands:
            break
    assert at > 20


def test_what_links_lead_to_is_left_alone(cache: Store, tmp_path: Path) -> None:
    """With the blobs that are named there."""
    path = publish(cache)
    bucket = cache.root / "entries-v1"
    elsewhere = bucket.rename(tmp_path / "elsewhere")
    bucket.symlink_to(elsewhere)
    assert scan.inventory_of(cache.root).of("entry", "blob") == []
    removal.prune(cache, 1, RecordingReporter())
    [stored] = cache.history("demo", HOOK).entries
    assert stored.path == path
    assert cache.blob(stored.entry.sha256) is not None


def test_a_cache_behind_a_link(cache: Store, tmp_path: Path) -> None:
    """Of whatever depth: environments lie at their real place, and so does all the rest."""
    publish(cache)
    make_environment(cache)
    link = tmp_path.joinpath(*"abcdef", "link")
    link.parent.mkdir(parents=True)
    link.symlink_to(cache.root)
    taken = scan.inventory_of(link)
    assert taken == scan.inventory_of(cache.root)
    assert taken.files.keys() == {"", "entries-v1", "blobs-v1", "environments-v1"}
    assert scan.entries_of(link) == taken.of("entry")
