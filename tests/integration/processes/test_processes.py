"""Several lbuild processes at once, and ones that are interrupted."""

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from support.command import Lbuild, shows_own_traceback
from support.folder_content import content
from support.minimal_project import (
    CORE,
    NAME,
    WHEEL,
    core_in_wheel,
    log_builds,
    make_gate,
    running,
    status,
    wait_for,
    wait_for_end,
    wheel,
    when_building,
)
from support.projects import CopyProject, replace, sha256
from support.running import is_running


@pytest.fixture
def variables_that_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """See to it that some environment variable is an input, as on most people's machines."""
    monkeypatch.setenv("CFLAGS", "-g0")


@pytest.mark.usefixtures("variables_that_count")
def test_two_at_once_build_once(lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path) -> None:
    project = copy_project(NAME)
    barrier = make_gate(tmp_path)
    when_building(project, barrier.code)
    log = log_builds(project)
    with running(lbuild, "wheel", project) as first:
        barrier.await_backend()
        with running(lbuild, "wheel", project) as second:
            says_that_it_waits(second)
            barrier.open.touch()
            one, two = wait_for_end(first), wait_for_end(second)
    assert (one.returncode, two.returncode) == (0, 0), one.stderr + two.stderr
    assert one.stdout == two.stdout == f"{project / 'dist' / WHEEL}\n"
    assert core_in_wheel(project / "dist" / WHEEL) == "ANSWER = 42\n"
    assert "built in " in one.stderr
    assert "reused" in two.stderr
    assert log.lines == ["built"]


def says_that_it_waits(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    assert "waiting for another lbuild" in process.stderr.readline()


IN_A_TERMINAL = """\
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
"""


def test_a_hook_that_asks_in_the_terminal(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """As ssh does for a passphrase: in the background it would be stopped, and never go on."""
    project = copy_project(NAME)
    when_building(project, "open('/dev/tty').readline()")
    done = subprocess.run(
        [sys.executable, "-c", IN_A_TERMINAL, *lbuild.command("wheel", project)],
        capture_output=True,
        check=False,
        env=lbuild.environment,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert "/dev/tty" in done.stdout
    assert "build_wheel of 'backend' failed" in done.stdout


@pytest.mark.usefixtures("variables_that_count")
def test_clones_at_once_build_once(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    projects = [copy_project(NAME, folder=folder) for folder in ("one", "two")]
    barrier = make_gate(tmp_path)
    for project in projects:
        when_building(project, barrier.code)
    with running(lbuild, "wheel", projects[0]) as first:
        barrier.await_backend()
        with running(lbuild, "wheel", projects[1]) as second:
            says_that_it_waits(second)
            barrier.open.touch()
            assert "built in " in wait_for_end(first).stderr
            assert "reused" in wait_for_end(second).stderr
    assert sha256(projects[0] / "dist" / WHEEL) == sha256(projects[1] / "dist" / WHEEL)


@pytest.mark.usefixtures("variables_that_count")
def test_one_at_a_time_in_one_folder(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    """Builds that differ run one after the other: backends share files of their project."""
    project = copy_project(NAME)
    log = tmp_path / "log"
    write = f"open({str(log)!r}, 'a').write"
    begin = f"import time\n{write}('begin ')\ntime.sleep(0.3)"
    when_building(project, begin, after=f"{write}('end ')")
    with contextlib.ExitStack() as stack:
        processes = [
            stack.enter_context(running(lbuild, "wheel", "-C", f"number={number}", project))
            for number in range(3)
        ]
        results = [wait_for_end(process) for process in processes]
    assert [result.returncode for result in results] == [0, 0, 0], results
    assert log.read_text() == "begin end " * 3
    for number in range(3):
        assert status(lbuild, "-C", f"number={number}", project)["reasons"] == []


@pytest.mark.quick("--no-cache")
@pytest.mark.parametrize("other", ["--cache-dir=other", "--no-cache"])
def test_one_at_a_time_with_different_caches(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, other: str
) -> None:
    project = copy_project(NAME)
    barrier = make_gate(tmp_path)
    when_building(project, barrier.code)
    with running(lbuild, "wheel", project) as first:
        barrier.await_backend()
        barrier.arrived.unlink()
        with running(lbuild, "wheel", other, project) as second:
            says_that_it_waits(second)
            assert not barrier.arrived.exists()
            barrier.open.touch()
            assert wait_for_end(first).returncode == 0
            assert wait_for_end(second).returncode == 0
    assert barrier.arrived.exists()


def test_different_projects_do_not_wait(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    one, two = (copy_project(NAME, folder=folder) for folder in ("one", "two"))
    barrier = make_gate(tmp_path)
    when_building(one, barrier.code)
    with running(lbuild, "wheel", one) as process:
        barrier.await_backend()
        assert wheel(lbuild, two)["action"] == "built"
        barrier.open.touch()
        assert wait_for_end(process).returncode == 0


@pytest.mark.quick("2-traced-130", "15-declared-130")
@pytest.mark.usefixtures("without_nohup")
@pytest.mark.parametrize(
    ("by", "inputs", "code"),
    [
        (signal.SIGINT, "traced", 130),
        (signal.SIGTERM, "declared", 130),
        (signal.SIGHUP, "declared", 129),
    ],
)
def test_interrupted(
    lbuild: Lbuild,
    copy_project: CopyProject,
    tmp_path: Path,
    by: signal.Signals,
    inputs: str,
    code: int,
) -> None:
    project = copy_project(NAME)
    options = ("--inputs", inputs, project)
    first = wheel(lbuild, *options)
    barrier = make_gate(tmp_path)
    when_building(project, barrier.code)
    before = content(lbuild.cache), content(project)
    with running(lbuild, "wheel", *options) as process:
        hook = barrier.await_backend()
        assert is_running(hook)
        process.send_signal(by)
        result = wait_for_end(process)
    assert (result.returncode, result.stdout) == (code, "")
    assert not is_running(hook)
    assert not shows_own_traceback(result.stderr)
    assert "interrupted" in result.stderr
    assert (content(lbuild.cache), content(project)) == before

    barrier.open.touch()
    told = wheel(lbuild, *options)
    assert (told["action"], told["sha256"]) == ("built", first["sha256"])


def test_interrupted_from_the_keyboard(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    """A terminal sends SIGINT to all processes of the group: that is no failure of the build."""
    project = copy_project(NAME)
    barrier = make_gate(tmp_path)
    when_building(project, barrier.code)
    with running(lbuild, "wheel", project, "never reached", new_group=True) as process:
        hook = barrier.await_backend()
        os.killpg(process.pid, signal.SIGINT)
        result = wait_for_end(process)
    assert result.returncode == 130
    assert not is_running(hook)
    [error] = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert "interrupted" in error


SHELL = """\
import fcntl, signal, subprocess, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
job = subprocess.Popen(sys.argv[1:])
signal.signal(signal.SIGHUP, lambda *_: [job.send_signal(signal.SIGHUP) for _ in "12"])
sys.exit(job.wait() % 256)
"""
"""Leads a session that has the terminal, and tells its job when that is closed, as shells do."""


@pytest.mark.usefixtures("without_nohup")
def test_the_terminal_is_closed(lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path) -> None:
    """What ninja and shells start is in process groups of their own, and ends all the same."""
    project = copy_project(NAME)
    barrier = make_gate(tmp_path)
    compiler = tmp_path / "compiler"
    start = f"""
        import pathlib, subprocess
        child = subprocess.Popen(["sleep", "60"], process_group=0)
        pathlib.Path({str(compiler)!r}).write_text(str(child.pid))
        """
    when_building(project, textwrap.dedent(start) + barrier.code)
    master, slave = pty.openpty()
    shell = subprocess.Popen(
        [sys.executable, "-c", SHELL, *lbuild.command("wheel", project)],
        env={**lbuild.environment, "TERM": "xterm"},
        start_new_session=True,
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    hook = barrier.await_backend()
    numbers = [hook, int(compiler.read_text())]
    assert all(map(is_running, numbers))
    os.close(master)
    assert shell.wait(timeout=60) == 129
    wait_for(lambda: not any(map(is_running, numbers)))  # until their ends are collected
    barrier.open.touch()
    assert "waiting" not in lbuild("wheel", project).stderr
    os.kill(int(compiler.read_text()), signal.SIGKILL)  # that of the build just now


def state_of(process: int) -> str:
    """Return the letter of ps(1) for what a process does."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.quick(str(signal.SIGCONT))
@pytest.mark.usefixtures("without_nohup")
@pytest.mark.parametrize("then", [signal.SIGCONT, signal.SIGHUP])
def test_suspended(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, then: signal.Signals
) -> None:
    """The backend does not go on meanwhile (Ctrl-Z); it goes on with the command, or ends."""
    project = copy_project(NAME)
    barrier = make_gate(tmp_path)
    when_building(project, barrier.code)
    with running(lbuild, "wheel", project, new_group=True) as process:
        hook = barrier.await_backend()
        process.send_signal(signal.SIGTSTP)
        for number in (process.pid, hook):  # it is sent the signal first, and may stop later
            wait_for(lambda number=number: state_of(number) == "T")
        barrier.open.touch()
        for number in {then, signal.SIGCONT}:
            process.send_signal(number)
        assert wait_for_end(process).returncode == (0 if then == signal.SIGCONT else 129)
    wait_for(lambda: not is_running(hook))


def test_nohup(lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path) -> None:
    project = copy_project(NAME)
    barrier = make_gate(tmp_path)
    when_building(project, barrier.code)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with running(lbuild, "wheel", project) as process:
            signal.signal(signal.SIGHUP, before)
            barrier.await_backend()
            process.send_signal(signal.SIGHUP)
            barrier.open.touch()
            assert wait_for_end(process).returncode == 0
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.exhaustive  # it waits long; what stops it has a test in unit/frontend/hooks
def test_a_hook_that_will_not_stop(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project(NAME)
    barrier = make_gate(tmp_path)
    deaf = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    when_building(project, deaf + barrier.code)
    with running(lbuild, "wheel", project) as process:
        hook = barrier.await_backend()
        process.send_signal(signal.SIGTERM)
        assert wait_for_end(process).returncode == 130
    assert not is_running(hook)


def test_interrupted_while_waiting(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project(NAME)
    barrier = make_gate(tmp_path)
    when_building(project, barrier.code)
    with running(lbuild, "wheel", project) as first:
        barrier.await_backend()
        with running(lbuild, "wheel", project) as second:
            assert second.stderr is not None
            told = second.stderr.readline()
            assert "waiting for another lbuild" in told
            assert re.search(
                rf"\(process {first.pid}, running for \d+ s: run_lbuild.py wheel /", told
            )
            second.send_signal(signal.SIGTERM)
            assert wait_for_end(second).returncode == 130
        assert first.poll() is None
        barrier.open.touch()
        assert wait_for_end(first).returncode == 0
    assert wheel(lbuild, project)["action"] == "reused"


def test_killed(lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path) -> None:
    """Nothing of what a killed process leaves is served, and its locks bind nobody."""
    project = copy_project(NAME)
    first = wheel(lbuild, project)
    barrier = make_gate(tmp_path)
    when_building(project, barrier.code)
    replace(project / CORE, "42", "43")
    with running(lbuild, "wheel", project) as process:
        hook = barrier.await_backend()
    barrier.open.touch()
    wait_for(lambda: not is_running(hook))
    assert process.returncode == -signal.SIGKILL
    assert sha256(project / "dist" / WHEEL) == first["sha256"]
    told = wheel(lbuild, project)
    assert (told["action"], core_in_wheel(told["wheel"])) == ("built", "ANSWER = 43\n")


def test_killed_alone(lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path) -> None:
    """The hook that it has left may still write to the project: the next one waits for its end."""
    project = copy_project(NAME)
    replace(project / "backend" / "backend.py", 'packed(Path("src"))', 'packed(Path("copy"))')
    barrier = make_gate(tmp_path)
    copying = "import shutil; shutil.copytree('src', 'copy', dirs_exist_ok=True)\n"
    when_building(project, copying + barrier.code, after="shutil.rmtree('copy')")
    with running(lbuild, "wheel", project) as process:
        hook = barrier.await_backend()
    process.wait()
    assert is_running(hook)
    replace(project / CORE, "42", "43")
    with running(lbuild, "wheel", project) as second:
        assert second.stderr is not None
        told = second.stderr.readline()
        assert f"waiting for another lbuild in {project}, which has ended but left a hook" in told
        session = os.getsid(hook)  # which has the supervisor as well
        assert f"(process {session}, running for " in told
        assert f"build_wheel; to stop it: kill -- -{session})" in told
        barrier.open.touch()
        result = wait_for_end(second)
    assert result.returncode == 0, result.stderr
    assert core_in_wheel(project / "dist" / WHEEL) == "ANSWER = 43\n"


def test_a_daemon_of_a_killed_hook_holds_nobody_up(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project(NAME)
    barrier = make_gate(tmp_path)
    daemon = tmp_path / "daemon"
    start = f"""
        import os
        number = os.spawnlp(os.P_NOWAIT, "sleep", "sleep", "60")
        open({str(daemon)!r}, "w").write(str(number))
        """
    when_building(project, textwrap.dedent(start) + barrier.code)
    with running(lbuild, "wheel", project) as process:
        hook = barrier.await_backend()
    process.wait()
    os.kill(hook, signal.SIGKILL)
    barrier.open.touch()
    try:
        result = lbuild("wheel", project)
        assert "waiting" not in result.stderr
    finally:
        os.kill(int(daemon.read_text()), signal.SIGKILL)


def test_a_reader_of_the_output_that_goes_away(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """``lbuild status | head -1`` and the like."""
    with running(lbuild, "status", "-v", copy_project(NAME)) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        told = process.stderr.read()
        process.wait(timeout=60)
    assert "Traceback" not in told
