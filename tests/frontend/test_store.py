"""The cache on disk: what is served is whole and is what was published, whatever happens to it."""

import hashlib
import itertools
import os
import shutil
import stat
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from denied import without_privileges
from lbuild_frontend import record, store
from lbuild_frontend.cachefiles import write
from lbuild_frontend.cachefolder import check_writable, open_store, prepared
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.record import Entry, RecordError
from lbuild_frontend.store import Store, Unusable, identity_of
from lbuild_keys.files import Digests
from lbuild_keys.model import Key
from told import Told
from values import DIGEST, entry

HOOK = "build_wheel"


@pytest.fixture
def cache(tmp_path: Path) -> Store:
    return prepared(open_store(tmp_path / "cache"), Told())


def entries(cache: Store, identity: str = "demo") -> list[Entry]:
    return [stored.entry for stored in cache.history(identity, HOOK).entries]


def files(cache: Store) -> list[str]:
    return sorted(
        path.relative_to(cache.root).as_posix() for path in cache.root.rglob("*") if path.is_file()
    )


# Blobs


@pytest.mark.parametrize("content", [b"", b"content", bytes(1_000_000)])
def test_a_blob_comes_back(cache: Store, content: bytes) -> None:
    sha256 = hashlib.sha256(content).hexdigest()
    assert cache.blob(sha256) is None
    assert cache.put(content) == cache.put(content) == sha256
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
    sha256 = cache.put(b"content")
    damage(cache.blob_path(sha256))
    with pytest.raises(RecordError, match="damaged"):
        cache.blob(sha256)
    assert cache.put(b"content") == sha256
    assert cache.blob(sha256) == b"content"


def test_a_blob_that_is_a_folder(cache: Store) -> None:
    path = cache.blob_path(cache.put(b"content"))
    path.unlink()
    (path / "below").mkdir(parents=True)
    with pytest.raises(RecordError):
        cache.blob(path.name)
    cache.put(b"content")
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
    assert history.unusable == (Unusable(first.path, "damaged", other_version=False),)
    assert history.unusable[0].name == first.path.name
    cache.drop(history.unusable[0])
    assert cache.history("demo", HOOK) == store.History((second,), ())
    cache.drop(history.unusable[0])


def test_an_entry_of_another_version_is_told_and_left_to_it(cache: Store) -> None:
    cache.publish("demo", HOOK, entry())
    [stored] = cache.history("demo", HOOK).entries
    stored.path.write_bytes(record.seal({"schema": 99}))
    [unusable] = cache.history("demo", HOOK).unusable
    assert unusable.other_version
    assert unusable.problem.startswith("schema 99, ")
    cache.drop(unusable)
    assert stored.path.exists()


def test_other_files_among_the_entries(cache: Store) -> None:
    cache.publish("demo", HOOK, entry())
    folder = cache.history("demo", HOOK).entries[0].path.parent
    (folder / ".0123.tmp").write_bytes(b"half")
    (folder / "dangling.json").symlink_to("gone")
    assert cache.history("demo", HOOK).unusable == ()
    (folder / "folder.json").mkdir()
    [unusable] = cache.history("demo", HOOK).unusable
    assert unusable.problem
    cache.drop(unusable)
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
    assert cache.digests(root) == Digests()
    cache.keep_digests(root, Digests(looked_at=dict(known)))
    assert cache.digests(root) == Digests(known)
    assert cache.digests(tmp_path) == Digests()
    [path] = cache.root.glob("digests-v1/*")
    for damage in (b"", path.read_bytes()[:-1], record.seal(1), record.seal([["a", 1]])):
        path.write_bytes(damage)
        unusable = cache.digests(root)
        assert isinstance(unusable, Unusable)
        assert unusable.path == path


def test_digests_are_written_only_if_there_is_something_new(cache: Store, tmp_path: Path) -> None:
    known = {"a": ((1, 2, 3, 4), DIGEST)}
    cache.keep_digests(tmp_path, Digests())
    cache.keep_digests(tmp_path, Digests(known, dict(known)))
    assert not list(cache.root.glob("digests-v1/*"))
    cache.keep_digests(tmp_path, Digests({}, dict(known)))
    found = cache.digests(tmp_path)
    assert isinstance(found, Digests)
    assert found.loaded == known


# The folder


def test_looking_makes_nothing(tmp_path: Path) -> None:
    cache = open_store(tmp_path / "a" / "cache")
    check_writable(cache)
    cache.history("demo", HOOK)
    cache.blob(DIGEST)
    cache.digests(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_says_what_it_is_and_is_private(tmp_path: Path) -> None:
    cache = prepared(open_store(tmp_path / "a" / "cache"), Told())
    cache.put(b"content")
    cache.publish("demo", HOOK, entry())
    tag = (cache.root / "CACHEDIR.TAG").read_text("utf-8")
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    assert "can be removed" in (cache.root / "README").read_text("utf-8")
    assert stat.S_IMODE(cache.root.stat().st_mode) == 0o700
    assert {stat.S_IMODE((cache.root / name).stat().st_mode) for name in files(cache)} == {0o600}


def test_the_secret_is_that_of_the_folder(tmp_path: Path) -> None:
    first, second = (open_store(tmp_path / "cache") for _ in range(2))
    assert first.secret != second.secret  # for neither is kept yet
    assert len(first.secret) == 32
    kept = prepared(first, Told()).secret
    assert prepared(second, Told()).secret == prepared(first, Told()).secret == kept
    assert open_store(tmp_path / "cache").secret == kept
    assert prepared(open_store(tmp_path / "other"), Told()).secret != kept


def test_a_folder_that_holds_other_things_is_none_for_a_cache(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    with pytest.raises(LbuildError, match=f"^{tmp_path}: this folder holds other things than"):
        open_store(tmp_path)
    (tmp_path / "empty").mkdir()
    prepared(open_store(tmp_path / "empty"), Told())
    (tmp_path / "empty" / "more").touch()
    open_store(tmp_path / "empty")


@pytest.mark.parametrize("make", [Path.touch, os.mkfifo, lambda path: path.symlink_to(path)])
def test_what_is_no_folder_cannot_be_used(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "cache")
    with pytest.raises(LbuildError, match=f"^{tmp_path}/cache: the cache cannot be used"):
        open_store(tmp_path / "cache")
    with pytest.raises(LbuildError, match="--cache-dir or LBUILD_CACHE_DIR"):
        open_store(tmp_path / "cache" / "below")
        check_writable(Store(tmp_path / "cache" / "below", b""))


def test_a_folder_of_somebody_else_cannot_be_used(tmp_path: Path) -> None:
    folder = tmp_path
    if os.geteuid() == 0:
        os.chown(folder, 65_534, -1)
    else:
        folder = Path(tmp_path.anchor)  # which is root's
    with pytest.raises(LbuildError, match="belongs to another user"):
        open_store(folder)


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o555)
    with without_privileges():
        cache = open_store(folder)
        for use in (
            lambda: check_writable(cache),
            lambda: prepared(cache, Told()),
            lambda: cache.put(b"content"),
            lambda: cache.publish("demo", HOOK, entry()),
        ):
            with pytest.raises(LbuildError, match="Permission denied"):
                use()
        cache.keep_digests(tmp_path, Digests({}, {"a": ((1, 2, 3, 4), DIGEST)}))
        assert cache.blob(DIGEST) is None
    assert list(folder.iterdir()) == []


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="File name too long"):
        write(tmp_path / "folder" / ("a" * 300), b"content")
    assert list(tmp_path.rglob("*")) == [tmp_path / "folder"]


# Locks


def test_a_lock_is_held_by_one_at_a_time_and_leaves_nothing(cache: Store) -> None:
    waited, held = [], []

    def other() -> None:
        with cache.lock("a", "another", lambda _: waited.append(True)):
            held.append("other")

    with (
        cache.lock("a", "another", lambda _: waited.append(False)),
        cache.lock("b", "another", lambda _: None),
    ):
        thread = threading.Thread(target=other)
        thread.start()
        for _ in range(400):
            if waited:
                break
            time.sleep(0.01)
        held.append("this")
    thread.join()
    assert (waited, held) == ([True], ["this", "other"])
    assert list((cache.root / "locks-v1").iterdir()) == []


def test_a_lock_that_cannot_be_made(cache: Store) -> None:
    (cache.root / "locks-v1").chmod(0o500)
    with (
        without_privileges(),
        pytest.raises(LbuildError, match="cannot be used"),
        cache.lock("a", "another", lambda _: None),
    ):
        pass


# Many processes at once

WORKER = """
    import hashlib, sys
    from pathlib import Path
    from lbuild_frontend.cachefolder import open_store, prepared
    from told import Told
    from values import entry

    root, number = Path(sys.argv[1]), int(sys.argv[2])
    cache = prepared(open_store(root), Told())
    print(cache.secret.hex())
    for turn in range(20):
        for content in (b"shared %d" % turn * 1000, b"own %d %d" % (number, turn)):
            sha256 = cache.put(content)
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
    tests = str(Path(__file__).parent.parent)
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


# Anything in any order


class AnyUse(RuleBasedStateMachine):
    """A cache that is used and damaged, beside what is known to have been put into it."""

    contents = Bundle("contents")
    published = Bundle("published")

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        self.cache = prepared(open_store(root), Told())
        self.whole: set[str] = set()
        self.known: dict[Path, Entry] = {}

    @rule(target=contents, content=st.binary(max_size=3))
    def put(self, content: bytes) -> bytes:
        assert self.cache.put(content) == hashlib.sha256(content).hexdigest()
        self.whole.add(hashlib.sha256(content).hexdigest())
        return content

    @rule(target=published, content=contents, version=st.sampled_from("123"))
    def publish(self, content: bytes, version: str) -> Path:
        one = entry(sha256=hashlib.sha256(content).hexdigest(), version=version)
        before = {stored.path for stored in self.cache.history("demo", HOOK).entries}
        self.cache.publish("demo", HOOK, one)
        last = self.cache.history("demo", HOOK).entries[-1]
        assert last.path not in before
        assert last.entry == one
        self.known[last.path] = one
        return last.path

    @rule(content=contents, damage=st.sampled_from(list(DAMAGES)))
    def damage_blob(self, content: bytes, damage: str) -> None:
        sha256 = hashlib.sha256(content).hexdigest()
        if content and sha256 in self.whole:
            DAMAGES[damage](self.cache.blob_path(sha256))
            self.whole.discard(sha256)

    @rule(content=contents)
    def remove_blob(self, content: bytes) -> None:
        sha256 = hashlib.sha256(content).hexdigest()
        self.cache.blob_path(sha256).unlink(missing_ok=True)
        self.whole.discard(sha256)

    @rule(path=published, damage=st.sampled_from(list(DAMAGES)))
    def damage_entry(self, path: Path, damage: str) -> None:
        if path in self.known:
            DAMAGES[damage](path)
            del self.known[path]

    @rule(one=published, other=published)
    def copy_entry(self, one: Path, other: Path) -> None:
        if one in self.known and one != other:
            shutil.copyfile(one, other)
            self.known[other] = self.known[one]

    @rule(path=published)
    def use(self, path: Path) -> None:
        for stored in self.cache.history("demo", HOOK).entries:
            if stored.path == path:
                self.cache.mark_used(stored)

    @rule()
    def drop_what_is_damaged(self) -> None:
        for unusable in self.cache.history("demo", HOOK).unusable:
            self.cache.drop(unusable)
        assert self.cache.history("demo", HOOK).unusable == ()

    @rule()
    def open_again(self) -> None:
        secret = self.cache.secret
        self.cache = open_store(self.root)
        assert self.cache.secret == secret

    @invariant()
    def what_is_served_is_whole_and_what_was_published(self) -> None:
        history = self.cache.history("demo", HOOK)
        assert {stored.path: stored.entry for stored in history.entries} == self.known
        for one in self.known.values():
            try:
                content = self.cache.blob(one.sha256)
            except RecordError:
                content = None
            assert (content is not None) == (one.sha256 in self.whole)
            if content is not None:
                assert hashlib.sha256(content).hexdigest() == one.sha256
        assert not list(self.root.rglob("*.tmp"))


def test_any_use(tmp_path: Path) -> None:
    numbers = itertools.count()
    run_state_machine_as_test(
        lambda: AnyUse(tmp_path / str(next(numbers))),
        settings=settings(max_examples=40, stateful_step_count=20),
    )
