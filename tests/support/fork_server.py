"""Runs lbuild in processes that are forked from one that has imported it.

Starting Python and importing lbuild takes longer than most commands of tests do. A forked process
is a process of its own, which prints and ends as any other; it only has nothing left to import.
"""

import contextlib
import json
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

PYTHON = (sys.executable, "-P")
"""How the processes are started that forked ones replace."""

_AT_START = ("LANG", "LC_", "LD_", "MALLOC_", "PYTHON")
"""How the names of variables begin that Python and the C library read when a process starts."""

_HARMLESS = frozenset({"HOME"})
"""Read by ``sysconfig``, for a folder of packages that virtual environments do not have."""

_DONE_AFTERWARDS = frozenset({"PYTHONDONTWRITEBYTECODE"})
"""What Python does by it, but for ``sys.flags``, can be done in a process that has started."""


@dataclass(frozen=True, slots=True)
class ForkServer:
    """A process to fork from.

    Attributes:
        control: the socket by which it is asked.
        started_with: the variables that it has.
        read: the names of those that were read while it imported lbuild.
    """

    control: socket.socket
    started_with: Mapping[str, str]
    read: frozenset[str]

    def stands_for(self, command: Sequence[str], env: Mapping[str, str]) -> bool:
        """Whether a new process would have started, and imported lbuild, as this one has."""
        same = self._deciding(env) == self._deciding(self.started_with)
        return same and tuple(command[: len(PYTHON)]) == PYTHON

    def _deciding(self, env: Mapping[str, str]) -> dict[str, str]:
        return {
            name: value
            for name, value in env.items()
            if (name.startswith(_AT_START) or name in self.read) and name not in _DONE_AFTERWARDS
        }

    def run(
        self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """The same as ``subprocess.run`` with output captured as text, and nothing to read.

        Raises:
            TimeoutError: if it takes longer than ``timeout`` seconds.
        """
        request = {"argv": command[len(PYTHON) :], "cwd": str(cwd), "env": dict(env)}
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(tempfile.TemporaryFile("w+"))
            json.dump(request, file)
            file.seek(0)
            pipes = [os.pipe() for _ in range(3)]
            readers = [stack.enter_context(FileIO(reader)) for reader, _ in pipes]
            writers = [writer for _, writer in pipes]
            socket.send_fds(self.control, [b"x"], [file.fileno(), *writers])
            for writer in writers:
                os.close(writer)
            stdout, stderr, status = _read(readers, time.monotonic() + timeout)
        returncode = os.waitstatus_to_exitcode(int(status))
        return subprocess.CompletedProcess(command, returncode, _text(stdout), _text(stderr))


@contextlib.contextmanager
def started() -> Iterator[ForkServer]:
    """Start a process to fork from, with the variables of this one."""
    ours, theirs = socket.socketpair()
    env = dict(os.environ)
    with theirs:
        process = subprocess.Popen(
            [*PYTHON, Path(__file__).with_name("fork_server_process.py")],
            env=env,
            stderr=subprocess.PIPE,
            stdin=theirs,
            stdout=subprocess.PIPE,
        )
    with process:
        assert process.stdout is not None
        with ours:  # to close it ends the process
            read = process.stdout.readline()
            assert read, process.communicate()[1].decode()
            yield ForkServer(ours, env, frozenset(json.loads(read)) - _HARMLESS)
        assert process.wait() == 0


def _read(readers: Sequence[FileIO], end: float) -> list[bytes]:
    """All that comes from each of them."""
    pieces: dict[int, list[bytes]] = {reader.fileno(): [] for reader in readers}
    with selectors.DefaultSelector() as selector:
        for reader in readers:
            selector.register(reader.fileno(), selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0, end - time.monotonic()))
            if not ready:
                raise TimeoutError
            for key, _ in ready:
                piece = os.read(key.fd, 65536)
                pieces[key.fd].append(piece)
                if not piece:
                    selector.unregister(key.fd)
    return [b"".join(pieces[reader.fileno()]) for reader in readers]


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape").replace("\r\n", "\n").replace("\r", "\n")
