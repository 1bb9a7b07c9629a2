"""The environment that an interpreter has already (``--no-isolation``): used, never changed."""

from collections.abc import Collection

from lbuild_frontend.environments import interpreter as interpreters
from lbuild_frontend.environments.base import Environment
from lbuild_frontend.environments.interpreter import Interpreter
from lbuild_frontend.environments.requirements import InstalledDistributions
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
        there = InstalledDistributions(interpreters.inspect(self._interpreter))
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
