"""Which cache folder is used: the one that somebody named, or the platform's."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from lbuild_frontend import store
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.project import Project
from lbuild_frontend.reporter import Reporter
from lbuild_frontend.request import Request
from lbuild_frontend.store import Store


def default() -> Path:
    """The platform's folder for caches of this user (XDG_CACHE_HOME on Linux)."""
    return platformdirs.user_cache_path("lbuild", appauthor=False)


def named(request: Request, project: Project) -> Path | None:
    """The folder that the command line, the environment or the project names, if any."""
    if request.cache_dir is not None:
        return request.cache_dir.absolute()
    setting = project.declaration.cache_dir
    return None if setting is None else project.root / Path(setting).expanduser()


@contextlib.contextmanager
def opened(request: Request, project: Project, reporter: Reporter) -> Iterator[Store]:
    """Open the cache for a project.

    Raises:
        LbuildError: if a folder that somebody named cannot be used. The platform's default that
            cannot be used costs a warning and the reuse, not the build.
    """
    folder = named(request, project)
    if request.no_cache:
        with _temporary() as cache:
            yield cache
    elif folder is not None:
        yield store.open_store(folder)
    else:
        try:
            cache = store.open_store(default())
            store.check_writable(cache)
        except LbuildError as error:
            reporter.warn(f"nothing is reused or kept this time. {error}")
            with _temporary() as cache:
                yield cache
        else:
            yield cache


@contextlib.contextmanager
def _temporary() -> Iterator[Store]:
    with tempfile.TemporaryDirectory(prefix="lbuild-cache-") as folder:
        yield store.open_store(Path(folder))
