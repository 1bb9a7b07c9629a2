"""What members of a workspace require at run time: which other members, and what of an index.

Pure, but for what ``Installed`` may look up. The requirements are those of the wheels: what
pyproject.toml says of them may be dynamic.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from packaging.markers import Marker
from packaging.requirements import Requirement

from lbuild_frontend.errors import LbuildError, ProjectError
from lbuild_frontend.installs import plan as plans
from lbuild_frontend.installs.instead import meant_by
from lbuild_frontend.model.member_wheel import Members
from lbuild_keys import pep508
from lbuild_keys.pep508 import normalize_name

Markers = Mapping[str, str]
"""The values of environment markers (PEP 508)."""

Installed = Callable[[Requirement], Iterable[Requirement]]
"""Returns what the distribution requires that an environment has for a requirement."""


class Part(NamedTuple):
    """A member, as those know it that require it.

    Attributes:
        place: the path that the user knows it by.
        label: its name in messages.
        name: normalised.
        version: of its wheel; empty if that is not known yet.
        requires: what the wheel requires (PEP 508), as its metadata have it.
        members: what the member means by the names of distributions.
        toml: returns its parsed pyproject.toml, which tells where a requirement is from.
    """

    place: Path
    label: str
    name: str
    version: str
    requires: tuple[str, ...]
    members: Members
    toml: Callable[[], Mapping[str, Any]] = dict


class Closure(NamedTuple):
    """What is required at run time, all together.

    Attributes:
        extras: by folder of a member that is reached, the extras that it is wanted with.
        needs: by folder, the other members that one requires.
        others: by folder, what it requires of an index, without markers.
        missing: the folders of members that are reached, and of which nothing is known yet.
    """

    extras: Mapping[Path, frozenset[str]]
    needs: Mapping[Path, frozenset[Path]]
    others: Mapping[Path, tuple[str, ...]]
    missing: frozenset[Path]


def close(
    parts: Mapping[Path, Part],
    roots: Mapping[Path, Collection[str]],
    markers: Markers,
    installed: Installed = lambda _: (),
) -> Closure:
    """Follow what members require at run time.

    Args:
        parts: by folder, what is known of members.
        roots: the folders of members that are wanted, with the names of extras.
        markers: of the interpreter that will run them.
        installed: a distribution that is none of them may require one.
    """
    extras: dict[Path, frozenset[str]] = {}
    needs: dict[Path, frozenset[Path]] = {}
    others: dict[Path, tuple[str, ...]] = {}
    named = names(parts.values())
    due = [(folder, frozenset(some)) for folder, some in roots.items()]
    while due:
        folder, more = due.pop()
        known = extras.get(folder)
        if known is not None and more <= known:
            continue
        extras[folder] = more | (known or frozenset())
        part = parts.get(folder)
        if part is None:
            continue
        found, rest = _split(part, extras[folder], markers)
        through = [(place, one) for one in rest for place, one in _through(one, named, installed)]
        needed = [pair for pair in (*found, *through) if pair[0] != folder]
        needs[folder] = frozenset(place for place, _ in needed)
        others[folder] = tuple(dict.fromkeys(map(str, rest)))
        due += [(place, frozenset(map(normalize_name, one.extras))) for place, one in needed]
    return Closure(extras, needs, others, frozenset(extras.keys() - parts.keys()))


def required_by(part: Part, extras: Collection[str], markers: Markers) -> frozenset[Path]:
    """Return the members that a member requires itself."""
    return frozenset(folder for folder, _ in _split(part, extras, markers)[0])


def names(parts: Iterable[Part]) -> dict[str, Path]:
    """Return the names that mean members, to any of some members, with their folders."""
    found: dict[str, Path] = {}
    for part in parts:
        found |= {name: place for name, place in part.members.meant.items() if name not in found}
    return found


def _split(
    part: Part, extras: Collection[str], markers: Markers
) -> tuple[list[tuple[Path, Requirement]], list[Requirement]]:
    """Return the requirements of a member that mean members, and the others."""
    found, rest = [], []
    for one in plans.applying(part.requires, part.name, extras, markers):
        folder = meant_by(one, part.members)
        if folder is None:
            rest.append(one)
        else:
            found.append((folder, one))
    return found, rest


def _through(
    requirement: Requirement, named: Mapping[str, Path], installed: Installed
) -> Iterator[tuple[Path, Requirement]]:
    """Yield the members that installed distributions require which are none of them."""
    due, seen = [requirement], {str(requirement)}
    while due:
        for one in installed(due.pop()):
            folder = named.get(normalize_name(one.name))
            if folder is not None:
                yield folder, one
            elif str(one) not in seen:
                seen.add(str(one))
                due.append(one)


def check(parts: Mapping[Path, Part], closure: Closure, markers: Markers) -> None:
    """Check that members are what those require that need them, and that no two have one name.

    Members of which nothing is known yet are passed over.

    Raises:
        ProjectError: if a member has another name, or a version that is not allowed.
        LbuildError: if two of them have one name.
    """
    wanted = [folder for folder in parts if folder in closure.extras]
    for folder in wanted:
        for place, requirement in _split(parts[folder], closure.extras[folder], markers)[0]:
            if place in parts:
                _check(parts[folder], requirement, parts[place])
    by_name: dict[str, Part] = {}
    for folder in wanted:
        part = parts[folder]
        other = by_name.setdefault(part.name, part)
        if other is not part:
            message = (
                f"{part.place}: {other.place} has the same name, {part.name}. Of each name there "
                "can be one distribution: give only one of the two projects, or change a name."
            )
            raise LbuildError(message)


def _check(part: Part, requirement: Requirement, member: Part) -> None:
    if normalize_name(requirement.name) != member.name:
        message = (
            f"{_origin(part, requirement)}: {str(requirement)!r} means {member.place}, whose name "
            f"is {member.name}. Change the name, or the source of the requirement."
        )
        raise ProjectError(message)
    if member.version and not pep508.is_met_by(str(requirement), member.version):
        message = (
            f"{_origin(part, requirement)}: {str(requirement)!r} is not met by {member.name} "
            f"{member.version}, which is {member.place}. Change the requirement, or the version."
        )
        raise ProjectError(message)


def _origin(part: Part, requirement: Requirement) -> str:
    """Return where a requirement is written: file and key path, if pyproject.toml has it."""
    for key, _, text in _declared(part.toml()):
        try:
            declared = plans.without_marker(Requirement(text))
        except ValueError:
            continue
        if declared == requirement:
            return f"{part.place / 'pyproject.toml'}: {key}"
    return f"{part.place}: Requires-Dist of its wheel"


def _declared(toml: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the run-time requirements in pyproject.toml: key path, extra or nothing, and text."""
    project = toml.get("project")
    if not isinstance(project, dict):
        return
    optional = project.get("optional-dependencies")
    groups = [("dependencies", "", project.get("dependencies"))]
    if isinstance(optional, dict):
        groups += [(f"optional-dependencies.{one}", one, some) for one, some in optional.items()]
    for key, extra, texts in groups:
        if isinstance(texts, list):
            for index, text in enumerate(texts):
                if isinstance(text, str):
                    yield f"project.{key}[{index}]", extra, text


def declared_by(toml: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what pyproject.toml says that the project requires, as metadata have it."""
    found = []
    for _, extra, text in _declared(toml):
        try:
            requirement = Requirement(text)
        except ValueError:  # which the backend reports
            continue
        if extra:
            own = f"({requirement.marker}) and " if requirement.marker else ""
            requirement.marker = Marker(f"{own}extra == {normalize_name(extra)!r}")
        found.append(str(requirement))
    return tuple(found)


def declared_version(toml: Mapping[str, Any]) -> str:
    """Return the version that pyproject.toml says; empty if only the backend knows it."""
    project = toml.get("project")
    version = project.get("version") if isinstance(project, dict) else None
    return version if isinstance(version, str) else ""


def reached(needs: Mapping[Path, frozenset[Path]], starts: Iterable[Path]) -> frozenset[Path]:
    """Return some members, and those that they need, in turn."""
    found: set[Path] = set()
    due = list(starts)
    while due:
        folder = due.pop()
        if folder not in found:
            found.add(folder)
            due += needs.get(folder, ())
    return frozenset(found)


def dependents(needs: Mapping[Path, frozenset[Path]], failed: Collection[Path]) -> dict[Path, Path]:
    """Return the members that need one that failed, in turn, each with one that failed."""
    found: dict[Path, Path] = {}
    more = True
    while more:
        more = False
        for folder, needed in needs.items():
            if folder in found or folder in failed:
                continue
            because = next((one for one in sorted(needed) if one in failed or one in found), None)
            if because is not None:
                found[folder] = found.get(because, because)
                more = True
    return found
