"""The interface between builds and the build environments that hooks run in."""

from collections.abc import Collection, Mapping
from typing import NamedTuple, Protocol

from lbuild_keys.model import Input, State


class Environment(NamedTuple):
    """A build environment in which all requirements are installed.

    Attributes:
        python_executable: path of the interpreter that runs hooks.
        extra_environ: variables that the hook process needs in addition to the user's.
        identity: digest of what is installed; empty if that is an input of the build by itself.
        offers: what local places had to offer when it was made, as inputs of the build; None for
            a state that is to be found yet.
        members: names of members of the workspace that were not required, but by what is.
    """

    python_executable: str
    extra_environ: Mapping[str, str]
    identity: str
    offers: Mapping[Input, State | None] = {}
    members: tuple[str, ...] = ()


class Environments(Protocol):
    """Provides an environment for each set of requirements."""

    def provide(self, requirements: Collection[str]) -> Environment:
        """Return an environment that meets all requirements (PEP 508), resolved together.

        Raises:
            LbuildError: if there is none, and none can be made.
        """

    def has_changed(self, environment: Environment) -> bool:
        """Return whether files in an environment changed since it was provided."""
