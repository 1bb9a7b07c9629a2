"""The arguments of a system call -> accesses, programs and problems.

What is recorded is what a program begins, not what succeeds. The calling thread is parked
meanwhile, so what is on disk is what it will find.
"""

import os
import stat
import struct
from collections.abc import Callable, Iterator, Sequence

from lbuild_frontend.process_tracing import elf, peers
from lbuild_frontend.process_tracing.calls import CALLS, Architecture, Call
from lbuild_frontend.process_tracing.images import Image, Images
from lbuild_frontend.process_tracing.journal import Journal
from lbuild_frontend.process_tracing.memory import Gone, Memory
from lbuild_frontend.process_tracing.paths import AT_FDCWD, Paths

_AT_EMPTY_PATH = 0x1000
_O_PATH = getattr(os, "O_PATH", 0x200000)
_O_TMPFILE = 0x400000
_RESOLVE_IN_ROOT = 0x10
_CREATING = os.O_CREAT | os.O_TRUNC

_CACHES = frozenset({"ccache", "sccache", "distcc", "icecc", "buildcache", "gomacc", "recc"})
"""Programs that answer from what they did before, for which they read less (rule 18)."""

_SET_ID = stat.S_ISUID | stat.S_ISGID

_Handler = Callable[[int, Sequence[int], Call], None]


class Decoder:
    """Decodes calls, and records what they do.

    Attributes:
        heard: the canaries that were seen, by path.

    Args:
        architecture: the numbers of calls.
        journal: where everything is recorded.
        images: the programs of the process tree.
        canaries: paths that only the hook process looks at, to show that it is heard.
    """

    def __init__(
        self,
        architecture: Architecture,
        journal: Journal,
        images: Images,
        canaries: frozenset[str],
    ) -> None:
        self.heard: set[str] = set()
        self._audit = architecture.audit
        self._journal = journal
        self._images = images
        self._canaries = canaries
        self._memory = Memory()
        self._paths = Paths(self._memory)
        self._linking = 0
        self._folders: dict[str, str] = {}
        self._made: set[str] = set()
        self._bound: set[str] = set()
        self._loaders: dict[str, tuple[object, tuple[str, ...]]] = {}
        handlers: dict[str, _Handler] = {
            "open": self._open,
            "openat2": self._openat2,
            "creat": self._creat,
            "look": self._look,
            "readlink": self._readlink,
            "list": self._list,
            "exec": self._exec,
            "read": self._read,
            "rename": self._rename,
            "link": self._link,
            "symlink": self._symlink,
            "remove": self._remove,
            "make-folder": self._make_folder,
            "make": self._make,
            "append": self._append,
            "touch": self._touch,
            "connect": self._send_to,
            "send-to": self._send_to,
            "send-message": self._send_message,
            "bind": self._bind,
        }
        self._handlers = {
            number: (handlers.get(CALLS[name].how), CALLS[name], name)
            for name, number in architecture.numbers.items()
        }

    def decode(self, thread: int, audit: int, number: int, arguments: Sequence[int]) -> None:
        """Record what a thread is about to do. Whatever cannot be understood is a problem."""
        if audit != self._audit:
            self._journal.problem("a program made system calls of another architecture")
            return
        known = self._handlers.get(number)
        if known is None:
            self._journal.problem(
                f"a program made system call {number}, which lbuild does not know"
            )
            return
        handler, call, name = known
        if handler is None:
            self._journal.problem(f"a program called {name}, which lbuild cannot follow")
            return
        try:
            handler(thread, arguments, call)
        except Gone:
            pass  # the call does not happen
        except (OSError, ValueError, LookupError, struct.error) as error:
            self._journal.problem(f"a call of {name} could not be understood ({error})")

    # Paths

    def _path(self, thread: int, arguments: Sequence[int], call: Call) -> str | None:
        """Return the path that a call names; None if it names none, so that the call fails."""
        raw = self._memory.string(thread, arguments[call.path])
        if not raw:
            return None
        folder = AT_FDCWD if call.folder is None else _signed(arguments[call.folder])
        return self._paths.absolute(thread, raw, folder)

    def _second_path(self, thread: int, arguments: Sequence[int], call: Call) -> str | None:
        second = call._replace(folder=call.folder2, path=call.path2)
        return self._path(thread, arguments, second)

    def _note(self, thread: int, letter: str, path: str) -> None:
        self._note_of(self._images.of(thread), letter, path)

    def _note_of(self, image: Image, letter: str, path: str) -> None:
        """Record an access of a program, unless it is known."""
        self._record(image, letter, path)
        if self._linking:
            # A link that the tree made may be gone when the log is read: record where it leads.
            resolved = self._resolved(path)
            if letter in "rsl" and os.path.islink(resolved):
                resolved = os.path.realpath(resolved)
            if resolved != path:
                self._record(image, letter, resolved)

    def _record(self, image: Image, letter: str, path: str) -> None:
        key = letter, path
        if key in image.seen:
            return
        image.seen.add(key)
        if letter in "rs":
            if path in self._canaries:
                self.heard.add(path)
                return
            if not os.path.lexists(path):
                letter = letter.upper()
        elif letter in "wm":
            self._made.add(path)
        self._journal.access(letter, image.number, path)

    def _resolved(self, path: str) -> str:
        """Return a path with the links on the way to it resolved."""
        folder, name = os.path.split(path)
        if name in ("", ".", ".."):
            return os.path.realpath(path)
        known = self._folders.get(folder)
        if known is None:
            known = self._folders[folder] = os.path.realpath(folder)
        return os.path.join(known, name)

    # Files

    def _open(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        flags = arguments[call.more or 0]
        raw = self._memory.string(thread, arguments[call.path])
        if not raw:
            return
        image = self._images.of(thread)
        key = flags, raw, self._linking
        if raw[0] == 47:
            # Opened in this way before: nothing new, unless it is another thing to each process.
            if key in image.seen:
                return
            if not raw.startswith((b"/proc/", b"/dev/")) and not flags & _CREATING:
                image.seen.add(key)
        folder = AT_FDCWD if call.folder is None else _signed(arguments[call.folder])
        path = self._paths.absolute(thread, raw, folder)
        if path is not None:
            self._opened(image, path, flags)

    def _openat2(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        how = self._memory.read(thread, arguments[call.more or 0], 24)
        if len(how) < 24:
            return  # the call fails
        flags, _mode, resolve = struct.unpack("<QQQ", how)
        if resolve & _RESOLVE_IN_ROOT:
            self._journal.problem(
                "a program called openat2 with another root, which lbuild cannot follow"
            )
        path = self._path(thread, arguments, call)
        if path is not None:
            self._opened(self._images.of(thread), path, flags)

    def _creat(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        path = self._path(thread, arguments, call)
        if path is not None:
            self._opened(self._images.of(thread), path, os.O_WRONLY | _CREATING)

    def _opened(self, image: Image, path: str, flags: int) -> None:
        note, mode = self._note_of, flags & os.O_ACCMODE
        if flags & _O_PATH or flags & os.O_DIRECTORY:  # also with O_TMPFILE, for a nameless file
            note(image, "s", path)
        elif mode == os.O_RDONLY and not flags & _CREATING:
            note(image, "r", path)
        elif flags & os.O_CREAT and not os.path.lexists(path):
            if not os.path.isdir(os.path.dirname(path)):
                note(image, "s", os.path.dirname(path))  # the call fails
            note(image, "w", path)
        elif flags & os.O_CREAT and flags & os.O_EXCL:
            note(image, "s", path)  # the call fails
        elif flags & os.O_TRUNC:
            note(image, "w", path)
        elif mode == os.O_WRONLY:
            note(image, "a", path)
        else:
            note(image, "r", path)
            if mode:
                note(image, "a", path)

    def _look(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        raw = self._memory.string(thread, arguments[call.path])
        if not raw:
            return  # most are fstat: an empty path, which means a descriptor
        image = self._images.of(thread)
        if raw[0] == 47:
            key = raw, self._linking
            if key in image.seen:
                return
            if not raw.startswith((b"/proc/", b"/dev/")):
                image.seen.add(key)
        folder = AT_FDCWD if call.folder is None else _signed(arguments[call.folder])
        path = self._paths.absolute(thread, raw, folder)
        if path is not None:
            self._note_of(image, "s", path)

    def _readlink(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        raw = self._memory.string(thread, arguments[call.path])
        if raw is None or (not raw and call.folder is None):
            return
        folder = AT_FDCWD if call.folder is None else _signed(arguments[call.folder])
        path = self._paths.absolute(thread, raw, folder)
        if path is not None:
            self._note(thread, "s", path)

    def _list(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        path = self._paths.absolute(thread, b"", _signed(arguments[call.path]))
        if path is not None:
            self._note(thread, "l", path)

    def _read(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        path = self._path(thread, arguments, call)
        if path is not None:
            self._note(thread, "r", path)

    def _append(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        path = self._path(thread, arguments, call)
        if path is not None:
            self._note(thread, "r", path)
            self._note(thread, "a", path)

    def _touch(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        """Record a change of attributes, by which the time of the last change changes, too."""
        path = self._path(thread, arguments, call)
        if path is not None:
            self._changed(self._images.of(thread), path)

    def _changed(self, image: Image, path: str) -> None:
        if path not in self._made:
            self._note_of(image, "r", path)
        if os.path.lexists(path):
            self._note_of(image, "w", path)

    def _make(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        path = self._path(thread, arguments, call)
        if path is not None:
            self._note(thread, "s" if os.path.lexists(path) else "w", path)

    def _make_folder(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        path = self._path(thread, arguments, call)
        if path is not None:
            self._note(thread, "s" if os.path.lexists(path) else "m", path.rstrip("/") or "/")

    def _symlink(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        path = self._path(thread, arguments, call)
        if path is not None:
            self._note(thread, "s" if os.path.lexists(path) else "w", path)
            self._links_change()

    def _remove(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        path = self._path(thread, arguments, call)
        if path is None:
            return
        self._note(thread, "s", path)
        if os.path.lexists(path):
            self._note(thread, "w", path)
            if os.path.islink(path):
                self._links_change()

    def _link(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        source, target = (
            self._path(thread, arguments, call),
            self._second_path(thread, arguments, call),
        )
        image = self._images.of(thread)
        if source is not None:
            self._changed(image, source)  # its number of links
        if target is not None:
            self._note_of(image, "s" if os.path.lexists(target) else "w", target)

    def _rename(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        source, target = (
            self._path(thread, arguments, call),
            self._second_path(thread, arguments, call),
        )
        image = self._images.of(thread)
        if source is None or not os.path.lexists(source):
            if source is not None:
                self._note_of(image, "s", source)
            return
        self._changed(image, source)
        if os.path.islink(source) or (target is not None and os.path.islink(target)):
            self._links_change()
        if target is None:
            return
        self._note_of(image, "w", target)
        if os.path.isdir(source) and not os.path.islink(source):
            # Its files may be read later, by names that say nothing about where they came from.
            self._links_change()
            for name in _files_below(source):
                self._changed(image, f"{source}/{name}")
                self._note_of(image, "w", f"{target}/{name}")

    def _links_change(self) -> None:
        """From now on a path may lead elsewhere than before, and than when the log is read."""
        self._linking += 1
        self._folders.clear()

    # Programs

    def _exec(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        raw = self._memory.string(thread, arguments[call.path])
        if raw is None or (not raw and call.folder is None):
            return
        folder = AT_FDCWD if call.folder is None else _signed(arguments[call.folder])
        path = self._paths.absolute(thread, raw, folder)
        if path is None:
            return
        if not os.path.isfile(path) or not os.access(path, os.X_OK):
            self._note(thread, "r", path)  # the call fails
            return
        words = self._memory.strings(thread, arguments[call.more or 0]) or []
        where = self._paths.absolute(thread, b"", AT_FDCWD)
        image = self._images.begin(thread, path, [os.fsdecode(word) for word in words], where)
        self._note_of(image, "r", path)
        for opened in self._opened_by_kernel(path):
            self._note_of(image, "r", opened if opened[0] == "/" else f"{where}/{opened}")

    def _opened_by_kernel(self, path: str) -> tuple[str, ...]:
        """Return the interpreters and loaders of a program; note what cannot be followed."""
        status = os.stat(path)
        same = status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size
        known = self._loaders.get(path)
        if known is not None and known[0] == same:
            return known[1]
        name = os.path.basename(os.path.realpath(path))
        if name in _CACHES:
            self._journal.problem(f"{name} ran, which keeps results of earlier builds")
        if status.st_mode & _SET_ID or _has_capabilities(path):
            self._journal.problem(f"{os.path.basename(path)} ran, which may not get its rights")
        found: list[str] = []
        following = elf.opened_by_kernel(path)
        while following is not None and following not in found:
            found.append(following)
            following = elf.opened_by_kernel(following) if following[0] == "/" else None
        self._loaders[path] = (same, tuple(found))
        return tuple(found)

    # Other processes

    def _bind(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        peer = self._peer(thread, arguments[call.path], arguments[call.more or 0])
        if peer is not None:
            self._bound.add(peer)
        self._images.of(thread)

    def _send_to(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        self._ask(self._peer(thread, arguments[call.path], arguments[call.more or 0]))

    def _send_message(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        header = self._memory.read(thread, arguments[call.path], 12)
        if len(header) == 12:
            address, length = struct.unpack("<QI", header)
            if address:
                self._ask(self._peer(thread, address, length))

    def _peer(self, thread: int, address: int, length: int) -> str | None:
        return peers.peer_of(self._memory.read(thread, address, min(length & 0xFFFF, 128)))

    def _ask(self, peer: str | None) -> None:
        if peer is not None and peer not in self._bound and peers.may_read_files(peer):
            self._journal.problem(f"a program asked a process that is not followed ({peer})")


def _signed(value: int) -> int:
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value & 0x80000000 else value


def _files_below(folder: str) -> Iterator[str]:
    for where, _folders, names in os.walk(folder):
        for name in names:
            yield os.path.relpath(os.path.join(where, name), folder)


def _has_capabilities(path: str) -> bool:
    try:
        return bool(os.getxattr(path, "security.capability"))
    except OSError:
        return False
