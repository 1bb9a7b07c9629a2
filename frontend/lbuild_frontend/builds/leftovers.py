"""A rebuild is a fresh build: what earlier builds left in a project is taken away before a hook.

Only what lbuild's own builds made where nothing was, and what is still as they left it. What the
user made or edited, what git tracks and what ``tool.lbuild.ignore`` matches is left alone.
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.builds import cache_location
from lbuild_frontend.builds.task import BuildTask
from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache import products
from lbuild_frontend.cache.products import Product
from lbuild_frontend.model.hook import BUILD_EDITABLE, BUILD_WHEEL
from lbuild_frontend.model.reporter import Reporter
from lbuild_keys.observe import tree
from lbuild_keys.observe.files import Digests


class Taken(NamedTuple):
    """What was taken away before a build.

    Attributes:
        task: the task of the build.
        cache: where it is, and where it is known what builds made; None if nothing is kept.
        gone: what was taken away.
        left: what builds made and was not.
        digests: known digests of files.
    """

    task: BuildTask
    cache: Path | None
    digests: Digests
    gone: Mapping[str, Product] = {}
    left: Mapping[str, Product] = {}

    def note(self, made: Iterable[str], reporter: Reporter) -> None:
        """Keep in mind what the build made."""
        if self.cache is None:
            return
        new = self._looked_at(made)
        with _failures_reported(self.task, reporter):
            if new or self.gone or self.left:
                products.write(self.cache, self.task.folder, {**self.left, **new})

    def remove(self, reporter: Reporter) -> None:
        """Remove for good what was taken away and this hook makes: it was successful.

        What only other hooks make is put back, but for a build of the wheel: that leaves behind
        what a fresh one does, and what belongs to an editable installation. The latter is a part of
        a result that is in use, so it also replaces what this hook has made in its place.
        """
        if self.cache is None or not self.gone:
            return
        own = self.task.hook.name

        def wanted(one: Product) -> bool:
            return one.hook != own and (own != BUILD_WHEEL.name or _is_of_editable(one))

        with _failures_reported(self.task, reporter):
            back = products.put_back(self.cache, self.task.folder, wanted, _is_of_editable)
            known = products.read(self.cache, self.task.folder)
            products.write(self.cache, self.task.folder, {**known, **back})

    def put_back(self, made: Iterable[str], reporter: Reporter) -> None:
        """Put back what was taken away, because the build failed; what it made is known, too."""
        if self.cache is None:
            return
        new = self._looked_at(made)
        with _failures_reported(self.task, reporter):
            back = products.put_back(self.cache, self.task.folder)
            if new or back or self.left:
                products.write(self.cache, self.task.folder, {**self.left, **back, **new})

    def _looked_at(self, names: Iterable[str]) -> dict[str, Product]:
        root, hook = self.task.project.root, self.task.hook.name
        seen = {name: products.look(os.fspath(root / name), self.digests) for name in sorted(names)}
        return {
            name: product._replace(hook=hook)
            for name, product in seen.items()
            if product is not None
        }


def _is_of_editable(product: Product) -> bool:
    return product.hook == BUILD_EDITABLE.name


def take_away(
    task: BuildTask, left_out: Callable[[str], bool], digests: Digests, reporter: Reporter
) -> Taken:
    """Take away what earlier builds left, after putting back what a killed one took away.

    The caller prevents other builds in this folder meanwhile.

    Args:
        task: the task of the build.
        left_out: whether a path never counts; see ``ProjectTree.left_out``.
        digests: known digests of files; those that are made are added.
        reporter: is warned if that fails.
    """
    cache = _cache_of(task)
    taken = Taken(task, cache, digests)
    if cache is None:
        return taken
    with _failures_reported(task, reporter):
        back = products.put_back(cache, task.folder)
        known = {**_known(task, cache), **back}
        here = _as_left(task.project.root, known, digests)
        gone = _removable(task.project.root, here, left_out)
        left = {name: one for name, one in here.items() if name not in gone}
        taken = taken._replace(left={**left, **gone})
        if back or len(here) != len(known):
            products.write(cache, task.folder, here)
        if gone:
            products.take_away(cache, task.project.root, gone)
            taken = taken._replace(gone=gone, left=left)
    return taken


def left_by_builds(task: BuildTask, digests: Digests) -> frozenset[tuple[str, str]]:
    """Return what builds made and is as they left it, as paths with states."""
    return frozenset((name, one.state) for name, one in _here(task, digests).items())


def removable(
    task: BuildTask, left_out: Callable[[str], bool], digests: Digests
) -> frozenset[tuple[str, str]]:
    """Return what of that the next build would take away."""
    gone = _removable(task.project.root, _here(task, digests), left_out)
    return frozenset((name, one.state) for name, one in gone.items())


def made_by_other_hooks(
    task: BuildTask, left_out: Callable[[str], bool], digests: Digests
) -> frozenset[str]:
    """Return the names of what a build of this hook would take away, and another hook has made.

    A folder is one of them if it is empty without them: otherwise it stays.
    """
    here = {name: one for name, one in _here(task, digests).items() if one.hook != task.hook.name}
    gone = set(_removable(task.project.root, here, left_out))
    for name in sorted(gone, reverse=True):  # what is in a folder comes before it
        if here[name].state == products.FOLDER:
            there = {f"{name}/{one}" for one in cache_files.listing(task.project.root / name)}
            if not there <= gone:
                gone.remove(name)
    return frozenset(gone)


def _here(task: BuildTask, digests: Digests) -> dict[str, Product]:
    cache = _cache_of(task)
    known = {} if cache is None else _known(task, cache)
    return _as_left(task.project.root, known, digests)


def is_taken_away(task: BuildTask) -> bool:
    """Whether something is taken away now: a build runs, or was killed."""
    cache = _cache_of(task)
    return cache is not None and products.is_taken_away(cache, task.folder)


def recover(task: BuildTask, reporter: Reporter) -> None:
    """Put back what a killed build took away; the caller prevents builds in this folder."""
    cache = _cache_of(task)
    if cache is not None:
        with _failures_reported(task, reporter):
            back = products.put_back(cache, task.folder)
            if back:
                products.write(cache, task.folder, {**products.read(cache, task.folder), **back})


def _known(task: BuildTask, cache: Path) -> dict[str, Product]:
    """Return what builds are known to have made; a cache that is only read has something behind."""
    behind = task.cache.behind
    first = {} if behind is None else products.read(behind.root, task.folder)
    return {**first, **products.read(cache, task.folder)}


def _as_left(root: Path, known: Mapping[str, Product], digests: Digests) -> dict[str, Product]:
    return {
        name: product
        for name, product in known.items()
        if products.is_as_left(os.fspath(root / name), product, digests)
    }


def _removable(
    root: Path, here: Mapping[str, Product], left_out: Callable[[str], bool]
) -> dict[str, Product]:
    if not here:
        return {}
    from lbuild_keys.git.repository import tracked_names  # most builds make nothing

    tracked = tracked_names(root)
    if tracked is None:
        return {}
    folders = {os.path.dirname(name) for name in here}  # noqa: PTH120  names of inputs
    straight = {one for one in folders if os.path.realpath(root / one) == os.fspath(root / one)}
    return {
        name: product
        for name, product in here.items()
        if os.path.dirname(name) in straight  # noqa: PTH120  not through a link
        and name not in tracked
        and not tree.lies_in(name, left_out)
    }


def _cache_of(task: BuildTask) -> Path | None:
    """Return the cache that knows what builds made: also with ``--no-cache`` the user's own."""
    if task.project.archive is not None:
        return None  # its folder is removed after the build
    if not task.request.no_cache:
        return task.cache.root
    return cache_location.existing(task.request, task.project)


@contextlib.contextmanager
def _failures_reported(task: BuildTask, reporter: Reporter) -> Iterator[None]:
    """Warn the user if something cannot be taken away or put back; then it is as it is."""
    try:
        yield
    except OSError as error:
        reporter.warn(
            f"{task.label}: what earlier builds left in the project cannot be taken away or put "
            f"back ({error.strerror or error}: {error.filename}); the next build tries again"
        )
