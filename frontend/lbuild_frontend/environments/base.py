"""What hooks run in, and who provides it: the interface between building and build environments."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Environment:
    """A build environment that holds all that was required of it.

    Attributes:
        python_executable: the interpreter to start hooks with.
        extra_environ: variables that the hook process needs besides the user's.
        identity: digest of what is installed; empty where that is an input by itself.
    """

    python_executable: str
    extra_environ: Mapping[str, str]
    identity: str


class Environments(Protocol):
    """Has an environment for each set of requirements."""

    def provide(self, requirements: Collection[str]) -> Environment:
        """An environment that holds what is required (PEP 508), all resolved together.

        Raises:
            LbuildError: if it cannot be had.
        """

    def has_changed(self, environment: Environment) -> bool:
        """Whether something else lies in an environment than when it was provided."""
