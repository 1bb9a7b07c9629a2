"""Several lbuild processes at once, and ones that are interrupted."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from command import Lbuild, shows_own_traceback
from minimal import (
    CORE,
    NAME,
    WHEEL,
    core,
    end,
    gate,
    log_builds,
    start,
    status,
    wait_for,
    wheel,
    when_building,
)
from projects import CopyProject, replace, sha256
from trees import content


def test_two_at_once_build_once(lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path) -> None:
    project = copy_project(NAME)
    barrier = gate(tmp_path)
    when_building(project, barrier.code)
    log = log_builds(project)
    first = start(lbuild, "wheel", project)
    barrier.await_backend()
    second = start(lbuild, "wheel", project)
    # It says that it waits; only then may the first one go on.
    assert second.stderr is not None
    assert "waiting for another lbuild" in second.stderr.readline()
    barrier.open.touch()
    one, two = end(first), end(second)
    assert (one.returncode, two.returncode) == (0, 0), one.stderr + two.stderr
    assert one.stdout == two.stdout == f"{project / 'dist' / WHEEL}\n"
    assert core(project / "dist" / WHEEL) == "ANSWER = 42\n"
    assert "built in " in one.stderr
    assert "reused" in two.stderr
    assert log.lines == ["built"]


def test_clones_at_once_build_once(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    projects = [copy_project(NAME, folder=folder) for folder in ("one", "two")]
    barrier = gate(tmp_path)
    for project in projects:
        when_building(project, barrier.code)
    first = start(lbuild, "wheel", projects[0])
    barrier.await_backend()
    second = start(lbuild, "wheel", projects[1])
    assert second.stderr is not None
    assert "waiting for another lbuild" in second.stderr.readline()
    barrier.open.touch()
    assert "built in " in end(first).stderr
    assert "reused" in end(second).stderr
    assert sha256(projects[0] / "dist" / WHEEL) == sha256(projects[1] / "dist" / WHEEL)


def test_one_at_a_time_in_one_folder(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    """Two builds that differ run one after the other: backends share files of their project."""
    project = copy_project(NAME)
    log = tmp_path / "log"
    write = f"open({str(log)!r}, 'a').write"
    when_building(
        project, f"import time\n{write}('begin ')\ntime.sleep(0.3)", after=f"{write}('end ')"
    )
    running = [start(lbuild, "wheel", "-C", f"number={number}", project) for number in range(3)]
    results = [end(process) for process in running]
    assert [result.returncode for result in results] == [0, 0, 0], results
    assert log.read_text() == "begin end " * 3
    for number in range(3):
        assert status(lbuild, "-C", f"number={number}", project)["reasons"] == []


def test_different_projects_do_not_wait(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    one, two = (copy_project(NAME, folder=folder) for folder in ("one", "two"))
    barrier = gate(tmp_path)
    when_building(one, barrier.code)
    process = start(lbuild, "wheel", one)
    barrier.await_backend()
    assert wheel(lbuild, two)["action"] == "built"
    barrier.open.touch()
    assert end(process).returncode == 0


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let SIGINT have its usual effect, also where the tests run in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("inputs", ["tree", "declared"])
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, by: signal.Signals, inputs: str
) -> None:
    project = copy_project(NAME)
    options = ("--inputs", inputs, project)
    first = wheel(lbuild, *options)
    barrier = gate(tmp_path)
    when_building(project, barrier.code)
    before = content(lbuild.cache), content(project)

    process = start(lbuild, "wheel", *options)
    hook = barrier.await_backend()
    assert is_running(hook)
    process.send_signal(by)
    result = end(process)
    assert (result.returncode, result.stdout) == (130, "")
    assert not is_running(hook)
    assert not shows_own_traceback(result.stderr)
    assert "interrupted" in result.stderr
    assert (content(lbuild.cache), content(project)) == before

    barrier.open.touch()
    told = wheel(lbuild, *options)
    assert (told["action"], told["sha256"]) == ("built", first["sha256"])
    assert wheel(lbuild, *options)["action"] == "reused"


@pytest.mark.usefixtures("interruptible")
def test_interrupted_from_the_keyboard(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    """A terminal sends SIGINT to all processes of the group: that is no failure of the build."""
    project = copy_project(NAME)
    barrier = gate(tmp_path)
    when_building(project, barrier.code)
    process = start(lbuild, "wheel", "--json", project, "does-not-matter", new_group=True)
    hook = barrier.await_backend()
    os.killpg(process.pid, signal.SIGINT)
    result = end(process)
    assert result.returncode == 130
    assert not is_running(hook)
    [error] = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert "interrupted" in error


@pytest.mark.usefixtures("interruptible")
def test_a_hook_that_will_not_stop(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project(NAME)
    barrier = gate(tmp_path)
    when_building(
        project, f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{barrier.code}"
    )
    process = start(lbuild, "wheel", project)
    hook = barrier.await_backend()
    process.send_signal(signal.SIGTERM)
    assert end(process).returncode == 130
    assert not is_running(hook)


def test_killed(lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path) -> None:
    """Nothing of what a killed process leaves is served, and its locks bind nobody."""
    project = copy_project(NAME)
    first = wheel(lbuild, project)
    barrier = gate(tmp_path)
    when_building(project, barrier.code)
    replace(project / CORE, "42", "43")
    process = start(lbuild, "wheel", project)
    hook = barrier.await_backend()
    process.kill()
    process.communicate()
    barrier.open.touch()
    wait_for(lambda: not is_running(hook))
    assert sha256(project / "dist" / WHEEL) == first["sha256"]
    told = wheel(lbuild, project)
    assert (told["action"], core(told["wheel"])) == ("built", "ANSWER = 43\n")


@pytest.mark.usefixtures("interruptible")
def test_interrupted_while_waiting(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project(NAME)
    barrier = gate(tmp_path)
    when_building(project, barrier.code)
    first = start(lbuild, "wheel", project)
    barrier.await_backend()
    second = start(lbuild, "wheel", project)
    assert second.stderr is not None
    assert "waiting for another lbuild" in second.stderr.readline()
    second.send_signal(signal.SIGTERM)
    assert end(second).returncode == 130
    assert first.poll() is None
    barrier.open.touch()
    assert end(first).returncode == 0
    assert wheel(lbuild, project)["action"] == "reused"


def test_a_reader_of_the_output_that_goes_away(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """``lbuild status | head -1`` and the like."""
    project = copy_project(NAME)
    process = start(lbuild, "status", "-v", project)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    told = process.stderr.read()
    process.wait(timeout=60)
    process.stderr.close()
    assert not shows_own_traceback(told), told
    assert "Traceback" not in told
