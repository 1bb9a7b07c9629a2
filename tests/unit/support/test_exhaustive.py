"""Which cases are exhaustive, by the marks of their tests."""

import random
from dataclasses import dataclass, field

import pytest

from support.exhaustive import draws, levels, one_in, wanted_levels


@dataclass(frozen=True, slots=True)
class Item:
    """As much of a collected test as is looked at."""

    nodeid: str
    marks: dict[str, pytest.Mark] = field(default_factory=dict)

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return self.marks.get(name)


def collected(mark: pytest.MarkDecorator, *nodeids: str) -> list[Item]:
    return [Item(nodeid, {mark.name: mark.mark}) for nodeid in nodeids]


def quick_of(items: list[Item]) -> list[str]:
    found = zip(items, levels(items), strict=True)
    return [item.nodeid for item, level in found if level == "quick"]


def test_without_a_mark_all_are_quick() -> None:
    assert quick_of([Item("a.py::test"), Item("a.py::other[1]")]) == [
        "a.py::test",
        "a.py::other[1]",
    ]


def test_a_test_that_is_exhaustive() -> None:
    assert quick_of(collected(pytest.mark.exhaustive, "a.py::test", "a.py::other[1]")) == []


def test_a_test_of_endurance() -> None:
    assert [*levels(collected(pytest.mark.endurance, "a.py::t[x]"))] == ["endurance"]
    marks = {mark.name: mark.mark for mark in (pytest.mark.endurance, pytest.mark.quick("x"))}
    items = [Item(name, marks) for name in ("a.py::t[x]", "a.py::t[y]")]
    assert [*levels(items)] == ["quick", "endurance"]


def test_quick_by_name() -> None:
    items = collected(pytest.mark.quick("y", "a[b]"), "a.py::t[x]", "a.py::t[y]", "a.py::t[a[b]]")
    assert quick_of(items) == ["a.py::t[y]", "a.py::t[a[b]]"]


def test_one_in_three_of_each_test() -> None:
    names = [f"a.py::{test}[{number}]" for test in ("t", "u") for number in range(4)]
    items = collected(pytest.mark.quick(every=3), *names)
    assert quick_of(items) == ["a.py::t[0]", "a.py::t[3]", "a.py::u[0]", "a.py::u[3]"]


def test_one_in_two_and_the_others_are_of_endurance() -> None:
    first, second, third = one_in(2, ["a", "b", pytest.param("c", id="the third")])
    assert (first, second.values, third.values) == ("a", ("b",), ("c",))
    assert ([mark.name for mark in second.marks], third.marks) == (["endurance"], ())
    [_, renamed] = one_in(2, ["a", pytest.param("c", id="the second")])
    assert renamed.id == "the second"


def test_a_case_that_is_not_there() -> None:
    with pytest.raises(pytest.UsageError, match=r"no such cases: .*'z'"):
        quick_of(collected(pytest.mark.quick("y", "z"), "a.py::t[y]"))


def test_a_name_that_pytest_shows_escaped() -> None:
    items = collected(pytest.mark.quick("é", r"\*"), r"a.py::test[\xe9]", r"a.py::test[\\*]")
    assert len(quick_of(items)) == 2


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ((False, False, False), {"quick"}),
        ((True, False, False), {"quick", "exhaustive"}),
        ((False, True, False), {"exhaustive"}),
        ((False, False, True), {"endurance"}),
        ((True, False, True), {"quick", "exhaustive", "endurance"}),
    ],
)
def test_what_options_run(options: tuple[bool, bool, bool], wanted: set[str]) -> None:
    assert wanted_levels(*options) == wanted


def test_what_is_drawn_is_the_same_in_each_run(
    chance: random.Random, request: pytest.FixtureRequest
) -> None:
    """A test that draws runs with --endurance too, and then it draws anew."""
    assert draws(request.node)
    seed: str = request.config.option.seed
    same = random.Random(f"{seed} {request.node.name}")  # noqa: S311  not for secrets
    assert chance.random() == same.random()
