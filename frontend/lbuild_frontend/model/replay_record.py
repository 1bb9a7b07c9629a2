"""What the records of ``replay`` hold: types only, which it must not pay for importing."""

from typing import Any, TypedDict

Signature = tuple[int, int, int, int]
"""See ``replay.signature``, or ``replay.identity`` for places."""

Files = list[tuple[str, list[str], list[int]]]
"""By folder, names in it, and four numbers for each of them: the parts of ``Signature``."""

Named = tuple[str, str, int]
"""A folder, a variable, and which of its words names a path from there: 0 for all of its value."""


class Layout(TypedDict):
    """How things lay on the disk.

    Attributes:
        files: files that are no links, links themselves, and folders that were listed.
        followed: what links lead to; numbers as of files.
        places: folders that were looked at, but not listed: see ``replay.identity``.
        absent: where nothing was.
        dangling: links that led nowhere.
    """

    files: Files
    followed: list[tuple[str, Signature]]
    places: list[tuple[str, Signature]]
    absent: list[str]
    dangling: list[str]


class NoOpRun(TypedDict):
    """A command that had nothing to do.

    Attributes:
        cache: the folder of the cache.
        since: when it ran, in seconds since the epoch.
        until: when what it said, or a date that it asked for, will be no longer true.
        variables: those that were read, each with ``digest_of_value``, or None if not set.
        entries: records of the cache that were read, by size and inode: their times tell when
            they were last used.
        named: what variables name, where nothing was.
        used: those of them whose results were handed out.
        printed: descriptors, and bytes; None for the seconds that the command took.
    """

    cache: str
    since: float
    until: float
    variables: dict[str, bytes | None]
    layout: Layout
    entries: list[tuple[str, int, int]]
    used: list[str]
    named: list[Named]
    printed: list[tuple[int, bytes | None]]


class Record(TypedDict):
    """What is kept of a command line.

    Attributes:
        lbuild: its own files, and where it is installed.
        command: the arguments, parsed (``request.Command``); None if they may be secret.
        idle: None if the command had something to do when it ran last.
    """

    lbuild: Layout
    command: dict[str, Any] | None
    no_op: NoOpRun | None
