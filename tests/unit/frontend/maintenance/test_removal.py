"""What the commands that remove something remove, count, and leave alone."""

import contextlib
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache import size_account
from lbuild_frontend.cache.entry import SCHEMA
from lbuild_frontend.cache.folder import open_store, prepared
from lbuild_frontend.cache.sealed import seal
from lbuild_frontend.cache.size_account import SizeAccount
from lbuild_frontend.cache.store import Store
from lbuild_frontend.disk import atomic
from lbuild_frontend.environments import kept
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.maintenance import removal, scan
from lbuild_frontend.maintenance.removal import Removed
from lbuild_keys.observe.files import Digests
from support import interrupted_process as forked
from support.denied_access import without_privileges
from support.filled_cache import HOOK, REQUEST, environment_identity, make_environment, publish
from support.recording_reporter import RecordingReporter
from support.strategies import DIGEST

COMMANDS: dict[str, Callable[[Store], Removed]] = {
    "prune": lambda cache: removal.prune(cache, None, RecordingReporter()),
    "prune for ci": lambda cache: removal.prune_for_ci(cache, None, RecordingReporter()),
    "clean": lambda cache: removal.clean(cache, RecordingReporter()),
    "remove": lambda cache: removal.remove(cache, lambda _: True, RecordingReporter()),
    "after a build": lambda cache: removal.after_build(cache, 1, RecordingReporter()),
}


@pytest.fixture
def cache(tmp_path: Path) -> Store:
    return prepared(open_store(tmp_path / "cache"), RecordingReporter())


@pytest.fixture
def full(cache: Store, tmp_path: Path) -> Store:
    """A cache with something of each kind, some of it of no use."""
    publish(cache)
    publish(cache, b"other", identity="other")
    make_environment(cache)
    kept.in_cache(cache.root).record_path(environment_identity("a python")).unlink()
    make_environment(cache, "b" * 32, "another python")
    cache.keep_digests(tmp_path, Digests({}, {"a": ((1, 2, 3, 4), DIGEST)}))
    cache.put_blob(b"nobody names it")
    (cache.root / "entries-v0").mkdir()
    (cache.root / "entries-v0" / "file").write_bytes(b"12345")
    (cache.root / "counts-v1").mkdir(exist_ok=True)
    (cache.root / "counts-v1" / "hits").write_bytes(b"...")
    (cache.root / f".{'0' * 16}.tmp").write_bytes(b"half")
    return cache


def kinds(cache: Store) -> dict[str, int]:
    items = scan.inventory_of(cache.root).items
    return {kind: sum(item.kind == kind for item in items) for kind in {one.kind for one in items}}


def size(cache: Store) -> int:
    return scan.inventory_of(cache.root).size


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_what_is_told_to_be_freed_is_freed(
    full: Store, command: Callable[[Store], Removed]
) -> None:
    size_account.write(full.root, SizeAccount(10**6, time.time()))
    items = {item.path: item for item in scan.inventory_of(full.root).items}
    removed = command(full)
    left = {item.path for item in scan.inventory_of(full.root).items}
    gone = [item for path, item in items.items() if path not in left]
    assert removed.size == sum(item.size for item in gone)
    assert removed.counts == {
        kind: sum(item.kind == kind for item in gone) for kind in removed.counts
    }
    assert sum(removed.counts.values()) == len(gone)
    assert removed.blobs == {item.path.name for item in gone if item.kind == "blob"}
    assert not (removed.in_use or removed.foreign or removed.failed)
    account = size_account.read(full.root)
    assert account is not None
    assert account.is_recent
    # The account itself, which is another one now, and the counters were counted.
    assert abs(account.size - size(full)) < 10


@pytest.mark.parametrize(
    ("command", "left"),
    [
        ("prune", {"entry": 2, "blob": 4, "environment": 1, "record": 1, "count": 1}),
        ("prune for ci", {"entry": 2, "blob": 4, "count": 1}),
        ("clean", {}),
        (
            "remove",
            {"blob": 1, "environment": 2, "record": 1, "leftover": 2, "bucket": 1, "count": 1},
        ),
        ("after a build", {"bucket": 1, "count": 1}),
    ],
)
def test_what_is_left(full: Store, command: str, left: dict[str, int]) -> None:
    COMMANDS[command](full)
    assert kinds(full) == {**left, "own": 4}
    hits = full.root / "counts-v1" / "hits"
    assert hits.exists() == (command != "clean")
    assert open_store(full.root).secret == full.secret


WRITERS: dict[str, Callable[[Store], object]] = {
    "publish": lambda cache: publish(cache, b"new", metadata=b"new", inputs={}),
    "make an environment": lambda cache: make_environment(cache, "c" * 32, "a new one"),
}


@pytest.mark.parametrize("operation", [*COMMANDS, *WRITERS])
def test_killed_at_each_change(
    full: Store, tmp_path: Path, operation: str, how_many: Callable[[int, int], int]
) -> None:
    """What is left has all that it needs; what is not, the next prune removes."""
    do = (COMMANDS | WRITERS)[operation]
    for at in itertools.count(1, how_many(7, 1)):
        copy = Store(Path(shutil.copytree(full.root, tmp_path / str(at))), full.secret)
        was_killed = forked.kill_at(lambda: do(copy), copy.root, at, torn=True)  # noqa: B023  done now
        entries = copy.history("demo", HOOK).entries + copy.history("other", HOOK).entries
        needs = {sha256 for item in scan.entries_of(copy.root) for sha256 in item.needs}
        assert len(entries) <= 3
        assert all(copy.blob(sha256) is not None for sha256 in needs)
        for request in kept.in_cache(copy.root).requests.iterdir():
            is_sound(copy, request.stem)
        removed = removal.prune(copy, None, RecordingReporter())
        assert removed.in_use == removed.failed == ()
        assert copy.history("demo", HOOK).entries + copy.history("other", HOOK).entries == entries
        left = {path.name for path in copy.root.rglob("*") if path.is_file()}
        assert not any(map(atomic.TEMPORARY.fullmatch, left))
        assert removal.prune(copy, None, RecordingReporter()).counts == {}
        removal.clean(copy, RecordingReporter())
        assert kinds(copy) == {"own": 4}
        shutil.rmtree(copy.root)
        if not was_killed:
            break
    assert at > 5


def is_sound(cache: Store, request: str) -> None:
    """Fail if somebody would come upon half an environment by this request."""
    bucket = kept.in_cache(cache.root)
    with contextlib.suppress(FileNotFoundError):
        assert bucket.is_unchanged(bucket.read_record(bucket.read_request(request).identity))


def test_an_empty_cache_stays_so(tmp_path: Path) -> None:
    cache = prepared(open_store(tmp_path / "cache"), RecordingReporter())
    for command in COMMANDS.values():
        assert command(cache) == Removed()
    names = {path.name for path in cache.root.rglob("*") if path.is_file()}
    assert names == {"CACHEDIR.TAG", "README", "secret", "size.json"}


def test_only_what_others_do_not_name_goes_with_a_project(cache: Store) -> None:
    mine, other = publish(cache), publish(cache, b"other", identity="other")
    unnamed = cache.put_blob(b"nobody names it")
    needs = {item.path: item.needs for item in scan.entries_of(cache.root)}
    removed = removal.remove(cache, lambda item: item.path == mine, RecordingReporter())
    assert removed.blobs == needs[mine] - needs[other]
    assert removed.counts == {"entry": 1, "blob": 1}
    assert cache.blob(unnamed) is not None
    assert all(cache.blob(sha256) for sha256 in needs[other])
    assert not (cache.root / "entries-v1" / "demo").exists()


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_what_another_version_has_there_stays(
    cache: Store, command: Callable[[Store], Removed]
) -> None:
    foreign, blob = publish(cache), cache.put_blob(b"which it names")
    foreign.write_bytes(seal({"schema": 99, "blobs": [blob]}))
    (cache.root / "entries-v9").mkdir()
    removed = command(cache)
    assert foreign.exists()
    assert cache.blob(blob) == b"which it names"
    bucket = cache.root / "entries-v9"
    assert set(removed.foreign) <= {foreign, bucket}
    assert foreign in removed.foreign
    assert (cache.root / "entries-v9").exists()
    [item] = scan.entries_of(cache.root)
    assert item.is_foreign


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_what_an_older_version_has_there_goes_if_it_is_asked_for_or_takes_too_much_space(
    cache: Store, command: Callable[[Store], Removed]
) -> None:
    """An older lbuild may still use the cache."""
    older, blob = publish(cache), cache.put_blob(b"which it names")
    older.write_bytes(seal({"schema": SCHEMA - 1, "blobs": [blob]}))
    size_account.write(cache.root, SizeAccount(10**6, time.time()))
    assert removal.after_build(cache, 10**5, RecordingReporter()).counts == {"blob": 3}
    assert (older.exists(), cache.blob(blob)) == (True, b"which it names")
    assert command(cache).foreign == ()
    assert (older.exists(), cache.blob(blob)) == (False, None)


@pytest.mark.parametrize("command", ["prune for ci", "clean", "after a build"])
def test_an_environment_in_use_stays_until_nobody_does(cache: Store, command: str) -> None:
    folder = make_environment(cache)
    bucket = kept.in_cache(cache.root)
    with bucket.hold(folder.name):
        assert COMMANDS[command](cache).in_use == (folder,)
        assert (folder / "bin" / "python").exists()
        assert bucket.read_request(REQUEST)  # others may use it as well
    assert COMMANDS[command](cache).counts == {"environment": 1}
    assert not folder.exists()
    assert list(bucket.uses.iterdir()) == []


def test_who_makes_an_environment_is_left_alone(cache: Store) -> None:
    bucket = kept.in_cache(cache.root)
    with contextlib.ExitStack() as uses:
        folder = bucket.new_folder(uses)
        for command in COMMANDS.values():
            command(cache)
            assert folder.exists()
    COMMANDS["prune"](cache)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("account", "looks"),
    [
        (None, True),
        (SizeAccount(100, time.time()), False),
        (SizeAccount(101, time.time()), True),
        (SizeAccount(1, time.time() - 90_000), True),
        (SizeAccount(1, time.time() + 90_000), True),
    ],
)
def test_when_a_build_has_to_look(cache: Store, account: SizeAccount | None, looks: bool) -> None:
    unnamed = cache.put_blob(b"nobody names it")
    if account is not None:
        size_account.write(cache.root, account)
    removed = removal.after_build(cache, 100, RecordingReporter())
    assert (removed != Removed()) == looks
    assert (cache.blob(unnamed) is None) == looks


def test_what_builds_put_there_is_counted_as_they_do(cache: Store) -> None:
    removal.after_build(cache, None, RecordingReporter())
    before = size_account.read(cache.root)
    assert before is not None
    counted = size(cache)
    publish(cache)
    publish(cache, b"a large wheel" * 1_000)
    publish(cache)
    make_environment(cache)
    after = size_account.read(cache.root)
    assert after is not None
    # But for the records of the environment, and for the digits of the account itself.
    assert 0 <= (size(cache) - counted) - (after.size - before.size) < 1_000


def test_what_cannot_be_removed_is_named(cache: Store) -> None:
    path = publish(cache)
    path.parent.chmod(0o500)
    with without_privileges():
        removed = removal.remove(cache, lambda _: True, RecordingReporter())
    path.parent.chmod(0o700)
    assert removed.failed == ((path, "Permission denied"),)
    assert "entry" not in removed.counts
    assert removed.counts == {"blob": 3}


def test_a_cache_that_may_not_be_written(full: Store) -> None:
    before = kinds(full)
    (full.root / "locks-v1").chmod(0o500)
    try:
        with without_privileges():
            for command in COMMANDS.values():
                with pytest.raises(LbuildError, match="the cache cannot be used"):
                    command(full)
    finally:
        (full.root / "locks-v1").chmod(0o700)
    assert kinds(full) == before


@pytest.mark.parametrize("command", ["prune", "prune for ci", "clean"])
def test_a_folder_for_temporary_files_that_cannot_be_listed(
    full: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """As some systems have it. What was freed in the cache is told all the same."""
    place = tmp_path / "temporary"
    place.mkdir(mode=0o300)
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    with without_privileges():
        assert COMMANDS[command](full).counts["leftover"] == 2


def test_locks_of_dead_processes_go_and_others_stay(cache: Store) -> None:
    bucket = kept.in_cache(cache.root)
    for folder in (cache.root / "locks-v1", bucket.uses):
        cache_files.make_folder(folder)
        (folder / "dead.lock").touch()
    with cache.lock("alive", "another", lambda _: None), bucket.hold("env-alive"):
        COMMANDS["prune"](cache)
        assert [path.name for path in (cache.root / "locks-v1").iterdir()] == ["alive.lock"]
        [use] = bucket.uses.iterdir()
        assert use.name.startswith("env-alive.")


def test_much_is_told_of_while_it_goes_on(cache: Store) -> None:
    told = RecordingReporter()
    for name in ("entries-v0", "blobs-v0", "digests-v0"):
        (cache.root / name).mkdir()
    removal.prune(cache, None, told)
    assert told.progress_lines == [
        "looking at the cache",
        *(f"removing from the cache: {number} of 3" for number in range(3)),
    ]


def test_what_was_used_last_stays_within_a_bound(cache: Store) -> None:
    paths = [publish(cache, b"%d" % n * 1_000, version=f"{n}") for n in range(5)]
    for age, path in enumerate(paths):
        os.utime(path, (time.time() - age, time.time() - age))
    whole = size(cache)
    removed = removal.prune(cache, whole - 1, RecordingReporter())
    left = scan.entries_of(cache.root)
    assert [item.path for item in left] == list(reversed(paths[: len(left)]))
    assert size(cache) <= whole * 9 // 10
    assert removed.counts == {"entry": 5 - len(left), "blob": 5 - len(left)}
