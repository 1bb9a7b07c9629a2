"""Which names programs use that walk through a project."""

from collections.abc import Mapping
from typing import Any

import pytest

from lbuild_keys.backends import tree_walks
from lbuild_keys.observe import listings

PROJECT: Mapping[str, Any] = {"project": {"name": "demo"}}
AT_TOP = ("re:(?i:(licen|copying|notice|authors).*)",)


def used(
    walker: str,
    folder: str,
    settings: Mapping[str, Any] | None = PROJECT,
    hook: str = "build_wheel",
) -> tuple[str, ...] | None:
    return tree_walks.names_used(walker, folder, hook=hook, opened={"src"}, settings=settings)


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
    assert tree_walks.known_walker("/env/bin/uv-build") == "uv_build"
    assert tree_walks.known_walker("") is tree_walks.known_walker("/usr/bin/make") is None
