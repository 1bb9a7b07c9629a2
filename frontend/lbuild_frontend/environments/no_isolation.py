"""The environment that an interpreter belongs to, as it is (``--no-isolation``)."""

import contextlib
import sys
from collections.abc import Collection, Iterator, Sequence

from build import check_dependency
from packaging.requirements import Requirement

from lbuild_frontend.environments import interpreter as interpreter_module
from lbuild_frontend.environments.base import Environment
from lbuild_frontend.environments.interpreter import Interpreter
from lbuild_frontend.errors import LbuildError


class OwnEnvironment:
    """The interpreter's own environment: nothing is installed, what is missing is told."""

    def __init__(self, interpreter: Interpreter, label: str) -> None:
        self._interpreter = interpreter
        self._label = label

    def provide(self, requirements: Collection[str]) -> Environment:
        """The environment, if it holds what is required.

        Raises:
            LbuildError: if it does not.
        """
        around = interpreter_module.surroundings(self._interpreter)
        missing = set()
        for text in requirements:
            wanted = Requirement(text)
            # build evaluates markers for the interpreter that runs it, which may be another one.
            if wanted.marker is None or wanted.marker.evaluate(dict(around.markers)):
                wanted.marker = None
                with _search_path(around.search_path):
                    missing |= {" -> ".join(chain) for chain in check_dependency(str(wanted))}
        if missing:
            message = (
                f"{self._label}: without isolation these build requirements are missing in "
                f"{self._interpreter.executable}: {', '.join(sorted(missing))}. "
                "Install them there, or leave out --no-isolation."
            )
            raise LbuildError(message)
        return Environment(self._interpreter.executable, {}, "")

    def has_changed(self, _environment: Environment) -> bool:
        """What is installed there is an input by itself."""
        return False


@contextlib.contextmanager
def _search_path(search_path: Sequence[str]) -> Iterator[None]:
    """Let ``build``, which looks at ``sys.path``, find another interpreter's distributions."""
    before = sys.path[:]
    sys.path[:] = search_path
    try:
        yield
    finally:
        sys.path[:] = before
