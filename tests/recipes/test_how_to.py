"""The pages of ``docs/how-to``: their files and commands, run with the real tools."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from support.command import Lbuild
from support.environments import make_environment
from support.exhaustive import one_in
from support.folder_content import inventory
from support.how_to_pages import SCRIPTS, blocks, edit, run, without_bytecode
from support.minimal_project import log_builds

pytestmark = [
    pytest.mark.shared_environments,
    pytest.mark.skipif(os.name == "nt", reason="the commands are for a POSIX shell"),
]


def sessions(lbuild: Lbuild, project: Path, command: str, env: str, runs: int) -> str:
    """Run the sessions of a tool, and see that they test what is in the tree.

    Args:
        env: a glob for the environment of the session, below the project.
        runs: how many are run after no edit.

    Returns:
        All that they printed.
    """
    builds = log_builds(project)
    edit(project, "old")
    outputs = [run(lbuild, command, project)]
    assert "tested: old" in outputs[0]
    [place] = project.glob(env)
    before = without_bytecode(place)
    for _ in range(runs):
        output = run(lbuild, command, project)
        assert "tested: old" in output
        assert "demo 0.1.0: unchanged in" in output
        assert without_bytecode(place) == before
        outputs.append(output)
    assert len(builds.lines) == 1
    edit(project, "new")
    output = run(lbuild, command, project)
    assert "tested: new" in output
    assert "built and replaced in" in output
    assert "src/demo/core.py changed" in output
    return "".join([*outputs, output])


@pytest.mark.exhaustive  # starting nox, and its environments, takes seconds
@pytest.mark.parametrize("backend", one_in(2, ["uv", "virtualenv"]))
def test_nox(lbuild: Lbuild, project: Path, backend: str) -> None:
    [noxfile] = blocks("nox", "python")
    (project / "noxfile.py").write_text(noxfile)
    sessions(lbuild, project, f"nox -db {backend}", ".nox/tests", 10)
    edit(project, "and without installing")
    output = run(lbuild, f"nox -R -db {backend}", project)
    assert "tested: and without installing" in output


@pytest.mark.exhaustive  # starting tox, and its environment with pip, takes seconds
@pytest.mark.parametrize(("name", "runs"), [("tox.ini", 10), ("tox.toml", 1)])
def test_tox(lbuild: Lbuild, project: Path, name: str, runs: int) -> None:
    [whole] = [block for block in blocks("tox", name[4:]) if "env_list" in block]
    (project / name).write_text(whole)
    output = sessions(lbuild, project, "tox", ".tox/py", runs)
    seeds = re.findall(r"seed: (\d+)", output)
    assert len(seeds) == runs + 2
    assert len(set(seeds)) > runs // 2
    [plain] = blocks("tox", "sh")
    (project / name).write_text(whole.replace("package", "# package").replace("commands_pre", "# "))
    edit(project, "given")
    assert "tested: given" in run(lbuild, plain, project)


def test_make_with_a_wheel(lbuild: Lbuild, project: Path) -> None:
    of_wheel, _ = blocks("make", "make")
    (project / "Makefile").write_text(of_wheel)
    run(lbuild, "make", project)
    report = project / "report.txt"
    assert "demo/core.py" in report.read_text()
    before = report.stat().st_mtime_ns
    run(lbuild, "make", project)
    os.utime(project / "src/demo/core.py")
    run(lbuild, "make", project)
    assert report.stat().st_mtime_ns == before
    edit(project, "new")
    run(lbuild, "make", project)
    assert report.stat().st_mtime_ns > before


@pytest.mark.exhaustive  # makes an environment with pip
def test_make_with_an_environment(lbuild: Lbuild, project: Path) -> None:
    _, of_environment = blocks("make", "make")
    (project / "Makefile").write_text(of_environment)
    run(lbuild, "make", project)
    before = without_bytecode(project / ".venv")
    run(lbuild, "make", project)
    assert without_bytecode(project / ".venv") == before
    edit(project, "new")
    run(lbuild, "make", project)
    code = "from demo import core; print(core.__doc__)"
    assert run(lbuild, f".venv/bin/python -c '{code}'", project) == "new\n"


@pytest.mark.exhaustive  # pip is installed into an environment, and takes seconds each time
def test_pip_and_uv_by_hand(lbuild: Lbuild, project: Path, tmp_path: Path) -> None:
    install, with_pip, with_uv = blocks("pip-and-uv", "sh")
    python = make_environment(tmp_path / "env")
    env = {
        "VIRTUAL_ENV": str(tmp_path / "env"),
        "PATH": f"{tmp_path / 'env/bin'}{os.pathsep}{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
    }
    show = "python -c 'from demo import core; print(core.__doc__)'"
    subprocess.run([find_uv_bin(), "pip", "install", "-q", "--python", python, "pip"], check=True)
    for text, command in enumerate((install, with_pip, with_uv, with_pip, install)):
        edit(project, f"edit {text}")
        run(lbuild, command, project, env)
        assert run(lbuild, show, project, env) == f"edit {text}\n"
    # The page says what is wrong with the short form.
    edit(project, "the trap")
    output = run(lbuild, 'pip install "$(lbuild wheel .)"', project, env)
    assert "already installed with the same version" in output
    assert run(lbuild, show, project, env) != "the trap\n"
    backend = (project / "backend/backend.py").read_text()
    for command, package in ((with_pip, "iniconfig"), (with_uv, "pluggy")):
        # One that the same version did not require.
        more = backend.replace("Provides-Extra", f"Requires-Dist: {package}\\nProvides-Extra")
        (project / "backend/backend.py").write_text(more)
        run(lbuild, command, project, env)
        run(lbuild, f"python -c 'import {package}'", project, env)
    (project / "backend/backend.py").write_text("raise SystemExit('broken')\n")
    for command in (install, with_pip, with_uv):
        assert "broken" in run(lbuild, command, project, env, fails=True)


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile: their names, and the rest on one line."""
    lines = dockerfile.replace("\\\n", "").splitlines()
    return [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in lines if line]


@pytest.mark.exhaustive  # makes an environment with pip
def test_the_steps_of_a_dockerfile(lbuild: Lbuild, project: Path, tmp_path: Path) -> None:
    """There is no Docker here: the steps are done in folders of this machine."""
    steps, read_only, copied = blocks("docker", "dockerfile")
    cache, wheels = tmp_path / "var/cache/lbuild", tmp_path / "wheels"

    def step(name: str, rest: str, *, unprivileged: bool = False) -> str:
        rest = re.sub(r"--(mount|from)=\S+ +", "", rest)
        for place in ("/var/cache/lbuild", "/wheels", "/src", "/app"):
            rest = re.sub(rf"(?<![\w.]){place}\b", f"{tmp_path}{place}", rest)
        if name in ("FROM", "ENV") or rest == "python3 -m pip install lbuild-frontend":
            return ""
        if name == "COPY":
            source, target = rest.split()
            if source != target:
                shutil.copytree(project / source, target, dirs_exist_ok=True)
            return ""
        assert name == "RUN"
        return run(lbuild, rest, tmp_path, unprivileged=unprivileged)

    edit(project, "in the image")
    for name, rest in instructions(steps):
        step(name, rest)
    code = "from demo import core; print(core.__doc__)"
    assert run(lbuild, f"app/bin/python -B -c '{code}'", tmp_path) == "in the image\n"
    [read] = instructions(read_only)
    for path in (cache, *cache.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)
    before = inventory(cache)
    shutil.rmtree(wheels)
    assert "reused" in step(*read, unprivileged=True)
    assert len(list(wheels.glob("*.whl"))) == 1
    edit(tmp_path / "src", "not in the cache")
    assert "built" in step(*read, unprivileged=True)
    assert inventory(cache) == before
    edit(project, "built before the image")
    lbuild("wheel", project)
    shutil.rmtree(wheels)
    shutil.rmtree(tmp_path / "app")
    for name, rest in instructions(copied):
        step(name, rest)
    assert run(lbuild, f"app/bin/python -B -c '{code}'", tmp_path) == "built before the image\n"


def test_the_interpreter_that_the_commands_use() -> None:
    assert Path(SCRIPTS, "lbuild").exists(), sys.prefix
