"""The values that a decision is made of: inputs, their states, snapshots, keys.

================ ================================================== ================================
kind             name                                               state when present
================ ================================================== ================================
file             path, relative to the project, ``/`` between parts digest of content, type, x-bit
path             the same: looked at, but not read                  type, x-bit, where a link points
listing          the same: a folder whose names were asked for      its names, each with a type
directory        the same                                           ``directory``
backend          the same: a module of an in-tree backend           as of a file
egg-info         the same, and what it may name: an ``*.egg-info``    as of a path
toml-tables      the same: a file that was only parsed as TOML      the values that can be used
git-commit       the path of the project (``.``)                    full name of the commit
git-tags         the same                                           digest of all tags and objects
git-tree         the same                                           branch, tracked names, changes
git-answer       a command that only reads, and its folder          digest of git's answer
date             ``today``                                          the day, in UTC and here
executable       a program as it was called                         where it is, its stat signature
cmake-package    how its name begins; ``*`` for all         where ``PATH`` leads CMake to it
environment      name of the variable; ``*`` for all                keyed digest of the value
environment-file ``NAME[INDEX]``: a file that the variable names    as of a file
config-settings  ``config_settings``                                keyed digest of the settings
build-system     key of the table                                   its value as JSON
interpreter      ``python``                                         implementation, version, ABI
project-folder   ``project``, for an editable installation only     its absolute path
requirement      normalised name                                    version, digest of its content
local-offer      ``INSTALLER:NAME``, see ``installers.local_archives`` files and digests of content
================ ================================================== ================================

A path outside of the project begins with ``../`` if another clone would have it there too, with
``//`` and a place if it is in one (``observe.places``), and is absolute otherwise.

The values are tuples with names rather than dataclasses: these compute hashes and compare in
Python, which took a tenth of the time of a rebuild.

Not in a key: time stamps of sources, owners, absolute paths of the project (but for editable
installations) or of the cache, the order in which anything was found. They differ between clones of
one commit and change no wheel.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, NewType, get_args

Kind = Literal[
    "file",
    "path",
    "listing",
    "directory",
    "backend",
    "toml-tables",
    "egg-info",
    "git-commit",
    "git-tags",
    "git-tree",
    "git-answer",
    "date",
    "executable",
    "cmake-package",
    "environment",
    "environment-file",
    "config-settings",
    "build-system",
    "interpreter",
    "project-folder",
    "requirement",
    "local-offer",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

Mode = Literal["traced", "tree", "declared"]
MODES: tuple[Mode, ...] = get_args(Mode)

CacheMode = Literal["read-write", "read-only"]
"""Whether anything may be written to the cache."""
CACHE_MODES: tuple[CacheMode, ...] = get_args(CacheMode)

Key = NewType("Key", str)
"""64 hexadecimal digits: the SHA-256 of a snapshot's inputs and their states."""

KEY_VERSION = 2
"""Part of every key. To be raised when the same inputs have to give another result."""


class Input(NamedTuple):
    """One thing that the result of a hook depends on. Its name is unique within its kind."""

    kind: Kind
    name: str

    @property
    def label(self) -> str:
        """The name for messages that do not show the kind."""
        if self.kind == "egg-info":
            return self.name.partition("//")[0]
        return f"${self.name}" if self.kind == "environment-file" else self.shown_name

    @property
    def shown_name(self) -> str:
        """The name for messages that show the kind: that of a place without its mark."""
        return self.name.removeprefix("//")


class State(NamedTuple):
    """What an input is at one moment.

    Attributes:
        presence: ``unreadable`` never equals anything, because what is unknown counts as changed.
        detail: the difference from other present states (a digest, a commit, a version), or why it
            could not be read; empty when absent.
    """

    presence: Literal["present", "absent", "unreadable"]
    detail: str = ""

    @property
    def known(self) -> bool:
        """Whether this state can be compared."""
        return self.presence != "unreadable"


ABSENT = State("absent")


def present(detail: str) -> State:
    """The state of something that is there."""
    return State("present", detail)


def unreadable(why: str) -> State:
    """The state of something that could not be read, and why."""
    return State("unreadable", why)


class Source(NamedTuple):
    """What made something an input. JSON has it as text, under ``source``.

    Attributes:
        how: a declaration; or a hook was seen to use it, and it is an input of this hook's result
            only.
        by: the setting, option or rule; or what the hook did with it, and which hook.
    """

    how: Literal["declared", "traced"]
    by: str

    def __str__(self) -> str:
        return f"{self.how}: {self.by}"

    def because(self, why: str) -> "Source":
        """The same source, with a reason added."""
        return Source(self.how, f"{self.by}, because {why}")


def declared(by: str) -> Source:
    """The source of what a setting, an option or a rule makes an input."""
    return Source("declared", by)


def traced(by: str) -> Source:
    """The source of what a hook was seen to use."""
    return Source("traced", by)


WHOLE_TREE = declared("--inputs tree")
"""The source of what counts because the whole project does; a reason may be added to it."""


MEMBER = declared("a member of the workspace")
"""The source of what counts by the wheel of another project of the workspace."""


class Observation(NamedTuple):
    """The state of an input, and what made it one."""

    state: State
    source: Source


Snapshot = Mapping[Input, Observation]
"""Inputs with their states at one moment."""


def key_of(snapshot: Snapshot) -> Key | None:
    """Digest a snapshot; None if it has an input that could not be read."""
    if any(seen.state.presence == "unreadable" for seen in snapshot.values()):
        return None
    # What is absent is left out, so that it equals what was never looked for.
    rows = sorted(
        (thing.kind, thing.name, seen.state.detail)
        for thing, seen in snapshot.items()
        if seen.state.presence == "present"
    )
    # JSON with ASCII escapes: names that are not UTF-8 arrive as lone surrogates.
    text = json.dumps([KEY_VERSION, rows], separators=(",", ":"))
    return Key(hashlib.sha256(text.encode("ascii")).hexdigest())


def count_by_kind(things: Iterable[Input]) -> dict[str, int]:
    """How many inputs there are of each kind that occurs, in the order of ``KINDS``."""
    counts: dict[str, int] = {}
    for thing in things:
        counts[thing.kind] = counts.get(thing.kind, 0) + 1
    return {kind: counts[kind] for kind in KINDS if kind in counts}
