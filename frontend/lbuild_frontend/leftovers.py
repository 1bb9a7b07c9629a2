"""Removes what setuptools leaves in a project, where it cannot be told to leave it elsewhere.

setuptools before 66 does not know ``DIST_EXTRA_CONFIG``, and any obeys ``build-base`` in
``[tool.distutils.build]`` rather than that. The next build would copy deleted modules from
``build/lib`` into the wheel, and take dropped data files from egg-info's ``SOURCES.txt``. Likewise
pbr, which is setuptools at work, takes the ``AUTHORS`` that it writes for a license file next time.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lbuild_keys import expect
from lbuild_keys.declaration import BuildSystem

_LEFT_IN_BASE = re.compile(r"(lib|temp|bdist)([.-][^/]*)?")


def build_base(toml: Mapping[str, Any], build_system: BuildSystem) -> str | None:
    """Where setuptools builds, relative to the project, if nothing but pyproject.toml tells it.

    None if setuptools is not among what is required: another backend's folders are its own affair.
    """
    if "setuptools" not in {canonicalize_name(Requirement(t).name) for t in build_system.requires}:
        return None
    for spelling in ("build-base", "build_base"):
        base = expect.at(toml, "tool", "distutils", "build", spelling)
        if isinstance(base, str):
            return base.rstrip("/")
    return "build"


def to_come(root: Path) -> tuple[str, ...]:
    """The files that pbr may write for sdists; those that are there are the user's."""
    return tuple(name for name in ("AUTHORS", "ChangeLog") if not os.path.lexists(root / name))


def clear(root: Path, base: str, files: Iterable[str], written: Collection[str]) -> None:
    """Remove what a hook created; what was there is the user's.

    Args:
        root: the project.
        base: what ``build_base`` says.
        files: what ``to_come`` said before the hook.
        written: paths below the project that the hook created or wrote.
    """
    for name in files:
        if name in written:
            with contextlib.suppress(OSError):
                (root / name).unlink()
    for path in written:
        parent, _, name = path.rpartition("/")
        in_base = parent == base and _LEFT_IN_BASE.fullmatch(name)
        if (in_base or name.endswith(".egg-info")) and (root / path).is_dir():
            # What cannot be removed counts as an input from now on, like anything in the tree.
            with contextlib.suppress(OSError):
                shutil.rmtree(root / path)
    if base in written:
        with contextlib.suppress(OSError):  # it holds something else
            (root / base).rmdir()
