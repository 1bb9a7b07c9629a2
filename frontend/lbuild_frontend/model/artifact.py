"""What a hook made, once it was checked: a wheel, or the metadata that it would have."""

from collections.abc import Mapping
from dataclasses import dataclass

Known = Mapping[tuple[str, str], tuple[str, str]]
"""Of results that were checked before: name of the file and SHA-256 of its METADATA, hexadecimal;
the distribution's name and version in it."""

NOTHING_KNOWN: Known = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A checked result of a hook.

    Attributes:
        file: its name.
        name: the distribution's, as its metadata spells it.
        content: the bytes of the file.
        sha256: of these, hexadecimal.
        essence: SHA-256 of what it holds, without time stamps.
        metadata: the METADATA file (core metadata specifications).
    """

    file: str
    name: str
    version: str
    content: bytes
    sha256: str
    content_digest: str
    metadata: bytes
