"""What local places have of a distribution: archives in folders, and what pages link to."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from lbuild_keys.file_urls import local_path
from lbuild_keys.installers.local_places import LocalPlaces
from lbuild_keys.pep508 import normalize_name

EVERYTHING = "*"
"""In place of a name: all that is in the places, because it is not known what is looked for."""

# Patterns are texts here: most builds use none, and compiling them takes longer than the rest.
_SUFFIXES = (
    *(".whl", ".zip", ".tgz", ".tbz", ".txz", ".tlz", ".tar"),
    *(".tar.gz", ".tar.bz2", ".tar.xz", ".tar.lz", ".tar.lzma", ".tar.zst"),
)
PAGE = (".html", ".htm")


class Offer(NamedTuple):
    """A distribution that a place offers.

    Attributes:
        file: the name of the file.
        path: where it is; None if the place only links to it.
        link: the link to it, with what it says of the file; empty without one.
    """

    file: str
    path: str | None
    link: str = ""


def offers_of(name: str, places: LocalPlaces) -> Iterator[Offer]:
    """Yield what the places offer of a name, in the order of the places.

    Raises:
        OSError: if a place cannot be read.
    """

    def counts(file: str) -> bool:
        return is_of(name, file)

    for place in places.paths:
        names = listed(place)
        if names is None:
            if place.lower().endswith(PAGE):
                yield from linked(place, counts)
            elif counts(Path(place).name):
                yield Offer(Path(place).name, place)
            continue
        for each in names:  # no path for those that do not count: there may be thousands
            if counts(each):
                yield Offer(each, os.fspath(Path(place, each)))
            elif each.lower().endswith(PAGE):
                yield from linked(os.fspath(Path(place, each)), counts)
        below = names if name == EVERYTHING else [name]
        for folder in below:
            path = os.fspath(Path(place, folder))
            inside = None if archive_named(folder) else listed(path)
            for each in inside or ():
                if counts(each):
                    yield Offer(each, os.fspath(Path(path, each)))
                elif each.lower().endswith(PAGE):
                    yield from linked(os.fspath(Path(path, each)), counts)


def archive_named(file: str) -> dict[str, str] | None:
    """Return ``stem`` and ``suffix`` of the name of an archive; None for any other name."""
    lower = file.lower()
    if not lower.endswith(_SUFFIXES) or lower in _SUFFIXES:
        return None
    size = max(len(suffix) for suffix in _SUFFIXES if lower.endswith(suffix))
    return {"stem": file[:-size], "suffix": file[-size:]}


def listed(place: str) -> list[str] | None:
    """Return the sorted names in a folder; None for what is no folder, or not there."""
    try:
        return sorted(os.listdir(place))  # noqa: PTH208  names are enough
    except (FileNotFoundError, NotADirectoryError):
        return None


_ANCHOR = r"(?i)<a\s[^>]*>"
_LINK = r"""(?i)\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))"""
_BASE = r"(?i)<base\s[^>]*>"


def linked(page: str, counts: Callable[[str], bool]) -> Iterator[Offer]:
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
            yield Offer(file, path, anchor if path is None else _attributes(anchor, found[0]))


_SOURCE = r"(?i)\.(zip|tar|t[gbx]z|tlz)\b"


def _attributes(anchor: str, link: str) -> str:
    rest = anchor.replace(link, "")[2:-1].strip()
    fragment = link.partition("#")[2].rstrip("\"'")
    return " ".join(filter(None, (fragment, rest)))


def is_of(name: str, file: str) -> bool:
    """Whether a file is a distribution of a name, or may be: ``a-b-1.0.zip`` is not clear."""
    if name != EVERYTHING and file[:1].lower()[:1] != name[:1]:
        return False  # as most files are, and to take a name apart takes longer
    archive = archive_named(file)
    if archive is None or name == EVERYTHING:
        return archive is not None
    if archive["suffix"].lower() == ".whl":
        return normalize_name(file.partition("-")[0]) == name
    return re.match(rf"{re.escape(name)}-v?[0-9]", normalize_name(archive["stem"])) is not None


def version_of(name: str, file: str) -> str:
    """Return the version in the name of a file, as it is written there."""
    archive = archive_named(file)
    if archive is None:
        return ""
    if archive["suffix"].lower() == ".whl":
        return file.split("-")[1] if "-" in file else ""
    return archive["stem"][len(name) + 1 :]
