"""The one place that turns errors, signals and closed streams into messages and exit codes.

Two more places know a part of this, because they run before it is imported: ``__main__`` ends an
interrupted start, and ``replay`` ends as this does when its output cannot be written.
"""

import contextlib
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from types import FrameType

from lbuild_frontend import processes
from lbuild_frontend.errors import (
    BrokenPipe,
    HungUp,
    Interrupted,
    LbuildError,
    Stopped,
)
from lbuild_frontend.model.request import Color
from lbuild_frontend.output.terminal import Terminal


def run(level: int, color: Color, command: Callable[[Terminal], int]) -> int:
    """Run a command.

    Args:
        level: how much is printed, see ``Terminal``.
        color: as given to ``--color``, see ``look.look_of``.
        command: prints, and returns an exit code.

    Returns:
        The exit code of the process.
    """
    terminal = Terminal(level, color)
    with _signals_handled():
        try:
            return command(terminal)
        except BrokenPipe as error:
            return error.exit_code
        except LbuildError as error:
            terminal.error(error)
            return error.exit_code


def attempt(
    terminal: Terminal, step: Callable[[], None], *, when_interrupted: str
) -> LbuildError | None:
    """Do a step of a command; print its error and return it, if there is one.

    Args:
        terminal: where it is printed.
        step: what is done.
        when_interrupted: what the user should know then, as a clause.

    Raises:
        BrokenPipe: if nobody reads the output any more.
    """
    found: LbuildError | None = None
    try:
        step()
    except KeyboardInterrupt as error:
        code = error.exit_code if isinstance(error, Interrupted) else Interrupted.exit_code
        found = Stopped(f"interrupted; {when_interrupted}", code)
    except LbuildError as error:
        found = error
    finally:
        terminal.rest()
    if found is not None:
        terminal.error(found)
    return found


@contextlib.contextmanager
def _signals_handled() -> Iterator[None]:
    """Let signals have their effect on all that a command starts; afterwards all is as before.

    SIGTERM and SIGHUP end it in order, as SIGINT does. SIGTSTP (Ctrl-Z) suspends it: the hook is in
    a session of its own, where the terminal does not reach it. A signal that is ignored stays so:
    ``nohup`` lets a command survive the end of its terminal.
    """
    ending = {signal.SIGTERM: Interrupted}
    if os.name != "nt":
        ending[signal.SIGHUP] = HungUp
    has_come = False
    begun = processes.now()

    def interrupt(number: int, _frame: FrameType | None) -> None:
        nonlocal has_come
        if has_come:  # bash and the system both send SIGHUP; what is ending already goes on to
            return
        has_come = True
        found = _pause_all(begun)
        _send(found, signal.SIGTERM)
        _send(found, signal.SIGCONT)
        raise ending[signal.Signals(number)]

    def suspend(number: int, _frame: FrameType | None) -> None:
        found = _pause_all(begun)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)  # this returns when the command is continued
        signal.signal(number, suspend)
        _send(found, signal.SIGCONT)

    handlers = dict.fromkeys(ending, interrupt)
    if os.name != "nt":
        handlers[signal.SIGTSTP] = suspend
    with contextlib.ExitStack() as stack:
        for each, handler in handlers.items():
            before = signal.getsignal(each)
            if before != signal.SIG_IGN:
                signal.signal(each, handler)
                # None: it was set by code that is not Python's, and cannot be set again from here.
                restored = signal.SIG_DFL if before is None else before
                stack.callback(signal.signal, each, restored)
        yield


def _pause_all(begun: float) -> set[int]:
    """Pause all that this command has started, down to the compilers; return the processes.

    pip, for example, starts processes of its own; nobody would know them once pip has ended. And a
    process that ended while it started another would leave that behind, unseen.
    """
    found: set[int] = set()
    while new := set(processes.descendants(os.getpid(), begun)) - found:
        found |= new
        _send(new, signal.SIGSTOP)
    return found


def _send(numbers: Iterable[int], what: signal.Signals) -> None:
    for number in numbers:
        with contextlib.suppress(OSError):  # it has ended
            os.kill(number, what)
