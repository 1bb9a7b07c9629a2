"""Which commands of compilers are known to make the same again, by the trace of the programs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_keys.tracing.accesses import WRITING, Access
from lbuild_keys.tracing.commands import CommandUse, Started, uses_of
from lbuild_keys.tracing.process_trace import HOOK, ProcessTrace, Program, ProgramAccess

WORDS = ("gcc", "-c", "a.c", "-o", "a.o")
STARTED = Started("key", WORDS, "/p", 1)
GCC = Program(1, HOOK, "/usr/bin/gcc", WORDS, "/p")
AS = Program(2, 1, "/usr/bin/as", ("as", "/t/x.s"), "/p")
OTHER = Program(3, HOOK, "/usr/bin/sed", ("sed",), "/p")


def did(access: Access, path: str, program: int = 1, *, found: bool | None = None) -> ProgramAccess:
    was_there = access not in WRITING if found is None else found
    return ProgramAccess(access, path, program, was_there)


COMPILING = (
    did("read", "/p/a.c"),
    did("looked at", "/p/inc"),
    did("read", "/p/inc/h.h", found=False),
    did("read", "/p/h.h"),
    did("read", "/dev/null"),
    did("written", "/t/x.s"),
    did("read", "/t/x.s", 2),
    did("looked at", "/p/a.o", 2, found=False),
    did("written", "/p/a.o", 2),
)
USE = CommandUse(
    STARTED,
    read=frozenset({"/p/a.c", "/p/h.h"}),
    looked_at=frozenset({"/p/inc"}),
    missed=frozenset({"/p/inc/h.h", "/p/a.o"}),
    made=frozenset({"/t/x.s", "/p/a.o"}),
    passing=frozenset({"/t/x.s", "/p/a.o"}),
)


def uses(
    *accesses: ProgramAccess,
    programs: tuple[Program, ...] = (GCC, AS, OTHER),
    started: tuple[Started, ...] = (STARTED,),
    problems: tuple[str, ...] = (),
) -> list[CommandUse]:
    trace = ProcessTrace({one.number: one for one in programs}, accesses, problems)
    return uses_of(trace, started, lambda one: one.name in ("gcc", "as"), lambda path: path)


def test_what_a_command_used_and_made() -> None:
    assert uses(*COMPILING) == [USE]


def test_what_is_used_after_it() -> None:
    """What others have read is no temporary file: they may have removed it."""
    [use] = uses(*COMPILING, did("read", "/p/a.o", 3), did("looked at", "/p/a.o", HOOK))
    assert use == USE._replace(passing=frozenset({"/t/x.s"}))


@pytest.mark.parametrize(
    "more",
    [
        did("listed", "/p/inc"),
        did("made", "/p/folder", 2),
        did("added to", "/p/log"),
        did("written", "/p/a.c"),
        did("written", "/p/inc", 2),
        did("read", "/p/inc/h.h", found=True),
        did("looked at", "/p/h.h", found=False),
        did("written", "/p/a.o", 3),
        did("written", "/p/inc/h.h", 3),
        did("added to", "/p/a.o", HOOK),
    ],
    ids=repr,
)
def test_commands_of_which_not_all_is_known(more: ProgramAccess) -> None:
    assert uses(*COMPILING, more) == []


def test_what_is_written_over() -> None:
    assert uses(did("looked at", "/p/a.o"), did("written", "/p/a.o")) == []


@pytest.mark.parametrize(
    "programs",
    [
        (GCC, AS._replace(path="/p/as.py")),
        (GCC, AS._replace(parent=None)),
        (GCC, AS, OTHER._replace(parent=1)),
        (GCC._replace(folder="/q"), AS),
        (GCC, AS, GCC._replace(number=3)),
    ],
)
def test_programs_that_are_not_known(programs: tuple[Program, ...]) -> None:
    assert uses(*COMPILING, programs=programs) == []


def test_a_trace_with_a_problem() -> None:
    assert uses(*COMPILING, problems=("something",)) == []


def test_a_command_that_runs_twice() -> None:
    """The first run is the one that found nothing; both have made the same."""
    again = (GCC._replace(number=3), AS._replace(number=4, parent=3))
    second = (did("looked at", "/p/a.o", 4), did("written", "/p/a.o", 4))
    trace = (*COMPILING, *second)
    started = (STARTED, STARTED._replace(at=2))
    [use] = uses(*trace, programs=(GCC, AS, *again), started=started)
    assert use == USE._replace(passing=frozenset({"/t/x.s"}))
    assert uses(*trace, programs=(GCC, AS, *again)) == []
    other = (STARTED, STARTED._replace(key="with other variables"))
    assert uses(*trace, programs=(GCC, AS, *again), started=other) == []


PATHS = st.sampled_from(["/p/a.c", "/p/a.o", "/p/h.h", "/t/x.s"])
ACCESSES = st.sampled_from(["read", "looked at", "written", "added to", "made", "listed"])
ANY = st.builds(ProgramAccess, ACCESSES, PATHS, st.integers(0, 3), st.booleans())


@given(st.lists(ANY, max_size=8))
def test_nothing_is_an_input_and_a_result(accesses: list[ProgramAccess]) -> None:
    """And nobody else has written what a command made."""
    for use in uses(*accesses):
        assert not use.made & (use.read | use.looked_at)
        assert not use.missed & (use.read | use.looked_at)
        for one in accesses:
            if one.access in WRITING and one.path in use.made:
                assert one.program in (1, 2)
            if one.program in (1, 2):
                assert one.path in use.read | use.looked_at | use.missed | use.made
