"""What the recorder and the supervisor saw, in one sequence."""

import os
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lbuild_keys.tracing.accesses import Access
from lbuild_keys.tracing.interleave import Step, is_followed, steps
from lbuild_keys.tracing.process_trace import ProcessTrace, Program, ProgramAccess
from lbuild_keys.tracing.trace import Spawned, Trace

Done = tuple[Access, str]


def by(number: int, *done: Done, found: bool = True) -> list[ProgramAccess]:
    return [ProgramAccess(access, path, number, found) for access, path in done]


def followed(
    before: list[Done], after: list[Done], seen: list[ProgramAccess], **more: Any
) -> Trace:
    """A hook that was followed after some accesses, and ran programs 1 (gcc) and 2 (make)."""
    programs = {
        1: Program(1, 0, "/bin/gcc", ("gcc",), "/demo"),
        2: Program(2, 0, "/bin/make", ("make",), "/demo"),
    }
    return Trace(
        folders={},
        accesses=(*before, *after),
        followed_from=len(before),
        processes=ProcessTrace(programs, tuple(seen), tuple(more.pop("missing", ()))),
        **more,
    )


def merged(trace: Trace) -> list[tuple[str, str, int | None]]:
    return [(step.access, step.path, step.program) for step in steps(trace, str)]


def test_each_access_of_the_hook_takes_its_place_among_those_of_programs() -> None:
    seen = [
        *by(1, ("written", "/demo/a.o")),
        *by(0, ("read", "/demo/a.o")),
        *by(2, ("read", "/demo/b")),
        *by(0, ("written", "/demo/b")),
    ]
    trace = followed(
        [("read", "/demo/setup.py")], [("read", "/demo/a.o"), ("written", "/demo/b")], seen
    )
    assert merged(trace) == [
        ("read", "/demo/setup.py", None),
        ("written", "/demo/a.o", 1),
        ("read", "/demo/a.o", None),
        ("read", "/demo/b", 2),
        ("written", "/demo/b", None),
    ]


def test_what_the_supervisor_did_not_see_of_the_hook_was_before_all_programs() -> None:
    trace = followed([], [("read", "/demo/a.o")], by(1, ("written", "/demo/a.o")))
    assert merged(trace)[0] == ("read", "/demo/a.o", None)


def test_native_code_reads_what_python_only_looked_at() -> None:
    seen = by(0, ("looked at", "/demo/a"), ("read", "/demo/a"), ("read", "/demo/b"))
    trace = followed([], [("looked at", "/demo/a"), ("read", "/demo/b")], seen)
    assert ("read", "/demo/a", 0) in merged(trace)
    assert ("read", "/demo/b", 0) not in merged(trace)


def test_native_code_changes_what_python_only_read() -> None:
    seen = by(0, ("read", "/demo/a"), ("written", "/demo/a"))
    assert ("written", "/demo/a", 0) in merged(followed([], [("read", "/demo/a")], seen))


def test_the_search_for_a_program_is_no_access_of_its_own() -> None:
    seen = by(0, ("read", "/opt/bin/gcc"), found=False) + by(1, ("read", "/bin/gcc"))
    trace = followed([], [], seen, spawned=(Spawned(("gcc",), "/demo", None),))
    assert [*steps(trace, str, frozenset({os.path.realpath("/bin/gcc")}))] == []
    # Another one than that which is found by this name counts by its file.
    assert merged(trace) == [("read", "/bin/gcc", 1)]


def test_what_compilers_do_alike_is_one_access_but_not_what_make_does() -> None:
    seen = [
        *by(1, ("looked at", "/demo/a.h")),
        *by(1, ("looked at", "/demo/a.h")),
        *by(2, ("looked at", "/demo/a.h")),
    ]
    assert [step.program for step in steps(followed([], [], seen), str)] == [1, 2]


def test_a_trace_with_a_gap_is_that_of_the_recorder() -> None:
    seen = by(1, ("read", "/demo/a.c"))
    whole = followed([], [("read", "/demo/b")], seen)
    assert is_followed(whole)
    for trace in (
        followed([], [("read", "/demo/b")], seen, missing=["it was killed"]),
        followed([], [("read", "/demo/b")], seen, not_followed="seccomp: Invalid argument"),
        Trace(folders={}, accesses=(("read", "/demo/b"),), processes=whole.processes),
    ):
        assert not is_followed(trace)
        assert steps(trace, str) == [Step("read", "/demo/b")]


paths = st.sampled_from(["/demo/a", "/demo/b", "/demo/c"])
done = st.tuples(st.sampled_from(["read", "looked at", "written", "listed"]), paths)


@given(
    st.lists(done, max_size=4, unique=True),
    st.lists(done, max_size=4, unique=True),
    st.lists(st.tuples(st.sampled_from([0, 1, 2]), done), max_size=8),
)
def test_nothing_is_lost(
    before: list[Done], after: list[Done], seen: list[tuple[int, Done]]
) -> None:
    accesses = [one for number, what in seen for one in by(number, what)]
    got = merged(followed(before, after, accesses))
    assert all((*what, None) in got for what in (*before, *after))
    assert all((*what, number) in got or number == 0 or number == 1 for number, what in seen)
    programs = {what for number, what in seen if number in (1, 2)}
    assert programs == {(access, path) for access, path, number in got if number}
