"""Which names matter of the folders that backends list."""

from collections.abc import Mapping
from typing import Any

import pytest

from lbuild_keys.backends import listed_names
from lbuild_keys.observe import listings

USING = {
    "the list": "self.get_finalized_command('egg_info').filelist.files",
    "the file": "open(os.path.join(base, 'SOURCES.txt'))",
    "a maker of the list": "from setuptools.command.egg_info import manifest_maker",
    "other packages": "self.distribution.packages.append('more')",
    "other folders": "dist.package_dir = {}",
    "data after all": "self.distribution.include_package_data = True",
    "all attributes": "import setuptools\nfor one in vars(command).values(): use(one)",
    "a computed name": "import setuptools\ngetattr(command, 'file' + part)\ngetattr(command, part)",
}
NOT_USING = {
    "no command": "setuptools.setup(packages=['demo'], include_package_data=True)",
    "a command": "from setuptools.command.build_ext import build_ext\nclass Ours(build_ext): pass",
    "any other attribute": "import sys, setuptools\ngetattr(sys, 'frozen', False)",
    "a module of the project": "vars(self)['x'] = getattr(self, name)",
}


@pytest.mark.parametrize("code", USING.values(), ids=USING)
def test_code_that_may_use_the_list(code: str) -> None:
    assert listed_names.may_use_list(code)


@pytest.mark.parametrize("code", NOT_USING.values(), ids=NOT_USING)
def test_code_that_does_not(code: str) -> None:
    assert not listed_names.may_use_list(code)


def test_packages_whose_code_is_known() -> None:
    assert listed_names.none_uses_list({"setuptools", "Cython", "81d243bd2c585b0f4821__mypyc"})
    assert not listed_names.none_uses_list({"setuptools", "pbr"})
    assert not listed_names.none_uses_list({"/home/ada/plugin/plugin.py"})


PROJECT: Mapping[str, Any] = {"project": {"name": "demo"}}
AT_TOP = ("re:(?i:(licen|copying|notice|authors).*)",)


def used(
    walker: str,
    folder: str,
    settings: Mapping[str, Any] | None = PROJECT,
    hook: str = "build_wheel",
) -> tuple[str, ...] | None:
    return listed_names.names_used(walker, folder, hook=hook, opened={"src"}, settings=settings)


def backend(**settings: object) -> Mapping[str, Any]:
    return {**PROJECT, "tool": {"uv": {"build-backend": settings}}}


def licenses(*patterns: str) -> Mapping[str, Any]:
    return {"project": {"license-files": list(patterns)}}


@pytest.mark.parametrize("walker", ["uv_build", "maturin"])
def test_folders_of_which_nothing_is_used(walker: str) -> None:
    assert used(walker, "docs") == used(walker, "docs/deep") == ()
    assert used(walker, "src") is used(walker, "src/demo") is None
    assert used(walker, "demo.data/scripts") is None
    assert used(walker, ".") == AT_TOP
    for name in ("LICENSE", "License.txt", "COPYING.md"):
        row = listings.state_of([(name, "file")])
        assert listings.only(row, AT_TOP[0]) == row
    assert used(walker, "docs", hook="build_sdist") is None
    assert used(walker, "../docs") is used(walker, "docs", None) is None


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (licenses("L*", "[AN]*.md"), (*AT_TOP, "L*", "[AN]*.md")),
        (licenses("texts/*"), None),
        (licenses("**"), None),
        (licenses("re:x"), None),
        ({"project": {"license-files": {"paths": []}}}, None),
        ({}, None),
        (backend(**{"module-root": "", "source-include": ["docs/**"]}), AT_TOP),
        (backend(data={"scripts": "scripts"}), None),
        (backend(namespace=True), None),
        (backend(unheard=1), None),
        ({**PROJECT, "tool": 7}, None),
    ],
)
def test_settings_that_name_other_folders(
    settings: Mapping[str, Any], expected: tuple[str, ...] | None
) -> None:
    assert used("uv_build", ".", settings) == expected
    assert used("uv_build", "docs", settings) == (None if expected is None else ())


def test_the_folders_in_which_cargo_looks_for_targets() -> None:
    for folder in ("tests", "crates/a/examples", "benches", "src/bin"):
        assert used("cargo", folder, None) == ("d:*.rs",)
    assert used("cargo", "src") is used("cargo", ".") is used("cargo", "bin") is None


def test_which_programs_are_known() -> None:
    assert listed_names.known_walker("/env/bin/uv-build") == "uv_build"
    assert listed_names.known_walker("") is listed_names.known_walker("/usr/bin/make") is None
