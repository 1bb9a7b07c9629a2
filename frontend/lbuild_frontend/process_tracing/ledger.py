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

    def note(self, image: Image, letter: str, path: str) -> None:
        """Record an access of a program by its letter, unless it is known.

        Of what is opened to be read, or looked at, it is recorded whether it is there.
        """
        self._record(image, letter, path)
        if self.links:
            # A link that the tree made may be gone when the log is read: record where it leads.
            resolved = self._resolved(path)
            if letter in "rsl" and os.path.islink(resolved):
                resolved = os.path.realpath(resolved)
            if resolved != path:
                self._record(image, letter, resolved)

    def links_change(self) -> None:
        """Note that from now on a path may lead elsewhere, also when the log is read."""
        self.links += 1
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
        elif letter in "wm":
            self.made.add(path)
        self._journal.access(letter, image.number, path)

    def _resolved(self, path: str) -> str:
        """Return a path with the links on the way to it resolved."""
        folder, name = os.path.split(path)
        if name in ("", ".", ".."):
            return os.path.realpath(path)
        known = self._folders.get(folder)
        if known is None:
            known = self._folders[folder] = os.path.realpath(folder)
        return os.path.join(known, name)
