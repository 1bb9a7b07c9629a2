"""The hooks of build backends whose results lbuild keeps (PEP 517): one table, a row for each hook.

What calls a hook and what checks its result is in ``builds.build``, by the names that are here.
"""

import re
from dataclasses import dataclass

WHEEL_SUFFIX = ".whl"
"""How names of wheels end (binary distribution format)."""

METADATA_FILE = "METADATA"
"""The file with the metadata in a wheel, and in a ``.dist-info`` folder (core metadata)."""

REQUIRES_PREFIX = "get_requires_for_"
"""How the names of hooks begin that report what another hook requires."""

_METADATA_PREFIX = "prepare_metadata_for_"

NAME_PATTERN = rf"({REQUIRES_PREFIX}|{_METADATA_PREFIX})?build_(wheel|sdist|editable)"
"""A regular expression for names of hooks (PEP 517, PEP 660), of later versions of lbuild too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A hook of a build backend.

    Attributes:
        name: of the function.
        get_requires: the name of the hook that reports what this one requires; None if this is
            such a hook.
        directory: the argument that names the directory for the result; None if it is returned.
        file: a regular expression for the name of the file that the result is kept as.
        result: in messages, what the result is called, and the verb after it.
        done: in messages, what was done when the hook was called.
    """

    name: str
    get_requires: str | None = None
    directory: str | None = None
    file: str
    result: str
    done: str


GET_REQUIRES_FOR_BUILD_WHEEL = Hook(
    name=f"{REQUIRES_PREFIX}build_wheel",
    file="REQUIRES",
    result="requirements are",
    done="asked",
)

BUILD_WHEEL = Hook(
    name="build_wheel",
    get_requires=GET_REQUIRES_FOR_BUILD_WHEEL.name,
    directory="wheel_directory",
    file=rf"[^/\\:\0]+{re.escape(WHEEL_SUFFIX)}",
    result="wheel is",
    done="built",
)

PREPARE_METADATA_FOR_BUILD_WHEEL = Hook(
    name=f"{_METADATA_PREFIX}build_wheel",
    get_requires=GET_REQUIRES_FOR_BUILD_WHEEL.name,  # a backend may build the wheel to know it
    directory="metadata_directory",
    file=METADATA_FILE,
    result="metadata are",
    done="prepared",
)

ALL = {
    hook.name: hook
    for hook in (BUILD_WHEEL, PREPARE_METADATA_FOR_BUILD_WHEEL, GET_REQUIRES_FOR_BUILD_WHEEL)
}
"""The table, by the names of the functions."""
