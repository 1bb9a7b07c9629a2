"""What happens in a project while a hook runs, and whether somebody edited it.

A wheel whose project was edited meanwhile is never reused, so nothing else may look like an edit.
"""

from pathlib import Path

import pytest

from support.command import Lbuild
from support.edits import write_files
from support.minimal_project import (
    NAME,
    configure,
    make_gate,
    running,
    status,
    wait_for_end,
    wheel,
    when_building,
)
from support.projects import CopyProject

pytestmark = pytest.mark.shared_environments


def require_one_build(lbuild: Lbuild, project: Path, copies: tuple[Path, ...] = ()) -> None:
    """Require that the first wheel is reused, in place and in copies made before; no warnings."""
    first = lbuild("wheel", "--json", project)
    assert "warning" not in first.stderr
    assert first.json[0]["action"] == "built"
    assert status(lbuild, project)["verdict"] == "reuse"
    for place in (project, *copies):
        assert wheel(lbuild, place)["action"] == "reused"


LOOKING = "import os; [os.path.exists(name) for name in ('setup.cfg', '.hg', '/.dockerenv', 'n/n')]"


def test_an_ignored_folder_that_a_program_makes(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """As cargo, npm and CMake do. It changes the time stamp of the folder that it is in."""
    project, copy = copy_project(NAME), copy_project(NAME, folder="copies")
    for place in (project, copy):
        configure(place, '[tool.lbuild]\nignore = ["/target"]')
        making = "import subprocess; subprocess.run(['mkdir', '-p', 'target/debug'], check=True)"
        when_building(place, f"{LOOKING}\n{making}\n{LOOKING}")
    require_one_build(lbuild, project, (copy,))


@pytest.mark.quick("by a program")
@pytest.mark.parametrize(
    "stirring",
    ["os.mkdir('target')", "subprocess.run(['mkdir', 'target'], check=True)"],
    ids=["by the hook", "by a program"],
)
def test_a_file_that_the_hook_saw_and_that_is_gone(
    lbuild: Lbuild, copy_project: CopyProject, stirring: str
) -> None:
    """A program of the hook made it, and removed it."""
    project = copy_project(NAME)
    configure(project, '[tool.lbuild]\nignore = ["/target"]')
    lines = (
        f"import os, subprocess; {stirring}",
        "subprocess.run(['touch', 'setup.cfg']); os.path.exists('setup.cfg')",
        "subprocess.run(['rm', 'setup.cfg'])",
    )
    when_building(project, "\n".join(lines))
    require_one_build(lbuild, project)


def test_a_manifest_that_names_a_file_where_folders_are_named(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    """setuptools lists what ``recursive-include`` finds, also files."""
    files = {
        "pyproject.toml": """\
            [build-system]
            requires = ["setuptools>=77"]
            build-backend = "setuptools.build_meta"
            [project]
            name = "demo"
            version = "1.0"
            """,
        "src/demo/__init__.py": "",
        "src/demo/templates/a.html": "",
        "MANIFEST.in": "recursive-include src/demo/templates *.html\n",
    }
    project, copy = copy_project(NAME), copy_project(NAME, folder="copies")
    for place in (project, copy):
        write_files(place, files)
    require_one_build(lbuild, project, (copy,))


SETUPTOOLS_SCM = """\
    [build-system]
    requires = ["setuptools>=77", "setuptools-scm>=8"]
    build-backend = "setuptools.build_meta"
    [project]
    name = "demo"
    dynamic = ["version"]
    [tool.setuptools_scm]
    fallback_version = "1.2"
    """


@pytest.mark.exhaustive
def test_setuptools_scm_looks_for_few_names_above_a_project(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    """Without a repository it lists each folder up to the root of the file system."""
    project, copy = copy_project(NAME), copy_project(NAME, folder="copies")
    for place in (project, copy):
        write_files(place, {"pyproject.toml": SETUPTOOLS_SCM, "src/demo/__init__.py": ""})
    require_one_build(lbuild, project, (copy,))
    (project.parent.parent / "other").mkdir()
    (project.parent / "notes.txt").touch()
    assert status(lbuild, project)["verdict"] == "reuse"
    (project.parent / "demo.egg-info").mkdir()
    told = status(lbuild, project)
    assert told["verdict"] == "rebuild"
    assert "../demo.egg-info" in {reason["path"] for reason in told["reasons"]}


def test_a_source_folder_that_is_a_link(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """A declaration asks whether there is a folder, the whole tree also where a link leads."""
    project = copy_project(NAME)
    (project / "src").rename(project / "real")
    (project / "src").symlink_to("real")
    when_building(project, "import subprocess; subprocess.run(['true'], check=True)")
    require_one_build(lbuild, project)


@pytest.mark.parametrize("there_before", [False, True], ids=["made", "the user's"])
def test_what_a_program_writes_anew_with_the_same_bytes(
    lbuild: Lbuild, copy_project: CopyProject, there_before: bool
) -> None:
    """Programs are followed: it is a result of the build, whatever was there before."""
    project = copy_project(NAME)
    if there_before:
        write_files(project, {"made.txt": "same\n"})
    writing = "subprocess.run('echo same > made.txt', shell=True, check=True)"
    when_building(project, f"import subprocess; {writing}")
    require_one_build(lbuild, project)
    write_files(project, {"made.txt": "by hand\n"})
    assert status(lbuild, project)["verdict"] == "reuse"  # the next build writes over it


@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
def test_an_edit_of_a_project_in_the_folder_for_temporary_files(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    """Programs leave files there during a build, but in a project they are the user's."""
    lbuild.environment["TMPDIR"] = str(tmp_path)
    project, gate = copy_project(NAME), make_gate(tmp_path)
    assert project.is_relative_to(tmp_path)
    data = project / "src" / "demo" / "core.py"
    when_building(project, gate.code)
    with running(lbuild, "wheel", project) as process:
        gate.await_backend()
        data.write_text("EDITED = 1\n", "utf-8")
        gate.open.touch()
        assert "core.py changed during the build" in wait_for_end(process).stderr
    data.write_text("EDITED = 2\n", "utf-8")
    assert wheel(lbuild, project)["action"] == "built"
