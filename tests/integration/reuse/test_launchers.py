"""lbuild started by a shell, make, nox, tox, uv run, pre-commit and CI: one build in all.

And what a launcher sets is no secret to a build: one that reads it by its name is built again.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.command import Lbuild
from support.exhaustive import one_in
from support.minimal_project import NAME, configure, core_in_wheel, log_builds, wheel, when_building
from support.projects import CopyProject, git

pytestmark = pytest.mark.shared_environments

MAKEFILE = "all:\n\tlbuild wheel project\n"

NOXFILE = """
import nox

@nox.session(venv_backend="virtualenv")
def plain(session):
    session.run("lbuild", "wheel", "project", external=True)

@nox.session(venv_backend="uv")
def with_uv(session):
    session.run("lbuild", "wheel", "project", external=True)
"""

TOX = """
[testenv]
skip_install = true
allowlist_externals = lbuild
pass_env = GIT_*, LBUILD_*
commands = lbuild wheel project
"""

PRE_COMMIT = """
repos:
- repo: local
  hooks:
  - id: lbuild
    name: lbuild
    language: system
    entry: lbuild wheel project
    always_run: true
    pass_filenames: false
    verbose: true
"""

GITHUB = {
    "CI": "true",
    "GITHUB_ACTIONS": "true",
    "GITHUB_RUN_ID": "1",
    "ImageOS": "ubuntu24",
    "ImageVersion": "20261115.1.0",
    "RUNNER_TEMP": "/home/runner/work/_temp",
}

COMMANDS = {
    "shell": ["lbuild", "wheel", "project"],
    "make": ["make"],
    "make -j2": ["make", "-j2", "-s"],
    "nox": ["nox", "-s", "plain"],
    "nox with uv": ["nox", "-s", "with_uv"],
    "tox": ["tox"],
    "uv run": ["uv", "run", "--no-project", "lbuild", "wheel", "project"],
    "pre-commit": ["pre-commit", "run", "--all-files"],
}

KEPT = ("GIT_", "HTTP", "LANG", "PIP_", "SSL_", "TMPDIR", "UV_", "http")
"""How the names of variables begin that a build needs here to find its requirements."""


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", one_in(2, ["hatchling", "setuptools-c-extension"]))
def test_ten_times_by_all_launchers_in_turn_is_one_build(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, name: str
) -> None:
    if not all(map(shutil.which, ("make", "cc"))):
        pytest.skip("no make, or no compiler")
    work = tmp_path / "work"
    copy_project(name, folder="work").rename(work / "project")
    for file, text in {
        "Makefile": MAKEFILE,
        "noxfile.py": NOXFILE,
        "tox.ini": TOX,
        ".pre-commit-config.yaml": PRE_COMMIT,
    }.items():
        (work / file).write_text(text, "utf-8")
    git(work, "init", "--quiet")
    git(work, "add", ".pre-commit-config.yaml", "project")
    git(work, "commit", "--quiet", "--message=x")
    environ = {name: text for name, text in os.environ.items() if name.startswith(KEPT)}
    environ |= {
        "HOME": str(lbuild.home),
        "LBUILD_CACHE_DIR": str(lbuild.cache),
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
    }
    built = []
    for turn in range(10):
        for launcher, command in COMMANDS.items():
            if turn > 1 and launcher in ("nox", "nox with uv", "pre-commit"):
                continue  # they take seconds
            output = _run(command, work, environ)
            assert (" reused" in output) != (" built in" in output), (launcher, output)
            if " built in" in output:
                built.append((turn, launcher, output))
        output = _run(COMMANDS["shell"], work, environ | GITHUB | {"GITHUB_RUN_ID": str(turn)})
        if " built in" in output:
            built.append((turn, "CI", output))
    assert [one[:2] for one in built] == [(0, "shell")], built


def _run(command: list[str], folder: Path, environ: Mapping[str, str]) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


OF_TOX = {"TOX_ENV_NAME": "py", "PYTHONIOENCODING": "utf-8"}


def test_the_order_of_sets_is_the_same_whatever_seed_tox_draws(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    project = copy_project(NAME)
    when_building(
        project,
        "import os; os.environ.copy()\n"
        "open('src/demo/core.py', 'w').write(repr({str(i) for i in range(20)}))",
    )
    builds = log_builds(project)
    ours = core_in_wheel(wheel(lbuild, project)["wheel"])
    for seed in ("3141592653", "2718281828"):
        told = wheel(lbuild, project, env={**OF_TOX, "PYTHONHASHSEED": seed})
        assert told["action"] == "reused"
    assert len(builds.lines) == 1
    told = wheel(lbuild, "--refresh", project, env={**OF_TOX, "PYTHONHASHSEED": "1618033988"})
    assert core_in_wheel(told["wheel"]) == ours
    told = wheel(lbuild, project, env={"PYTHONHASHSEED": "7"})
    assert [reason["name"] for reason in told["reasons"]] == ["PYTHONHASHSEED"]
    assert core_in_wheel(told["wheel"]) != ours


ALL_KINDS = ("PYTHONHASHSEED", "MAKEFLAGS", "MAKELEVEL", "NOX_CURRENT_SESSION", "UV", "CI")


@pytest.mark.parametrize(
    ("read", "names"),
    [("os.environ", ALL_KINDS), ("dict(os.environ)", ("PYTHONHASHSEED", "CI"))],
    ids=["by name", "from a copy"],
)
def test_a_build_that_reads_what_a_launcher_set_gets_it_and_counts_it(
    lbuild: Lbuild, copy_project: CopyProject, read: str, names: tuple[str, ...]
) -> None:
    project = copy_project(NAME)
    when_building(
        project,
        f"import os; values = [{read}.get(name) for name in {names}]\n"
        "open('src/demo/core.py', 'w').write(repr(values))",
    )
    wheel(lbuild, project, env=dict.fromkeys(names))
    environ = dict.fromkeys(names, "3141592653")
    told = wheel(lbuild, project, env={**environ, "TOX_ENV_NAME": "py"})
    assert {reason["name"] for reason in told["reasons"]} == set(names)
    assert core_in_wheel(told["wheel"]) == repr(list(environ.values()))


def test_what_the_user_ignores_counts_neither_among_all_nor_by_name(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    project = copy_project(NAME)
    when_building(project, "import os; os.environ.copy(); os.environ.get('AGENT_ONE')")
    configure(project, '[tool.uv]\ncache-keys = [{ env = "AGENT_KEY" }]')
    wheel(lbuild, project)
    text = '[tool.lbuild]\nignore-environment = ["AGENT_*", "PYTHONPATH"]'
    configure(project, text)
    told = wheel(lbuild, project, env={"AGENT_ONE": "1", "AGENT_TWO": "2", "PYTHONPATH": "x"})
    assert told["action"] == "built"
    told = wheel(lbuild, project, env={"AGENT_ONE": "2", "AGENT_THREE": "2"})
    assert told["action"] == "reused"
    told = wheel(lbuild, project, env={"AGENT_KEY": "2"})
    assert [reason["name"] for reason in told["reasons"]] == ["AGENT_KEY"]
    file = project / "pyproject.toml"
    file.write_text(file.read_text("utf-8").replace(text, ""), "utf-8")
    # Built with variables that count from now on: nobody knows which.
    told = wheel(lbuild, project, env={"PYTHONPATH": "x"})
    assert told["action"] == "built"
