"""Whatever becomes of pyproject.toml: no traceback, no hang, and a clear error if there is one."""

import os
import random
import re
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired

import pytest

from support.command import Lbuild, Result, shows_own_traceback
from support.minimal_project import NAME
from support.mutated_toml import Mutant, mutant
from support.projects import CopyProject

pytestmark = [pytest.mark.exhaustive, pytest.mark.shared_environments]

OFFLINE = {"UV_OFFLINE": "1", "UV_NO_INDEX": "1", "PIP_NO_INDEX": "1", "UV_FIND_LINKS": ""}
SECONDS = 60

CLEAR = re.compile(r"error: .+[.)\"'\]`] [A-Z].+[.?]")
"""What is wrong and where, then a sentence on what to do, all in one line."""


@pytest.mark.parametrize("share", range(4))
def test_mutations(
    lbuild: Lbuild,
    copy_project: CopyProject,
    how_many: Callable[[int, int], int],
    chance: random.Random,
    share: int,
) -> None:
    """In full, each mutation is alone in its commands; else they are done many at a time."""
    together = how_many(15, 1)
    for number in range(how_many(1, 250)):
        mutants = [mutant(chance.randrange(10**9)) for _ in range(together)]
        for own_cache in {each.own_cache for each in mutants}:
            some = [each for each in mutants if each.own_cache is own_cache]
            projects = [hostile(copy_project, each) for each in some]
            env = {**lbuild.environment, **OFFLINE}
            if own_cache:
                del env["LBUILD_CACHE_DIR"]
            try:
                check(lbuild, projects, env)
            except (AssertionError, TimeoutExpired) as error:
                error.add_note(f"{share=}, {number=}:")
                error.add_note("\n".join(map(str, some)))
                raise


def hostile(copy_project: CopyProject, changed: Mutant) -> Path:
    """The minimal project with that file, and with what patterns had better not meet."""
    project = copy_project(NAME, folder=f"mutant-{changed.seed}")
    (project / "pyproject.toml").write_bytes(changed.content)
    os.mkfifo(project / "pipe")
    (project / "zero").symlink_to("/dev/zero")
    (project / "loop").symlink_to("loop")
    (project / "up").symlink_to("..")
    (project / ("a" * 250)).touch()
    (project / "/".join("a" * 60)).mkdir(parents=True)
    return project


def run(command: list[str], cwd: Path, env: Mapping[str, str]) -> Result:
    """Run a command; if it hangs, end it with all that it has started."""
    with Popen(
        command,
        cwd=cwd,
        encoding="utf-8",
        env=env,
        errors="surrogateescape",
        start_new_session=True,
        stderr=PIPE,
        stdin=DEVNULL,
        stdout=PIPE,
    ) as process:
        try:
            stdout, stderr = process.communicate(timeout=SECONDS)
        except TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return Result(process.returncode, stdout, stderr, tuple(command))


def check(lbuild: Lbuild, projects: list[Path], env: Mapping[str, str]) -> None:
    """What status refuses, with a clear error, wheel refuses likewise; the rest may fail there.

    They run in the first project, whose ``tool.uv`` the installer obeys then.
    """
    status = run(lbuild.command("status", "--json", *projects), projects[0], env)
    refusals = errors(status, len(projects))
    assert status.returncode == (2 if refusals else 0), status
    for line in refusals:
        assert CLEAR.fullmatch(line), line
        assert any(f"{project}" in line for project in projects), line
    wheel = run(lbuild.command("wheel", "--json", *projects), projects[0], env)
    told = errors(wheel, len(projects))
    assert set(refusals) <= set(told), (refusals, told)
    assert wheel.returncode in ((2,) if refusals else (0, 1, 2)), wheel
    if wheel.returncode == 2 and len(projects) == 1:
        assert CLEAR.fullmatch(told[0]), told


def errors(result: Result, projects: int) -> list[str]:
    """The errors of a command, where each project has an answer or an error."""
    assert not shows_own_traceback(result.stderr), result.stderr
    lines = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(result.json) == projects, result
    assert sum("error" in row for row in result.json) == len(lines), result
    assert bool(lines) == (result.returncode != 0), result
    return lines
