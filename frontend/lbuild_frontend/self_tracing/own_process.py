"""lbuild under its own recorder: what a decision looked at is kept for ``replay``.

The recorder is that of the hook process. Therefore no module has to report what it looks at.
"""

import contextlib
import functools
import os
import re
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path
from types import ModuleType
from typing import Any, Self

from lbuild_frontend import replay
from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.in_process.recorder import Recorder
from lbuild_frontend.model.replay_record import NoOpRun, Record
from lbuild_frontend.model.reporter import Reporter
from lbuild_frontend.model.request import CommandLine
from lbuild_frontend.self_tracing import fs_clock
from lbuild_frontend.self_tracing.log import Log
from lbuild_keys.observe.folders import REMEMBERED

_SECONDS = re.compile(rb'(?<=\n    "seconds": )[0-9.e-]+')
"""A string in JSON has no line break, so this finds a member of an object only."""


class _OwnRecorder(Recorder):
    """Records all that lbuild's own process does, and each reading of a variable.

    It records a look before it happens: the log stores what there was, and that must not be newer.
    """

    tells_found = False

    def __init__(self, log: Log, project: str) -> None:
        super().__init__(log, project)
        self._log = log
        self._events[REMEMBERED] = log.remembered

    def wrap(self, note: Callable[..., None], name: str, *modules: ModuleType) -> None:
        """Wrap a function; one that is called for each file of a project in a fast way."""
        super().wrap(note, name, *modules)
        if name == "lstat":
            wrapped = _recorded_lstat(getattr(modules[0], name), self._log)
            for module in modules:
                setattr(module, name, wrapped)

    def _path(self, tag: str, path: object, folder: int = -1) -> bool:
        """Take all: nothing is skipped here, and there is no project that a folder is above."""
        absolute = self._absolute(path, folder)
        if absolute is None or self._linking:
            super()._path(tag, path, folder)
        else:
            self._write(tag, absolute)
        return False  # the log keeps each record once

    def _is_skipped(self, _path: str) -> bool:
        return False

    def _expect_values(self, _code: str, _frame: int, _instruction: int) -> None:
        """Note also what is read after an enumeration."""

    def _opened_settings(self, path: object, folder: int) -> None:
        self._path("r", path, folder)  # lbuild's own reading of it is like that of any file

    def _wanted(self, _path: object) -> None:
        """Take all names of a folder: its time stamp is what is compared."""

    def changed(self, name: object) -> None:
        """Ignore it: code of lbuild that sets a variable puts it back."""

    def _leads_git_astray(self, _environ: object) -> bool:
        return False  # lbuild always passes the same to git: the user's variables, less some

    def stop(self) -> None:
        """Put back what was wrapped: a process may run any number of commands."""
        if not self._originals:
            return
        self._events.clear()
        for module, name, original in self._originals:
            wrapped = getattr(module, name)
            if wrapped is not original:
                for supporting in _SUPPORTING:
                    supporting.discard(wrapped)
            setattr(module, name, original)
        self._originals.clear()
        variables = dict(vars(os.environ)["_data"])
        vars(os.environ)["_data"] = variables
        if os.name != "nt":
            # These share it.
            vars(os.environb)["_data"] = vars(sys.modules["posix"])["environ"] = variables


def _recorded_lstat(recorded: Any, log: Log) -> Any:
    """Return ``os.lstat``, recorded with what it finds: there is no need to look as well.

    Args:
        recorded: the function as the recorder wraps it, for calls that are not so simple.
        log: gets what is found.
    """
    genuine = recorded.__wrapped__
    looks = log.looks

    @functools.wraps(genuine)
    def lstat(path: Any, *arguments: Any, **keywords: Any) -> Any:
        if (
            arguments
            or keywords
            or type(path) is not str
            or path[:1] != "/"
            or path.startswith(_OWN_VIEWS)
            or log.closed
        ):
            return recorded(path, *arguments, **keywords)
        try:
            found = genuine(path)
        except (FileNotFoundError, NotADirectoryError):
            looks.setdefault(path, None)
            raise
        except BaseException:
            return recorded(path)
        looks.setdefault(path, found)
        return found

    return lstat


_OWN_VIEWS = ("/proc/", "/dev/")
"""Where a path may mean something else to each process."""

_SUPPORTING = (
    os.supports_dir_fd,
    os.supports_effective_ids,
    os.supports_fd,
    os.supports_follow_symlinks,
)


class _AuditHook:
    """The audit hook of this process; there is only one, because none can be removed (PEP 578)."""

    def __init__(self) -> None:
        self._is_added = False
        self._recorder: _OwnRecorder | None = None

    def pass_to(self, recorder: _OwnRecorder | None) -> None:
        """Pass the events from now on to another recorder; None for no recorder."""
        self._recorder = recorder
        if not self._is_added:
            self._is_added = True
            sys.addaudithook(self._pass_on)

    def _pass_on(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._recorder is not None:
            self._recorder.audit(event, arguments)


_AUDIT_HOOK = _AuditHook()


_PATIENCE = 0.03
"""Seconds that a build takes longer at most: the usual clocks of file systems have gone on then."""


class Recording:
    """What this process looks at while the context lasts; kept if the command had nothing to do.

    After a command that had something to do, the decision is made once more (``begin_again``), and
    what it looks at then is kept. What was looked at the first time counts as well: a fact may have
    been remembered.
    """

    def __init__(self, *, writes: bool = True) -> None:
        """Begin to record.

        Args:
            writes: whether anything may be written to the cache, as far as is known; if not,
                nothing is recorded.
        """
        self._arguments = sys.argv[1:]
        self._writes = writes
        self._earlier: tuple[Log, fs_clock.Began] | None = None
        self._begin()

    def _begin(self, patience: float = 0.0) -> None:
        cache = replay.cache_of(self._arguments) if self._writes else None
        self._began = fs_clock.begin(cache, patience)
        self._log = Log()
        self._recorder = _OwnRecorder(self._log, "")

    def __enter__(self) -> Self:
        if self._writes:
            self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self) -> None:
        self._recorder.attempt(self._recorder.begin)
        _AUDIT_HOOK.pass_to(self._recorder)

    def stop(self) -> None:
        """Stop recording, because what follows is not part of a decision."""
        self._log.closed = True
        _AUDIT_HOOK.pass_to(None)
        self._recorder.stop()

    def begin_again(self, caches: Collection[Path]) -> bool:
        """Begin to record a second decision; return whether it could be kept at all.

        Args:
            caches: the folders of the caches that were used.
        """
        self.stop()
        place = self._place() if self._writes else None
        if place is None or {os.path.abspath(cache) for cache in caches} != {place}:
            return False
        with contextlib.suppress(OSError):
            cache_files.make_folder(Path(place, replay.BUCKET))
        self._earlier = self._log, self._began
        self._begin(_PATIENCE)
        if self._began.clock is None:
            return False
        self._start()
        return True

    def _place(self) -> str | None:
        """Return the folder of the cache where ``replay`` would look, if it would trust it."""
        try:
            place = replay.cache_of(self._arguments)
            return place if place is not None and replay.is_private(place) else None
        except OSError:
            return None

    def keep(
        self,
        line: CommandLine,
        cache: Path,
        roots: Collection[Path],
        printed: list[tuple[int, bytes]] | None,
        reporter: Reporter,
    ) -> None:
        """Keep the parsed command; and what was printed, if nothing was done.

        Nothing is kept in a cache that cannot be written, or where ``replay`` would not look.

        Args:
            line, cache: the command line, and the folder of the cache that was used.
            roots: the folders of the projects.
            printed: descriptors and bytes; None if something was done, or went wrong.
            reporter: warned if what was kept before is damaged.
        """
        no_op = None
        if not self._writes:
            return
        with contextlib.suppress(OSError):
            if printed is not None:
                pieces = [part for one in printed for part in _pieces(*one, line.as_json)]
                no_op = self._no_op(os.fspath(cache), roots, pieces)
            place = os.path.abspath(cache)
            if self._place() != place:
                return
            if no_op is None and replay.find(self._arguments) is not None:
                return  # it has the parsed command already
            from lbuild_frontend.self_tracing import stat_layout

            record: Record = {
                "lbuild": stat_layout.lbuild(),
                # Settings may be secret.
                "command": None if line.command.request.config_settings else line.to_plain(),
                "no_op": no_op,
            }
            path = Path(replay.path_of(place, self._arguments))
            was_damaged = _is_damaged(path)
            cache_files.write(path, replay.sealed(record))
            if was_damaged:
                reporter.warn(f"{path} was damaged and has been written again")

    def _no_op(
        self,
        cache: str,
        roots: Collection[Path],
        printed: list[tuple[int, bytes | None]],
    ) -> NoOpRun | None:
        # What follows is not part of the decision.
        self.stop()
        from lbuild_frontend.self_tracing import stat_layout  # a build does not need it

        log, began = self._log, stat_layout.Beginnings(self._began)
        if self._earlier is not None:
            # All of the cache is looked at again, and a build has changed it.
            first, then = self._earlier[0].outside(cache), self._earlier[1]
            only_first = dict.fromkeys(first.seen.keys() - log.seen.keys(), then)
            last = self._began if first.programs() <= log.programs() else then
            began = stat_layout.Beginnings(last, only_first)
            log = first.followed_by(log)
        for folder in log.unpacked():
            # What is in there follows from the archive, which was read.
            log = log.outside(folder)
        looks = stat_layout.looks(log.trace(), log.seen, log.links, cache, roots, began)
        if looks is None:
            return None
        secret, since = replay.secret_of(cache), self._began.at / 1e9
        values = {name: os.environ.get(name) for name in looks.variables}
        return {
            "cache": cache,
            "since": since,
            "until": next_midnight(since),
            "variables": {
                name: None if value is None else replay.digest_of_value(secret, name, value)
                for name, value in values.items()
            },
            "layout": looks.layout,
            "entries": looks.entries,
            "used": looks.used,
            "named": looks.named,
            "printed": printed,
        }


def _is_damaged(path: Path) -> bool:
    try:
        return replay.unsealed(path.read_bytes()) is None
    except FileNotFoundError:
        return False
    except (OSError, EOFError, TypeError, ValueError):
        return True


def _pieces(descriptor: int, content: bytes, as_json: bool) -> list[tuple[int, bytes | None]]:
    """Split what was printed, with None in the place of the seconds that it took."""
    pieces: list[tuple[int, bytes | None]] = []
    for text in _SECONDS.split(content) if as_json else [content]:
        pieces += [(descriptor, None), (descriptor, text)]
    return pieces[1:]


def next_midnight(now: float) -> float:
    """Return when the day ends, here or in UTC, whichever is first: texts and inputs name days."""
    here = time.localtime(now)
    local = time.mktime((here.tm_year, here.tm_mon, here.tm_mday + 1, 0, 0, 0, 0, 0, -1))
    return min(local, (now // _DAY + 1) * _DAY)


_DAY = 86_400
