"""The state of a file: its content, its executable bit, and where it points if it is a link.

A file is read only if its stat signature is not known. Signatures are trusted as git trusts its
index: only if the file was last changed well before the moment at which its digest was taken, so
that an edit within the clock's granularity cannot hide behind an equal signature.
"""

import errno
import hashlib
import os
import re
import stat
import time
from collections.abc import Mapping

from lbuild_keys.model import ABSENT, State, present, unreadable

Signature = tuple[int, int, int, int]
"""Size in bytes, modification and change time in nanoseconds, inode number."""

GRANULARITY = 2_000_000_000
"""Nanoseconds: the coarsest time stamps of a file system in use (FAT counts in steps of 2 s)."""

_ATTEMPTS = 3
_EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
"""Any of these makes an installer set the bit (pip, installer)."""


KnownNames = tuple[Signature, Mapping[str, str]]
"""The stat signature of a folder, and the names that it then had, with their types."""


class Digests:
    """Known digests of files, and known names in folders, by absolute path.

    Attributes:
        loaded: signatures and digests from earlier commands.
        looked_at: those that were used or computed since, to be stored for later commands.
        loaded_names: signatures of folders, and names in them, from earlier commands.
        listed: those that were used or found since.
    """

    def __init__(
        self,
        loaded: Mapping[str, tuple[Signature, str]] | None = None,
        looked_at: dict[str, tuple[Signature, str]] | None = None,
        loaded_names: Mapping[str, KnownNames] | None = None,
    ) -> None:
        """Begin with what is known from earlier; nothing that is given is copied."""
        self.loaded = {} if loaded is None else loaded
        self.looked_at = {} if looked_at is None else looked_at
        self.loaded_names = {} if loaded_names is None else loaded_names
        self.listed: dict[str, KnownNames] = {}

    @property
    def has_news(self) -> bool:
        """Whether enough differs from what was loaded to store it: more than one in a hundred.

        Otherwise it takes less time to read these few files again.
        """
        changes = _differences(self.looked_at, self.loaded)
        changes += _differences(self.listed, self.loaded_names)
        return changes > (len(self.loaded) + len(self.loaded_names)) // 100

    def find(self, path: str, signature: Signature) -> str | None:
        """Return the SHA-256 of the content (hexadecimal), if it is known for this signature."""
        known = self.looked_at.get(path) or self.loaded.get(path)
        if known is None or known[0] != signature:
            return None
        self.looked_at[path] = known
        return known[1]

    def learn(self, path: str, signature: Signature, digest: str, taken_at: int) -> None:
        """Store a digest, unless the file changed shortly before ``taken_at`` (nanoseconds)."""
        if is_settled(signature, taken_at):
            self.looked_at[path] = (signature, digest)

    def names_of(self, folder: str, signature: Signature) -> Mapping[str, str] | None:
        """Return the names in a folder, if they are known for this signature."""
        known = self.listed.get(folder) or self.loaded_names.get(folder)
        if known is None or known[0] != signature:
            return None
        self.listed[folder] = known
        return known[1]

    def learn_names(
        self, folder: str, signature: Signature, names: Mapping[str, str], taken_at: int
    ) -> None:
        """Store the names in a folder, unless it changed shortly before ``taken_at``."""
        if is_settled(signature, taken_at):
            self.listed[folder] = (signature, names)


def _differences(now: Mapping[str, object], then: Mapping[str, object]) -> int:
    if now == then:
        return 0
    same = sum(then.get(path) == known for path, known in now.items())
    return len(now) + len(then) - 2 * same


def is_settled(signature: Signature, taken_at: int) -> bool:
    """Whether each change after ``taken_at`` (nanoseconds) gives another signature."""
    _, modified, changed, _ = signature
    return max(modified, changed) + GRANULARITY < taken_at


def signature_of(status: os.stat_result) -> Signature:
    """The part of a stat result that changes when the content of a file does."""
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def last_change(path: str) -> Signature | None:
    """The stat signature of a path, which changes when it is written; None if it is gone."""
    try:
        return signature_of(os.stat(path))
    except OSError:
        return None


def observe(path: str, digests: Digests) -> State:
    """Return the state of whatever is at ``path``, which may be absolute or relative.

    Regular files: ``SHA-256[+x][ -> LINK]``; ``directory`` and the names of other file types
    are used as they are. A dangling link is present, because its target may appear.
    """
    try:
        status = os.lstat(path)
        link = ""
        if stat.S_ISLNK(status.st_mode):
            link = f" -> {os.readlink(path)}"
            try:
                status = os.stat(path)
            except OSError as error:
                if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                    raise
                return present(f"dangling link{link}")
        if not stat.S_ISREG(status.st_mode):
            return present(f"{_type_of(status)}{link}")
        executable = "+x" if is_executable(status) else ""
        return present(f"{digest(path, status, digests)}{executable}{link}")
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    except OSError as error:
        return unreadable(error.strerror or str(error))
    except ValueError as error:  # a null character, from a declaration
        return unreadable(str(error))


def look(path: str) -> State:
    """Return the state of ``path`` without its content: type, executable bit, link.

    Size and times do not count, because code that does not read a file asks whether it is there.
    """
    try:
        status = os.lstat(path)
        if os.path.basename(path) in REPOSITORIES:
            return present("repository")
        if not stat.S_ISLNK(status.st_mode):
            return present(_seen_as(status))
        link = f" -> {os.readlink(path)}"
        try:
            return present(f"{_seen_as(os.stat(path))}{link}")
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                raise
            return present(f"dangling link{link}")
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    except OSError as error:
        return unreadable(error.strerror or str(error))
    except ValueError as error:  # a null character
        return unreadable(str(error))


def _seen_as(status: os.stat_result) -> str:
    if not stat.S_ISREG(status.st_mode):
        return _type_of(status)
    return "executable file" if is_executable(status) else "file"


def is_regular_file(state: State) -> bool:
    """Whether a state that ``observe`` or ``look`` returned is of a file, or of a link to one."""
    seen = state.detail.partition(" -> ")[0]
    return state.presence == "present" and _REGULAR.fullmatch(seen) is not None


_REGULAR = re.compile(r"(executable )?file|[0-9a-f]{64}(\+x)?")


def is_executable(status: os.stat_result) -> bool:
    """Whether an installer would set the executable bit of a file."""
    return status.st_mode & _EXECUTABLE != 0


REPOSITORIES = frozenset({".git", ".hg", ".svn", ".bzr"})
"""Names of repositories of version control. In a linked work tree ``.git`` is a file."""


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether a directory entry is a folder, or a link to one.

    Raises:
        OSError: it cannot be determined.
    """
    try:
        return entry.is_dir()
    except OSError as error:
        # A link that leads to itself, or through a file, leads to no folder.
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            return False
        raise


def is_top(folder: str) -> bool:
    """Whether a path leads to the top of the file system.

    Nobody wants all of it as input: to look at each file takes hours, and some files have no end.
    """
    try:
        return os.path.samestat(os.stat(folder), os.stat(os.path.join(folder, os.pardir)))
    except (OSError, ValueError):
        return False


ALL_OF_IT = "it is the root of the file system"
"""Why the files in there are unknown."""


def _type_of(status: os.stat_result) -> str:
    if stat.S_ISDIR(status.st_mode):
        return "directory"
    # A pipe, a socket or a device has no content to compare, and reading it may never end.
    return f"special file of type {stat.S_IFMT(status.st_mode):o}"


def digest(path: str, status: os.stat_result, digests: Digests) -> str:
    """Return the SHA-256 of the content of a regular file.

    Args:
        path: where it is.
        status: of the file, just looked at.
        digests: known digests; the one that is made is added.

    Raises:
        OSError: if it cannot be read.
    """
    before = signature_of(status)
    known = digests.find(path, before)
    if known is not None:
        return known
    if status.st_size > _LARGEST:
        message = "it is larger than a tebibyte"
        raise OSError(errno.EFBIG, message)
    for _ in range(_ATTEMPTS):
        taken_at = time.time_ns()
        descriptor = os.open(path, _READING)
        try:
            found = _sha256(descriptor, before[0])
            after = signature_of(os.fstat(descriptor))
        finally:
            os.close(descriptor)
        # Also unless another file has taken its place since it was looked at.
        if before == after:
            digests.learn(path, after, found, taken_at)
            return found
        before = after
    message = "it kept changing while it was read"
    raise OSError(0, message)


def _sha256(descriptor: int, size: int) -> str:
    """The SHA-256 of a file's content; OSError if it has no end, or is not there yet.

    ``hashlib.file_digest`` could loop forever: files of the kernel (/proc) report any size, and a
    pipe may have replaced the file.
    """
    read = 0
    try:
        if 0 < size < _PART:
            # Most files: to ask for more than it has shows that this is all.
            part = os.read(descriptor, size + 1)
            read = len(part)
            digest = hashlib.sha256(part)
            if read == size:
                return digest.hexdigest()
        else:
            digest = hashlib.sha256()
        while part := os.read(descriptor, _PART):
            digest.update(part)
            read += len(part)
            if read > size + _BEYOND:
                message = "it has no end"
                raise OSError(errno.EFBIG, message)
    except BlockingIOError as error:
        message = "it has no content yet"
        raise OSError(errno.EAGAIN, message) from error
    return digest.hexdigest()


_PART = 2**18


_LARGEST = 2**40
_BEYOND = 2**26
"""Bytes. Files of the kernel report that they are empty (most of /proc), or huge (/proc/kcore)."""

_READING: int = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Not blocking, in case a pipe has taken the file's place since it was looked at."""
