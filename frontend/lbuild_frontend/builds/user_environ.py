"""The user's environment variables, less those that tie a process to a git repository.

Git sets the latter for its own hooks. lbuild may run in such a hook, for a project in another
repository.
"""

import os
from collections.abc import ItemsView, Iterator, Mapping

from lbuild_keys.git.run import LOCAL_VARIABLES


class UserEnviron(Mapping[str, str]):
    """The variables of this process, less those that tie it to a git repository.

    Each is read when it is asked for. So lbuild under its own recorder (``self_tracing``) learns
    which variables a decision depends on.
    """

    def __getitem__(self, name: str) -> str:
        if name in LOCAL_VARIABLES:
            raise KeyError(name)
        return os.environ[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in os.environ if name not in LOCAL_VARIABLES)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def items(self) -> ItemsView[str, str]:
        """Return all variables at once, for another program: it may look at any of them."""
        everything = os.environ.copy()
        return {name: everything[name] for name in everything.keys() - LOCAL_VARIABLES}.items()
