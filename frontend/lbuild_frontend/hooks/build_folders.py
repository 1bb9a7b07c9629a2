"""Has backends compile in folders that are empty before a hook, and gone after it.

They are outside of the project, so nothing is left there: neither what the next build would use
though its sources have changed, nor what would look like an edit. Each has the same path in all
builds of a project, since compilers write the names of folders into what they make. For setuptools
see ``setuptools``.
"""

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from lbuild_frontend.hooks.backend import Backend, ConfigSettings
from lbuild_frontend.model.hook import BUILD_WHEEL, PREPARE_METADATA_FOR_BUILD_WHEEL, Hook
from lbuild_keys.backends import build_folders
from lbuild_keys.backends.build_folders import BuildFolders
from lbuild_keys.observe import tree

_FOR_WHEELS = (BUILD_WHEEL, PREPARE_METADATA_FOR_BUILD_WHEEL)


def choose(backend: Backend, hook: Hook, settings: ConfigSettings, folder: Path) -> BuildFolders:
    """Choose where a backend compiles in one call of a hook.

    Args:
        backend: the backend.
        hook: the one to be called. An editable wheel may need its build folder later.
        settings: the config settings of the user.
        folder: where folders may be made.
    """

    def paths() -> Iterable[str]:
        below = tree.walk(backend.root)
        return (*below.files, *(f"{name}/" for name in below.folders))

    return build_folders.choose(
        backend.build_system,
        backend.toml,
        settings,
        backend.environ,
        os.fspath(folder / "build"),
        paths,
        is_wheel=hook in _FOR_WHEELS,
    )


def trusted(root: Path, chosen: BuildFolders) -> list[Path]:
    """Return the folder outside of a project that the user has chosen for cargo, in a list."""
    path = Path(os.path.realpath(root / (chosen.of_user or ".")))
    return [] if path.is_relative_to(root) else [path]


def problems(folders: Iterable[Path]) -> tuple[str, ...]:
    """Return why a trace of a build in such folders will not be complete: they are in use.

    What cargo finds there it does not compile, so it does not read what that was made of.
    """
    return tuple(
        f"cargo uses what is in {folder}"
        for folder in folders
        if folder.is_dir() and any(folder.iterdir())
    )


@contextlib.contextmanager
def emptied(root: Path, chosen: BuildFolders) -> Iterator[None]:
    """Remove the build folders in a project, before and after the context.

    Only those that lbuild has chosen, and that nobody else uses: one is there if lbuild was killed.
    """
    _remove(root, chosen)
    try:
        yield
    finally:
        _remove(root, chosen)


def _remove(root: Path, chosen: BuildFolders) -> None:
    for name in chosen.in_project:
        # One that cannot be removed is an error of the backend, which has to make it.
        shutil.rmtree(root / name, ignore_errors=True)
