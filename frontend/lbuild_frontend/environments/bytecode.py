"""The bytecode in kept environments: what builds have left there, so that no other is trusted.

Python takes bytecode for that of its source if the time and the size in it are the source's, and
looks at nothing else: damaged bytecode would run. So what lies in ``__pycache__`` at the end of a
build is recorded, by sizes and times, with a digest of all of it. Before the next one, what has
another size or time is removed, what a killed build has left included; Python makes it anew.
Contents are read by ``damaged`` only.
"""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache.sealed import RecordError, seal, unseal
from lbuild_frontend.disk import atomic
from lbuild_frontend.environments import contents
from lbuild_frontend.environments.kept import Bucket, Made

Lock = Callable[[], AbstractContextManager[object]]
"""Holds off other changes to the cache: ``Store.exclusive``."""


def clear(bucket: Bucket, made: Made, lock: Lock) -> list[Path]:
    """Remove what is not as a build has left it; return what was damaged of that.

    Raises:
        OSError: if that cannot be.
        LbuildError: if the lock cannot be had.
    """
    folder = bucket.root / made.folder
    if contents.bytecode(folder) == _known(bucket, made)[0]:
        return []
    with lock():
        known, broken = _known(bucket, made)
        seen = contents.bytecode(folder)
        strange = [path for path in seen if known.get(path) != seen[path]]
        for path in (*broken, *(folder / name for name in strange)):
            atomic.remove(path)
        return [*broken, *(folder / path for path in strange if path in known)]


def keep(bucket: Bucket, made: Made, lock: Lock) -> None:
    """Record what lies there at the end of a build.

    Raises:
        OSError: if that cannot be.
        LbuildError: if the lock cannot be had.
    """
    folder = bucket.root / made.folder
    if contents.bytecode(folder) != _known(bucket, made)[0]:
        with lock():
            seen = contents.bytecode(folder)
            content = seal([seen, _digest(folder, seen)])
            cache_files.write(bucket.bytecode_path(made.folder), content)


def damaged(bucket: Bucket, made: Made) -> list[Path]:
    """What was changed since it was recorded.

    Raises:
        OSError: if it cannot be looked at.
    """
    folder = bucket.root / made.folder
    known, broken = _known(bucket, made)
    seen = contents.bytecode(folder)
    changed = [folder / path for path in seen if known.get(path, seen[path]) != seen[path]]
    if known and not changed and known.keys() <= seen.keys():
        _, digest = _recorded(bucket, made)
        changed = [folder] if _digest(folder, known) != digest else []
    return [*broken, *changed]


def _known(bucket: Bucket, made: Made) -> tuple[dict[str, list[int]], list[Path]]:
    """What was recorded; and the record, if that is damaged."""
    try:
        return _recorded(bucket, made)[0], []
    except FileNotFoundError:
        return {}, []
    except (OSError, RecordError, ValueError, TypeError):
        return {}, [bucket.bytecode_path(made.folder)]


def _recorded(bucket: Bucket, made: Made) -> tuple[dict[str, list[int]], str]:
    known, digest = unseal(bucket.bytecode_path(made.folder).read_bytes())
    return dict(known), str(digest)


def _digest(folder: Path, paths: Iterable[str]) -> str:
    total = hashlib.sha256()
    for path in sorted(paths):
        with (folder / path).open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()
