"""Runs inside the hook process: records what the hook writes, distrusts the project's bytecode.

Started as ``python recorder.py LOG CONFIG SCRIPT [ARGUMENT]...``: it installs an audit hook (PEP
578), then runs SCRIPT in its own place, as if that had been started. Each path that is opened for
writing, created, renamed to or linked is appended to LOG, absolute, ended by a null byte. Forked
children inherit the hook and append to the same file.

Python trusts bytecode by its source's size and second of change, so that an edit may go unseen in
the same second, or where time stamps are put back. What is imported from anywhere but the
interpreter and its environment is therefore read from its source, and no ``__pycache__`` is left.

One file of standard library code for CPython 3.8 and later; it shares no code with its caller.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Which argument of an audit event is the path that comes into being.
_CREATING = {"os.mkdir": 0, "os.rename": 1, "os.link": 1, "os.symlink": 1, "os.truncate": 0}


def _install(log: str) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    own = os.fstat(descriptor)

    def record(event: str, arguments: "tuple[Any, ...]") -> None:
        try:
            note(event, arguments)
        except OSError:
            # The folder is gone, or the disk is full. What is not noted counts as somebody else's
            # edit; the backend must not fail because it was watched.
            pass

    def note(event: str, arguments: "tuple[Any, ...]") -> None:
        if event == "open":
            path, _, flags = arguments
            if not flags & _WRITING:
                return
        elif event in _CREATING:
            path = arguments[_CREATING[event]]
            if event == "os.mkdir" and os.path.isdir(path):
                return  # that will fail: nothing is created
        else:
            return
        # A daemon closes what it did not open, and the number is another file's then.
        if isinstance(path, (str, bytes)) and os.path.samestat(own, os.fstat(descriptor)):
            os.write(descriptor, os.fsencode(os.path.abspath(path)) + b"\0")

    sys.addaudithook(record)


def _distrust_bytecode(project: str) -> None:
    import _frozen_importlib_external as machinery

    original = machinery.cache_from_source
    installed = [os.path.join(os.path.abspath(path), "") for path in (sys.prefix, sys.base_prefix)]
    # A project may lie below an environment, and an environment below a project.
    outer = [path for path in installed if not path.startswith(os.path.join(project, ""))]

    def cache_from_source(path: str, *arguments: "Any", **keywords: "Any") -> str:
        absolute = os.path.abspath(os.fspath(path))
        trusted = [path for path in installed if absolute.startswith(path)]
        if not trusted or (absolute.startswith(project + os.sep) and set(trusted) <= set(outer)):
            # What importlib takes for "there is no place for bytecode" (PEP 3147).
            raise NotImplementedError
        return original(path, *arguments, **keywords)

    # The import system's own name for it: importlib.util's, which others call, stays as it is.
    setattr(machinery, "cache_from_source", cache_from_source)  # noqa: B010  mypy knows its type


def _configure_setuptools(project: str, config: str) -> None:
    """Let CONFIG be the file that ``DIST_EXTRA_CONFIG`` names, for builds of this project only.

    Not in the environment: what the hook starts may build something else, elsewhere.
    """
    original = os.getenv

    def getenv(key: str, default: "Any" = None) -> "Any":
        if key == "DIST_EXTRA_CONFIG" and os.getcwd() == project:
            return config
        return original(key, default)

    os.getenv = getenv


def _hide_own_frames(
    kind: "type[BaseException]", error: BaseException, trace: "TracebackType | None"
) -> None:
    """Print an error as if the script had been started directly."""
    while trace is not None and trace.tb_frame.f_code.co_filename == _OWN_NAME:
        trace = trace.tb_next
    sys.__excepthook__(kind, error.with_traceback(trace), trace)


_OWN_NAME = _hide_own_frames.__code__.co_filename

if __name__ == "__main__":
    _distrust_bytecode(os.getcwd())
    _configure_setuptools(os.getcwd(), sys.argv[2])
    _install(sys.argv[1])
    sys.excepthook = _hide_own_frames
    del sys.argv[:3]
    if sys.path and sys.path[0] == os.path.dirname(os.path.abspath(_OWN_NAME)):
        sys.path[0] = os.path.dirname(sys.argv[0])
    __file__ = sys.argv[0]
    with open(__file__, "rb") as _script:
        _code = compile(_script.read(), __file__, "exec")
    exec(_code, globals())
