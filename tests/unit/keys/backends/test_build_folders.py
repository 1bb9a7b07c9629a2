"""Where backends are told to compile, and where they are left alone."""

from typing import Any

import pytest

from lbuild_keys.backends.build_folders import MESON_FOLDER, BuildFolders, choose
from lbuild_keys.config.build_system import BuildSystem

SKBUILD = BuildSystem(("scikit-build-core",), "scikit_build_core.build")
MESON = BuildSystem(("meson-python",), "mesonpy")


def chosen(
    build_system: BuildSystem,
    toml: dict[str, Any] | None = None,
    settings: dict[str, Any] | None = None,
    environ: tuple[str, ...] = (),
    paths: tuple[str, ...] = (),
    *,
    is_wheel: bool = True,
) -> BuildFolders:
    return choose(
        build_system,
        toml or {},
        settings or {},
        dict.fromkeys(environ, "chosen by the user"),
        "/own/{x}",
        lambda: paths,
        is_wheel=is_wheel,
    )


@pytest.mark.parametrize("requires", ["maturin>=1.7,<2", "Setuptools_Rust"])
def test_cargo(requires: str) -> None:
    system = BuildSystem((requires,), "some.backend")
    elsewhere = {"CARGO_TARGET_DIR": "/own/{x}/cargo"}
    assert chosen(system) == BuildFolders(elsewhere)
    assert chosen(system, is_wheel=False) == BuildFolders(elsewhere)
    of_user = BuildFolders(of_user="chosen by the user")
    assert chosen(system, environ=("CARGO_TARGET_DIR",)) == of_user
    assert chosen(system, environ=("CARGO_BUILD_TARGET_DIR",)) == of_user
    assert chosen(BuildSystem(("setuptools",)), environ=("CARGO_TARGET_DIR",)) == BuildFolders()
    assert chosen(BuildSystem(("setuptools",))) == BuildFolders()


def with_build_dir(name: str, **wheel: object) -> dict[str, Any]:
    return {
        "project": {"name": "my-demo"},
        "tool": {"scikit-build": {"build-dir": name, "wheel": wheel}},
    }


OVERRIDE: dict[str, Any] = {
    "tool": {"scikit-build": {"overrides": [{"if": {"state": "wheel"}, "build-dir": "x"}]}}
}


@pytest.mark.parametrize(
    ("toml", "paths", "moves"),
    [
        ({}, ("src/", "src/build/"), True),
        (with_build_dir("build/{wheel_tag}"), ("build/", "build/cp311/CMakeCache.txt"), True),
        (with_build_dir("build/{wheel_tag}"), ("src/my_demo/build/", "src/my_demo/build/x"), True),
        (with_build_dir("build"), ("build/x", "src/my_demo/core.py"), True),
        # The name is an ignore pattern as well, which matches a folder in a package.
        (with_build_dir("build"), ("src/my_demo/build/", "src/my_demo/build/x.py"), False),
        (with_build_dir("my_demo/_build"), ("my_demo/_build/x.py",), False),
        (with_build_dir("{wheel_tag}"), ("src/my_demo/core.py",), False),
        (with_build_dir("lib/_build", packages=["lib/demo"]), ("lib/_build/x",), False),
        (with_build_dir("lib/_build", packages={"demo": "lib/demo"}), ("lib/_build/x",), False),
        (with_build_dir("build", packages=["."]), ("build/x",), False),
        (with_build_dir("build/{cache_tag.x}"), (), False),
        (OVERRIDE, (), False),
    ],
)
def test_scikit_build_core(toml: dict[str, Any], paths: tuple[str, ...], moves: bool) -> None:
    elsewhere = {"SKBUILD_BUILD_DIR": "/own/{{x}}/cmake"} if moves else {}
    assert chosen(SKBUILD, toml, paths=paths) == BuildFolders(elsewhere)


def test_what_the_user_chose_for_scikit_build_core() -> None:
    assert chosen(SKBUILD, environ=("SKBUILD_BUILD_DIR",)) == BuildFolders()
    assert chosen(SKBUILD, is_wheel=False) == BuildFolders()  # an editable one uses it later
    named = {"skbuild.build-dir": "out"}
    assert chosen(SKBUILD, {}, named, paths=("out/x",)).environ
    assert not chosen(SKBUILD, {}, named, paths=("src/out/x",)).environ


@pytest.mark.parametrize(
    ("settings", "added"),
    [
        ({}, {"builddir": MESON_FOLDER}),
        ({"setup-args": "-Dx=1"}, {"builddir": MESON_FOLDER}),
        ({"build-dir": "build"}, {"build-dir": MESON_FOLDER}),
        # Compilers see "../../source.c".
        ({"builddir": "./build/cp311/"}, {"builddir": f"{MESON_FOLDER}/{MESON_FOLDER}"}),
        ({"build-dir": "/elsewhere"}, {}),
        ({"build-dir": "../elsewhere"}, {}),
        ({"build-dir": "."}, {}),
        ({"build-dir": ["a", "b"]}, {}),
        ({"build-dir": "a", "builddir": "a"}, {}),
    ],
)
def test_meson_python(settings: dict[str, Any], added: dict[str, str]) -> None:
    in_project = (MESON_FOLDER,) if added else ()
    assert chosen(MESON, {}, settings) == BuildFolders({}, added, in_project)
    assert chosen(MESON, {}, settings, is_wheel=False) == BuildFolders()
