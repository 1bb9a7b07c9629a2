"""Mistakes in the files of a workspace: one message, which names the file and the key."""

import os
from pathlib import Path

import pytest

from lbuild_frontend.errors import LbuildError
from lbuild_frontend.workspaces import check, find
from lbuild_frontend.workspaces.find import Choice
from support.made_workspaces import current_folder, pyproject, workspace, write

SOURCES = "[tool.uv.sources]\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, below a home folder."""
    return current_folder(tmp_path, monkeypatch)


def select(*words: str, **options: object) -> Choice:
    return find.select(words, several=True, **options)  # type: ignore[arg-type]


def refused(here: Path, *words: str, **options: object) -> str:
    """Return the message of an error, without the current folder and with one line."""
    with pytest.raises(LbuildError) as caught:
        select(*words, **options)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(f"{here}{os.sep}", "").replace(str(here.parent), "HOME")


TWO = {"p/a/pyproject.toml": pyproject("a"), "p/b/pyproject.toml": pyproject("b")}


A = "p/a/pyproject.toml"
MISTAKES: dict[str, tuple[dict[str, str], str]] = {
    "two of one name": (
        {A: pyproject("B")},
        (
            "p/b/pyproject.toml: project.name: 'b' is also the name of the member in p/a. Rename "
            "one of them, or exclude it in pyproject.toml."
        ),
    ),
    "no name": (
        {A: "[build-system]\nrequires = []\n"},
        (
            f"{A}: project.name: a member of the workspace in HOME/here needs a static name. Write "
            "it there, or exclude the folder from the workspace."
        ),
    ),
    "no static name": (
        {"p/c/setup.py": ""},
        (
            "p/c/setup.cfg: metadata.name: a member of the workspace in HOME/here needs a static "
            "name. Write it there, or exclude the folder from the workspace."
        ),
    ),
    "no valid name": (
        {A: pyproject("a b")},
        (
            f"{A}: project.name: 'a b' is not a valid name. Use letters, digits, and -, _ or . "
            "between them."
        ),
    ),
    "nested": (
        {A: pyproject("a", more=workspace([], table="tool.lbuild.workspace"))},
        (
            f"{A}: tool.lbuild.workspace: a member of the workspace in HOME/here cannot have a "
            "workspace of its own. Remove the table, or exclude it there."
        ),
    ),
    "no member": (
        {A: pyproject("a", more=SOURCES + "c = { workspace = true }")},
        (
            f"{A}: tool.uv.sources.c: no member of the workspace is named 'c'. Add it to the "
            "members, or remove the source."
        ),
    ),
    "no member, for all": (
        {"pyproject.toml": workspace(more=SOURCES + "c = [{ workspace = true }]")},
        (
            "pyproject.toml: tool.uv.sources.c[0]: no member of the workspace is named 'c'. Add it "
            "to the members, or remove the source."
        ),
    ),
    "no path": (
        {A: pyproject("a", more=SOURCES + "c = { path = '../c' }")},
        (
            f"{A}: tool.uv.sources.c.path: '../c' does not exist. Give the folder of a project, or "
            "remove the source."
        ),
    ),
    "path without a project": (
        {A: pyproject("a", more=SOURCES + "c = { path = '..' }")},
        (
            f"{A}: tool.uv.sources.c.path: '..' is not a Python project. Give the folder of a "
            "project, or remove the source."
        ),
    ),
    "another project": (
        {A: pyproject("a", more=SOURCES + "c = { path = '../b' }")},
        (
            f"{A}: tool.uv.sources.c.path: the project in p/b is named 'b', not 'c'. Give the "
            "folder of the right project."
        ),
    ),
    "wrong source": (
        {A: pyproject("a", more=SOURCES + "c = 1")},
        (
            f"{A}: tool.uv.sources.c: expected a table, not an integer. Write {{ workspace = true "
            "}, for example."
        ),
    ),
    "outside": (
        {"../out/pyproject.toml": pyproject("out"), "p/c -> ../../out": ""},
        (
            "pyproject.toml: tool.uv.workspace.members[0]: 'p/c' is HOME/out, outside of "
            "HOME/here. A member has to be in the repository of its workspace. Name it in "
            "tool.uv.sources, by its path."
        ),
    ),
    "nothing": (
        {"pyproject.toml": workspace(["p/*", "q/*"])},
        (
            "pyproject.toml: tool.uv.workspace.members[1]: no Python project matches 'q/*'. Fix "
            "the pattern, or remove it."
        ),
    ),
    "nothing but folders": (
        {"pyproject.toml": workspace(["p/a/*", "p/b"]), "p/a/src/x": ""},
        (
            "pyproject.toml: tool.uv.workspace.members[0]: no Python project matches 'p/a/*'. Fix "
            "the pattern, or remove it."
        ),
    ),
    "gone": (
        {"pyproject.toml": workspace(["p/a", "gone/"])},
        (
            "pyproject.toml: tool.uv.workspace.members[1]: 'gone/' does not exist. Give the folder "
            "of a project, or remove it."
        ),
    ),
    "a file": (
        {"pyproject.toml": workspace([A])},
        (
            f"pyproject.toml: tool.uv.workspace.members[0]: '{A}' is not a folder. Give the folder "
            "of a project, or remove it."
        ),
    ),
    "a folder": (
        {"pyproject.toml": workspace(["p"])},
        (
            "pyproject.toml: tool.uv.workspace.members[0]: 'p' is not a Python project: it has "
            "neither pyproject.toml nor setup.py. Give the folder of a project, or remove it."
        ),
    ),
    "all excluded": (
        {"pyproject.toml": workspace(exclude=["**"])},
        "pyproject.toml: tool.uv.workspace.exclude: it excludes all members. Fix the patterns.",
    ),
    "no members": (
        {"pyproject.toml": "[tool.lbuild.workspace]"},
        (
            "pyproject.toml: tool.lbuild.workspace: it has no member. Write members = "
            '["packages/*"], for example.'
        ),
    ),
    "unknown key": (
        {"pyproject.toml": workspace(table="tool.lbuild.workspace", more="excludes = []")},
        "pyproject.toml: tool.lbuild.workspace.excludes: unknown setting. Did you mean 'exclude'?",
    ),
    "wrong type": (
        {"pyproject.toml": "[tool.uv.workspace]\nmembers = 'p/*'"},
        (
            "pyproject.toml: tool.uv.workspace.members: expected an array, not a string. Write it "
            "in brackets: [...]."
        ),
    ),
    "wrong glob": (
        {"pyproject.toml": workspace(["p**"])},
        (
            "pyproject.toml: tool.uv.workspace.members[0]: 'p**' is not a valid glob: ** has to be "
            "a whole part of the path. Fix the pattern."
        ),
    ),
    "wrong member": (
        {A: pyproject("a", more="[tool.lbuild]\ninput = 1")},
        f"{A}: tool.lbuild.input: unknown setting. Did you mean 'inputs'?",
    ),
    "cycle": (
        {
            A: pyproject("a", requires=["x", "b>=1"]),
            "p/b/pyproject.toml": pyproject("b", requires=["a"]),
            "p/c/pyproject.toml": pyproject("c", requires=["a"]),
        },
        (
            f"{A}: build-system.requires[1]: 'b>=1': members need each other to be built: a -> b "
            f"-> a. Remove one of these requirements: {A}: build-system.requires[1]: 'b>=1'; "
            "p/b/pyproject.toml: build-system.requires[0]: 'a'."
        ),
    ),
    "cycle at run time": (
        {
            A: pyproject("a", requires=["b"]),
            "p/b/pyproject.toml": pyproject("b", dependencies=["x", "c"]),
            "p/c/pyproject.toml": pyproject("c", dependencies=["A>=1"]),
        },
        (
            f"{A}: build-system.requires[0]: 'b': members need each other to be built: a -> b -> c "
            f"-> a. Remove one of these requirements: {A}: build-system.requires[0]: 'b'; "
            "p/b/pyproject.toml: project.dependencies[1]: 'c'; p/c/pyproject.toml: "
            "project.dependencies[0]: 'A>=1'."
        ),
    ),
    "version": (
        {A: pyproject("a", requires=["b>=2"])},
        (
            f"{A}: build-system.requires[0]: 'b>=2' excludes version 1.0 of the member in p/b, "
            "which it means. Change the requirement, or the version there."
        ),
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes(here: Path, case: str) -> None:
    files, message = MISTAKES[case]
    write(here, {"pyproject.toml": workspace(), **TWO, **files})
    assert refused(here, workspace=True) == message


def test_what_nobody_needs_is_no_mistake(here: Path) -> None:
    """A cycle, or a version, concerns only what is built with it."""
    write(here, {"pyproject.toml": workspace(), **MISTAKES["cycle"][0]})
    write(here, {"p/d/pyproject.toml": pyproject("d", version="1.dev2", requires=["e ~= 1.0"])})
    write(here, {"p/e/pyproject.toml": pyproject("e", version="1.1.dev1")})
    assert select("p/d").requested == (here / "p/d",)
    assert "a -> b -> a" in refused(here, "p/d", "p/c")


def test_names_that_are_no_members(here: Path) -> None:
    write(here, {"pyproject.toml": workspace(), "p/numbers/pyproject.toml": pyproject("numbers")})
    assert refused(here, packages=["number"]) == (
        "--package number: no member of this name in pyproject.toml. Did you mean 'numbers'?"
    )
    assert refused(here, packages=["x"]) == (
        "--package x: no member of this name in pyproject.toml. Members: numbers."
    )


def test_members_may_need_each_other_at_run_time(here: Path) -> None:
    files = {
        A: pyproject("a", dependencies=["b"]),
        "p/b/pyproject.toml": pyproject("b", dependencies=["a"]),
        "p/c/pyproject.toml": pyproject("c", requires=["a"], dependencies=["b"]),
    }
    write(here, {"pyproject.toml": workspace(), **files})
    choice = select(workspace=True)
    assert len(choice.requested) == 3
    # One whose backend asks for what needs it is told of in the same way.
    error = check.cycle_error(choice.workspace, [here / "p/b", here / "p/c"])
    assert "b -> c -> a -> b" in str(error)
    assert "p/b/pyproject.toml: build-system.build-backend: the backend requires c; " in str(error)
