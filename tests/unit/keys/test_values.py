"""Dataclasses that compile nothing at import: they do what the standard ones do."""

import copy
import dataclasses
import subprocess
import sys
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from lbuild_keys import values

T = TypeVar("T")


class _Unequal:
    def __eq__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return 1


def _classes(dataclass: Any, field: Any) -> dict[str, Any]:
    """Return the same classes, made by one of the two decorators."""

    @dataclass(frozen=True, slots=True)
    class Point:
        x: int
        y: int = 2

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Base:
        tag: ClassVar[str] = "base"
        path: str
        more: tuple[str, ...] = ()

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Derived(Base):
        tag: ClassVar[str] = "derived"
        size: int

    @dataclass(frozen=True, slots=True)
    class Nothing:
        pass

    @dataclass(frozen=True, slots=True)
    class Aside:
        x: int
        detail: object = field(default=None, compare=False, repr=False)

    @dataclass(slots=True)
    class Open:
        items: list[int] = field(default_factory=list)

    @dataclass(slots=True, eq=False)
    class Same:
        name: str

    @dataclass(frozen=True, slots=True)
    class Box(Generic[T]):
        content: T

        def __repr__(self) -> str:
            return "a box"

        @property
        def twice(self) -> tuple[T, T]:
            return self.content, self.content

    return {one.__name__: one for one in (Point, Base, Derived, Nothing, Aside, Open, Same, Box)}


OURS = _classes(values.dataclass, values.field)
STANDARD = _classes(dataclasses.dataclass, dataclasses.field)
UNEQUAL = _Unequal()

CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("Point", (1,), {}),
    ("Point", (1, 3), {}),
    ("Point", (), {"y": 3, "x": 1}),
    ("Point", (1,), {"x": 1}),
    ("Point", (1, 2, 3), {}),
    ("Point", (), {}),
    ("Point", (1,), {"z": 1}),
    ("Base", ("a",), {}),
    ("Base", (), {"path": "a"}),
    ("Derived", (), {"path": "a", "size": 1}),
    ("Derived", (), {"path": "a", "more": ("b",), "size": 1}),
    ("Derived", (), {"size": 1}),
    ("Nothing", (), {}),
    ("Nothing", (1,), {}),
    ("Aside", (1, 2), {}),
    ("Open", (), {}),
    ("Open", ([1],), {}),
    ("Same", ("a",), {}),
    ("Box", (UNEQUAL,), {}),
]


def _facts(kind: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, object]:
    """Return what can be seen of an object, or the error of making it."""
    try:
        one, other = kind(*args, **kwargs), kind(*args, **kwargs)
    except TypeError as error:
        return {"error": str(error).replace("__init__()", "")[-40:]}
    facts: dict[str, object] = {
        "repr": repr(one),
        "equal": one == other,
        "to itself": one == one,
        "to a tuple": one == tuple(getattr(one, name) for name in kind.__match_args__),
        "slots": not hasattr(one, "__dict__"),
        "match": kind.__match_args__,
        "fields": [(f.name, f.type, f.kw_only) for f in dataclasses.fields(one)],
        "plain": list(dataclasses.asdict(one)),
        "replaced": repr(dataclasses.replace(one)),
    }
    try:
        facts["hash"] = hash(one) == hash(other)
    except TypeError:
        facts["hash"] = None
    for name in kind.__match_args__:
        try:
            setattr(one, name, 1)
            facts[f"set {name}"] = getattr(one, name)
        except AttributeError as error:
            facts[f"set {name}"] = isinstance(error, AttributeError)
    return facts


@pytest.mark.parametrize("times", [1, 60], ids=["seldom", "often"])
@pytest.mark.parametrize(("name", "args", "kwargs"), CALLS)
def test_they_behave_as_the_standard_ones(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any], times: int
) -> None:
    fresh = _classes(values.dataclass, values.field)[name]
    expected = _facts(STANDARD[name], args, kwargs)
    for _ in range(times):
        found = _facts(fresh, args, kwargs)
    assert found == expected


def test_each_object_has_a_value_of_its_own_from_a_factory() -> None:
    kind = _classes(values.dataclass, values.field)["Open"]
    made = [kind() for _ in range(60)]
    assert len({id(one.items) for one in made}) == len(made)


def test_a_frozen_one_cannot_be_changed() -> None:
    one = OURS["Point"](1)
    with pytest.raises(AttributeError, match="cannot assign to field 'x'"):
        one.x = 2
    with pytest.raises(AttributeError, match="cannot delete field 'x'"):
        del one.x


def test_replace_and_fields() -> None:
    one = OURS["Derived"](path="a", size=1)
    assert values.replace(one, size=2) == OURS["Derived"](path="a", size=2)
    assert [field.name for field in values.fields(one)] == ["path", "more", "size"]
    with pytest.raises(TypeError):
        values.replace(one, colour=1)


@pytest.mark.parametrize("kind", ["Point", "Derived", "Open"])
def test_they_can_be_copied(kind: str) -> None:
    arguments = {"Point": {"x": 1}, "Derived": {"path": "a", "size": 1}, "Open": {"items": [1]}}
    one = OURS[kind](**arguments[kind])
    assert copy.deepcopy(one) == copy.copy(one) == one


def test_a_command_does_without_the_standard_module() -> None:
    code = "import lbuild_frontend.builds.build, sys; print('inspect' in sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
