"""Counts, moments and arrays as text."""

import json
import time

import pytest

from lbuild_frontend.output import formats


@pytest.mark.parametrize(
    ("number", "word", "text"),
    [(1, "entry", "1 entry"), (2, "entry", "2 entries"), (0, "blob", "0 blobs"), (1, "x", "1 x")],
)
def test_a_count_has_its_noun(number: int, word: str, text: str) -> None:
    assert formats.counted(number, word) == text


def test_an_array_of_objects() -> None:
    assert formats.json_array([]) == "[]"
    assert json.loads(formats.json_array(iter([{"a": 1}]))) == [{"a": 1}]


def test_a_time_by_iso_8601() -> None:
    assert formats.iso(1.9) == "1970-01-01T00:00:01Z"


def seconds(year: int, *more: int) -> float:
    return time.mktime((year, *more, *(0 for _ in range(5 - len(more))), 0, 0, -1))


@pytest.mark.parametrize(
    ("since", "now", "told"),
    [
        ((2024, 2, 29, 14, 2), (2024, 2, 29, 23, 59), "14:02"),
        ((2024, 2, 29, 0, 0), (2024, 2, 29, 0, 0), "00:00"),
        ((2024, 2, 28, 14, 2), (2024, 2, 29, 14, 1), "2024-02-28 14:02"),
        ((2024, 1, 29, 14, 2), (2024, 2, 29, 14, 2), "2024-01-29 14:02"),
        ((2023, 2, 28, 14, 2), (2024, 2, 28, 14, 2), "2023-02-28 14:02"),
        ((2024, 3, 1, 14, 2), (2024, 2, 29, 14, 2), "2024-03-01 14:02"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_a_moment_has_its_date_unless_it_is_of_today(
    monkeypatch: pytest.MonkeyPatch,
    zone: str,
    since: tuple[int, ...],
    now: tuple[int, ...],
    told: str,
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        then = seconds(*since)
        clock, in_zone = seconds(*now), time.localtime
        monkeypatch.setattr(time, "time", lambda: clock)
        monkeypatch.setattr(time, "localtime", lambda at=clock: in_zone(at))
        found = formats.moment(then)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert found == told
