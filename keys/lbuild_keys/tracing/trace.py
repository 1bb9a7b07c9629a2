"""The recorder's log -> Trace: what a hook process was seen to do.

This module knows the format of the log, which the recorder writes in the hook process; not what it
means for a project.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lbuild_keys.tracing.accesses import ACCESSES, FOUND, MISSED, Access
from lbuild_keys.tracing.process_trace import ProcessTrace

_FORMAT = 1
_TEXTS = (b"i", b"v", b"V", b"X", b"n", b"u", b"k", b"F")


@dataclass(frozen=True, slots=True)
class Spawned:
    """A program that the hook started.

    Attributes:
        args: its command line, the program first.
        folder: where it started, absolute.
        executable: what ran in place of ``args[0]``, if another program was named.
    """

    args: tuple[str, ...]
    folder: str
    executable: str | None


@dataclass(frozen=True, slots=True)
class ManifestUse:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
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
    egg_infos: Mapping[str, frozenset[str]] = field(default_factory=dict)
    above: Mapping[tuple[Access, str], frozenset[str]] = field(default_factory=dict)
    readers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    wanted: Mapping[str, frozenset[str]] = field(default_factory=dict)
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
        return Trace(folders={}, problems=("the trace of the hook is incomplete",))
    head, *records = log[:-1].split(b"\0")
    try:
        return _parse_with_manifest(head, records)
    except (ValueError, KeyError, TypeError, IndexError):
        return Trace(folders={}, problems=("the trace of the hook is damaged",))


def _parse_with_manifest(head: bytes, records: list[bytes]) -> Trace:
    inner: list[bytes] = []
    rest: list[bytes] = []
    commands: set[str] = set()
    packages: frozenset[str] | None = None
    for record in records:
        if record[:1] == b"c":
            tag, payload, given = json.loads(record[1:])
            inner.append(os.fsencode(f"{tag}{payload}"))
            commands.update(map(str, given))
        elif record[:1] == b"p":
            packages = frozenset(map(str, json.loads(record[1:])))
        else:
            inner.append(record)
            rest.append(record)
    trace = _parse(head, inner)
    if not commands:
        return trace
    otherwise = _parse(head, rest)
    use = ManifestUse(
        frozenset(trace.accesses) - frozenset(otherwise.accesses),
        otherwise.wanted,
        frozenset(commands),
        packages,
    )
    return replace(trace, manifest=use)


def _parse(head: bytes, records: list[bytes]) -> Trace:
    folders = json.loads(head.removeprefix(b"="))
    if head[:1] != b"=" or folders.pop("format") != _FORMAT:
        raise ValueError
    accesses: dict[tuple[Access, str], None] = {}
    texts: dict[bytes, dict[str, None]] = {tag: {} for tag in _TEXTS}
    spawned: dict[Spawned, None] = {}
    reused: dict[Spawned, None] = {}
    found: set[str] = set()
    missed: set[str] = set()
    above: dict[tuple[Access, str], set[str]] = {}
    plain: set[tuple[Access, str]] = set()
    part_of: dict[bytes, dict[str, set[str]]] = {b"t": {}, b"g": {}}
    whole: set[str] = set()
    followed_from = None
    for record in records:
        tag, payload = record[:1], os.fsdecode(record[1:])
        code = ""
        if tag == b"b":
            letter, payload, code = json.loads(payload)
            tag = letter.encode()
        if tag in ACCESSES:
            accesses[ACCESSES[tag], payload] = None
            if code:
                above.setdefault((ACCESSES[tag], payload), set()).add(code)
            else:
                plain.add((ACCESSES[tag], payload))
            if tag in (b"r", b"l"):
                whole.add(payload)
            if tag in FOUND:
                found.add(payload)
            elif tag in MISSED:
                missed.add(payload)
        elif tag in part_of:
            path, part = map(str, json.loads(payload))
            accesses["read" if tag == b"t" else "listed", path] = None
            if tag == b"t":
                found.add(path)
            else:
                plain.add(("listed", path))
            part_of[tag].setdefault(path, set()).add(part)
        elif tag == b"f":
            followed_from = len(accesses)
        elif tag == b"x":
            args, folder, executable = json.loads(payload)
            spawned[Spawned(tuple(map(str, args)), str(folder), executable)] = None
        elif tag == b"h":
            args, folder = json.loads(payload)
            reused[Spawned(tuple(map(str, args)), str(folder), None)] = None
        else:
            texts[tag][payload] = None
    return Trace(
        folders={str(name): str(value) for name, value in folders.items()},
        accesses=tuple(accesses),
        found=frozenset(found),
        missed=frozenset(missed),
        above={done: frozenset(codes) for done, codes in above.items() if done not in plain},
        readers=_partly(part_of[b"t"], whole),
        wanted=_partly(part_of[b"g"], whole),
        imported=tuple(texts[b"i"]),
        variables=tuple(texts[b"v"]),
        enumerations=tuple(texts[b"V"]),
        spawned=tuple(spawned),
        reused=tuple(reused),
        sought=tuple(texts[b"X"]),
        libraries=tuple(texts[b"n"]),
        asked=tuple(texts[b"k"]),
        problems=tuple(texts[b"u"]),
        followed_from=followed_from,
        not_followed=next(iter(texts[b"F"]), ""),
    )


def _partly(parts: Mapping[str, set[str]], whole: set[str]) -> dict[str, frozenset[str]]:
    return {path: frozenset(some) for path, some in parts.items() if path not in whole}
