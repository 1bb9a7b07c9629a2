"""Builds that are killed at any instant: the next one is right, and nothing of them stays."""

import contextlib
import hashlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.cache_soundness import require_sound
from support.command import COMMAND, Lbuild
from support.minimal_project import (
    CORE,
    NAME,
    core_in_wheel,
    make_gate,
    running,
    wait_for,
    wait_for_end,
    when_building,
)
from support.projects import CopyProject, replace
from support.running import is_running
from support.wheels_and_index import Index

pytestmark = pytest.mark.exhaustive

HowMany = Callable[[int, int], int]

COPYING = "import shutil, time, plugin; shutil.copytree('src', 'copy'); time.sleep(0.05)"
"""What the backend does before it packs the copy: it is in the tree, as setuptools' would be."""

APPEARING = (
    "cache/*/.*.tmp",
    "cache/blobs-v1/*/*",
    "cache/counts-v1/*",
    "cache/entries-v1/*/*/.*",
    "cache/entries-v1/*/*/*",
    "cache/environments-v1/env-*",
    "cache/environments-v1/env-*/*/bin/python",
    "cache/environments-v1/env-*/*/lib/*/site-packages/plugin.py",
    "cache/environments-v1/records/*",
    "cache/environments-v1/requests/*",
    "cache/locks-v1/*",
    "cache/replays-v1/*",
    "projects/*/copy/demo/core.py",
    "projects/*/dist/.lbuild-*",
    "projects/*/dist/*.whl",
    "temporary/lbuild-hook-*/*",
    "temporary/lbuild-result-*/*",
)
"""Files at whose sight a build is killed: these instants are too short to be met by chance."""


@dataclass(frozen=True, slots=True)
class Instant:
    """When a build is killed.

    Attributes:
        seconds: after its start, or after a file has come or changed.
        pattern: of that file; None if it is to be by the clock.
    """

    seconds: float
    pattern: str | None

    def await_it(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        """Return when it has come, or the process is over."""
        if self.pattern is not None:
            before = self._seen(folder)
            while process.poll() is None and self._seen(folder) <= before:
                pass
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(self.seconds)

    def _seen(self, folder: Path) -> set[tuple[Path, int]]:
        assert self.pattern is not None
        found = set()
        for path in folder.glob(self.pattern):
            with contextlib.suppress(FileNotFoundError):
                found.add((path, path.lstat().st_mtime_ns))
        return found


def instants(chance: random.Random, longest: float) -> Iterator[Instant]:
    """Instants by the clock, over a whole run and a little more, and at the sight of files."""
    while True:
        yield Instant(chance.uniform(0, longest * 1.1), None)
        yield Instant(chance.choice([0, 0, chance.uniform(0, 0.01)]), chance.choice(APPEARING))


def descendants(process: int) -> list[int]:
    """The processes that a process has started, and those that these have (Linux)."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fields = status.read_text("utf-8", "replace").rpartition(") ")[2].split()
            parents[int(status.parent.name)] = int(fields[1])
    found = [process]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def kill(process: "subprocess.Popen[str]", *, alone: bool) -> list[int]:
    """Kill lbuild, and unless alone all that it has started; return what is left of that."""
    process.send_signal(signal.SIGSTOP)  # so that it starts no more
    started = descendants(process.pid) if process.poll() is None else []
    process.kill()
    process.wait()
    for each in started:
        with contextlib.suppress(ProcessLookupError):
            if not alone:
                os.kill(each, signal.SIGKILL)
    return started


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, which is this test's."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def test_killed_at_any_instant(
    lbuild: Lbuild,
    copy_project: CopyProject,
    index: Index,
    temporary: Path,
    tmp_path: Path,
    how_many: HowMany,
    chance: random.Random,
) -> None:
    index.add("plugin")
    project = copy_project(NAME)
    replace(project / "pyproject.toml", "requires = []", 'requires = ["plugin"]')
    replace(project / "backend" / "backend.py", 'packed(Path("src"))', 'packed(Path("copy"))')
    clearing = "import shutil; shutil.rmtree('copy', ignore_errors=True)\n"
    gate = make_gate(tmp_path)
    when_building(project, clearing + COPYING + "\n" + gate.code, after=clearing)
    duration = 0.0
    came_to: list[str] = []
    left: list[int] = []
    for number in range(how_many(5, 200)):
        if number % 4 == 0:  # an environment has to be made
            lbuild("cache", "clean")
        if duration == 0:
            gate.open.touch()
            started = time.monotonic()
            lbuild("wheel", project)
            duration = time.monotonic() - started
            when = instants(chance, duration)
        (project / CORE).write_text(f"NUMBER = {number}\n")
        instant, alone = next(when), chance.random() < 0.4
        told = f"run {number}, {instant}, {'alone' if alone else 'with all'}"
        if number == 0:  # this one is met for certain
            gate.open.unlink()
            gate.arrived.unlink()
        with running(lbuild, "wheel", project) as process:
            if number == 0:
                gate.await_backend()
            else:
                instant.await_it(process, tmp_path)
            came_to.append("over" if process.poll() is not None else "killed")
            left += kill(process, alone=alone)
        gate.open.touch()
        result = lbuild("wheel", project, returncode=None)
        assert result.returncode == 0, f"{told}\n{result.stderr}"
        assert core_in_wheel(result.stdout.removesuffix("\n")) == f"NUMBER = {number}\n", told
        assert "damaged" not in result.stderr, f"{told}\n{result.stderr}"
    print(f"{came_to.count('killed')} of {len(came_to)} killed before their end")
    assert came_to.count("killed") > how_many(0, len(came_to) // 4), came_to
    wait_for(lambda: not any(map(is_running, left)))
    require_sound(lbuild)
    assert not list((project / "dist").glob(".*"))
    assert not list(temporary.glob("lbuild-*"))


STOPPING = """
import runpy, sys

left = 200

def see(event, _):
    global left
    left -= event == "os.remove"
    if left == 0:
        left = -1
        exec(waiting)

sys.addaudithook(see)
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a script that waits where it is about to remove something for the 200th time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopping(Lbuild):
    """Runs lbuild through a script."""

    script: Path

    def command(self, *arguments: str | Path) -> list[str]:
        *python, lbuild = COMMAND
        words = Lbuild.command(self, *arguments)[len(COMMAND) :]
        return [*python, str(self.script), lbuild, *words]


@pytest.mark.parametrize(
    ("command", "by"),
    [("clean", signal.SIGINT), ("prune", signal.SIGTERM), ("prune", signal.SIGKILL)],
)
def test_cleaning_up_that_is_ended(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, command: str, by: signal.Signals
) -> None:
    """What it has removed is gone, the rest is whole, and the next one goes on."""
    project = copy_project(NAME)
    lbuild("wheel", project)
    blobs = [hashlib.sha256(b"%d" % number).hexdigest() for number in range(400)]
    for number, sha256 in enumerate(blobs):
        path = lbuild.cache / "blobs-v1" / sha256[:2] / sha256
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"%d" % number)
    gate = make_gate(tmp_path)
    stopping = tmp_path / "stopping.py"
    stopping.write_text(f"waiting = {gate.code!r}\n{STOPPING}")
    with running(Stopping(lbuild.cache, lbuild.home, script=stopping), "cache", command) as process:
        gate.await_backend()
        process.send_signal(by)
        result = wait_for_end(process)
    if by is signal.SIGKILL:
        assert result.returncode == -by
    else:
        assert result.returncode == 130, result
        assert result.stderr == "error: interrupted; what was removed so far stays removed.\n"
    left = {path.name for path in lbuild.cache.glob("blobs-v1/*/*")}
    assert 0 < len(left & {*blobs}) < len(blobs)
    lbuild("cache", "verify")
    result = lbuild("wheel", project)
    assert core_in_wheel(result.stdout.strip()) == "ANSWER = 42\n"
    require_sound(lbuild)
    assert not any((lbuild.cache / "blobs-v1" / each[:2] / each).exists() for each in blobs)
