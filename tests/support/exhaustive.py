"""Which cases run each time, and which do not.

Exhaustive ones run only with --full or --only-exhaustive, and those of endurance only with
--endurance, which CI does not ask for.

What is drawn at random comes from the fixture ``chance``, or from Hypothesis. It is the same in
each run, so that no run of CI depends on luck. With --endurance it is new in each run, and tests
with the fixture ``how_many`` try more often: so --endurance runs all that have one of these.

Three marks are read here. ``exhaustive`` and ``endurance`` are for a whole test, or for a case by
``pytest.param``. ``quick`` is for a test with many cases, and names those of them that are quick:
``quick("a", "b")`` by what pytest shows in brackets, ``quick(every=5)`` one in five, the first of
all among them. The others are exhaustive, or of endurance if the test has that mark as well.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest


def one_in(every: int, cases: Iterable[Any]) -> list[Any]:
    """Leave one in so many cases of an exhaustive test as it is; the others are of endurance."""
    return [_of_endurance(case) if at % every else case for at, case in enumerate(cases)]


def _of_endurance(case: Any) -> Any:
    values, name = (case.values, case.id) if hasattr(case, "values") else ((case,), None)
    return pytest.param(*values, id=name, marks=pytest.mark.endurance)


def wanted_levels(full: bool, only_exhaustive: bool, endurance: bool) -> set[str]:
    """Return which levels run by these options."""
    wanted = {"exhaustive"} if only_exhaustive else {"quick", "exhaustive"} if full else set()
    if endurance:
        wanted.add("endurance")
    return wanted or {"quick"}


def draws(item: pytest.Item) -> bool:
    """Whether a test does more, or something else, with --endurance."""
    by_hypothesis: bool = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    fixtures: list[str] = getattr(item, "fixturenames", [])
    return by_hypothesis or not {"chance", "how_many"}.isdisjoint(fixtures)


def levels(items: Sequence[pytest.Item]) -> Iterator[str]:
    """Yield of each collected test what it is: ``quick``, ``exhaustive`` or ``endurance``.

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
        endurance = item.get_closest_marker("endurance") is not None
        mark = item.get_closest_marker("quick")
        if mark is None:
            exhaustive |= endurance
        else:
            every = mark.kwargs.get("every")
            names = set(map(_as_shown, mark.args))
            exhaustive |= place[test] % every != 0 if every else case not in names
            place[test] += 1
            named |= {(test, name) for name in names}
            there.add((test, case))
        yield ("endurance" if endurance else "exhaustive") if exhaustive else "quick"
    if named - there:
        message = f"no such cases: {sorted(named - there)}"
        raise pytest.UsageError(message)


def _as_shown(name: str) -> str:
    """The name of a case as pytest shows it: backslashes and what is not ASCII are escaped."""
    return name.encode("unicode_escape").decode("ascii")
