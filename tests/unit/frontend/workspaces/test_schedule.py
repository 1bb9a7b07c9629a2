"""Which steps of a command can begin, and in which order they are reported."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_frontend.workspaces.schedule import Schedule, Step

A, B, C, D = (Step(Path(f"/{name}"), "wheel") for name in "abcd")


def test_steps_begin_in_the_order_that_is_given() -> None:
    schedule = Schedule([C, A, B])
    assert schedule.ready() == [C, A, B]
    assert schedule.steps == (C, A, B)


def test_a_step_waits_for_what_it_needs() -> None:
    schedule = Schedule([A, B, C])
    assert schedule.add(A, [C], is_certain=True)
    assert schedule.ready() == [B, C]
    schedule.begin(C)
    assert schedule.ready() == [B]
    schedule.end(C, "done")
    assert schedule.ready() == [A, B]
    assert schedule.steps == (B, C, A)


def test_a_step_that_turns_out_to_wait_can_begin_again() -> None:
    schedule = Schedule([A])
    schedule.begin(A)
    assert schedule.add(A, [B], is_certain=True)
    schedule.wait(A)
    assert schedule.ready() == [B]
    schedule.begin(B)
    schedule.end(B, "done")
    assert schedule.ready() == [A]


def test_steps_do_not_wait_for_each_other() -> None:
    schedule = Schedule([A, B, C])
    assert not schedule.add(A, [A], is_certain=True)
    assert schedule.add(A, [B], is_certain=True)
    assert schedule.add(B, [C], is_certain=False)
    assert not schedule.add(C, [A], is_certain=True)
    assert schedule.path(A, C) == (A, B, C)
    assert schedule.needs_of(C) == {}


def test_hints_make_way_for_what_is_certain() -> None:
    schedule = Schedule([A, B, C, D])
    schedule.add(A, [B], is_certain=False)
    schedule.add(A, [D], is_certain=False)
    schedule.add(B, [C], is_certain=True)
    schedule.add(A, [C], is_certain=False)
    assert schedule.give_up_hints(A, C) == [(A, C), (A, B)]
    assert schedule.add(C, [A], is_certain=True)
    assert schedule.needs_of(A) == {D: False}
    # What is certain stays, and so does what is not in the way.
    assert schedule.give_up_hints(C, D) == [(A, D)]
    assert schedule.give_up_hints(B, A) == []
    assert not schedule.add(A, [B], is_certain=True)


def test_there_is_no_path_to_what_is_not_waited_for() -> None:
    with pytest.raises(ValueError, match="does not wait"):
        Schedule([A, B]).path(A, B)


def test_only_what_cannot_do_without_a_failed_step_is_blocked() -> None:
    schedule = Schedule([A, B, C, D])
    schedule.add(A, [D], is_certain=True)
    schedule.add(B, [D], is_certain=False)
    schedule.add(C, [A], is_certain=True)
    schedule.begin(D)
    schedule.end(D, "failed")
    assert schedule.blocked() == [(A, D)]
    assert schedule.ready() == [A, B]  # whoever asks gives up what is blocked first
    schedule.end(A, "skipped")
    assert schedule.blocked() == [(C, A)]


def test_a_need_that_is_certain_once_stays_so() -> None:
    schedule = Schedule([A, B])
    schedule.add(A, [B], is_certain=True)
    schedule.add(A, [B], is_certain=False)
    assert schedule.needs_of(A) == {B: True}


def test_who_gives_a_wheel() -> None:
    schedule = Schedule([A, Step(B.folder, "sdist")])
    assert schedule.provider(Step(C.folder, "wheel"), A.folder) == A
    assert schedule.provider(Step(C.folder, "sdist"), B.folder) == Step(B.folder, "needed")
    assert schedule.provider(Step(C.folder, "status"), B.folder) == Step(B.folder, "status")


@given(
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=30),
    st.data(),
)
def test_all_steps_get_their_turn(pairs: list[tuple[int, int]], data: st.DataObject) -> None:
    """Whatever is added in whatever order: each step begins once, after all that it needs."""
    nodes = [Step(Path(f"/{number}"), "wheel") for number in range(8)]
    schedule = Schedule(nodes)
    for one, other in pairs:
        schedule.add(nodes[one], [nodes[other]], is_certain=True)
    seen: list[Step] = []
    while ready := schedule.ready():
        step = data.draw(st.sampled_from(ready))
        assert set(schedule.needs_of(step)) <= set(seen)
        schedule.begin(step)
        schedule.end(step, "done")
        seen.append(step)
    assert sorted(seen) == sorted(nodes)
    order = schedule.steps
    for step in nodes:
        assert all(order.index(need) < order.index(step) for need in schedule.needs_of(step))
