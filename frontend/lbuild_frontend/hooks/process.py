"""The hook process: started in a session of its own, stopped together with all it started."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lbuild_frontend import processes

_GRACE_PERIOD = 5
"""Seconds that a hook process has to end by itself when lbuild is interrupted."""

_GRACE_PERIOD_OF_OTHERS = 1
"""Seconds that the processes that it started have, once it has ended."""

_PAUSE = 0.02
"""Seconds between two looks at them."""

# A process group of its own, so that all processes that the hook started can be stopped with it.
# And a session of its own: a background group that reads from the terminal (ssh asks for a
# passphrase) would be stopped, and never continue. In a new session it finds no terminal.
_OWN_GROUP: Mapping[str, Any] = (
    {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    if os.name == "nt"
    else {"start_new_session": True}
)


def run(
    command: Sequence[str],
    cwd: str | None,
    environ: Mapping[str, str],
    output: Path | None,
    inherited: Sequence[int],
    meanwhile: Callable[[], object] = lambda: None,
) -> None:
    """Run a hook process to its end, with nothing on its standard input.

    If waiting is interrupted, the process and all that it started are stopped first.

    Args:
        cwd: the current folder of the process; None for that of lbuild.
        environ: all environment variables of the process.
        output: the file to write its output and errors to; None for lbuild's standard error.
        inherited: descriptors that stay open in the process (not on Windows).
        meanwhile: is called while the process runs.

    Raises:
        subprocess.CalledProcessError: if the exit code is not 0.
        OSError: if the process cannot be started.
    """
    with contextlib.ExitStack() as stack:
        sink = sys.stderr if output is None else stack.enter_context(output.open("wb"))
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT if output is not None else sink,
            pass_fds=() if os.name == "nt" else inherited,
            **_OWN_GROUP,
        )
        try:
            meanwhile()
            code = process.wait()
        except BaseException:
            _stop(process)
            raise
    if os.name != "nt" and code == -signal.SIGKILL:
        _kill_others(process.pid)  # nobody would end what a process that was killed has started
    if code:
        raise subprocess.CalledProcessError(code, command)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask a hook process to end, then kill what is left of it and of all that it started.

    Whoever asks a second time (Ctrl-C) does not want to wait for that.
    """
    if os.name == "nt":
        process.terminate()
        process.wait()
        return
    try:
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            _send(process.pid, signal.SIGTERM)
            _send(process.pid, signal.SIGCONT)  # one that is suspended could not end
            process.wait(_GRACE_PERIOD)
            for _ in _while_there_are_others(process.pid):
                pass  # compilers remove their temporary files
    finally:
        _send(process.pid, signal.SIGKILL)
        process.wait()
        _kill_others(process.pid)  # one may have started another just before


def _kill_others(session: int) -> None:
    for _ in _while_there_are_others(session):
        _send(session, signal.SIGKILL)


def _while_there_are_others(session: int) -> Iterator[None]:
    end = time.monotonic() + _GRACE_PERIOD_OF_OTHERS
    while processes.in_session(session) and time.monotonic() < end:
        yield
        time.sleep(_PAUSE)


def _send(session: int, number: int) -> None:
    """Send a signal to a hook process and to all processes in its session.

    Not only to its process group: ninja and shells give each program a group of its own.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: a process has ended
        os.killpg(session, number)
    for each in processes.in_session(session):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(each, number)
