"""Variables that are named by code which takes all variables: it may read a copy of them later.

What launchers and sessions set does not count among all variables. A hook that copies
``os.environ`` and reads ``CI`` from the copy uses it nevertheless, and no trace shows that.
"""

from collections.abc import Iterable
from pathlib import Path

from lbuild_keys.backends.known import BUILD_SCRIPTS, CODE_FILES
from lbuild_keys.observe import env_policy
from lbuild_keys.tracing import large_reads

SCRIPTS = frozenset({*CODE_FILES, *BUILD_SCRIPTS.values()})
"""Files of a project that backends run, some of them without importing them."""


def named(code: Iterable[str], enumerations: Iterable[str]) -> frozenset[str]:
    """Return the variables that code names and that do not count among all, or only in part.

    Args:
        code: the paths of what a hook ran of the project.
        enumerations: what read all variables, as ``FILE:FUNCTION``.
    """
    unknown = (one for one in enumerations if large_reads.variables([one]) == large_reads.ALL)
    paths = {*code, *(one.rpartition(":")[0] for one in unknown)}
    return frozenset().union(*map(_named_in, paths))


def _named_in(path: str) -> frozenset[str]:
    try:
        return env_policy.named_in(Path(path).read_text("utf-8", "replace"))
    except OSError:  # "<string>", for example
        return frozenset()
