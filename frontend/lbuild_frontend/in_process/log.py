"""The log of a hook process: its format, and the file.

A record is a letter and a path or text, encoded by ``os.fsencode``, and ends with a null byte:

=   JSON object, the first record: format, process, cwd, prefix, base_prefix, exec_prefix, stdlib,
    executable
.   number of the process, if it is that of the first record: all that it has recorded up to here is
    in the log, and from here on each record is written at once
r   path that was opened, and whose content may have been used
R   the same, but there was nothing: opening it failed
t   JSON list, in place of ``r``: path of a ``pyproject.toml`` that was opened to be read, and the
    FILE:FUNCTION that opened it, because some are known to parse it and to do nothing else
i   path of source or bytecode that was opened to be run, by ``io.open_code`` (``r`` follows)
w   path that was opened for writing, created, changed, renamed or removed
a   path that was opened to write to what may have been there, without being able to read it
m   path of a folder that was made where nothing was
l   path of a folder that was listed
g   JSON list, in place of ``l``: path of a folder that was listed, and which of its names were
    used: a glob; ``re:`` and a regular expression that matches all of a name; ``in:`` and the
    names, with slashes between them; ``import:`` and the name of a module; ``d:`` for folders
s   path that was looked at (does it exist, and what is it), but not opened
S   the same, but there was nothing
b   JSON list of l, s or S, a path that is a folder above the project or directly in one, and
    FILE:FUNCTION that listed it or looked at it
c   JSON list of g, l, s or S, what that record would have, and the names of the commands that run:
    setuptools listed a folder, or looked at a path, only to write ``SOURCES.txt`` (``manifest``)
p   JSON list of the packages that the process loaded, the last record, if there is one of ``c``
v   name of an environment variable that was read, set or not
V   FILE:FUNCTION that enumerated all environment variables
x   JSON list of arguments, current folder and executable (or null) of a program that was started
X   name of a program that was to be started, and that is in no folder of PATH
h   JSON list of arguments and current folder of a command that was not run, because its result is
    known (``commands``); what it would use was recorded before
n   path or name of a native library that was loaded
k   address of a socket that something was sent to, as the supervisor writes it (``linux.peers``),
    unless this process serves there itself or is followed
f   empty: from here on the supervisor follows this process and the programs that it starts
F   why it does not, a clause in English
u   something that happened and whose effects are not known, a clause in English

Paths are absolute but not normalised. Reads below the interpreter's own folders are left out, and
so is what this process, or one that it was forked from, has recorded before. In the folder of LOG,
which is lbuild's own, only the folders are recorded that are made. If a record cannot be written,
the log is removed: no log means "not traced". Apart from that the hook behaves, and above all does
not fail, as if it were not recorded.

Records of what a hook uses wait in this process, because most of the time would go into writing
each of them. A process that is killed takes them with it: then the log has no ``.``, so it is not
complete. What it changed is written at once.
"""

import os
import stat
from _thread import RLock, get_ident
from os import lstat as _lstat

_BINARY = getattr(os, "O_BINARY", 0)


class LogFile:
    """The log file.

    Records wait until there are many, or until one must not be lost. None waits any more before
    this process forks: a child can end by ``os._exit``, and what both do has an order. Threads and
    handlers of signals may come in at any point.
    """

    def __init__(self, path: str, own: "tuple[str, ...]" = ()) -> None:
        self._path = os.path.abspath(path)
        self._own = own
        self._written: set[str] = set()
        self._lost = False
        self._waiting: list[str] = []
        self._process = os.getpid()
        self._at_once = False
        self._lock = RLock()
        self._appending: int | None = None
        self._descriptor = self._open(os.O_CREAT)
        self._identity = os.fstat(self._descriptor)

    def _open(self, creating: int = 0) -> int:
        low = os.open(self._path, os.O_WRONLY | os.O_APPEND | _BINARY | creating, 0o600)
        # Not a low number: a daemon expects these to be free when it replaces its standard streams.
        number = next(filter(_is_free, range(200, 250)), None)
        if number is None:
            return low
        try:
            os.dup2(low, number, False)
        except OSError:
            return low  # the limit of this process is lower
        os.close(low)
        return number

    def write(self, tag: str, text: str) -> None:
        """Take one record, unless it has been taken before."""
        record = tag + text
        if record in self._written or self._lost or "\0" in text:
            return  # no path has a null byte: the call will fail
        self._written.add(record)
        self._take(record, at_once=tag not in _MAY_WAIT and not text.startswith(self._own))

    def settle(self) -> None:
        """Write what is waiting, and from now on each record at once."""
        if not self._at_once:
            self._at_once = True
            self._take(f".{os.getpid()}", at_once=True)

    def _take(self, record: str, *, at_once: bool) -> None:
        if os.getpid() != self._process:
            # Forked: the parent writes what is waiting, and one of its threads may have the lock.
            self._process = os.getpid()
            self._at_once = True
            self._waiting.clear()
            self._lock, self._appending = RLock(), None
        # First this: if a thread that settles meanwhile does not see it, then that is seen here.
        self._waiting.append(record)
        if at_once or self._at_once or len(self._waiting) >= _MOST_WAITING:
            self._append_waiting()

    def _append_waiting(self) -> None:
        if self._appending == get_ident():
            return  # in a handler of a signal; what was interrupted goes on with these, in order
        with self._lock:
            self._appending = get_ident()
            try:
                while self._waiting:
                    records = self._waiting[:]
                    del self._waiting[: len(records)]  # others append meanwhile
                    self._append(records)
            finally:
                self._appending = None

    def _append(self, records: "list[str]") -> None:
        try:
            lines = os.fsencode("\0".join((*records, "")))
        except UnicodeEncodeError:
            lines = b"".join(map(_line, records))
        # A daemon closes all descriptors, and the number may now be that of another file.
        if not self._is_open():
            self._descriptor = self._open()
            if not self._is_open():
                raise FileNotFoundError(self._path)
        if os.write(self._descriptor, lines) != len(lines):
            raise OSError(self._path)

    def _is_open(self) -> bool:
        try:
            return os.path.samestat(self._identity, os.fstat(self._descriptor))
        except OSError:
            return False

    def remove(self) -> None:
        """Remove the log: without the rest, what was recorded is unusable."""
        self._lost = True
        try:
            if stat.S_IFMT(_lstat(self._path).st_mode) in (stat.S_IFREG, stat.S_IFLNK):
                os.unlink(self._path)
        except OSError:
            try:
                os.truncate(self._path, 0)  # Windows does not remove an open file
            except OSError:
                pass


_MAY_WAIT = frozenset("rRsSlgtbcpivVk")
"""The letters of records about what was used. What was changed may have to be removed, also after
the hook was killed."""

_MOST_WAITING = 500


def _line(record: str) -> bytes:
    try:
        return os.fsencode(record) + b"\0"
    except UnicodeEncodeError:
        return b""  # such a path cannot be used either


def _is_free(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return True
    return False
