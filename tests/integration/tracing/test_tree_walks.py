"""Programs that open each folder of a project, and take the names of a few."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.command import Lbuild
from support.edits import NEW, states_in_wheel, write_files
from support.minimal_project import wheel
from support.projects import CopyProject
from support.rust import require_rust

pytestmark = [
    pytest.mark.shared_environments,
    pytest.mark.skipif(sys.platform != "linux", reason="programs are traced on Linux"),
]

OTHERS = ("tests/test_more.py", "docs/deep/more.md", "docs/.gitignore", "more.py", "NEWS.md")


def add_and_remove(lbuild: Lbuild, project: Path, removed: tuple[str, ...]) -> None:
    """Fail unless names that the build has no use for make no difference."""
    first = wheel(lbuild, project)
    write_files(project, dict.fromkeys(OTHERS, "# nothing\n"))
    for name in removed:
        (project / name).unlink()
    told = wheel(lbuild, project)
    assert (told["action"], told["sha256"]) == ("reused", first["sha256"])


@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
def test_names_that_uv_build_does_not_use(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project("uv-build")
    write_files(project, {"tests/test_a.py": "", "docs/index.md": "", "CHANGES.md": ""})
    add_and_remove(lbuild, project, ("tests/test_a.py", "CHANGES.md"))
    write_files(project, {"src/demo/deep/new.txt": NEW})
    told = wheel(lbuild, project)
    assert (told["action"], states_in_wheel(told)) == ("built", {NEW})


UV: Mapping[str, tuple[str, Mapping[str, str], str]] = {
    "license": ('license-files = ["L*"]', {"LICENSE": ""}, "LICENSE.new"),
    "license elsewhere": ('license-files = ["texts/*"]', {"texts/a": ""}, "texts/new"),
    "license anywhere": (
        'license-files = ["**/LICENSE"]',
        {"LICENSE": "", "texts/a": ""},
        "texts/LICENSE",
    ),
    "data": (
        '[tool.uv.build-backend.data]\nscripts = "scripts"',
        {"scripts/.gitignore": ""},
        "scripts/new",
    ),
    "namespace": (
        '[tool.uv.build-backend]\nmodule-root = ""\nmodule-name = "space.demo"',
        {"space/demo/__init__.py": ""},
        "space/demo/deep/new.py",
    ),
}


@pytest.mark.endurance
@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
@pytest.mark.parametrize("name", UV)
def test_names_that_uv_build_uses(lbuild: Lbuild, copy_project: CopyProject, name: str) -> None:
    settings, before, new = UV[name]
    project = copy_project("uv-build")
    with (project / "pyproject.toml").open("a") as file:
        file.write(settings)
    write_files(project, before)
    assert states_in_wheel(wheel(lbuild, project)) == set()
    assert wheel(lbuild, project)["action"] == "reused"
    write_files(project, {new: NEW})
    assert states_in_wheel(wheel(lbuild, project)) == {NEW}
    (project / new).unlink()
    assert states_in_wheel(wheel(lbuild, project)) == set()


@pytest.mark.exhaustive
@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
def test_names_that_maturin_and_cargo_do_not_use(
    lbuild: Lbuild, copy_project: CopyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_rust(monkeypatch)
    project = copy_project("maturin")
    add_and_remove(lbuild, project, ("tests/test_answer.py", "rust/unused.rs"))
    write_files(project, {"python/demo/new.txt": NEW})
    told = wheel(lbuild, project)
    assert (told["action"], states_in_wheel(told)) == ("built", {NEW})


MATURIN: Mapping[str, tuple[str, Mapping[str, str], str]] = {
    "license": ("", {}, "LICENSE.new"),
    "data": ("", {"demo.data/scripts/.keep": ""}, "demo.data/scripts/new"),
    "included": (
        'include = [{ path = "more/*.txt", format = "wheel" }]',
        {"more/a.md": ""},
        "more/new.txt",
    ),
}


@pytest.mark.endurance
@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
@pytest.mark.parametrize("name", MATURIN)
def test_names_that_maturin_uses(
    lbuild: Lbuild, copy_project: CopyProject, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_rust(monkeypatch)
    settings, before, new = MATURIN[name]
    project = copy_project("maturin")
    with (project / "pyproject.toml").open("a") as file:
        file.write(settings)
    write_files(project, before)
    assert states_in_wheel(wheel(lbuild, project)) == set()
    write_files(project, {new: NEW})
    assert states_in_wheel(wheel(lbuild, project)) == {NEW}
    (project / new).unlink()
    assert states_in_wheel(wheel(lbuild, project)) == set()


@pytest.mark.endurance
@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
def test_a_target_that_cargo_finds(
    lbuild: Lbuild, copy_project: CopyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_rust(monkeypatch)
    project = copy_project("maturin")
    wheel(lbuild, project)
    write_files(project, {"tests/deep/notes.md": ""})
    assert wheel(lbuild, project)["action"] == "built"
    write_files(project, {"tests/deep/main.rs": "fn main() {}\n"})
    assert wheel(lbuild, project)["action"] == "built"
    write_files(project, {"tests/more.rs": ""})
    assert wheel(lbuild, project)["action"] == "built"
