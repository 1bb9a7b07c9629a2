"""The wheels of members of a workspace that a build environment is given.

They are installed by the URL of their file, so that no installer takes what an index, a local place
or its cache has under the name.
"""

import contextlib
import functools
import re
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lbuild_frontend.disk import temporary
from lbuild_frontend.environments import contents
from lbuild_frontend.environments import interpreter as interpreters
from lbuild_frontend.environments.base import Environment
from lbuild_frontend.environments.interpreter import Interpreter
from lbuild_frontend.errors import InstallFailed, MembersNeeded, ProjectError, unforeseen
from lbuild_frontend.model.member_wheel import Members, MemberWheel
from lbuild_keys import pep508
from lbuild_keys.file_urls import local_path

if TYPE_CHECKING:
    from lbuild_keys.workspaces.closure import MembersAtHand, Need


class GivenWheels(NamedTuple):
    """What an environment is given, and what else is required.

    Attributes:
        others: the requirements that mean no member.
        wheels: by name.
        extras: by name, normalised names of the extras that are required.
    """

    others: tuple[str, ...]
    wheels: Mapping[str, MemberWheel] = {}
    extras: Mapping[str, tuple[str, ...]] = {}

    @property
    def not_given(self) -> tuple[str, ...]:
        """What is required, by the wheels too, and is not given: an installer has to find it."""
        if not self.wheels:
            return self.others
        required = (text for wheel in self.wheels.values() for text in wheel.requires)
        return tuple(text for text in (*self.others, *required) if not self._is_given(text))

    def _is_given(self, text: str) -> bool:
        from packaging.requirements import InvalidRequirement

        try:
            return pep508.requirement_name(text) in self.wheels
        except InvalidRequirement:
            return True  # the installer reports it

    @property
    def identities(self) -> tuple[str, ...]:
        """Texts that differ if anything else would be installed of the wheels; no requirements."""
        return tuple(
            f"member {self._required(name)} {wheel.file} {wheel.content_digest}"
            for name, wheel in sorted(self.wheels.items())
        )

    @contextlib.contextmanager
    def in_files(self) -> Iterator[dict[str, Path]]:
        """Write the wheels into a folder, under the names of their files.

        The context is their paths, by name. After it they are gone.

        Raises:
            LbuildError: if that fails.
        """
        if not self.wheels:
            yield {}
            return
        with contextlib.ExitStack() as stack:
            try:
                folder = stack.enter_context(temporary.folder(contents.MEMBERS))
                paths = {name: folder / wheel.file for name, wheel in self.wheels.items()}
                for name, path in paths.items():
                    # Other threads may need the same wheel, which is one open file.
                    with _reading, path.open("xb") as file:
                        for piece in self.wheels[name].opened().pieces():
                            file.write(piece)
            except OSError as error:
                raise unforeseen("a temporary folder with wheels of members", error) from error
            yield paths

    def check_installed(self, environment: Path, paths: Mapping[str, Path], label: str) -> None:
        """Check that an installer took the wheels that it was given, and no others.

        Settings of the installer may name another source of a distribution.

        Args:
            environment: the folder of the virtual environment.
            paths: where the wheels were, by name.
            label: the project's name in messages.

        Raises:
            InstallFailed: if it did not.
        """
        origins = {name: local_path(url) for name, url in contents.local_origins(environment)}
        for name, path in paths.items():
            found = origins.get(name)
            if found is None or Path(found) != path:
                message = (
                    f"{label}: the installer did not install the wheel of {name} that was built in "
                    f"{self.wheels[name].project}. Remove what its settings say of {name}."
                )
                raise InstallFailed(message)

    def requirements(self, paths: Mapping[str, Path]) -> tuple[str, ...]:
        """Return all that is to be installed (PEP 508).

        Args:
            paths: of the wheels, by name.
        """
        given = (f"{self._required(name)} @ {path.as_uri()}" for name, path in paths.items())
        return (*self.others, *given)

    def _required(self, name: str) -> str:
        extras = self.extras.get(name, ())
        return f"{name}[{','.join(extras)}]" if extras else name


_reading = threading.Lock()


class MembersOfBuild(NamedTuple):
    """The members of a workspace, as the build of one project uses them.

    Attributes:
        members: what the project is given.
        at_hand: the same, to find out what requirements mean.
        file: the absolute path of the project's pyproject.toml, for messages.
        requires: ``build-system.requires``.
    """

    members: Members
    at_hand: "MembersAtHand"
    file: Path
    requires: tuple[str, ...]

    def check(self, requirements: Collection[str]) -> None:
        """Check that the members are what requirements mean, as far as their wheels are known.

        Raises:
            ProjectError: if one has another name, or a version that is not allowed.
        """
        for need in self.at_hand.needs(requirements):
            wheel = self.members.wheels.get(need.folder)
            if wheel is not None:
                self._check(need, wheel)

    def given_for(self, requirements: Iterable[str]) -> GivenWheels:
        """Return what an environment is given that is to meet requirements.

        Raises:
            MembersNeeded: if a wheel is not known.
            ProjectError: if a member is not what a requirement means.
        """
        texts = tuple(sorted(set(requirements)))
        needs = self.at_hand.needs(texts)
        unknown = {one.folder for one in needs if self.members.wheels.get(one.folder) is None}
        if unknown:
            raise MembersNeeded(unknown, is_certain=True)
        self.check(texts)
        wheels: dict[str, MemberWheel] = {}
        extras: dict[str, set[str]] = {}
        for need in needs:
            wheel = self.members.wheels[need.folder]
            if wheel is None:  # found out above
                continue
            other = wheels.setdefault(need.name, wheel)
            if other.project != wheel.project:
                message = (
                    f"{self._place(need)}: {need.text!r} means the member in {wheel.project}, but "
                    f"the one in {other.project} is required by this name too. Let both mean one."
                )
                raise ProjectError(message)
            extras.setdefault(need.name, set()).update(need.extras)
        met = {need.text for need in needs if need.by is None}
        return GivenWheels(
            tuple(text for text in texts if text not in met),
            wheels,
            {name: tuple(sorted(some)) for name, some in extras.items()},
        )

    def _check(self, need: "Need", wheel: MemberWheel) -> None:
        place = self._place(need)
        if wheel.name != need.name:
            message = (
                f"{place}: {need.text!r} means the project in {wheel.project}, but the wheel of "
                f"that is {wheel.name} {wheel.version}. Correct one of the names."
            )
            raise ProjectError(message)
        if not pep508.is_met_by(need.text, wheel.version):
            message = (
                f"{place}: {need.text!r} does not allow {wheel.name} {wheel.version}, which is the "
                f"version of the member in {wheel.project}. Change one of the two."
            )
            raise ProjectError(message)

    def _place(self, need: "Need") -> str:
        """Return where a requirement is written: a file and a key path, or who said it."""
        by = None if need.by is None else self.members.wheels.get(need.by)
        if by is not None:
            return f"{by.project}: what {by.name} {by.version} requires at run time"
        if need.text in self.requires:
            return f"{self.file}: build-system.requires[{self.requires.index(need.text)}]"
        return f"{self.file}: build-system.build-backend: what the backend requires to build"


def given_for(requirements: Iterable[str], members: MembersOfBuild | None) -> GivenWheels:
    """Return what an environment is given that is to meet requirements, in or out of a workspace.

    Raises:
        MembersNeeded, ProjectError: see ``MembersOfBuild.given_for``.
    """
    if members is None:
        return GivenWheels(tuple(sorted(set(requirements))))
    return members.given_for(requirements)


def with_members(
    provide: Callable[[Collection[str]], Environment],
    requirements: Collection[str],
    members: MembersOfBuild | None,
) -> Environment:
    """Return an environment in which no member is one that an installer found elsewhere.

    What is no member may require one: only the installer knows that, so it is known afterwards.
    A URL in a requirement of the build says where to find it, also if a member has the same name.

    Args:
        provide: returns an environment with what is required.
        requirements: what is required (PEP 508).
        members: the members of the workspace; None if there is none.

    Raises:
        LbuildError, MembersNeeded: what ``provide`` raises.
    """
    if members is None:
        return provide(requirements)
    more: tuple[str, ...] = ()
    while True:
        asked_for = (*requirements, *more)
        try:
            environment = provide(asked_for)
        except InstallFailed as error:
            others = _named_in(error.output, asked_for, members)
            if not others:
                raise
        else:
            others = _found_elsewhere(environment, asked_for, members)
            if not others:
                return environment._replace(members=more)
        more += others


def _found_elsewhere(
    environment: Environment, requirements: Collection[str], members: MembersOfBuild
) -> tuple[str, ...]:
    """Return the names of members that an installer took from an index or a local place."""
    root = contents.root_of(Path(environment.python_executable))
    installed = {name for name, _ in contents.distributions(root)} & members.members.meant.keys()
    found = installed - contents.given(root)
    if found:
        found -= members.at_hand.named_elsewhere(requirements)
    return tuple(sorted(found))


_NAME = r"(\w(?:[\w.-]*\w)?)"
_NOT_FOUND = (
    rf"{_NAME} was not found in|there (?:is|are) no versions? of {_NAME}"  # uv
    rf"|No matching distribution found for {_NAME}"  # pip
)


def _named_in(
    output: str, requirements: Collection[str], members: MembersOfBuild
) -> tuple[str, ...]:
    """Return the names of members that an installer may have looked for and not found."""
    found = re.findall(_NOT_FOUND, " ".join(output.split()))
    words = {pep508.normalize_name(word) for words in found for word in words}
    given = members.given_for(requirements)
    tried = {*given.wheels, *(text for text in given.others if text in members.members.meant)}
    return tuple(sorted((words & members.members.meant.keys()) - tried))


def of_build(
    members: Members,
    file: Path,
    requires: tuple[str, ...],
    interpreter: Interpreter,
    environ: Mapping[str, str],
) -> MembersOfBuild | None:
    """Return what a project is given of its workspace; None if there is nothing.

    Args:
        members: what it is given.
        file: the absolute path of its pyproject.toml, for messages.
        requires: ``build-system.requires``.
        interpreter: the one that builds.
        environ: the variables that may be in URLs.
    """
    if not members.meant and not members.folders:
        return None
    from lbuild_keys.workspaces.closure import MembersAtHand

    markers = functools.cache(lambda: interpreters.markers_of(interpreter))
    at_hand = MembersAtHand(members.meant, members.folders, members.wheels, markers, environ)
    return MembersOfBuild(members, at_hand, file, requires)
