"""Names of distributions, and requirements that are nothing but a name and versions.

``packaging`` knows all of it, and takes as long to import as all else that a small command does.
What is not plain is left to it.
"""

import re

_PLAIN = re.compile(
    r"(?P<name>[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)"
    r"( *(==|!=|<=|>=|<|>) *[0-9]+(\.[0-9]+)*( *, *(==|!=|<=|>=|<|>) *[0-9]+(\.[0-9]+)*)*)?"
)


def normalize_name(name: str) -> str:
    """A distribution's name as all ways to spell it have it in common (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def plain_requirement_name(requirement: str) -> str | None:
    """The normalised name in a plain requirement (PEP 508); None if it is another, or none at all.

    A plain one names no URL and no place on this machine, and holds for every interpreter.
    """
    plain = _PLAIN.fullmatch(requirement)
    return normalize_name(plain["name"]) if plain else None


def check(requirement: str) -> None:
    """Make sure that it is a requirement (PEP 508), with a URL that is one if it has any.

    Raises:
        ValueError: what is wrong with it, in the first line.
    """
    from urllib.parse import urlsplit

    from packaging.requirements import Requirement

    if requirement.count("(") > _MOST_PARENTHESES:
        message = f"it has more than {_MOST_PARENTHESES} opening parentheses"
        raise ValueError(message)
    urlsplit(Requirement(requirement).url or "")


_MOST_PARENTHESES = 50
"""Far below where packaging, which parses a marker by recursion, would run out of stack."""


def requirement_name(requirement: str) -> str:
    """The normalised name in any requirement.

    Raises:
        InvalidRequirement: if it is none.
    """
    name = plain_requirement_name(requirement)
    if name is None:
        from packaging.requirements import Requirement

        name = normalize_name(Requirement(requirement).name)
    return name
