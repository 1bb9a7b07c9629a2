"""Every bucket of a cache: its name and version, what is in it, and by which file names.

A bucket is a folder of the cache. A format that older versions of lbuild cannot read gets a new
version, and with it a new folder, so that no version reads what another one wrote in a new format.
The names that ``replay`` needs are stated there, because it imports no module of lbuild.
"""

import re
from typing import NamedTuple

from lbuild_frontend import replay
from lbuild_frontend.model import hook as hooks


class Bucket(NamedTuple):
    """A folder of the cache.

    Attributes:
        name: what it holds, and the version of its format.
        content: a regular expression for the names of what is kept in it.
        folders: likewise for the folders between the bucket and its content, the outermost first.
        is_derived: whether the content only saves time: a decision without it is the same.
    """

    name: str
    content: str
    folders: tuple[str, ...] = ()
    is_derived: bool = False


SHA256 = r"[0-9a-f]{64}"

PROJECT = r"[a-z0-9][a-z0-9-]*"
"""The normalised name of a project."""

ENTRIES = Bucket("entries-v1", r"(?s)[^.].*\.json", folders=(PROJECT, hooks.NAME_PATTERN))
"""The results of hooks, a file for each: ``entry``."""

BLOBS = Bucket("blobs-v1", SHA256, folders=(r"[0-9a-f]{2}",))
"""Wheels, metadata and snapshots, by their SHA-256, in folders by its first two digits."""

ENVIRONMENTS = Bucket("environments-v1", r"env-[\w-]+")
"""Build environments, a folder for each: ``environments.kept``."""

_ENVIRONMENT_RECORD = r"[0-9a-f]{32,64}\.json"
REQUESTS = Bucket("requests", _ENVIRONMENT_RECORD)
"""Beside the environments: by what was asked for, the identity of the environment."""

RECORDS = Bucket("records", _ENVIRONMENT_RECORD)
"""Beside the environments: by identity, the folder and the digest of its content."""

BYTECODE = Bucket("bytecode", rf"{ENVIRONMENTS.content}\.json")
"""Beside the environments: by folder, what is known of the bytecode in it."""

USES = Bucket("uses", r"(?s).*\.lock")
"""Beside the environments: the locks of the processes that use one."""

BESIDE_ENVIRONMENTS = (BYTECODE, RECORDS, REQUESTS, USES)

DIGESTS = Bucket("digests-v2", r"[0-9a-f]{32}\.json", is_derived=True)
"""Stat signature -> content digest, or names in a folder; a file for each project folder."""

REPLAYS = Bucket(replay.BUCKET, r"[0-9a-f]{32}", is_derived=True)
"""Known command lines: ``replay``."""

COUNTS = Bucket(replay.COUNTS, f"{replay.HITS}|{replay.MISSES}", is_derived=True)
"""How often the cache had a result, and how often it had none; and the size account."""

SIZE_ACCOUNT = "size.json"
"""The file of the size account (``size_account``), in ``COUNTS``."""

LOGS = Bucket("logs-v1", r"[a-z0-9-]+_[a-z_]+-[0-9a-f]{16}\.log", is_derived=True)
"""What failed builds printed, for each project folder and hook the last: ``builds.failure_log``."""

PRODUCTS = Bucket("products-v1", r"[0-9a-f]{32}(\.json)?")
"""What builds made in a project folder, a file for each; what is taken away during a build, a
folder for each: ``products``."""

COMMANDS = Bucket("commands-v1", r"[0-9a-f]{32}", is_derived=True)
"""What compilers made, a folder for each project folder: ``commands``."""

LOCKS = Bucket("locks-v1", r"(?s).*\.lock", is_derived=True)
"""Locks that all lbuild processes respect: ``locks``."""

ALL = {
    bucket.name: bucket
    for bucket in (
        *(ENTRIES, BLOBS, ENVIRONMENTS, DIGESTS, REPLAYS, COUNTS, LOGS, PRODUCTS, COMMANDS),
        LOCKS,
    )
}
"""The buckets of this version of lbuild, by name."""

TAG = "CACHEDIR.TAG"
"""Marks a cache for backup programs (https://bford.info/cachedir/)."""

README = "README"
"""Describes the folder to people."""

FILES = (TAG, README, replay.SECRET)
"""The files beside the buckets, which every cache has."""

_VERSIONED = re.compile(r"([a-z]+)-v([0-9]{1,9})")


def parse_name(name: str) -> tuple[str, int] | None:
    """Split the name of a bucket of any version of lbuild.

    Returns:
        What it holds, and the version; None for any other name.
    """
    found = _VERSIONED.fullmatch(name)
    return (found[1], int(found[2])) if found else None


_VERSIONS = dict(filter(None, map(parse_name, ALL)))


def is_known(name: str) -> bool:
    """Whether a bucket holds what this version of lbuild keeps as well, in any version of it."""
    parsed = parse_name(name)
    return parsed is not None and parsed[0] in _VERSIONS


def is_older(name: str) -> bool:
    """Whether a bucket holds what an earlier version of lbuild kept."""
    parsed = parse_name(name)
    return parsed is not None and parsed[1] < _VERSIONS.get(parsed[0], 0)
