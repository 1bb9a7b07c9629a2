"""The arguments of a system call -> accesses, programs and problems.

What is recorded is what a program begins, not what succeeds. The calling thread is parked
meanwhile, so what is on disk is what it will find.
"""

import os
import struct
from collections.abc import Iterator, Sequence

from lbuild_frontend.linux.calls import CALLS, Call, How
from lbuild_frontend.linux.memory import Gone, Memory
from lbuild_frontend.linux.numbers import Architecture
from lbuild_frontend.linux.paths import AT_FDCWD, absolute
from lbuild_frontend.linux.proc import DELETED
from lbuild_frontend.process_tracing.images import Image, Images
from lbuild_frontend.process_tracing.journal import Journal
from lbuild_frontend.process_tracing.ledger import Ledger
from lbuild_frontend.process_tracing.program_files import ProgramFiles
from lbuild_frontend.process_tracing.talks import Handler, Talks

_AT_EMPTY_PATH = 0x1000
_O_PATH = getattr(os, "O_PATH", 0x200000)
_O_TMPFILE = 0x400000
_RESOLVE_IN_ROOT = 0x10
_RENAME_EXCHANGE = 2
_CREATING = os.O_CREAT | os.O_TRUNC


class Decoder:
    """Decodes calls, and records what they do.

    Args:
        architecture: the numbers of calls.
        journal: where problems are recorded.
        images: the programs of the process tree.
        ledger: where accesses are recorded.
    """

    def __init__(
        self, architecture: Architecture, journal: Journal, images: Images, ledger: Ledger
    ) -> None:
        self._audit = architecture.audit
        self._journal = journal
        self._images = images
        self._ledger = ledger
        self._memory = Memory()
        self._files = ProgramFiles(journal)
        handlers: dict[How, Handler] = {
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
            "touch-open": self._touch_open,
            **Talks(journal, images, ledger, self._memory).handlers,
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
            # Not with the path: it may have the number of a process, which differs in each build.
            why = error.strerror if isinstance(error, OSError) else error
            self._journal.problem(f"a call of {name} could not be understood ({why})")

    # Paths

    def _path(self, thread: int, arguments: Sequence[int], call: Call) -> str | None:
        """Return the path that a call names; None if it names none, so that the call fails."""
        raw = self._memory.string(thread, arguments[call.path])
        if not raw:
            return None
        return self._absolute(thread, raw, arguments, call)

    def _second_path(self, thread: int, arguments: Sequence[int], call: Call) -> str | None:
        second = call._replace(folder=call.folder2, path=call.path2)
        return self._path(thread, arguments, second)

    def _note(self, thread: int, letter: str, path: str) -> None:
        self._ledger.note(self._images.of(thread), letter, path)

    # Files

    def _open(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        flags = arguments[call.more or 0]
        raw = self._memory.string(thread, arguments[call.path])
        if not raw:
            return
        path = self._absolute(thread, raw, arguments, call)
        if path is not None:
            self._opened(self._images.of(thread), path, flags)

    def _absolute(
        self, thread: int, raw: bytes, arguments: Sequence[int], call: Call
    ) -> str | None:
        folder = AT_FDCWD if call.folder is None else _signed(arguments[call.folder])
        return absolute(thread, raw, folder)

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
        note, mode = self._ledger.note, flags & os.O_ACCMODE
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
        elif not os.path.lexists(path):
            note(image, "s" if mode == os.O_WRONLY else "r", path)  # the call fails
        else:
            if mode != os.O_WRONLY:
                note(image, "r", path)
            if mode:
                note(image, "a", path)

    def _look(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        raw = self._memory.string(thread, arguments[call.path])
        if raw:  # most are fstat: an empty path, which means a descriptor
            self._look_at(thread, raw, arguments, call)

    def _look_at(self, thread: int, raw: bytes, arguments: Sequence[int], call: Call) -> None:
        path = self._absolute(thread, raw, arguments, call)
        if path is not None:
            self._note(thread, "s", path)

    def _readlink(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        raw = self._memory.string(thread, arguments[call.path])
        if raw or (raw is not None and call.folder is not None):
            self._look_at(thread, raw, arguments, call)

    def _list(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        path = absolute(thread, b"", _signed(arguments[call.path]))
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
            if os.path.lexists(path):
                self._note(thread, "a", path)

    def _touch(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        """Record a change of attributes, by which the time of the last change changes, too."""
        path = self._path(thread, arguments, call)
        # An empty path with that flag, or of utimensat no path, means the descriptor itself.
        if (
            path is None
            and call.more is not None
            and call.folder is not None
            and (not arguments[call.path] or arguments[call.more] & _AT_EMPTY_PATH)
        ):
            path = absolute(thread, b"", _signed(arguments[call.folder]))
        if path is not None:
            self._changed(self._images.of(thread), path)

    def _touch_open(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        path = absolute(thread, b"", _signed(arguments[call.path]))
        if path is not None:
            self._changed(self._images.of(thread), path)

    def _changed(self, image: Image, path: str) -> None:
        if path not in self._ledger.made:
            self._ledger.note(image, "r", path)
        if os.path.lexists(path):
            self._ledger.note(image, "w", path)

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
            self._ledger.links_change()

    def _remove(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        path = self._path(thread, arguments, call)
        if path is None:
            return
        self._note(thread, "s", path)
        if os.path.lexists(path):
            self._note(thread, "w", path)
            if os.path.islink(path):
                self._ledger.links_change()

    def _link(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        source, target = (
            self._path(thread, arguments, call),
            self._second_path(thread, arguments, call),
        )
        image = self._images.of(thread)
        if source is not None:
            self._changed(image, source)  # its number of links
            if os.path.islink(source):  # the other one is a link, too
                self._ledger.links_change()
        if target is not None:
            self._ledger.note(image, "s" if os.path.lexists(target) else "w", target)

    def _rename(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        source = self._path(thread, arguments, call)
        target = self._second_path(thread, arguments, call)
        if source is None or target is None:
            return
        image = self._images.of(thread)
        if not os.path.lexists(source):
            self._ledger.note(image, "s", source)  # the call fails
            return
        if os.path.islink(source) or os.path.islink(target):
            self._ledger.links_change()
        exchanges = call.more is not None and bool(arguments[call.more] & _RENAME_EXCHANGE)
        if exchanges:
            self._changed(image, target)
        self._moved(image, source, target)
        if exchanges:
            self._moved(image, target, source)

    def _moved(self, image: Image, source: str, target: str) -> None:
        self._changed(image, source)
        self._ledger.note(image, "w", target)
        if os.path.isdir(source) and not os.path.islink(source):
            # Its files may be read later, by names that say nothing about where they came from.
            self._ledger.links_change()
            for name in _files_below(source):
                self._changed(image, f"{source}/{name}")
                self._ledger.note(image, "w", f"{target}/{name}")

    # Programs

    def _exec(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        raw = self._memory.string(thread, arguments[call.path])
        if raw is None or (not raw and call.folder is None):
            return
        folder = AT_FDCWD if call.folder is None else _signed(arguments[call.folder])
        path = absolute(thread, raw, folder)
        if path is None:
            return
        if path.endswith(DELETED) and raw and not os.path.lexists(path):
            self._journal.problem("a program ran that has no name, by that of its descriptor")
        # What is open may have no name (any more).
        file = path if raw or folder == AT_FDCWD else f"/proc/{thread}/fd/{folder}"
        if not os.path.isfile(file) or not os.access(file, os.X_OK):
            self._note(thread, "r", path)  # the call fails
            self._images.forget_memory(thread)  # unless it is there just now
            return
        words = self._memory.strings(thread, arguments[call.more or 0]) or []
        where = absolute(thread, b"", AT_FDCWD)
        behind = tuple(
            one if one[0] == "/" else f"{where}/{one}" for one in self._files.opened_by_kernel(file)
        )
        image = self._images.begin(thread, (path, *behind), words, where)
        self._images.forget_memory(thread)
        for opened in (path, *behind) if os.path.lexists(path) else behind:
            self._ledger.note(image, "r", opened)


def _signed(value: int) -> int:
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value & 0x80000000 else value


def _files_below(folder: str) -> Iterator[str]:
    for where, _folders, names in os.walk(folder):
        for name in names:
            yield os.path.relpath(os.path.join(where, name), folder)
