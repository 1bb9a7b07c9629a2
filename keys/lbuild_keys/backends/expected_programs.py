"""Whether a build is likely to run programs, or native code, before anything is known of it.

A build that does is followed by a supervisor, which takes a hundredth of a second to start. If that
was wrong, nothing is lost but this, or the whole tree counts until the next build.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lbuild_keys.backends import git_use
from lbuild_keys.backends.known import CODE_FILES, WITHOUT_GIT
from lbuild_keys.config import toml_values
from lbuild_keys.config.build_system import BuildSystem
from lbuild_keys.pep508 import requirement_name

_PROGRAMS = frozenset({"uv_build"})
"""Values of ``build-backend`` that run a program for each hook."""

_PURE = {
    **{name: frozenset[str]() for name in WITHOUT_GIT if name not in _PROGRAMS},
    "poetry.core.masonry.api": frozenset({"poetry-core"}),
}
"""Values of ``build-backend`` that run no program by themselves, but for git."""

_PURE_PLUGINS = frozenset(
    {
        *("setuptools-scm", "setuptools-git-versioning", "versioningit", "hatch-vcs", "editables"),
        *("hatch-fancy-pypi-readme", "hatch-requirements-txt", "hatch-docstring-description"),
        *("uv-dynamic-versioning", "poetry-dynamic-versioning", "pdm-backend", "toml", "tomli"),
    }
)
"""Plugins that run no program but git."""

_COMPILING = (("setuptools", "ext-modules"), ("poetry", "build"), ("poetry", "build", "script"))
"""Keys from ``tool`` to settings that make a backend compile."""


def may_run_programs(
    root: Path, build_system: BuildSystem, toml: Mapping[str, Any], *, isolated: bool
) -> bool:
    """Whether a build may run programs, as far as its configuration shows.

    Args:
        root: the project.
        build_system: its table.
        toml: its pyproject.toml.
        isolated: whether it has an environment of its own: else any plugin may be installed.
    """
    backend = build_system.build_backend
    if not isolated or build_system.backend_path or backend not in _PURE:
        return True
    if any(os.path.lexists(root / name) for name in CODE_FILES):
        return True
    tool = toml.get("tool")
    if isinstance(tool, Mapping) and any(
        toml_values.value_at(tool, *path) is not None for path in _COMPILING
    ):
        return True
    known = _PURE[backend] | WITHOUT_GIT.get(backend, frozenset()) | _PURE_PLUGINS
    names = set(map(requirement_name, build_system.requires))
    return not names <= known or git_use.configures_code(tool)
