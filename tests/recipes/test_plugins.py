"""The code of ``docs/examples``, used by the real tools as readers use it: copied or installed."""

import os
import shutil
import sysconfig
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest

import lbuild_frontend
import lbuild_keys
from support.command import Lbuild
from support.environments import make_environment
from support.how_to_pages import edit, run, without_bytecode
from support.minimal_project import Log, log_builds, when_building
from support.projects import CopyProject, replace

EXAMPLES = Path(__file__).parents[2] / "docs/examples"

pytestmark = [
    pytest.mark.shared_environments,
    pytest.mark.skipif(os.name == "nt", reason="the commands are for a POSIX shell"),
]


class Tool(NamedTuple):
    """A command that tests a project, and the environment that it does that in."""

    lbuild: Lbuild
    project: Path
    command: str
    env: Mapping[str, str] = MappingProxyType({})

    def __call__(self, more: str = "", *, fails: bool = False) -> str:
        """Run the command; return what it printed."""
        return run(self.lbuild, f"{self.command} {more}", self.project, self.env, fails=fails)

    def follows_the_tree(self, environment: str) -> None:
        """See that it tests what is in the tree, and does nothing without need.

        Args:
            environment: its folder, below the project.
        """
        builds = log_builds(self.project)
        edit(self.project, "old")
        first = self()
        assert "tested: old" in first
        place = self.project / environment
        before = without_bytecode(place)
        again = self()
        assert "tested: old" in again
        assert without_bytecode(place) == before
        assert len(builds.lines) == 1
        edit(self.project, "new")
        third = self()
        assert "tested: new" in third
        assert "src/demo/core.py changed" in third
        assert len(builds.lines) == 2
        self.says_why_it_fails(builds)

    def says_why_it_fails(self, builds: Log) -> None:
        """See that an error of the build is one that a person can read."""
        when_building(self.project, "raise SystemExit('no luck today')")
        told = self(fails=True)
        assert "no luck today" in told
        assert "tested" not in told
        assert "site-packages/lbuild" not in told, "it is no error of lbuild"
        assert "lbuild_frontend/" not in told
        assert len(builds.lines) == 2


def plugin(lbuild: Lbuild, name: str, folder: Path) -> None:
    """Install an example that is a project, by unpacking its wheel into a folder."""
    built = lbuild("wheel", "--out-dir", folder.parent / "wheels", EXAMPLES / name)
    with zipfile.ZipFile(built.stdout.strip()) as archive:
        archive.extractall(folder)


@pytest.mark.exhaustive  # nox makes an environment with pytest
def test_nox(lbuild: Lbuild, project: Path) -> None:
    for name in ("noxfile.py", "nox_lbuild.py"):
        shutil.copy(EXAMPLES / "nox" / name, project)
    nox = Tool(lbuild, project, "nox -db uv")
    nox.follows_the_tree(".nox/tests")


@pytest.mark.exhaustive
def test_nox_without_installing_and_without_an_environment(lbuild: Lbuild, project: Path) -> None:
    for name in ("noxfile.py", "nox_lbuild.py"):
        shutil.copy(EXAMPLES / "nox" / name, project)
    edit(project, "old")
    assert "tested: old" in run(lbuild, "nox -db uv", project)
    edit(project, "new")
    assert "tested: new" in run(lbuild, "nox -R -db uv", project)
    assert "does not have a bin" in run(lbuild, "nox --no-venv", project, fails=True)


@pytest.fixture
def tox(lbuild: Lbuild, project: Path, tmp_path: Path) -> Tool:
    """tox with the plugin."""
    shutil.copy(EXAMPLES / "tox/tox.ini", project)
    plugin(lbuild, "tox", tmp_path / "plugins")
    return Tool(lbuild, project, "tox", {"PYTHONPATH": str(tmp_path / "plugins")})


@pytest.mark.exhaustive  # tox makes an environment with pytest
def test_tox(tox: Tool) -> None:
    tox.follows_the_tree(".tox/py")
    assert not (tox.project / ".tox/.pkg/bin").exists()


@pytest.mark.exhaustive
def test_other_ways_to_use_tox(tox: Tool, tmp_path: Path) -> None:
    builds = log_builds(tox.project)
    edit(tox.project, "old")
    assert "demo-0.1.0-py3-none-any.whl" in tox("-b")
    assert "built because" not in tox("-p")
    assert len(builds.lines) == 1
    edit(tox.project, "new")
    assert "tested: old" in tox("--skip-pkg-install")
    wheel = tox.lbuild("wheel", "--out-dir", tmp_path / "given", tox.project).stdout.strip()
    edit(tox.project, "newer")
    assert "tested: new\n" in tox(f"--installpkg {wheel}")
    assert "tested: newer" in tox()
    assert len(builds.lines) == 3
    replace(tox.project / "tox.ini", "extras", "package = sdist\nextras")
    assert "must be one of wheel, editable" in tox(fails=True)


@pytest.mark.exhaustive
def test_tox_with_an_editable_installation_of_another_folder(
    tox: Tool, copy_project: CopyProject
) -> None:
    package = copy_project("flit-core")
    settings = f"package = editable\ncommands = python -c '{_WHERE}'\n"
    (tox.project / "tox.ini").write_text(
        f"[tox]\nenv_list = py\npackage_root = {package}\n[testenv]\nrunner = lbuild\n{settings}"
    )
    assert f"tested: {package / 'src/demo/core.py'}" in tox()


_WHERE = 'from demo import core; print("tested:", core.__file__)'


def test_tox_finds_the_plugin_as_a_file_beside_its_settings(lbuild: Lbuild, project: Path) -> None:
    shutil.copy(EXAMPLES / "tox/tox_lbuild.py", project / "toxfile.py")
    (project / "tox.ini").write_text("[testenv]\nrunner = lbuild\n")
    assert "package = wheel" in run(lbuild, "tox config -k package", project)


@pytest.mark.exhaustive  # pip installs pytest into the environment
def test_invoke(lbuild: Lbuild, project: Path) -> None:
    shutil.copy(EXAMPLES / "invoke/tasks.py", project)
    make_environment(project / ".venv")
    Tool(lbuild, project, "invoke test").follows_the_tree(".venv")


def test_invoke_builds_what_is_uploaded(lbuild: Lbuild, project: Path) -> None:
    shutil.copy(EXAMPLES / "invoke/tasks.py", project)
    told = run(lbuild, "invoke dist", project, fails=True)
    assert "build_sdist" in told
    assert "tasks.py" not in told


@pytest.fixture
def pytest_run(lbuild: Lbuild, project: Path, monkeypatch: pytest.MonkeyPatch) -> Tool:
    """pytest with the plugin, in an environment that has what the one of the tests has."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # of the worker that runs this test
    python = make_environment(project / ".venv")
    [packages] = (project / ".venv").glob("lib/python*/site-packages")
    shared = [
        sysconfig.get_path("purelib"),
        *(str(Path(one.__path__[0]).parent) for one in (lbuild_frontend, lbuild_keys)),
    ]
    (packages / "shared.pth").write_text("\n".join(shared))
    plugin(lbuild, "pytest", packages)
    (project / "pytest.ini").write_text("[pytest]\nlbuild = wheel\n")
    return Tool(lbuild, project, f"{python} -m pytest -p no:xdist")


@pytest.mark.exhaustive  # builds the plugin with flit
def test_pytest(pytest_run: Tool) -> None:
    pytest_run.follows_the_tree(".venv")


@pytest.mark.exhaustive
def test_pytest_says_what_was_done(pytest_run: Tool) -> None:
    pytest_run()
    edit(pytest_run.project, "new")
    header = "lbuild: demo 0.1.0, replaced\n  built because src/demo/core.py changed.\n"
    assert header in pytest_run()


@pytest.mark.exhaustive  # builds with flit
def test_pytest_with_an_editable_installation(pytest_run: Tool, copy_project: CopyProject) -> None:
    project = copy_project("flit-core")
    for name in (".venv", "test_code.py"):
        shutil.move(pytest_run.project / name, project)
    (project / "pytest.ini").write_text("[pytest]\nlbuild = editable\n")
    python = project / ".venv/bin/python"
    flit = pytest_run._replace(project=project, command=f"{python} -m pytest -p no:xdist")
    edit(project, "old")
    assert "tested: old" in flit()
    edit(project, "new")
    told = flit()
    assert "tested: new" in told
    assert "unchanged" in told


@pytest.mark.exhaustive
def test_pytest_where_a_conftest_or_a_plugin_imports_the_project(pytest_run: Tool) -> None:
    project = pytest_run.project
    (project / "conftest.py").write_text("import demo.core\n")
    edit(project, "old")
    assert "tested: old" in pytest_run()
    edit(project, "new")
    assert "tested: new" in pytest_run()
    edit(project, "newer")
    told = pytest_run("-p demo.core", fails=True)
    assert "old code is already imported: demo, demo.core. Run pytest again." in told
    assert "tested: newer" in pytest_run("-p demo.core")


@pytest.mark.exhaustive
def test_pytest_with_workers_and_other_settings(pytest_run: Tool) -> None:
    project = pytest_run.project
    builds = log_builds(project)
    edit(project, "old")
    parallel = pytest_run._replace(command=pytest_run.command.replace("-p no:xdist", "-n 2 -s"))
    assert "1 passed" in parallel()
    assert builds.lines == ["built"]
    edit(project, "new")
    assert "tested: old" in pytest_run("-o lbuild=")
    assert "lbuild = sdist: use wheel or editable" in pytest_run("-o lbuild=sdist", fails=True)
    assert "tested: new" in pytest_run()
