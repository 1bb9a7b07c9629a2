"""The recorder's log -> Trace: what a hook process was seen to do.

This module knows the format of the log, which the recorder writes in the hook process; not what it
means for a project.
"""

import json
import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from lbuild_keys.tracing.accesses import ACCESSES, FOUND, MISSED, Access
from lbuild_keys.tracing.process_trace import ProcessTrace

_FORMAT = 2
_TEXTS = ("i", "v", "V", "X", "n", "u", "k", "F")
_ACCESSES = {letter.decode("ascii"): access for letter, access in ACCESSES.items()}
_FOUND = frozenset(letter.decode("ascii") for letter in FOUND)
_MISSED = frozenset(letter.decode("ascii") for letter in MISSED)


class Spawned(NamedTuple):
    """A program that the hook started.

    Attributes:
        args: its command line, the program first.
        folder: where it started, absolute.
        executable: what ran in place of ``args[0]``, if another program was named.
    """

    args: tuple[str, ...]
    folder: str
    executable: str | None


class ManifestUse(NamedTuple):
    """What setuptools did only to write its list of the files of an sdist, outside of packages.

    Attributes:
        accesses: the listings and looks that nothing else did as well.
        wanted: as ``Trace.wanted``, without these.
        commands: the commands that ran.
        packages: the packages that the hook process had loaded in the end; None if it is not known.
    """

    accesses: frozenset[tuple[Access, str]]
    wanted: Mapping[str, frozenset[str]]
    commands: frozenset[str]
    packages: frozenset[str] | None


class Trace(NamedTuple):
    """What one hook did, in the order in which it did it first.

    Attributes:
        folders: of the interpreter: ``prefix``, ``base_prefix``, ``exec_prefix``, ``stdlib``.
        found: the absolute paths among the accesses that existed when they were read or looked at.
        missed: likewise those that did not exist; what came or went meanwhile is in both.
        above: the code that did it, as ``FILE:FUNCTION``, of each access to a folder above the
            project, or to something directly in one, of which that is known.
        egg_infos: absolute paths of ``*.egg-info`` folders that the hook would have used, each with
            the files that it used without one.
        manifest: what was only done for a list of the files of an sdist, if anything was.
        imported: absolute paths of what was read in order to run it; among the accesses too.
        accesses: absolute paths, as they were given: ``..`` and links are not resolved.
        readers: of each ``pyproject.toml`` that was read, the functions that opened it, as
            ``FILE:FUNCTION``; without those that were used in another way as well.
        wanted: of each folder of which only some names were used, which ones, as
            ``listings.join`` has them; without those that were listed in another way as well.
        variables: environment variables that were read by name.
        enumerations: where the environment was read whole, as ``FILE:FUNCTION``.
        spawned: the programs that were started.
        reused: those that were not, because their results are known; what they would use is in the
            accesses.
        sought: the names of programs that were to be started, and that were in no folder of PATH.
        libraries: native libraries that were loaded, except the interpreter's own.
        asked: addresses of sockets to which it sent something before it was followed.
        problems: why the trace is not complete, each as a clause; none if it is.
        processes: what the programs did that the hook ran, if a supervisor was there.
        followed_from: how many of the accesses were before the supervisor followed the hook; None
            if it did not.
        not_followed: why it did not, a clause; empty if nobody asked it to.
    """

    folders: Mapping[str, str]
    accesses: tuple[tuple[Access, str], ...] = ()
    found: frozenset[str] = frozenset()
    missed: frozenset[str] = frozenset()
    egg_infos: Mapping[str, frozenset[str]] = {}
    above: Mapping[tuple[Access, str], frozenset[str]] = {}
    readers: Mapping[str, frozenset[str]] = {}
    wanted: Mapping[str, frozenset[str]] = {}
    manifest: ManifestUse | None = None
    imported: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    enumerations: tuple[str, ...] = ()
    spawned: tuple[Spawned, ...] = ()
    reused: tuple[Spawned, ...] = ()
    sought: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    processes: ProcessTrace | None = None
    followed_from: int | None = None
    not_followed: str = ""


def parse(log: bytes | None) -> Trace:
    """Parse a log; one that is missing, cut short or damaged gives a trace with a problem.

    Args:
        log: the content of the recorder's file; None if there is none, because writing failed.
    """
    if log is None:
        return Trace(folders={}, problems=("the trace of the hook could not be written",))
    if not log.endswith(b"\0"):
        return Trace(folders={}, problems=(_INCOMPLETE,))
    head, *records = os.fsdecode(log[:-1]).split("\0")
    try:
        return _parse(head, records)
    except (ValueError, KeyError, TypeError, IndexError):
        return Trace(folders={}, problems=("the trace of the hook is damaged",))


_INCOMPLETE = "the trace of the hook is incomplete"


def _parse(head: str, records: list[str]) -> Trace:
    folders = json.loads(head.removeprefix("="))
    if head[:1] != "=" or folders.pop("format") != _FORMAT:
        raise ValueError
    # What is waiting in a process that is killed is not in the log.
    is_complete = f".{folders.pop('process')}" in records
    accesses: dict[tuple[Access, str], None] = {}
    texts: dict[str, dict[str, None]] = {tag: {} for tag in _TEXTS}
    spawned: dict[Spawned, None] = {}
    reused: dict[Spawned, None] = {}
    found: set[str] = set()
    missed: set[str] = set()
    above: dict[tuple[Access, str], set[str]] = {}
    plain: set[tuple[Access, str]] = set()
    part_of: dict[str, dict[str, set[str]]] = {"t": {}, "g": {}}
    whole: set[str] = set()
    manifest = _ForManifest()
    followed_from = None
    for record in records:
        tag, payload = record[:1], record[1:]
        if tag == "c":
            letter, inner, commands = json.loads(payload)
            accesses[manifest.take(str(letter), str(inner), commands)] = None
            if letter in _FOUND:
                found.add(inner)
            elif letter in _MISSED:
                missed.add(inner)
        elif tag == "p":
            manifest.packages = frozenset(map(str, json.loads(payload)))
        elif tag in _ACCESSES:
            done = _ACCESSES[tag], payload
            accesses[done] = None
            plain.add(done)
            if tag in _FOUND:
                found.add(payload)
            elif tag in _MISSED:
                missed.add(payload)
            if tag in ("r", "l"):
                whole.add(payload)
        elif tag == "b":
            letter, path, code = map(str, json.loads(payload))
            done = _ACCESSES[letter], path
            accesses[done] = None
            above.setdefault(done, set()).add(code)
            if letter in _FOUND:
                found.add(path)
            elif letter in _MISSED:
                missed.add(path)
            elif letter == "l":
                whole.add(path)
        elif tag in part_of:
            path, part = map(str, json.loads(payload))
            accesses["read" if tag == "t" else "listed", path] = None
            if tag == "t":
                found.add(path)
            else:
                plain.add(("listed", path))
            part_of[tag].setdefault(path, set()).add(part)
        elif tag == "f":
            followed_from = len(accesses)
        elif tag == "x":
            args, folder, executable = json.loads(payload)
            spawned[Spawned(tuple(map(str, args)), str(folder), executable)] = None
        elif tag == "h":
            args, folder = json.loads(payload)
            reused[Spawned(tuple(map(str, args)), str(folder), None)] = None
        elif tag != ".":
            texts[tag][payload] = None
    problems = tuple(texts["u"])
    use = manifest.use(plain | above.keys(), _partly(part_of["g"], whole))
    for path, some in manifest.parts.items():
        part_of["g"].setdefault(path, set()).update(some)
    whole |= manifest.whole
    return Trace(
        folders={str(name): str(value) for name, value in folders.items()},
        accesses=tuple(accesses),
        found=frozenset(found),
        missed=frozenset(missed),
        above={done: frozenset(codes) for done, codes in above.items() if done not in plain},
        readers=_partly(part_of["t"], whole),
        wanted=_partly(part_of["g"], whole),
        manifest=use,
        imported=tuple(texts["i"]),
        variables=tuple(texts["v"]),
        enumerations=tuple(texts["V"]),
        spawned=tuple(spawned),
        reused=tuple(reused),
        sought=tuple(texts["X"]),
        libraries=tuple(texts["n"]),
        asked=tuple(texts["k"]),
        problems=problems if is_complete else (*problems, _INCOMPLETE),
        followed_from=followed_from,
        not_followed=next(iter(texts["F"]), ""),
    )


def _partly(parts: Mapping[str, set[str]], whole: set[str]) -> dict[str, frozenset[str]]:
    return {path: frozenset(some) for path, some in parts.items() if path not in whole}


class _ForManifest:
    """What was only done for the list of the files of an sdist, as records tell it.

    Attributes:
        parts: of folders, which names were used.
        whole: folders of which all names were.
        packages: see ``ManifestUse``.
    """

    def __init__(self) -> None:
        self.parts: dict[str, set[str]] = {}
        self.whole: set[str] = set()
        self.packages: frozenset[str] | None = None
        self._accesses: set[tuple[Access, str]] = set()
        self._commands: set[str] = set()

    def take(self, letter: str, payload: str, commands: list[str]) -> tuple[Access, str]:
        self._commands.update(map(str, commands))
        path = payload
        if letter == "g":
            path, part = map(str, json.loads(payload))
            self.parts.setdefault(path, set()).add(part)
        elif letter == "l":
            self.whole.add(path)
        done = _ACCESSES["l" if letter == "g" else letter], path
        self._accesses.add(done)
        return done

    def use(
        self, otherwise: Iterable[tuple[Access, str]], wanted: Mapping[str, frozenset[str]]
    ) -> ManifestUse | None:
        if not self._commands:
            return None
        accesses = frozenset(self._accesses.difference(otherwise))
        return ManifestUse(accesses, wanted, frozenset(self._commands), self.packages)
