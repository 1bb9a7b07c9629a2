"""Runs commands below the supervisor, with the filter installed from their beginning."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lbuild_frontend.hooks import supervised
from lbuild_keys.tracing import process_trace
from lbuild_keys.tracing.process_trace import ProcessTrace, Program

_SOURCES = str(Path(supervised.__file__).parents[2])

LAUNCHER = """
import os, sys
sys.path.append(sys.argv.pop(1))
from lbuild_frontend.in_process import follow
descriptor = int(os.environ.pop(follow.SUPERVISOR))
os.set_inheritable(descriptor, False)
problem = follow.start(descriptor)
if problem:
    sys.exit("not followed: " + problem)
os.path.exists(follow.BEGINNING)
{code}
os.path.exists(follow.END)
sys.exit(status)
"""
"""What the hook process does. It is program 0."""

RUN = """
child = os.fork()
if not child:
    try:
        os.execvp(sys.argv[1], sys.argv[1:])
    finally:
        os._exit(127)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""


@dataclass(frozen=True)
class Followed:
    """What a command that was followed did.

    Attributes:
        code: its exit code.
        output: what it printed.
        trace: what the supervisor saw.
    """

    code: int
    output: bytes
    trace: ProcessTrace

    def letters(self, path: str | os.PathLike[str]) -> str:
        """How a path was used, in order, by the letters of the log: capital if it was not there."""
        path = os.fspath(path)
        return "".join(
            _LETTERS[one.access] if one.found or one.access in _WRITING
            else _LETTERS[one.access].upper()
            for one in self.trace.accesses
            if one.path == path
        )  # fmt: skip

    def program(self, name: str) -> Program:
        """The only program of a name."""
        (found,) = (one for one in self.trace.programs.values() if one.name == name)
        return found


_WRITING = ("written", "added to", "made", "listed")
_LETTERS = {
    "read": "r",
    "written": "w",
    "added to": "a",
    "made": "m",
    "listed": "l",
    "looked at": "s",
}


def supervise(
    log: Path, command: Sequence[str], code: str = RUN, python: str = sys.executable
) -> list[str]:
    """Return the command that runs another one below the supervisor."""
    launch = LAUNCHER.format(code=code)
    return supervised.command([python, "-ISc", launch, _SOURCES, *command], log)


def follow(
    folder: Path,
    command: Sequence[str | os.PathLike[str]] = (),
    code: str = RUN,
    environ: Mapping[str, str] | None = None,
) -> Followed:
    """Run a command in a folder; what it prints is part of what is returned.

    Args:
        folder: the current folder.
        command: the command; or further words for the code.
        code: what the hook process does, Python that sets ``status``.
        environ: all variables; None for those of this process.
    """
    log = folder.parent / f"{folder.name}.log"
    done = subprocess.run(
        supervise(log, [os.fspath(word) for word in command], code),
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=120,
    )
    trace = process_trace.parse(log.read_bytes())
    return Followed(done.returncode, done.stdout + done.stderr, trace)


def compiled(folder: Path, source: str, name: str, *options: str) -> Path:
    """Compile a C program, with gcc."""
    file, program = folder / f"{name}.c", folder / name
    file.write_text(source, "utf-8")
    subprocess.run(
        ["gcc", "-O1", "-w", "-o", str(program), str(file), *options], check=True, timeout=60
    )
    return program
