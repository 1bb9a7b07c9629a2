"""Runs inside the hook process: records what the hook uses and writes, and trusts no bytecode.

It is started as ``python *START LOG CONFIG LOCK SCRIPT [ARGUMENT]...``. It installs an audit hook
(PEP 578), wraps the functions of ``os`` that raise no audit event, and then runs SCRIPT as if
Python had been started with that. LOCK is the number of a descriptor, or empty: this process keeps
it open, the programs that it starts do not. A record in LOG is a letter and a path or text, encoded
by ``os.fsencode``, and ends with a null byte:

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

Most hooks do the same again and again with the same paths. So each event is first compared with
what was done with a path of this spelling (``Known``). Records of what a hook uses wait in this
process, because most of the time would go into writing each of them. A process that is killed takes
them with it: then the log has no ``.``, so it is not complete. What it changed is written at once.

Not recorded are ``fopen`` in C, what other programs do, and the methods of ``os.DirEntry``, which
look at files that a listing has named. Where a supervisor runs above this process, it records that:
just before a first program is started, or a first native library loaded, or this process forked, it
is asked to follow this process (``follow``).

Python trusts bytecode if it records the size of its source and the second of its last change. So an
edit may be missed within the same second, or if time stamps are put back. Modules that are imported
from anywhere but the interpreter and its environment are therefore read from their source, and no
``__pycache__`` is left.

lbuild records its own process in the same way while it decides: see ``self_tracing.own_process``.

One file of standard library code for CPython 3.8 and later; it shares no code with its caller.
"""

import io
import os
import stat
import sys
from _thread import RLock, allocate_lock, get_ident

_CODE = """\
import sys, _frozen_importlib_external as external
del sys.argv[0]
__file__ = sys.argv[0]
exec(external.SourceFileLoader("__main__", __file__).get_code("__main__"))
"""
START = ("-c", _CODE, __file__)
"""Arguments with which an interpreter runs this file; ``LOG CONFIG LOCK SCRIPT ...`` follow.

Python compiles a file that is run by its name each time, which takes longer than all recording.
"""

HASH_SEED = "_LBUILD_PYTHONHASHSEED"
"""A variable with the PYTHONHASHSEED that the hook should see, if Python was started with another;
empty if it should see none."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import CodeType, FrameType, ModuleType, TracebackType
    from typing import Any, Protocol

    class Log(Protocol):
        """Takes records; if one cannot be taken, none of them may be used."""

        def write(self, tag: str, text: str) -> None: ...

        def remove(self) -> None: ...

    _Dict = dict[Any, Any]
else:
    _Dict = dict

# For the recorder itself: the functions that os has by these names will be wrapped.
_access, _lstat, _readlink, _stat = os.access, os.lstat, os.readlink, os.stat

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_NAMELESS = getattr(os, "O_TMPFILE", 0)
_BINARY = getattr(os, "O_BINARY", 0)


class _Log:
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


def _text(path: "Any") -> "str | None":
    """Return a path as text; None if it is not a path, for example a descriptor."""
    if isinstance(path, str):
        return path
    if isinstance(path, int):
        return None
    if isinstance(path, (bytearray, memoryview)):
        path = bytes(path)
    try:
        return os.fsdecode(path)
    except (TypeError, UnicodeError):
        return None  # the function that was called with it will fail


class Known:
    """Paths as they were spelled, of which another access of this sort needs no other record.

    It is forgotten as soon as a path may lead elsewhere: because the current folder is another, or
    because the hook made a link.

    Attributes:
        found: those that were looked at, and there was something.
        missed: those that were looked at, and there was nothing.
        read: those that were opened to be read.
        listed: those of which all names count.
        partly: those of which some names count, with these, as ``_wanted`` returns them.
        current: the current folder, once it is known.
        own_folders: descriptors of folders in lbuild's own, with their devices and inodes. A number
            may be used again, and an inode also. Both at once needs another way to open a folder
            than ``os.open``, and that raises an event.
    """

    __slots__ = ("current", "found", "listed", "missed", "own_folders", "partly", "read")

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.missed: set[str] = set()
        self.read: set[str] = set()
        self.listed: set[str] = set()
        self.partly: set[tuple[str, str]] = set()
        self.current: str | None = None
        self.own_folders: dict[int, tuple[int, int]] = {}


class Recorder:
    """Turns what a process does into records.

    Its methods may fail, so they are called through ``attempt``.

    Attributes:
        tells_found: whether to record that there was nothing where the process looked.
        known: what needs no other record.
        audit: takes an audit event (``sys.addaudithook``).

    Args:
        log: takes the records.
        project: the folder of the project.
        own: a folder that is lbuild's own, with a separator at its end; none if there is none.
    """

    tells_found = True

    def __init__(self, log: "Log", project: str, own: "tuple[str, ...]" = ()) -> None:
        from json.encoder import encode_basestring_ascii

        self._quoted = encode_basestring_ascii
        self._write = log.write
        self._give_up = log.remove
        self._process = os.getpid()
        self._project = os.path.join(project, "")
        self._above = _folders_above(project)
        self.known = Known()
        self._own = own
        folders = {os.path.dirname(os.__file__)}
        if sys.prefix != sys.base_prefix:
            folders.add(sys.prefix)
        folders |= {os.path.realpath(folder) for folder in folders}
        below = {os.path.join(folder, "") for folder in folders}
        # A project may be inside an environment, and an environment inside a project.
        self._around = tuple(path for path in below if self._project.startswith(path))
        self._skipped = tuple(below.difference(self._around))
        self._opening: dict[int, str] = {}
        self._alone = True  # nobody else has made a link or moved a folder
        self._forking = False
        self._linking = False
        self._manifest: _Dict = {}
        self._manifests: Any = None
        self._for_manifest = False
        self._sees_imports = False
        self._set_by_hook: set[object] = set()
        self._read_variables: set[object] = set()
        self._git_variables = {
            name: value for name, value in os.environ.items() if name.startswith("GIT_")
        }
        self._search = _search_path(None)
        self._enumerated_at: set[tuple[str, int, int]] = set()
        self._originals: list[tuple[ModuleType, str, Any]] = []
        self._supervisor: int | None = None
        self._socket: os.stat_result | None = None
        self._asking = allocate_lock()
        self._asking_in: int | None = None
        self._is_followed = False
        self._servers: list[Callable[[], Any]] = []
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

    def attempt(self, note: "Callable[..., object]", *arguments: "Any", **keywords: "Any") -> None:
        """Record something. If that fails, the hook does not notice, but the log is removed."""
        if self._asking_in is not None and self._asking_in == get_ident():
            return  # this is the recorder itself, which needs modules to ask the supervisor
        try:
            note(*arguments, **keywords)
        except Exception:
            self._give_up()
        except BaseException:  # of a handler of a signal: the hook may catch it, and go on
            self._give_up()
            raise

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
        variables = _Variables(vars(os.environ)["_data"])
        variables.recorder = self
        vars(os.environ)["_data"] = variables
        if os.name != "nt":
            # They share the dictionary.
            vars(os.environb)["_data"] = vars(sys.modules["posix"])["environ"] = variables

    # Paths: all of a log are absolute, because a hook may change its current folder. Those of the
    # interpreter are left out, because it is an input by itself.

    def _absolute(self, path: "Any", folder: int = -1) -> "str | None":
        """Return an absolute path; None if there is none, or if it is unknown, which is recorded.

        ``folder`` is the descriptor of the folder that the path is relative to; a negative one
        stands for the current folder.
        """
        text = _text(path)
        if not text:
            return None
        if text[0] == _SEPARATOR:
            # In another process, such as that which reads the log, this is another file, or none.
            return _resolved(text) if text.startswith(_OWN_VIEW) else text
        base = self._current() if folder < 0 else self._of_descriptor(folder)
        if base is None:
            return None
        # As os.path.join, which takes longer than the rest.
        return f"{base}{text}" if base[-1:] == _SEPARATOR else f"{base}{_SEPARATOR}{text}"

    def _current(self) -> "str | None":
        """Return the current folder; None if it was removed."""
        known = self.known
        if known.current is None:
            try:
                known.current = os.getcwd()
            except FileNotFoundError:
                return None
        return known.current

    def _counted(self, path: "Any", folder: int = -1) -> "str | None":
        """Return an absolute path; None if nothing that happens there has to be recorded."""
        if folder >= 0 and self._is_folder_of_own(folder) and _stays_below(path):
            return None
        absolute = self._absolute(path, folder)
        return None if self.is_own(absolute) else absolute

    def is_own(self, path: "Any") -> bool:
        """Whether a path is in lbuild's own folder for sure, as long as no link leads out again."""
        return type(path) is str and path.startswith(self._own) and _UP not in path

    def _of_descriptor(self, descriptor: int) -> "str | None":
        try:
            if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
                return None
        except OSError:
            return None
        try:
            if sys.platform == "darwin":
                import fcntl

                path = fcntl.fcntl(descriptor, 50, bytes(1024))  # F_GETPATH
                return os.fsdecode(path.rstrip(b"\0"))
            return _readlink(f"/proc/self/fd/{descriptor}")
        except OSError:
            self._write("u", "a folder was used through a descriptor without a path")
            return None

    def _path(self, tag: str, path: "Any", folder: int = -1) -> bool:
        """Record what was done with a path; return whether the same again needs no record."""
        absolute = self._counted(path, folder)
        if absolute is not None and (tag == "w" or not self._is_skipped(absolute)):
            if tag in "lsS":
                if not absolute.startswith(self._project) and (
                    (absolute if tag == "l" else os.path.dirname(absolute)) in self._above
                ):
                    self._write("b", self._json_of(tag, absolute, self._code()))
                    return False
                if not self._look_or_list(tag, absolute, absolute):
                    return False
            else:
                self._write(tag, absolute)
            if self._linking and tag not in ("a", "w"):
                # A link that the hook made may be gone when the log is read: record where it leads.
                self._write(tag, _resolved(absolute))
        return not self._linking

    def _json_of(self, *texts: str) -> str:
        """Return a JSON list, as ``json.dumps``, which takes five times as long."""
        return f"[{', '.join(map(self._quoted, texts))}]"

    def _code(self) -> str:
        """Return the function that runs, outside of the standard library."""
        frame = sys._getframe(1)  # noqa: SLF001  as documented for CPython
        while frame.f_back is not None and _is_of_library(frame.f_code.co_filename):
            frame = frame.f_back
        return f"{frame.f_code.co_filename}:{frame.f_code.co_name}"

    def _is_skipped(self, path: str) -> bool:
        inside = f"{path}{_SEPARATOR}"
        return (
            inside.startswith(self._skipped)
            or (inside.startswith(self._around) and not inside.startswith(self._project))
        ) and _UP not in path  # which may lead out again

    def _is_folder_of_own(self, descriptor: int) -> bool:
        """Whether a descriptor is one of those that were noted (``opened_in``)."""
        noted = self.known.own_folders.get(descriptor)
        if noted is None:
            return False
        try:
            now = os.fstat(descriptor)
        except OSError:
            return False
        return noted == (now.st_dev, now.st_ino)

    def opened_in(
        self,
        descriptor: int,
        path: "Any",
        *_: object,
        dir_fd: "int | None" = None,
        **__: object,
    ) -> None:
        """Note a folder that ``os.open`` opened, if it is in lbuild's own.

        ``shutil.rmtree`` uses one for each folder. Where it leads takes long to find out.
        """
        own = self.is_own(path)
        if not own and dir_fd is not None:
            own = _stays_below(path) and self._is_folder_of_own(dir_fd)
        if own and self._alone:
            now = os.fstat(descriptor)
            self.known.own_folders[descriptor] = now.st_dev, now.st_ino
        else:
            self.known.own_folders.pop(descriptor, None)

    # Files: what a hook reads or looks for decides its result, and what it writes is no input.

    def looked_at(
        self,
        path: "Any",
        *_: object,
        dir_fd: "int | None" = None,
        found: "bool | None" = None,
        **__: object,
    ) -> None:
        """Record a look at a path, and whether there was something, if that is known."""
        folder = -1 if dir_fd is None else dir_fd
        if found is None:
            self._look(path, folder)
            return
        known = self.known
        if self._path("s" if found else "S", path, folder) and dir_fd is None and type(path) is str:
            (known.found if found else known.missed).add(path)

    def moved(self, *_: object, **__: object) -> None:
        """Note that the current folder is another: what is relative to it leads elsewhere."""
        self.known = Known()

    def _moved(self, path: "Any") -> None:
        self._look(path)
        self.known = Known()

    def _look(self, path: "Any", folder: int = -1) -> None:
        """Record a look at a path that the hook is about to use."""
        absolute = self._counted(path, folder)
        if absolute is not None:
            self._path("s" if not self.tells_found or _exists(absolute) else "S", absolute)

    def _read(self, path: "Any", folder: int = -1) -> None:
        known, plain = self.known, folder < 0 and type(path) is str
        if plain and path in known.read:
            return
        absolute = self._counted(path, folder)
        if absolute is None:
            return
        # That there was something once is on record, and decides if there is nothing now.
        there = not self.tells_found or (plain and path in known.found) or _exists(absolute)
        if self._path("r" if there else "R", absolute) and there and plain and self.tells_found:
            known.read.add(path)

    def _opening_in(
        self, path: "Any", flags: int, mode: int = 0, *, dir_fd: "int | None" = None
    ) -> None:
        """Record the folder that ``os.open`` is given, which is not in the event that it raises."""
        text = _text(path)
        if dir_fd is not None and text is not None and not self.is_own(text):
            self._opened(text, mode, flags, dir_fd)
            self._opening[get_ident()] = text

    def _opening_code(self, path: "Any") -> None:
        self._path("i", path)

    def _opened(self, path: "Any", _mode: object, flags: int, folder: int = -1) -> None:
        if self._opening and self._opening.pop(get_ident(), None) == _text(path):
            return
        if not flags & _WRITING:
            if os.path.basename(_text(path) or "") == "pyproject.toml":
                self._opened_settings(path, folder)
            else:
                self._read(path, folder)
            return
        absolute = self._counted(path, folder)
        if absolute is None or (_NAMELESS and flags & _NAMELESS == _NAMELESS):
            return
        if _is_folder(absolute):
            # A folder cannot be written. tempfile names one, and opens a file by ``opener``.
            self._path("s", absolute)
            return
        if flags & os.O_EXCL:
            self._made_if_free(absolute, -1)
        elif flags & os.O_TRUNC:
            self._overwritten(absolute)
        elif flags & (os.O_WRONLY | os.O_RDWR) == os.O_WRONLY:
            self._write("a", absolute)
        else:
            self._changed(absolute)

    def _opened_settings(self, path: "Any", folder: int) -> None:
        absolute = self._counted(path, folder)
        if absolute is None or self._is_skipped(absolute):
            return
        if self._linking or not _exists(absolute):
            self._read(path, folder)
            return
        import json

        frame = sys._getframe(2)  # noqa: SLF001  as documented for CPython
        while frame.f_back is not None and (
            frame.f_code.co_filename == _OWN_NAME
            # pathlib.Path.read_text, for example: who calls it decides what becomes of the text.
            or str(frame.f_globals.get("__name__")).partition(".")[0] == "pathlib"
        ):
            frame = frame.f_back
        code = frame.f_code
        self._write("t", json.dumps([absolute, f"{code.co_filename}:{code.co_name}"]))

    def _overwritten(self, path: str) -> None:
        """Record that a file is overwritten; if it cannot be, that may decide what a hook does."""
        if not _exists(path):
            if not _exists(os.path.dirname(path)):
                self._look(os.path.dirname(path))
        elif not _access(path, os.W_OK):
            self._path("r", path)
            return
        self._write("w", path)

    def _linked(self, source: "Any", target: "Any", folder: int, target_folder: int) -> None:
        self._changed(source, folder)  # its number of links, and so its times
        self._made_if_free(target, target_folder)

    def _linked_softly(self, _target: "Any", path: "Any", folder: int) -> None:
        self._made_if_free(path, folder)
        self._link_appears()

    def _link_appears(self) -> None:
        """Note that from now on a path may lead elsewhere than when the log is read."""
        if not self._linking:
            self._linking = True
            self._own = ()
            self.known = Known()
            self._follow()  # so that the supervisor knows as well

    def _made_if_free(self, path: "Any", folder: int) -> None:
        """Record that a file is created, unless there is one already: then that fails."""
        absolute = self._counted(path, folder)
        if absolute is not None:
            self._write("s" if _exists(absolute) else "w", absolute)

    def _removed(self, path: "Any", folder: int) -> None:
        absolute = self._counted(path, folder)
        if absolute is not None:
            self._look(absolute)
            if _exists(absolute):
                self._write("w", absolute)

    def _changed(self, path: "Any", folder: int = -1) -> None:
        absolute = self._counted(path, folder)
        if absolute is not None:
            self._read(absolute)
            self._path("w", absolute)

    def _connected(self, database: "Any") -> None:
        """Record a database, and what SQLite has beside it of changes that are not in it yet.

        SQL may name more files (ATTACH), so it counts as native code as well.
        """
        text = _text(database)
        if text is not None and text[:5] == "file:":
            self._write("u", "an SQLite database was opened with a URI")
        elif text and text != ":memory:":
            for end in ("", "-journal", "-wal"):
                self._read(text + end)
        self._follow()
        self._write("n", "_sqlite3")

    # Folders: a hook that lists one uses each name in it, so a file that is added counts.

    def _listed(self, path: "Any") -> None:
        if path is None:
            path = "."
        elif isinstance(path, int):
            if self._is_folder_of_own(path):
                return
            path = self._of_descriptor(path)
        known, plain = self.known, type(path) is str
        if plain and path in known.listed:
            return
        wanted = self._wanted(path)
        if wanted is not None and plain and (path, wanted) in known.partly:
            return
        absolute = self._counted(path)
        # Above the project it is the code that tells which names count, see ``b``.
        if wanted is None or self._linking or (wanted and absolute in self._above):
            if self._path("l", path) and plain and self.tells_found:
                known.listed.add(path)
            return
        counts = True
        if wanted and absolute is not None and not self._is_skipped(absolute):
            counts = self._look_or_list("g", self._json_of(absolute, wanted), absolute)
        if plain and counts:
            known.partly.add((path, wanted))

    def _wanted(self, path: "Any") -> "str | None":
        """Return which names the code that lists a folder takes of it.

        None stands for all of them; an empty string if even the folder makes no difference.
        """
        frame: Any = sys._getframe(4)  # noqa: SLF001  as documented for CPython
        walks = False
        while frame.f_back is not None:
            code = frame.f_code
            name = code.co_name
            module = str(frame.f_globals.get("__name__"))
            if code.co_filename.startswith(_STANDARD_LIBRARY):
                if (module, name) not in _LISTING_FOR_OTHERS:
                    if self._sees_imports and name == "_fill_cache" and _is_for_import(frame):
                        return ""  # that was recorded
                    if (module, name) == ("importlib.metadata", "children"):
                        return _DISTRIBUTIONS
                    by_globs = module in ("glob", "pathlib")
                    return _wanted_by_globs(name, frame.f_locals) if by_globs else None
                if module == "os":
                    walks = True
                    # What calls this function in there is one as well; see ``Manifests.of``.
                    while name == "_walk" and frame.f_back.f_globals is _OS_NAMES:
                        frame = frame.f_back
            elif code.co_filename != _OWN_NAME:
                known = _LISTING_FOR_NAMES.get((module, name, walks))
                return None if known is None else known(frame, path)
            frame = frame.f_back
        return None

    def see_imports(self) -> None:
        """Record which modules are looked for in a folder, in place of a listing of it.

        Python lists a folder once, and finds there by name what is imported from then on.
        """
        if sys.platform in ("win32", "cygwin", "darwin"):
            return  # the case of names may not matter there
        import _frozen_importlib_external as machinery

        original = machinery.FileFinder.find_spec
        usual = {
            *machinery.SOURCE_SUFFIXES,
            *machinery.BYTECODE_SUFFIXES,
            *machinery.EXTENSION_SUFFIXES,
        }

        def find_spec(finder: "Any", fullname: str, target: "Any" = None) -> "Any":
            is_usual = usual.issuperset(suffix for suffix, _ in finder._loaders)  # noqa: SLF001  as documented
            self.attempt(self._sought, finder.path, fullname if is_usual else None)
            return original(finder, fullname, target)

        setattr(machinery.FileFinder, "find_spec", find_spec)  # noqa: B010  mypy knows its type
        self._sees_imports = True

    def _sought(self, folder: str, module: "str | None") -> None:
        absolute = self._counted(folder or ".")
        if absolute is None or self._is_skipped(absolute):
            return
        if module is None or self._linking or absolute in self._above:
            self._path("l", absolute)
            return
        self._write("g", self._json_of(absolute, f"{_MODULES}{module.rpartition('.')[2]}"))

    def _look_or_list(self, tag: str, text: str, path: str) -> bool:
        """Record a look or a listing, and whether it is only for the manifest of setuptools.

        Return whether it counts in any case, so that the same again needs no record.
        """
        found = None
        if self._manifests is not None and not self._linking:
            found = self._manifests.of(path, self._current)
        if found is None:
            self._write(tag, text)
            return True
        manifest, walked = found
        if tag == "l" and manifest.may_skip_packages(walked):
            self._write("g", self._json_of(path, _FOLDERS))
        if (tag, text) not in manifest.told:
            manifest.told.add((tag, text))
            self._for_manifest = True
            self._write("c", f"[{self._quoted(tag)}, {self._quoted(text)}, {manifest.commands}]")
        return False

    def see_manifests(self) -> None:
        """Tell apart what setuptools does only for a list of the files of an sdist."""
        self._manifest = _load("manifest")
        self._manifests = self._manifest["Manifests"](globals())

    def finish(self) -> None:
        """Record what is known only at the end."""
        if self._for_manifest and os.getpid() == self._process:
            import json

            packages = self._manifest["loaded_packages"](self._project, _is_of_library)
            self._write("p", json.dumps(sorted({*packages})))

    def _made(self, path: "Any", _mode: int, folder: int) -> None:
        absolute = self._absolute(path, folder)
        if absolute is not None:
            # If there is something already, that will fail.
            self._write("s" if _exists(absolute) else "m", absolute)

    def _renamed(self, source: "Any", target: "Any", folder: int, target_folder: int) -> None:
        absolute = self._absolute(source, folder)
        if absolute is not None and _is_link(absolute):
            self._link_appears()
        if absolute is not None and _is_folder(absolute):
            # Its files may be read later, by names that say nothing about where they came from.
            for path in _files_below(absolute):
                self._path("r", path)
        self._look(target, target_folder)
        self._changed(source, folder)
        if absolute is not None and _exists(absolute):
            self._path("w", target, target_folder)
        self.known = Known()  # the current folder may have got another name

    # The supervisor: it sees what other programs and native libraries do.

    def ask(self, supervisor: int) -> None:
        """Have the supervisor follow this process when a first program is started.

        ``supervisor`` is the descriptor of the socket that leads to it.
        """
        self._supervisor = supervisor
        self._socket = os.fstat(supervisor)

    def _follow(self) -> None:
        """Have this process followed from here on, unless it is already, or nobody could."""
        if self._alone:
            self._alone = False
            self.known = Known()
        if self._supervisor is None:
            return
        if os.getpid() != self._process:
            self._write("F", "a process that the hook forked ran the first program")
            return
        with self._asking:  # other threads wait: what they start has to be followed, too
            if self._supervisor is not None:
                self._asking_in = get_ident()
                try:
                    problem = _start_following(self._supervisor, self._socket)
                finally:
                    self._supervisor = None
                    self._asking_in = None
                self._is_followed = not problem
                self._write("F" if problem else "f", problem)

    def reused(self, words: "list[str]", folder: str, inputs: "Iterable[tuple[str, str]]") -> None:
        """Record a command that was not run, and what it would use: paths and states."""
        import json

        for path, state in inputs:
            self._write(_LETTERS.get(state.partition(" ")[0], "r"), path)
        self._write("h", json.dumps([words, folder]))

    # Variables: os.environ is a dictionary, which raises no event when it is read.

    def read(self, name: "Any") -> None:
        """Record that a variable is read, unless the hook set it or is enumerating all of them."""
        if name in self._set_by_hook or name in self._read_variables:
            return
        if not self._enumerated_at or self._reader() not in self._enumerated_at:
            self._write("v", os.fsdecode(name))
            self._read_variables.add(name)

    def enumerated(self) -> None:
        """Record that all variables are read."""
        code, frame, instruction = self._reader()
        self._write("V", code)
        self._expect_values(code, frame, instruction)
        for name in _substituted(self._reading()):
            if name not in self._set_by_hook:
                self._write("v", name)

    def _expect_values(self, code: str, frame: int, instruction: int) -> None:
        """Count the values that are read at an instruction as part of the enumeration."""
        # In CPython 3.12 a specialised loop over a generator continues one unit later.
        # With the function, because a later call of another one may get the memory of this frame.
        self._enumerated_at.update((code, frame, instruction + unit) for unit in (-2, 0, 2))

    def changed(self, name: object) -> None:
        """Note that the hook set a variable: what it reads from now on is its own."""
        self._set_by_hook.add(name)

    def _reader(self) -> "tuple[str, int, int]":
        """Return the function that reads the environment, and the instruction and call of it."""
        frame = self._reading()
        code = frame.f_code
        return f"{code.co_filename}:{code.co_name}", id(frame), frame.f_lasti

    def _reading(self) -> "FrameType":
        frame = sys._getframe(1)  # noqa: SLF001  as documented for CPython
        while frame.f_back is not None and frame.f_code.co_filename in _BETWEEN:
            frame = frame.f_back
        return frame

    # Programs: what they do is not seen, so it has to be known that they ran.

    def _wrap_fork_exec(self) -> None:
        self._forking = True  # this import raises an event, too
        try:
            import _posixsubprocess as module
        except ImportError:
            return  # the hook cannot import it either
        self.wrap(self._forked, "fork_exec", module)

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

        told = [_text(word) for word in ([words] if isinstance(words, (str, bytes)) else words)]
        where = os.getcwd() if cwd is None else self._absolute(cwd)
        if None in told or where is None:
            return False
        text = _text(program)
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
        if not _is_folder(where):
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
        text = _text(address)
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
        elif name == "_posixsubprocess" and not self._forking:
            self._wrap_fork_exec()  # it may be used before there is another event

    def _loaded(self, name: "Any") -> None:
        text = _text(name)
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


_LETTERS = {"absent": "S", "type": "s"}
"""The letters for states of ``commands``."""

SUPERVISOR = "_LBUILD_SUPERVISOR"
"""The variable of ``follow.SUPERVISOR``: that module is loaded only when it is needed."""

_TO_HERE = "/.lbuild/follows/to-here"
"""The path of ``follow.END``."""


def _load(name: str) -> "dict[str, Any]":
    """Run another file of this folder; return its names."""
    import _frozen_importlib_external as external

    path = os.path.join(os.path.dirname(_OWN_NAME), f"{name}.py")
    module: dict[str, Any] = {"__name__": name}
    code: Any = external.SourceFileLoader(name, path).get_code(name)
    _OWN_NAMES.add(path)
    exec(code, module)
    return module


def _start_following(descriptor: int, known: "os.stat_result | None") -> str:
    """Have the supervisor follow this process; return why it cannot, or nothing.

    The hook may have closed all descriptors, and opened something else since.
    """
    try:
        is_there = known is not None and os.path.samestat(os.fstat(descriptor), known)
    except OSError:
        is_there = False
    if not is_there:
        return "the hook closed the connection to lbuild"
    module = _load("follow")
    problem: str = module["start"](descriptor)
    if not problem:
        _exists(module["BEGINNING"])
    return problem


_STANDARD_LIBRARY = (os.path.join(os.path.dirname(os.__file__), ""), "<frozen ")

_OS_NAMES = vars(os)

_LISTING_FOR_OTHERS = frozenset(
    {
        *(("glob", "_iterdir"), ("glob", "_listdir"), ("os", "walk"), ("os", "_walk")),
        *(("pathlib", "_scandir"), ("pathlib", "scandir"), ("pathlib", "iterdir")),
    }
)
"""Functions of the standard library that list folders for their callers: module and name."""


def _wanted_by_globs(name: str, values: "_Dict") -> "str | None":
    """Return the pattern to which a function of the standard library compares names."""
    if name == "_glob1":
        return _glob_of(values["pattern"])
    match = None
    if name == "_select_from" and type(values["self"]).__name__ == "_WildcardSelector":
        match = values["self"].match  # of pathlib up to 3.12
    elif name == "select_wildcard":
        match = values.get("match")  # of pathlib from 3.13 on; None if it takes all
    regex: Any = getattr(match, "__self__", None)
    if getattr(regex, "flags", None) != _PLAIN:
        return None
    pattern = str(regex.pattern)
    # Older interpreters do not know this end, which Python 3.14 writes.
    return "re:" + (pattern[:-1] + "Z" if pattern.endswith("\\z") else pattern)


def _wanted_below(frame: "FrameType") -> "str | None":
    """Return that only folders count, if code looks for names in all that ``**`` matches."""
    calls = []
    while frame.f_back is not None and frame.f_globals.get("__name__") == "setuptools.glob":
        calls.append(frame.f_code.co_name)
        frame = frame.f_back
    return _FOLDERS if calls.count("_iglob") > 1 and "glob2" in calls else None


def _glob_of(pattern: "Any") -> "str | None":
    is_glob = isinstance(pattern, str) and pattern.partition(":")[0] not in (
        "re",
        "in",
        "d",
        "import",
    )
    return pattern if is_glob else None


def _is_for_import(frame: "FrameType") -> bool:
    """Whether a folder is listed for a search that ``Recorder.see_imports`` has recorded."""
    caller = frame.f_back
    return (
        caller is not None
        and caller.f_code.co_name == "find_spec"
        and caller.f_back is not None
        and caller.f_back.f_code.co_filename == _OWN_NAME
    )


_PLAIN = 32
"""The flags of a regular expression without any: ``re.UNICODE``."""


_DISTRIBUTIONS = "re:(?i:.*[.](dist-info|egg-info|egg|egg-link)|egg-info)"
"""The names that matter to code that looks for installed distributions."""


def _exactly(names: "Iterable[str]") -> str:
    return "in:" + "/".join(sorted(names))


def _wanted_as_tracked(frame: "FrameType", path: "Any") -> "str | None":
    """Return the names that setuptools-scm takes of a folder: those that are tracked.

    It walks through other folders without using anything of them.
    """
    values = frame.f_locals
    if values.get("force_all_files"):
        return None
    tracked = _TRACKED.get(id(values["scm_files"]))
    if tracked is None:
        tracked = {folder: set() for folder in values["scm_dirs"]}
        for one in (*values["scm_dirs"], *values["scm_files"]):
            folder, name = os.path.split(one)
            tracked.setdefault(folder, set()).add(name)
        # With the set itself, whose number would be given to another one when it is gone.
        _TRACKED[id(values["scm_files"])] = tracked
        _KEPT.append(values["scm_files"])
    names = tracked.get(_resolved(os.path.abspath(os.fspath(path))))
    return "" if not names else _exactly(names)


_TRACKED: "dict[int, dict[str, set[str]]]" = {}
_KEPT: "list[object]" = []

_MODULES = "import:"
"""Begins the name of a module, of whatever kind, that is looked for in a folder."""

_FOLDERS = "d:"
"""Which names count where only folders do, also behind links (``observe.listings``)."""


_LISTING_FOR_NAMES: "dict[tuple[str, str, bool], Callable[[FrameType, Any], str | None]]" = {
    # Code that lists folders and takes some of the names, by module, function, and whether it walks
    # through them (``os.walk``).
    ("setuptools.discovery", "_find_iter", True): lambda _frame, _path: "re:[^.]*",  # packages
    **{
        (module, name, False): lambda _frame, _path: _DISTRIBUTIONS
        for module, name in (
            ("importlib_metadata", "children"),
            ("setuptools._vendor.importlib_metadata", "children"),
            ("pkg_resources", "safe_listdir"),
        )
    },
    **{
        (module, "_cs_path_exists", False): lambda frame, _: _exactly([frame.f_locals["filename"]])
        for module in ("distutils.command.sdist", "setuptools._distutils.command.sdist")
    },
    ("setuptools.glob", "glob1", False): lambda frame, _: _glob_of(frame.f_locals["pattern"]),
    ("setuptools.glob", "_rlistdir", False): lambda frame, _: _wanted_below(frame),
    # setuptools-scm: from version 10 on, from 7 on, and before.
    ("vcs_versioning._file_finders", "scm_find_files", True): _wanted_as_tracked,
    ("setuptools_scm._file_finders", "scm_find_files", True): _wanted_as_tracked,
    ("setuptools_scm.file_finder", "scm_find_files", True): _wanted_as_tracked,
    ("setuptools_scm._integration._discover", "discover_egg_info_metadata", False): (
        lambda _frame, _path: "*.egg-info"
    ),
}


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


_OWN_VIEW = ("/proc/self/", "/proc/thread-self/", "/dev/fd/")
"""Where Linux shows each process its own current folder and open files."""


_SEPARATOR = os.sep
_UP = f"{os.sep}.."
"""In each path that may lead out of the folder it begins with."""


def _stays_below(path: "Any") -> bool:
    """Whether a path leads to something in the folder that it is relative to."""
    return type(path) is str and path[:1] not in ("", os.sep) and ".." not in path


def _folders_above(project: str) -> "frozenset[str]":
    """Return the folders above a project; each also with a separator at its end."""
    above: set[str] = set()
    folder = project.rstrip(os.sep)
    while folder and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
        above |= {folder, os.path.join(folder, "")}
    return frozenset(above)


def _is_at(server: "Any", address: "Any") -> bool:
    """Whether a socket of this process is the one that an address leads to."""
    try:
        own = server.getsockname()
    except OSError:
        return False  # it was closed
    if isinstance(own, tuple) and isinstance(address, tuple):
        return own[1:2] == address[1:2]  # its port; a host has several names
    return _text(own) == _text(address)


def _files_below(folder: str) -> "Iterator[str]":
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if stat.S_ISDIR(_lstat(path).st_mode):
            yield from _files_below(path)
        else:
            yield path


def _resolved(path: str) -> str:
    """Resolve the links in a path, as ``os.path.realpath``, which would be recorded itself."""
    done, parts, links = os.sep, path.split(os.sep), 0
    while parts:
        part = parts.pop(0)
        if part == "..":
            done = os.path.dirname(done)
        elif part not in ("", "."):
            step = os.path.join(done, part)
            try:
                target = _readlink(step)
            except (OSError, ValueError):
                done = step
                continue
            links += 1
            if links > 40:  # they lead in a circle
                return path
            parts = target.split(os.sep) + parts
            done = os.sep if target[0] == os.sep else done
    return done


def _exists(path: str) -> bool:
    try:
        _lstat(path)
    except OSError:
        return False
    return True


def _is_link(path: str) -> bool:
    try:
        return stat.S_ISLNK(_lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def _is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(_stat(path).st_mode)
    except OSError:
        return False


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


_OWN_NAME = _is_folder.__code__.co_filename
_OWN_NAMES = {_OWN_NAME}
"""With the other files of this folder that run in the hook process."""
# Files whose frames are between the dictionary of the environment and the code that reads it.
_BETWEEN = {
    _OWN_NAME,
    os.fsencode.__code__.co_filename,
    sys.modules["_collections_abc"].Mapping.get.__code__.co_filename,
}


_LIBRARY = os.path.join(os.path.dirname(os.__file__), "")


def _is_of_library(path: str) -> bool:
    """Whether code is of this file or of the standard library, where packages may be installed."""
    if path.startswith(_LIBRARY):
        return not any(name in path for name in ("site-packages", "dist-packages"))
    return path == _OWN_NAME or path.startswith("<frozen ")


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


class _Variables(_Dict):
    """The dictionary behind ``os.environ``, where no traceback shows a frame of the recorder."""

    recorder: Recorder

    def __getitem__(self, name: "Any") -> "Any":
        self.recorder.attempt(self.recorder.read, name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.recorder.attempt(self.recorder.read, name)
        return super().__contains__(name)

    def get(self, name: "Any", default: "Any" = None) -> "Any":
        self.recorder.attempt(self.recorder.read, name)
        return super().get(name, default)

    def __setitem__(self, name: "Any", value: "Any") -> None:
        self.recorder.attempt(self.recorder.changed, name)
        super().__setitem__(name, value)

    def __delitem__(self, name: "Any") -> None:
        self.recorder.attempt(self.recorder.read, name)  # an error shows that it is not set
        self.recorder.attempt(self.recorder.changed, name)
        super().__delitem__(name)

    def __iter__(self) -> "Iterator[Any]":
        self.recorder.attempt(self.recorder.enumerated)
        return super().__iter__()

    def keys(self) -> "Any":
        self.recorder.attempt(self.recorder.enumerated)
        return super().keys()

    def values(self) -> "Any":
        self.recorder.attempt(self.recorder.enumerated)
        return super().values()

    def items(self) -> "Any":
        self.recorder.attempt(self.recorder.enumerated)
        return super().items()


COMMANDS = "_LBUILD_COMMANDS"
"""The variable of ``commands.SETTINGS``: that module is loaded only where programs are expected."""


def _take_commands() -> "_Dict | None":
    """Load what restores results of compilers, before ``os`` is wrapped, if it was asked for."""
    text = os.environ.pop(COMMANDS, None)
    if text is None:
        return None
    import json

    module = _load("commands")
    known = module["Commands"](**json.loads(text))
    return {"known": known, **_load("popen")}


def _restore_results(recorder: Recorder, module: _Dict) -> None:
    variables: Any = getattr(os.environ, "_data")  # noqa: B009  mypy does not know it

    def environ() -> "dict[str, str]":  # not as the hook does, which would be recorded
        return {os.fsdecode(name): os.fsdecode(value) for name, value in dict.items(variables)}

    module["install"](module["known"], environ, recorder.attempt, recorder.reused)


def _record(log: str, supervisor: "int | None", commands: "_Dict | None") -> "Callable[[], None]":
    """Begin to record; return what has to be called when the script ends."""
    try:
        folder, project = os.path.dirname(os.path.abspath(log)), os.getcwd()
        own: tuple[str, ...] = (os.path.join(folder, ""),)
        if os.path.join(project, "").startswith(own):
            own = ()
        file = _Log(log, own)
        recorder = Recorder(file, project, own)
    except OSError:
        return lambda: None  # no log: not traced
    if supervisor is not None:
        recorder.ask(supervisor)
    recorder.attempt(recorder.see_manifests)
    recorder.attempt(recorder.begin)
    sys.addaudithook(recorder.audit)
    if commands is not None:
        _restore_results(recorder, commands)
    # Importers have listed folders that are not recorded: they have to list them again.
    for importer in list(sys.path_importer_cache.values()):
        if importer is not None and hasattr(importer, "invalidate_caches"):
            recorder.attempt(importer.invalidate_caches)
    recorder.attempt(recorder.see_imports)

    def settle() -> None:
        recorder.attempt(file.settle)

    def end() -> None:
        recorder.attempt(recorder.finish)
        settle()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=settle)
    return end


def _distrust_bytecode(project: str) -> None:
    import _frozen_importlib_external as machinery

    original = machinery.cache_from_source
    installed = [os.path.join(os.path.abspath(path), "") for path in (sys.prefix, sys.base_prefix)]
    # A project may be inside an environment, and an environment inside a project.
    outer = [path for path in installed if not path.startswith(os.path.join(project, ""))]

    def cache_from_source(path: str, *arguments: "Any", **keywords: "Any") -> str:
        absolute = os.path.abspath(os.fspath(path))
        trusted = [path for path in installed if absolute.startswith(path)]
        if not trusted or (absolute.startswith(project + os.sep) and set(trusted) <= set(outer)):
            # For importlib this means that there is no path for bytecode (PEP 3147).
            raise NotImplementedError
        return original(path, *arguments, **keywords)

    # Only for the import system: importlib.util, which other code calls, stays as it is.
    setattr(machinery, "cache_from_source", cache_from_source)  # noqa: B010  mypy knows its type


def _configure_setuptools(project: str, config: str) -> None:
    """Make CONFIG the file that ``DIST_EXTRA_CONFIG`` names, for builds of this project only.

    The variable itself is not set, because programs that the hook starts may build other projects.
    CONFIG includes the user's own such file, if there is one, so that is recorded as read.
    """
    original = os.getenv

    def getenv(key: str, default: "Any" = None) -> "Any":
        value = original(key, default)
        if key == "DIST_EXTRA_CONFIG" and os.getcwd() == project:
            if value:
                sys.audit("open", os.path.join(project, value), "r", os.O_RDONLY)
            return config
        return value

    os.getenv = getenv


def _substituted(frame: "FrameType") -> "set[str]":
    """Return the variables that distutils puts into a text of the configuration (``subst_vars``).

    It takes a copy of all variables, and then those that the text names as ``$NAME`` or ``{NAME}``.
    """
    if frame.f_code.co_name != "subst_vars":
        return set()
    import re

    text, own = (frame.f_locals.get(name) for name in ("s", "local_vars"))
    names = set(re.findall(r"\$([a-zA-Z_]\w*)|\{([a-zA-Z_]\w*)", str(text)))
    return {one or other for one, other in names} - set(own if isinstance(own, dict) else ())


def _restore_hash_seed() -> None:
    """Put back PYTHONHASHSEED, which counts as an input if the hook reads it by its name."""
    seed = os.environ.pop(HASH_SEED, None)
    if seed:
        os.environ["PYTHONHASHSEED"] = seed
    elif seed is not None:
        os.environ.pop("PYTHONHASHSEED", None)


def _take_supervisor() -> "int | None":
    """Take the descriptor of the socket that leads to the supervisor; no program inherits it."""
    text = os.environ.pop(SUPERVISOR, None)
    if text is None:
        return None
    os.set_inheritable(int(text), False)
    return int(text)


_STARTING: "list[CodeType]" = []
"""The code that the interpreter was given by ``-c``."""


def _hide_own_frames(
    kind: "type[BaseException]", error: BaseException, _trace: "TracebackType | None"
) -> None:
    """Print an error as if the script had been started directly and nothing were wrapped."""
    seen = set()
    part: BaseException | None = error
    while part is not None and id(part) not in seen:
        seen.add(id(part))
        part.__traceback__ = _without_own(part.__traceback__)
        part = part.__context__ if part.__cause__ is None else part.__cause__
    sys.__excepthook__(kind, error, error.__traceback__)


def _without_own(trace: "TracebackType | None") -> "TracebackType | None":
    first = last = None
    while trace is not None:
        following = trace.tb_next
        code = trace.tb_frame.f_code
        if code.co_filename not in _OWN_NAMES and code not in _STARTING:
            if last is None:
                first = trace
            else:
                last.tb_next = trace
            last = trace
        trace = following
    if last is not None:
        last.tb_next = None
    return first


if __name__ == "__main__":
    import _frozen_importlib_external as external

    _STARTING.append(sys._getframe(1).f_code)  # noqa: SLF001  as documented for CPython
    _log, _config, _lock, _script = sys.argv[1:5]
    del sys.argv[:4]
    if _lock and os.name != "nt":
        os.set_inheritable(
            int(_lock), False
        )  # a daemon that the hook starts runs on after the build
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = os.path.dirname(_script)
    with open(_script, "rb") as _file:
        _code = compile(_file.read(), _script, "exec")
    # A namespace of its own: names of the script must not replace those of the recorder.
    _main = type(sys)("__main__")
    vars(_main).update({name: value for name, value in globals().items() if name[:2] == "__"})
    vars(_main).update(__cached__=None, __doc__=None, __file__=_script)
    vars(_main).update(__loader__=external.SourceFileLoader("__main__", _script))
    sys.modules["__main__"] = _main
    _restore_hash_seed()
    # For programs: bytecode that they left in the project would be trusted by its time. In this
    # process it makes no difference any more: modules of the environment are compiled once.
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    _supervisor = _take_supervisor()
    _commands = _take_commands()
    _distrust_bytecode(os.getcwd())
    _configure_setuptools(os.getcwd(), _config)
    sys.excepthook = _hide_own_frames
    _end = _record(_log, _supervisor, _commands)
    try:
        exec(_code, vars(_main))
    finally:
        _exists(_TO_HERE)  # for the supervisor, if there is one
        _end()
