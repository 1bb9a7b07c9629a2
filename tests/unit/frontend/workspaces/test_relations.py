"""The order in which projects are built, and what each needs of the others."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from lbuild_frontend.errors import LbuildError
from lbuild_frontend.model.results import GraphMember
from lbuild_frontend.workspaces import relations

TOP = '[tool.lbuild.workspace]\nmembers = ["*"]\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, name: str, requires: str = "", dependencies: str = "") -> None:
    folder.mkdir()
    text = f"[build-system]\nrequires = [{requires}]\nbuild-backend = 'b'\n"
    text += f"[project]\nname = '{name}'\nversion = '1.0'\ndependencies = [{dependencies}]\n"
    (folder / "pyproject.toml").write_text(text, "utf-8")


def shop(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(TOP, "utf-8")
    write(folder / "app", "app", "'flit', 'z-plug'", "'core>=1', 'rich'")
    write(folder / "core", "core")
    write(folder / "plug", "Z.Plug", dependencies="'helper'")
    write(folder / "helper", "helper")


def shown(
    *given: str, workspace: bool = False, packages: tuple[str, ...] = ()
) -> Mapping[str, GraphMember]:
    choice = relations.chosen(given, workspace=workspace, packages=packages)
    return {one.name: one for one in relations.graph_of(choice).members}


def test_the_order_of_a_workspace(here: Path) -> None:
    """A plugin comes after what it needs at run time, because it runs in builds."""
    shop(here)
    members = shown()
    assert list(members) == ["core", "helper", "z-plug", "app"]
    assert members["app"] == GraphMember(
        name="app",
        project=here / "app",
        version="1.0",
        requested=True,
        builds_with=("z-plug",),
        runs_with=("core",),
    )
    assert members == shown(workspace=True)
    assert list(members) == list(shown("app", "core", "helper", "plug"))


def test_one_member_with_what_it_needs(here: Path) -> None:
    shop(here)
    write(here / "other", "other")
    requested = {name: one.requested for name, one in shown(packages=("app",)).items()}
    assert requested == {"app": True, "core": False, "helper": False, "z-plug": False}


def test_a_project_in_no_workspace(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(here / "alone", "alone")
    monkeypatch.chdir(here / "alone")
    assert list(shown()) == ["alone"]


def test_a_project_around_others_comes_last(here: Path) -> None:
    write(here / "outer", "a-outer")
    write(here / "outer" / "inner", "b-inner")
    assert list(shown("outer", "outer/inner")) == ["b-inner", "a-outer"]


def test_a_plugin_that_needs_what_it_builds(here: Path) -> None:
    write(here / "a", "a", "'b'")
    write(here / "b", "b", dependencies="'a'")
    with pytest.raises(LbuildError, match=r"need each\s+other"):
        shown("a", "b")


def test_projects_that_need_each_other(here: Path) -> None:
    write(here / "a", "a", "'b'")
    write(here / "b", "b", "'a'")
    with pytest.raises(LbuildError, match=r"need each\s+other.*a -> b -> a"):
        shown("a", "b")
