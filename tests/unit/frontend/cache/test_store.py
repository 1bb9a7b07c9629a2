"""The cache on disk: what is served is whole and is what was published, whatever happens to it."""

import hashlib
import os
import subprocess
import sys
import textwrap
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from lbuild_frontend.cache import store
from lbuild_frontend.cache.entry import Entry
from lbuild_frontend.cache.folder import open_store, prepared
from lbuild_frontend.cache.sealed import RecordError, seal
from lbuild_frontend.cache.store import Store, UnusableRecord, identity_of
from lbuild_keys.model import Key
from lbuild_keys.observe.files import Digests
from support.denied_access import folders_as_on_windows
from support.recording_reporter import RecordingReporter
from support.strategies import DIGEST, entry

HOOK = "build_wheel"


@pytest.fixture
def cache(tmp_path: Path) -> Store:
    return prepared(open_store(tmp_path / "cache"), RecordingReporter())


def entries(cache: Store, identity: str = "demo") -> list[Entry]:
    return [stored.entry for stored in cache.history(identity, HOOK).entries]


def files(cache: Store) -> list[str]:
    return sorted(
        path.relative_to(cache.root).as_posix() for path in cache.root.rglob("*") if path.is_file()
    )


# Blobs


def test_a_blob_that_is_there_is_not_read_as_a_whole(cache: Store) -> None:
    content = bytes(8_000_000)
    cache.put_blob(content)
    tracemalloc.start()
    cache.put_blob(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < len(content) / 4


@pytest.mark.parametrize("content", [b"", b"content", bytes(1_000_000)])
def test_a_blob_comes_back(cache: Store, content: bytes) -> None:
    sha256 = hashlib.sha256(content).hexdigest()
    assert cache.blob(sha256) is None
    assert cache.put_blob(content) == cache.put_blob(content) == sha256
    assert cache.blob(sha256) == content
    assert cache.blob_path(sha256) == cache.root / "blobs-v1" / sha256[:2] / sha256


DAMAGES: dict[str, Callable[[Path], object]] = {
    "other content": lambda path: path.write_bytes(b"other"),
    "emptied": lambda path: path.write_bytes(b""),
    "cut": lambda path: os.truncate(path, path.stat().st_size - 1),
    "longer": lambda path: os.truncate(path, path.stat().st_size + 1),
    "one bit": lambda path: path.write_bytes(b"dontent"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_blob_is_not_handed_out_and_is_replaced(
    cache: Store, damage: Callable[[Path], object]
) -> None:
    sha256 = cache.put_blob(b"content")
    damage(cache.blob_path(sha256))
    with pytest.raises(RecordError, match="damaged"):
        cache.blob(sha256)
    assert cache.put_blob(b"content") == sha256
    assert cache.blob(sha256) == b"content"


def test_a_blob_that_is_a_folder(cache: Store) -> None:
    path = cache.blob_path(cache.put_blob(b"content"))
    path.unlink()
    (path / "below").mkdir(parents=True)
    with pytest.raises(RecordError):
        cache.blob(path.name)
    cache.put_blob(b"content")
    assert cache.blob(path.name) == b"content"
    assert not list(cache.root.rglob("*.tmp"))


# Entries


def test_entries_come_back_with_the_last_used_at_the_end(cache: Store) -> None:
    assert cache.history("demo", HOOK) == store.History((), ())
    made = [entry(key=Key(str(number) * 64)) for number in range(4)]
    for one in made:
        cache.publish("demo", HOOK, one)
    assert entries(cache) == made
    now = time.time()
    for age, stored in enumerate(cache.history("demo", HOOK).entries):
        os.utime(stored.path, (now - age - 10, now - age - 10))
    assert entries(cache) == made[::-1]
    cache.mark_used(cache.history("demo", HOOK).entries[0])
    assert entries(cache) == [made[2], made[1], made[0], made[3]]


def test_what_was_used_in_the_future_counts_as_the_oldest(cache: Store) -> None:
    made = [entry(key=Key(str(number) * 64)) for number in range(2)]
    for one in made:
        cache.publish("demo", HOOK, one)
    [_, ahead] = cache.history("demo", HOOK).entries
    later = time.time() + 7 * 86_400
    os.utime(ahead.path, (later, later))
    assert entries(cache) == made[::-1]


def test_projects_and_hooks_are_kept_apart(cache: Store) -> None:
    cache.publish("demo", HOOK, entry())
    assert cache.history("other", HOOK) == cache.history("demo", "build_sdist")
    assert entries(cache, "other") == []


def test_what_is_not_to_be_reused_is_kept_to_explain(cache: Store) -> None:
    cache.publish("demo", HOOK, entry(key=None, edited=("a",)))
    assert entries(cache) == [entry(key=None, edited=("a",))]


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_entry_is_told_and_can_be_dropped(
    cache: Store, damage: Callable[[Path], object]
) -> None:
    cache.publish("demo", HOOK, entry())
    cache.publish("demo", HOOK, entry(version="0.2.0"))
    [first, second] = cache.history("demo", HOOK).entries
    damage(first.path)
    history = cache.history("demo", HOOK)
    assert history.entries == (second,)
    assert history.unusable == (UnusableRecord(first.path, "damaged", other_version=False),)
    assert history.unusable[0].name == first.path.name
    cache.drop(history.unusable[0])
    assert cache.history("demo", HOOK) == store.History((second,), ())
    cache.drop(history.unusable[0])


def test_an_entry_of_another_version_is_told_and_left_to_it(cache: Store) -> None:
    cache.publish("demo", HOOK, entry())
    [stored] = cache.history("demo", HOOK).entries
    stored.path.write_bytes(seal({"schema": 99}))
    [unusable] = cache.history("demo", HOOK).unusable
    assert unusable.other_version
    assert unusable.problem.startswith("schema version 99; ")
    cache.drop(unusable)
    assert stored.path.exists()


@pytest.mark.parametrize("windows", [False, True], ids=["as here", "as on Windows"])
def test_other_files_among_the_entries(
    cache: Store, monkeypatch: pytest.MonkeyPatch, windows: bool
) -> None:
    if windows:
        folders_as_on_windows(monkeypatch)
    cache.publish("demo", HOOK, entry())
    folder = cache.history("demo", HOOK).entries[0].path.parent
    (folder / ".0123.tmp").write_bytes(b"half")
    (folder / "dangling.json").symlink_to("gone")
    assert cache.history("demo", HOOK).unusable == ()
    (folder / "folder.json").mkdir()
    [unusable] = cache.history("demo", HOOK).unusable
    assert unusable.problem
    assert cache.drop(unusable)
    assert not (folder / "folder.json").exists()
    assert entries(cache) == [entry()]


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        ("demo", "demo"),
        ("my-demo2", "my-demo2"),
        (None, "unnamed"),
        ("", "unnamed"),
        ("..", "unnamed"),
        ("a/b", "unnamed"),
        ("-a", "unnamed"),
        ("A", "unnamed"),
        ("a" * 128, "unnamed"),
        ("a\n", "unnamed"),
    ],
)
def test_a_name_becomes_a_folder_only_if_it_can(name: str | None, identity: str) -> None:
    assert identity_of(name) == identity


# Digests of files


def test_digests_come_back(cache: Store, tmp_path: Path) -> None:
    root = tmp_path / "project"
    known = {f"{root}/caf\udce9": ((1, 2, 3, 4), DIGEST), f"{root}/b": ((5, 6, 7, 8), DIGEST)}
    assert vars(cache.digests(root)) == vars(Digests())
    cache.keep_digests(root, Digests(looked_at=dict(known)))
    assert vars(cache.digests(root)) == vars(Digests(known))
    assert vars(cache.digests(tmp_path)) == vars(Digests())
    [path] = cache.root.glob("digests-v2/*")
    for damage in (b"", path.read_bytes()[:-1], seal(1), seal([["a", 1]])):
        path.write_bytes(damage)
        unusable = cache.digests(root)
        assert isinstance(unusable, UnusableRecord)
        assert unusable.path == path


def test_digests_are_written_only_if_there_is_something_new(cache: Store, tmp_path: Path) -> None:
    known = {"a": ((1, 2, 3, 4), DIGEST)}
    cache.keep_digests(tmp_path, Digests())
    cache.keep_digests(tmp_path, Digests(known, dict(known)))
    assert not list(cache.root.glob("digests-v2/*"))
    cache.keep_digests(tmp_path, Digests({}, dict(known)))
    found = cache.digests(tmp_path)
    assert isinstance(found, Digests)
    assert found.loaded == known


# Many processes at once

WORKER = """
    import hashlib, sys
    from pathlib import Path
    from lbuild_frontend.cache.folder import open_store, prepared
    from support.recording_reporter import RecordingReporter
    from support.strategies import entry

    root, number = Path(sys.argv[1]), int(sys.argv[2])
    cache = prepared(open_store(root), RecordingReporter())
    print(cache.secret.hex())
    for turn in range(20):
        for content in (b"shared %d" % turn * 1000, b"own %d %d" % (number, turn)):
            sha256 = cache.put_blob(content)
            assert cache.blob(sha256) == content
        cache.publish("demo", "build_wheel", entry(version=f"{number}.{turn}", sha256=sha256))
        history = cache.history("demo", "build_wheel")
        assert not history.unusable, history.unusable
        for stored in history.entries:
            assert cache.blob(stored.entry.sha256), stored
    with cache.lock("counter", "another", lambda _: None):
        counter = root / "counter"
        counter.write_text(str(int(counter.read_text()) + 1) if counter.exists() else "1")
"""


def test_processes_that_publish_at_once(tmp_path: Path) -> None:
    cache = open_store(tmp_path / "cache")  # which all of them make
    tests = str(Path(__file__).parents[3])
    command = [sys.executable, "-c", textwrap.dedent(WORKER), str(cache.root)]
    environ = {**os.environ, "PYTHONPATH": tests}
    workers = [
        subprocess.Popen(
            [*command, str(number)],
            env=environ,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    told = {worker.communicate() for worker in workers}
    assert told == {(f"{open_store(cache.root).secret.hex()}\n", "")}
    versions = {one.version for one in entries(cache)}
    assert versions == {f"{number}.{turn}" for number in range(4) for turn in range(20)}
    assert (cache.root / "counter").read_text("utf-8") == "4"
    assert not list(cache.root.rglob("*.tmp"))
