"""The supervisor's log as values: all of it, or a trace that says that it is not all."""

import json
import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_keys.tracing.process_trace import ProcessTrace, Program, ProgramAccess, parse

END = (".", {"calls": 7})


def log(*records: tuple[str, Any], version: int = 1) -> bytes:
    """A log as the supervisor writes it: a letter and a payload each, JSON where it is no text."""
    return b"".join(
        letter.encode()
        + (os.fsencode(payload) if isinstance(payload, str) else json.dumps(payload).encode())
        + b"\0"
        for letter, payload in (("=", {"format": version}), *records)
    )


GOOD = log(
    ("s", "0:/demo"),
    ("p", [1, 0, "/usr/bin/gcc", ["gcc", "-c", "caf\udce9.c"], "/demo"]),
    ("r", "1:/demo/caf\udce9.c"),
    ("R", "1:/demo/a.h"),
    ("p", [2, None, "/opt/x:y", [], None]),
    ("l", "2:/demo"),
    ("w", "2:/demo/x:1"),
    END,
)


def test_programs_and_what_they_did() -> None:
    assert parse(GOOD) == ProcessTrace(
        programs={
            1: Program(1, 0, "/usr/bin/gcc", ("gcc", "-c", "caf\udce9.c"), "/demo"),
            2: Program(2, None, "/opt/x:y", (), None),
        },
        accesses=(
            ProgramAccess("looked at", "/demo", 0, found=True),
            ProgramAccess("read", "/demo/caf\udce9.c", 1, found=True),
            ProgramAccess("read", "/demo/a.h", 1, found=False),
            ProgramAccess("listed", "/demo", 2, found=False),
            ProgramAccess("written", "/demo/x:1", 2, found=False),
        ),
    )
    assert parse(GOOD).programs[1].name == "gcc"


def test_what_could_not_be_followed() -> None:
    told = parse(log(("u", "a program called mount"), ("s", "0:/demo"), END))
    assert told.problems == ("a program called mount",)
    assert len(told.accesses) == 1


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        GOOD[:-1],
        log(),
        log(("s", "0:/demo")),
        log(END, version=2),
        log(("s", "1:/demo"), END),
        log(("s", "/demo"), END),
        log(("p", [1]), END),
        log(("?", "0:/demo"), END),
        b"\xff" + GOOD,
    ],
    ids=[
        *("missing", "empty", "cut", "nothing", "no end", "another format", "unknown program"),
        *("no program", "half a program", "unknown letter", "no beginning"),
    ],
)
def test_a_log_that_is_not_whole(content: bytes | None) -> None:
    told = parse(content)
    assert told.problems
    assert not told.accesses


@given(st.integers(0, len(GOOD) - 1))
def test_no_part_of_a_log_passes_for_all_of_it(length: int) -> None:
    assert parse(GOOD[:length]).problems


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=3))
def test_damage_is_a_problem_or_another_trace(at: int, new: bytes) -> None:
    parse(GOOD[:at] + new + GOOD[at + 1 :])
