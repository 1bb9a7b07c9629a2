"""Files and links: what a hook reads or looks for counts; what it writes is no input."""

import os
import sys
from _thread import get_ident
from os import access as _access

from .paths import exists, is_folder, stays_below, text_of
from .records import OWN_CODE, Known, Records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .records import Log

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_NAMELESS = getattr(os, "O_TMPFILE", 0)


class Files(Records):
    """Notes what is done with files."""

    def __init__(self, log: "Log", project: str, own: "tuple[str, ...]" = ()) -> None:
        super().__init__(log, project, own)
        self._opening: dict[int, str] = {}

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
            own = stays_below(path) and self._is_folder_of_own(dir_fd)
        if own and self._alone:
            now = os.fstat(descriptor)
            self.known.own_folders[descriptor] = now.st_dev, now.st_ino
        else:
            self.known.own_folders.pop(descriptor, None)

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
            self._path("s" if not self.tells_found or exists(absolute) else "S", absolute)

    def _read(self, path: "Any", folder: int = -1) -> None:
        known, plain = self.known, folder < 0 and type(path) is str
        if plain and path in known.read:
            return
        absolute = self._counted(path, folder)
        if absolute is None:
            return
        # That there was something once is on record, and decides if there is nothing now.
        there = not self.tells_found or (plain and path in known.found) or exists(absolute)
        if self._path("r" if there else "R", absolute) and there and plain and self.tells_found:
            known.read.add(path)

    def _opening_in(
        self, path: "Any", flags: int, mode: int = 0, *, dir_fd: "int | None" = None
    ) -> None:
        """Record the folder that ``os.open`` is given, which is not in the event that it raises."""
        text = text_of(path)
        if dir_fd is not None and text is not None and not self.is_own(text):
            self._opened(text, mode, flags, dir_fd)
            self._opening[get_ident()] = text

    def _opening_code(self, path: "Any") -> None:
        self._path("i", path)

    def _opened(self, path: "Any", _mode: object, flags: int, folder: int = -1) -> None:
        if self._opening and self._opening.pop(get_ident(), None) == text_of(path):
            return
        if not flags & _WRITING:
            if os.path.basename(text_of(path) or "") == "pyproject.toml":
                self._opened_settings(path, folder)
            else:
                self._read(path, folder)
            return
        absolute = self._counted(path, folder)
        if absolute is None or (_NAMELESS and flags & _NAMELESS == _NAMELESS):
            return
        if is_folder(absolute):
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
        if self._linking or not exists(absolute):
            self._read(path, folder)
            return
        import json

        frame = sys._getframe(2)  # noqa: SLF001  as documented for CPython
        while frame.f_back is not None and (
            frame.f_code.co_filename.startswith(OWN_CODE)
            # pathlib.Path.read_text, for example: who calls it decides what becomes of the text.
            or str(frame.f_globals.get("__name__")).partition(".")[0] == "pathlib"
        ):
            frame = frame.f_back
        code = frame.f_code
        self._write("t", json.dumps([absolute, f"{code.co_filename}:{code.co_name}"]))

    def _overwritten(self, path: str) -> None:
        """Record that a file is overwritten; if it cannot be, that may decide what a hook does."""
        if not exists(path):
            if not exists(os.path.dirname(path)):
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
            self._write("s" if exists(absolute) else "w", absolute)

    def _removed(self, path: "Any", folder: int) -> None:
        absolute = self._counted(path, folder)
        if absolute is not None:
            self._look(absolute)
            if exists(absolute):
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
        text = text_of(database)
        if text is not None and text[:5] == "file:":
            self._write("u", "an SQLite database was opened with a URI")
        elif text and text != ":memory:":
            for end in ("", "-journal", "-wal"):
                self._read(text + end)
        self._follow()
        self._write("n", "_sqlite3")
