"""One project of a request: what counts for it, and what is to be done."""

import dataclasses
import os
from collections.abc import ItemsView, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lbuild_frontend.builds import deliver as delivery
from lbuild_frontend.builds import verdict as verdicts
from lbuild_frontend.builds.project import Project
from lbuild_frontend.builds.verdict import Verdict
from lbuild_frontend.cache import limits, store
from lbuild_frontend.cache.limits import Bounds
from lbuild_frontend.cache.store import History, Store, UnusableRecord
from lbuild_frontend.disk import atomic
from lbuild_frontend.environments import interpreter as interpreters
from lbuild_frontend.environments.interpreter import Interpreter
from lbuild_frontend.maintenance import retention
from lbuild_frontend.model.reporter import Reporter
from lbuild_frontend.model.request import Request
from lbuild_keys.decision.reasons import Forced
from lbuild_keys.git.run import LOCAL_VARIABLES
from lbuild_keys.model import Mode, declared
from lbuild_keys.observe import distributions
from lbuild_keys.observe.files import Digests
from lbuild_keys.pep508 import normalize_name
from lbuild_keys.snapshots import context
from lbuild_keys.snapshots.context import BuildContext
from lbuild_keys.snapshots.observer import Observer

Hook = Literal["build_wheel", "prepare_metadata_for_build_wheel"]
"""The hooks whose results a command asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildTask:
    """A project, and all that does not change while it is worked on.

    Attributes:
        environ: the user's variables, less those with which git tells its hooks of a repository:
            lbuild may run in such a hook, for a project in another one.
        bounds: what the cache may hold.
        lock: descriptor of the lock on the project's folder, which hooks keep if this process dies;
            None until it is held.
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
    lock: int | None = None

    @property
    def label(self) -> str:
        """How messages call the project."""
        return self.project.label

    @property
    def folder(self) -> str:
        """The project's folder, as entries name it."""
        return str(self.project.root)

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
        return self.cache.history(self.identity, self.hook)


def of(project: Project, request: Request, hook: Hook, cache: Store) -> BuildTask:
    """Settle what a request for the result of a hook leaves open for a project.

    Raises:
        LbuildError: if there is no such interpreter, or a variable says no size for the cache.
    """
    out_dir = project.root / "dist" if request.out_dir is None else request.out_dir
    return BuildTask(
        project=project,
        request=request,
        hook=hook,
        interpreter=interpreters.find(request.python),
        mode=_possible(request.mode or project.settings.mode or "traced"),
        out_dir=Path(os.path.abspath(out_dir)),  # noqa: PTH100  messages show the path as given
        environ=_Variables(),
        # A folder that was removed is none to take paths from; the project's is as good.
        cwd=_cwd() or project.root,
        cache=cache,
        bounds=limits.of(os.environ, project.settings),
    )


class _Variables(Mapping[str, str]):
    """The variables of this process, less those that tie it to a repository.

    They are read where they are asked for, one by one: what a decision asked for can be told.
    """

    def __getitem__(self, name: str) -> str:
        if name in LOCAL_VARIABLES:
            raise KeyError(name)
        return os.environ[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in os.environ if name not in LOCAL_VARIABLES)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def items(self) -> ItemsView[str, str]:
        """All at once, for another program: nobody can tell what that will look at."""
        everything = os.environ.copy()
        return {name: everything[name] for name in everything.keys() - LOCAL_VARIABLES}.items()


def _possible(mode: Mode) -> Mode:
    """On Windows not all that a hook looks at can be seen, so that the whole tree has to count."""
    return "tree" if mode == "traced" and os.name == "nt" else mode


def _cwd() -> Path | None:
    try:
        return Path.cwd()
    except FileNotFoundError:
        return None


def extra_requires(history: History) -> set[str]:
    """What the backend asked for beyond ``build-system.requires``, as far as is recorded."""
    return {text for one in history.entries for text in one.entry.extra_requires}


def observer(
    job: BuildTask, history: History, digests: Digests, extra: Iterable[str] = ()
) -> Observer:
    """Look at the project as it is now; what is needed of it is read when it is.

    Args:
        extra: requirements that count besides ``build-system.requires`` and those that the history
            tells of; asking the backend for them would be calling a hook.
    """
    return Observer(_subject(job, history), _circumstances(job, history, digests, extra), digests)


def judge(job: BuildTask, history: History, now: Observer) -> Verdict:
    """Decide between an entry and a build."""
    verdict = verdicts.decide(job.cache, history, now, job.mode, job.folder)
    forced = _forced(job, verdict)
    if forced is None:
        return verdict
    return dataclasses.replace(verdict, reuse=None, reasons=(forced, *verdict.reasons))


def digests(job: BuildTask, reporter: Reporter | None) -> Digests:
    """What is known of the contents of the project's files; nothing, if all is to be read anew.

    Args:
        reporter: told if that is damaged, which is dropped; None to leave it as it is.
    """
    if job.request.refresh or job.request.refresh_packages:
        return Digests()
    known = job.cache.digests(job.project.root)
    if isinstance(known, Digests):
        return known
    if reporter is not None:
        drop(job, [known], reporter)
    return Digests()


def drop(job: BuildTask, unusable: Iterable[UnusableRecord], reporter: Reporter) -> None:
    """Remove damaged records, and tell of each."""
    for one in unusable:
        if job.cache.drop(one):
            reporter.warn(
                f"{job.label}: {one.path} is of no use ({one.problem}), and was removed from the "
                "cache"
            )


def forget_surplus(job: BuildTask, history: History) -> None:
    """Remove the entries of a folder that are more than it may have in the cache.

    What only they name is wanted no longer, and goes when room is needed, or by ``cache prune``.
    """
    most = job.bounds.generations
    for stored in retention.surplus(history.entries, most, os.path.isdir):
        atomic.remove(stored.path)


def _forced(job: BuildTask, verdict: Verdict) -> Forced | None:
    names = {job.project.settings.name}
    last = verdict.reuse or verdict.last
    if last is not None:
        names.add(normalize_name(last.entry.name))
    for asked, name in (
        (job.request.refresh, "--refresh"),
        (names & job.request.refresh_packages, "--refresh-package"),
        (job.project.settings.always_rebuild, "tool.lbuild.always-rebuild"),
        (names & job.project.settings.reinstall_packages, "tool.uv.reinstall-package"),
    ):
        if asked:
            return Forced(name=name, source=declared(name))
    return None


def _subject(job: BuildTask, history: History) -> context.Project:
    cache = _relative(job.cache.root, job.project.root)
    here = [one.entry for one in history.entries if one.entry.folder == job.folder]
    earlier = (entry.out_dir for entry in here)
    out_dirs = frozenset(path for path in (job.relative_out_dir, *earlier) if path is not None)
    static = job.project.settings.name
    names = {static} if static else {normalize_name(entry.name) for entry in here}

    def leave_out(path: str) -> bool:
        return (
            delivery.is_delivered_distribution(path, out_dirs, names)
            or path == cache
            or path.startswith(f"{cache}/")
        )

    return context.Project(
        root=job.project.root,
        toml=job.project.toml,
        settings=job.project.settings,
        leave_out=leave_out,
        out_dirs=out_dirs,
    )


def _relative(path: Path, root: Path) -> str:
    """A path as inputs spell theirs; the project's own folder is the empty string."""
    try:
        relative = os.path.relpath(os.path.realpath(path), root).replace(os.sep, "/")
    except ValueError:  # on another drive (Windows)
        return str(path)
    return "" if relative == "." else relative


def _circumstances(
    job: BuildTask, history: History, digests: Digests, extra: Iterable[str]
) -> BuildContext:
    installed = None
    if not job.request.isolation:
        search_path = interpreters.surroundings(job.interpreter).search_path
        installed = distributions.installed(search_path, job.project.root, digests)
    return BuildContext(
        environ=job.environ,
        cwd=job.cwd,
        secret=job.cache.secret,
        interpreter=job.interpreter.identity,
        config_settings=job.request.config_settings,
        installed=installed,
        extra_requires=tuple(sorted({*extra_requires(history), *extra})),
    )
