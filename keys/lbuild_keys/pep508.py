"""Names of distributions (PEP 503), and requirement strings (PEP 508).

Plain requirements, a name with versions, are read here. ``packaging.requirements`` takes 36 ms to
import (``-X importtime``, Python 3.11), four times as long as Python needs to start, and lbuild
reads the requirements of a project in each command that is not replayed. Nearly all are plain.
``packaging`` reads the others, and tests compare the two.
"""

import re

_PLAIN = re.compile(
    r"(?P<name>[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)"
    r"( *(==|!=|<=|>=|<|>) *[0-9]+(\.[0-9]+)*( *, *(==|!=|<=|>=|<|>) *[0-9]+(\.[0-9]+)*)*)?"
)


def normalize_name(name: str) -> str:
    """Normalise the name of a distribution, as PEP 503 does."""
    return re.sub(r"[-_.]+", "-", name).lower()


def plain_requirement_name(requirement: str) -> str | None:
    """The normalised name in a plain requirement; None for any other text.

    A plain requirement has no URL, so it names no place on this machine, and no marker, so it
    applies to every interpreter.
    """
    plain = _PLAIN.fullmatch(requirement)
    return normalize_name(plain["name"]) if plain else None


def check_requirement(requirement: str) -> None:
    """Check that a text is a requirement (PEP 508), and that its URL, if it has one, is valid.

    Raises:
        ValueError: it is not. The first line of the text describes the problem.
    """
    from urllib.parse import urlsplit

    from packaging.requirements import Requirement

    if requirement.count("(") > _MOST_PARENTHESES:
        message = f"it has more than {_MOST_PARENTHESES} opening parentheses"
        raise ValueError(message)
    urlsplit(Requirement(requirement).url or "")


_MOST_PARENTHESES = 50
"""packaging parses a marker by recursion; this is far below the depth where the stack ends."""


def requirement_name(requirement: str) -> str:
    """The normalised name in any requirement.

    Raises:
        packaging.requirements.InvalidRequirement: it is not a requirement.
    """
    name = plain_requirement_name(requirement)
    if name is None:
        from packaging.requirements import Requirement

        name = normalize_name(Requirement(requirement).name)
    return name
