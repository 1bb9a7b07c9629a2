"""Runs a command below the supervisor, and sees to it that the kernel is always answered.

If nobody answered, every parked call would fail, and a compiler would make something from half of
its files. So three processes have the listener. The supervisor records what it sees. The guardian
is above it and waits; if the supervisor is killed, it lets all calls go on: the log has no end, and
the build is not disturbed. The keeper does so when the guardian has ended, for what outlives the
build; it holds nothing else.
"""

import contextlib
import ctypes
import fcntl
import gc
import os
import select
import signal
import socket
import sys
from typing import Final, NoReturn

from lbuild_frontend.linux import bpf, notifications, numbers
from lbuild_frontend.linux.notifications import Notifications
from lbuild_frontend.process_tracing import supervisor
from lbuild_frontend.process_tracing.descendants import end_descendants
from lbuild_frontend.process_tracing.link import Link

_PR_SET_CHILD_SUBREAPER = 36

_FAILED: Final = 1


def main() -> NoReturn:
    """Run ``LOG COMMAND...`` and end as the command ends."""
    log, *command = sys.argv[1:]
    gc.disable()  # everything that is made here is kept to the end, or has no cycles
    usual = {number: signal.signal(number, signal.SIG_IGN) for number in supervisor.IGNORED}
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    requests, of_hook = socket.socketpair()
    link, other = Link.pair()
    last = notifications.shared_memory()
    child = os.fork()
    if not child:
        requests.close()
        link.socket.close()
        supervisor.run(log, command, other, of_hook, usual, last)
    of_hook.close()
    other.socket.close()
    code = _Guardian(requests, link, last).run()
    with contextlib.suppress(ChildProcessError):
        os.waitpid(child, 0)  # it ends just now
    if code < 0:
        with contextlib.suppress(OSError):  # SIGKILL has no other effect than this
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code if code >= 0 else 128 - code)


class _Guardian:
    """Waits for the end of the hook process.

    Args:
        requests: the socket by which the hook process asks for the filter.
        link: to the supervisor.
        last: shared with it, see ``Notifications``.
    """

    def __init__(self, requests: socket.socket, link: Link, last: "memoryview[int]") -> None:
        self._notifications = Notifications(last)
        self._requests = requests
        self._link = link
        self._architecture = numbers.architecture()
        self._poll = select.poll()
        self._listener: int | None = None
        self._hook: int | None = None
        self._code: int | None = None
        self._is_alone = False

    def run(self) -> int:
        """Return the exit code of the hook process, negative if a signal ended it."""
        wake, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, supervisor.AWAITED)
        for each in (wake, self._requests, self._link.socket):
            self._poll.register(each, select.POLLIN)
        while self._code is None or not self._is_alone:
            for descriptor, event in self._poll.poll():
                if descriptor == self._link.socket.fileno():
                    self._hear()
                elif descriptor == self._requests.fileno():
                    self._serve()
                elif descriptor == wake:
                    os.read(wake, 4096)
                    self._reap()
                else:
                    self._answer(descriptor, event)
        return self._code

    def _serve(self) -> None:
        """Give the hook process the filter, and take its listener."""
        request, descriptors, _flags, _address = socket.recv_fds(self._requests, 1, 1)
        if request == b"?":
            program = b"" if self._architecture is None else bpf.program(self._architecture)
            self._requests.sendall(len(program).to_bytes(4, "little") + program)
        elif descriptors:
            self._listen(descriptors[0])
        elif request:
            _give_up()  # there was no room for the descriptor, here or there: nobody can answer
        else:
            self._poll.unregister(self._requests)  # the hook process asks for no more

    def _listen(self, listener: int) -> None:
        os.set_inheritable(listener, False)
        notifications.prepare(listener)
        self._listener = listener
        self._poll.register(listener, select.POLLIN)
        self._leave_keeper(listener)
        with contextlib.suppress(OSError):  # the hook process was killed
            self._requests.sendall(b"!")

    def _answer(self, listener: int, event: int) -> None:
        if not event & select.POLLIN:  # no process has this filter any more
            self._poll.unregister(listener)
        elif self._is_alone:
            self._notifications.let_next_go_on(listener)
        else:
            # With the first call it is known from which number on the kernel counts.
            if self._notifications.take(listener):
                self._poll.unregister(listener)
                self._link.give(listener, bytes(self._notifications.parked))

    def _hear(self) -> None:
        """Take what the supervisor says."""
        kind, value = self._link.hear()
        if kind == "hook":
            self._hook = value
        elif kind == "code":
            self._code = value
        else:
            self._poll.unregister(self._link.socket)  # it has ended
            self._is_alone = True
            if self._code is None:
                if self._hook is None:
                    _give_up()
                self._go_on_alone()

    def _go_on_alone(self) -> None:
        """Do without the supervisor: that was killed."""
        if self._listener is not None:
            self._notifications.let_last_go_on(self._listener)
            self._poll.register(self._listener, select.POLLIN)
        self._reap()

    def _reap(self) -> None:
        """Wait for all that has ended. Without the supervisor, the hook process is a child."""
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self._hook and self._code is None:
                    self._code = os.waitstatus_to_exitcode(ended[1])

    def _leave_keeper(self, listener: int) -> None:
        """Start a process that waits until this one has ended, and then answers in its place."""
        waits, _lives = os.pipe2(os.O_CLOEXEC)
        if os.fork():
            os.close(waits)
            return  # the other end is open until this process ends
        try:
            signal.set_wakeup_fd(-1)
            os.setsid()
            os.chdir("/")
            null = os.open(os.devnull, os.O_RDWR)
            for place, descriptor in enumerate(_beyond((null, null, null, listener, waits))):
                os.dup2(descriptor, place)
            os.closerange(5, os.sysconf("SC_OPEN_MAX"))
            os.read(4, 1)
            self._notifications.let_last_go_on(3)
            poll = select.poll()
            poll.register(3, select.POLLIN)
            while poll.poll()[0][1] & select.POLLIN:
                self._notifications.let_next_go_on(3)
        finally:
            os._exit(0)


def _give_up() -> NoReturn:
    """End all, before any of it does something wrong."""
    end_descendants()
    os._exit(_FAILED)


def _beyond(descriptors: tuple[int, ...]) -> list[int]:
    """Return copies whose numbers are none of the first ones, to which they will be copied."""
    return [fcntl.fcntl(one, fcntl.F_DUPFD, len(descriptors)) for one in descriptors]
