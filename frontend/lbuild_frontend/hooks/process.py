"""The hook process: started in a session of its own, stopped together with all it started."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_GRACE_PERIOD = 5
"""Seconds that a hook process has to end by itself when lbuild is interrupted."""

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
) -> None:
    """Run a hook process to its end, with nothing on its standard input.

    If waiting is interrupted, the process and all that it started are stopped first.

    Args:
        cwd: the current folder of the process; None for that of lbuild.
        environ: all environment variables of the process.
        output: the file to write its output and errors to; None for lbuild's standard error.
        inherited: descriptors that stay open in the process (not on Windows).

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
            code = process.wait()
        except BaseException:
            _stop(process)
            raise
    if code:
        raise subprocess.CalledProcessError(code, command)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask a hook process to end, then kill what is left of it and of all that it started."""
    if os.name == "nt":
        process.terminate()
        process.wait()
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_PERIOD)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
