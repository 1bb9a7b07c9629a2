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

from support.command import Lbuild
from support.environments import make_environment
from support.exhaustive import one_in
from support.folder_content import Node, inventory
from support.minimal_project import log_builds
from support.projects import FIXTURES, git, pristine_copy, replace
from support.unprivileged import SCRIPT

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
        "import os\n\nfrom demo import core\n\n\ndef test_code(capsys):\n"
        "    with capsys.disabled():\n"
        "        print('tested:', core.__doc__)\n"
        "        print('seed:', os.environ.get('PYTHONHASHSEED'))\n"
    )
    return project


def edit(project: Path, text: str) -> None:
    """Edit the module that the test prints the docstring of."""
    (project / "src/demo/core.py").write_text(f'"""{text}"""\n')


def run(
    lbuild: Lbuild,
    command: str,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    *,
    fails: bool = False,
    unprivileged: bool = False,
) -> str:
    """Run a command in a shell that finds lbuild; return all that it printed.

    Args:
        fails: whether the command has to fail, instead of to succeed.
        unprivileged: whether permissions count, even for root.
    """
    path = f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"
    shell = [sys.executable, SCRIPT, "/bin/sh"] if unprivileged else ["sh"]
    done = subprocess.run(
        [*shell, "-euc", command],
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
    assert (done.returncode != 0) == fails, f"{command}\n{done.stdout}"
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
def test_tox(lbuild: Lbuild, project: Path) -> None:
    whole, pass_env = blocks("tox", "ini")
    (project / "tox.ini").write_text(f"{whole}{pass_env}")
    output = sessions(lbuild, project, "tox", ".tox/py", 10)
    seeds = re.findall(r"seed: (\d+)", output)
    assert len(seeds) == 12
    assert len(set(seeds)) > 6


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
    steps, read_only = blocks("docker", "dockerfile")
    cache, wheels = tmp_path / "var/cache/lbuild", tmp_path / "wheels"

    def step(name: str, rest: str, *, unprivileged: bool = False) -> str:
        rest = re.sub(r"--(mount|from)=\S+ +", "", rest)
        for place in ("/var/cache/lbuild", "/wheels", "/src", "/app"):
            rest = re.sub(rf"(?<![\w.]){place}\b", f"{tmp_path}{place}", rest)
        if name == "FROM" or rest == "python3 -m pip install lbuild-frontend":
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


def jobs_commands(job: str) -> list[str]:
    """The commands of a job, without that which installs lbuild."""
    found = re.findall(r"^ +- run: (.*)", job, re.MULTILINE)
    found = found or re.findall(r"^ +- (.*)", job.partition("script:")[2], re.MULTILINE)
    assert found.pop(0).endswith("install lbuild-frontend")
    return found


@pytest.mark.exhaustive  # twelve commands; what they are for is in the next test
@pytest.mark.parametrize("service", ["GitHub", "GitLab"])
def test_a_cache_that_ci_restores(
    lbuild: Lbuild, project: Path, tmp_path: Path, service: str
) -> None:
    """As ``tar`` does it: other inodes and times, permissions for all, and another clone."""
    jobs = blocks("ci", "yaml")
    commands = jobs_commands(jobs[service == "GitLab"])
    assert len(commands) == 3
    inside = "LBUILD_CACHE_DIR" in jobs[service == "GitLab"]

    def run_job(checkout: Path) -> str:
        env = {"LBUILD_CACHE_DIR": str(checkout / ".lbuild-cache") if inside else ""}
        env["XDG_CACHE_HOME"] = ""
        return "".join(run(lbuild, command, checkout, env) for command in commands)

    def cache_of(checkout: Path) -> Path:
        return checkout / ".lbuild-cache" if inside else lbuild.home / ".cache/lbuild"

    git(project, "init", "--quiet")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=All")
    builds = log_builds(project)
    git(project, "commit", "--quiet", "--all", "--message=Count")
    run_job(project)
    assert len(builds.lines) == 1
    with tarfile.open(tmp_path / "cache.tar", "w") as archive:
        archive.add(cache_of(project), "cache")
    for turn in range(2):
        shutil.rmtree(cache_of(project))
        clone = tmp_path / f"clone-{turn}"
        git(tmp_path, "clone", "--quiet", str(project), str(clone))
        with tarfile.open(tmp_path / "cache.tar") as archive:
            archive.extractall(tmp_path / "restored", filter="tar")
        (tmp_path / "restored/cache").rename(cache_of(clone))
        for path in (cache_of(clone), *cache_of(clone).rglob("*")):
            if not path.is_symlink():
                path.chmod(0o777 if turn == 0 else 0o700 if path.is_dir() else 0o400)
        assert "reused" in run_job(clone)
        assert len(list((clone / "dist").glob("*.whl"))) == 1
        project = clone
    assert len(builds.lines) == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may chown")
def test_a_cache_that_another_user_restored(lbuild: Lbuild, project: Path) -> None:
    [command] = blocks("ci", "sh")
    lbuild("wheel", project)
    for path in (lbuild.cache, *lbuild.cache.rglob("*")):
        os.chown(path, 12345, 12345, follow_symlinks=False)
        if not path.is_symlink():
            path.chmod(0o777)
    told = lbuild("wheel", project, returncode=2).stderr
    assert f"sudo chown -R {os.geteuid()} {lbuild.cache}" in told
    give, close = (
        text.replace("~/.cache/lbuild", str(lbuild.cache))
        for text in (command.replace("sudo ", ""), jobs_commands(blocks("ci", "yaml")[0])[0])
    )
    run(lbuild, give, project)
    assert "chmod -R go-w" in lbuild("wheel", project, returncode=2).stderr
    run(lbuild, close, project)
    assert "reused" in lbuild("wheel", project).stderr


def test_the_interpreter_that_the_commands_use() -> None:
    assert Path(SCRIPTS, "lbuild").exists(), sys.prefix
