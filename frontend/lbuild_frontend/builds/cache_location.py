"""Which cache folder a project uses: one that an option or a setting names, or the default."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from lbuild_frontend.cache import folder as cache_folder
from lbuild_frontend.cache.store import Store
from lbuild_frontend.errors import LbuildError, ProjectError
from lbuild_frontend.model.reporter import Reporter
from lbuild_frontend.model.request import Request
from lbuild_frontend.projects import discovery
from lbuild_frontend.projects import project as projects
from lbuild_frontend.projects.project import Project
from lbuild_keys.model import CacheMode


def default() -> Path:
    """Return the platform's folder for caches of this user (XDG_CACHE_HOME on Linux)."""
    import platformdirs  # most commands are told which

    return platformdirs.user_cache_path("lbuild", appauthor=False)


def used_in(folder: Path, asked_for: Path | None) -> Path:
    """Return the cache folder of a command that is run in some folder, in a project or not.

    Raises:
        LbuildError: if there is a pyproject.toml that is wrong.
    """
    return _named(asked_for, None if asked_for else project_in(folder)) or default()


def project_in(folder: Path) -> Project | None:
    """Return the project in a folder or around it; None if there is none.

    Raises:
        LbuildError: if it is wrong.
    """
    root = discovery.enclosing(folder)
    return None if root is None else projects.load(root)


def _named(asked_for: Path | None, project: Project | None) -> Path | None:
    """Return the folder that the command line, a variable or the project names, if any does."""
    if asked_for is not None:
        return asked_for.absolute()
    setting = project.settings.cache_dir if project else None
    if project is None or setting is None:
        return None
    try:
        return project.root / Path(setting).expanduser()
    except RuntimeError as error:  # no such user
        where = project.root / "pyproject.toml"
        message = f"{where}: tool.lbuild.cache-dir: {setting!r}: {error} Write another path."
        raise ProjectError(message) from error


@contextlib.contextmanager
def opened(
    request: Request, project: Project, reporter: Reporter, *, writes: bool
) -> Iterator[Store]:
    """Open the cache for a project.

    Args:
        writes: whether results will be put into it.

    Raises:
        LbuildError: if a folder that is named cannot be used. If it is the default folder, there
            is a warning and nothing is reused, but it is built.
    """
    folder = _named(request.cache_dir, project)
    if request.no_cache:
        with _temporary() as cache:
            yield cache
    elif folder is not None:
        yield _in_mode(cache_folder.open_store(folder), request.cache_mode, project)
    else:
        try:
            cache = _in_mode(cache_folder.open_store(default()), request.cache_mode, project)
            if not cache.is_read_only and not cache.root.exists():
                cache_folder.check_writable(cache)
                if writes:  # a full disk, or a sandbox, does not tell before
                    cache = cache_folder.prepared(cache, reporter)
        except LbuildError as error:
            reporter.warn(f"no cache is used this time. {error}")
            with _temporary() as cache:
                yield cache
        else:
            yield cache


@contextlib.contextmanager
def with_project(
    folder: Path, request: Request, reporter: Reporter, *, writes: bool
) -> Iterator[tuple[Project, Store]]:
    """Open a project, and the cache for it.

    Args:
        folder: of the project, or a source distribution.
        request: what the command was asked for.
        reporter: is warned if there is no cache.
        writes: see ``opened``.

    Raises:
        LbuildError: if one of them cannot be used.
    """
    with contextlib.ExitStack() as stack:
        project = stack.enter_context(projects.opened(folder))
        if project.archive is not None and request.editable:
            message = (
                f"{project.archive}: a source distribution has no folder to run from, so it cannot "
                "be used for an editable installation. Unpack it, and give the folder."
            )
            raise ProjectError(message)
        cache = stack.enter_context(opened(request, project, reporter, writes=writes))
        yield project, cache


def existing(request: Request, project: Project) -> Path | None:
    """Return the cache folder that is used without ``--no-cache``, if there is one that is sound.

    Raises:
        LbuildError: if a setting that names it is wrong.
    """
    folder = _named(request.cache_dir, project) or default()
    try:
        cache_folder.open_store(folder)
    except LbuildError:
        return None
    return folder if folder.is_dir() else None


def is_read_only(asked_for: CacheMode | None, project: Project | None) -> bool:
    """Whether the command line, a variable or the project asks for a cache that is only read."""
    return (asked_for or (project and project.settings.cache_mode)) == "read-only"


def _in_mode(cache: Store, asked_for: CacheMode | None, project: Project) -> Store:
    return cache._replace(is_read_only=is_read_only(asked_for, project))


@contextlib.contextmanager
def writable_copy(cache: Store) -> Iterator[Store]:
    """Provide a temporary cache that has what another one has, and is removed after the context."""
    from lbuild_frontend.disk import temporary

    with temporary.folder("cache") as folder:
        yield Store(folder, cache.secret, behind=cache, is_temporary=True)


@contextlib.contextmanager
def _temporary() -> Iterator[Store]:
    from lbuild_frontend.disk import temporary  # brings tempfile

    with temporary.folder("cache") as folder:
        yield cache_folder.open_store(folder)._replace(is_temporary=True)
