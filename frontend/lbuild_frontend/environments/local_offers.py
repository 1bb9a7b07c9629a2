"""What an installer may take from local places, watched while it makes an environment.

``lbuild_keys.installers.local_archives`` knows what that is, and its states.
"""

import re
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from lbuild_frontend.environments import contents
from lbuild_keys.installers import local_archives
from lbuild_keys.installers.local_archives import Layout
from lbuild_keys.installers.local_places import Installer, LocalPlaces, find_places
from lbuild_keys.model import Input, State, unreadable
from lbuild_keys.observe.files import Digests
from lbuild_keys.pep508 import requirement_name

_MEANWHILE: Final = unreadable("it changed while the build environment was made")


class LocalOffers:
    """What the local places of an installer offered when this was made, and what they offer now."""

    def __init__(
        self,
        installer: Installer,
        wanted: Iterable[str],
        environ: Mapping[str, str],
        cwd: Path,
        digests: Digests,
        given: Collection[str] = (),
    ) -> None:
        """See the module.

        Args:
            installer: the installer.
            wanted: what it has to install (PEP 508).
            environ: its variables.
            cwd: the folder in which it runs.
            digests: known digests of files.
            given: normalised names of what it is given the wheels of: offers of them do not count.
        """
        self._installer = installer
        self._given = frozenset(given)
        self._digests = digests
        self._wanted = tuple(wanted)
        self._started = time.time_ns()
        self.places: Final[LocalPlaces] = find_places(installer, environ, cwd)
        self._layout = local_archives.layout(self.places)
        self._before = self._observe(local_archives.names_to_watch(self._wanted, self.places))

    def match(self, recorded: Mapping[str, str]) -> bool:
        """Return whether the places offer what they did when an environment was made.

        Args:
            recorded: what ``to_record`` returned then.
        """
        if local_archives.ANY_PLACE not in recorded:  # as an older lbuild recorded it
            return not self.places.paths and not self.places.problem
        now = self._observe(recorded)
        return all(state.known and state.detail == recorded[name] for name, state in now.items())

    def after(self, environment: Path) -> dict[str, State]:
        """Return the states, by name, of all that decided what was installed just now.

        A state is unknown if the offers may have changed since this was made.

        Args:
            environment: the folder of the virtual environment.
        """
        installed = dict(contents.distributions(environment))
        names = local_archives.names_to_watch(self._wanted, self.places, installed)
        now = self._observe({*names, *self._before})  # without what is given
        layout = local_archives.layout(self.places)
        return {
            name: state if self._is_unmoved(name, state, layout) else _MEANWHILE
            for name, state in now.items()
        }

    def _is_unmoved(self, name: str, state: State, layout: Layout) -> bool:
        if name in self._before:
            return state == self._before[name]
        # Nobody knew before that it would be looked for.
        return local_archives.is_unmoved(name, self.places, self._layout, layout, self._started)

    def _observe(self, names: Iterable[str]) -> dict[str, State]:
        return {
            name: local_archives.observe_name(name, self.places, self._digests)
            for name in names
            if name not in self._given
        }

    def inputs(
        self, states: Mapping[str, State], environment: Path, requires: Sequence[str]
    ) -> dict[Input, State | None]:
        """Return what counts of these offers as inputs of a build; None for a state to be found.

        Args:
            states: what ``after`` returned, or what was recorded of a kept environment.
            environment: the folder of the virtual environment.
            requires: what the project requires in any case (``build-system.requires``).
        """
        found: dict[Input, State | None] = {
            Input("local-offer", f"{self._installer}:{name}"): local_archives.without_excluded(
                name, state, requires
            )
            for name, state in states.items()
        }
        by_url = {requirement_name(text) for text in self._wanted if "@" in text} | self._given
        for name, url in contents.local_origins(environment):
            if name not in by_url:  # through another one, or a constraint
                found[Input("requirement", f"{name} @ {url}")] = None
        return found


def to_record(states: Mapping[str, State]) -> dict[str, str] | None:
    """Return states as they are recorded; None if one is not known."""
    if not all(state.known for state in states.values()):
        return None
    return {name: state.detail for name, state in states.items()}


def from_record(recorded: Mapping[str, str]) -> dict[str, State]:
    """Return the states that were recorded."""
    return {name: State("present" if text else "absent", text) for name, text in recorded.items()}


_REMOTE = re.compile(r"[^@]+@\s*((git|hg|svn|bzr)\+)?(https?|ssh|git)://[^$]*")


def may_be_local(requirement: str) -> bool:
    """Return whether a requirement names a path on this machine, or may do so by a variable."""
    return "@" in requirement and not _REMOTE.fullmatch(requirement)
