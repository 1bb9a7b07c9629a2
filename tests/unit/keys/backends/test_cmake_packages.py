"""Which packages scripts of CMake and Meson ask for."""

import pytest

from lbuild_keys.backends.cmake_packages import named_in_cmake, named_in_meson


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("find_package(Demo 1.2 REQUIRED)", {"Demo"}),
        ('FIND_PACKAGE( "demo-2"\n  CONFIG)', {"demo-2"}),
        ("find_dependency(Demo)\nfind_package(Other)", {"Demo", "Other"}),
        ("find_package(Demo NAMES one Two)", {"Demo", "NAMES", "one", "Two"}),
        ("find_package(${NAME})", {"*"}),
        ("find_package(Demo NAMES ${ALL})", {"Demo", "NAMES", "*"}),
        ("find_library(X demo)", set()),
    ],
)
def test_cmake(text: str, names: set[str]) -> None:
    assert named_in_cmake(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("zlib = dependency('zlib', required: false)", {"zlib"}),
        ("dependency( name )", {"*"}),
        ("dependency('')", set()),
        ("declare_dependency(sources: x)", set()),
    ],
)
def test_meson(text: str, names: set[str]) -> None:
    assert named_in_meson(text) == names
