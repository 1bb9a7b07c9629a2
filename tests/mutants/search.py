"""Which test finds a fault: those that are expected to, then all quick ones, then all others."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mutants.fault import Fault
from mutants.workshop import BrokenRun, Workshop

Suite = Literal["quick", "full"]

_SOME_TESTS = 900
_ALL_TESTS = 7200
"""Seconds after which a run is given up. A fault may keep a test waiting for ever."""

_ABOUT_FAULTS = "--ignore=tests/unit/test_mutants.py"
"""This test finds each fault, because the source does not contain the text any more."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of a search.

    Attributes:
        suite: which tests found the fault; None if none did.
        test: the first one that failed.
        seconds: how long the search took.
    """

    fault: Fault
    suite: Suite | None
    test: str
    seconds: float


def search(fault: Fault, workshop: Workshop) -> Finding:
    """Look for a test that finds a fault."""
    started = time.monotonic()
    try:
        suite, test = _search(fault, workshop)
    except BrokenRun as error:
        *_, last = str(error).splitlines()
        suite, test = None, f"the tests cannot be run: {last}"
    return Finding(fault, suite, test, time.monotonic() - started)


def _search(fault: Fault, workshop: Workshop) -> tuple[Suite | None, str]:
    for suite, arguments, timeout in _runs(fault):
        workshop.renew()
        fault.put_into(workshop.checkout)
        found = workshop.run(_ABOUT_FAULTS, *arguments, timeout=timeout).failed
        if found is None:
            continue
        workshop.renew()
        if "::" in found and workshop.run(found, timeout=_SOME_TESTS).failed is not None:
            return None, f"fails without the fault, too: {found}"
        return suite, found
    return None, ""


def _runs(fault: Fault) -> Iterator[tuple[Suite, tuple[str, ...], float]]:
    """Yield which tests to run: the suite that they are in, arguments of pytest, and seconds."""
    # Not by their names as pytest has them: what is asked for so is run, quick or not.
    parts = [test.partition("::") for test in fault.found_by]
    likely = [(f"tests/{path}", "-k", name) for path, _, name in parts]
    for arguments in likely:
        yield "quick", arguments, _SOME_TESTS
    yield "quick", (), _ALL_TESTS
    for arguments in likely:
        yield "full", ("--full", *arguments), _SOME_TESTS
    yield "full", ("--only-exhaustive",), _ALL_TESTS
