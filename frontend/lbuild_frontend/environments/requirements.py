"""The distributions that an interpreter finds, and which requirements they meet (PEP 508)."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urldefrag

from packaging.requirements import Requirement
from packaging.version import InvalidVersion

from lbuild_frontend.environments.interpreter import InterpreterDetails
from lbuild_keys import pep508
from lbuild_keys.file_urls import local_path
from lbuild_keys.pep508 import normalize_name


class InstalledDistributions:
    """The distributions that an interpreter finds, and the requirements that they meet.

    ``build.check_dependency`` answers the same for the interpreter that runs it: it takes the
    distributions from that one's ``sys.path``, and the values of markers.
    """

    def __init__(
        self, interpreter: InterpreterDetails, given: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Take an interpreter.

        Args:
            interpreter: what it reported.
            given: by normalised name, the versions of distributions that are about to be there,
                in place of those that are there (empty if that is not known); what these require
                in turn is not looked at.
        """
        self._given = given
        self._path = list(interpreter.search_path)
        self._markers = dict(interpreter.markers)
        self._met: set[str] = set()

    def unmet(self, text: str, extras: Collection[str] = ()) -> Iterator[tuple[str, ...]]:
        """Find what a requirement lacks, and what the distributions that it finds lack in turn.

        Args:
            text: the requirement (PEP 508).
            extras: for which the distribution is wanted that has it.

        Yields:
            Requirements, each (but the first) of the distribution that the one before it names; the
            last one is not met.
        """
        requirement = Requirement(text)
        if self._applies(requirement, extras):
            requirement.marker = None  # which is true, so that messages need not repeat it
            yield from self._unmet(requirement, ())

    def _unmet(
        self, requirement: Requirement, ancestors: tuple[str, ...]
    ) -> Iterator[tuple[str, ...]]:
        text = str(requirement)
        if text in self._met or text in ancestors:  # the latter in a cycle
            return
        chain = (*ancestors, text)
        given = self._given.get(normalize_name(requirement.name))
        if given is not None:
            if given and not requirement.specifier.contains(given, prereleases=True):
                yield chain
            return
        found = self._found(requirement)
        if found is None or not _is_met_by(requirement, found):
            yield chain
            return
        unmet = [
            missing
            for needed in map(Requirement, found.requires or ())
            if self._applies(needed, requirement.extras)
            for missing in self._unmet(needed, chain)
        ]
        yield from unmet
        if not unmet:
            self._met.add(text)

    def required_by(self, requirement: Requirement) -> Iterator[Requirement]:
        """Yield what the distribution requires that is there for a requirement, if one is."""
        found = self._found(requirement)
        for needed in map(Requirement, (found and found.requires) or ()):
            if self._applies(needed, requirement.extras):
                needed.marker = None
                yield needed

    def version_of(self, name: str) -> str | None:
        """Return the version of a distribution that is there; None if none is."""
        found = self._found(Requirement(name))
        return None if found is None else found.version

    def _found(self, requirement: Requirement) -> metadata.Distribution | None:
        return next(iter(metadata.distributions(name=requirement.name, path=self._path)), None)

    def _applies(self, requirement: Requirement, extras: Collection[str]) -> bool:
        """Evaluate the marker of a requirement, for the extras of the distribution that has it."""
        return any(
            pep508.applies(requirement.marker, {**self._markers, "extra": extra})
            for extra in ("", *extras)
        )


def _is_met_by(requirement: Requirement, found: metadata.Distribution) -> bool:
    if requirement.url is not None:
        return _came_from(found, requirement.url)
    specifier = requirement.specifier
    try:
        return not specifier or specifier.contains(found.version, prereleases=True)
    except InvalidVersion:
        return False


def _came_from(found: metadata.Distribution, url: str) -> bool:
    """Whether a distribution was installed from a URL (PEP 610), as it is now.

    Of a folder on this machine that cannot be known, unless the install is editable.
    """
    try:
        origin = json.loads(found.read_text("direct_url.json") or "{}")
        same = origin["url"].rstrip("/") == urldefrag(url).url.rstrip("/").removeprefix("git+")
        path = local_path(origin["url"])
        if not same or path is None:
            return bool(same)
        if "archive_info" in origin:
            with Path(path).open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            return bool(origin["archive_info"]["hashes"]["sha256"] == sha256)
        return bool(origin["dir_info"].get("editable"))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False
