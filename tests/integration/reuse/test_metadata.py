"""``lbuild metadata`` prints what the wheel has, whatever the metadata hook of the backend does."""

import textwrap
from pathlib import Path

import pytest

from support.command import Lbuild, Result
from support.minimal_project import NAME, WHEEL, configure, log_builds, wheel, when_building
from support.projects import CopyProject, replace, wheel_content

pytestmark = pytest.mark.shared_environments

HATCH_HOOK = """\
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

class CustomBuildHook(BuildHookInterface):
    def initialize(self, version, build_data):
        build_data["dependencies"].append("added-by-the-hook==1")
"""

SETUP = """\
from setuptools import setup
from setuptools.command.build_py import build_py

class Build(build_py):
    def run(self):
        self.distribution.install_requires = ["added-by-the-hook==1"]
        super().run()

setup(name="demo", version="0.1.0", packages=["demo"], cmdclass={"build_py": Build})
"""

PDM_HOOK = """\
from pathlib import Path

def pdm_build_update_files(context, files):
    context.config.metadata["dependencies"] = ["added-by-the-hook==1"]
"""


def metadata_in(path: Path) -> str:
    [name] = [name for name in wheel_content(path) if name.endswith(".dist-info/METADATA")]
    return wheel_content(path)[name].data.decode()


def require_the_same(lbuild: Lbuild, project: Path, tmp_path: Path) -> str:
    """Ask for the metadata alone, then build the wheel elsewhere, from scratch; compare."""
    alone = lbuild("metadata", project, "--no-cache").stdout
    built = lbuild("wheel", project, "--no-cache", "-o", tmp_path / "out").stdout
    assert alone == metadata_in(Path(built.strip()))
    return alone


def test_a_build_hook_of_hatchling(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project("hatchling")
    (project / "hatch_build.py").write_text(HATCH_HOOK)
    configure(project, "[tool.hatch.build.targets.wheel.hooks.custom]")
    first = lbuild("metadata", project)
    assert "\nRequires-Dist: added-by-the-hook==1\n" in first.stdout
    assert not (project / "dist").exists()
    assert "reused" in lbuild("metadata", project).stderr
    told = wheel(lbuild, project)
    assert (told["action"], metadata_in(Path(told["wheel"]))) == ("reused", first.stdout)
    replace(project / "hatch_build.py", "hook==1", "hook==2")
    second = lbuild("metadata", project).stdout
    assert "\nRequires-Dist: added-by-the-hook==2\n" in second
    # Without the hook the metadata alone are prepared again.
    replace(project / "pyproject.toml", "[tool.hatch.build.targets.wheel.hooks.custom]", "")
    result = lbuild("metadata", project)
    assert ("prepared" in result.stderr, "added-by-the-hook" in result.stdout) == (True, False)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("name", "file", "content"),
    [
        ("setuptools-setup-py", "setup.py", SETUP),
        ("pdm-backend", "pdm_build.py", PDM_HOOK),
        ("hatchling", "hatch.toml", "[build.hooks.custom]\n"),
    ],
)
def test_code_of_the_project_that_runs_for_a_wheel_only(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, name: str, file: str, content: str
) -> None:
    project = copy_project(name)
    (project / file).write_text(content)
    if file == "hatch.toml":
        (project / "hatch_build.py").write_text(HATCH_HOOK)
    require_the_same(lbuild, project, tmp_path)


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ["hatchling", "setuptools-setup-py", "pdm-backend", "flit-core"])
def test_other_projects_get_it_without_a_build(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, name: str
) -> None:
    project = copy_project(name)
    require_the_same(lbuild, project, tmp_path)
    assert "prepared" in lbuild("metadata", project).stderr


def test_a_backend_without_the_hook(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """The wheel is built for it, and kept; what fails then is told of ``build_wheel``."""
    project = copy_project(NAME)
    log = log_builds(project)
    result = lbuild("metadata", project)
    assert result.stdout == "Metadata-Version: 2.1\nName: demo\nVersion: 0.1.0\n"
    assert "Traceback" not in result.stderr
    assert not (project / "dist").exists()
    assert wheel(lbuild, project)["action"] == "reused"
    assert metadata_in(project / "dist" / WHEEL) == result.stdout
    assert log.lines == ["built"]


@pytest.mark.parametrize("code", ["raise RuntimeError('no wheel today')", "return 'missing.whl'"])
def test_a_backend_without_the_hook_that_fails(
    lbuild: Lbuild, copy_project: CopyProject, code: str
) -> None:
    project = copy_project(NAME)
    when_building(project, textwrap.dedent(code))
    told: Result = lbuild("metadata", project, returncode=1)
    assert "build_wheel" in told.stderr.splitlines()[-1]
    assert "prepare_metadata_for_build_wheel" not in told.stderr
    assert "_get_wheel_metadata_from_wheel" not in told.stderr
