"""What is recorded of build environments, and who uses them."""

import contextlib
import itertools
import os
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_frontend.cache.folder import open_store, prepared
from lbuild_frontend.cache.sealed import RecordError, seal
from lbuild_frontend.cache.store import Store
from lbuild_frontend.environments import kept
from lbuild_frontend.environments.kept import EnvironmentRecord, KeptEnvironments, RequestRecord
from support import interrupted_process as forked
from support.filled_cache import REQUEST, environment_identity, make_environment
from support.recording_reporter import RecordingReporter

IDENTITY = "f" * 32
MADE = EnvironmentRecord("env-0123/bin/python", "a digest", "distributions")


@pytest.fixture
def cache(tmp_path: Path) -> Store:
    return prepared(open_store(tmp_path / "cache"), RecordingReporter())


@pytest.fixture
def bucket(cache: Store) -> KeptEnvironments:
    return kept.in_cache(cache.root)


def test_records_come_back(bucket: KeptEnvironments) -> None:
    for read in (lambda: bucket.read_request(REQUEST), lambda: bucket.read_record(IDENTITY)):
        with pytest.raises(FileNotFoundError):
            read()
    bucket.write_request(REQUEST, RequestRecord(IDENTITY, 7.5))
    bucket.write_record(IDENTITY, MADE)
    assert bucket.read_request(REQUEST) == RequestRecord(IDENTITY, 7.5)
    assert bucket.read_record(IDENTITY) == MADE
    assert MADE.folder == "env-0123"
    assert list(bucket.requests.iterdir()) == [bucket.request_path(REQUEST)]
    assert list(bucket.records.iterdir()) == [bucket.record_path(IDENTITY)]


def test_a_moved_cache_has_a_bucket_of_another_name(cache: Store, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(cache.root)
    assert kept.in_cache(tmp_path / "link") == kept.in_cache(cache.root)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"damaged",
        seal([]),
        seal("text"),
        seal({}),
        seal({"schema": 1}),
        seal({"schema": 1, "environment": 5, "python": 5, "resolved_at": 5, "contents": 5}),
        seal({"schema": 1, "environment": IDENTITY, "resolved_at": None, "python": MADE.python}),
    ],
)
def test_what_is_no_record(bucket: KeptEnvironments, content: bytes) -> None:
    bucket.write_request(REQUEST, RequestRecord(IDENTITY, 7.5))
    bucket.write_record(IDENTITY, MADE)
    bucket.request_path(REQUEST).write_bytes(content)
    bucket.record_path(IDENTITY).write_bytes(content)
    for read in (lambda: bucket.read_request(REQUEST), lambda: bucket.read_record(IDENTITY)):
        with pytest.raises(RecordError):
            read()


ODD = st.text(st.sampled_from("env-a./\\\0\n"), max_size=12).map("env-a/{}".format)


@given(st.one_of(st.text(), ODD, st.sampled_from(["/bin/sh", "env-a/../../sh", "env-a/bin/.."])))
def test_no_record_leads_out_of_the_bucket(python: str) -> None:
    """Whoever wrote it with a checksum that is right."""
    with contextlib.suppress(RecordError):
        found = EnvironmentRecord(kept._matching(kept._PYTHON, python), "", "")  # noqa: SLF001
        place = os.path.normpath(f"/bucket/{found.python}")
        assert place.startswith("/bucket/env-")
        assert place.count("/") == found.python.count("/") + 2
        assert found.folder.startswith("env-")


def test_an_environment_is_sound_until_something_changes(
    bucket: KeptEnvironments, cache: Store
) -> None:
    folder = make_environment(cache)
    made = bucket.read_record(environment_identity("a python"))
    assert bucket.is_unchanged(made)
    (folder / "__pycache__").mkdir()
    assert bucket.is_unchanged(made)
    (folder / "new").touch()
    assert not bucket.is_unchanged(made)
    assert not bucket.is_unchanged(
        EnvironmentRecord("env-gone/bin/python", made.contents, made.installed)
    )


def test_who_uses_one_keeps_it(bucket: KeptEnvironments, cache: Store) -> None:
    folder = make_environment(cache)
    other = make_environment(cache, "b" * 32, "other")
    assert not bucket.is_used(folder.name)
    with bucket.hold(folder.name), bucket.hold(folder.name):
        assert bucket.is_used(folder.name)
        assert not bucket.is_used(other.name)
        assert not bucket.remove(folder.name)
        assert bucket.remove(other.name)
    assert folder.exists()
    assert bucket.remove(folder.name)
    assert not list(bucket.root.glob("env-*"))
    assert not list(bucket.uses.iterdir())


def test_one_that_is_being_made_is_used(bucket: KeptEnvironments) -> None:
    with contextlib.ExitStack() as uses:
        folder = bucket.new_folder(uses)
        assert folder.stat().st_mode & 0o777 == 0o700
        assert list(bucket.root.glob("env-*")) == [folder]
        assert not bucket.remove(folder.name)
    assert bucket.remove(folder.name)


def test_a_dead_process_uses_nothing(bucket: KeptEnvironments, cache: Store) -> None:
    folder = make_environment(cache)

    def die() -> None:
        with bucket.hold(folder.name):
            os.kill(os.getpid(), signal.SIGKILL)

    assert forked.kill_at(die, bucket.root, 1_000)
    assert len(list(bucket.uses.iterdir())) == 1
    assert not bucket.is_used(folder.name)
    assert list(bucket.uses.iterdir()) == []


@pytest.mark.parametrize("user_first", [True, False])
def test_either_the_lock_is_seen_or_the_record_missed(tmp_path: Path, user_first: bool) -> None:
    """Wherever the one stands while the other is at it, nobody uses one that is removed."""

    def use() -> None:
        with contextlib.suppress(FileNotFoundError), bucket.hold(folder.name):
            made = bucket.read_record(
                environment_identity("a python")
            )  # once more, now that it is held
            for _ in range(3):
                assert bucket.is_unchanged(made)

    def remove() -> None:
        bucket.record_path(environment_identity("a python")).unlink()
        bucket.remove(folder.name)

    first, second = (use, remove) if user_first else (remove, use)
    for at in itertools.count(1):
        cache = prepared(open_store(tmp_path / str(at)), RecordingReporter())
        folder = make_environment(cache)
        bucket = kept.in_cache(cache.root)
        with forked.stop_at(first, cache.root, at) as stands:
            second()
        if not stands:
            break
    assert at > 5
