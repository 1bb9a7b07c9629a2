"""The steps that a command begins with, and what each of them needs."""

from pathlib import Path

import pytest

from lbuild_frontend.errors import ProjectError
from lbuild_frontend.workspaces import begin
from lbuild_frontend.workspaces.find import Choice
from lbuild_frontend.workspaces.schedule import Schedule, Step
from lbuild_keys.workspaces.members import Member, Workspace

WS = Path("/ws")
A, B, C, D = (WS / name for name in "abcd")


def member(folder: Path, *requires: str, name: str | None = None, **meant: Path) -> Member:
    return Member(folder, name or folder.name, "1", requires, (), meant)


def workspace(*members: Member, file: Path | None = WS / "pyproject.toml") -> Workspace:
    return Workspace(file, None if file is None else "tool.lbuild.workspace", members)


def choice(found: Workspace, *requested: Path) -> Choice:
    return Choice(found, requested, ())


def test_what_is_needed_to_build_is_not_delivered() -> None:
    found = workspace(
        member(A, "b", b=B, c=C), member(B, "c>=1", c=C), member(C), member(D, "a", a=A)
    )
    schedule = begin.schedule_of(choice(found, A), "wheel")
    a, b, c = Step(A, "wheel"), Step(B, "needed"), Step(C, "needed")
    assert schedule.steps == (c, b, a)
    assert schedule.needs_of(a) == {b: True}
    assert begin.needed_by(found, schedule) == {b: ("a",), c: ("b",)}


def test_what_is_requested_is_built_once() -> None:
    found = workspace(member(A, "b", b=B), member(B))
    assert begin.schedule_of(choice(found, A, B), "wheel").steps == (
        Step(B, "wheel"),
        Step(A, "wheel"),
    )
    # The wheel for another project is another thing than the result of these commands.
    sdists = begin.schedule_of(choice(found, A, B), "sdist")
    assert sdists.needs_of(Step(A, "sdist")) == {Step(B, "needed"): True}
    assert sdists.steps_at(B) == [Step(B, "sdist"), Step(B, "needed")]
    assert begin.schedule_of(choice(found, A), "status").steps == (
        Step(B, "status"),
        Step(A, "status"),
    )


def test_members_that_need_each_other() -> None:
    found = workspace(member(A, "b", b=B), member(B, "x", "c", c=C), member(C, "a", a=A))
    with pytest.raises(ProjectError) as caught:
        begin.schedule_of(choice(found, A), "wheel")
    message = str(caught.value)
    assert "a -> b -> c -> a" in message or "c -> a -> b -> c" in message
    assert "/ws/b/pyproject.toml: build-system.requires[1]: 'c'" in message


def test_a_cycle_through_what_a_backend_requires() -> None:
    """That is known only when the backend was asked."""
    found = workspace(member(A, "b", b=B), member(B, a=A))
    schedule = begin.schedule_of(choice(found, A), "wheel")
    error = begin.cycle(found, schedule, Step(B, "needed"), Step(A, "wheel"))
    assert str(error).startswith(
        "/ws/b/pyproject.toml: build-system.build-backend: the backend requires a: members need "
        "each other to be built: b -> a -> b."
    )


def test_a_project_comes_after_those_in_its_folder() -> None:
    inner = A / "inner"
    outside = workspace(member(A), member(inner), file=None)
    for found in (workspace(member(A), member(inner)), outside):
        schedule = begin.schedule_of(choice(found, A, inner), "wheel")
        assert schedule.steps == (Step(inner, "wheel"), Step(A, "wheel"))
    # Unless it needs them to be built.
    found = workspace(member(A), member(inner, "a", a=A))
    schedule = begin.schedule_of(choice(found, A, inner), "wheel")
    assert schedule.steps == (Step(A, "wheel"), Step(inner, "wheel"))


def test_projects_of_one_name_come_one_after_the_other() -> None:
    """So do those whose names only their backends know: they may write the same file."""
    named = (member(A, name="x"), member(B, name="x"), member(C, name="y"))
    unknown = member(D)._replace(name=None)
    found = workspace(*named, unknown, file=None)
    schedule = begin.schedule_of(choice(found, A, B, C, D), "wheel")
    a, b, c, d = (Step(folder, "wheel") for folder in (A, B, C, D))
    assert schedule.needs_of(b) == {a: False}
    assert not schedule.needs_of(c)
    assert schedule.needs_of(d) == {b: False, c: False}
    # In a workspace all names are different.
    schedule = begin.schedule_of(choice(workspace(*named[:2]), A, B), "wheel")
    assert not schedule.needs_of(b)


def test_whether_a_project_is_alone() -> None:
    assert begin.are_alone(workspace(member(A)))
    assert not begin.are_alone(workspace(member(A, b=B)))
    assert not begin.are_alone(workspace(member(A), member(B)))


def test_names_in_messages() -> None:
    found = workspace(member(A, name="x"), member(B)._replace(name=None))
    assert [begin.name_of(found, folder) for folder in (A, B, C, Path("/"))] == ["x", "b", "c", "/"]


def test_nobody_needs_what_is_only_kept_apart() -> None:
    found = workspace(member(A), member(B))
    schedule = Schedule([Step(A, "wheel"), Step(B, "wheel")])
    schedule.add(Step(B, "wheel"), [Step(A, "wheel")], is_certain=False)
    assert begin.needed_by(found, schedule) == {}
