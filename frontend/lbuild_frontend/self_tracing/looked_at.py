"""What something looked at: paths and variables; and that it cannot be known."""

from typing import NamedTuple


class UnexplainedError(Exception):
    """It cannot be known what something looked at."""


class LookedAt(NamedTuple):
    """What a program may have looked at.

    Attributes:
        listed: absolute paths of folders, whose names count.
        paths: absolute paths of anything else.
        variables: names.
    """

    listed: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()

    def __or__(self, other: "LookedAt") -> "LookedAt":
        return LookedAt(
            self.listed | other.listed,
            self.paths | other.paths,
            self.variables | other.variables,
        )
