"""Counts, moments and JSON arrays, written alike by all commands."""

import json
import time
from collections.abc import Iterable, Mapping

_DAY = 86_400


def counted(number: int, word: str) -> str:
    """Write a number of things, with the noun in the singular or the plural."""
    if number != 1:
        word = f"{word[:-1]}ies" if word.endswith("ry") else f"{word}s"
    return f"{number} {word}"


def moment(seconds: float) -> str:
    """Write a time of today by the clock, and any other with its date, in the user's time zone.

    Args:
        seconds: since the epoch.
    """
    then = time.localtime(seconds)
    is_today = time.time() - seconds < _DAY and then.tm_mday == time.localtime().tm_mday
    return time.strftime("%H:%M" if is_today else "%Y-%m-%d %H:%M", then)


def iso(seconds: float) -> str:
    """Write a time by ISO 8601, in UTC.

    Args:
        seconds: since the epoch.
    """
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def json_array(rows: Iterable[Mapping[str, object]]) -> str:
    """Write objects as every command prints them with ``--json``."""
    return json.dumps(list(rows), indent=2)
