"""Names that come and go in folders that a build lists: only those count that it can use."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.command import Lbuild
from support.edits import NEW, OLD, pack_state, states_in_wheel, write_files
from support.minimal_project import NAME, status, wheel
from support.projects import CopyProject, git, wheel_content

pytestmark = pytest.mark.shared_environments

BACKENDS = {
    "flit": '"flit-core"]\nbuild-backend = "flit_core.buildapi"',
    "hatchling": '"hatchling"]\nbuild-backend = "hatchling.build"',
    "pdm": '"pdm-backend"]\nbuild-backend = "pdm.backend"',
    "poetry": '"poetry-core"]\nbuild-backend = "poetry.core.masonry.api"',
    "setuptools": '"setuptools>=77"]\nbuild-backend = "setuptools.build_meta"',
}
SOURCES = {"src/demo/__init__.py": "", "README.md": ""}


def make_project(folder: Path, backend: str, settings: str, files: Mapping[str, str]) -> Path:
    project = folder / "project"
    text = f"""\
[build-system]
requires = [{BACKENDS[backend]}

[project]
name = "demo"
version = "1"
description = "Has files that tools leave"
{settings}
"""
    write_files(project, files)
    (project / "pyproject.toml").write_text(text, "utf-8")
    return project


LEFT_BY_TOOLS = {
    ".coverage": "",
    ".coverage.host.1": "",
    "htmlcov/index.html": "",
    "x.log": "",
    "notes.txt": "",
    ".cache/data": "",
    "site/index.html": "",
}


@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
@pytest.mark.quick("hatchling-traced")
@pytest.mark.parametrize("backend", BACKENDS)
def test_what_tools_leave_beside_the_sources(lbuild: Lbuild, backend: str, tmp_path: Path) -> None:
    project = make_project(tmp_path, backend, "", SOURCES)
    first = wheel(lbuild, project)
    write_files(project, LEFT_BY_TOOLS)
    assert status(lbuild, project)["reasons"] == []
    again = wheel(lbuild, project)
    assert (again["action"], again["sha256"]) == ("reused", first["sha256"])
    (project / ".coverage").unlink()
    assert wheel(lbuild, project)["action"] == "reused"


BY_GIT = {
    "setuptools-scm": (
        """\
requires = ["setuptools>=77", "setuptools-scm>=8"]
build-backend = "setuptools.build_meta"
""",
        "[tool.setuptools_scm]",
    ),
    "hatch-vcs": (
        'requires = ["hatchling", "hatch-vcs"]\nbuild-backend = "hatchling.build"',
        '[tool.hatch.version]\nsource = "vcs"',
    ),
}


def make_repository(folder: Path, name: str) -> Path:
    build_system, settings = BY_GIT[name]
    project = folder / "project"
    text = f"""\
[build-system]
{build_system}

[project]
name = "demo"
dynamic = ["version"]
{settings}
"""
    write_files(project, {**SOURCES, "src/demo/data.txt": OLD, ".gitignore": "*.log\n/dist\n"})
    (project / "pyproject.toml").write_text(text, "utf-8")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "one"], ["tag", "v1.0"]):
        git(project, *command)
    return project


@pytest.mark.exhaustive
@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
@pytest.mark.parametrize("name", BY_GIT)
def test_what_tools_leave_in_a_repository(lbuild: Lbuild, name: str, tmp_path: Path) -> None:
    project = make_repository(tmp_path, name)
    first = wheel(lbuild, project)
    assert wheel(lbuild, project)["action"] == "reused"
    write_files(project, LEFT_BY_TOOLS)
    again = wheel(lbuild, project)
    assert (again["action"], again["sha256"]) == ("reused", first["sha256"])


@pytest.mark.exhaustive
@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
def test_data_that_git_tracks(lbuild: Lbuild, tmp_path: Path) -> None:
    """setuptools packs what setuptools-scm finds in the repository and in the tree."""
    project = make_repository(tmp_path, "setuptools-scm")
    assert states_in_wheel(wheel(lbuild, project)) == {OLD}
    write_files(project, {"src/demo/new.txt": NEW})
    assert states_in_wheel(wheel(lbuild, project)) == {OLD}
    git(project, "add", "src/demo/new.txt")
    assert states_in_wheel(wheel(lbuild, project)) == {OLD, NEW}
    (project / "src" / "demo" / "data.txt").unlink()
    assert states_in_wheel(wheel(lbuild, project)) == {NEW}
    write_files(project, {"src/demo/data.txt": OLD})
    assert states_in_wheel(wheel(lbuild, project)) == {OLD, NEW}


FLAT = {"demo/__init__.py": ""}
DATA = "[tool.setuptools.package-data]\ndemo = ['*.txt']"
USED: dict[str, tuple[str, str, Mapping[str, str], str]] = {
    **{f"license-{backend}": (backend, "", SOURCES, "LICENSE.new") for backend in BACKENDS},
    **{f"module-{backend}": (backend, "", SOURCES, "src/demo/new.py") for backend in BACKENDS},
    **{
        f"package-{backend}": (backend, "", SOURCES, "src/demo/new/__init__.py")
        for backend in BACKENDS
    },
    "license-by-glob": ("hatchling", 'license-files = ["*.lic"]', SOURCES, "new.lic"),
    "license-by-any": ("hatchling", 'license-files = ["*"]', SOURCES, "notes.new"),
    "setuptools-data": ("setuptools", DATA, SOURCES, "src/demo/new.txt"),
    "setuptools-another-package": ("setuptools", "", SOURCES, "src/new/__init__.py"),
    "setuptools-namespace": ("setuptools", "", SOURCES, "src/new/deep/core.py"),
    "setuptools-a-module-beside": ("setuptools", "", SOURCES, "src/new.py"),
    "setuptools-flat": ("setuptools", "", FLAT, "demo/new/core.py"),
    "hatchling-whole-tree": (
        "hatchling",
        "[tool.hatch.build.targets.wheel]\nonly-include = ['.']",
        SOURCES,
        "notes.new",
    ),
}


@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
@pytest.mark.quick("license-hatchling-traced")
@pytest.mark.parametrize("name", USED)
def test_a_new_name_that_the_build_uses(lbuild: Lbuild, name: str, tmp_path: Path) -> None:
    backend, settings, files, new = USED[name]
    project = make_project(tmp_path, backend, settings, files)
    assert states_in_wheel(wheel(lbuild, project)) == set()
    write_files(project, {new: f"STATE = '{NEW}'\n"})
    told = wheel(lbuild, project)
    assert (told["action"], states_in_wheel(told)) == ("built", {NEW})
    (project / new).unlink()
    assert states_in_wheel(wheel(lbuild, project)) == set()


@pytest.mark.exhaustive
@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
def test_another_folder_at_the_top_of_a_flat_layout(lbuild: Lbuild, tmp_path: Path) -> None:
    """setuptools does not know which of the two is meant, and fails."""
    project = make_project(tmp_path, "setuptools", "", FLAT)
    wheel(lbuild, project)
    write_files(project, {"x.log": "", "demo.other/data": ""})
    assert wheel(lbuild, project)["action"] == "reused"
    write_files(project, {"another/core.py": ""})
    assert status(lbuild, project)["verdict"] == "rebuild"


EGG_INFO = {
    "PKG-INFO": "Metadata-Version: 2.1\nName: demo\nVersion: 1\n",
    "dependency_links.txt": "\n",
    "top_level.txt": "demo\n",
    "SOURCES.txt": """\
        README.md
        pyproject.toml
        src/demo/__init__.py
        src/demo.egg-info/PKG-INFO
        src/demo.egg-info/SOURCES.txt
        src/demo.egg-info/dependency_links.txt
        src/demo.egg-info/top_level.txt
        """,
}


@pytest.mark.exhaustive
@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
def test_the_egg_info_of_an_editable_install(lbuild: Lbuild, tmp_path: Path) -> None:
    project = make_project(tmp_path, "setuptools", "", {**SOURCES, "src/demo/data.txt": NEW})
    first = wheel(lbuild, project)
    assert states_in_wheel(first) == set()
    left = {f"src/demo.egg-info/{name}": text for name, text in EGG_INFO.items()}
    write_files(project, left)
    again = wheel(lbuild, project)
    assert (again["action"], again["sha256"]) == ("reused", first["sha256"])
    fresh = wheel(lbuild, project, "--refresh")
    content = wheel_content(Path(fresh["wheel"]))
    with (project / "src" / "demo.egg-info" / "SOURCES.txt").open("a") as file:
        file.write("src/demo/data.txt\n")
    assert states_in_wheel(wheel(lbuild, project)) == {NEW}
    shutil.rmtree(project / "src" / "demo.egg-info")
    back = wheel(lbuild, project)
    assert states_in_wheel(back) == set()
    assert wheel_content(Path(back["wheel"])) == content


@pytest.mark.exhaustive
@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
def test_an_egg_info_that_names_data(lbuild: Lbuild, tmp_path: Path) -> None:
    project = make_project(tmp_path, "setuptools", "", {**SOURCES, "src/demo/data.txt": NEW})
    assert states_in_wheel(wheel(lbuild, project)) == set()
    text = f"{EGG_INFO['SOURCES.txt']}        src/demo/data.txt\n"
    left = {**EGG_INFO, "SOURCES.txt": text}
    write_files(project, {f"src/demo.egg-info/{name}": text for name, text in left.items()})
    told = wheel(lbuild, project)
    assert (told["action"], states_in_wheel(told)) == ("built", {NEW})


LISTING = {
    "a glob": 'for path in glob.glob("data/*.txt"): yield path',
    "a glob of pathlib's": 'yield from map(str, Path("data").glob("*.txt"))',
    "a glob, and the whole folder": """\
        glob.glob("data/*.none")
        yield from (f"data/{name}" for name in os.listdir("data"))
        """,
    "the whole folder, and a glob": """\
        for entry in os.scandir("data"):
            yield entry.path
        glob.glob("data/*.none")
        """,
    "two globs": """\
        yield from glob.glob("data/*.none")
        yield from glob.glob("data/*.t?t")
        """,
    "a folder that a link leads to": """\
        os.symlink("data", "link")
        yield from [path.replace("link", "data") for path in glob.glob("link/*.txt")]
        os.unlink("link")
        """,
}


@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
@pytest.mark.quick("a glob-traced", "a glob, and the whole folder-traced")
@pytest.mark.parametrize("name", LISTING)
def test_a_hook_that_lists_a_folder(lbuild: Lbuild, copy_project: CopyProject, name: str) -> None:
    project = copy_project(NAME)
    write_files(project, {"data/a.txt": OLD})
    code = "import glob\ndef names():\n    " + LISTING[name].lstrip().replace(
        "\n        ", "\n    "
    )
    state = '\ndef state():\n    return b"".join(Path(n).read_bytes() for n in sorted(names()))\n'
    pack_state(project, code.rstrip() + "\n" + state)
    assert states_in_wheel(wheel(lbuild, project)) == {OLD}
    assert wheel(lbuild, project)["action"] == "reused"
    write_files(project, {"data/b.txt": NEW})
    assert states_in_wheel(wheel(lbuild, project)) == {OLD, NEW}
    assert wheel(lbuild, project)["action"] == "reused"
    write_files(project, {"data/c.log": ""})
    # After a link was made, it is not known in time where a path leads.
    uses_all = "whole" in name or "link" in name
    assert wheel(lbuild, project)["action"] == ("built" if uses_all else "reused")


OLD_OR_NEW = """
def state():
    try:
        names = os.listdir("data/a")
    except NotADirectoryError:
        return Path("data/a").read_bytes()
    return b"".join(Path("data/a", name).read_bytes() for name in names)
"""


@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
def test_a_hook_that_tries_to_list_a_file(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    write_files(project, {"data/a": OLD, "data/other": NEW})
    pack_state(project, OLD_OR_NEW)
    assert states_in_wheel(wheel(lbuild, project)) == {OLD}
    assert status(lbuild, project)["reasons"] == []
    place, away = project / "data/a", project / "data/away"
    place.rename(away)
    write_files(project, {"data/a/b": NEW})
    assert states_in_wheel(wheel(lbuild, project)) == {NEW}
    shutil.rmtree(place)
    place.symlink_to("other")
    assert states_in_wheel(wheel(lbuild, project)) == {NEW}
    place.unlink()
    away.rename(place)
    told = wheel(lbuild, project)
    assert (told["action"], states_in_wheel(told)) == ("reused", {OLD})
