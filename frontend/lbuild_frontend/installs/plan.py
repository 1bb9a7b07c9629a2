"""What an environment lacks to hold exactly what a wheel installs, as a value."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from packaging.requirements import Requirement

from lbuild_frontend.environments.interpreter import InterpreterDetails
from lbuild_frontend.environments.requirements import InstalledDistributions
from lbuild_frontend.installs import compare, distribution, unfinished
from lbuild_frontend.installs.distribution import Distribution
from lbuild_frontend.installs.origin import Origin
from lbuild_frontend.installs.target import Target
from lbuild_frontend.installs.wheel_contents import WheelContents
from lbuild_keys import pep508
from lbuild_keys.observe.files import Digests
from lbuild_keys.pep508 import normalize_name


class Wanted(NamedTuple):
    """What an environment should hold.

    Attributes:
        wheel: the wheel.
        origin: where that is recorded to come from.
        required: what the wheel requires (PEP 508), without markers, as far as it counts.
        given: by normalised name, the versions of the members of a workspace that are installed by
            the same command: they are not to be looked for in the environment.
    """

    wheel: WheelContents
    origin: Origin
    required: tuple[str, ...] = ()
    given: Mapping[str, str] = {}


class Plan(NamedTuple):
    """What has to be done.

    Attributes:
        found: what is installed under the name.
        problem: why the distribution has to be installed anew, as a clause; None if it is right.
        unmet: the requirements that are not met, each with those that led to it.
        required: all requirements of the wheel that count, if one is not met; an installer that
            gets all of them keeps what is there.
    """

    found: tuple[Distribution, ...]
    problem: str | None
    unmet: tuple[str, ...]
    required: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing has to be done."""
        return self.problem is None and not self.unmet


def make(target: Target, wanted: Wanted, digests: Digests, *, despite_mark: bool = False) -> Plan:
    """Compare an environment with what it should hold.

    Args:
        target: the environment.
        wanted: what it should hold.
        digests: known digests of files; those that are made are added.
        despite_mark: whether the mark of an install that has begun is this process's own.

    Raises:
        OSError: if the environment cannot be listed.
    """
    wheel = wanted.wheel
    found = distribution.find(target.folders, wheel.name)
    problem = compare.difference(found, wheel, wanted.origin, target.scripts, digests)
    if not despite_mark and unfinished.read(target.folders[0], wheel.name) is not None:
        problem = "an earlier install of it was interrupted"
    unmet = _unmet(wanted.required, target.details, wanted.given)
    return Plan(tuple(found), problem, unmet, wanted.required if unmet else ())


def required(
    wheel: WheelContents, extras: Collection[str], details: InterpreterDetails
) -> tuple[str, ...]:
    """Return the requirements of a wheel that apply, without markers.

    Args:
        wheel: the wheel.
        extras: normalised names of those that are asked for.
        details: of the interpreter.
    """
    found = applying(wheel.requires, wheel.name, extras, details.markers)
    return tuple(dict.fromkeys(map(str, found)))


def applying(
    requires: Collection[str], name: str, extras: Collection[str], markers: Mapping[str, str]
) -> list[Requirement]:
    """Return the requirements of a wheel that apply, without markers.

    A requirement of the project itself, as ``demo[all]`` may have, stands for its extras.

    Args:
        requires: as its metadata have it.
        name: of the project.
        extras: normalised names of those that are wanted.
        markers: of the interpreter.
    """
    own = normalize_name(name)
    requirements = list(map(Requirement, requires))
    wanted, more = set(extras), set(extras)
    while more:
        found = (one for one in requirements if _applies(one, wanted, markers))
        named = (one.extras for one in found if normalize_name(one.name) == own)
        more = {normalize_name(extra) for some in named for extra in some} - wanted
        wanted |= more
    return [
        without_marker(one)
        for one in requirements
        if _applies(one, wanted, markers) and normalize_name(one.name) != own
    ]


def _applies(requirement: Requirement, extras: Collection[str], markers: Mapping[str, str]) -> bool:
    return any(
        pep508.applies(requirement.marker, {**markers, "extra": extra}) for extra in ("", *extras)
    )


def without_marker(requirement: Requirement) -> Requirement:
    """Remove the marker of a requirement; return that."""
    requirement.marker = None
    return requirement


def _unmet(
    required: Collection[str], details: InterpreterDetails, given: Mapping[str, str]
) -> tuple[str, ...]:
    if not required:
        return ()
    there = InstalledDistributions(details, given)
    chains = (" -> ".join(chain) for text in required for chain in there.unmet(text))
    return tuple(dict.fromkeys(chains))
