"""Requirements of a build -> the members of its workspace whose wheels it needs. Pure.

What is built is given the wheels of the members that it requires, and of those that these wheels
require at run time, and so on: an installer would take them from an index otherwise.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from lbuild_keys import pep508
from lbuild_keys.model import State, present, unreadable
from lbuild_keys.observe import distributions
from lbuild_keys.pep508 import normalize_name

if TYPE_CHECKING:
    from packaging.requirements import Requirement


class Wheel(Protocol):
    """What has to be known of the wheel of a member.

    Attributes:
        name: normalised.
        version: as its metadata spell it.
        content_digest: of what it contains.
        requires: what it requires at run time (PEP 508).
        meant: by the normalised name of a distribution, the folder of the member that a
            requirement of this name means for this wheel.
    """

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def content_digest(self) -> str: ...
    @property
    def requires(self) -> tuple[str, ...]: ...
    @property
    def meant(self) -> Mapping[str, Path]: ...


class Need(NamedTuple):
    """A requirement that means a member.

    Attributes:
        text: the requirement (PEP 508).
        by: the folder of the member whose wheel requires it at run time; None if the build does.
        name: the normalised name in the requirement.
        folder: of the member that it means.
        by_url: whether it names that folder by its URL.
        extras: normalised names.
    """

    text: str
    by: Path | None
    name: str
    folder: Path
    by_url: bool = False
    extras: tuple[str, ...] = ()


class MembersAtHand(NamedTuple):
    """The members of a workspace, as the project is given them that is built.

    Attributes:
        meant: by the normalised name of a distribution, the folder of the member that a requirement
            of this name means.
        folders: of all members, links resolved.
        wheels: by folder; None if it cannot be known what the wheel would be. A member that is
            missing here was not asked for its wheel yet.
        markers: returns the values of the environment markers of the interpreter that builds.
        environ: the variables that may be in a URL.
    """

    meant: Mapping[str, Path]
    folders: frozenset[Path]
    wheels: Mapping[Path, Wheel | None]
    markers: Callable[[], Mapping[str, str]]
    environ: Mapping[str, str] = {}

    def needs(self, requirements: Iterable[str]) -> tuple[Need, ...]:
        """Return the requirements that mean members: these, and those of the wheels in turn.

        Nothing is known of what a member requires whose wheel is not known.
        """
        found = dict.fromkeys(
            need for text in requirements for need in self._in_build_requirement(text)
        )
        pending, followed = list(found), set[tuple[Path, str]]()
        while pending:
            need = pending.pop(0)
            wheel = self.wheels.get(need.folder)
            for extra in ("", *need.extras):
                if wheel is None or (need.folder, extra) in followed:
                    continue
                followed.add((need.folder, extra))
                for text in wheel.requires:
                    for one in self._required_by(wheel, need.folder, text, extra):
                        if one not in found:
                            found[one] = None
                            pending.append(one)
        return tuple(found)

    def missing(self, requirements: Iterable[str]) -> frozenset[Path]:
        """Return the folders of the members whose wheels are needed, and were not asked for yet."""
        folders = {need.folder for need in self.needs(requirements)}
        return frozenset(folder for folder in folders if folder not in self.wheels)

    def states(self, requirements: Iterable[str]) -> dict[str, State]:
        """Return the states of the members that are needed, by name: by the content of wheels."""
        found = {}
        for need in self.needs(requirements):
            wheel = self.wheels.get(need.folder)
            if wheel is None:
                found[need.name] = unreadable(f"a rebuild of {need.name} is due")
            else:
                found[need.name] = state_of(wheel)
        return found

    def named_by_url(self, text: str) -> bool:
        """Whether a requirement of the build names a member by the URL of its folder."""
        return "@" in text and any(need.by_url for need in self._in_build_requirement(text))

    def named_elsewhere(self, requirements: Iterable[str]) -> frozenset[str]:
        """Return the names to which requirements of the build give a URL that is no member's."""
        parsed = (_parsed(text) for text in requirements if "@" in text)
        return frozenset(
            normalize_name(one.name)
            for one in parsed
            if one and one.url and self._applies(one, "") and self._folder_at(one.url) is None
        )

    def _in_build_requirement(self, text: str) -> Iterator[Need]:
        """Yield what a requirement of the build means, if that is a member."""
        name = pep508.leading_name(text)
        if name is None or (name not in self.meant and "@" not in text):
            return
        if pep508.plain_requirement_name(text) is not None:  # as most: nothing more is in it
            yield Need(text, None, name, self.meant[name])
            return
        requirement = _parsed(text)
        if requirement is None or not self._applies(requirement, ""):
            return
        folder = self.meant.get(name)
        if requirement.url is not None:
            folder = self._folder_at(requirement.url)
        if folder is not None:
            by_url = requirement.url is not None
            yield Need(text, None, name, folder, by_url, _extras_of(requirement))

    def _folder_at(self, url: str) -> Path | None:
        """Return the folder of the member that a URL names; None if it names something else."""
        path = distributions.path_at(url, self.environ)
        if path is None or "#" in url:
            return None
        folder = Path(os.path.realpath(path))
        return folder if folder in self.folders else None

    def _required_by(self, wheel: Wheel, by: Path, text: str, extra: str) -> Iterator[Need]:
        """Yield what a run-time requirement of a member's wheel means, if that is a member.

        What it names by a URL is left to the installer, which refuses two URLs of one name.
        """
        name = pep508.leading_name(text)
        own = name == wheel.name
        folder = by if own else wheel.meant.get(name or "", self.meant.get(name or ""))
        if name is None or folder is None:
            return
        if pep508.plain_requirement_name(text) is not None:
            if not own:
                yield Need(text, by, name, folder)
            return
        requirement = _parsed(text)
        if requirement is None or requirement.url or not self._applies(requirement, extra):
            return
        extras = _extras_of(requirement)
        if extras or not own:  # of its own name, it stands for its extras
            yield Need(text, by, name, folder, extras=extras)

    def _applies(self, requirement: "Requirement", extra: str) -> bool:
        marker = requirement.marker  # markers() may have to start the interpreter
        return marker is None or pep508.applies(marker, {**self.markers(), "extra": extra})


def state_of(wheel: Wheel) -> State:
    """Return the state of a member's wheel as an input: its version, and a digest of its content.

    Where it comes from, and when it was built, does not count.
    """
    return present(f"{wheel.version} (content {wheel.content_digest[:16]})")


def content_in(state: State) -> str:
    """Return how the digest of the content begins that such a state has; empty if it has none."""
    found = re.search(r"\(content ([0-9a-f]+)\)", state.detail) if state.known else None
    return found[1] if found else ""


def _parsed(text: str) -> "Requirement | None":
    """Parse a requirement; None if it is none, which the installer reports."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def _extras_of(requirement: "Requirement") -> tuple[str, ...]:
    return tuple(sorted(map(normalize_name, requirement.extras)))
