"""What all notes of the recorder have in common: which paths count, and what needs no record.

Most hooks do the same again and again with the same paths. So each event is first compared with
what was done with a path of this spelling (``Known``).
"""

import os
import stat
import sys
from _thread import allocate_lock, get_ident
from os import readlink as _readlink

from .paths import OWN_VIEW, SEPARATOR, UP, exists, folders_above, resolved, stays_below, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    class Log(Protocol):
        """Takes records; if one cannot be taken, none of them may be used."""

        def write(self, tag: str, text: str) -> None: ...

        def remove(self) -> None: ...


OWN_CODE = os.path.join(os.path.dirname(text_of.__code__.co_filename), "")
"""Begins the name of each file of the recorder."""

_LIBRARY = os.path.join(os.path.dirname(os.__file__), "")

STANDARD_LIBRARY = (_LIBRARY, "<frozen ")
"""Begin the names of files of the standard library, and of packages that are installed there."""

FOLDERS = "d:"
"""Which names count where only folders do, also behind links (``observe.listings``)."""


def is_of_library(path: str) -> bool:
    """Whether code is of the recorder or of the standard library."""
    if path.startswith(_LIBRARY):
        return not any(name in path for name in ("site-packages", "dist-packages"))
    return path.startswith((OWN_CODE, "<frozen "))


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


class Records:
    """Turns what is done with paths into records.

    Its methods may fail, so they are called through ``attempt``.

    Attributes:
        tells_found: whether to record that there was nothing where the process looked.
        known: what needs no other record.

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
        self._above = folders_above(project)
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
        self._alone = True  # nobody else has made a link or moved a folder
        self._linking = False
        self._manifest: dict[str, Any] = {}
        self._manifests: Any = None
        self._for_manifest = False
        self._supervisor: int | None = None
        self._socket: os.stat_result | None = None
        self._asking = allocate_lock()
        self._asking_in: int | None = None
        self._is_followed = False

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

    # Paths: all of a log are absolute, because a hook may change its current folder. Those of the
    # interpreter are left out, because it is an input by itself.

    def _absolute(self, path: "Any", folder: int = -1) -> "str | None":
        """Return an absolute path; None if there is none, or if it is unknown, which is recorded.

        ``folder`` is the descriptor of the folder that the path is relative to; a negative one
        stands for the current folder.
        """
        text = path if type(path) is str else text_of(path)
        if not text:
            return None
        if text[0] == SEPARATOR:
            # In another process, such as that which reads the log, this is another file, or none.
            return resolved(text) if text.startswith(OWN_VIEW) else text
        base = self._current() if folder < 0 else self._of_descriptor(folder)
        if base is None:
            return None
        # As os.path.join, which takes longer than the rest.
        return f"{base}{text}" if base[-1:] == SEPARATOR else f"{base}{SEPARATOR}{text}"

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
        if folder >= 0 and self._is_folder_of_own(folder) and stays_below(path):
            return None
        absolute = self._absolute(path, folder)
        return None if self.is_own(absolute) else absolute

    def is_own(self, path: "Any") -> bool:
        """Whether a path is in lbuild's own folder for sure, as long as no link leads out again."""
        return type(path) is str and path.startswith(self._own) and UP not in path

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
                self._write(tag, resolved(absolute))
        return not self._linking

    def _json_of(self, *texts: str) -> str:
        """Return a JSON list, as ``json.dumps``, which takes five times as long."""
        return f"[{', '.join(map(self._quoted, texts))}]"

    def _code(self) -> str:
        """Return the function that runs, outside of the standard library."""
        frame = sys._getframe(1)  # noqa: SLF001  as documented for CPython
        while frame.f_back is not None and is_of_library(frame.f_code.co_filename):
            frame = frame.f_back
        return f"{frame.f_code.co_filename}:{frame.f_code.co_name}"

    def _is_skipped(self, path: str) -> bool:
        inside = f"{path}{SEPARATOR}"
        return (
            inside.startswith(self._skipped)
            or (inside.startswith(self._around) and not inside.startswith(self._project))
        ) and UP not in path  # which may lead out again

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

    def _look_or_list(self, tag: str, text: str, path: str) -> bool:
        """Record a look or a listing, and whether it is only for the manifest of setuptools.

        Return whether it counts in any case, so that the same again needs no record.
        """
        manifest = None
        if self._manifests is not None and not self._linking:
            manifest = self._manifests.now(self._current)
        is_told = manifest is not None and (tag, text) in manifest.told
        if manifest is None or (not is_told and manifest.is_in_package(path)):
            self._write(tag, text)
            return True
        if tag == "l" and manifest.may_skip_packages(self._manifests.walked()):
            self._write("g", self._json_of(path, FOLDERS))
        if not is_told:
            manifest.told.add((tag, text))
            self._for_manifest = True
            self._write("c", f"[{self._quoted(tag)}, {self._quoted(text)}, {manifest.commands}]")
        return False

    def see_manifests(self) -> None:
        """Tell apart what setuptools does only for a list of the files of an sdist."""
        self._manifest = load("manifest")
        self._manifests = self._manifest["Manifests"]()

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


_PACKAGE = __name__.rpartition(".")[0]
"""In the hook process it is not that of lbuild, see ``start``."""


def load(name: str) -> "dict[str, Any]":
    """Run another file of this folder, which few hooks need; return its names."""
    import _frozen_importlib_external as external

    module: dict[str, Any] = {"__name__": f"{_PACKAGE}.{name}"}
    code: Any = external.SourceFileLoader(name, f"{OWN_CODE}{name}.py").get_code(name)
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
    module = load("follow")
    problem: str = module["start"](descriptor)
    if not problem:
        exists(module["BEGINNING"])
    return problem
