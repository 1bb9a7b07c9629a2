"""Runs a command, and answers the kernel until all processes that it started have ended.

The supervisor is a process of its own, above the hook process: some systems let a process read the
memory of its descendants only (Yama). It waits until the hook process asks for the filter, which it
does before it runs a first program (``in_process.follow``). If the supervisor died, every parked
call would fail: so it ignores the signals by which a build is interrupted, and ends when the last
process has ended.
"""

import contextlib
import ctypes
import fcntl
import gc
import os
import select
import signal
import socket
import struct
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from lbuild_frontend.in_process.follow import BEGINNING, END, SUPERVISOR
from lbuild_frontend.process_tracing import bpf, calls
from lbuild_frontend.process_tracing.calls import Architecture
from lbuild_frontend.process_tracing.decoder import Decoder
from lbuild_frontend.process_tracing.images import Images
from lbuild_frontend.process_tracing.journal import Journal
from lbuild_frontend.process_tracing.ledger import Ledger

_CANARIES = frozenset({BEGINNING, END})

_PATIENCE = 1000
"""Milliseconds that processes may outlive the hook process. A daemon stays longer."""

_PR_SET_CHILD_SUBREAPER = 36
_RECEIVE, _SEND, _SET_FLAGS = 0xC0502100, 0xC0182101, 0x40082104
"""SECCOMP_IOCTL_NOTIF_RECV, _SEND and _SET_FLAGS (linux/seccomp.h)."""
_SYNC_WAKE_UP = 1
_CONTINUE = 1

_NOTIFICATION = struct.Struct("<QIIiIQ6Q")
_ANSWER = struct.Struct("<QqiI")
_NOTHING = bytes(_NOTIFICATION.size)


def main() -> NoReturn:
    """Run ``LOG COMMAND...`` and end as the command ends."""
    log, *command = sys.argv[1:]
    gc.disable()  # everything that is made here is kept to the end, or has no cycles
    journal = Journal(log)
    code = Supervisor(journal).run(command)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code if code >= 0 else 128 - code)


class Supervisor:
    """Runs one command.

    Args:
        journal: where everything is recorded.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._architecture = calls.architecture()
        self._poll = select.poll()
        self._listeners: set[int] = set()
        self._calls = 0
        self._buffer = bytearray(_NOTIFICATION.size)
        self._ledger = Ledger(journal, _CANARIES)
        self._decoder: Decoder | None = None

    def run(self, command: Sequence[str]) -> int:
        """Run a command to its end, and answer for it; return its exit code.

        A negative one is the number of the signal by which it ended.
        """
        ours, theirs = socket.socketpair()
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        wake, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        for number in usual:
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        child = os.fork()
        if not child:
            _become(command, theirs, usual)
        theirs.close()
        self._poll.register(ours, select.POLLIN)
        self._poll.register(wake, select.POLLIN)
        code: int | None = None
        while code is None or self._listeners:
            ready = self._poll.poll(None if code is None else _PATIENCE)
            if not ready:
                self._journal.problem("a process outlived the hook")
                break
            for descriptor, event in ready:
                if descriptor == wake:
                    os.read(wake, 4096)
                    code = _reap(child, code)
                elif descriptor == ours.fileno():
                    self._serve(ours, child)
                elif event & select.POLLIN:
                    self._answer(descriptor)
                else:
                    self._forget(descriptor)
        if self._decoder is not None and self._ledger.heard != _CANARIES:
            self._journal.problem("the hook process was not heard from its beginning to its end")
        self._journal.end(self._calls)
        for listener in self._listeners:
            _keep_answering(listener)
        return 1 if code is None else code

    def _serve(self, ours: socket.socket, child: int) -> None:
        """Give the hook process the filter, and take its listener."""
        request, descriptors, _flags, _address = socket.recv_fds(ours, 1, 1)
        if not request:
            self._poll.unregister(ours)  # the hook process has ended
        elif self._architecture is None:
            ours.sendall(bytes(4))
        elif descriptors:
            self._listen(descriptors[0], self._architecture, child)
            ours.sendall(b"!")
        else:
            program = bpf.program(self._architecture)
            ours.sendall(len(program).to_bytes(4, "little") + program)

    def _listen(self, listener: int, architecture: Architecture, child: int) -> None:
        with contextlib.suppress(OSError):  # since Linux 6.6
            fcntl.ioctl(listener, _SET_FLAGS, _SYNC_WAKE_UP)
        os.set_inheritable(listener, False)
        self._poll.register(listener, select.POLLIN)
        self._listeners.add(listener)
        images = Images(self._journal, child)
        self._decoder = Decoder(architecture, self._journal, images, self._ledger)

    def _answer(self, listener: int) -> None:
        """Take one call, record it, and let it go on."""
        buffer = self._buffer
        buffer[:] = _NOTHING
        try:
            fcntl.ioctl(listener, _RECEIVE, buffer, True)
        except OSError:
            return  # ENOENT: the thread was killed; else it is parked, and taken the next time
        identity, thread, _flags, number, audit, _at, *arguments = _NOTIFICATION.unpack(buffer)
        self._calls += 1
        try:
            if self._decoder is not None:
                self._decoder.decode(thread, audit, number, arguments)
        except Exception as error:
            self._journal.problem(f"a system call could not be understood ({error!r})")
        with contextlib.suppress(OSError):  # ENOENT: the thread was killed
            fcntl.ioctl(listener, _SEND, _ANSWER.pack(identity, 0, 0, _CONTINUE))

    def _forget(self, listener: int) -> None:
        """No process has this filter any more."""
        self._poll.unregister(listener)
        self._listeners.discard(listener)
        os.close(listener)


def _become(
    command: Sequence[str], theirs: socket.socket, usual: Mapping[signal.Signals, Any]
) -> NoReturn:
    """Run the command in this process, which was just forked."""
    try:
        for number, handler in usual.items():
            signal.signal(number, handler)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        theirs.set_inheritable(True)
        environ = {**os.environ, SUPERVISOR: str(theirs.fileno())}
        os.execvpe(command[0], list(command), environ)  # noqa: S606  it is to replace this process
    except BaseException as error:
        os.write(2, os.fsencode(f"{command[0]}: {error}\n"))
    finally:
        os._exit(127)


def _reap(child: int, code: int | None) -> int | None:
    """Wait for all that has ended; return the exit code of the command, if it is known."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if not pid:
            return code
        if pid == child:
            code = os.waitstatus_to_exitcode(status)


def _keep_answering(listener: int) -> None:
    """Answer for what outlives the hook, in a process that holds nothing else."""
    if os.fork():
        return
    try:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(null, stream)
        os.dup2(listener, 3)
        os.closerange(4, os.sysconf("SC_OPEN_MAX"))
        buffer = bytearray(_NOTIFICATION.size)
        poll = select.poll()
        poll.register(3, select.POLLIN)
        while poll.poll()[0][1] & select.POLLIN:
            buffer[:] = _NOTHING
            with contextlib.suppress(OSError):
                fcntl.ioctl(3, _RECEIVE, buffer, True)
                (identity,) = struct.unpack_from("<Q", buffer)
                fcntl.ioctl(3, _SEND, _ANSWER.pack(identity, 0, 0, _CONTINUE))
    finally:
        os._exit(0)
