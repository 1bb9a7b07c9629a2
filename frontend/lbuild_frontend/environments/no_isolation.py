"""The environment that an interpreter has already (``--no-isolation``): used, never changed."""

from collections.abc import Collection, Iterator
from importlib import metadata

from packaging.requirements import Requirement
from packaging.version import InvalidVersion

from lbuild_frontend.environments import interpreter as interpreters
from lbuild_frontend.environments.base import Environment
from lbuild_frontend.environments.interpreter import Interpreter, InterpreterDetails
from lbuild_frontend.errors import NoEnvironment


class ExistingEnvironment:
    """Provides the environment of an interpreter, if it holds all that is required.

    Without the check, whether it does or not.
    """

    def __init__(self, interpreter: Interpreter, label: str, *, check: bool = True) -> None:
        self._interpreter = interpreter
        self._label = label
        self._check = check

    def provide(self, requirements: Collection[str]) -> Environment:
        """Return the environment, if it holds what is required (PEP 508).

        Raises:
            LbuildError: if it does not; the message lists what is missing.
        """
        if not self._check:
            return Environment(self._interpreter.executable, {}, "")
        there = _Installed(interpreters.inspect(self._interpreter))
        missing = {" -> ".join(chain) for text in requirements for chain in there.unmet(text)}
        if missing:
            message = (
                f"{self._label}: without isolation these build requirements are missing in "
                f"{self._interpreter.executable}: {', '.join(sorted(missing))}. "
                "Install them there, leave out --no-isolation, or add --skip-dependency-check."
            )
            raise NoEnvironment(message)
        return Environment(self._interpreter.executable, {}, "")

    def has_changed(self, _environment: Environment) -> bool:
        """Return False: what is installed there is an input of the build by itself."""
        return False


class _Installed:
    """The distributions that an interpreter finds, and the requirements that they meet.

    ``build.check_dependency`` answers the same for the interpreter that runs it: it takes the
    distributions from that one's ``sys.path``, and the values of markers.
    """

    def __init__(self, around: InterpreterDetails) -> None:
        self._path = list(around.search_path)
        self._markers = dict(around.markers)
        self._met: set[str] = set()

    def unmet(self, text: str) -> Iterator[tuple[str, ...]]:
        """Find what a requirement lacks, and what the distributions that it finds lack in turn.

        Yields:
            Requirements, each (but the first) of the distribution that the one before it names; the
            last one is not met.
        """
        requirement = Requirement(text)
        if self._applies(requirement, ()):
            requirement.marker = None  # which is true, so that messages need not repeat it
            yield from self._unmet(requirement, ())

    def _unmet(
        self, requirement: Requirement, ancestors: tuple[str, ...]
    ) -> Iterator[tuple[str, ...]]:
        text = str(requirement)
        if text in self._met or text in ancestors:  # the latter in a cycle
            return
        chain = (*ancestors, text)
        found = next(iter(metadata.distributions(name=requirement.name, path=self._path)), None)
        if found is None or not _is_met_by(requirement, found.version):
            yield chain
            return
        unmet = [
            missing
            for needed in map(Requirement, found.requires or ())
            if self._applies(needed, requirement.extras)
            for missing in self._unmet(needed, chain)
        ]
        yield from unmet
        if not unmet:
            self._met.add(text)

    def _applies(self, requirement: Requirement, extras: Collection[str]) -> bool:
        """Evaluate the marker of a requirement, for the extras of the distribution that has it."""
        marker = requirement.marker
        return marker is None or any(
            marker.evaluate({**self._markers, "extra": extra}) for extra in ("", *extras)
        )


def _is_met_by(requirement: Requirement, version: str) -> bool:
    specifier = requirement.specifier
    try:
        return not specifier or specifier.contains(version, prereleases=True)
    except InvalidVersion:
        return False
