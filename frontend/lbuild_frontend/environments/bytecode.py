"""Trusts no bytecode in kept environments but what builds left there.

Python uses bytecode if the time and the size that it records are those of its source, and checks
nothing else: damaged bytecode would run. So at the end of a build the sizes and times of all files
in ``__pycache__`` are recorded, with a digest of their content. Before the next build, files with
another size or time are removed, such as those that a killed build left; Python makes them again.
Only ``find_damage`` reads the content.
"""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache.sealed import RecordError, seal, unseal
from lbuild_frontend.disk import atomic
from lbuild_frontend.environments import contents
from lbuild_frontend.environments.kept import EnvironmentRecord, KeptEnvironments

Lock = Callable[[], AbstractContextManager[object]]
"""Makes a context in which no other process changes the cache (``Store.exclusive``)."""

_Known = dict[str, list[int]]
"""Size and time of files (``contents.bytecode``), by path relative to the environment."""


def remove_untrusted(bucket: KeptEnvironments, record: EnvironmentRecord, lock: Lock) -> list[Path]:
    """Remove the bytecode that is not as the last build left it.

    Returns:
        What was recorded and has changed, or was damaged: not what is merely new.

    Raises:
        OSError: if it cannot be removed.
        LbuildError: if the lock cannot be taken.
    """
    folder = bucket.root / record.folder
    if contents.bytecode(folder) == _known(bucket, record)[0]:
        return []
    with lock():
        known, broken = _known(bucket, record)
        seen = contents.bytecode(folder)
        strange = [path for path in seen if known.get(path) != seen[path]]
        for path in (*broken, *(folder / name for name in strange)):
            atomic.remove(path)
        return [*broken, *(folder / path for path in strange if path in known)]


def record_all(bucket: KeptEnvironments, record: EnvironmentRecord, lock: Lock) -> None:
    """Record all bytecode that is in an environment at the end of a build.

    Raises:
        OSError: if it cannot be read, or the record cannot be written.
        LbuildError: if the lock cannot be taken.
    """
    folder = bucket.root / record.folder
    if contents.bytecode(folder) != _known(bucket, record)[0]:
        with lock():
            seen = contents.bytecode(folder)
            content = seal([seen, _digest(folder, seen)])
            cache_files.write(bucket.bytecode_path(record.folder), content)


def find_damage(bucket: KeptEnvironments, record: EnvironmentRecord) -> list[Path]:
    """Find the bytecode that was changed since it was recorded.

    Raises:
        OSError: if it cannot be read.
    """
    folder = bucket.root / record.folder
    known, broken = _known(bucket, record)
    seen = contents.bytecode(folder)
    changed = [folder / path for path in seen if known.get(path, seen[path]) != seen[path]]
    if known and not changed and known.keys() <= seen.keys():
        _, digest = _read(bucket, record)
        changed = [folder] if _digest(folder, known) != digest else []
    return [*broken, *changed]


def _known(bucket: KeptEnvironments, record: EnvironmentRecord) -> tuple[_Known, list[Path]]:
    """Return what was recorded, and the path of the file with that if it is damaged."""
    try:
        return _read(bucket, record)[0], []
    except FileNotFoundError:
        return {}, []
    except (OSError, RecordError, ValueError, TypeError):
        return {}, [bucket.bytecode_path(record.folder)]


def _read(bucket: KeptEnvironments, record: EnvironmentRecord) -> tuple[_Known, str]:
    known, digest = unseal(bucket.bytecode_path(record.folder).read_bytes())
    return dict(known), str(digest)


def _digest(folder: Path, paths: Iterable[str]) -> str:
    total = hashlib.sha256()
    for path in sorted(paths):
        with (folder / path).open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()
