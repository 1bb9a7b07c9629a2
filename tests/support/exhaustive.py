"""Which cases run each time, and which are exhaustive: only with --full or --only-exhaustive.

Two marks are read here. ``exhaustive`` is for a whole test, or for a case by ``pytest.param``.
``quick`` is for a test with many cases, and names those of them that are quick: ``quick("a", "b")``
by what pytest shows in brackets, ``quick(every=5)`` one in five, the first of all among them.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import pytest


def exhaustive_ones(items: Sequence[pytest.Item]) -> Iterator[bool]:
    """Yield of each collected test whether it is exhaustive.

    Raises:
        pytest.UsageError: if a mark names a case that is not there.
    """
    place: Counter[str] = Counter()
    named: set[tuple[str, str]] = set()
    there: set[tuple[str, str]] = set()
    for item in items:
        test, _, case = item.nodeid.partition("[")
        case = case.removesuffix("]")
        exhaustive = item.get_closest_marker("exhaustive") is not None
        mark = item.get_closest_marker("quick")
        if mark is not None:
            every = mark.kwargs.get("every")
            names = set(map(_as_shown, mark.args))
            exhaustive |= place[test] % every != 0 if every else case not in names
            place[test] += 1
            named |= {(test, name) for name in names}
            there.add((test, case))
        yield exhaustive
    if named - there:
        message = f"no such cases: {sorted(named - there)}"
        raise pytest.UsageError(message)


def _as_shown(name: str) -> str:
    """The name of a case as pytest shows it: backslashes and what is not ASCII are escaped."""
    return name.encode("unicode_escape").decode("ascii")
