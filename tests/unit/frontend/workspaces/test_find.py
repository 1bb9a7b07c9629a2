"""The workspace of a folder, and the projects that a command line means."""

import os
from pathlib import Path

import pytest

from lbuild_frontend.errors import LbuildError
from lbuild_frontend.workspaces import find
from lbuild_frontend.workspaces.find import Choice
from lbuild_frontend.workspaces.reading import Projects
from lbuild_keys.workspaces import graph
from lbuild_keys.workspaces.members import Member, Workspace
from support.made_workspaces import current_folder, pyproject, workspace, write

SOURCES = "[tool.uv.sources]\n"
MEMBER_B = SOURCES + "b = { workspace = true }\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, below a home folder."""
    return current_folder(tmp_path, monkeypatch)


def select(*words: str, **options: object) -> Choice:
    return find.select(words, several=True, **options)  # type: ignore[arg-type]


def members(found: Workspace | None) -> dict[str, Member]:
    """Return the members by their paths in the current folder."""
    assert found is not None
    assert [one.folder for one in found.members] == sorted(one.folder for one in found.members)
    return {os.path.relpath(one.folder): one for one in found.members}  # type: ignore[misc]


def meant(member: Member) -> dict[str, str]:
    return {name: os.path.relpath(folder) for name, folder in member.meant.items()}


def refused(here: Path, *words: str, **options: object) -> str:
    """Return the message of an error, without the current folder and with one line."""
    with pytest.raises(LbuildError) as caught:
        select(*words, **options)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(f"{here}{os.sep}", "").replace(str(here.parent), "HOME")


# which projects are members


TWO = {"p/a/pyproject.toml": pyproject("a"), "p/b/pyproject.toml": pyproject("b")}


@pytest.mark.parametrize("table", ["tool.uv.workspace", "tool.lbuild.workspace"])
def test_all_members(here: Path, table: str) -> None:
    root = pyproject("top", more=workspace(table=table))
    more = {"p/README": "", "p/empty/": "", "p/.hidden/x": "", "p/docs/x": "", "p/docs/y/x": ""}
    write(here, {"pyproject.toml": root, **TWO, **more})
    choice = select(workspace=True)
    assert choice.workspace.file == here / "pyproject.toml"
    assert choice.workspace.table == table
    found = members(choice.workspace)
    assert [*found] == [".", "p/a", "p/b"]
    assert choice.requested == (here, here / "p/a", here / "p/b")
    assert choice.notes == ("passed over, because not a Python project: p/docs",)
    assert meant(found["p/a"]) == {"top": ".", "b": "p/b"}
    assert meant(found["."]) == {"a": "p/a", "b": "p/b"}


@pytest.mark.parametrize("current", [".", "p/a", "p/a/src", "docs"])
def test_the_workspace_is_found_from_below(
    here: Path, monkeypatch: pytest.MonkeyPatch, current: str
) -> None:
    write(here, {"pyproject.toml": workspace(), **TWO, "p/a/src/x": "", "docs/x": ""})
    monkeypatch.chdir(current)
    assert select(workspace=True).requested == (here / "p/a", here / "p/b")
    assert select(packages=["b", "b"]).requested == (here / "p/b",)


@pytest.mark.parametrize("current", ["other", "p/c"])
def test_a_project_that_is_no_member_has_no_workspace(
    here: Path, monkeypatch: pytest.MonkeyPatch, current: str
) -> None:
    files = {"other/pyproject.toml": pyproject("o"), "p/c/pyproject.toml": pyproject("c")}
    write(here, {"pyproject.toml": workspace(exclude=["p/c"]), **TWO, **files})
    assert select(current) == Choice(Workspace(None, None, ()), (Path(current),), ())
    monkeypatch.chdir(current)
    assert "--workspace: no workspace in " in refused(here, workspace=True)
    assert "[tool.lbuild.workspace]" in refused(here, packages=["c"])


def test_a_member_knows_its_workspace(here: Path) -> None:
    write(here, {"pyproject.toml": workspace(more=MEMBER_B), **TWO, "p/x/x": ""})
    choice = select("p/a")
    assert choice.requested == (here / "p/a",)
    assert [*members(choice.workspace)] == ["p/a", "p/b"]
    assert choice.notes == ()


def test_nothing_is_looked_for_beyond_the_home_folder(here: Path) -> None:
    write(here.parent, {"pyproject.toml": workspace(["here/p/*"])})
    write(here, TWO)
    assert find.find(here / "p/a") is None


def test_what_somebody_else_owns_is_not_trusted(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(here, {"pyproject.toml": workspace(), **TWO})
    genuine = Path.stat

    def stat(path: Path, **options: bool) -> os.stat_result:
        found = genuine(path, **options)
        if path != here / "pyproject.toml":
            return found
        return os.stat_result([*found[:4], found.st_uid + 1, *found[5:]])

    monkeypatch.setattr(Path, "stat", stat)
    assert find.find(here / "p/a") is None
    assert find.find(here) is not None


def test_a_submodule_is_a_member(here: Path) -> None:
    write(here, {"pyproject.toml": workspace(), **TWO, ".git/x": "", "p/a/.git": "gitdir: x"})
    assert [*members(find.find(here / "p/a"))] == ["p/a", "p/b"]


def test_links(here: Path) -> None:
    files = {"other/pyproject.toml": pyproject("o"), "p/o -> ../other": "", "p/a2 -> a": ""}
    write(here, {"pyproject.toml": workspace(), **TWO, **files})
    assert [*members(find.find(here))] == ["other", "p/a", "p/b"]
    assert [*members(find.find(here / "p/o"))] == ["other", "p/a", "p/b"]


def test_a_member_may_be_beside_the_workspace_in_its_repository(here: Path) -> None:
    outside = {"c/pyproject.toml": pyproject("c")}
    write(here, {"ws/pyproject.toml": workspace(["../c"]), **outside})
    message = refused(here / "ws", "ws")
    assert "tool.uv.workspace.members[0]: '../c' is " in message
    assert "A member has to be in the repository of its workspace" in message
    (here / ".git").mkdir()
    assert [*members(find.find(here / "ws"))] == ["c"]


def test_a_project_with_setup_py_only(here: Path) -> None:
    files = {
        "pyproject.toml": workspace(table="tool.lbuild.workspace"),
        "p/a/pyproject.toml": pyproject("a", requires=["old-one", "setuptools"]),
        "p/old/setup.py": "",
        "p/old/setup.cfg": "[metadata]\nname = Old_One\nversion = 2.0\n",
        "p/older/setup.py": "",
        "p/older/setup.cfg": "[metadata]\nname = older\nversion = attr: older.version\n",
        "p/oldest/setup.py": "setup(name='oldest')",
        "p/sdist/setup.py": "setup()",
        "p/sdist/PKG-INFO": "Metadata-Version: 2.1\nName: Of_Sdist\nVersion: 1\n",
    }
    write(here, files)
    found = members(select(workspace=True).workspace)
    assert [(one.name, one.version) for one in found.values()] == [
        ("a", "1.0"),
        ("old-one", "2.0"),
        ("older", None),
        ("oldest", None),
        ("of-sdist", None),
    ]
    names = {"old-one": "old", "older": "older", "oldest": "oldest", "of-sdist": "sdist"}
    assert meant(found["p/a"]) == {name: f"p/{folder}" for name, folder in names.items()}


def test_what_uv_does_not_build(here: Path) -> None:
    files = {
        "pyproject.toml": pyproject("top", requires=None, more=workspace()),
        "p/a/pyproject.toml": pyproject("a", requires=None, more="[tool.uv]\npackage = true\n"),
        "p/b/pyproject.toml": pyproject("b", more="[tool.uv]\npackage = false\n"),
        "p/c/pyproject.toml": pyproject("c"),
        "p/d/pyproject.toml": pyproject("d", more="[tool.uv]\nmanaged = false\n"),
    }
    write(here, files)
    choice = select(workspace=True)
    assert choice.requested == (here / "p/a", here / "p/c")
    assert choice.notes == (
        "passed over, because without [build-system], or not a package for uv: top, b",
    )
    assert [*members(choice.workspace)] == [".", "p/a", "p/b", "p/c"]
    # Whoever names one means it.
    assert select(packages=["b"]).requested == (here / "p/b",)
    # For lbuild there is no such thing.
    (here / "pyproject.toml").write_text(
        pyproject("top", requires=None, more=workspace(table="tool.lbuild.workspace"))
    )
    assert len(select(workspace=True).requested) == 5


def test_the_folder_of_a_workspace_that_is_no_project(here: Path) -> None:
    write(here, {"pyproject.toml": workspace(), **TWO})
    assert refused(here).startswith("pyproject.toml: it names the members of a workspace")
    # It may be one that lbuild does not know by name.
    write(here, {"setup.py": ""})
    assert select().requested == (here,)


# what names mean


def test_sources(here: Path) -> None:
    own = """
        c = { index = "mine" }
        out = { path = "../../out" }
        file = { path = "../../x.whl" }
        dev = { path = "../../gone", group = "dev" }
    """
    files = {
        "pyproject.toml": workspace(more=MEMBER_B + "c = { workspace = true }\n"),
        **TWO,
        "p/a/pyproject.toml": pyproject("a", requires=["b", "c", "out"], more=SOURCES + own),
        "p/c/pyproject.toml": pyproject("c"),
        "out/pyproject.toml": pyproject("out", more=SOURCES + "farther = { path = '../farther' }"),
        "farther/pyproject.toml": pyproject("farther"),
        "x.whl": "",
    }
    write(here, files)
    found = members(find.find(here / "p/a"))
    assert [*found] == ["farther", "out", "p/a", "p/b", "p/c"]
    assert [path for path, one in found.items() if one.is_outside] == ["farther", "out"]
    assert meant(found["p/a"]) == {"b": "p/b", "out": "out"}
    assert meant(found["p/b"]) == {"a": "p/a", "c": "p/c"}
    # It is built for members, so their names do not mean anything else there.
    assert meant(found["out"]) == {"farther": "farther", "a": "p/a", "b": "p/b", "c": "p/c"}
    assert select(workspace=True).requested == (here / "p/a", here / "p/b", here / "p/c")


@pytest.mark.parametrize(("version", "builds_with"), [("3.8", {"b"}), ("3.13", set())])
def test_markers_are_those_of_the_interpreter_that_builds(
    here: Path, version: str, builds_with: set[str]
) -> None:
    """Otherwise another interpreter would be given from the index what the tree has."""
    source = """
        b = [
          { path = "../b", marker = "python_version < '3.9'" },
          { index = "other", marker = "python_version >= '3.9'" },
        ]
    """
    files = {
        "a/pyproject.toml": pyproject("a", requires=["b"], more=SOURCES + source),
        "b/pyproject.toml": pyproject("b"),
        "c/pyproject.toml": pyproject("c", requires=["b; python_version < '3.9'"]),
    }
    write(here, files)
    folders = [here / name for name in "abc"]
    edges = graph.edges(find.of_projects(folders, lambda: {"python_version": version}))
    for name in "ac":
        assert {one.name for one in edges[here / name]} == builds_with


def test_sources_of_the_workspace_are_relative_to_it(here: Path) -> None:
    more = SOURCES + "out = { path = 'out' }\nb = { path = 'p/b' }\n"
    files = {"pyproject.toml": workspace(more=more), "out/pyproject.toml": pyproject("out")}
    write(here, {**files, **TWO})
    assert meant(members(find.find(here))["p/a"]) == {"b": "p/b", "out": "out"}


def test_a_project_alone_with_a_source(here: Path) -> None:
    files = {
        "a/pyproject.toml": pyproject("a", more=SOURCES + "b = { path = '../b' }"),
        "b/pyproject.toml": pyproject("b"),
        "c/pyproject.toml": pyproject("c", more=SOURCES),
    }
    write(here, files)
    choice = select("a")
    assert choice.workspace.file is None
    assert meant(members(choice.workspace)["a"]) == {"b": "b"}
    assert choice.requested == (here / "a",)
    assert select("c") == Choice(Workspace(None, None, ()), (Path("c"),), ())


def test_an_sdist_that_was_taken_out_of_its_workspace(here: Path) -> None:
    sources = SOURCES + "b = { workspace = true }\nc = { path = '../c' }\n"
    write(here, {"a/pyproject.toml": pyproject("a", dependencies=["b", "c"], more=sources)})
    assert select("a") == Choice(Workspace(None, None, ()), (Path("a"),), ())
    write(here, {"a/pyproject.toml": pyproject("a", requires=["b"], more=sources)})
    assert refused(here, "a").startswith(
        "a/pyproject.toml: tool.uv.sources.b: no member of the workspace is named 'b'."
    )


def test_projects_that_the_command_line_names(here: Path) -> None:
    broken = {"broken/pyproject.toml": "[workspace.sources"}
    write(here, {**TWO, "c/setup.py": "", **broken, "d/": ""})
    choice = select("p/a", "p/b/.", "c", "broken", "d", "gone", "x.tar.gz")
    found = members(choice.workspace)
    assert {path: meant(one) for path, one in found.items()} == {
        "c": {"a": "p/a", "b": "p/b"},
        "p/a": {"b": "p/b"},
        "p/b": {"a": "p/a"},
    }
    # What is none is left to the command, as it was given.
    others = tuple(map(Path, ("broken", "d", "gone", "x.tar.gz")))
    assert choice.requested == (here / "p/a", here / "p/b", here / "c", *others)
    assert select("p/a", "p/b", packages=["a"]).requested == (here / "p/a",)
    assert select("broken") == Choice(Workspace(None, None, ()), (Path("broken"),), ())


def test_members_and_others_that_the_command_line_names(here: Path) -> None:
    files = {"pyproject.toml": workspace(), "out/pyproject.toml": pyproject("out"), **TWO}
    write(here, files)
    choice = select("p/a", "out")
    assert choice.workspace.file is None
    assert {path: meant(one) for path, one in members(choice.workspace).items()} == {
        "out": {"a": "p/a", "b": "p/b"},
        "p/a": {"b": "p/b", "out": "out"},
        "p/b": {"a": "p/a", "out": "out"},
    }


def test_two_projects_of_one_name(here: Path) -> None:
    write(here, {**TWO, "p/a2/pyproject.toml": pyproject("A")})
    assert all(meant(one).keys() <= {"b"} for one in members(select("p/*").workspace).values())
    write(here, {"p/b/pyproject.toml": pyproject("b", dependencies=["a>=1"])})
    assert refused(here, "p/*") == (
        "p/b/pyproject.toml: it requires 'a>=1', but two of the projects have this name: "
        "p/a and p/a2. Give only one of them."
    )


def test_one_project_costs_little(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a workspace, nothing is parsed."""
    write(here, {"pyproject.toml": "[", "a/pyproject.toml": pyproject("a")})
    monkeypatch.setattr(Projects, "__init__", None)
    assert select("a").requested == (Path("a"),)


def test_archives_are_no_projects(here: Path) -> None:
    """A source may be an archive, also one that is still to be made."""
    more = SOURCES + "b = { path = 'gone/b-1.0-py3-none-any.whl' }\nc = { path = 'c.tar.gz' }\n"
    write(here, {"pyproject.toml": workspace(more=more), **TWO})
    assert meant(members(find.find(here))["p/a"]) == {}


def test_names_that_two_projects_have_may_be_clear_by_their_workspaces(here: Path) -> None:
    for name in ("one", "other"):
        requires = {"p/b/pyproject.toml": pyproject("b", requires=["a"])}
        write(here / name, {"pyproject.toml": workspace(), **TWO, **requires})
    found = members(select("one/p/a", "one/p/b", "other/p/a", "other/p/b").workspace)
    assert {path: meant(one) for path, one in found.items()} == {
        f"{name}/p/{one}": {other: f"{name}/p/{other}"}
        for name in ("one", "other")
        for one, other in ("ab", "ba")
    }


def test_requirements_that_are_not_valid_are_left_to_the_backend(here: Path) -> None:
    texts = ["not valid!", "(" * 10_000, "b @ https://[x"]
    write(
        here,
        {"pyproject.toml": workspace(), "p/a/pyproject.toml": pyproject("a", dependencies=texts)},
    )
    found = select(workspace=True).workspace
    assert graph.runtime_edges(found) == {here / "p/a": frozenset()}
    write(here, {"x/a/pyproject.toml": pyproject("a"), "x/b/pyproject.toml": pyproject("a")})
    assert len(members(select("p/a", "x/a", "x/b").workspace)) == 3


def test_a_link_that_leads_elsewhere_now(here: Path) -> None:
    """What it leads to is looked at as a path of its own, so that the next command compares it."""
    write(here, {"pyproject.toml": workspace(), **TWO, "p/c -> ../c": ""})
    assert [*members(find.find(here))] == ["p/a", "p/b"]
    write(here, {"c/pyproject.toml": pyproject("c")})
    assert [*members(find.find(here))] == ["c", "p/a", "p/b"]
