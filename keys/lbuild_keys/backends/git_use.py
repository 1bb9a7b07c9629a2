"""Whether a build may ask git for more than the files below the project.

The versions that setuptools-scm or hatch-vcs write come from commits and tags, and poetry-core asks
git which files are ignored. Where nothing was traced, git's state therefore counts, except in
builds that are known not to ask.
"""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lbuild_keys.backends.known import CODE_FILES, CODE_SETTINGS, WITHOUT_GIT
from lbuild_keys.config import toml_values
from lbuild_keys.config.build_system import BuildSystem
from lbuild_keys.pep508 import requirement_name

_ASKING = (
    r"(?i)git|subprocess|system|popen|spawn|exec|fork|ctypes|runpy|importlib|__import__|load_module"
    r"|addsitedir|sys\.path|sys\s+import"
)
"""Words in a source that asks git, reads .git, runs something, or imports where nobody can see."""

_SETUP_CODE = r"setup_requires|cmdclass"
"""Words in a setup.cfg that makes setuptools run other code."""


def may_ask_git(
    root: Path,
    build_system: BuildSystem,
    toml: Mapping[str, Any],
    modules: Iterable[str],
    setup_cfg: str,
    *,
    isolated: bool,
) -> bool:
    """Whether git's state counts as an input although nothing declares it.

    Without isolation it always does, because any plugin may be installed (setuptools loads
    setuptools-scm for every project, if it is installed).

    Args:
        modules: the texts of the project's own modules that the build runs: those of an in-tree
            backend, and those that settings name.
        setup_cfg: the text of setup.cfg.
    """
    if not isolated or any(os.path.lexists(root / name) for name in CODE_FILES):
        return True
    if any(re.search(_ASKING, text) for text in modules) or re.search(_SETUP_CODE, setup_cfg):
        return True
    if build_system.backend_path:
        known = frozenset[str]().union(*WITHOUT_GIT.values())
    elif build_system.build_backend in WITHOUT_GIT:
        known = WITHOUT_GIT[build_system.build_backend]
    else:
        return True
    names = set(map(requirement_name, build_system.requires))
    return not names <= known or configures_code(toml.get("tool"))


def configures_code(tool: object) -> bool:
    """Whether settings make a backend run code of the project, or ask version control."""
    return isinstance(tool, Mapping) and any(
        _mentions(toml_values.value_at(tool, *path), words) for path, words in CODE_SETTINGS
    )


def _mentions(value: object, words: frozenset[str]) -> bool:
    """Whether one of the words is a key or a string anywhere in a TOML value."""
    match value:
        case Mapping():
            return any(key in words or _mentions(inner, words) for key, inner in value.items())
        case list():
            return any(_mentions(inner, words) for inner in value)
        case _:
            return isinstance(value, str) and value in words
