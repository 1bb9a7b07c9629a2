"""Which tables of pyproject.toml count: those of known backends and plugins, else all."""

import pytest

from lbuild_keys.backends.toml_use import is_only_parsed, usable_tables
from lbuild_keys.config.build_system import BuildSystem

HATCHLING = BuildSystem(requires=("hatchling",), build_backend="hatchling.build")
SITE = "/env/lib/python3.11/site-packages"
KNOWN = f"{SITE}/hatchling/metadata/core.py:load_toml"


@pytest.mark.parametrize(
    ("requires", "backend", "table"),
    [
        (("setuptools>=61", "wheel"), "setuptools.build_meta", ("tool", "setuptools")),
        (("setuptools",), "setuptools.build_meta:__legacy__", ("tool", "distutils")),
        (("setuptools-scm[toml]>=8",), "setuptools.build_meta", ("tool", "setuptools")),
        (("setuptools", "setuptools_scm"), "setuptools.build_meta", ("tool", "setuptools_scm")),
        # The version scheme "towncrier" of setuptools-scm 10.
        (("hatchling", "hatch-vcs"), "hatchling.build", ("tool", "towncrier")),
        (("hatch-vcs",), "hatchling.build", ("tool", "hatch", "version")),
        (("flit_core >=3.2,<4",), "flit_core.buildapi", ("tool", "flit")),
        (("poetry-core",), "poetry.core.masonry.api", ("dependency-groups",)),
        (("pdm-backend",), "pdm.backend", ("tool", "pdm", "version")),
        # uv, which may install the requirements, and lbuild itself.
        (("hatchling",), "hatchling.build", ("tool", "uv")),
        (("hatchling",), "hatchling.build", ("tool", "lbuild", "ignore")),
    ],
)
def test_the_tables_of_known_backends(
    requires: tuple[str, ...], backend: str, table: tuple[str, ...]
) -> None:
    tables = usable_tables(BuildSystem(requires, backend), (), isolated=True)
    assert tables is not None
    assert ("project",) in tables
    assert table in tables
    assert not {("tool",), ("tool", "ruff"), ("tool", "hatch")} & {*tables}


@pytest.mark.parametrize(
    ("build_system", "extra", "isolated"),
    [
        (HATCHLING, (), False),
        (HATCHLING, ("hatch-plugin",), True),
        (BuildSystem(("hatchling", "hatch-plugin"), "hatchling.build"), (), True),
        (BuildSystem(("hatchling @ file:///elsewhere",), "hatchling.build"), (), True),
        (BuildSystem(("hatchling",), "hatchling.build", ("backend",)), (), True),
        (BuildSystem(("hatchling",), "hatchling.builders"), (), True),
        (BuildSystem(("scikit-build-core",), "scikit_build_core.build"), (), True),
        (BuildSystem(("uv_build",), "uv_build"), (), True),
    ],
)
def test_all_tables_count_if_anything_is_unknown(
    build_system: BuildSystem, extra: tuple[str, ...], isolated: bool
) -> None:
    assert usable_tables(build_system, extra, isolated=isolated) is None


@pytest.mark.parametrize(
    ("hook", "readers", "code", "expected"),
    [
        ("build_wheel", {KNOWN}, {"demo/core.py"}, True),
        ("build_wheel", {KNOWN.replace("/", "\\")}, (), True),
        ("build_wheel", {KNOWN, f"{SITE}/hatchling/builders/wheel.py:add_file"}, (), False),
        ("build_wheel", {f"{SITE}/hatchling/metadata/core.py:readme"}, (), False),
        ("build_wheel", {"/usr/lib/python3.11/shutil.py:copyfile"}, (), False),
        ("build_wheel", {KNOWN}, {"setup.py"}, False),
        ("build_wheel", {KNOWN}, {"hatch_build.py"}, False),
        ("build_sdist", {KNOWN}, (), False),
        ("get_requires_for_build_sdist", {KNOWN}, (), False),
    ],
)
def test_the_whole_file_counts_if_it_is_not_only_parsed(
    hook: str, readers: set[str], code: set[str], expected: bool
) -> None:
    assert is_only_parsed(hook, readers, code) == expected
