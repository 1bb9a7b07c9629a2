"""A folder of wheels as pip sees it with ``--no-index --find-links``: what it would choose.

Where that cannot be known, the answer is no.
"""

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from packaging import tags
from packaging.metadata import parse_email
from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import (
    BuildTag,
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from lbuild_frontend.environments import interpreter as interpreters
from lbuild_frontend.environments.interpreter import Interpreter
from lbuild_frontend.installs import plan as plans
from lbuild_keys.pep508 import normalize_name


class Runner(NamedTuple):
    """The interpreter that distributions are for.

    Attributes:
        markers: the values of its environment markers (PEP 508).
        ranks: the tags of the wheels that it can use (PEP 425), the lowest number the best.
    """

    markers: Mapping[str, str]
    ranks: Mapping[tags.Tag, int]


def ranks_of(interpreter: Interpreter, markers: Mapping[str, str]) -> dict[tags.Tag, int]:
    """Return the tags of the wheels that an interpreter can use, the best first.

    Args:
        interpreter: an interpreter of CPython on this machine.
        markers: the values of its environment markers.
    """
    if interpreter.runs_lbuild:
        found: Iterable[tags.Tag] = tags.sys_tags()
    else:
        major, minor = map(int, markers["python_version"].split(".")[:2])
        name = f"cp{major}{minor}"
        abi = f"{name}t" if interpreters.is_free_threaded(interpreter.identity) else name
        found = (
            *tags.cpython_tags((major, minor), [abi]),
            *tags.compatible_tags((major, minor), name),
        )
    return {tag: rank for rank, tag in reversed(list(enumerate(found)))}


class Offer(NamedTuple):
    """A file in the folder.

    Attributes:
        path: of the file.
        name: normalised.
        version: of the distribution.
        rank: how well its best tag fits, the lowest number the best; None of an sdist.
        build: its build tag.
        requires: what it requires (PEP 508); nothing is known of an sdist.
    """

    path: Path
    name: str
    version: Version
    rank: int | None
    build: BuildTag = ()
    requires: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[Version, bool, int, BuildTag]:
        """What pip prefers is higher (``CandidateEvaluator``)."""
        return self.version, self.rank is not None, -(self.rank or 0), self.build


class Offers(NamedTuple):
    """What is in a folder.

    Attributes:
        by_name: by normalised name, what the interpreter can use.
        unusable: files that are called wheels and cannot be read.
        runner: the interpreter.
    """

    by_name: Mapping[str, tuple[Offer, ...]]
    unusable: tuple[Path, ...]
    runner: Runner

    def best(self, name: str, allowed: SpecifierSet) -> Offer | None:
        """Return what pip chooses for a name; None if nothing that is allowed is there."""
        offers = self.by_name.get(name, ())
        versions = set(allowed.filter(one.version for one in offers))
        fitting = (one for one in offers if one.version in versions)
        return max(fitting, key=lambda one: one.order, default=None)

    def required_by(self, requirement: Requirement) -> list[Requirement]:
        """Return what the distribution requires that is chosen for a requirement, if one is."""
        best = self.best(normalize_name(requirement.name), requirement.specifier)
        extras = frozenset(map(normalize_name, requirement.extras))
        requires = () if best is None else best.requires
        return plans.applying(requires, requirement.name, extras, self.runner.markers)

    def lacks(self, roots: Iterable[Requirement]) -> str | None:
        """Return a requirement that nothing in the folder meets; None if all are met, in turn.

        The distributions that are found meet the requirements of each other, so pip finds these or
        others.
        """
        wanted = list(roots)
        chosen: dict[str, Offer] = {}
        for _ in range(_MOST_ROUNDS):
            found: dict[str, Offer] = {}
            for name, (allowed, text) in self._asked_for(wanted, chosen).items():
                best = self.best(name, allowed)
                if best is None or best.rank is None:
                    return text
                found[name] = best
            if found == chosen:
                return None
            chosen = found
        return str(wanted[0])

    def _asked_for(
        self, roots: Iterable[Requirement], chosen: Mapping[str, Offer]
    ) -> dict[str, tuple[SpecifierSet, str]]:
        """Return what is asked for under each name, if some distributions are chosen already."""
        allowed: dict[str, tuple[SpecifierSet, str]] = {}
        due, seen = list(roots), set[tuple[str, str]]()
        while due:
            one = due.pop()
            name = normalize_name(one.name)
            known, _ = allowed.get(name, (SpecifierSet(), ""))
            allowed[name] = known & one.specifier, str(one)
            offer = chosen.get(name)
            for extra in ("", *sorted(map(normalize_name, one.extras))):
                if offer is not None and (name, extra) not in seen:
                    seen.add((name, extra))
                    some = (extra,) if extra else ()
                    due += plans.applying(offer.requires, name, some, self.runner.markers)
        return allowed


_MOST_ROUNDS = 100
"""Each round follows what is required one step further."""


def read(folder: Path, runner: Runner) -> Offers:
    """Read what a folder has.

    Raises:
        OSError: if it cannot be listed.
    """
    by_name: dict[str, list[Offer]] = {}
    unusable = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        try:
            for offer in _offered(path, runner):
                by_name.setdefault(offer.name, []).append(offer)
        except (OSError, ValueError, LookupError, zipfile.BadZipFile):
            unusable.append(path)
    return Offers({name: tuple(some) for name, some in by_name.items()}, tuple(unusable), runner)


def _offered(path: Path, runner: Runner) -> Iterator[Offer]:
    """Yield what a file is, if the interpreter can use it.

    Raises:
        OSError, ValueError, LookupError, BadZipFile: if it is no wheel, but is called one.
    """
    try:
        name, version = parse_sdist_filename(path.name)
    except InvalidSdistFilename:
        pass
    else:
        yield Offer(path, name, version, None)
        return
    try:
        name, version, build, fits = parse_wheel_filename(path.name)
    except InvalidWheelFilename:
        return
    ranks = [runner.ranks[tag] for tag in fits if tag in runner.ranks]
    if ranks:
        requires, python = _metadata(path)
        running = runner.markers["python_full_version"].rstrip("+")
        if python.contains(running, prereleases=True):
            yield Offer(path, name, version, min(ranks), build, requires)


def _metadata(path: Path) -> tuple[tuple[str, ...], SpecifierSet]:
    """Return what a wheel requires: distributions, and versions of Python."""
    with zipfile.ZipFile(path) as archive:
        inside = (name.split("/") for name in archive.namelist())
        [folder] = [
            first
            for first, *rest in inside
            if rest == ["METADATA"] and first.endswith(".dist-info")
        ]
        raw, _ = parse_email(archive.read(f"{folder}/METADATA"))
    try:
        python = SpecifierSet(raw.get("requires_python", ""))
    except InvalidSpecifier:  # as pip does
        python = SpecifierSet()
    return tuple(raw.get("requires_dist", ())), python
