"""A process that has imported lbuild and forks for each command; ``fork_server`` starts it.

It imports what commands import, and runs nothing. Each child becomes what a new process would be
that runs a script: with the folder, variables, arguments and streams that it is given, and no more.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
import threading
import time
from typing import Any

OTHERS = (
    *("encodings.cp437", "filelock", "packaging.metadata", "pathspec", "platformdirs"),
    *("pyproject_hooks", "rich.console", "rich.text", "typer.rich_utils", "uv", "venv"),
)
"""What lbuild imports where it is used. Not GitPython, which runs git when it is imported."""


class Noting(type(os.environ)):  # type: ignore[misc]  no stub has its type
    """Notes which variables are read, because they may decide how a module behaves later."""

    noted: set[str] = set()  # noqa: RUF012  an instance is made of what os.environ is already

    def __getitem__(self, name: str) -> str:
        self.noted.add(name)
        return str(super().__getitem__(name))

    def __iter__(self) -> Any:
        raise AssertionError("a module asks for all variables when it is imported: leave it out")


def prepare() -> set[str]:
    """Import everything; return the names of the variables that were read meanwhile."""
    kind = type(os.environ)
    os.environ.__class__ = Noting
    import typer

    import lbuild_frontend
    import lbuild_keys
    from lbuild_keys.observe import files

    files.GRANULARITY = 20_000_000  # as in ``run_lbuild``, before other modules take it from there
    for package in (lbuild_frontend, lbuild_keys):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    for name in OTHERS:
        importlib.import_module(name)
    typer.main.get_command(lbuild_frontend.cli.app.app).make_context("lbuild", ["status"])  # parses
    os.environ.__class__ = kind
    gc.collect()
    gc.freeze()  # a collection would copy the pages that parent and children share
    return Noting.noted


def serve(control: socket.socket) -> list[int]:
    """Fork when asked. Returns in the children only, with the descriptors that came along.

    They are: a file with the request, standard output and error, and where the server writes what
    has become of the child (``os.waitpid``).
    """
    awake, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(awake, select.POLLIN)
    replies: dict[int, int] = {}
    while True:
        ready = {descriptor for descriptor, _ in poll.poll()}
        if awake in ready:
            os.read(awake, 1000)
            reap(replies)
        if control.fileno() in ready:
            _, descriptors, _, _ = socket.recv_fds(control, 1, 4)
            if not descriptors:  # the process that asked is gone
                for child in replies:
                    os.kill(child, signal.SIGKILL)
                sys.exit()
            child = os.fork()
            if child == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                control.detach()
                return descriptors
            *others, replies[child] = descriptors
            for descriptor in others:
                os.close(descriptor)


def reap(replies: dict[int, int]) -> None:
    """Report how the children have ended that have."""
    while replies:
        child, status = os.waitpid(-1, os.WNOHANG)
        if child == 0:
            break
        reply = replies.pop(child)
        with contextlib.suppress(BrokenPipeError):  # the process that asked may not have waited
            os.write(reply, str(status).encode())
        os.close(reply)


def become(request: dict[str, Any], stdout: int, stderr: int) -> None:
    """Become the process that was asked for, but do not run its script yet."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    time.tzset()
    sys.argv[:] = request["argv"]
    sys.modules["lbuild_frontend.replay"]._STARTED = time.perf_counter()  # type: ignore[attr-defined]  # noqa: SLF001


def ended() -> int:
    """Run the script as Python does, to its exit code.

    Left out is that all modules are torn down, which takes longer than all the rest.
    """
    code: object = None
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as error:
        code = error.code
        if not (code is None or isinstance(code, int)):
            sys.stderr.write(f"{code}\n")
            code = 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001
    atexit._run_exitfuncs()  # noqa: SLF001
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = 120
    return code or 0


def main() -> None:
    """Serve; and in each child, run the script that was asked for."""
    names = prepare()
    sys.stdout.write(f"{json.dumps(sorted(names))}\n")
    sys.stdout.flush()
    request, stdout, stderr, _ = serve(socket.socket(fileno=0))
    with open(request, closefd=False) as file:
        become(json.load(file), stdout, stderr)
    os._exit(ended())


if __name__ == "__main__":
    main()
