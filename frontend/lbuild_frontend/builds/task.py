"""One project of a request, and all that does not change while it is worked on."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.builds.user_environ import UserEnviron
from lbuild_frontend.cache import limits, store
from lbuild_frontend.cache.limits import Bounds
from lbuild_frontend.cache.store import History, Store, UnusableRecord
from lbuild_frontend.disk import atomic
from lbuild_frontend.environments import interpreter as interpreters
from lbuild_frontend.environments.interpreter import Interpreter
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.maintenance import retention
from lbuild_frontend.model.hook import Hook
from lbuild_frontend.model.member_wheel import NO_MEMBERS, Members
from lbuild_frontend.model.reporter import Reporter
from lbuild_frontend.model.request import Request
from lbuild_frontend.projects.project import Project
from lbuild_keys.model import Mode
from lbuild_keys.observe.files import Digests


class BuildTask(NamedTuple):
    """A project, and all that does not change while it is worked on.

    Attributes:
        project: the project.
        request: what the command was asked for.
        hook: the one whose result is wanted.
        interpreter: the one that builds.
        mode: which inputs count.
        out_dir: where a wheel goes, absolute.
        environ: the environment that the hook gets.
        cwd: where lbuild runs; installers take relative paths in variables from there.
        cache: where results are kept.
        bounds: what the cache may hold.
        is_cleared: whether what earlier builds made in the project was taken away, or left there
            because it cannot be.
        lock: descriptor of the lock on the project's folder, which hooks keep if this process dies;
            None until it is held.
        members: what it is given of its workspace; nothing without isolation, where what is
            installed counts.
    """

    project: Project
    request: Request
    hook: Hook
    interpreter: Interpreter
    mode: Mode
    out_dir: Path
    environ: Mapping[str, str]
    cwd: Path
    cache: Store
    bounds: Bounds
    is_cleared: bool = False
    lock: int | None = None
    members: Members = NO_MEMBERS

    @property
    def constraints(self) -> tuple[str, ...]:
        """The absolute paths of the files with constraints on build requirements."""
        return tuple(os.fspath(self.cwd / path) for path in self.request.build_constraints)

    @property
    def label(self) -> str:
        """The name of the project in messages."""
        return self.project.label

    @property
    def folder(self) -> str:
        """The project's folder, as entries name it, or its archive."""
        return str(self.project.place)

    @property
    def identity(self) -> str:
        """The folder of its entries in the cache."""
        return store.identity_of(self.project.settings.name)

    @property
    def relative_out_dir(self) -> str | None:
        """The out-dir as paths of inputs are spelled; None if it is not below the project."""
        # A link in the project that leads out of it has a name in the project.
        for place in (self.out_dir, Path(os.path.realpath(self.out_dir))):
            if place.is_relative_to(self.project.root):
                path = place.relative_to(self.project.root).as_posix()
                return "" if path == "." else path
        return None

    def history(self) -> History:
        """Read what is recorded of this project and hook."""
        return self.cache.history(self.identity, self.hook.name)


def new_task(
    project: Project,
    request: Request,
    hook: Hook,
    cache: Store,
    interpreter: Interpreter | None = None,
    members: Members = NO_MEMBERS,
) -> BuildTask:
    """Return the task to get the result of a hook for a project, as a command requested it.

    Args:
        interpreter: the one that ``request.python`` names, if it was found before.
        members: what the project is given of its workspace.

    Raises:
        LbuildError: if there is no such interpreter or file, or a variable has an invalid cache
            size.
    """
    for path in request.build_constraints:
        if not Path(path).is_file():
            message = f"--build-constraint {path}: no such file. Give a file with constraints."
            raise LbuildError(message)
    return BuildTask(
        project=project,
        request=request,
        hook=hook,
        interpreter=interpreter or interpreters.find(request.python),
        mode=_possible(request.inputs or project.settings.mode),
        out_dir=out_dir_of(project, request),
        environ=UserEnviron(),
        # No path can be relative to a folder that was removed, so any other one will do.
        cwd=working_folder() or project.folder,
        cache=cache,
        bounds=limits.bounds_of(os.environ, project.settings),
        members=members if request.isolation else NO_MEMBERS,
    )


def out_dir_of(project: Project, request: Request) -> Path:
    """Return the folder that results are delivered to, absolute."""
    out_dir = request.out_dir
    if out_dir is None:
        out_dir = project.folder if project.archive else project.root / "dist"
    return Path(os.path.abspath(out_dir))  # noqa: PTH100  messages show the path as given


def _possible(mode: Mode) -> Mode:
    """Return the mode, or ``tree`` on Windows, where a trace of a hook is not complete."""
    return "tree" if mode == "traced" and os.name == "nt" else mode


def working_folder() -> Path | None:
    """Return the folder in which lbuild runs; None if that is gone."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return None


def known_digests(task: BuildTask, reporter: Reporter | None) -> Digests:
    """Return the digests that are known of the project's files; none for ``--refresh``.

    Args:
        task: the task.
        reporter: is warned of a damaged record, which is removed; None to leave it as it is.
    """
    if task.request.refresh or task.request.refresh_packages:
        return Digests()
    if task.project.archive is not None:
        return Digests()
    known = task.cache.digests(task.project.root)
    if isinstance(known, Digests):
        return known
    if reporter is not None:
        drop_unusable(task, [known], reporter)
    return Digests()


def keep_digests(task: BuildTask, digests: Digests) -> None:
    """Keep the digests that are known of the project's files, unless these are temporary."""
    if task.project.archive is None:
        task.cache.keep_digests(task.project.root, digests)


def drop_unusable(task: BuildTask, unusable: Iterable[UnusableRecord], reporter: Reporter) -> None:
    """Remove damaged records from the cache, with a warning for each."""
    for one in unusable:
        if task.cache.drop(one):
            reporter.warn(
                f"{task.label}: {one.path} is unusable ({one.problem}) and was removed from the "
                "cache"
            )


def forget_surplus(task: BuildTask, history: History) -> None:
    """Remove the oldest entries of each folder that has more than it may have in the cache.

    What only they name is removed when space is needed, or by ``lbuild cache prune``.
    """
    most = task.bounds.generations
    for stored in retention.surplus(history.entries, most, os.path.isdir):
        atomic.remove(stored.path)
