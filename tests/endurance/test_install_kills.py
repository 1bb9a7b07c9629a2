"""Installs that are killed or interrupted at any instant: the next one repairs the environment."""

import contextlib
import os
import random
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.command import Lbuild, shows_own_traceback
from support.environments import make_environment
from support.minimal_project import CORE, NAME, make_gate, wait_for, when_building
from support.projects import CopyProject

pytestmark = [pytest.mark.exhaustive, pytest.mark.shared_environments]

SOURCES = "src/demo"


def modules(folder: Path) -> dict[str, str]:
    """The modules of a package, with their content."""
    return {path.name: path.read_text() for path in folder.glob("*.py")}


def _await_lbuild(process: "subprocess.Popen[bytes]") -> None:
    """Wait until lbuild answers for signals: before and after, a process ends as Python does."""
    status = Path(f"/proc/{process.pid}/status")

    def catches_sigterm() -> bool:
        if process.poll() is not None:
            return True
        [caught] = re.findall(r"^SigCgt:\s*(\w+)$", status.read_text("ascii"), re.MULTILINE)
        return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)

    wait_for(catches_sigterm)


def _end(process: "subprocess.Popen[bytes]", how: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, how)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_what_was_cut_short_is_repaired(
    lbuild: Lbuild,
    copy_project: CopyProject,
    tmp_path: Path,
    how_many: Callable[[int, int], int],
    chance: random.Random,
    installer: str,
    how: signal.Signals,
) -> None:
    project = copy_project(NAME)
    gate = make_gate(tmp_path)
    when_building(project, gate.code)
    python = make_environment(tmp_path / "env")
    options = ("-p", python, "--installer", installer, project)
    gate.open.touch()
    started = time.monotonic()
    lbuild("install", *options)
    takes = time.monotonic() - started
    [packages] = tmp_path.glob("env/lib/python*/site-packages")
    for number in range(how_many(3, 50)):
        (project / CORE).write_text(f"number = {number}\n")
        for name in ("a", "b", "c"):
            path = project / SOURCES / f"{name}.py"
            path.unlink(missing_ok=True)
            if chance.random() < 0.5:
                path.write_text(f"{name} = {number}\n")
        if number == 0:  # this one is met for certain
            gate.open.unlink()
            gate.arrived.unlink()
        process = subprocess.Popen(
            lbuild.command("install", *options),
            cwd=lbuild.home,
            env=lbuild.environment,
            start_new_session=True,
            stderr=subprocess.PIPE,
        )
        if number == 0:
            gate.await_backend()
        else:
            if how == signal.SIGINT:
                _await_lbuild(process)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0, takes))
        _end(process, how)
        _, said = process.communicate()
        gate.open.touch()
        assert not shows_own_traceback(said.decode())
        assert process.returncode or number, "it was to be cut short"
        if how == signal.SIGINT and process.returncode:
            # The last is Python's own, if lbuild was done already.
            assert process.returncode in (130, 1, -how), said
        lbuild("install", *options)
        assert modules(packages / "demo") == modules(project / SOURCES)
        [told] = lbuild("install", "--json", *options).json
        assert told["action"] == "unchanged"
        assert not list(packages.glob(".lbuild-*"))
        assert len(list(packages.glob("demo-*"))) == 1
