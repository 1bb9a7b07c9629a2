"""What lbuild does for one project, as functions: they take values and return values.

They print nothing, and set no signal handlers: progress goes to a ``Reporter``. Errors are raised
(``errors``). The commands use these functions and nothing below them.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from lbuild_frontend.builds import cache_location, record, verbs
from lbuild_frontend.cache.store import Store
from lbuild_frontend.model.outcome import (
    DeliveredOutcome,
    MetadataOutcome,
    SdistOutcome,
    StatusOutcome,
    WheelOutcome,
)
from lbuild_frontend.model.reporter import Reporter
from lbuild_frontend.model.request import Request
from lbuild_frontend.projects import discovery
from lbuild_frontend.projects import project as projects
from lbuild_frontend.projects.discovery import Selection
from lbuild_frontend.projects.project import Project


def select_projects(given: Sequence[str], *, several: bool) -> Selection:
    """Choose the projects that the words of a command line mean.

    Args:
        given: none for the project of the current folder.
        several: whether globs may give several.
    """
    return discovery.select(given, several=several)


def build_wheel(
    folder: Path,
    request: Request,
    reporter: Reporter,
    *,
    before_change: Callable[[], None] = lambda: None,
    earlier: Iterable[DeliveredOutcome] = (),
    rehearsal: bool = False,
) -> WheelOutcome:
    """Build a project's wheel, or reuse the wheel that was built from the same inputs.

    Args:
        folder: of the project.
        request: with ``editable``, the wheel is for an editable installation.
        before_change: called once it is decided that a hook will be called, or a file delivered.
        earlier: results that must not be replaced by this one, if it has the same file name.
        rehearsal: whether this is not a request of the user's, so that it is not counted as one.

    Raises:
        LbuildError: for anything that the user or the backend has to correct.
        OSError: for what lbuild does not expect, such as a full disk.
    """
    with _opened(folder, request, reporter, writes=True) as (project, cache):
        delivered = verbs.wheel(project, request, cache, reporter, before_change, earlier)
        if not rehearsal:
            record.count(cache, delivered.outcome)
        return delivered


def build_sdist(
    folder: Path,
    request: Request,
    reporter: Reporter,
    *,
    before_change: Callable[[], None] = lambda: None,
    earlier: Iterable[DeliveredOutcome] = (),
    rehearsal: bool = False,
) -> SdistOutcome:
    """Build a project's source distribution, or reuse one that was built from the same inputs.

    Args and Raises:
        see ``build_wheel``.
    """
    with _opened(folder, request, reporter, writes=True) as (project, cache):
        delivered = verbs.sdist(project, request, cache, reporter, before_change, earlier)
        if not rehearsal:
            record.count(cache, delivered.outcome)
        return delivered


def metadata(
    folder: Path,
    request: Request,
    reporter: Reporter,
    *,
    before_change: Callable[[], None] = lambda: None,
    rehearsal: bool = False,
) -> MetadataOutcome:
    """Prepare the core metadata that a project's wheel would have, or reuse what is known of it.

    With ``editable`` in the request, that is the wheel for an editable installation.

    Args and Raises:
        see ``build_wheel``.
    """
    with _opened(folder, request, reporter, writes=True) as (project, cache):
        prepared = verbs.metadata(project, request, cache, reporter, before_change)
        if not rehearsal:
            record.count(cache, prepared.outcome)
        return prepared


def status(folder: Path, request: Request, reporter: Reporter) -> StatusOutcome:
    """Find out what ``build_wheel`` would do. Calls no hook and writes nothing.

    Args and Raises:
        see ``build_wheel``.
    """
    with _opened(folder, request, reporter, writes=False) as (project, cache):
        return verbs.status(project, request, cache)


@contextlib.contextmanager
def _opened(
    folder: Path, request: Request, reporter: Reporter, *, writes: bool
) -> Iterator[tuple[Project, Store]]:
    project = projects.load(folder)
    with cache_location.opened(request, project, reporter, writes=writes) as cache:
        yield project, cache
