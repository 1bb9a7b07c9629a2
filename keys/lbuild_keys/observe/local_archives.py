"""The states of distributions that an installer may take from a local place: by content.

The state of a name is all that the places have to offer for it, so what an installer would choose
follows from the states of the names that it looks for (``names_to_watch``).
"""

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lbuild_keys import pep508
from lbuild_keys.model import ABSENT, State, present, unreadable
from lbuild_keys.observe import files
from lbuild_keys.observe.files import Digests
from lbuild_keys.observe.local_places import LocalPlaces, local_path
from lbuild_keys.pep508 import normalize_name

EVERYTHING = "*"
"""In place of a name: all that is in the places, because it is not known what is looked for."""

ANY_PLACE = ""
"""In place of a name: whether there are any places."""

# Patterns are texts here: most builds use none, and compiling them takes longer than the rest.
_ARCHIVE = (
    r"(?i)(?P<stem>.+?)"
    r"(?P<suffix>\.whl|\.zip|\.tgz|\.tbz|\.txz|\.tlz|\.tar(\.(gz|bz2|xz|lz|lzma|zst))?)"
)
_ENDS = (
    *(".whl", ".zip", ".tgz", ".tbz", ".txz", ".tlz", ".tar"),
    *(".gz", ".bz2", ".xz", ".lz", ".lzma", ".zst"),
)
_PAGE = (".html", ".htm")


@dataclass(frozen=True, slots=True)
class _Offer:
    """A distribution that a place offers.

    Attributes:
        file: the name of the file.
        path: where it is; None if the place only links to it.
        link: the link to it, with what it says of the file; empty without one.
    """

    file: str
    path: str | None
    link: str = ""


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
        for offer in _offers(name, places):
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
            pep508.excludes(text, name, _version(name, part.split(" ")[0])) for text in requirements
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
            offers = list(_offers(name, places))
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
    name: str, offers: Sequence[_Offer], installed: str | None, places: LocalPlaces
) -> bool:
    """Whether an installer may have built one of the source distributions on offer.

    It takes the highest version that fits, and of one version the wheel: so none of a lower
    version, and none beside a wheel for all.
    """
    wheels = [offer.file for offer in offers if offer.file.lower().endswith(".whl")]
    sources = {_version(name, offer.file) for offer in offers if offer.file not in wheels}
    if places.from_source:
        return bool(sources)
    for_all = {_version(name, file) for file in wheels if re.search(r"py3-none-any\.whl$", file)}
    return any(
        installed is None or not pep508.excludes(f"{name}>={installed}", name, version)
        for version in sources - for_all
    )


def last_change(name: str, places: LocalPlaces) -> int | None:
    """Return when what the places offer of a name changed last, in nanoseconds; None if never."""
    paths = [*places.paths, *(os.fspath(Path(place, name)) for place in places.paths)]
    try:
        paths += [offer.path for offer in _offers(name, places) if offer.path is not None]
        for place in places.paths:
            pages = [each for each in _listed(place) or () if each.lower().endswith(_PAGE)]
            pages.append(f"{name}/index.html")
            paths += [os.fspath(Path(place, each)) for each in pages]
    except OSError:
        return time.time_ns()
    changes = filter(None, map(files.last_change, paths))
    return max((max(signature[1:3]) for signature in changes), default=None)


def has_sources(places: LocalPlaces) -> bool:
    """Whether the places offer source distributions; these are built, and installers keep that."""
    try:
        offers = list(_offers(EVERYTHING, places))
    except OSError:
        return True
    return any(not offer.file.lower().endswith(".whl") for offer in offers)


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
            archive = _archive(name)
            if archive is None:
                if indexes:
                    found.add(normalize_name(name))  # of a folder in an index
            elif archive["suffix"].lower() == ".whl":
                found.add(normalize_name(name.partition("-")[0]))
            else:
                found.add(re.split(r"-(?=v?[0-9])", normalize_name(archive["stem"]))[0])
        for page in (each for each in (place, *names) if each.lower().endswith(_PAGE)):
            for offer in _linked(os.fspath(Path(place, page)), lambda _: True):
                found.add(re.split(r"-(?=v?[0-9])", normalize_name(offer.file))[0])
    return frozenset(name for name in found if re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", name))


def _offers(name: str, places: LocalPlaces) -> Iterator[_Offer]:
    """Yield what the places offer of a name, in the order of the places.

    Raises:
        OSError: if a place cannot be read.
    """

    def counts(file: str) -> bool:
        return _is_of(name, file)

    for place in places.paths:
        names = _listed(place)
        if names is None:
            if place.lower().endswith(_PAGE):
                yield from _linked(place, counts)
            elif counts(Path(place).name):
                yield _Offer(Path(place).name, place)
            continue
        for each in names:
            path = os.fspath(Path(place, each))
            if counts(each):
                yield _Offer(each, path)
            elif each.lower().endswith(_PAGE):
                yield from _linked(path, counts)
        below = names if name == EVERYTHING else [name]
        for folder in below:
            path = os.fspath(Path(place, folder))
            inside = None if _archive(folder) else _listed(path)
            for each in inside or ():
                if counts(each):
                    yield _Offer(each, os.fspath(Path(path, each)))
                elif each.lower().endswith(_PAGE):
                    yield from _linked(os.fspath(Path(path, each)), counts)


def _listed(place: str) -> list[str] | None:
    """Return the sorted names in a folder; None for what is no folder, or not there."""
    try:
        return sorted(os.listdir(place))  # noqa: PTH208  names are enough
    except (FileNotFoundError, NotADirectoryError):
        return None


_ANCHOR = r"(?i)<a\s[^>]*>"
_LINK = r"""(?i)\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))"""
_BASE = r"(?i)<base\s[^>]*>"


def _linked(page: str, counts: Callable[[str], bool]) -> Iterator[_Offer]:
    """Yield what a page links to (PEP 503).

    Raises:
        OSError: if the page cannot be read.
    """
    try:
        text = Path(page).read_bytes().decode("utf-8", "surrogateescape")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return
    if ".whl" not in text and not re.search(_SOURCE, text):
        return
    import html
    from urllib.parse import unquote, urljoin

    base = Path(page).as_uri()
    for anchor in (*re.findall(_BASE, text)[:1], *re.findall(_ANCHOR, text)):
        found = re.search(_LINK, anchor)
        if found is None:
            continue
        url = urljoin(base, html.unescape(next(filter(None, found.groups()), "")))
        if re.fullmatch(_BASE, anchor):
            base = url
            continue
        file = unquote(url.partition("#")[0].partition("?")[0].rpartition("/")[2])
        if counts(file):
            path = local_path(url)
            # The attributes say for which interpreters it is, and whether it was yanked.
            yield _Offer(file, path, anchor if path is None else _attributes(anchor, found[0]))


_SOURCE = r"(?i)\.(zip|tar|t[gbx]z|tlz)\b"


def _attributes(anchor: str, link: str) -> str:
    rest = anchor.replace(link, "")[2:-1].strip()
    fragment = link.partition("#")[2].rstrip("\"'")
    return " ".join(filter(None, (fragment, rest)))


def _archive(file: str) -> re.Match[str] | None:
    """Return the parts of the name of an archive; None for any other name, as for most."""
    return re.fullmatch(_ARCHIVE, file) if file.lower().endswith(_ENDS) else None


def _is_of(name: str, file: str) -> bool:
    """Whether a file is a distribution of a name, or may be: ``a-b-1.0.zip`` is not clear."""
    archive = _archive(file)
    if archive is None or name == EVERYTHING:
        return archive is not None
    if archive["suffix"].lower() == ".whl":
        return normalize_name(file.partition("-")[0]) == name
    return re.match(rf"{re.escape(name)}-v?[0-9]", normalize_name(archive["stem"])) is not None


def _version(name: str, file: str) -> str:
    """Return the version in the name of a file, as it is written there."""
    archive = _archive(file)
    if archive is None:
        return ""
    if archive["suffix"].lower() == ".whl":
        return file.split("-")[1] if "-" in file else ""
    return archive["stem"][len(name) + 1 :]


def _required_by(path: str | None) -> Iterator[str]:
    """Yield what a wheel requires, for whichever extra or platform; nothing for other archives."""
    if path is None or not path.lower().endswith(".whl"):
        return
    import zipfile  # only a build reads wheels

    try:
        with zipfile.ZipFile(path) as archive:
            member = next(
                each for each in archive.namelist() if each.endswith(".dist-info/METADATA")
            )
            text = archive.read(member).decode("utf-8", "replace")
    except (OSError, ValueError, StopIteration, zipfile.BadZipFile, NotImplementedError):
        return  # no installer can choose it
    head = text.replace("\r\n", "\n").partition("\n\n")[0]
    yield from re.findall(_REQUIRES, head)


_REQUIRES = r"(?im)^Requires-Dist:(.*)"
