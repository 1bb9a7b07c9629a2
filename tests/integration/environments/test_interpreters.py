"""Which interpreter builds, with what installed: ``--python`` and ``--no-isolation``."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Protocol

import pytest

from support import environments as pythons
from support import interpreters
from support.command import TRACED_AND_TREE, Lbuild
from support.minimal_project import NAME, configure, status, wheel, when_building
from support.projects import CopyProject, git, replace, wheel_content

pytestmark = pytest.mark.shared_environments


def built_with(told: dict[str, Any]) -> str:
    """The ``sys.version`` that the backend ran on."""
    [data] = [
        member.data
        for name, member in wheel_content(Path(told["wheel"])).items()
        if name.endswith("asked.json")
    ]
    return str(json.loads(data)["python"])


@pytest.mark.quick("3.8")
@pytest.mark.parametrize("version", ["3.8", "3.13"])
def test_builds_with_another_interpreter(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, version: str
) -> None:
    project = copy_project(NAME)
    python = pythons.make_environment(tmp_path / "env", version)
    assert pythons.python_version(python).startswith(f"{version}.")
    told = wheel(lbuild, "--python", python, project)
    assert built_with(told) == pythons.python_version(python)
    assert wheel(lbuild, "-p", python, project)["action"] == "reused"
    # Only the version of the interpreter matters, not its path.
    clone = pythons.make_environment(tmp_path / "another place", version)
    assert wheel(lbuild, "-p", clone, project)["action"] == "reused"


def test_interpreter_changed(lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path) -> None:
    project = copy_project(NAME)
    own = wheel(lbuild, project)
    python = pythons.make_environment(tmp_path / "env", pythons.another_version())
    assert pythons.python_version(python) != built_with(own)
    told = status(lbuild, "--python", python, project)
    assert told["verdict"] == "rebuild"
    [reason] = told["reasons"]
    assert (reason["kind"], reason["source"]) == ("interpreter-changed", "declared: --python")
    assert pythons.python_version(python).split()[0] in reason["new"]
    assert built_with(own).split()[0] in reason["old"]
    assert built_with(wheel(lbuild, "--python", python, project)) == pythons.python_version(python)
    # Both are kept.
    back = wheel(lbuild, project)
    assert (back["action"], back["sha256"]) == ("reused", own["sha256"])


def test_an_interpreter_by_its_name(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project(NAME)
    python = pythons.make_environment(tmp_path / "env", pythons.another_version())
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "the-other-python").symlink_to(python)
    path = {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    told = wheel(lbuild, "--python", "the-other-python", project, env=path)
    assert built_with(told) == pythons.python_version(python)
    relative = wheel(lbuild, "--python", "bin/the-other-python", project, cwd=tmp_path)
    assert relative["action"] == "reused"


class BuildHelper(Protocol):
    """Builds a wheel of a distribution ``helper``; returns its path."""

    def __call__(self, version: str, answer: int) -> Path:
        """Build it with this version, and this answer in its module ``helper.core``."""


@pytest.fixture
def helper(copy_project: CopyProject, tmp_path: Path) -> BuildHelper:
    """Wheels of a small distribution to require."""

    def build(version: str, answer: int) -> Path:
        folder = f"helper-{version}-{answer}"
        if not (tmp_path / folder).exists():
            project = copy_project(NAME, folder=folder)
            replace(project / "backend" / "backend.py", '"demo", "0.1.0"', f'"helper", "{version}"')
            (project / "src" / "demo").rename(project / "src" / "helper")
            replace(project / "src" / "helper" / "core.py", "42", str(answer))
            code = "from backend.backend import build_wheel; build_wheel('..')"
            subprocess.run([sys.executable, "-c", code], check=True, cwd=project)
        [wheel] = (tmp_path / folder).glob("*.whl")
        return wheel

    return build


def using_helper(project: Path, requirement: str) -> None:
    """Let the backend of a project require the helper, and put its answer into the wheel."""
    replace(project / "pyproject.toml", "requires = []", f'requires = ["{requirement}"]')
    replace(
        project / "backend" / "backend.py",
        '{"config_settings": config_settings,',
        '{"helper": __import__("helper.core").core.ANSWER,',
    )


def test_no_isolation(
    lbuild: Lbuild, copy_project: CopyProject, helper: BuildHelper, tmp_path: Path
) -> None:
    project = copy_project(NAME)
    using_helper(project, "Helper>=2")
    python = pythons.make_environment(tmp_path / "env")
    options = ("--no-isolation", "--python", python, project)

    missing = lbuild("wheel", *options, returncode=2)
    assert missing.stdout == ""
    assert "Helper>=2" in missing.stderr
    assert str(python) in missing.stderr
    pythons.install(python, helper("1.0", 1))
    assert "Helper>=2" in lbuild("wheel", *options, returncode=2).stderr

    pythons.install(python, helper("2.0", 2))
    first = wheel(lbuild, *options)
    assert first["action"] == "built"
    assert wheel(lbuild, "-n", *options[1:])["action"] == "reused"

    # Another version of it, and the same version with another content.
    for version, answer in (("2.1", 2), ("2.1", 3)):
        pythons.install(python, helper(version, answer))
        [reason] = status(lbuild, *options)["reasons"]
        assert (reason["kind"], reason["name"]) == ("requirement-changed", "helper")
        assert reason["old"] != reason["new"]
        assert reason["new"].startswith(version)
        told = wheel(lbuild, *options)
        assert told["action"] == "built"
    pythons.install(python, helper("2.0", 2))
    back = wheel(lbuild, *options)
    assert (back["action"], back["sha256"]) == ("reused", first["sha256"])


def test_isolation_matters(lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path) -> None:
    """The same requirements, installed and isolated, are different ones."""
    project = copy_project(NAME)
    python = pythons.make_environment(tmp_path / "env")
    lbuild("wheel", "--python", python, project)
    told = status(lbuild, "-n", "--python", python, project)
    assert told["verdict"] == "rebuild"
    assert "build-system-changed" in [reason["kind"] for reason in told["reasons"]]


def test_what_the_hook_requires_without_isolation(
    lbuild: Lbuild, copy_project: CopyProject, helper: BuildHelper, tmp_path: Path
) -> None:
    """What get_requires_for_build_wheel asks for must be installed too, and counts."""
    project = copy_project(NAME)
    with (project / "backend" / "backend.py").open("a") as file:
        file.write("\n\ndef get_requires_for_build_wheel(settings=None):\n    return ['helper']\n")
    python = pythons.make_environment(tmp_path / "env")
    options = ("-n", "--python", python, project)
    assert "helper" in lbuild("wheel", *options, returncode=2).stderr
    pythons.install(python, helper("1.0", 1))
    assert wheel(lbuild, *options)["action"] == "built"
    assert wheel(lbuild, *options)["action"] == "reused"
    pythons.install(python, helper("2.0", 2))
    [reason] = status(lbuild, *options)["reasons"]
    assert (reason["kind"], reason["name"]) == ("requirement-changed", "helper")


@pytest.mark.exhaustive
def test_a_build_requirement_on_this_machine(
    lbuild: Lbuild, copy_project: CopyProject, helper: BuildHelper
) -> None:
    """``helper @ file:///...`` is an input, because it can be edited without a new version."""
    project = copy_project(NAME)
    path = helper("1.0", 1)
    using_helper(project, f"helper @ {path.as_uri()}")
    first = wheel(lbuild, project)
    other = helper("1.0", 2)
    path.write_bytes(other.read_bytes())
    [reason] = status(lbuild, project)["reasons"]
    assert reason["kind"] == "requirement-changed"
    second = wheel(lbuild, project)
    assert second["action"] == "built"
    assert second["sha256"] != first["sha256"]


def hook_variables(repository: Path) -> dict[str, str | None]:
    """The variables by which git gives a hook the repository that it runs for."""
    return {
        "GIT_DIR": str(repository / ".git"),
        "GIT_INDEX_FILE": str(repository / ".git" / "index"),
        "GIT_WORK_TREE": str(repository),
        "GIT_PREFIX": "",
    }


@pytest.mark.exhaustive
@TRACED_AND_TREE
def test_git_variables_of_another_repository(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """As in a git hook of another repository: neither backend nor decision is led astray."""
    project, other = copy_project(NAME, tag="v1.2.3"), copy_project("hatchling", tag="v9.9.9")
    when_building(project, "import subprocess\nsubprocess.run(['git', 'tag', '--list'])")
    variables = hook_variables(other)
    first = lbuild("wheel", "-v", project, env=variables)
    assert "v1.2.3" in first.stderr
    assert "v9.9.9" not in first.stderr
    assert status(lbuild, project)["reasons"] == []
    git(other, "tag", "v9.9.10")
    (other / "README.md").write_text("An edit.\n")
    assert status(lbuild, project, env=variables)["reasons"] == []
    git(project, "tag", "v1.2.4")
    [reason] = status(lbuild, project, env=variables)["reasons"]
    kind = "git-tags-changed" if lbuild.inputs == "tree" else "git-tree-changed"
    assert reason["kind"] == kind


@pytest.mark.exhaustive
def test_setuptools_scm_in_a_git_hook(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project, other = copy_project("setuptools-scm", tag="v1.2.3"), copy_project(NAME, tag="v9.9.9")
    told = wheel(lbuild, project, env=hook_variables(other))
    assert told["version"] == "1.2.3"
    assert wheel(lbuild, project)["action"] == "reused"


def test_dynamic_code_in_the_hook_sees_the_users_variables(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    project = copy_project(NAME)
    when_building(project, "print('HOUR', os.environ['HOUR'])")
    configure(project, '[tool.lbuild]\nextra-inputs = [{ env = "HOUR" }]')
    assert "HOUR noon" in lbuild("wheel", "-v", project, env={"HOUR": "noon"}).stderr
    assert "HOUR night" in lbuild("wheel", "-v", project, env={"HOUR": "night"}).stderr


@pytest.mark.exhaustive
def test_another_interpreter_of_the_version_on_the_path(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    """It is looked for in each command, replayed ones included."""
    other = pythons.another_version()
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "python3").symlink_to(interpreters.installed()[other])
    environ = {
        "PATH": f"{tmp_path / 'first'}:{tmp_path / 'second'}:{os.environ['PATH']}",
        "PYENV_ROOT": str(tmp_path),
    }
    project = copy_project(NAME)
    options = ("--python", ">=3.8", project)
    wheel(lbuild, *options, env=environ)
    time.sleep(2.1)  # until the stamps are old enough to be trusted
    for _ in range(2):
        assert status(lbuild, *options, env=environ)["verdict"] == "reuse"
    (tmp_path / "first" / "python3").symlink_to(sys.executable)
    (tmp_path / "pyvenv.cfg").write_text(f"home = {Path(sys.base_prefix) / 'bin'}\n")
    told = status(lbuild, *options, env=environ)
    assert [one["kind"] for one in told["reasons"]] == ["interpreter-changed"]
