"""The account of what the cache holds."""

import time
from pathlib import Path

import pytest

from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache import size_account
from lbuild_frontend.cache.sealed import seal
from lbuild_frontend.cache.size_account import SizeAccount

DAY = 86_400


def test_without_an_account_nothing_is_added(tmp_path: Path) -> None:
    size_account.add(tmp_path, 5)
    assert size_account.read(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_what_comes_is_added_and_the_count_stays_as_old(tmp_path: Path) -> None:
    size_account.write(tmp_path, SizeAccount(100, 7.5))
    for size in (5, 0, 10**15):
        size_account.add(tmp_path, size)
    assert size_account.read(tmp_path) == SizeAccount(10**15 + 105, 7.5)
    assert size_account.damaged(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b"damaged", seal([1]), seal({}), seal(["x", 1])])
def test_a_damaged_one_is_none(tmp_path: Path, content: bytes) -> None:
    size_account.write(tmp_path, SizeAccount(1, 1))
    [path] = (tmp_path / "counts-v1").iterdir()
    cache_files.write(path, content)
    assert size_account.read(tmp_path) is None
    assert size_account.damaged(tmp_path) == [path]
    size_account.add(tmp_path, 1)
    assert size_account.read(tmp_path) is None
    size_account.write(tmp_path, SizeAccount(1, 1))
    assert size_account.read(tmp_path) == SizeAccount(1, 1)


@pytest.mark.parametrize(
    ("age", "recent"), [(0, True), (DAY / 2, True), (2 * DAY, False), (-DAY, False)]
)
def test_how_old_an_account_may_be(age: float, recent: bool) -> None:
    assert SizeAccount(0, time.time() - age).is_recent is recent
