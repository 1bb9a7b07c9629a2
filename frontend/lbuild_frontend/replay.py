"""If this same command, run again, would do nothing: print again what it printed.

The cache has a record of each command line (``self_tracing.own_process`` writes it). It holds the
command that was parsed; and after a command that had nothing to do also the stat signatures of
everything that its decision depended on, and what it printed. If all of these are still the same,
that is printed again.

Every command runs this first, so only modules that the interpreter has built in are imported here.
Some facts are therefore stated here that other modules know as well; they take them from here, or
tests/unit/frontend/test_replay.py compares the two. No decision is made: whatever is doubtful, and
every error, leads to the normal way.
"""

import _imp
import _operator
import marshal
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TextIO

    from lbuild_frontend.model.replay_record import Layout, NoOpRun, Record, Signature

BUCKET = "replays-v1"
COUNTS = "counts-v1"
HITS, MISSES = "hits", "misses"
SECRET = "secret"  # noqa: S105  the name of a file, not what it holds
_FORMAT = 2
_STARTED = time.perf_counter()


def find(arguments: "Sequence[str]") -> "Record | None":
    """Find the record of a command line; None if this version of lbuild wrote none."""
    try:
        cache = cache_of(arguments)
        if cache is None or not (is_private(cache) and is_private(f"{cache}/{BUCKET}")):
            return None
        record: Record | None = unsealed(_read(path_of(cache, arguments)))
        return record if record is not None and _is_unchanged(record["lbuild"]) else None
    except Exception:  # whatever is wrong with a record, the normal way does without it
        return None


def replay_answer(record: "Record") -> bool:
    """Print again what a command printed, if it did nothing then and would do nothing now.

    Returns:
        Whether it was printed.
    """
    no_op = record["no_op"]
    try:
        if no_op is None or not (_holds(no_op) and _is_unchanged(no_op["layout"])):
            return False
        for path in no_op["used"]:
            _mark_used(path)
    except Exception:  # as above
        return False
    for _ in no_op["used"]:
        count(no_op["cache"], HITS)
    for descriptor, content in no_op["printed"]:
        _print(descriptor, _seconds() if content is None else content)
    return True


def _mark_used(path: str) -> None:
    try:
        os.utime(path)
    except FileNotFoundError:
        raise
    except OSError:
        pass  # a cache that cannot be written can be read


def cache_of(arguments: "Sequence[str]") -> "str | None":
    """Return where the cache should be, as far as the command line and variables determine it.

    It is what typer and platformdirs would return. If a command used another cache, because its
    project's settings name one, no record is written. None on Windows, where it cannot be checked
    whether a folder is private.
    """
    if os.name == "nt":
        return None
    named = os.environ.get("LBUILD_CACHE_DIR")
    for word, following in zip(arguments, [*arguments, None][1:], strict=True):
        if word in ("--no-cache", "--"):
            return None
        if word == "--cache-dir":
            named = following
        elif word.startswith("--cache-dir="):
            named = word[12:]
    if named:
        return os.path.abspath(named)
    usual = "~/Library/Caches" if sys.platform == "darwin" else "~/.cache"
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser(usual), "lbuild")


def path_of(cache: str, arguments: "Sequence[str]") -> str:
    """Return where the record of a command line is: by a keyed digest, as arguments may be secret.

    Raises:
        OSError: if the current folder is gone, a standard stream is closed, or there is no cache.
    """
    content = secret_of(cache) + ascii((cache, *_situation(arguments))).encode()
    return f"{cache}/{BUCKET}/{_digest(content, 1).hex()}{_digest(content, 2).hex()}"


def count(cache: str, what: str) -> None:
    """Count one more of ``HITS`` or ``MISSES``: each has a file, with a byte for each time.

    In a cache that cannot be written nothing is counted.
    """
    append = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NONBLOCK
    try:
        descriptor = os.open(f"{cache}/{COUNTS}/{what}", append, 0o600)
    except OSError:
        return
    try:
        os.write(descriptor, b".")
    except OSError:
        return  # on a full disk: the wheel is there all the same
    finally:
        os.close(descriptor)


_NONBLOCK: int = getattr(os, "O_NONBLOCK", 0)  # not to wait if it is a pipe, which is damage


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return file.read()


def _situation(arguments: "Sequence[str]") -> "tuple[object, ...]":
    """Return what a command line is told from others by, and what determines its output."""
    return (
        _FORMAT,
        tuple(arguments),
        os.getcwd(),
        __file__,
        tuple(sys.path),
        sys.executable,
        sys.version,
        tuple(sys.flags),
        sys.getfilesystemencoding(),
        os.uname()[4],  # the machine: setarch changes it, and what is built
        tuple(map(_kind_of_stream, (sys.stdout, sys.stderr))),
        tuple(sorted(os.environ)),
        # Parsed by the command line, as the arguments are.
        os.environ.get("LBUILD_CACHE_MODE"),
    )


def _kind_of_stream(stream: "TextIO | None") -> "tuple[str, int | None]":
    if stream is None:
        raise OSError
    columns = os.get_terminal_size(stream.fileno())[0] if stream.isatty() else None
    return stream.encoding, columns


def sealed(record: "Record") -> bytes:
    """Write a record as the content of its file: a digest, then data."""
    content = marshal.dumps(dict(record))
    return _digest(content) + content


def unsealed(content: bytes) -> "Any":
    """Read the record that was sealed; None if the content is damaged."""
    digest, data = content[:_DIGEST], content[_DIGEST:]
    return marshal.loads(data) if digest == _digest(data) else None


_DIGEST = 8


def _digest(content: bytes, key: int = 0) -> bytes:
    """Return a SipHash, as of bytecode files that are checked by their source (PEP 552).

    In a record it detects damage, not forgery: only the user can write to the folder.
    """
    return _imp.source_hash(key, content)


def digest_of_value(secret: bytes, name: str, value: str) -> bytes:
    """Return what is kept of a variable's value, which may be secret."""
    return _digest(secret + os.fsencode(f"{name}={value}"))


def secret_of(cache: str) -> bytes:
    """Read the key of digests in a cache.

    Raises:
        OSError: if there is none yet.
    """
    return _read(f"{cache}/{SECRET}")


def is_private(place: str) -> bool:
    """Whether a folder is the user's own, and nobody else can write to it."""
    status = os.stat(place)
    return is_own(status) and not is_writable_by_others(status)


def is_own(status: os.stat_result) -> bool:
    """Whether something belongs to the user."""
    return status.st_uid == os.geteuid()


def is_writable_by_others(status: os.stat_result) -> bool:
    """Whether the group or others can write to something."""
    return bool(status.st_mode & 0o022)


def signature_of(status: os.stat_result) -> "Signature":
    """Return what changes when a file does, or the names in a folder.

    The same as in ``lbuild_keys.observe.files``, which cannot be imported here.
    """
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def identity_of(status: os.stat_result) -> "Signature":
    """Return what changes when another folder is in the place of one, or its permissions do."""
    return (status.st_mode, status.st_dev, status.st_ino, status.st_uid)


def _holds(no_op: "NoOpRun") -> bool:
    """Whether day, variables and the entries that were read are the same as then."""
    if not no_op["since"] <= time.time() < no_op["until"]:
        return False
    secret = secret_of(no_op["cache"])
    for name, digest in no_op["variables"].items():
        value = os.environ.get(name)
        if digest != (None if value is None else digest_of_value(secret, name, value)):
            return False
    for folder, name, index in no_op["named"]:
        value = os.environ[name]
        if not _is_absent(os.lstat, os.path.join(folder, (value, *value.split())[index])):
            return False
    for path, size, inode in no_op["entries"]:
        status = os.stat(path)
        if (status.st_size, status.st_ino) != (size, inode):
            return False
    return True


def _is_unchanged(then: "Layout") -> bool:
    """Whether all paths are as they were.

    Raises:
        OSError: if something is gone, or cannot be looked at.
    """
    blocks = then["files"]
    return (
        (_are_same_in_processes(blocks) if len(blocks) > 1 else all(map(_are_same, blocks)))
        and all(signature_of(os.stat(path)) == was for path, was in then["followed"])
        and all(identity_of(os.stat(path)) == was for path, was in then["places"])
        and all(_is_absent(os.lstat, path) for path in then["absent"])
        and all(_is_absent(os.stat, path) for path in then["dangling"])
    )


def mark_of(signatures: "tuple[Signature, ...]") -> bytes:
    """Return a digest of the signatures in a folder: of 2**64 edits one goes unnoticed.

    ``hash`` is the same for numbers that are 2**61-1 apart.
    """
    return _digest(marshal.dumps(signatures, 2))  # version 2 does not tell shared objects apart


def _are_same(block: bytes) -> bool:
    for folder, names, mark in marshal.loads(block):
        found = map(os.lstat, [b"%b/%b" % (folder, name) for name in names])
        if mark_of(tuple(map(_signature_of, found))) != mark:
            return False
    return True


def _are_same_in_processes(blocks: "Sequence[bytes]") -> bool:
    """Do the same as ``_are_same`` for many blocks, in other processes at the same time."""
    count = min(len(blocks), os.cpu_count() or 1, 4)
    children, same, answered = [], True, True
    try:
        for start in range(count):
            child = os.fork()
            if child == 0:
                try:
                    os._exit(0 if all(map(_are_same_where_they_are, blocks[start::count])) else 1)
                finally:
                    os._exit(1)
            children.append(child)
        for child in children:
            _, status = os.waitpid(child, 0)
            same = same and status == 0
    except OSError:
        # There are no more processes, or nobody is told how one ends, because SIGCHLD is ignored.
        answered = False
    return same and (answered or all(map(_are_same, blocks)))


def _are_same_where_they_are(block: bytes) -> bool:
    """Do the same, faster, in a process that needs its current folder no more."""
    for folder, names, mark in marshal.loads(block):
        os.chdir(folder)  # a path relative to it is looked up faster
        if mark_of(tuple(map(_signature_of, map(os.lstat, names)))) != mark:
            return False
    return True


_signature_of = _operator.attrgetter("st_size", "st_mtime_ns", "st_ctime_ns", "st_ino")
"""The same as ``signature_of``, without a call of a Python function."""


def _is_absent(look: "Callable[[str], os.stat_result]", path: str) -> bool:
    try:
        look(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    return False


def _seconds() -> bytes:
    return f"{time.perf_counter() - _STARTED:.3f}".encode()


def _print(descriptor: int, content: bytes) -> None:
    """Write all of it; if that fails, end the command as ``commands.boundary`` would."""
    try:
        while content:
            content = content[os.write(descriptor, content) :]
    except OSError as error:
        if descriptor == 2:
            return  # it cannot be reported anywhere
        if isinstance(error, BrokenPipeError):
            sys.exit(BROKEN_PIPE)
        print(f"error: {unwritable(error)}", file=sys.stderr)
        sys.exit(2)


def unwritable(error: OSError) -> str:
    """Return the message on output that cannot be written."""
    return f"cannot write to standard output ({error.strerror})."


BROKEN_PIPE = 128 + 13
"""The exit code of ``errors.BrokenPipe``, which cannot be imported here."""
