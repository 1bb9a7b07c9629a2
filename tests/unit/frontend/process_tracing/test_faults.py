"""Tests of the supervisor: it is killed, its log cannot be written, the system has little left."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from lbuild_frontend import processes
from lbuild_frontend.linux import numbers
from lbuild_keys.tracing import process_trace
from lbuild_keys.tracing.process_trace import ProcessTrace
from support.followed import supervise

pytestmark = pytest.mark.skipif(numbers.architecture() is None, reason="needs Linux")

LISTS = (
    "for one in 1 2 3 4 5 6 7 8; do ls /usr/bin >out-$one && cat out-$one >>all; done; echo done"
)
"""What runs below the supervisor, a tenth of a second."""

BY_OTHERS = "setsid sh -c 'echo >left; sleep 0.2; ls / >later' & " + LISTS


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


@contextlib.contextmanager
def started(here: Path, script: str = LISTS) -> Iterator["subprocess.Popen[bytes]"]:
    """A script below the supervisor, in a session of its own as lbuild starts a hook."""
    process = subprocess.Popen(
        supervise(here / "log", ["sh", "-c", script]),
        cwd=here,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        for _ in until_nothing_is_left(process.pid):
            pass
        process.stdout.close()  # type: ignore[union-attr]  # it is a pipe


def until_nothing_is_left(session: int) -> Iterator[None]:
    end = time.monotonic() + 10
    while processes.in_session(session):
        assert time.monotonic() < end, "a process is left"
        yield
        time.sleep(0.02)


def children(number: int) -> list[int]:
    text = Path(f"/proc/{number}/task/{number}/children").read_text("ascii")
    return [int(word) for word in text.split()]


def supervisor_of(guardian: int) -> int | None:
    with contextlib.suppress(OSError):
        for child in children(guardian):
            if processes.in_session(guardian) and os.getsid(child) == guardian:
                return child  # the keeper has a session of its own
    return None


WHILE_IT_RUNS = (0, 0.6)
"""Seconds between which it is killed at random."""


def listing() -> bytes:
    return subprocess.run(["ls", "/usr/bin"], check=True, capture_output=True).stdout


def trace(here: Path) -> ProcessTrace:
    log = here / "log"
    return process_trace.parse(log.read_bytes() if log.exists() else None)


@pytest.mark.parametrize("after", [0.0, 0.05, 0.12, 0.2, 0.3])
@pytest.mark.quick("0.12")
def test_the_supervisor_is_killed(here: Path, after: float) -> None:
    with started(here) as process:
        time.sleep(after)
        supervisor = supervisor_of(process.pid)
        if supervisor is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(supervisor, signal.SIGKILL)
        output, _ = process.communicate(timeout=30)
    # It goes on as if it were not followed; or it was ended before it began.
    if process.returncode == 0:
        assert output == b"done\n"
        assert (here / "all").read_bytes() == 8 * listing()
    else:
        assert not trace(here).has_end


@pytest.mark.exhaustive
@pytest.mark.parametrize("_attempt", range(20))
def test_the_supervisor_is_killed_at_random(here: Path, chance: Random, _attempt: int) -> None:
    test_the_supervisor_is_killed(here, chance.uniform(*WHILE_IT_RUNS))


@pytest.mark.exhaustive
@pytest.mark.parametrize("_attempt", range(20))
def test_the_guardian_is_killed_at_random(here: Path, chance: Random, _attempt: int) -> None:
    with started(here) as process:
        time.sleep(chance.uniform(*WHILE_IT_RUNS))
        process.kill()
        process.wait(30)
        # The supervisor ends everything, and nothing was made from half of its files.
        for _ in until_nothing_is_left(process.pid):
            pass
    for made in here.glob("out-*"):
        assert listing().startswith(made.read_bytes())


@pytest.mark.exhaustive
@pytest.mark.parametrize("_attempt", range(10))
def test_all_are_killed_as_lbuild_does_it(here: Path, chance: Random, _attempt: int) -> None:
    with started(here, BY_OTHERS) as process:
        time.sleep(0.05 + chance.uniform(*WHILE_IT_RUNS))
        has_left = (here / "left").exists()
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
    # What has left the session goes on: somebody answers for it.
    end = time.monotonic() + 5
    if has_left:
        while not (here / "later").exists() and time.monotonic() < end:
            time.sleep(0.05)
        assert (here / "later").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.quick(str(signal.SIGTERM))
def test_signals_that_interrupt_a_build_are_for_the_hook(
    here: Path, number: signal.Signals
) -> None:
    script = "trap 'cat /dev/null; echo cleaned; exit 3' INT TERM; echo up; while :; do ls >x; done"
    with started(here, script) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        os.killpg(process.pid, number)
        output, _ = process.communicate(timeout=30)
    assert output == b"cleaned\n"
    # The first process of the hook is ended by the signal.
    assert process.returncode in (-number, 1, 3)
    assert trace(here).has_end


@pytest.mark.exhaustive
@pytest.mark.parametrize("most", [*range(8, 24), 64])
def test_few_descriptors(here: Path, most: int) -> None:
    code = f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({most}, {most}))\n"
    command = supervise(here / "log", ["sh", "-c", LISTS])
    at = command.index("-c") + 1
    command[at] = code + command[at]
    done = subprocess.run(command, cwd=here, capture_output=True, check=False, timeout=60)
    did = trace(here)
    if done.returncode:
        # Either it could not begin, or it needs as many without the supervisor.
        assert not did.has_end or most < 16
    else:
        assert (here / "all").read_bytes() == 8 * listing()


def test_what_started_it_has_blocked_all_signals(here: Path) -> None:
    old = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        with started(here, "ls / >x") as process:
            process.communicate(timeout=10)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)
    assert process.returncode == 0
    assert trace(here).has_end


def test_the_log_has_no_room(here: Path) -> None:
    (here / "log").symlink_to("/dev/full")
    with started(here) as process:
        output, _ = process.communicate(timeout=30)
    assert (process.returncode, output) == (0, b"done\n")


def test_the_log_cannot_be_made(here: Path) -> None:
    (here / "log").mkdir()
    with started(here) as process:
        assert process.wait(30) == 1
        assert process.stdout is not None
        assert process.stdout.read() == b""


@pytest.mark.exhaustive
def test_without_input_and_output(here: Path) -> None:
    command = supervise(here / "log", ["sh", "-c", "ls / >x 2>y </dev/null"])
    script = 'exec "$@" <&- >&- 2>&-'
    done = subprocess.run(["sh", "-c", script, "sh", *command], cwd=here, check=False, timeout=60)
    assert done.returncode == 0
    assert trace(here).problems == ()
    assert (here / "x").read_bytes()


@pytest.mark.exhaustive
def test_without_proc(here: Path) -> None:
    if os.geteuid() or shutil.which("unshare") is None:
        pytest.skip("only the administrator can hide /proc")
    command = supervise(here / "log", ["sh", "-c", LISTS])
    hide = 'mount -t tmpfs none /proc && exec "$@"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", hide, "sh", *command],
        cwd=here,
        check=False,
        timeout=60,
        capture_output=True,
    )
    assert b"not followed: " in done.stderr


def test_the_exit_code_is_that_of_the_hook(here: Path) -> None:
    for script, code in (("exit 7", 7), ("kill -9 $PPID; sleep 0.2", -9), ("kill -15 $PPID", -15)):
        with started(here, script) as process:
            assert process.wait(30) == code
        assert trace(here).has_end
