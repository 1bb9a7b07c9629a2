"""The kinds of accesses to files, and the letters for them in the logs of both tracers."""

from collections.abc import Mapping
from typing import Literal

Access = Literal["read", "written", "added to", "made", "listed", "looked at"]

WRITING: frozenset[Access] = frozenset({"written", "added to", "made"})
"""The kinds of access that change something."""

CREATING: frozenset[Access] = frozenset({"written", "made"})
"""The kinds of access that create what does not exist."""

ACCESSES: Mapping[bytes, Access] = {
    b"r": "read",
    b"R": "read",
    b"w": "written",
    b"a": "added to",
    b"m": "made",
    b"l": "listed",
    b"s": "looked at",
    b"S": "looked at",
}

FOUND = frozenset({b"r", b"s"})
"""The letters of accesses to something that existed."""

MISSED = frozenset({b"R", b"S"})
"""The letters of accesses to something that did not."""
