"""The objects that ``lbuild cache`` prints with ``--json``, as types.

``output.cache`` makes them. They are imported to check types and to write the JSON Schema only.
"""

from typing import TypedDict

from lbuild_frontend.maintenance.inventory import Kind


class CacheDirRow(TypedDict):
    """The object of ``cache dir``.

    Attributes:
        dir: the folder of the cache that is used here, absolute; it may not exist yet.
    """

    dir: str


class BucketRow(TypedDict):
    """What is in a bucket: a folder in the cache for things of one sort.

    Attributes:
        files: how many there are.
        size: of all of them, in bytes.
    """

    files: int
    size: int


class PrunableRow(TypedDict):
    """What ``cache prune`` would remove.

    Attributes:
        items: how many there are of each kind.
        size: of all of them, in bytes.
    """

    items: dict[Kind, int]
    size: int


class CacheInfoRow(TypedDict):
    """The object of ``cache info``.

    Attributes:
        dir: the folder of the cache, absolute.
        size: of all files, in bytes.
        limit: how much may be in the cache, in bytes; null without a limit.
        generations: how many entries each folder of a project may have; null without a limit.
        entries: how many results there are.
        projects: how many projects these are of.
        hits: how many requests for a result were answered from the cache.
        misses: how many were not.
        buckets: by name, what is in each bucket.
        prunable: what ``cache prune`` would remove.
        other_versions: the paths of what is of another version of lbuild, and kept.
    """

    dir: str
    size: int
    limit: int | None
    generations: int | None
    entries: int
    projects: int
    hits: int
    misses: int
    buckets: dict[str, BucketRow]
    prunable: PrunableRow
    other_versions: list[str]


class CacheListRow(TypedDict):
    """An object of ``cache list``: a result in the cache.

    Attributes:
        name: of the distribution.
        version: of the distribution.
        hook: whose result it is.
        tag: the compatibility tag of a wheel; of another result, what it is.
        file: the file name of the result.
        size: of the result, in bytes.
        sha256: the SHA-256 of the result, hexadecimal.
        key: the digest of its inputs, hexadecimal; null if it is not reused.
        inputs: which inputs counted: ``traced``, ``tree`` or ``declared``.
        built: when it was built, by ISO 8601 in UTC.
        used: when it was last used, by ISO 8601 in UTC.
        project: the folder of the project, or the archive.
        because: why it was built, as sentences, the first of many; null if that is not known.
    """

    name: str
    version: str
    hook: str
    tag: str
    file: str
    size: int
    sha256: str
    key: str | None
    inputs: str
    built: str
    used: str
    project: str
    because: list[str] | None


class NotRemovedRow(TypedDict):
    """Something that could not be removed.

    Attributes:
        path: where it is.
        problem: why not.
    """

    path: str
    problem: str


class CacheRemovedRow(TypedDict):
    """The object of ``cache remove``, ``cache clean`` and ``cache prune``.

    Attributes:
        dir: the folder of the cache, absolute.
        removed: how many things were removed, of each kind.
        size: of all of them, in bytes.
        in_use: the paths of what other processes use, and is kept.
        other_versions: the paths of what is of another version of lbuild, and kept.
        stuck: what could not be removed.
    """

    dir: str
    removed: dict[Kind, int]
    size: int
    in_use: list[str]
    other_versions: list[str]
    stuck: list[NotRemovedRow]


class CacheDamageRow(TypedDict):
    """An object of ``cache verify``: something that is damaged.

    Attributes:
        path: where it is.
        problem: what is wrong with it.
        removed: whether it was removed.
    """

    path: str
    problem: str
    removed: bool
