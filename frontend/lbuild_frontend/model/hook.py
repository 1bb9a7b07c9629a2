"""The hooks of build backends whose results lbuild keeps: one table, a row for each hook.

They are specified in PEP 517 and PEP 660. What checks the result of a hook is in ``builds.build``,
by the names that are here.
"""

import re
from typing import NamedTuple

WHEEL_SUFFIX = ".whl"
"""How names of wheels end (binary distribution format)."""

SDIST_SUFFIX = ".tar.gz"
"""How names of source distributions end (source distribution format)."""

METADATA_FILE = "METADATA"
"""The file with the metadata in a wheel, and in a ``.dist-info`` folder (core metadata)."""

REQUIRES_PREFIX = "get_requires_for_"
"""How the names of hooks begin that report what another hook requires."""

_METADATA_PREFIX = "prepare_metadata_for_"

NAME_PATTERN = rf"({REQUIRES_PREFIX}|{_METADATA_PREFIX})?build_(wheel|sdist|editable)"
"""A regular expression for names of hooks (PEP 517, PEP 660), of later versions of lbuild too."""


class Hook(NamedTuple):
    """A hook of a build backend.

    Attributes:
        name: of the function.
        file: a regular expression for the name of the file that the result is kept as.
        result: in messages, what the result is called, and the verb after it.
        done: in messages, what was done when the hook was called.
        get_requires: the hook that reports what this one requires; None if this is such a hook.
        directory: the argument that names the directory for the result; None if it is returned.
        is_editable: whether the result is for an editable installation (PEP 660), so that it names
            the folder of the project.
    """

    name: str
    file: str
    result: str
    done: str
    get_requires: "Hook | None" = None
    directory: str | None = None
    is_editable: bool = False


def _get_requires(build: str) -> Hook:
    return Hook(
        name=f"{REQUIRES_PREFIX}{build}",
        file="REQUIRES",
        is_editable=build == _EDITABLE,
        result="requirements are",
        done="asked",
    )


_EDITABLE = "build_editable"

GET_REQUIRES_FOR_BUILD_WHEEL = _get_requires("build_wheel")
GET_REQUIRES_FOR_BUILD_EDITABLE = _get_requires(_EDITABLE)
GET_REQUIRES_FOR_BUILD_SDIST = _get_requires("build_sdist")

BUILD_WHEEL = Hook(
    name="build_wheel",
    get_requires=GET_REQUIRES_FOR_BUILD_WHEEL,
    directory="wheel_directory",
    file=rf"[^/\\:\0]+{re.escape(WHEEL_SUFFIX)}",
    result="wheel is",
    done="built",
)

BUILD_EDITABLE = Hook(
    name=_EDITABLE,
    get_requires=GET_REQUIRES_FOR_BUILD_EDITABLE,
    directory="wheel_directory",
    file=BUILD_WHEEL.file,
    is_editable=True,
    result="editable wheel is",
    done="built",
)

BUILD_SDIST = Hook(
    name="build_sdist",
    get_requires=GET_REQUIRES_FOR_BUILD_SDIST,
    directory="sdist_directory",
    file=rf"[^/\\:\0]+{re.escape(SDIST_SUFFIX)}",
    result="sdist is",
    done="built",
)

PREPARE_METADATA_FOR_BUILD_WHEEL = Hook(
    name=f"{_METADATA_PREFIX}build_wheel",
    get_requires=GET_REQUIRES_FOR_BUILD_WHEEL,  # a backend may build the wheel to know it
    directory="metadata_directory",
    file=METADATA_FILE,
    result="metadata are",
    done="prepared",
)

PREPARE_METADATA_FOR_BUILD_EDITABLE = Hook(
    name=f"{_METADATA_PREFIX}{_EDITABLE}",
    get_requires=GET_REQUIRES_FOR_BUILD_EDITABLE,
    directory="metadata_directory",
    file=METADATA_FILE,
    is_editable=True,
    result="metadata are",
    done="prepared",
)

ALL = {
    hook.name: hook
    for hook in (
        BUILD_WHEEL,
        BUILD_EDITABLE,
        BUILD_SDIST,
        PREPARE_METADATA_FOR_BUILD_WHEEL,
        PREPARE_METADATA_FOR_BUILD_EDITABLE,
        GET_REQUIRES_FOR_BUILD_WHEEL,
        GET_REQUIRES_FOR_BUILD_EDITABLE,
        GET_REQUIRES_FOR_BUILD_SDIST,
    )
}
"""The table, by the names of the functions."""
