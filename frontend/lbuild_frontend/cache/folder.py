"""A cache folder: what makes a folder a cache, whose it has to be, and the secret in it."""

import contextlib
import errno
import os
from pathlib import Path

from lbuild_frontend import replay
from lbuild_frontend.cache import buckets
from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache.sealed import RecordError, seal, unseal
from lbuild_frontend.cache.store import Store
from lbuild_frontend.disk import atomic, writable
from lbuild_frontend.errors import CacheError
from lbuild_frontend.model.reporter import Reporter

_SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55"
_OWN_TAG = b"# This folder is a cache of lbuild. See https://bford.info/cachedir/\n"
_README = b"""\
This folder is the cache of lbuild, a frontend for Python build backends. It can be removed at any
time: what is needed will be built again.
"""


def _is_own(name: str) -> bool:
    """Whether some version of lbuild puts something of this name into a cache."""
    is_temporary = atomic.TEMPORARY.fullmatch(name) is not None
    return name in buckets.FILES or buckets.is_known(name) or is_temporary


def open_store(root: Path) -> Store:
    """Look at a cache folder without making anything.

    Raises:
        LbuildError: if it is not a folder, or others could write to it, or it cannot be read.
    """
    with cache_files.explained_errors(root):
        try:
            status = root.stat()
        except FileNotFoundError:
            return Store(root, os.urandom(32))
        _check_owner(root, status)
        if not _is_cache(root, {path.name for path in root.iterdir()}):
            message = (
                f"{root}: this folder has files that do not belong to a cache. "
                "Choose an empty or new folder with --cache-dir or LBUILD_CACHE_DIR."
            )
            raise CacheError(message)
        _check_mode(root, status)  # last: what it says to do would be wrong for other folders
        return Store(root, _secret(root) or os.urandom(32))


def _is_cache(root: Path, names: set[str]) -> bool:
    """Whether a folder is lbuild's cache, or may become one, because nothing else is in it."""
    if _OWN_TAG in _content(root / buckets.TAG):
        return True
    if not all(map(_is_own, names)):
        return False
    # Without buckets another process may be making it just now; it makes the tag first.
    return any(map(buckets.parse_name, names)) or names.isdisjoint((buckets.README, replay.SECRET))


def check_private(cache: Store) -> None:
    """Check again whose the folder is: it may have been replaced since it was opened.

    Raises:
        LbuildError: if others could write to it.
    """
    root = cache.place
    with cache_files.explained_errors(root), contextlib.suppress(FileNotFoundError):
        status = root.stat()
        _check_owner(root, status)
        _check_mode(root, status)


# A process that can write to the cache decides what lbuild delivers. On Windows owner and mode mean
# nothing; there a user's folders are private.


def _check_owner(root: Path, status: os.stat_result) -> None:
    """Refuse a folder that belongs to another user.

    Raises:
        LbuildError: if it does.
    """
    if os.name != "nt" and not replay.is_own(status):
        import shlex  # only to say what to do

        message = (
            f"{root}: this cache folder belongs to another user (uid {status.st_uid}), who could "
            "have changed its content. Choose another with --cache-dir or LBUILD_CACHE_DIR; or, if "
            f"you trust its content, run: sudo chown -R {os.geteuid()} {shlex.quote(str(root))}"
        )
        raise CacheError(message)


def _check_mode(root: Path, status: os.stat_result) -> None:
    """Refuse a folder that others could write to.

    Raises:
        LbuildError: if they could.
    """
    if os.name != "nt" and replay.is_writable_by_others(status):
        import shlex  # likewise

        message = (
            f"{root}: other users can write to this cache folder and may have changed its "
            "content. Remove it, or check its content and run: chmod -R go-w "
            f"{shlex.quote(str(root))}"
        )
        raise CacheError(message)


def check_writable(cache: Store) -> None:
    """Check before a build whether its result can be kept.

    Raises:
        LbuildError: if they cannot.
    """
    with cache_files.explained_errors(cache.root):
        writable.check(cache.root)


def ready(cache: Store, reporter: Reporter) -> tuple[Store, str | None]:
    """Prepare a cache for writing; one that exists and cannot be written is only read.

    Returns:
        The cache; and why it cannot be written, for messages, if nobody asked for that.

    Raises:
        LbuildError: if it does not exist and cannot be made.
    """
    if cache.is_read_only:
        return cache, None
    try:
        check_writable(cache)
        return prepared(cache, reporter), None
    except CacheError as error:
        if not cache.root.is_dir():
            raise
        problem = getattr(error.__cause__, "strerror", None) or str(error)
        return cache._replace(is_read_only=True), problem


def problem_of_writing(cache: Store) -> str | None:
    """Find out why nothing can be written to a cache, by writing; None if something can be.

    Nothing is left. It would be found out anyway, but only after the build.
    """
    import tempfile  # brings random; only before a build

    try:
        for bucket in filter(os.path.isdir, (cache.root / name for name in buckets.ALL)):
            writable.check(bucket)
        with tempfile.TemporaryFile(dir=cache.root) as file:
            file.write(bytes(_BLOCK))
    except OSError as error:
        return error.strerror or str(error)
    return None


_BLOCK = 4096
"""Bytes that a disk with any room at all has room for."""


def prepared(cache: Store, reporter: Reporter) -> Store:
    """Make the folder a cache, private to the user; return it with its secret.

    Raises:
        LbuildError: if it cannot be written.
    """
    root = cache.root
    with cache_files.explained_errors(root):
        cache_files.make_folder(root)
        for path in _misplaced(root):
            if atomic.remove(path):
                reporter.warn(f"{path} is not a folder and was removed from the cache")
        if not _has_tag(root):
            _complain(
                root / buckets.TAG, "without it, backup programs do not recognise a cache", reporter
            )
            cache_files.write(root / buckets.TAG, _SIGNATURE + b"\n" + _OWN_TAG)
        if not (root / buckets.README).is_file():
            cache_files.write(root / buckets.README, _README)
        secret = _secret(root)
        if secret is not None:
            return Store(root, secret)
        with cache.exclusive(reporter.note):
            secret = _secret(root)  # another process may have made it
            if secret is None:
                why = "builds that depend on variables or config settings will run once more"
                _complain(root / replay.SECRET, why, reporter)
                cache_files.write(root / replay.SECRET, seal(cache.secret.hex()))
    return Store(root, secret or cache.secret)


def _misplaced(root: Path) -> list[Path]:
    """Return what is in the place of a bucket, and is not a folder.

    Raises:
        OSError: if the cache cannot be looked at.
    """
    paths = (root / name for name in cache_files.listing(root) if name in buckets.ALL)
    return [path for path in paths if os.path.lexists(path) and not path.is_dir()]


def damaged(root: Path) -> list[Path]:
    """Return those files beside the buckets that are damaged."""
    found = []
    if os.path.lexists(root / buckets.TAG) and not _has_tag(root):
        found.append(root / buckets.TAG)
    if os.path.lexists(root / replay.SECRET) and _secret(root) is None:
        found.append(root / replay.SECRET)
    return found


def _complain(path: Path, consequence: str, reporter: Reporter) -> None:
    if os.path.lexists(path):
        reporter.warn(f"{path} was damaged and has been written again; {consequence}.")


def _has_tag(root: Path) -> bool:
    return _content(root / buckets.TAG).startswith(_SIGNATURE)


def _secret(root: Path) -> bytes | None:
    """Read the key of digests in a cache; None if there is none, or it is damaged.

    Raises:
        OSError: if it cannot be read.
    """
    try:
        return bytes.fromhex(unseal(_content(root / replay.SECRET)))
    except (RecordError, ValueError, TypeError):
        return None


def _content(path: Path) -> bytes:
    """Read a file; it counts as empty if it is missing, or something else is in its place.

    Raises:
        OSError: if it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        # Reading a folder is "not permitted" on Windows, and has an error of its own elsewhere.
        if path.is_dir() or error.errno == errno.ELOOP:  # a link to itself
            return b""
        raise
