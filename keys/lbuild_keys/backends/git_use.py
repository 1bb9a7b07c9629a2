"""Whether a build may ask git for more than the files below the project.

The versions that setuptools-scm or hatch-vcs write come from commits and tags, and poetry-core asks
git which files are ignored. Where nothing was traced, git's state therefore counts, but for builds
that are known not to ask.
"""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lbuild_keys.config import toml_values
from lbuild_keys.config.build_system import BuildSystem
from lbuild_keys.pep508 import requirement_name

_NEVER_ASKING: Mapping[str, frozenset[str]] = {
    "flit_core.buildapi": frozenset({"flit-core"}),
    "hatchling.build": frozenset({"hatchling"}),
    "pdm.backend": frozenset({"pdm-backend"}),
    "setuptools.build_meta": frozenset({"setuptools", "wheel"}),
    "setuptools.build_meta:__legacy__": frozenset({"setuptools", "wheel"}),
    "uv_build": frozenset({"uv-build"}),
}
"""Backends whose build_wheel does not ask git, with the requirements that keep it so.

Any other requirement may be a plugin that does. From reading the backends' sources.
"""

_CODE = ("setup.py", "hatch_build.py", "hatch.toml", "pdm_build.py")
"""Files that bring the project's own code, or settings out of sight, into a build."""


_ASKING = re.compile(
    r"git|subprocess|system|popen|spawn|exec|fork|ctypes|runpy|importlib|__import__|load_module"
    r"|addsitedir|sys\.path|sys\s+import",
    re.IGNORECASE,
)
"""What stands in a source that asks git, reads .git, runs something or imports out of sight."""

_SETUP_CODE = re.compile(r"setup_requires|cmdclass")
"""What makes a setup.cfg run more than setuptools."""


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

    Without isolation it always does: any plugin may be installed (setuptools loads setuptools-scm
    for every project, if it is there).

    Args:
        modules: the texts of the project's own modules that run: an in-tree backend's, and those
            that settings name.
    """
    if not isolated or any(os.path.lexists(root / name) for name in _CODE):
        return True
    if any(_ASKING.search(text) for text in modules) or _SETUP_CODE.search(setup_cfg):
        return True
    if build_system.backend_path:
        known = frozenset().union(*_NEVER_ASKING.values())
    elif build_system.build_backend in _NEVER_ASKING:
        known = _NEVER_ASKING[build_system.build_backend]
    else:
        return True
    names = set(map(requirement_name, build_system.requires))
    return not names <= known or _configures_code(toml.get("tool"))


def _configures_code(tool: object) -> bool:
    """Whether a backend is told to run code, or to look at version control."""
    if not isinstance(tool, Mapping):
        return False
    return (
        _mentions(tool.get("hatch"), {"hooks", "code", "vcs", "env", "plugin"})
        or _mentions(toml_values.value_at(tool, "pdm", "version"), {"scm", "call", "getter"})
        or _mentions(toml_values.value_at(tool, "pdm", "build"), {"custom-hook", "setup-script"})
        or _mentions(tool.get("setuptools"), {"cmdclass"})
    )


def _mentions(value: object, words: set[str]) -> bool:
    """Whether one of the words is a key or a string anywhere in a part of the TOML."""
    match value:
        case Mapping():
            return any(key in words or _mentions(inner, words) for key, inner in value.items())
        case list():
            return any(_mentions(inner, words) for inner in value)
        case _:
            return isinstance(value, str) and value in words
