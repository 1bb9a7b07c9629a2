"""How much the cache may hold: by a variable, a setting, or the default."""

from collections.abc import Mapping
from typing import NamedTuple

from lbuild_frontend.errors import LbuildError
from lbuild_keys.config import sizes
from lbuild_keys.config.settings import Settings

VARIABLE = "LBUILD_CACHE_SIZE"
_SIZE = 5 * 1024**3
_GENERATIONS = 30


class Bounds(NamedTuple):
    """What the cache may hold at most.

    Attributes:
        size: bytes of all its files together; None for any number.
        generations: entries of each folder of a project; None for any number.
    """

    size: int | None
    generations: int | None


def bounds_of(environ: Mapping[str, str], settings: Settings | None) -> Bounds:
    """Return the bounds: by the variable, else by the project's settings, else the default.

    Args:
        settings: of the project that a command is run in or for, if there is one.

    Raises:
        LbuildError: if the value of the variable is not a size.
    """
    most = settings.cache_size if settings else None
    text = environ.get(VARIABLE)
    if text:
        try:
            most = sizes.parse_size(text)
        except ValueError as error:
            message = f"{VARIABLE}: {error}. {sizes.REMEDY}"
            raise LbuildError(message) from error
    generations = settings.cache_generations if settings else None
    return Bounds(
        size=(_SIZE if most is None else most) or None,
        generations=(_GENERATIONS if generations is None else generations) or None,
    )
