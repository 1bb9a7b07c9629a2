"""The supervisor's log -> ProcessTrace: what the programs did that a hook ran.

This module knows the format of the log, which ``lbuild_frontend.process_tracing.journal`` writes;
not what it means for a project.
"""

import json
import os
from collections.abc import Mapping
from typing import NamedTuple

from lbuild_keys.tracing.accesses import ACCESSES, FOUND, Access

HOOK = 0
"""The number of the hook process, with what it forks."""

_FORMAT = 1


class Program(NamedTuple):
    """A program that ran: from an exec to the next one, in one process or in several.

    Attributes:
        number: its number, in the order in which programs began.
        parent: the number of the program that started it; None if that is not known.
        path: the file that ran, absolute.
        args: its command line, the program first.
        folder: its current folder when it began; None if that is not known.
    """

    number: int
    parent: int | None
    path: str
    args: tuple[str, ...]
    folder: str | None

    @property
    def name(self) -> str:
        """The name of the file that ran."""
        return os.path.basename(self.path)


class ProgramAccess(NamedTuple):
    """What a program did with a path.

    Attributes:
        access: what it did.
        path: absolute, as it was given.
        program: the number of the program.
        found: whether there was something when it began to.
    """

    access: Access
    path: str
    program: int
    found: bool


class ProcessTrace(NamedTuple):
    """What all processes of a hook did, from the first program on.

    Attributes:
        programs: by number; the hook process is none of them.
        accesses: in the order in which they were begun. What one program did again is left out.
        problems: why it is not complete, each as a clause; none if it is.
        has_end: whether the log was written to its end.
    """

    programs: Mapping[int, Program]
    accesses: tuple[ProgramAccess, ...]
    problems: tuple[str, ...] = ()
    has_end: bool = True

    def name_of(self, number: int, hook: str) -> str:
        """Return who a program is, for messages."""
        if number == HOOK:
            return f"native code of {hook}"
        return f"{self.programs[number].name}, run by {hook}"


def parse(log: bytes | None) -> ProcessTrace:
    """Parse a log; one that is missing, cut short or damaged gives a trace with a problem.

    Args:
        log: the content of the supervisor's file; None if there is none.
    """
    if log is None or not log.endswith(b"\0"):
        return _broken("the trace of the programs is incomplete")
    head, *records = log[:-1].split(b"\0")
    try:
        if not records or records[-1][:1] != b".":
            return _broken("the trace of the programs is incomplete")
        return _parse(head, records[:-1])
    except (ValueError, KeyError, TypeError, IndexError):
        return _broken("the trace of the programs is damaged")


def _broken(problem: str) -> ProcessTrace:
    return ProcessTrace({}, (), (problem,), has_end=False)


def _parse(head: bytes, records: list[bytes]) -> ProcessTrace:
    if head[:1] != b"=" or json.loads(head[1:])["format"] != _FORMAT:
        raise ValueError
    programs: dict[int, Program] = {}
    accesses: list[ProgramAccess] = []
    problems: list[str] = []
    paths: dict[bytes, str] = {}  # compilers use the same ones again and again
    for record in records:
        tag = record[:1]
        if tag in ACCESSES:
            number, _, path = record[1:].partition(b":")
            program = int(number)
            text = paths.get(path)
            if text is None:
                text = paths[path] = os.fsdecode(path)
            if program != HOOK and program not in programs:
                raise ValueError
            accesses.append(ProgramAccess(ACCESSES[tag], text, program, found=tag in FOUND))
        elif tag == b"p":
            number, parent, path, args, folder = json.loads(record[1:])
            programs[number] = Program(number, parent, path, tuple(map(str, args)), folder)
        elif tag == b"u":
            problems.append(os.fsdecode(record[1:]))
        else:
            raise ValueError
    return ProcessTrace(programs, tuple(accesses), tuple(problems))
