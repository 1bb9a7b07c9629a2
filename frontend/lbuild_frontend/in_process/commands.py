"""Runs in the hook process: restores what a compiler made, where it would make the same again.

A command of a compiler or linker is known by its words, its folder, its program and the variables
that such programs obey. Of a known command it is recorded what it read, looked at and looked for,
each with its state, and what it made. If all of these states are the same now, nothing is run: what
the command made is written again. Otherwise it runs, and what it does is noted for the next time.

``popen`` asks for each command that the hook process is about to run.

The records are files ``KEY`` in a folder, with a checksum in the first line. The second is JSON: a
list of results, each by its size, the SHA-256 of its outputs, and those of its inputs that are to
be compared first. The results follow, each a JSON object packed by zlib: ``inputs``, a list of
path, state and stat signature (or null), and ``outputs``, a list of path, SHA-256 and whether it is
executable. The outputs are files in the same folder, named by their SHA-256. LOG gets a JSON object
for each command: ``start``, ``end`` or ``reused``.

One file of standard library code for CPython 3.8 and later. lbuild uses ``Checker`` and the
functions as well.
"""

import hashlib
import json
import os
import re
import stat
import time
import zlib
from os import access as _access
from os import lstat as _lstat
from os import readlink as _readlink
from os import stat as _stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

_DOUBTFUL = re.compile("=native$|(^|,)-(f|fpass-)?plugin|^-load$")
"""Words by which a result depends on the processor, or on code that nobody knows."""

SETTINGS = "_LBUILD_COMMANDS"
"""A variable with a JSON object: the arguments of ``Commands``."""

ABSENT = "absent"

_GRANULARITY = 2_000_000_000
"""Nanoseconds for which a changed file may keep its time stamps."""


class Commands:
    """The commands of one hook process.

    Args:
        place: the folder of the records.
        log: the file in which to note what was run.
        salt: makes digests of values of variables unlike those of anybody else.
        programs: a regular expression for the names of programs whose commands may be known.
        variables: the names of the variables that they obey; ``*`` stands for any rest.
        changing: folders where the hook, or a program of it, may write something.
    """

    def __init__(
        self,
        place: str,
        log: str,
        salt: str,
        programs: str,
        variables: "Sequence[str]",
        changing: "Sequence[str]",
    ) -> None:
        self._place = place
        self._log = log
        self._salt = salt
        self._programs = re.compile(programs)
        self._names = frozenset(name for name in variables if name[-1:] != "*")
        self._beginnings = tuple(name[:-1] for name in variables if name[-1:] == "*")
        self._checker = Checker()
        self._changing = tuple(os.path.join(folder, "") for folder in changing)
        self._settled: set[tuple[str, str]] = set()
        self._streams = _streams()
        self._began = time.time_ns() - 1_000_000_000

    def key_of(
        self, words: "Sequence[str]", folder: str, environ: "Mapping[str, str]"
    ) -> "str | None":
        """Return the key of a command; None if nothing can be known of such commands."""
        if any(map(_DOUBTFUL.search, words)) or self._streams != _streams():
            return None
        if not words or not self._programs.fullmatch(words[0].rpartition("/")[2]):
            return None
        program = _found(words[0], folder, environ.get("PATH", os.defpath))
        if program is None:
            return None
        obeyed = {
            name: value
            for name, value in environ.items()
            if name in self._names or name.startswith(self._beginnings)
        }
        parts = [self._salt, list(words), folder, program, sorted(obeyed.items())]
        return hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()[:60]

    def restored(self, key: str) -> "list[tuple[str, str]] | None":
        """Write what a command made, if it would make the same now.

        Returns:
            Its inputs, as paths and states; None if it has to be run.
        """
        for packed, _outputs, sources in packed_results_in(self._place, key):
            if not all(self._checker.is_as(*source) for source in sources):
                continue
            try:
                result: dict[str, Any] = json.loads(zlib.decompress(packed))
            except (zlib.error, ValueError):
                continue  # of another version of lbuild
            inputs = [(path, state) for path, state, _ in result["inputs"]]
            if self._fits(result) and self._write(result):
                self._note({"reused": key, "inputs": digest_of(result["inputs"])})
                return inputs
        return None

    def _fits(self, result: "dict[str, Any]") -> bool:
        # A command may run again where its result is there already.
        made = {path: CONTENT + digest for path, digest, _ in result["outputs"]}
        for path, state, signature in result["inputs"]:
            # Most are headers of the system, which all commands use.
            if (path, state) in self._settled:
                continue
            if self._checker.is_as(path, state, signature):
                if not path.startswith(self._changing):
                    self._settled.add((path, state))
            elif state != ABSENT or path not in made or content_of(path) != made[path]:
                return False
        return True

    def _write(self, result: "dict[str, Any]") -> bool:
        contents = []
        for _path, digest, _executable in result["outputs"]:
            try:
                with open(os.path.join(self._place, digest), "rb") as file:
                    content = file.read()
            except OSError:
                return False
            if hashlib.sha256(content).hexdigest() != digest:
                return False
            contents.append(content)
        written = []
        try:
            for content, (path, _digest, executable) in zip(contents, result["outputs"]):
                written.append(path)
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
                with open(os.open(path, flags, 0o777 if executable else 0o666), "wb") as file:
                    file.write(content)
        except OSError:
            for path in written:
                try:
                    os.unlink(path)
                except OSError:
                    pass
            return False
        return True

    def begin(self, key: str, words: "Sequence[str]", folder: str) -> None:
        """Note that a command is about to run, and how the files are that it names."""
        named: dict[str, list[int] | str] = {}
        for word in words[1:]:
            if word[:1] == "-":
                continue
            path = os.path.join(folder, word[1:] if word[:1] == "@" else word)
            try:
                status = _stat(path)
            except (OSError, ValueError):
                continue
            if stat.S_ISREG(status.st_mode):
                # What this build has made may be made again, the same, after the command.
                is_older = status.st_ctime_ns < self._began
                named[path] = signature_of(status) if is_older else content_of(path)
        self._note(
            {
                "start": key,
                "words": list(words),
                "folder": folder,
                "at": time.time_ns(),
                "named": named,
            }
        )

    def end(self, key: str) -> None:
        """Note that a command has ended with the exit code 0."""
        self._note({"end": key})

    def _note(self, record: "dict[str, Any]") -> None:
        line = json.dumps(record).encode("ascii") + b"\n"
        low = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(low, line)
        finally:
            os.close(low)


def _streams() -> "list[tuple[int, int]]":
    """Return what is standard output and standard error now."""
    found = []
    for number in (1, 2):
        try:
            status = os.fstat(number)
        except OSError:
            found.append((0, 0))
        else:
            found.append((status.st_dev, status.st_ino))
    return found


def packed_results_in(place: str, key: str) -> "list[tuple[bytes, list[str], list[Any]]]":
    """Return the results of a command that are recorded; none if the record is damaged.

    Returns:
        Of each result it packed, the SHA-256 of its outputs, and its inputs to be compared first.
    """
    try:
        with open(os.path.join(place, key), "rb") as file:
            checksum, _, body = file.read().partition(b"\n")
    except OSError:
        return []
    if checksum != hashlib.sha256(body).hexdigest().encode("ascii"):
        return []
    head, _, rest = body.partition(b"\n")
    found = []
    try:
        for size, outputs, sources in json.loads(head):
            found.append((rest[:size], outputs, sources))
            rest = rest[size:]
    except (ValueError, TypeError):
        return []  # of another version of lbuild
    return found


def digest_of(value: object) -> str:
    """Return a digest of a JSON value."""
    return hashlib.sha256(json.dumps(value).encode("ascii")).hexdigest()


class Checker:
    """Finds and compares states, and reads each file once, as long as it stays the same."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[list[int], str]] = {}

    def content_of(self, path: str, now: "list[int]") -> str:
        """Return the state of a file by its content; see ``content_of``.

        Args:
            path: the file.
            now: its stat signature.
        """
        known = self._known.get(path)
        if known is not None and known[0] == now:
            return known[1]
        # A file that is written meanwhile has another signature the next time; but not one that was
        # written just before, as the sources by which setuptools tries what a compiler can.
        is_certain = max(now[1], now[2]) + _GRANULARITY < time.time_ns()
        content = content_of(path)
        if is_certain:
            self._known[path] = (now, content)
        return content

    def is_as(self, path: str, state: str, signature: "list[int] | None") -> bool:
        """Whether something is in a state. A file with this stat signature is not read."""
        if state == ABSENT:
            return not _exists(path)
        if not state.startswith(CONTENT):
            return looked_at(path) == state
        try:
            now = signature_of(_stat(path))
        except (OSError, ValueError):
            return False
        return now == signature or self.content_of(path, now) == state


CONTENT = "sha256 "


def content_of(path: str) -> str:
    """Return the state of a file that is read, by its content; ``absent`` if it is no file."""
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return ABSENT
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
    except (OSError, ValueError):
        return ABSENT
    return CONTENT + digest.hexdigest()


def looked_at(path: str) -> str:
    """Return the state of something that is only looked at: what it is, and where it leads."""
    try:
        link = ""
        if stat.S_ISLNK(_lstat(path).st_mode):
            link = " -> " + _readlink(path)
    except (OSError, ValueError):
        return ABSENT
    try:
        kind = stat.S_IFMT(_stat(path).st_mode)
    except OSError:
        kind = 0
    return f"type {kind:o}{link}"


def signature_of(status: os.stat_result) -> "list[int]":
    """Return the part of a stat result that changes when the content of a file does."""
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _exists(path: str) -> bool:
    try:
        _lstat(path)
    except (OSError, ValueError):
        return False
    return True


def _found(program: str, folder: str, search: str) -> "str | None":
    """Return the path of the program that a command runs; None if there is none."""
    if "/" in program:
        return os.path.join(folder, program)
    for place in search.split(os.pathsep):
        path = os.path.join(folder, place, program)
        try:
            if stat.S_ISREG(_stat(path).st_mode) and _access(path, os.X_OK):
                return path
        except OSError:
            continue
    return None
