"""Runs a command, and records what all processes do that it starts, until they have ended.

The supervisor is a process of its own, above the hook process: some systems let a process read the
memory of its descendants only (Yama). It waits until the hook process asks for the filter, which it
does before it runs a first program (``in_process.follow``).
"""

import contextlib
import ctypes
import os
import select
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from lbuild_frontend.in_process.follow import BEGINNING, END, SUPERVISOR
from lbuild_frontend.linux import numbers
from lbuild_frontend.linux.notifications import Notifications, unpacked
from lbuild_frontend.process_tracing.decoder import Decoder
from lbuild_frontend.process_tracing.descendants import end_descendants
from lbuild_frontend.process_tracing.images import Images
from lbuild_frontend.process_tracing.journal import Journal
from lbuild_frontend.process_tracing.ledger import Ledger
from lbuild_frontend.process_tracing.link import Link
from lbuild_frontend.process_tracing.plain_calls import PlainCalls

IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""The signals by which a build is interrupted: it may need files to clean up."""

AWAITED = (signal.SIGCHLD, signal.SIGALRM)
"""The signals that end a wait. What started lbuild may have blocked them."""

_CANARIES = frozenset({BEGINNING, END})

_PATIENCE = 1.0
"""Seconds that processes may outlive the hook process. A daemon stays longer."""

_LONGEST_WAIT = 0.05
"""Seconds between two signals of a timer. To wait for calls only, without looking in between for
what else there is, saves one of four system calls."""

_PR_SET_CHILD_SUBREAPER = 36


def run(
    log: str,
    command: Sequence[str],
    link: Link,
    of_hook: socket.socket,
    usual: Mapping[signal.Signals, Any],
    last: "memoryview[int]",
) -> NoReturn:
    """Run a command to its end, and tell the guardian; in a process that was just forked.

    Args:
        log: the file to record to.
        command: of the hook process.
        link: to the guardian.
        of_hook: the socket by which the hook process asks for the filter.
        usual: what signals did that this process ignores.
        last: shared with the guardian, see ``Notifications``.
    """
    try:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        journal = Journal(log)
        child = os.fork()
        if not child:
            _become(command, of_hook, usual)
        of_hook.close()
        link.say("hook", child)
        _Supervisor(journal, link, child, last).run()
    except _Orphaned:
        end_descendants()
    finally:
        os._exit(0)


class _Orphaned(Exception):
    """The guardian was killed."""


class _Supervisor:
    """Waits for the end of the hook process, and of all that is followed.

    Args:
        journal: where everything is recorded.
        link: to the guardian.
        hook: the number of the hook process.
        last: shared with the guardian.
    """

    def __init__(self, journal: Journal, link: Link, hook: int, last: "memoryview[int]") -> None:
        self._journal = journal
        self._link = link
        self._hook = hook
        self._poll = select.poll()
        self._notifications = Notifications(last)
        self._listener: int | None = None
        self._calls = 0
        self._has_ended = False
        self._has_signal = False
        self._ledger = Ledger(journal, _CANARIES)
        self._decoder: Decoder | None = None
        self._plain: PlainCalls | None = None

    def run(self) -> None:
        """Wait until all have ended, and finish the log."""
        wake, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        for number in AWAITED:
            signal.signal(number, self._notice)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, AWAITED)
        self._poll.register(self._link.socket, select.POLLIN)
        self._poll.register(wake, select.POLLIN)
        self._reap()
        end = 0.0
        while not self._has_ended or self._listener is not None:
            if self._has_ended and not end:
                end = time.monotonic() + _PATIENCE
            rest = end - time.monotonic()
            if end and rest < 0:
                self._journal.problem("a process outlived the hook")
                break
            for descriptor, event in self._poll.poll(rest * 1000 if end else None):
                if descriptor == self._listener:
                    if event & select.POLLIN:
                        self._answer(descriptor)
                    else:  # no process has this filter any more
                        self._poll.unregister(descriptor)
                        self._listener = None
                elif descriptor == wake:
                    os.read(wake, 4096)
                    self._reap()
                else:
                    self._follow()
        if self._decoder is not None and self._ledger.heard != _CANARIES:
            self._journal.problem("the hook process was not heard from its beginning to its end")
        self._journal.end(self._calls)

    def _reap(self) -> None:
        """Wait for all that has ended; tell the code of the hook process."""
        with contextlib.suppress(ChildProcessError):
            ended = os.waitid(os.P_PID, self._hook, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is not None:
                by_itself = ended.si_code == os.CLD_EXITED
                self._link.say("code", ended.si_status if by_itself else -ended.si_status)
                self._has_ended = True
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass

    def _follow(self) -> None:
        """Take the listener from the guardian."""
        given, architecture = self._link.take(), numbers.architecture()
        if given is None or architecture is None:
            raise _Orphaned
        self._listener, first = given
        self._poll.register(self._listener, select.POLLIN)
        images = Images(self._journal, self._hook)
        self._decoder = Decoder(architecture, self._journal, images, self._ledger)
        self._plain = PlainCalls(architecture, images, self._ledger)
        signal.setitimer(signal.ITIMER_REAL, _LONGEST_WAIT, _LONGEST_WAIT)
        self._notifications.take_over(first)
        self._record(self._listener)

    def _answer(self, listener: int) -> None:
        """Answer calls until a signal comes: there may be something else to do."""
        self._has_signal = False
        while not self._has_signal and self._notifications.take(listener):
            self._record(listener)

    def _notice(self, *_: object) -> None:
        """Handle a signal."""
        self._has_signal = True
        if self._notifications.is_waiting:
            raise InterruptedError

    def _record(self, listener: int) -> None:
        """Record a call, and let it go on."""
        self._calls += 1
        try:
            parked = self._notifications.parked
            if self._plain is None or not self._plain.record(parked):
                self._decode(parked)
        except Exception as error:
            self._journal.problem(f"a system call could not be understood ({type(error).__name__})")
        self._notifications.let_go_on(listener)

    def _decode(self, parked: bytearray) -> None:
        if self._decoder is not None:
            _identity, thread, _flags, number, audit, _at, *arguments = unpacked(parked)
            self._decoder.decode(thread, audit, number, arguments)


def _become(
    command: Sequence[str], of_hook: socket.socket, usual: Mapping[signal.Signals, Any]
) -> NoReturn:
    """Run the command in this process, which was just forked."""
    try:
        for number, handler in usual.items():
            signal.signal(number, handler)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        of_hook.set_inheritable(True)
        environ = {**os.environ, SUPERVISOR: str(of_hook.fileno())}
        os.execvpe(command[0], list(command), environ)  # noqa: S606  it is to replace this process
    except BaseException as error:
        os.write(2, os.fsencode(f"{command[0]}: {error}\n"))
    finally:
        os._exit(127)
