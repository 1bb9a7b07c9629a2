"""What compilers made for a project folder: records and files that the hook process uses.

The format is that of ``in_process.commands``. The hook process checks all that it uses, so damage
only makes a command run again.
"""

import contextlib
import hashlib
import json
import os
import zlib
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.cache import buckets
from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.disk import atomic
from lbuild_frontend.in_process import commands

_VARIANTS = 4
"""How many results of one command are kept: of the same words, but of other files."""

_FAST = 1
"""The level of compression. The paths in a record are much alike."""

_ROOM = 3
"""How many times as many records are kept as the last build had commands."""

Row = tuple[str, str, list[int] | None]
"""Of an input its path, its state, and the stat signature by which that is known, if any."""

Output = tuple[str, str, bool]
"""Of an output its path, its SHA-256, and whether it is executable."""


class CommandResult(NamedTuple):
    """What a command made, and the files by which it is known to make the same again.

    Attributes:
        key: what names the command.
        inputs: what it used.
        outputs: what it made.
        sources: those of the inputs that are to be compared first.
    """

    key: str
    inputs: tuple[Row, ...]
    outputs: tuple[Output, ...]
    sources: tuple[Row, ...] = ()


def place_of(cache: Path, folder: str) -> Path:
    """Return the folder for the results of a project's commands."""
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:32]
    return cache / buckets.COMMANDS.name / name


def keep_output(place: Path, content: bytes) -> str:
    """Keep a file that a command made; return its SHA-256.

    Raises:
        OSError: if it cannot be written.
    """
    digest = _digest(content)
    path = place / digest
    try:
        is_sound = _digest(path.read_bytes()) == digest
    except OSError:
        is_sound = False
    if not is_sound:
        cache_files.write(path, content)
    return digest


def publish(place: Path, results: Iterable[CommandResult], reused: Collection[str]) -> int:
    """Record the results of a build; forget those that many builds have not used.

    Args:
        place: see ``place_of``.
        results: of the commands that ran.
        reused: the keys of those that did not run, because their results were known.

    Returns:
        By how many bytes that has grown.

    Raises:
        OSError: if it cannot be written.
    """
    before = _size(place)
    used = set(reused)
    for result in results:
        used.add(result.key)
        record = _record(place, result)
        cache_files.write(place / result.key, _digest(record).encode("ascii") + b"\n" + record)
    for key in reused:
        with contextlib.suppress(OSError):
            os.utime(place / key)
    _forget(place, max(len(used), 1) * _ROOM)
    return _size(place) - before


def _record(place: Path, result: CommandResult) -> bytes:
    """Return a record of a result and the older ones of its command, without the checksum."""
    own = json.dumps({"inputs": result.inputs, "outputs": result.outputs}).encode("ascii")
    new = zlib.compress(own, _FAST), [digest for _, digest, _ in result.outputs], result.sources
    known = [new, *commands.packed_results_in(os.fspath(place), result.key)][:_VARIANTS]
    head = [[len(packed), made, sources] for packed, made, sources in known]
    body = b"".join(packed for packed, _, _ in known)
    return json.dumps(head).encode("ascii") + b"\n" + body


def _outputs_in(path: Path) -> list[list[str]]:
    """Return the SHA-256 of the outputs of each result in a record; none if it is damaged."""
    try:
        with path.open("rb") as file:
            file.readline()
            return [outputs for _size, outputs, _sources in json.loads(file.readline())]
    except (OSError, ValueError, TypeError):
        return []


def find_damage(place: Path) -> str | None:
    """Return what is wrong with one of the files in a folder, as a clause; None if nothing is.

    Raises:
        OSError: if something cannot be read.
    """
    for name in cache_files.listing(place):
        content = (place / name).read_bytes()
        if len(name) == _KEY:
            checksum, _, content = content.partition(b"\n")
            is_sound = checksum == _digest(content).encode("ascii")
        else:
            is_sound = _digest(content) == name
        if not is_sound and not atomic.TEMPORARY.fullmatch(name):
            return f"{name} is damaged"
    return None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _forget(place: Path, most: int) -> None:
    """Remove the records that were used the longest ago, and files that no record names."""
    names = cache_files.listing(place)
    records = [name for name in names if len(name) == _KEY]
    records.sort(key=lambda name: _used_at(place / name), reverse=True)
    for name in records[most:]:
        (place / name).unlink(missing_ok=True)
    needed = {
        digest
        for key in records[:most]
        for outputs in _outputs_in(place / key)
        for digest in outputs
    }
    for name in names:
        if len(name) != _KEY and name not in needed:
            with contextlib.suppress(OSError):
                (place / name).unlink(missing_ok=True)


_KEY = 60
"""The length of the name of a record; files are named by 64 digits."""


def _used_at(path: Path) -> int:
    try:
        return cache_files.used_at(path.stat())
    except OSError:
        return 0


def _size(place: Path) -> int:
    size = 0
    for name in cache_files.listing(place):
        with contextlib.suppress(OSError):
            size += (place / name).stat().st_size
    return size
