"""Folders in which programs compile: outside of the project, empty before a build."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from support.command import Lbuild
from support.edits import write_files
from support.minimal_project import status, wheel
from support.projects import listing, wheel_content

pytestmark = pytest.mark.shared_environments


# The home folder is that of the tests. rustup and cargo look there for what they need.
RUST = {
    name: os.environ.get(name, str(Path.home() / folder))
    for name, folder in (("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup"))
}


def crate(project: Path) -> None:
    manifest = '[package]\nname = "solo"\nversion = "0.3.0"\nedition = "2021"\n'
    files = {
        "Cargo.toml": manifest,
        "src/main.rs": 'fn main() { println!("the first"); }\n',
        "pyproject.toml": """\
            [build-system]
            requires = ["maturin>=1.7,<2"]
            build-backend = "maturin"
            [project]
            name = "solo"
            version = "0.3.0"
            [tool.maturin]
            bindings = "bin"
            """,
    }
    write_files(project, files)
    command = ["cargo", "generate-lockfile", "-q", "--offline"]
    subprocess.run(command, check=True, cwd=project, env={**os.environ, **RUST})


@pytest.mark.skipif(shutil.which("cargo") is None, reason="cargo")
def test_cargo(lbuild: Lbuild, tmp_path: Path) -> None:
    """It takes a source for unchanged if its time stamp is, and writes into target in each run."""
    project = tmp_path / "solo"
    crate(project)
    tree = listing(project)
    asked = ("-o", tmp_path / "out", project)
    built = lbuild("wheel", *asked, env=RUST)
    assert "warning" not in built.stderr
    assert listing(project) == tree
    assert status(lbuild, *asked, env=RUST)["verdict"] == "reuse"
    source = project / "src/main.rs"
    before = source.stat()
    source.write_text('fn main() { println!("the other"); }\n')
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    told = wheel(lbuild, *asked, env=RUST)
    assert told["action"] == "built"
    assert b"the other" in program_in(told)


@pytest.mark.exhaustive
@pytest.mark.skipif(shutil.which("cargo") is None, reason="cargo")
def test_a_folder_that_the_user_chose_for_cargo(lbuild: Lbuild, tmp_path: Path) -> None:
    """What it finds there it does not read again; what it writes there is no edit."""
    project = tmp_path / "solo"
    crate(project)
    environ = {**RUST, "CARGO_TARGET_DIR": str(tmp_path / "target")}
    asked = ("-o", tmp_path / "out", project)
    for text in ("first", "other", "third"):
        (project / "src/main.rs").write_text(f'fn main() {{ println!("the {text}"); }}\n')
        # Twice after the first edit: the build before it did not ask git.
        actions = [wheel(lbuild, *asked, env=environ)["action"] for _ in range(2)]
        assert actions == ["built", "built" if text == "other" else "reused"]
        told = wheel(lbuild, *asked, env=environ)
        assert told["action"] == "reused"
        assert f"the {text}".encode() in program_in(told)
    assert (tmp_path / "target/release").is_dir()


def program_in(told: Mapping[str, Any]) -> bytes:
    content = wheel_content(Path(told["wheel"]))
    return next(content[name].data for name in content if name.rpartition("/")[2] in ("solo", "n"))


CMAKE = {
    "CMakeLists.txt": """\
        cmake_minimum_required(VERSION 3.15)
        project(sp LANGUAGES C)
        add_executable(n n.c)
        install(TARGETS n DESTINATION sp)
        """,
    "pyproject.toml": """\
        [build-system]
        requires = ["scikit-build-core>=0.10"]
        build-backend = "scikit_build_core.build"
        [project]
        name = "sp"
        version = "1"
        [tool.scikit-build]
        build-dir = "build"
        """,
}
MESON = {
    "meson.build": """\
        project('md', 'c', version: '1')
        py = import('python').find_installation(pure: false)
        executable('n', 'n.c', install: true, install_dir: py.get_install_dir(pure: false))
        """,
    "pyproject.toml": """\
        [build-system]
        requires = ["meson-python"]
        build-backend = "mesonpy"
        [project]
        name = "md"
        version = "1"
        """,
}


SOURCE = """\
#include <stdio.h>
#define TEXT(word) #word
#define TEXT_OF(word) TEXT(word)
int main(void) { return puts("the " TEXT_OF(ANSWER) " in " __FILE__); }
"""


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("files", "options"),
    [
        (CMAKE, ()),
        pytest.param(MESON, ("-Cbuild-dir=build",), marks=pytest.mark.endurance),
        (MESON, ()),
    ],
    ids=["scikit-build-core", "meson-python", "meson-python-by-default"],
)
def test_a_build_folder_that_another_frontend_has_left(
    lbuild: Lbuild, tmp_path: Path, files: dict[str, str], options: tuple[str, ...]
) -> None:
    """Its CMake, or Meson, keeps the flags of that time."""
    project = tmp_path / "project"
    write_files(project, {**files, "n.c": SOURCE, ".gitignore": "/build\n"})
    words = ("pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(project), *options)
    environ = {**os.environ, "CFLAGS": "-DANSWER=first"}
    subprocess.run([sys.executable, "-m", *words], check=True, env=environ)
    flags = {"CFLAGS": "-DANSWER=second"}
    tree = listing(project)
    command = ("-o", tmp_path / "out", *options, project)
    built = lbuild("wheel", *command, env=flags)
    assert "warning" not in built.stderr
    assert listing(project) == tree
    again = wheel(lbuild, *command, env=flags)
    assert again["action"] == "reused"
    assert b"the second in " in program_in(again)
    # The wheel does not depend on where the cache is, but for the time stamps in it.
    content = wheel_content(Path(again["wheel"]))
    other = wheel(lbuild, *command, "--cache-dir", tmp_path / "other-cache", env=flags)
    assert other["action"] == "built"
    assert wheel_content(Path(other["wheel"])) == content
