"""The types of the records of ``replay``, which imports them only for type checking."""

from typing import Any, TypedDict

Signature = tuple[int, int, int, int]
"""See ``replay.signature_of``; for places, ``replay.identity_of``."""

Files = list[bytes]
"""Blocks of folders, names in them and what stands for their signatures: ``stat_layout.packed``."""

Named = tuple[str, str, int]
"""A folder, a variable, and which word of its value is a path from there; 0 for all of it."""


class Layout(TypedDict):
    """What was on the disk.

    Attributes:
        files: files, links themselves, and folders that were listed.
        followed: links, with the signatures of what they lead to.
        places: folders that were looked at, but not listed, with their identities.
        absent: paths at which nothing was, but for those in folders that were listed: these would
            have another signature.
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
        until: when what it printed, or a date that it asked for, is no longer true.
        variables: those that were read, each with ``replay.digest_of_value``; None if not set.
        layout: what it looked at.
        entries: entries of the cache that were read, with size and inode; not with times, which
            change when an entry is used.
        used: those entries whose results were delivered.
        named: paths in the values of variables, at which nothing was.
        printed: descriptors and bytes; None for the seconds that the command took.
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
        lbuild: lbuild's own files, and the folders in which it is installed.
        command: what was parsed (``request.Command.to_plain``); None if it may be secret.
        no_op: None if the command had something to do when it ran last.
    """

    lbuild: Layout
    command: dict[str, Any] | None
    no_op: NoOpRun | None
