"""Names of distributions (PEP 503), and requirement strings (PEP 508).

Plain requirements, a name with versions, are read here. ``packaging.requirements`` takes 36 ms to
import (``-X importtime``, Python 3.11), four times as long as Python needs to start, and lbuild
reads the requirements of a project in each command that is not replayed. Nearly all are plain.
``packaging`` reads the others, and tests compare the two.
"""

import operator
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from packaging.markers import Marker

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


def leading_name(text: str) -> str | None:
    """The normalised name that a text begins with, as a requirement does; None if there is none."""
    found = _LEADING.match(text)
    return normalize_name(found["name"]) if found else None


_LEADING = re.compile(r"\s*(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")


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


def excludes(requirement: str, name: str, version: str) -> bool:
    """Whether a requirement is one of a distribution, and certainly not met by a version of it.

    Only plain requirements and versions that are plain numbers are compared here; ``packaging``
    knows the others (PEP 440).

    Args:
        requirement: a requirement.
        name: the normalised name of the distribution.
        version: as it is written in the name of a file.
    """
    if plain_requirement_name(requirement) != name or not re.fullmatch(_NUMBERS, version):
        return False
    numbers = _numbers(version)
    return not all(
        _COMPARE[comparison](numbers, _numbers(other))
        for comparison, other in re.findall(_CLAUSE, requirement)
    )


def is_met_by(requirement: str, version: str) -> bool:
    """Whether a version, also one before a release, is one that a requirement allows (PEP 440).

    Args:
        requirement: a requirement; only its versions count.
        version: a version; one that is not valid is allowed by a requirement without versions only.
    """
    name = plain_requirement_name(requirement)
    is_plain = re.fullmatch(_NUMBERS, version) or not re.search(_CLAUSE, requirement)
    if name is not None and is_plain:
        return not excludes(requirement, name, version)
    from packaging.requirements import Requirement
    from packaging.version import InvalidVersion

    specifier = Requirement(requirement).specifier
    try:
        return not specifier or specifier.contains(version, prereleases=True)
    except InvalidVersion:
        return False


def applies(marker: "Marker | None", environment: Mapping[str, str]) -> bool:
    """Whether what has a marker counts in an environment.

    It does if the marker compares what cannot be compared: the installer reports that.

    Args:
        marker: None for what always counts.
        environment: the values of markers that differ from those of this interpreter.
    """
    try:
        return marker is None or marker.evaluate(dict(environment))
    except ValueError:
        return True


_NUMBERS = r"[0-9]+(?:\.[0-9]+)*"
_CLAUSE = rf"(==|!=|<=|>=|<|>) *({_NUMBERS})"


def _numbers(version: str) -> list[tuple[int, str]]:
    """Return what compares as the numbers of a version do, however long they are."""
    parts = [part.lstrip("0") for part in version.split(".")]
    while parts and not parts[-1]:
        parts.pop()
    return [(len(part), part) for part in parts]


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
