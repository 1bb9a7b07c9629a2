"""The recorder: takes the audit events of a process (PEP 578), and wraps what raises none.

Not recorded are ``fopen`` in C, what other programs do, and the methods of ``os.DirEntry``, which
look at files that a listing has named. Where a supervisor runs above this process, it records that:
just before a first program is started, or a first native library loaded, or this process forked, it
is asked to follow this process (``follow``).

lbuild records its own process in the same way while it decides: see ``self_tracing.own_process``.
"""

import io
import os
import sys

from .folders import Folders
from .programs import Programs
from .records import is_of_library
from .variables import RecordedVariables, Variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from .records import Log


class Recorder(Folders, Programs, Variables):
    """Turns what a process does into records.

    Its methods may fail, so they are called through ``attempt``.

    Attributes:
        audit: takes an audit event (``sys.addaudithook``).

    Args:
        log: takes the records.
        project: the folder of the project.
        own: a folder that is lbuild's own, with a separator at its end; none if there is none.
    """

    def __init__(self, log: "Log", project: str, own: "tuple[str, ...]" = ()) -> None:
        super().__init__(log, project, own)
        self._forking = False
        self._originals: list[tuple[ModuleType, str, Any]] = []
        self._events: dict[str, Callable[..., object]] = {
            # Files
            "open": self._opened,
            "os.chmod": lambda path, _, folder: self._changed(path, folder),
            "os.link": self._linked,
            "os.remove": self._removed,
            "os.symlink": self._linked_softly,
            "os.truncate": lambda path, _: self._changed(path),
            "os.utime": lambda path, _times, _ns, folder: self._changed(path, folder),
            "sqlite3.connect": self._connected,
            # Folders
            "os.chdir": self._moved,
            "os.listdir": self._listed,
            "os.mkdir": self._made,
            "os.rename": self._renamed,
            "os.rmdir": self._removed,
            "os.scandir": self._listed,
            # Programs
            "os.exec": self._replaced,
            "os.fork": self._follow,  # what is forked may run a program in its place
            "os.forkpty": self._follow,
            "os.posix_spawn": lambda program, words, env: self._ran(
                program, words, None, env, True
            ),
            "os.system": lambda line: self._ran("/bin/sh", ["/bin/sh", "-c", line]),
            "subprocess.Popen": self._ran,
            # Other processes
            "socket.bind": self._served,
            "socket.connect": self._asked,
            "socket.sendmsg": self._asked,
            "socket.sendto": self._asked,
            # Libraries
            "ctypes.dlopen": self._loaded,
            "ctypes.dlsym": self._found,
            "import": self._imported,
        }
        self.audit = _listener(self._events, self)

    def wrap(self, note: "Callable[..., None]", name: str, *modules: "ModuleType") -> None:
        """Wrap a function in the modules that have it, and wherever else that object is used."""
        original = getattr(modules[0], name)
        kind = WrappedLook if note == self.looked_at and self.tells_found else _Wrapped
        if note == self.moved:
            kind = _WrappedMove
        elif note == self._opening_in:
            kind = _WrappedOpen
        wrapped = kind(original, self, note)
        for module in modules:
            self._originals.append((module, name, original))
            setattr(module, name, wrapped)
        for supporting in (
            os.supports_dir_fd,
            os.supports_effective_ids,
            os.supports_fd,
            os.supports_follow_symlinks,
        ):
            if original in supporting:
                supporting.add(wrapped)
        # pathlib up to 3.10 keeps some of them; a .pth file may have imported it already.
        accessor = getattr(sys.modules.get("pathlib"), "_NormalAccessor", None)
        if getattr(accessor, name, None) is original:
            setattr(accessor, name, wrapped)

    def begin(self) -> None:
        """Write the first record, and wrap what raises no audit event."""
        import json

        about = {
            "format": 2,
            "process": self._process,
            "cwd": os.getcwd(),
            "prefix": sys.prefix,
            "base_prefix": sys.base_prefix,
            "exec_prefix": sys.exec_prefix,
            "stdlib": os.path.dirname(os.__file__),
            "executable": sys.executable,
        }
        self._write("=", json.dumps(about))
        if os.name == "nt":
            # There, os.path.exists and similar functions call no function of os.
            self._write("u", "on Windows not everything that a hook reads can be recorded")
        system = sys.modules[os.name]  # posix or nt, which importlib uses
        for name in ("access", "lstat", "readlink", "stat", "statvfs"):
            if hasattr(os, name):
                self.wrap(self.looked_at, name, os, system)
        for name in ("chdir", "fchdir"):
            if hasattr(os, name):
                self.wrap(self.moved, name, os, system)
        self.wrap(self._opening_in, "open", os, system)
        self.wrap(self._opening_code, "open_code", io, sys.modules["_io"])
        if "_posixsubprocess" in sys.modules:
            self._wrap_fork_exec()
        variables = RecordedVariables(vars(os.environ)["_data"])
        variables.recorder = self
        vars(os.environ)["_data"] = variables
        if os.name != "nt":
            # They share the dictionary.
            vars(os.environb)["_data"] = vars(sys.modules["posix"])["environ"] = variables

    def _imported(self, name: str, path: "Any", *_: object) -> None:
        super()._imported(name, path)
        if name == "_posixsubprocess" and path is None and not self._forking:
            self._wrap_fork_exec()  # it may be used before there is another event

    def _wrap_fork_exec(self) -> None:
        self._forking = True  # this import raises an event, too
        try:
            import _posixsubprocess as module
        except ImportError:
            return  # the hook cannot import it either
        self.wrap(self._forked, "fork_exec", module)

    def finish(self) -> None:
        """Record what is known only at the end."""
        if self._for_manifest and os.getpid() == self._process:
            import json

            packages = self._manifest["loaded_packages"](self._project, is_of_library)
            self._write("p", json.dumps(sorted({*packages})))


def _listener(
    events: "dict[str, Callable[..., object]]", recorder: Recorder
) -> "Callable[[str, tuple[Any, ...]], None]":
    """Return what takes audit events; a function, because calls of a method take longer."""

    def audit(event: str, arguments: "tuple[Any, ...]") -> None:
        note = events.get(event)
        if note is None or (event in _OF_ONE_PATH and recorder.is_own(arguments[0])):
            return
        recorder.attempt(note, *arguments)

    return audit


_OF_ONE_PATH = frozenset(
    {
        *("open", "os.chmod", "os.listdir", "os.remove", "os.rmdir", "os.scandir"),
        *("os.truncate", "os.utime"),
    }
)
"""Events that are about their first argument only."""


class _Wrapped:
    """A function that is recorded before it is called.

    It is not a Python function: pathlib up to 3.9 keeps some of them in a class, where a Python
    function would become a method.
    """

    def __init__(self, function: "Any", recorder: Recorder, note: "Callable[..., None]") -> None:
        self.__wrapped__ = function
        self.__doc__ = function.__doc__
        self.__module__ = function.__module__
        self._recorder = recorder
        self._attempt = recorder.attempt
        self._note = note

    def __call__(self, *arguments: "Any", **keywords: "Any") -> "Any":
        self._attempt(self._note, *arguments, **keywords)
        return self.__wrapped__(*arguments, **keywords)

    def __getattr__(self, name: str) -> "Any":
        return getattr(self.__wrapped__, name)

    def __reduce__(self) -> str:
        return str(self.__wrapped__.__name__)  # as functions are pickled

    def __repr__(self) -> str:
        return repr(self.__wrapped__)


class WrappedLook(_Wrapped):
    """A function that looks at a path. It is recorded when it is known what it found."""

    def __call__(self, *arguments: "Any", **keywords: "Any") -> "Any":
        path = arguments[0] if arguments and "dir_fd" not in keywords else None
        try:
            answer = self.__wrapped__(*arguments, **keywords)
        except (FileNotFoundError, NotADirectoryError):
            recorder = self._recorder
            if type(path) is not str or not (
                path in recorder.known.missed or recorder.is_own(path)
            ):
                self._attempt(self._note, *arguments, found=False, **keywords)
            raise
        except BaseException:
            self._attempt(self._note, *arguments, found=True, **keywords)
            raise
        recorder = self._recorder
        if type(path) is str and (path in recorder.known.found or recorder.is_own(path)):
            return answer
        # os.access does not say whether it is not there or must not be used.
        found = None if answer is False else True
        self._attempt(self._note, *arguments, found=found, **keywords)
        return answer


class _WrappedOpen(_Wrapped):
    """The function that opens what may be used as a folder of others: ``os.open``."""

    def __call__(self, *arguments: "Any", **keywords: "Any") -> "Any":
        self._attempt(self._note, *arguments, **keywords)
        descriptor = self.__wrapped__(*arguments, **keywords)
        self._attempt(self._recorder.opened_in, descriptor, *arguments, **keywords)
        return descriptor


class _WrappedMove(_Wrapped):
    """A function after which relative paths lead elsewhere. Before, it raises an event."""

    def __call__(self, *arguments: "Any", **keywords: "Any") -> "Any":
        try:
            return self.__wrapped__(*arguments, **keywords)
        finally:
            self._attempt(self._note)
