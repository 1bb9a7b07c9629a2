"""The pages of ``docs/how-to``: their files and commands, run with the real tools."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from uv import find_uv_bin

from support import unprivileged
from support.command import Lbuild
from support.environments import make_environment
from support.folder_content import Node, inventory
from support.projects import FIXTURES, pristine_copy, replace

PAGES = Path(__file__).parents[2] / "docs/how-to"
SCRIPTS = sysconfig.get_path("scripts")
"""Where the command lbuild is, and nox, tox and uv."""

pytestmark = [
    pytest.mark.shared_environments,
    pytest.mark.skipif(os.name == "nt", reason="the commands are for a POSIX shell"),
]


def blocks(page: str, language: str) -> list[str]:
    """The blocks of a page in some language."""
    text = (PAGES / f"{page}.md").read_text("utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert found, f"{page}.md has no {language}"
    return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the name, the version and the extra that the pages speak of, and a test."""
    project = pristine_copy(FIXTURES / "in-tree-minimal", tmp_path / "project")
    replace(
        project / "backend/backend.py",
        "Version: {VERSION}\\n",
        "Version: {VERSION}\\nProvides-Extra: test\\nRequires-Dist: pytest; extra == 'test'\\n",
    )
    (project / "test_code.py").write_text(
        "from demo import core\n\n\ndef test_code(capsys):\n"
        "    with capsys.disabled():\n        print('tested:', core.__doc__)\n"
    )
    return project


def edit(project: Path, text: str) -> None:
    """Edit the module that the test prints the docstring of."""
    (project / "src/demo/core.py").write_text(f'"""{text}"""\n')


def run(lbuild: Lbuild, command: str, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """Run a command in a shell that finds lbuild; return all that it printed."""
    path = f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-euc", command],
        check=False,
        cwd=cwd,
        encoding="utf-8",
        env={
            **lbuild.environment,
            "PATH": path,
            "PYTEST_ADDOPTS": "-p no:cacheprovider",
            **(env or {}),
        },
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


def without_bytecode(env: Path) -> dict[str, Node]:
    """What is installed in an environment, with time stamps, but for what importing writes."""
    nodes = {
        f"{folder}/{name}": node
        for folder in ("bin", "lib")
        for name, node in inventory(env / folder).items()
    }
    cached = {name.partition("/__pycache__")[0] for name in nodes if "__pycache__" in name}
    return {
        name: node if name not in cached else node._replace(modified=0)
        for name, node in nodes.items()
        if "__pycache__" not in name
    }


def sessions(lbuild: Lbuild, project: Path, command: str, env: str, runs: int) -> None:
    """Run the sessions of a tool, and see that they test what is in the tree.

    Args:
        env: a glob for the environment of the session, below the project.
        runs: how many are run after no edit.
    """
    edit(project, "old")
    assert "tested: old" in run(lbuild, command, project)
    [place] = project.glob(env)
    before = without_bytecode(place)
    for _ in range(runs):
        output = run(lbuild, command, project)
        assert "tested: old" in output
        assert "demo 0.1.0: unchanged in" in output
        assert without_bytecode(place) == before
    edit(project, "new")
    output = run(lbuild, command, project)
    assert "tested: new" in output
    assert "built and replaced in" in output
    assert "src/demo/core.py changed" in output


@pytest.mark.quick("uv")
@pytest.mark.parametrize("backend", ["uv", "virtualenv"])
def test_nox(lbuild: Lbuild, project: Path, backend: str, pytestconfig: pytest.Config) -> None:
    [noxfile] = blocks("nox", "python")
    (project / "noxfile.py").write_text(noxfile)
    many = 10 if pytestconfig.getoption("full") else 1
    sessions(lbuild, project, f"nox -db {backend}", ".nox/tests", many)


def test_tox(lbuild: Lbuild, project: Path, pytestconfig: pytest.Config) -> None:
    whole, pass_env = blocks("tox", "ini")
    (project / "tox.ini").write_text(f"{whole}{pass_env}")
    many = 10 if pytestconfig.getoption("full") else 1
    sessions(lbuild, project, "tox", ".tox/py", many)


@pytest.mark.exhaustive  # makes an environment with pip
def test_make(lbuild: Lbuild, project: Path) -> None:
    of_wheel, of_environment = blocks("make", "make")
    (project / "Makefile").write_text(of_wheel)
    run(lbuild, "make", project)
    report = project / "report.txt"
    assert "demo/core.py" in report.read_text()
    before = report.stat().st_mtime_ns
    for _ in range(3):
        run(lbuild, "make", project)
        assert report.stat().st_mtime_ns == before
    edit(project, "new")
    run(lbuild, "make", project)
    assert report.stat().st_mtime_ns > before
    (project / "Makefile").write_text(of_environment)
    run(lbuild, "make", project)
    before_it = without_bytecode(project / ".venv")
    run(lbuild, "make", project)
    assert without_bytecode(project / ".venv") == before_it


@pytest.mark.exhaustive  # pip is installed into an environment, and takes seconds each time
def test_pip_and_uv_by_hand(lbuild: Lbuild, project: Path, tmp_path: Path) -> None:
    install, with_pip, with_uv = blocks("pip-and-uv", "sh")
    python = make_environment(tmp_path / "env")
    env = {
        "VIRTUAL_ENV": str(tmp_path / "env"),
        "PATH": f"{tmp_path / 'env/bin'}{os.pathsep}{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
    }
    subprocess.run([find_uv_bin(), "pip", "install", "-q", "--python", python, "pip"], check=True)
    for text, command in enumerate((install, with_pip, with_uv, install)):
        edit(project, f"edit {text}")
        run(lbuild, command, project, env)
        code = "from demo import core; print(core.__doc__)"
        assert run(lbuild, f"python -B -c '{code}'", project, env) == f"edit {text}\n"
    # The page says what is wrong with the short form.
    edit(project, "the trap")
    output = run(lbuild, 'pip install "$(lbuild wheel .)"', project, env)
    assert "already installed with the same version" in output
    assert run(lbuild, f"python -B -c '{code}'", project, env) != "the trap\n"


@pytest.mark.exhaustive  # likewise
def test_the_steps_of_a_dockerfile(lbuild: Lbuild, project: Path, tmp_path: Path) -> None:
    """There is no Docker here: the commands of the steps run in folders of this machine."""
    steps, read_only = blocks("docker", "dockerfile")
    build = re.findall(r"LBUILD_CACHE_DIR=.*", steps)
    deliver = re.findall(r"python3 -m venv .*", steps)

    def here(command: str) -> str:
        for place in ("/var/cache/lbuild", "/wheels", "/src", "/app"):
            command = re.sub(rf"(?<![\w.]){place}\b", str(tmp_path / Path(place).name), command)
        return command

    project.rename(tmp_path / "src")
    edit(tmp_path / "src", "in the image")
    run(lbuild, here(build[0]), tmp_path)
    run(lbuild, here(deliver[0]), tmp_path)
    code = "from demo import core; print(core.__doc__)"
    assert run(lbuild, f"app/bin/python -B -c '{code}'", tmp_path) == "in the image\n"
    [step] = re.findall(r"LBUILD_CACHE_DIR=.*", read_only)
    cache = tmp_path / "lbuild"
    before = inventory(cache)
    assert "reused" in run(lbuild, here(step), tmp_path)
    edit(tmp_path / "src", "not in the cache")
    assert "built" in run(lbuild, here(step), tmp_path)
    assert inventory(cache) == before


def test_a_cache_that_ci_restores(lbuild: Lbuild, project: Path, tmp_path: Path) -> None:
    """As ``tar`` does it: other inodes and times; then also permissions for all."""
    for text in blocks("ci", "yaml"):
        for command in ("lbuild wheel .", "lbuild cache prune --ci", "chmod -R go-w"):
            assert command in text
    for command in ("lbuild wheel .", "lbuild cache prune --ci"):
        run(lbuild, command, project)
    with tarfile.open(tmp_path / "cache.tar", "w") as archive:
        archive.add(lbuild.cache, "cache")
    shutil.rmtree(lbuild.cache)
    with tarfile.open(tmp_path / "cache.tar") as archive:
        archive.extractall(lbuild.cache.parent, filter="tar")
    clone = pristine_copy(project, tmp_path / "clone")
    assert "reused" in run(lbuild, "lbuild wheel .", clone)
    for path in (lbuild.cache, *lbuild.cache.rglob("*")):
        path.chmod(path.stat().st_mode | 0o022)
    done = unprivileged.run(lbuild, "wheel", clone)
    assert done.returncode == 2
    assert "chmod" in done.stderr
    [command, _] = [one for text in blocks("ci", "yaml") for one in re.findall(r"chmod .*", text)]
    run(lbuild, command.replace("~/.cache/lbuild", str(lbuild.cache)), clone)
    assert "reused" in run(lbuild, "lbuild wheel .", clone)


def test_the_interpreter_that_the_commands_use() -> None:
    assert Path(SCRIPTS, "lbuild").exists(), sys.prefix
