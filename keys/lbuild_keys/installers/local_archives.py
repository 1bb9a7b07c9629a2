"""The states of distributions that an installer may take from a local place: by content.

The state of a name is all that the places have to offer for it, so what an installer would choose
follows from the states of the names that it looks for (``names_to_watch``).
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from lbuild_keys import pep508
from lbuild_keys.installers.local_index import (
    EVERYTHING,
    PAGE,
    Offer,
    archive_named,
    is_of,
    linked,
    listed,
    offers_of,
    version_of,
)
from lbuild_keys.installers.local_places import LocalPlaces
from lbuild_keys.model import ABSENT, State, present, unreadable
from lbuild_keys.observe import files
from lbuild_keys.observe.files import Digests
from lbuild_keys.pep508 import normalize_name

ANY_PLACE = ""
"""In place of a name: whether there are any places."""


def observe_name(name: str, places: LocalPlaces, digests: Digests) -> State:
    """Return the state of all that the places offer of a distribution.

    Args:
        name: the normalised name, ``EVERYTHING`` or ``ANY_PLACE``.
        places: where the installer looks.
        digests: known digests of files.
    """
    if places.problem:
        return unreadable(places.problem)
    if name == ANY_PLACE:
        return present("there are") if places.paths else ABSENT
    parts = []
    try:
        for offer in offers_of(name, places):
            content = ""
            if offer.path is not None:
                state = files.observe(offer.path, digests)
                if not state.known:
                    return unreadable(f"{offer.path}: {state.detail}")
                # Not where a link leads to, nor whether it can be run.
                content = re.split(r"\+x| ", state.detail or state.presence)[0][:32]
            about = offer.link and hashlib.sha256(os.fsencode(offer.link)).hexdigest()[:16]
            parts.append(" ".join(filter(None, (_spelled(offer.file), content, about))))
    except OSError as error:
        return unreadable(f"{error.filename}: {error.strerror or error}")
    return present(", ".join(parts)) if parts else ABSENT


def _spelled(file: str) -> str:
    return re.sub("[, ]", "_", file)


def without_excluded(name: str, state: State, requirements: Sequence[str]) -> State:
    """Return the state of a name less the versions that cannot be chosen.

    Args:
        name: as for ``observe_name``.
        state: what that returned.
        requirements: what is required in any case.
    """
    if state.presence != "present" or name in (ANY_PLACE, EVERYTHING):
        return state
    kept = [
        part
        for part in state.detail.split(", ")
        if not any(
            pep508.excludes(text, name, version_of(name, part.split(" ")[0]))
            for text in requirements
        )
    ]
    return present(", ".join(kept)) if kept else ABSENT


def names_to_watch(
    requirements: Iterable[str], places: LocalPlaces, installed: Mapping[str, str] | None = None
) -> frozenset[str]:
    """Return the names whose states decide what is chosen from the places.

    These are the names that are required or installed, and those that the wheels on offer require
    in turn. Source distributions do not say what they require, and are built with what the places
    offer: if one may have been built, everything counts.

    Args:
        requirements: what is required (PEP 508).
        places: where the installer looks.
        installed: normalised names and versions that it chose; None if it has not yet.
    """
    pending = [(text, False) for text in (*requirements, *(installed or ()))]
    found: dict[str, bool] = {}
    everything = False
    while pending:
        text, on_condition = pending.pop()
        name, with_extras = _named_in(text)
        if name is None or found.get(name) in (True, with_extras):
            continue
        found[name] = with_extras
        try:
            offers = list(offers_of(name, places))
        except OSError:
            continue  # its state is "unreadable"
        version = (installed or {}).get(name)
        if installed is not None and (version is not None or not on_condition):
            everything = everything or _may_be_built(name, offers, version, places)
        for offer in offers:
            for line in _required_by(offer.path):
                head, _, marker = line.partition(";")
                if with_extras or "extra" not in marker:
                    pending.append((head, bool(marker)))
    return frozenset({ANY_PLACE, *([EVERYTHING] if everything else ()), *found})


def _named_in(requirement: str) -> tuple[str | None, bool]:
    """Return the normalised name in a requirement, and whether it asks for extras."""
    named = re.match(_NAME, requirement)
    if named is None:
        return None, False
    return pep508.normalize_name(named[1]), requirement[named.end() :].lstrip().startswith("[")


_NAME = r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)"


def _may_be_built(
    name: str, offers: Sequence[Offer], installed: str | None, places: LocalPlaces
) -> bool:
    """Whether an installer may have built one of the source distributions on offer.

    It takes the highest version that fits, and of one version the wheel: so none of a lower
    version, and none beside a wheel for all.
    """
    wheels = [offer.file for offer in offers if offer.file.lower().endswith(".whl")]
    sources = {version_of(name, offer.file) for offer in offers if offer.file not in wheels}
    if places.from_source:
        return bool(sources)
    for_all = {version_of(name, file) for file in wheels if re.search(r"py3-none-any\.whl$", file)}
    return any(
        installed is None or not pep508.excludes(f"{name}>={installed}", name, version)
        for version in sources - for_all
    )


Layout = Mapping[str, files.Signature | None]
"""What is directly in the places: paths with stat signatures; None for folders."""


def layout(places: LocalPlaces) -> Layout:
    """Return how the places are on disk; nothing is read."""
    found: dict[str, files.Signature | None] = {}
    for place in places.paths:
        folder = os.fspath(Path(place))
        try:
            names = listed(place) or [""]
        except OSError:
            names = [""]
        for name in names:
            path = os.path.join(folder, name) if name else folder  # noqa: PTH118  there are many
            is_file = archive_named(name or Path(place).name) or path.lower().endswith(PAGE)
            found[path] = files.last_change(path) if is_file else None
    return found


def is_unmoved(name: str, places: LocalPlaces, before: Layout, after: Layout, started: int) -> bool:
    """Whether what the places offer of a name is surely what it was some time ago.

    Args:
        name: as for ``observe_name``.
        places: where the installer looks.
        before: the layout then.
        after: the layout now.
        started: when that was, in nanoseconds since the epoch.
    """
    differing = {path for path, _ in before.items() ^ after.items()}
    if any(_may_offer(name, Path(path).name) for path in differing):
        return False
    # What is in the folders of an index, and what its pages link to.
    deeper = [os.fspath(Path(place, name)) for place in places.paths]
    deeper += [os.fspath(Path(folder, "index.html")) for folder in deeper]
    try:
        deeper += [offer.path for offer in offers_of(name, places) if offer.path is not None]
    except OSError:
        return False
    signatures = filter(None, (files.last_change(path) for path in deeper if path not in after))
    changed = max((max(signature[1:3]) for signature in signatures), default=0)
    return changed + files.GRANULARITY < started


def _may_offer(name: str, entry: str) -> bool:
    return (
        name == EVERYTHING
        or is_of(name, entry)
        or entry.lower().endswith(PAGE)
        or pep508.normalize_name(entry) == name
    )


def has_sources(places: LocalPlaces) -> bool:
    """Whether the places offer source distributions; these are built, and installers keep that."""
    offers = offers_of(EVERYTHING, places)
    try:
        return any(not offer.file.lower().endswith(".whl") for offer in offers)
    except OSError:
        return True


def names_on_offer(places: LocalPlaces, *, indexes: bool = True) -> frozenset[str]:
    """Return the normalised names of all distributions that the places may offer.

    Args:
        places: where the installer looks.
        indexes: whether what indexes offer counts, or only folders of archives, and pages.
    """
    found = set()
    for place in places.paths:
        try:
            names = os.listdir(place)  # noqa: PTH208  names are enough
        except OSError:
            names = [Path(place).name]
        for name in names:
            archive = archive_named(name)
            if archive is None:
                if indexes:
                    found.add(normalize_name(name))  # of a folder in an index
            elif archive["suffix"].lower() == ".whl":
                found.add(normalize_name(name.partition("-")[0]))
            else:
                found.add(re.split(r"-(?=v?[0-9])", normalize_name(archive["stem"]))[0])
        for page in (each for each in (place, *names) if each.lower().endswith(PAGE)):
            for offer in linked(os.fspath(Path(place, page)), lambda _: True):
                found.add(re.split(r"-(?=v?[0-9])", normalize_name(offer.file))[0])
    return frozenset(name for name in found if re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", name))


def _required_by(path: str | None) -> Iterator[str]:
    """Yield what a wheel requires; nothing for other archives, which do not say it."""
    if path is not None and path.lower().endswith(".whl"):
        from lbuild_keys.installers import wheel_files  # brings zipfile; only a build reads wheels

        yield from wheel_files.required_by(path)
