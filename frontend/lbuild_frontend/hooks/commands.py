"""Commands of compilers in a hook: those whose results are known need not run.

The hook process restores results (``in_process.commands``) and notes which commands ran. With the
trace of the programs that becomes new results, which are kept when the build is known to be sound.
"""

import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from lbuild_frontend.cache.commands import CommandResult, Output, Row, keep_output
from lbuild_frontend.in_process import commands as in_process
from lbuild_keys.backends import programs
from lbuild_keys.observe.files import GRANULARITY, Digests
from lbuild_keys.tracing import commands, interleave
from lbuild_keys.tracing.commands import CommandUse, Started
from lbuild_keys.tracing.trace import Trace

_MARGIN = 20_000_000
"""Nanoseconds by which a time stamp of the kernel may be older than the change."""

_NOWHERE = "/dev/null"


@dataclass(frozen=True, slots=True)
class KnownCommands:
    """The results of commands of one project.

    Attributes:
        place: the folder where they are kept.
        salt: see ``in_process.commands.Commands``.
        restores: whether results are used; otherwise each command runs.
        keeps: whether anything is kept.
        digests: known digests of files.
        results: what was found out of commands that ran; it grows.
        reused: the keys of commands that did not run; it grows.
        ran: the keys of commands that did, and ended well; it grows.
    """

    place: Path
    salt: str
    restores: bool
    keeps: bool
    digests: Digests
    results: list[CommandResult] = field(default_factory=list)
    reused: set[str] = field(default_factory=set)
    ran: set[str] = field(default_factory=set)

    def variables(self, log: Path, root: Path) -> dict[str, str]:
        """Return the variables by which the hook process restores results.

        Args:
            log: where it notes what it runs, in the folder of the call.
            root: the project.
        """
        changing = (root, log.parent, tempfile.gettempdir())
        settings = {
            "place": os.fspath(self.place) if self.restores else _NOWHERE,
            "log": os.fspath(log),
            "salt": self.salt,
            "programs": programs.COMPUTING,
            "variables": (*programs.VARIABLES_OF_COMPUTING, "PATH", "HOME"),
            "changing": [os.fspath(folder) for folder in changing],
        }
        return {in_process.SETTINGS: json.dumps(settings)}

    def learn(self, log: Path, trace: Trace) -> None:
        """Find out what the commands of a hook used and made, as long as that is there.

        Raises:
            OSError: if it cannot be written to the cache.
        """
        started, reused = _noted(log)
        self.reused.update(reused)
        self.ran.update(one.key for one in started)
        if not self.keeps or trace.processes is None:
            return
        if trace.problems or not interleave.is_followed(trace):
            return
        states = _States(self.digests)
        is_compiler = cache(_is_compiler)
        for use in commands.uses_of(
            trace.processes, started, lambda program: is_compiler(program.path), states.resolve
        ):
            inputs = _inputs(use, states)
            outputs = None if inputs is None else self._outputs(use)
            if inputs is not None and outputs:
                sources = _sources(use, inputs, states)
                self.results.append(CommandResult(use.started.key, inputs, outputs, sources))

    def _outputs(self, use: CommandUse) -> tuple[Output, ...] | None:
        """Keep what a command made; None if not all of it is there as it made it."""
        found: list[Path] = []
        for path in map(Path, sorted(use.made)):
            if path.is_symlink() or not path.is_file():
                if os.path.lexists(path) or os.fspath(path) not in use.passing:
                    return None
                continue
            found.append(path)
        return tuple(
            (
                os.fspath(path),
                keep_output(self.place, path.read_bytes()),
                bool(path.stat().st_mode & 0o111),
            )
            for path in found
        )


def _noted(log: Path) -> tuple[list[Started], list[str]]:
    """Read which commands ended well, and which were not run."""
    try:
        records = [json.loads(line) for line in log.read_bytes().splitlines()]
    except (FileNotFoundError, ValueError):
        return [], []
    started: list[Mapping[str, Any]] = []
    ended: set[str] = set()
    reused: list[str] = []
    for record in records:
        if "start" in record:
            started.append(record)
        elif "end" in record:
            ended.add(record["end"])
        else:
            reused.append(record["reused"])
    return [_started(one) for one in started if one["start"] in ended], reused


def _started(record: Mapping[str, Any]) -> Started:
    words, folder = tuple(record["words"]), record["folder"]
    return Started(record["start"], words, folder, record["at"], record["named"])


def _is_compiler(path: str) -> bool:
    """Whether a program is a compiler or linker, and not a script that is called like one."""
    path = os.path.realpath(path)
    try:
        with open(path, "rb") as file:
            return programs.is_computing(path) and file.read(len(_ELF)) == _ELF
    except OSError:
        return False


_ELF = b"\x7fELF"


class _File(NamedTuple):
    """What a file is like.

    Attributes:
        signature: its stat signature.
        state: its state, by its content.
        names_time: whether it asks a compiler for the time of the build: a later one gives another.
        is_certain: whether no other content can have this signature.
    """

    signature: list[int]
    state: str
    names_time: bool
    is_certain: bool


class _States:
    """What paths are like now. Compilers use the same headers, so each is looked at once.

    Attributes:
        resolve: returns a path with the links on the way to it resolved.
        is_there: whether there is something, if only a link.
        is_folder: whether there is a folder.
        looked_at: returns the state of something that is only looked at.
        file: returns what a file is like; None if it is none, or is being changed.

    Args:
        digests: known digests of files.
    """

    def __init__(self, digests: Digests) -> None:
        self._digests = digests
        self._folder = cache(os.path.realpath)
        self.resolve: Callable[[str], str] = cache(self._resolve)
        self.is_there: Callable[[str], bool] = cache(os.path.lexists)
        self.is_folder: Callable[[str], bool] = cache(os.path.isdir)
        self.looked_at: Callable[[str], str] = cache(in_process.looked_at)
        self.file: Callable[[str], _File | None] = cache(self._file)

    def _resolve(self, path: str) -> str:
        folder, name = os.path.split(path)
        if name in ("", ".", ".."):
            return os.path.realpath(path)
        return os.path.join(self._folder(folder), name)

    def _file(self, path: str) -> _File | None:
        now = time.time_ns()
        try:
            signature = in_process.signature_of(os.stat(path))
            state = _content(path, signature, self._digests)
            names_time = not path.startswith(_SYSTEM) and _names_time(Path(path).read_bytes())
            is_stable = signature == in_process.signature_of(os.stat(path))
        except OSError:
            return None
        if state == in_process.ABSENT or not is_stable:
            return None
        is_certain = max(signature[1], signature[2]) + GRANULARITY < now
        return _File(signature, state, names_time, is_certain)


def _inputs(use: CommandUse, states: _States) -> tuple[Row, ...] | None:
    """Return the states of what a command used; None if they may have been others then."""
    rows: list[Row] = []
    named = {states.resolve(path): known for path, known in use.started.named.items()}
    for path in sorted(use.missed):
        if states.is_there(path) and states.resolve(path) not in use.made:
            return None
        rows.append((path, in_process.ABSENT, None))
    folders = {path for path in use.read if states.is_folder(path)}  # opened, but not listed
    for path in sorted(use.looked_at | folders):
        state = states.looked_at(path)
        if state == in_process.ABSENT:
            return None
        rows.append((path, state, None))
    for path in sorted(use.read - folders):
        file = states.file(path)
        if file is None or file.names_time:
            return None
        signature = file.signature
        is_older = signature[2] + _MARGIN < use.started.at
        is_as_named = named.get(states.resolve(path)) in (signature, file.state)
        if not (is_older or is_as_named):
            return None
        rows.append((path, file.state, signature if file.is_certain else None))
    return tuple(rows)


def _sources(use: CommandUse, inputs: Iterable[Row], states: _States) -> tuple[Row, ...]:
    """Return the inputs that a command names: the others, as headers, change less often."""
    named = set(map(states.resolve, use.started.named))
    return tuple(
        row for row in inputs if row[1] != in_process.ABSENT and states.resolve(row[0]) in named
    )


_SYSTEM = ("/usr/", "/lib/", "/lib64/")
"""Where no file has the time of a build."""

_TIMES = (b"__DATE__", b"__TIME__", b"__TIMESTAMP__")

_TIME = re.compile(rb"\b__(DATE|TIME|TIMESTAMP)__\b")


def _names_time(content: bytes) -> bool:
    # Few sources do: a plain search is much faster than one for a pattern.
    return any(name in content for name in _TIMES) and _TIME.search(content) is not None


def _content(path: str, signature: list[int], digests: Digests) -> str:
    """Return the state of a file by its content; the inputs of the build need most of them, too."""
    size, modified, changed, inode = signature
    known = digests.find(path, (size, modified, changed, inode))
    if known is not None:
        return in_process.CONTENT + known
    now = time.time_ns()
    state = in_process.content_of(path)
    if state != in_process.ABSENT:
        digest = state.removeprefix(in_process.CONTENT)
        digests.learn(path, (size, modified, changed, inode), digest, now)
    return state
