"""Verification finds each kind of damage, drops it, and tells of it once."""

import base64
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lbuild_frontend import replay
from lbuild_frontend.cache import buckets, size_account
from lbuild_frontend.cache.folder import open_store, prepared
from lbuild_frontend.cache.sealed import seal
from lbuild_frontend.cache.size_account import SizeAccount
from lbuild_frontend.cache.store import Store
from lbuild_frontend.environments import kept
from lbuild_frontend.maintenance import verify as verification
from lbuild_frontend.maintenance.verify import Damage, Verified
from lbuild_keys.observe.files import Digests
from support.filled_cache import (
    REQUEST,
    environment_identity,
    environment_record,
    make_environment,
    publish,
)
from support.recording_reporter import RecordingReporter
from support.strategies import DIGEST


@pytest.fixture
def cache(tmp_path: Path) -> Store:
    """A cache with something of each kind, all of it sound."""
    cache = prepared(open_store(tmp_path / "cache"), RecordingReporter())
    publish(cache)
    folder = make_environment(cache)
    _install(folder)
    bucket = kept.in_cache(cache.root)
    bucket.write_record(environment_identity("a python"), environment_record(folder))
    cache.keep_digests(tmp_path, Digests({}, {"a": ((1, 2, 3, 4), DIGEST)}))
    size_account.write(cache.root, SizeAccount(5, 5))
    (cache.root / replay.BUCKET).mkdir()
    (cache.root / replay.BUCKET / ("e" * 32)).write_bytes(replay.sealed({}))  # type: ignore[typeddict-item]
    (cache.root / buckets.LOGS.name).mkdir()
    (cache.root / buckets.LOGS.name / f"demo-build_wheel-{'e' * 16}.log").write_text("no compiler")
    return cache


def _install(environment: Path) -> None:
    """Put a distribution into an environment, with its list of files."""
    site = environment / "lib" / "site-packages"
    (site / "demo.dist-info").mkdir(parents=True)
    (site / "demo.py").write_text("ANSWER = 42\n")
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"ANSWER = 42\n").digest()).rstrip(b"=")
    rows = f"demo.py,sha256={digest.decode()},12\ndemo.dist-info/RECORD,,\n"
    (site / "demo.dist-info" / "RECORD").write_text(rows)


def verify(cache: Store) -> Verified:
    return verification.verify(cache, RecordingReporter())


def one_of(cache: Store, pattern: str) -> Path:
    return next(path for path in sorted(cache.root.glob(pattern)) if path.is_file())


def test_there_is_no_cache(tmp_path: Path) -> None:
    assert verify(open_store(tmp_path / "cache")) == Verified((), 0, 0, ())
    assert list(tmp_path.iterdir()) == []


def test_a_sound_cache_is_left_as_it_is(cache: Store) -> None:
    before = {path: path.stat().st_mtime_ns for path in cache.root.rglob("*") if path.is_file()}
    told = RecordingReporter()
    verified = verification.verify(cache, told)
    assert verified.damages == verified.foreign == ()
    assert verified.files == len(before)
    assert verified.size == sum(path.stat().st_size for path in before)
    after = {path: path.stat().st_mtime_ns for path in cache.root.rglob("*") if path.is_file()}
    assert after == before
    assert told.progress_lines == ["looking at the cache", "verifying the cache: 0 of 8"]


def flip(path: Path) -> None:
    """One bit, without a trace in size and time."""
    status, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a bit": flip,
    "cut": lambda path: os.truncate(path, path.stat().st_size - 1),
    "emptied": lambda path: os.truncate(path, 0),
    "garbage": lambda path: path.write_bytes(b"\xff\0garbage"),
    "a folder": lambda path: (path.unlink(), (path / "below").mkdir(parents=True)),
}

PLACES = {
    "entry": "entries-v1/*/*/*.json",
    "digests": "digests-v2/*.json",
    "command line": "replays-v1/*",
    "account": "counts-v1/size.json",
    "request": "environments-v1/requests/*.json",
    "record of an environment": "environments-v1/records/*.json",
    "secret": "secret",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_record_that_is_damaged(
    cache: Store, place: str, damage: Callable[[Path], object]
) -> None:
    path = one_of(cache, place)
    damage(path)
    found = verify(cache).damages
    assert path in [one.path for one in found]
    assert all(one.problem for one in found)
    assert not os.path.lexists(path)
    assert verify(cache).damages == ()


@pytest.mark.parametrize("damage", [*DAMAGES.values(), Path.unlink], ids=[*DAMAGES, "gone"])
@pytest.mark.parametrize("which", ["sha256", "metadata", "snapshot"])
def test_a_blob_that_is_damaged_takes_its_entries_with_it(
    cache: Store, which: str, damage: Callable[[Path], object]
) -> None:
    other = publish(cache, b"other", metadata=b"other", inputs={}, identity="other")
    [stored] = cache.history("demo", "build_wheel").entries
    path = cache.blob_path(getattr(stored.entry, which))
    damage(path)
    found = [one.path for one in verify(cache).damages]
    assert found == [*([] if damage is Path.unlink else [path]), stored.path]
    assert not os.path.lexists(path)
    assert [one.path for one in cache.history("other", "build_wheel").entries] == [other]
    assert verify(cache).damages == ()


def test_a_blob_that_is_no_snapshot(cache: Store) -> None:
    sha256 = cache.put_blob(b"no JSON")
    path = publish(cache, snapshot=sha256)
    assert verify(cache).damages == (
        Damage(path, "not a snapshot written by lbuild", is_removed=True),
    )
    assert cache.blob(sha256) == b"no JSON"


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (
            lambda folder: flip(folder / "lib/site-packages/demo.py"),
            "differs from what was installed",
        ),
        (lambda folder: (folder / "bin/python").write_text("other"), "changed since it was made"),
        (lambda folder: (folder / "lib/site-packages/demo.py").unlink(), "changed since it was"),
        (lambda folder: (folder / "lib/new.py").touch(), "changed since it was made"),
    ],
)
def test_an_environment_that_is_damaged(
    cache: Store, damage: Callable[[Path], object], problem: str
) -> None:
    [folder] = cache.root.glob("environments-v1/env-*")
    damage(folder)
    [found] = verify(cache).damages
    assert found.path == folder
    assert problem in found.problem
    assert not folder.exists()
    assert not list(cache.root.glob("environments-v1/re*/*"))
    assert verify(cache).damages == ()


def test_a_damaged_environment_in_use_is_nobody_elses_any_more(cache: Store) -> None:
    [folder] = cache.root.glob("environments-v1/env-*")
    bucket = kept.in_cache(cache.root)
    flip(folder / "lib" / "site-packages" / "demo.py")
    with bucket.hold(folder.name):
        assert len(verify(cache).damages) == 1
        assert folder.exists()
        with pytest.raises(FileNotFoundError):
            bucket.read_request(REQUEST)
        assert verify(cache).damages == ()


def test_what_another_version_has_there_is_named(cache: Store) -> None:
    path = publish(cache, b"other", identity="other")
    before = verify(cache)
    size = path.stat().st_size
    path.write_bytes(seal({"schema": 99}))
    for name in ("entries-v0", "entries-v9"):
        (cache.root / name).mkdir()
        (cache.root / name / "file").write_bytes(b"12345")
    verified = verify(cache)
    assert verified.damages == ()
    assert verified.foreign == (cache.root / "entries-v0", path, cache.root / "entries-v9")
    # What nothing can be told of does not count as verified.
    assert (verified.files, verified.size) == (before.files - 1, before.size - size)
    assert path.exists()


def test_all_at_once(cache: Store) -> None:
    """Whatever is damaged beside it, each is found."""
    paths = [one_of(cache, place) for place in PLACES.values()]
    paths += cache.root.glob("blobs-v1/*/*")
    for path in paths:
        path.write_bytes(b"damaged")
    assert {one.path for one in verify(cache).damages} >= set(paths)
    assert not any(map(Path.exists, paths))
    assert verify(cache).damages == ()
