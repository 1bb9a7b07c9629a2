"""A project that nobody touched is built once, whatever its programs leave in the tree.

Nor is it built for a commit of what was built, a branch or a tag, or by another session of nox or
environment of tox.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.command import Lbuild
from support.minimal_project import wheel
from support.projects import CopyProject, git
from support.rust import require_rust

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.shared_environments,
    pytest.mark.skipif(sys.platform != "linux", reason="programs are traced on Linux"),
]


CASES = {
    "maturin": ("maturin", ()),
    "setuptools-rust": ("setuptools-rust", ()),
    "build-dir of scikit-build-core": ("scikit-build-core", ()),
    "scikit-build-core": ("scikit-build-core", ()),
    "build-dir of meson-python": ("meson-python-c", ("-Cbuild-dir=build",)),
    "meson-python": ("meson-python-c", ()),
    "script of Poetry": ("poetry-script", ()),
    "mypyc": ("setuptools-mypyc", ()),
    "Cython": ("setuptools-cython", ()),
    "uv_build": ("uv-build", ()),
}
"""By what they show: a fixture, and with which options it is built."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project, and with which options it is built."""

    folder: Path
    options: tuple[str, ...]


@pytest.fixture
def project(
    request: pytest.FixtureRequest, copy_project: CopyProject, monkeypatch: pytest.MonkeyPatch
) -> Project:
    shown: str = request.param
    name, options = CASES[shown]
    if name in ("maturin", "setuptools-rust"):
        require_rust(monkeypatch)
    folder = copy_project(name)
    if shown == "build-dir of scikit-build-core":
        with (folder / "pyproject.toml").open("a") as file:
            file.write('build-dir = "build/{wheel_tag}"\n')
    (folder / ".gitignore").write_text("build/\ndist/\ntarget/\n*.so\n")
    return Project(folder, options)


def messages(told: Mapping[str, list[Mapping[str, str]]]) -> list[str]:
    return [reason["message"] for reason in told["reasons"]]


@pytest.mark.parametrize(
    "versioned",
    [False, pytest.param(True, marks=pytest.mark.endurance)],
    ids=["no git", "git"],
)
@pytest.mark.parametrize("project", CASES, indirect=True)
def test_four_runs_are_one_build(lbuild: Lbuild, project: Project, versioned: bool) -> None:
    folder = project.folder
    if versioned:
        git(folder, "init", "--quiet", "--initial-branch=main")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message=x")
    first = wheel(lbuild, folder, *project.options)
    assert first["action"] == "built"
    for _ in range(3):
        told = wheel(lbuild, folder, *project.options)
        assert (told["action"], told["sha256"]) == ("reused", first["sha256"]), messages(told)


@pytest.mark.endurance
@pytest.mark.parametrize("project", CASES, indirect=True)
def test_a_commit_a_branch_and_a_tag_are_no_reason(lbuild: Lbuild, project: Project) -> None:
    folder = project.folder
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=x")
    with next(folder.rglob("__init__.py"), folder / "Cargo.toml").open("a") as file:
        file.write("# edited\n")
    first = wheel(lbuild, folder, *project.options)
    assert first["action"] == "built"
    for command in (
        ("commit", "--quiet", "--all", "--message=what was built"),
        ("switch", "--quiet", "--create", "other"),
        ("tag", "v7"),
        ("commit", "--quiet", "--allow-empty", "--message=nothing"),
    ):
        git(folder, *command)
        told = wheel(lbuild, folder, *project.options)
        assert told["action"] == "reused", (command, messages(told))
        assert told["sha256"] == first["sha256"]


NOX = """
import nox

@nox.session(venv_backend="virtualenv")
def one(session):
    session.run("lbuild", "wheel", "project", external=True)

@nox.session(venv_backend="uv")
def two(session):
    session.run("lbuild", "wheel", "project", external=True)

@nox.session(venv_backend="none")
def three(session):
    session.run("lbuild", "wheel", "project", external=True)
"""
TOX = """
[tox]
env_list = one, two

[testenv]
skip_install = true
allowlist_externals = lbuild
pass_env = GIT_*, LBUILD_*, PIP_*, UV_*, SSL_*, *_PROXY, *_proxy
commands = lbuild wheel project
"""


@pytest.mark.endurance
def test_sessions_of_nox_and_environments_of_tox_are_one_build(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    copy_project("setuptools-c-extension", folder="work").rename(work / "project")
    (work / "noxfile.py").write_text(NOX)
    (work / "tox.ini").write_text(TOX)
    environ = {**lbuild.environment}
    environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), environ["PATH"]))
    said = []
    for _ in range(2):
        for command in (["nox"], ["tox"]):
            done = subprocess.run(
                command, cwd=work, env=environ, capture_output=True, text=True, check=False
            )
            output = done.stdout + done.stderr
            assert done.returncode == 0, output
            said += [line for line in output.splitlines() if line.startswith("demo 0.1.0: ")]
    assert len(said) == 10
    assert [" built in " in line for line in said] == [True, *[False] * 9], said
