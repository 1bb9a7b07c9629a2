"""Keeps what builds leave in a project from getting into the next wheel.

What a build generated may be newer than the source that was put in the place of the one that it was
made from. Cython, for one, would take it for up to date. So it is made to look old meanwhile.

setuptools before 66 does not know ``DIST_EXTRA_CONFIG``, and any obeys ``build-base`` in
``[tool.distutils.build]`` rather than that. The next build would copy deleted modules from
``build/lib`` into the wheel, and take dropped data files from egg-info's ``SOURCES.txt``. Likewise
pbr, which is setuptools at work, takes the ``AUTHORS`` that it writes for a license file next time.
These are removed after each hook.
"""

import contextlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lbuild_frontend.errors import LbuildError
from lbuild_keys import expect
from lbuild_keys.declaration import BuildSystem
from lbuild_keys.model import Input
from lbuild_keys.moment import Moment

_LEFT_IN_BASE = re.compile(r"(lib|temp|bdist)([.-][^/]*)?")

_MOST = 16 * 2**20
"""Bytes that a generated file may have to be kept a copy of."""

_OLD = 315_619_200 * 10**9
"""1980-01-02, in nanoseconds since the epoch: zip files know no earlier days."""


def generated(now: Moment, written: Iterable[tuple[str, str]]) -> frozenset[str]:
    """The files that builds left, and that are as they left them.

    What git tracks is the user's by now; its time stamps tell when it was checked out.

    Args:
        written: paths with the states that builds gave them.
    """
    return frozenset(
        path
        for path, state in written
        if now.state(Input("file", path)).detail == state and not now.is_tracked(path)
    )


@contextlib.contextmanager
def made_old(root: Path, paths: Iterable[str]) -> Iterator[None]:
    """Let files look older than any source, until they are written anew.

    If what follows fails, they are again what they were: what it made of them no record tells.

    Raises:
        LbuildError: if the time stamp of one of them cannot be set.
    """
    times: dict[Path, tuple[int, int]] = {}
    copies: dict[Path, Path] = {}
    with tempfile.TemporaryDirectory(prefix="lbuild-leftovers-") as folder:
        try:
            for number, name in enumerate(paths):
                path = root / name
                try:
                    status = path.lstat()
                except FileNotFoundError:
                    continue
                if stat.S_ISREG(status.st_mode):
                    if status.st_size <= _MOST:
                        copies[path] = Path(shutil.copy2(path, Path(folder, str(number))))
                    times[path] = (status.st_atime_ns, status.st_mtime_ns)
                    _set_times(path, (status.st_atime_ns, _OLD))
            yield
        except BaseException:
            for path in copies.keys() - {path for path in times if _is_old(path)}:
                with contextlib.suppress(OSError):  # the failure is what is told of
                    path.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(copies[path], path)
            raise
        finally:
            for path, before in times.items():
                if _is_old(path):
                    os.utime(path, ns=before)


def _is_old(path: Path) -> bool:
    try:
        return path.lstat().st_mtime_ns == _OLD
    except OSError:  # the hook removed it
        return False


def _set_times(path: Path, times: tuple[int, int]) -> None:
    try:
        os.utime(path, ns=times)
    except OSError as error:
        message = (
            f"{path}: its time stamp cannot be set: {error.strerror or error}. An earlier build "
            "made this file, and this one might take it for up to date. Remove it."
        )
        raise LbuildError(message) from error


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
