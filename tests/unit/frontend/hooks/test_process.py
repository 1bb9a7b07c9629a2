"""The hook process: what it gets, and that it is stopped with all that it started."""

import os
import select
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lbuild_frontend.errors import BuildFailed
from lbuild_frontend.hooks import process
from support.made_up_backend import build


@pytest.fixture
def typed() -> Iterator[None]:
    """Let something wait at this process's standard input."""
    before, (reading, writing) = os.dup(0), os.pipe()
    os.write(writing, b"typed")
    os.close(writing)
    os.dup2(reading, 0)
    yield
    os.dup2(before, 0)
    os.close(before)
    os.close(reading)


@pytest.mark.usefixtures("typed")
def test_it_has_no_input_and_its_output_is_kept_for_failures(
    root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = "print('said', repr(sys.stdin.read()), flush=True); os.system('echo child >&2')"
    with pytest.raises(BuildFailed) as caught:
        build(root, f"{code}\nraise ValueError")
    assert caught.value.output.startswith("said ''\nchild\n")
    build(root, code)
    assert capfd.readouterr() == ("", "")
    build(root, code, echo=True)
    assert capfd.readouterr() == ("", "said ''\nchild\n")


def test_it_has_the_environment_that_it_is_given(root: Path) -> None:
    environ = {**os.environ, "MARK": "é"}
    value = build(root, "return dict(os.environ)", environ=environ).value
    own = {name for name in value if name.startswith("_PYPROJECT_HOOKS")}
    # So that no Python that it runs leaves bytecode in the project.
    environ["PYTHONDONTWRITEBYTECODE"] = "1"
    assert {name: value[name] for name in value.keys() - own} == environ


def test_something_can_be_done_while_it_runs(tmp_path: Path) -> None:
    """The hook waits for it, so that a call after the end would never come."""
    os.mkfifo(tmp_path / "pipe")
    command = [sys.executable, "-c", "print(open('pipe').read())"]

    def meanwhile() -> None:
        (tmp_path / "pipe").write_text("done")

    process.run(command, str(tmp_path), os.environ, tmp_path / "output", (), meanwhile)
    assert (tmp_path / "output").read_text() == "done\n"


def test_it_is_stopped_if_what_is_done_meanwhile_fails(tmp_path: Path) -> None:
    code = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
    command = [sys.executable, "-c", code]

    def meanwhile() -> None:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.01)
        raise ImportError

    with pytest.raises(ImportError):
        process.run(command, str(tmp_path), os.environ, tmp_path / "output", (), meanwhile)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


IGNORING = """
    import os, signal, sys, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.fork()
    os.write(int(sys.argv[1]), b"x")
    time.sleep(30)
    os.write(int(sys.argv[1]), b"not stopped")
"""
"""Two processes that write to a pipe and hold it open; and write again if they are not stopped."""


@pytest.mark.skipif(os.name == "nt", reason="there are no signals to ignore")
def test_it_is_stopped_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    wait = subprocess.Popen.wait

    def interrupted(_process: "subprocess.Popen[bytes]") -> int:
        os.close(writing)
        assert os.read(reading, 1) + os.read(reading, 1) == b"xx"
        monkeypatch.setattr(subprocess.Popen, "wait", wait)
        raise KeyboardInterrupt

    monkeypatch.setattr(process, "_GRACE_PERIOD", 0.1)
    monkeypatch.setattr(subprocess.Popen, "wait", interrupted)
    command = [sys.executable, "-c", textwrap.dedent(IGNORING), str(writing)]
    with pytest.raises(KeyboardInterrupt):
        process.run(command, None, os.environ, tmp_path / "output", (writing,))
    ready, _, _ = select.select([reading], [], [], 30)
    assert ready, "a process holds it open"
    assert os.read(reading, 1) == b""
    os.close(reading)


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals")
def test_it_is_stopped_at_once_when_that_is_asked_for_twice_and_while_it_is_suspended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait, left = subprocess.Popen.wait, ["first", "second"]

    def interrupted(running: "subprocess.Popen[bytes]", timeout: float | None = None) -> int:
        if not left:
            return wait(running, timeout)
        if left.pop() == "first":
            os.kill(running.pid, signal.SIGSTOP)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "wait", interrupted)
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(KeyboardInterrupt):
        process.run(command, None, os.environ, tmp_path / "output", ())
    assert left == []


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals")
def test_one_that_is_suspended_can_end_by_itself(tmp_path: Path) -> None:
    code = """
        import os, signal, sys, time
        def end(*_):
            open("ended", "w").close()
            sys.exit()
        signal.signal(signal.SIGTERM, end)
        os.kill(os.getppid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(60)
    """
    with pytest.raises(KeyboardInterrupt):
        process.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            str(tmp_path),
            os.environ,
            tmp_path / "output",
            (),
        )
    assert (tmp_path / "ended").exists()
