"""Entries, blobs and digests in the cache, published so that nothing incomplete is served.

Every file is written whole (``disk.atomic``); an entry is written after the blobs that it names.
What is read is checked: blobs by their names, records by their checksums. A process that adds an
entry, or removes blobs, holds a lock meanwhile (``Store.exclusive``). So no blob is removed after
it was found to be there and before an entry names it.
"""

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.cache import buckets, locks, size_account
from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache.entry import Entry, entry_from_bytes, entry_to_bytes
from lbuild_frontend.cache.sealed import OtherVersionError, RecordError, seal, unseal
from lbuild_frontend.disk import atomic
from lbuild_keys.content import Content
from lbuild_keys.observe.files import Digests


class UnusableRecord(NamedTuple):
    """A record that cannot be used.

    Attributes:
        problem: why, as a clause.
        other_version: whether it is whole, but of another version of lbuild.
        is_older: whether that is an earlier version.
    """

    path: Path
    problem: str
    other_version: bool
    is_older: bool = False

    @property
    def name(self) -> str:
        return self.path.name


class StoredEntry(NamedTuple):
    """An entry, and the file that holds it."""

    path: Path
    entry: Entry


class History(NamedTuple):
    """The entries of one project and hook, the last used at the end."""

    entries: tuple[StoredEntry, ...]
    unusable: tuple[UnusableRecord, ...]


class Store(NamedTuple):
    """A cache folder; it need not exist yet.

    Attributes:
        secret: key of the digests of values that must not be kept; see ``folder``.
        is_read_only: whether nothing is to be written. Then there are no locks either.
        behind: a cache that is only read, where this one, which is temporary, has nothing.
        is_temporary: whether it is removed as soon as a project is done.
    """

    root: Path
    secret: bytes
    is_read_only: bool = False
    behind: "Store | None" = None
    is_temporary: bool = False

    @property
    def place(self) -> Path:
        """The folder that the user knows."""
        return self.root if self.behind is None else self.behind.root

    @property
    def keeps(self) -> bool:
        """Whether what is written will be there for the next command."""
        return not self.is_read_only and self.behind is None

    def history(self, identity: str, hook: str) -> History:
        """Read all entries of a project and hook.

        Raises:
            LbuildError: if the folder cannot be listed.
        """
        folder = self._entries_of(identity, hook)
        found: list[tuple[int, StoredEntry]] = []
        unusable: list[UnusableRecord] = []
        if self.behind is not None:
            return self.behind.history(identity, hook)  # what is added now is not asked for
        with cache_files.explained_errors(folder):
            names = cache_files.listing(folder)
        if not names:
            place = next(
                path
                for path in (folder, *folder.parents)
                if path == self.root or os.path.lexists(path)
            )
            if place != self.root and not place.is_dir():
                return History((), (UnusableRecord(place, "not a folder", other_version=False),))
        for path in (folder / name for name in names if name.endswith(".json")):
            try:
                used_at = cache_files.used_at(path.stat())
                one = read_entry(path)
            except FileNotFoundError:
                continue  # removed by another process
            if isinstance(one, UnusableRecord):
                unusable.append(one)
            else:
                found.append((used_at, one))
        found.sort(key=lambda pair: (pair[0], pair[1].path.name))
        return History(tuple(stored for _, stored in found), tuple(unusable))

    def blob(self, sha256: str) -> bytes | None:
        """Read a blob and verify it.

        Raises:
            RecordError: if it is there but damaged, or cannot be read.
        """
        try:
            content = self.blob_path(sha256).read_bytes()
        except FileNotFoundError:
            return None if self.behind is None else self.behind.blob(sha256)
        except OSError as error:
            raise RecordError(error.strerror or str(error)) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            message = "damaged"
            raise RecordError(message)
        return content

    def open_blob(self, sha256: str) -> Content | None:
        """Open a blob and verify it; it is not held in memory, and may be removed meanwhile.

        Raises:
            RecordError: see ``blob``.
        """
        try:
            content = Content.at(self.blob_path(sha256))
        except FileNotFoundError:
            return None if self.behind is None else self.behind.open_blob(sha256)
        except OSError as error:
            raise RecordError(error.strerror or str(error)) from error
        if content.sha256 != sha256:
            message = "damaged"
            raise RecordError(message)
        return content

    def _has_sound(self, sha256: str) -> bool:
        """Whether a blob is there and undamaged; it is not read as a whole."""
        try:
            with self.blob_path(sha256).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except FileNotFoundError:
            return self.behind is not None and self.behind._has_sound(sha256)  # noqa: SLF001
        except OSError:
            return False

    def blob_path(self, sha256: str) -> Path:
        """Return the path of the blob with this digest, whether or not it exists."""
        return self.root / buckets.BLOBS.name / sha256[:2] / sha256

    def exclusive(self, tell: Callable[[str], None]) -> AbstractContextManager[object]:
        """Keep other processes from adding entries and removing blobs while the context lasts.

        Args:
            tell: see ``lock``.

        Raises:
            LbuildError: see ``lock``.
        """
        return self.lock("store", "another lbuild that changes the cache", tell)

    def put_blob(self, content: bytes | Content) -> str:
        """Keep a blob; return its SHA-256.

        Raises:
            LbuildError: if it cannot be written.
        """
        if isinstance(content, bytes):
            content = Content.of(content)
        sha256 = content.sha256
        path = self.blob_path(sha256)
        if self._has_sound(sha256):  # a damaged one is replaced
            return sha256
        with cache_files.explained_errors(path):
            cache_files.write(path, content)
        self._note(content.size)
        return sha256

    def publish(self, identity: str, hook: str, entry: Entry) -> None:
        """Keep an entry whose blobs are kept already.

        Raises:
            LbuildError: if it cannot be written.
        """
        folder = self._entries_of(identity, hook)
        with cache_files.explained_errors(folder):
            label = entry.key[:16] if entry.key else "not-reusable"
            content = entry_to_bytes(entry)
            cache_files.write(folder / f"{time.time_ns():020d}-{label}.json", content)
        self._note(len(content))

    def _note(self, size: int) -> None:
        with contextlib.suppress(OSError):  # the cache will be counted another time
            size_account.add(self.root, size)

    def mark_used(self, stored: StoredEntry) -> None:
        """Make an entry the last used, if the cache can be written."""
        if not self.keeps:
            return
        with contextlib.suppress(OSError):
            os.utime(stored.path)

    def drop(self, unusable: UnusableRecord) -> bool:
        """Remove a damaged record; return whether it was removed.

        A record of another version of lbuild is left to that version.
        """
        if not self.keeps or unusable.other_version or not os.path.lexists(unusable.path):
            return False
        try:
            if not unusable.path.is_dir():  # which would be damage
                unusable.path.read_bytes()
        except OSError:
            return False  # it may be sound: it cannot be read now
        return atomic.remove(unusable.path)

    def digests(self, root: Path) -> Digests | UnusableRecord:
        """Read what is known of the contents of a project's files."""
        if self.behind is not None:
            return self.behind.digests(root)
        path = self._digests(root)
        try:
            known = unseal(path.read_bytes())
            return Digests(
                {
                    path: ((size, mtime, ctime, inode), digest)
                    for path, size, mtime, ctime, inode, digest in known["files"]
                },
                loaded_names={
                    folder: ((size, mtime, ctime, inode), names)
                    for folder, size, mtime, ctime, inode, names in known["folders"]
                },
            )
        except FileNotFoundError:
            return Digests()
        except OSError as error:
            return UnusableRecord(path, error.strerror or str(error), other_version=False)
        except (RecordError, ValueError, TypeError, KeyError) as error:
            return UnusableRecord(path, str(error), other_version=False)

    def keep_digests(self, root: Path, digests: Digests) -> None:
        """Write the digests of what was looked at, if there is anything new in them."""
        if not self.keeps or not digests.has_news:
            return
        known = {
            "files": [
                [path, *signature, digest]
                for path, (signature, digest) in digests.looked_at.items()
            ],
            "folders": [
                [folder, *signature, names] for folder, (signature, names) in digests.listed.items()
            ],
        }
        with contextlib.suppress(OSError):
            cache_files.write(self._digests(root), seal(known))

    def lock(
        self, name: str, what: str, tell: Callable[[str], None]
    ) -> AbstractContextManager[locks.Held]:
        """Hold a lock that all lbuild processes with this cache respect (``locks.lock``)."""
        if self.is_read_only:
            return contextlib.nullcontext(locks.Held(None, has_waited=False))
        return locks.lock(self.root / buckets.LOCKS.name / f"{name}.lock", what, tell)

    def _entries_of(self, identity: str, hook: str) -> Path:
        """Return the folder of a project's entries for a hook."""
        return self.root / buckets.ENTRIES.name / identity / hook

    def _digests(self, root: Path) -> Path:
        name = hashlib.sha256(os.fsencode(root)).hexdigest()[:32]
        return self.root / buckets.DIGESTS.name / f"{name}.json"


def read_entry(path: Path) -> StoredEntry | UnusableRecord:
    """Read the file of an entry.

    Raises:
        FileNotFoundError: if there is none.
    """
    try:
        return StoredEntry(path, entry_from_bytes(path.read_bytes()))
    except FileNotFoundError:
        raise
    except OtherVersionError as error:
        return UnusableRecord(path, str(error), other_version=True, is_older=error.is_older)
    except OSError as error:
        return UnusableRecord(path, error.strerror or str(error), other_version=False)
    except (RecordError, ValueError, TypeError) as error:
        return UnusableRecord(path, str(error), other_version=False)


def identity_of(name: str | None) -> str:
    """Return the name of the folder of a project's entries.

    Projects without a static name share one folder; keys tell their entries apart.
    """
    is_usable = name and len(name) < 128 and re.fullmatch(buckets.PROJECT, name)
    return name if name and is_usable else "unnamed"
