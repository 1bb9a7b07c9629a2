"""What an environment lacks to hold exactly what a wheel installs, as a value."""

from collections.abc import Collection
from typing import NamedTuple

from packaging.requirements import Requirement

from lbuild_frontend.environments.interpreter import InterpreterDetails
from lbuild_frontend.environments.requirements import InstalledDistributions
from lbuild_frontend.installs import compare, distribution, unfinished
from lbuild_frontend.installs.distribution import Distribution
from lbuild_frontend.installs.origin import Origin
from lbuild_frontend.installs.target import Target
from lbuild_frontend.installs.wheel_contents import WheelContents
from lbuild_keys.observe.files import Digests
from lbuild_keys.pep508 import normalize_name


class Wanted(NamedTuple):
    """What an environment should hold.

    Attributes:
        wheel: the wheel.
        origin: where that is recorded to come from.
        extras: normalised names of the extras that are asked for.
        with_requirements: whether what the wheel requires counts.
    """

    wheel: WheelContents
    origin: Origin
    extras: tuple[str, ...] = ()
    with_requirements: bool = True


class Plan(NamedTuple):
    """What has to be done.

    Attributes:
        found: what is installed under the name.
        problem: why the distribution has to be installed anew, as a clause; None if it is right.
        unmet: the requirements that are not met, each with those that led to it.
        required: all requirements of the wheel that apply, if one is not met; an installer that
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
    required = _required(wheel, wanted.extras, target.details) if wanted.with_requirements else ()
    unmet = _unmet(required, target.details)
    return Plan(tuple(found), problem, unmet, required if unmet else ())


def _required(
    wheel: WheelContents, extras: Collection[str], details: InterpreterDetails
) -> tuple[str, ...]:
    """Return the requirements of a wheel that apply, without markers.

    A requirement of the project itself, as ``demo[all]`` may have, stands for its extras.
    """
    own = normalize_name(wheel.name)
    requirements = list(map(Requirement, wheel.requires))
    wanted, more = set(extras), set(extras)
    while more:
        applying = (one for one in requirements if _applies(one, wanted, details))
        named = (one.extras for one in applying if normalize_name(one.name) == own)
        more = {normalize_name(extra) for some in named for extra in some} - wanted
        wanted |= more
    found = []
    for requirement in requirements:
        if _applies(requirement, wanted, details) and normalize_name(requirement.name) != own:
            requirement.marker = None
            found.append(str(requirement))
    return tuple(dict.fromkeys(found))


def _applies(
    requirement: Requirement, extras: Collection[str], details: InterpreterDetails
) -> bool:
    marker = requirement.marker
    return marker is None or any(
        marker.evaluate({**details.markers, "extra": extra}) for extra in ("", *extras)
    )


def _unmet(required: Collection[str], details: InterpreterDetails) -> tuple[str, ...]:
    if not required:
        return ()
    there = InstalledDistributions(details)
    chains = (" -> ".join(chain) for text in required for chain in there.unmet(text))
    return tuple(dict.fromkeys(chains))
