"""Programs, other processes and native libraries: what they do is not seen by this process."""

import os
import stat
import sys
from os import stat as _stat

from .files import Files
from .paths import is_folder, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from .records import Log


class Programs(Files):
    """Notes which programs are started, whom the hook asks, and what native code it loads."""

    def __init__(self, log: "Log", project: str, own: "tuple[str, ...]" = ()) -> None:
        super().__init__(log, project, own)
        self._git_variables = {
            name: value for name, value in os.environ.items() if name.startswith("GIT_")
        }
        self._search = _search_path(None)
        self._servers: list[Callable[[], Any]] = []

    # Programs: what they do is not seen, so it has to be known that they ran.

    def _forked(self, words: "Any", programs: "Any", *rest: "Any") -> None:
        caller = sys._getframe(3).f_globals.get("__name__")  # noqa: SLF001  as above
        if caller != "subprocess":  # which raises an event
            any(self._ran(program, words, rest[2], None, True) for program in programs)

    def _ran(
        self,
        program: "Any",
        words: "Any",
        cwd: "Any" = None,
        environ: "Any" = None,
        here: bool = False,
    ) -> bool:
        """Record that a program is started; return whether it can be.

        ``here`` is whether a bare name may be that of a program in the current folder.
        """
        import json

        told = [text_of(word) for word in ([words] if isinstance(words, (str, bytes)) else words)]
        where = os.getcwd() if cwd is None else self._absolute(cwd)
        if None in told or where is None:
            return False
        text = text_of(program)
        if (
            text
            and self.tells_found
            and os.name != "nt"
            and not self._starts(text, where, environ, here)
        ):
            return False
        name = os.path.basename(text or "")
        if name in ("git", "git.exe"):
            if self._leads_git_astray(environ):
                self._write("u", "the hook ran git with its own environment variables")
            elif text == name and not self._finds_usual(name, environ):
                self._write("u", "the hook ran another git, by a PATH of its own")
        self._follow()
        self._write("x", json.dumps([told, where, text]))
        return True

    def _starts(self, program: str, where: str, environ: "Any", here: bool) -> bool:
        """Return whether a program may start; if it cannot, record why.

        A program that cannot be started runs nothing. Some functions look for a bare name in the
        current folder, others in PATH, of this process or of the new one: so do all of them here.
        """
        if not is_folder(where):
            self._look(where)
            return False
        path = os.path.join(where, program)
        if _may_start(path):
            return True
        if os.path.dirname(program):
            self._look(path)
            return False
        looked = [path] if here else []
        for search in {_search_path(None), _search_path(environ)}:
            for folder in search.split(os.pathsep):
                candidate = os.path.join(where, folder, program)
                if _may_start(candidate):
                    return True
                if search != self._search or not os.path.isabs(folder):
                    looked.append(candidate)
        self._write("X", program)
        for candidate in looked:  # lbuild looks in no other PATH than its own
            self._look(candidate)
        return False

    def _leads_git_astray(self, environ: "Any") -> bool:
        """Return whether git gets variables of its own that the hook has set or changed."""
        given = dict.items(vars(os.environ)["_data"]) if environ is None else environ.items()
        return any(
            name.startswith("GIT_") and self._git_variables.get(name) != value
            for name, value in ((os.fsdecode(one), os.fsdecode(other)) for one, other in given)
        )

    def _finds_usual(self, name: str, environ: "Any") -> bool:
        """Return whether a program is found where the PATH of the hook process first led to."""
        usual = _first_in(self._search, name)
        searches = {_search_path(None), _search_path(environ)} - {self._search}
        return all(_first_in(search, name) == usual for search in searches)

    def _replaced(self, program: "Any", words: "Any", _environ: object) -> None:
        if self._ran(program, words, None, None, True) and os.getpid() == self._process:
            self._write("u", "the hook replaced itself with another program")

    # Other processes: one that runs already may read files for the hook.

    def _served(self, endpoint: "Any", _address: object) -> None:
        from _weakref import ref  # the hook may leave it to this object to close the socket

        if hasattr(endpoint, "__weakref__"):  # as all that are made by the module socket
            self._servers.append(ref(endpoint))

    def _asked(self, _endpoint: object, address: "Any") -> None:
        """Record an address that something is sent to; the supervisor sees it by itself."""
        peer = None if self._is_followed else self._peer(address)
        servers = (one() for one in self._servers)
        if peer is not None and not any(_is_at(server, address) for server in servers if server):
            self._write("k", peer)

    def _peer(self, address: "Any") -> "str | None":
        """Return an address as text; None if the kernel itself answers there."""
        if isinstance(address, tuple):
            if not address or not isinstance(address[0], (str, bytes)):
                return None  # netlink, for example
            host, port = address[:2] if len(address) > 1 else (address[0], 0)
            kind = "inet6" if len(address) > 2 or ":" in str(host) else "inet"
            return f"{kind}:{os.fsdecode(host)}:{port}" if isinstance(port, int) else None
        text = text_of(address)
        if text and text[0] == "\0":
            return "unix:@" + text[1:].replace("\0", "@")
        path = self._absolute(text)
        return None if path is None else f"unix:{path}"

    # Libraries: native code opens files without an event, so it has to be known that it was loaded.

    def _imported(self, name: str, path: "Any", *_: object) -> None:
        if name in _OPENING_UNSEEN:
            self._follow()
            self._write("n", name)
        elif path is not None:
            self._library(path)

    def _loaded(self, name: "Any") -> None:
        text = text_of(name)
        if text is not None and os.sep in text:
            self._library(text)
        elif text:
            self._follow()
            self._write("n", text)

    def _library(self, path: "Any") -> None:
        absolute = self._absolute(path)
        # Not those of the standard library: if they read files, they raise events themselves.
        own = absolute is not None and os.path.basename(os.path.dirname(absolute)) == "lib-dynload"
        if absolute is not None and not (own and self._is_skipped(absolute)):
            self._follow()
            self._write("n", absolute)

    def _found(self, _library: "Any", name: "Any") -> None:
        # The C library is loaded in every process, and can open any file.
        if not str(name).startswith(("Py", "_Py")) and name not in _HARMLESS_IN_C:
            self._follow()
            self._write("n", f"{name} of C")

    # Commands that are not run, because it is known what they would make.

    def reused(self, words: "list[str]", folder: str, inputs: "Iterable[tuple[str, str]]") -> None:
        """Record a command that was not run, and what it would use: paths and states."""
        import json

        for path, state in inputs:
            self._write(_LETTERS.get(state.partition(" ")[0], "r"), path)
        self._write("h", json.dumps([words, folder]))


_LETTERS = {"absent": "S", "type": "s"}
"""The letters for states of ``commands``."""

_OPENING_UNSEEN = frozenset(
    {"_dbm", "_gdbm", "_interpreters", "_tkinter", "_xxsubinterpreters", "readline"}
)
"""Extension modules of the standard library that open files without an event in this interpreter.

A second interpreter in the same process raises its own events.
"""

_HARMLESS_IN_C = frozenset(
    {"confstr", "gnu_get_libc_version", "memcpy", "memmove", "memset", "strlen"}
)
"""Functions of the C library that use no file."""


def _is_at(server: "Any", address: "Any") -> bool:
    """Whether a socket of this process is the one that an address leads to."""
    try:
        own = server.getsockname()
    except OSError:
        return False  # it was closed
    if isinstance(own, tuple) and isinstance(address, tuple):
        return own[1:2] == address[1:2]  # its port; a host has several names
    return text_of(own) == text_of(address)


def _search_path(environ: "Any") -> str:
    """Return the PATH of an environment, by default that of this process; see os.get_exec_path."""
    given = vars(os.environ)["_data"] if environ is None else environ
    for name in ("PATH", b"PATH"):
        value = dict.get(given, name) if isinstance(given, dict) else given.get(name)
        if value is not None:
            return os.fsdecode(value)
    return os.defpath


def _first_in(search: str, name: str) -> "str | None":
    """Return the path of the first program of a name in the folders of a PATH."""
    paths = (os.path.join(folder, name) for folder in search.split(os.pathsep))
    return next(filter(_may_start, paths), None)


def _may_start(path: str) -> bool:
    """Return False if the system certainly cannot run what is at a path."""
    try:
        mode = _stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError):
        return True
    return stat.S_ISREG(mode) and mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH) != 0
