"""Builds with a compiler that are interrupted at any moment: nothing is left, nothing is wrong."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from random import Random

import pytest

from support.command import Lbuild
from support.minimal_project import wheel
from support.projects import CopyProject, wheel_content

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.shared_environments,
    pytest.mark.skipif(
        shutil.which("gcc") is None or not Path("/proc").exists(), reason="needs Linux and gcc"
    ),
]

FEW = 8
PATIENCE = 10


def processes_of(cache: Path) -> list[str]:
    """The command lines that name the cache: hooks, the guardian, its keeper, compilers."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if str(cache) in line and int(path.parent.name) != os.getpid():
            found.append(line)
    return found


def test_nothing_is_left(lbuild: Lbuild, copy_project: CopyProject, chance: Random) -> None:
    project = copy_project("setuptools-c-extension")
    started = time.monotonic()
    expected = wheel_content(Path(wheel(lbuild, project)["wheel"]))
    whole = time.monotonic() - started
    for number in [signal.SIGINT, signal.SIGTERM] * (FEW // 2):
        process = subprocess.Popen(
            lbuild.command("wheel", "--refresh", project),
            cwd=lbuild.home,
            env=lbuild.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(chance.uniform(0, whole))
        process.send_signal(number)
        process.wait(60)
        end = time.monotonic() + PATIENCE
        while processes_of(lbuild.cache) and time.monotonic() < end:
            time.sleep(0.05)
        assert processes_of(lbuild.cache) == []
    told = wheel(lbuild, project, "--refresh")
    assert wheel_content(Path(told["wheel"])) == expected
    assert wheel(lbuild, project)["action"] == "reused"
