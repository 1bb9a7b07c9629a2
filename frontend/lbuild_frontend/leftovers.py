"""Keeps from a build what earlier ones left in the project.

What hooks created is put aside during the next build, so that no backend takes it for a source, or
for up to date: Cython, for one, goes by time stamps.

What setuptools leaves where it cannot be told to leave it elsewhere is removed at once, for other
frontends would find it too. setuptools before 66 does not know ``DIST_EXTRA_CONFIG``, and any obeys
``build-base`` in ``[tool.distutils.build]`` rather than that. The next build would copy deleted
modules from ``build/lib`` into the wheel, and take dropped data files from egg-info's
``SOURCES.txt``. Likewise pbr, which is setuptools at work, takes the ``AUTHORS`` that it writes for
a license file next time.
"""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lbuild_frontend.errors import LbuildError
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


@contextlib.contextmanager
def put_aside(root: Path, paths: Iterable[str]) -> Iterator[None]:
    """Take files and empty folders out of a project, and later put back what is not there again.

    Args:
        paths: relative to the project.

    Raises:
        LbuildError: if one of them cannot be taken out.
    """
    with tempfile.TemporaryDirectory(prefix="lbuild-leftovers-") as name:
        moved: list[tuple[Path, Path]] = []
        try:
            # From the end, for what lies in a folder comes before it there.
            for number, path in enumerate(sorted(paths, reverse=True)):
                place = root / path
                # It may be reached by a link that leads out of the project.
                if Path(os.path.realpath(place.parent)).is_relative_to(root):
                    _move(place, Path(name, str(number)), moved)
            yield
        finally:
            for place, kept in reversed(moved):
                if not os.path.lexists(place):
                    place.parent.mkdir(parents=True, exist_ok=True)
                    shutil.move(kept, place)


def _move(place: Path, kept: Path, moved: list[tuple[Path, Path]]) -> None:
    if place.is_dir() and not place.is_symlink():
        try:
            place.rmdir()
        except OSError:
            return  # it holds something else
        kept.mkdir()
    else:
        try:
            shutil.move(place, kept)
        except OSError as error:
            message = (
                f"{place}: cannot be put aside: {error.strerror or error}. An earlier build left "
                "it there, and this one must not find it. Remove it."
            )
            raise LbuildError(message) from error
    moved.append((place, kept))
