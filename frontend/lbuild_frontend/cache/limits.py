"""How much the cache may hold: by a variable, a setting, or the default."""

from collections.abc import Mapping
from typing import NamedTuple

from lbuild_frontend.errors import LbuildError
from lbuild_keys.config import sizes
from lbuild_keys.config.settings import Settings, read_settings

VARIABLE = "LBUILD_CACHE_SIZE"


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
    settings = settings or read_settings({})
    most = settings.cache_size
    text = environ.get(VARIABLE)
    if text:
        try:
            most = sizes.parse_size(text)
        except ValueError as error:
            message = f"{VARIABLE}: {error}. {sizes.REMEDY}"
            raise LbuildError(message) from error
    return Bounds(size=most or None, generations=settings.cache_generations or None)
