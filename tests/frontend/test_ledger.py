"""The account of what the cache holds."""

import time
from pathlib import Path

import pytest

from lbuild_frontend import cachefiles, ledger, record
from lbuild_frontend.ledger import Account

DAY = 86_400


def test_without_an_account_nothing_is_added(tmp_path: Path) -> None:
    ledger.add(tmp_path, 5)
    assert ledger.read(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_what_comes_is_added_and_the_count_stays_as_old(tmp_path: Path) -> None:
    ledger.write(tmp_path, Account(100, 7.5))
    for size in (5, 0, 10**15):
        ledger.add(tmp_path, size)
    assert ledger.read(tmp_path) == Account(10**15 + 105, 7.5)
    assert ledger.damaged(tmp_path) == []


@pytest.mark.parametrize(
    "content", [b"", b"damaged", record.seal([1]), record.seal({}), record.seal(["x", 1])]
)
def test_a_damaged_one_is_none(tmp_path: Path, content: bytes) -> None:
    ledger.write(tmp_path, Account(1, 1))
    [path] = (tmp_path / "counts-v1").iterdir()
    cachefiles.write(path, content)
    assert ledger.read(tmp_path) is None
    assert ledger.damaged(tmp_path) == [path]
    ledger.add(tmp_path, 1)
    assert ledger.read(tmp_path) is None
    ledger.write(tmp_path, Account(1, 1))
    assert ledger.read(tmp_path) == Account(1, 1)


@pytest.mark.parametrize(
    ("age", "recent"), [(0, True), (DAY / 2, True), (2 * DAY, False), (-DAY, False)]
)
def test_how_old_an_account_may_be(age: float, recent: bool) -> None:
    assert Account(0, time.time() - age).is_recent is recent
