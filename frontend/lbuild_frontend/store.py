"""The cache on disk: folders, entries, blobs, locks, and publishing so that nothing half is served.

Every file is written under a temporary name and then renamed; an entry is written after the blobs
that it names. What is read is checked: blobs against their names, records against their checksums.
"""

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lbuild_frontend import cachefiles, record, writable
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.record import Entry, OtherVersion, RecordError
from lbuild_keys.files import Digests

_CACHE_TAG = """\
Signature: 8a477f597d28d172789f06886806bc55
# This folder is a cache of lbuild. See https://bford.info/cachedir/
"""
_README = """\
This folder is the cache of lbuild, a frontend for Python build backends. It can be removed at any
time: what is needed will be built again.
"""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


_OWN_NAME = re.compile(r"README|secret|[a-z]+-v[0-9]+|\.[0-9a-f]+\.tmp")
"""What lies in a cache folder besides its tag."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A record that cannot be read.

    Attributes:
        name: of its file.
        problem: why, as a clause.
        other_version: whether it is whole, but of another version of lbuild.
    """

    path: Path
    problem: str
    other_version: bool

    @property
    def name(self) -> str:
        return self.path.name


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry, and the file that holds it."""

    path: Path
    entry: Entry


@dataclass(frozen=True, slots=True)
class History:
    """What is recorded of one project and hook, the last used at the end."""

    entries: tuple[Stored, ...]
    unusable: tuple[Unusable, ...]


@dataclass(frozen=True, slots=True)
class Store:
    """A cache folder; it need not exist yet.

    Attributes:
        secret: keys the digests of values that are not to be kept; see ``prepared``.
    """

    root: Path
    secret: bytes

    def history(self, identity: str, hook: str) -> History:
        """Read all entries of a project and hook.

        Raises:
            LbuildError: if the folder cannot be listed.
        """
        folder = self._entries(identity, hook)
        found: list[tuple[int, Stored]] = []
        unusable = []
        with cachefiles.errors(folder):
            names = cachefiles.listing(folder)
        for path in (folder / name for name in names if name.endswith(".json")):
            try:
                used_at = path.stat().st_mtime_ns
                found.append((used_at, Stored(path, record.entry_from_bytes(path.read_bytes()))))
            except FileNotFoundError:
                continue  # removed by another process
            except OtherVersion as error:
                unusable.append(Unusable(path, str(error), other_version=True))
            except (RecordError, OSError, ValueError, TypeError) as error:
                unusable.append(Unusable(path, str(error), other_version=False))
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
            return None
        except OSError as error:
            raise RecordError(error.strerror or str(error)) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            message = "damaged"
            raise RecordError(message)
        return content

    def blob_path(self, sha256: str) -> Path:
        """Where the blob with this digest lies, if there is one."""
        return self.root / "blobs-v1" / sha256[:2] / sha256

    def put(self, content: bytes) -> str:
        """Keep a blob; return its SHA-256.

        Raises:
            LbuildError: if it cannot be written.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.blob_path(sha256)
        with contextlib.suppress(RecordError):  # a damaged one is replaced
            if self.blob(sha256) is not None:
                return sha256
        with cachefiles.errors(path):
            cachefiles.write(path, content)
        return sha256

    def publish(self, identity: str, hook: str, entry: Entry) -> None:
        """Keep an entry whose blobs are kept already.

        Raises:
            LbuildError: if it cannot be written.
        """
        folder = self._entries(identity, hook)
        with cachefiles.errors(folder):
            label = entry.key[:16] if entry.key else "not-reusable"
            cachefiles.write(
                folder / f"{time.time_ns():020d}-{label}.json", record.entry_to_bytes(entry)
            )

    def mark_used(self, stored: Stored) -> None:
        """Let an entry count as the last used; a cache that cannot be written stays as it is."""
        with contextlib.suppress(OSError):
            os.utime(stored.path)

    def drop(self, unusable: Unusable) -> None:
        """Remove a damaged record. One of another version is left to that version."""
        if not unusable.other_version:
            with contextlib.suppress(OSError):
                unusable.path.unlink()

    def digests(self, root: Path) -> Digests:
        """What is known of the contents of a project's files; nothing, if that was damaged."""
        try:
            rows = record.unseal(self._digests(root).read_bytes())
            return Digests(
                {
                    path: ((size, mtime, ctime, inode), digest)
                    for path, size, mtime, ctime, inode, digest in rows
                }
            )
        except (OSError, RecordError, ValueError, TypeError):
            return Digests()

    def keep_digests(self, root: Path, digests: Digests) -> None:
        """Keep what was looked at, if that says anything new. It can be made again at any time."""
        if digests.looked_at == digests.loaded:
            return
        rows = [
            [path, *signature, digest] for path, (signature, digest) in digests.looked_at.items()
        ]
        with contextlib.suppress(OSError):
            cachefiles.write(self._digests(root), record.seal(rows))

    def lock(
        self, name: str, waiting: Callable[[], None]
    ) -> contextlib.AbstractContextManager[None]:
        """Hold a lock that all lbuild processes with this cache respect (``cachefiles.lock``)."""
        return cachefiles.lock(self.root / "locks-v1" / f"{name}.lock", waiting)

    def prepared(self) -> "Store":
        """Make the folder what it says it is, private to its owner; return it with its secret.

        Raises:
            LbuildError: if it cannot be written.
        """
        with cachefiles.errors(self.root):
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name, text in (("CACHEDIR.TAG", _CACHE_TAG), ("README", _README)):
                if not (self.root / name).exists():
                    cachefiles.write(self.root / name, text.encode("ascii"))
            secret = cachefiles.write_once(self.root / _SECRET, self.secret)
        return Store(self.root, secret)

    def _entries(self, identity: str, hook: str) -> Path:
        return self.root / "entries-v1" / identity / hook

    def _digests(self, root: Path) -> Path:
        name = hashlib.sha256(os.fsencode(root)).hexdigest()[:32]
        return self.root / "digests-v1" / f"{name}.json"


_SECRET = "secret"  # noqa: S105  the name of a file, not what it holds


def open_store(root: Path) -> Store:
    """Look at a cache folder without making anything.

    Raises:
        LbuildError: if it is no folder, or belongs to somebody else, or cannot be read.
    """
    with cachefiles.errors(root):
        try:
            status = root.stat()
        except FileNotFoundError:
            return Store(root, os.urandom(32))
        names = cachefiles.listing(root)
        # Another process may be making it just now.
        if "CACHEDIR.TAG" not in names and not all(_OWN_NAME.fullmatch(name) for name in names):
            message = (
                f"{root}: this folder holds other things than a cache. "
                "Name one that is empty or new with --cache-dir or LBUILD_CACHE_DIR."
            )
            raise LbuildError(message)
        if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
            message = (
                f"{root}: this cache folder belongs to another user (uid {status.st_uid}), who "
                "could put anything into it. Name another with --cache-dir or LBUILD_CACHE_DIR."
            )
            raise LbuildError(message)
        try:
            secret = (root / _SECRET).read_bytes()
        except FileNotFoundError:
            secret = os.urandom(32)
    return Store(root, secret)


def check_writable(store: Store) -> None:
    """Find out early whether results can be kept.

    Raises:
        LbuildError: if they cannot.
    """
    with cachefiles.errors(store.root):
        writable.check(store.root)


def identity_of(name: str | None) -> str:
    """The folder of a project's entries. A project without a static name shares one with others:
    keys tell them apart.
    """
    return name if name and len(name) < 128 and _NAME.fullmatch(name) else "unnamed"
