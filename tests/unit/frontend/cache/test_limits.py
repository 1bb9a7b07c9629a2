"""How much the cache may hold."""

import pytest
import tomli

from lbuild_frontend.cache import limits
from lbuild_frontend.cache.limits import Bounds
from lbuild_frontend.errors import LbuildError
from lbuild_keys.config.settings import Settings, read_settings

GIB = 1024**3


def read(lines: str) -> Settings:
    return read_settings(tomli.loads(f"[tool.lbuild]\n{lines}\n"))


@pytest.mark.parametrize(
    ("variable", "lines", "expected"),
    [
        (None, None, Bounds(5 * GIB, 30)),
        (None, "", Bounds(5 * GIB, 30)),
        ("", "", Bounds(5 * GIB, 30)),
        (None, "cache-size = '1 GiB'\ncache-generations = 3", Bounds(GIB, 3)),
        (None, "cache-size = 0\ncache-generations = 0", Bounds(None, None)),
        ("2GiB", "cache-size = '1 GiB'", Bounds(2 * GIB, 30)),
        ("0", "cache-size = '1 GiB'", Bounds(None, 30)),
        ("1.5 kB", None, Bounds(1500, 30)),
    ],
)
def test_bounds(variable: str | None, lines: str | None, expected: Bounds) -> None:
    environ = {} if variable is None else {"LBUILD_CACHE_SIZE": variable}
    assert limits.bounds_of(environ, None if lines is None else read(lines)) == expected


@pytest.mark.parametrize("text", ["-1", "much", "5 GiB!", "1e9", " "])
def test_a_variable_that_says_no_size(text: str) -> None:
    with pytest.raises(
        LbuildError, match=f"^LBUILD_CACHE_SIZE: '{text}' is not a size. Write bytes"
    ):
        limits.bounds_of({"LBUILD_CACHE_SIZE": text}, None)
