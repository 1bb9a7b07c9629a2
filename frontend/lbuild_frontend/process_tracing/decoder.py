"""The arguments of a system call -> accesses, programs and problems.

What is recorded is what a program begins, not what succeeds. The calling thread is parked
meanwhile, so what is on disk is what it will find.
"""

import os
import struct
from collections.abc import Callable, Iterator, Sequence

from lbuild_frontend.process_tracing import peers
from lbuild_frontend.process_tracing.calls import CALLS, Architecture, Call
from lbuild_frontend.process_tracing.images import Image, Images
from lbuild_frontend.process_tracing.journal import Journal
from lbuild_frontend.process_tracing.ledger import Ledger
from lbuild_frontend.process_tracing.memory import Gone, Memory
from lbuild_frontend.process_tracing.paths import AT_FDCWD, Paths
from lbuild_frontend.process_tracing.program_files import ProgramFiles

_AT_EMPTY_PATH = 0x1000
_O_PATH = getattr(os, "O_PATH", 0x200000)
_O_TMPFILE = 0x400000
_RESOLVE_IN_ROOT = 0x10
_CREATING = os.O_CREAT | os.O_TRUNC

_Handler = Callable[[int, Sequence[int], Call], None]


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
        self._paths = Paths(self._memory)
        self._files = ProgramFiles(journal)
        self._bound: set[str] = set()
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
        self._ledger.note(self._images.of(thread), letter, path)

    # Files

    def _open(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        flags = arguments[call.more or 0]
        raw = self._memory.string(thread, arguments[call.path])
        if not raw:
            return
        image = self._images.of(thread)
        key = flags, raw, self._ledger.links
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
            key = raw, self._ledger.links
            if key in image.seen:
                return
            if not raw.startswith((b"/proc/", b"/dev/")):
                image.seen.add(key)
        folder = AT_FDCWD if call.folder is None else _signed(arguments[call.folder])
        path = self._paths.absolute(thread, raw, folder)
        if path is not None:
            self._ledger.note(image, "s", path)

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
        if target is not None:
            self._ledger.note(image, "s" if os.path.lexists(target) else "w", target)

    def _rename(self, thread: int, arguments: Sequence[int], call: Call) -> None:
        source, target = (
            self._path(thread, arguments, call),
            self._second_path(thread, arguments, call),
        )
        image = self._images.of(thread)
        if source is None or not os.path.lexists(source):
            if source is not None:
                self._ledger.note(image, "s", source)
            return
        self._changed(image, source)
        if os.path.islink(source) or (target is not None and os.path.islink(target)):
            self._ledger.links_change()
        if target is None:
            return
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
        path = self._paths.absolute(thread, raw, folder)
        if path is None:
            return
        if not os.path.isfile(path) or not os.access(path, os.X_OK):
            self._note(thread, "r", path)  # the call fails
            return
        words = self._memory.strings(thread, arguments[call.more or 0]) or []
        where = self._paths.absolute(thread, b"", AT_FDCWD)
        image = self._images.begin(thread, path, [os.fsdecode(word) for word in words], where)
        self._ledger.note(image, "r", path)
        for opened in self._files.opened_by_kernel(path):
            self._ledger.note(image, "r", opened if opened[0] == "/" else f"{where}/{opened}")

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
