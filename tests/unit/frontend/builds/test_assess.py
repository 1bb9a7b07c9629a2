"""Entries of the cache, as a decision asks for them."""

from pathlib import Path

import pytest

from lbuild_frontend.builds.assess import RecordedBuild
from lbuild_frontend.cache.entry import snapshot_to_bytes
from lbuild_frontend.cache.folder import open_store
from lbuild_frontend.cache.store import Store
from lbuild_keys.decision.past_builds import UnreadableRecordError
from lbuild_keys.model import Input
from support.strategies import entry, seen

INPUTS = {Input("file", "a.py"): seen("1")}


@pytest.fixture
def cache(tmp_path: Path) -> Store:
    return open_store(tmp_path / "cache")


@pytest.fixture
def build(cache: Store) -> RecordedBuild:
    one = entry(sha256=cache.put_blob(b"wheel"), snapshot=cache.put_blob(snapshot_to_bytes(INPUTS)))
    cache.publish("demo", "build_wheel", one)
    [stored] = cache.history("demo", "build_wheel").entries
    return RecordedBuild(stored, cache)


def test_a_sound_entry(build: RecordedBuild) -> None:
    assert build.read_snapshot() == INPUTS
    result = build.read_result()
    assert result is not None
    assert result.read() == b"wheel"
    assert build.name == build.stored.path.name


@pytest.mark.parametrize(
    ("damage", "problem"),
    [(None, "its snapshot is missing"), (b"", "damaged"), (b"null", "damaged")],
)
def test_a_snapshot_that_is_missing_or_damaged(
    cache: Store, build: RecordedBuild, damage: bytes | None, problem: str
) -> None:
    path = cache.blob_path(build.entry.snapshot)
    path.unlink() if damage is None else path.write_bytes(damage)
    with pytest.raises(UnreadableRecordError, match=problem):
        build.read_snapshot()


def test_a_blob_that_is_no_snapshot(cache: Store) -> None:
    cache.publish("demo", "build_wheel", entry(snapshot=cache.put_blob(b"null")))
    [stored] = cache.history("demo", "build_wheel").entries
    with pytest.raises(UnreadableRecordError, match="not a snapshot"):
        RecordedBuild(stored, cache).read_snapshot()


def test_a_result_that_is_missing_or_damaged(cache: Store, build: RecordedBuild) -> None:
    path = cache.blob_path(build.entry.sha256)
    path.write_bytes(b"other")
    with pytest.raises(UnreadableRecordError):
        build.read_result()
    path.unlink()
    assert build.read_result() is None
