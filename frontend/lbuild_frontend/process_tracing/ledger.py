"""Accesses on their way to the log: each once, and with what they lead to at this moment."""

import os

from lbuild_frontend.process_tracing.images import Image
from lbuild_frontend.process_tracing.journal import Journal


class Ledger:
    """Records accesses of programs.

    Attributes:
        made: the paths that the process tree has created or written.
        links: how often links have changed; a path may lead elsewhere after each time.
        heard: the canaries that were looked at.

    Args:
        journal: where accesses are recorded.
        canaries: paths that only the hook process looks at, to show that it is heard.
    """

    def __init__(self, journal: Journal, canaries: frozenset[str]) -> None:
        self.made: set[str] = set()
        self.links = 0
        self.heard: set[str] = set()
        self._journal = journal
        self._canaries = canaries
        self._folders: dict[str, str] = {}
        self._before: list[tuple[Image, str, str]] = []
        """What was recorded before any link changed."""

    def note(self, image: Image, letter: str, path: str) -> None:
        """Record an access of a program by its letter, unless it is known.

        Of what is opened to be read, or looked at, it is recorded whether it is there.
        """
        self._record(image, letter, path)
        if self.links:
            # A link that the tree made may be gone when the log is read: record where it leads.
            resolved = self._target(letter, path)
            if resolved != path:
                self._record(image, letter, resolved)

    def links_change(self) -> None:
        """Note that from now on a path may lead elsewhere, also when the log is read.

        The link is about to change, so it is known where it led until now.
        """
        self.links += 1
        before, self._before = self._before, []
        for image, letter, path in before:
            resolved = self._target(letter.lower(), path)
            if resolved != path and resolved not in image.seen[letter.lower()]:
                image.seen[letter.lower()].add(resolved)
                self._write(image, letter, resolved)
        self._folders.clear()

    def _record(self, image: Image, letter: str, path: str) -> None:
        seen = image.seen[letter]
        if path in seen:
            return
        seen.add(path)
        if letter in "rs":
            if path in self._canaries:
                self.heard.add(path)
                return
            if not os.path.lexists(path):
                letter = letter.upper()
        if not self.links:
            self._before.append((image, letter, path))
        self._write(image, letter, path)

    def _write(self, image: Image, letter: str, path: str) -> None:
        if letter in "wm":
            self.made.add(path)
        self._journal.access(letter, image.number, path)

    def _target(self, letter: str, path: str) -> str:
        """Return what a path leads to now, for one that does what a letter says."""
        resolved = self._resolved(path)
        if letter in "rsl" and os.path.islink(resolved):
            return os.path.realpath(resolved)
        return resolved

    def _resolved(self, path: str) -> str:
        """Return a path with the links on the way to it resolved."""
        folder, name = os.path.split(path)
        if name in ("", ".", ".."):
            return os.path.realpath(path)
        known = self._folders.get(folder)
        if known is None:
            known = self._folders[folder] = os.path.realpath(folder)
        return os.path.join(known, name)
