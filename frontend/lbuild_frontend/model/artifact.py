"""A checked result of a hook: a wheel, or the metadata that it would have."""

from collections.abc import Mapping
from typing import NamedTuple

from lbuild_keys.content import Content

Known = Mapping[tuple[str, str], tuple[str, str]]
"""Results that were checked before: by file name and SHA-256 of METADATA (hexadecimal), the name
and the version of the distribution."""

NOTHING_KNOWN: Known = {}


class Artifact(NamedTuple):
    """A checked result of a hook.

    Attributes:
        file: name of the file.
        name: of the distribution, as its metadata spells it.
        version: likewise.
        content: of the file.
        content_digest: SHA-256 of what the file contains, without time stamps, hexadecimal.
        metadata: the content of the METADATA file (core metadata specifications).
    """

    file: str
    name: str
    version: str
    content: Content
    content_digest: str
    metadata: bytes
