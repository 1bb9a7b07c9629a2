"""The names of buckets, and of what is in them."""

import re

import pytest

from lbuild_frontend import replay
from lbuild_frontend.cache import buckets


def test_every_bucket_has_a_name_with_a_version() -> None:
    assert len(buckets.ALL) == 10
    for name, bucket in buckets.ALL.items():
        assert bucket.name == name
        assert buckets.is_known(name)
        assert not buckets.is_older(name)


@pytest.mark.parametrize(
    ("name", "parsed", "known", "older"),
    [
        ("entries-v0", ("entries", 0), True, True),
        ("entries-v2", ("entries", 2), True, False),
        ("things-v0", ("things", 0), False, False),
        ("entries", None, False, False),
        ("entries-v", None, False, False),
        ("entries-v1.tmp", None, False, False),
        ("secret", None, False, False),
    ],
)
def test_other_names(name: str, parsed: tuple[str, int] | None, known: bool, older: bool) -> None:
    assert buckets.parse_name(name) == parsed
    assert buckets.is_known(name) == known
    assert buckets.is_older(name) == older


def test_what_only_saves_time() -> None:
    """A decision that used any other bucket is replayed only as long as that is as it was."""
    derived = {name for name, bucket in buckets.ALL.items() if bucket.is_derived}
    others = {"commands-v1", "digests-v2", "locks-v1", "logs-v1"}
    assert derived == {*others, replay.BUCKET, replay.COUNTS}


@pytest.mark.parametrize(
    ("bucket", "names", "others"),
    [
        (buckets.ENTRIES, ["0001-abc.json", "a\nb.json"], [".json", ".a.json", "notes.txt"]),
        (buckets.BLOBS, ["0" * 64], ["0" * 63, "G" * 64]),
        (buckets.ENVIRONMENTS, ["env-0a"], ["env-", "records"]),
        (buckets.BYTECODE, ["env-0a.json"], ["env-0a"]),
        (buckets.REQUESTS, [f"{'a' * 32}.json", f"{'a' * 64}.json"], ["a.json"]),
        (buckets.DIGESTS, [f"{'a' * 32}.json"], ["a" * 32]),
        (buckets.REPLAYS, ["a" * 32], [f"{'a' * 32}.json"]),
        (buckets.COUNTS, ["hits", "misses"], [buckets.SIZE_ACCOUNT]),
        (buckets.LOCKS, ["store.lock"], ["store"]),
    ],
)
def test_names_in_buckets(bucket: buckets.Bucket, names: list[str], others: list[str]) -> None:
    assert all(re.fullmatch(bucket.content, name) for name in names)
    assert not any(re.fullmatch(bucket.content, name) for name in others)
