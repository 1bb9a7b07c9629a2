"""Sources of others are parsed without a trace of that in this process."""

import ast
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from lbuild_keys import python_source


@pytest.mark.parametrize("source", ["print 'old'", "\0", b"\xff", "(" * 10_000])
def test_what_this_python_cannot_parse(source: str | bytes) -> None:
    assert python_source.parse(source) is None


def test_threads_do_not_change_the_filters_of_others() -> None:
    filters = list(warnings.filters)
    source = "text = '\\d'\n" * 200
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(python_source.parse, [source] * 40))
    assert all(isinstance(one, ast.Module) for one in found)
    assert warnings.filters == filters
