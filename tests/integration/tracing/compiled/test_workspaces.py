"""Sources above the project: the usual layout of Cargo, and what a CMake project can compute.

Ten edits each, of all kinds. Each wheel has to be that of a fresh build, and each edit that is
undone has to bring the first wheel back.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.command import Lbuild
from support.edits import write_files
from support.minimal_project import wheel
from support.projects import git, listing, wheel_content
from support.rust import require_rust

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.shared_environments,
    pytest.mark.skipif(sys.platform != "linux", reason="programs are traced on Linux"),
]

CARGO = {
    "Cargo.toml": """
        [workspace]
        members = ["bindings", "engine"]
        resolver = "2"
        """,
    "engine/Cargo.toml": """
        [package]
        name = "engine"
        version = "0.1.0"
        edition = "2021"
        """,
    "engine/src/lib.rs": """
        mod answer;
        pub fn text() -> String {
            format!("7001.{} {}", answer::ANSWER, include_str!("../data/text.txt"))
        }
        """,
    "engine/src/answer.rs": "pub const ANSWER: u32 = 42;\n",
    "engine/data/text.txt": "seven thousand\n",
    "engine/benches/nobody.txt": "read by nobody\n",
    "README.md": "# Workspace\n",
    "bindings/Cargo.toml": """
        [package]
        name = "bindings"
        version = "0.1.0"
        edition = "2021"

        [[bin]]
        name = "answer"
        path = "src/main.rs"

        [dependencies]
        engine = { path = "../engine" }
        """,
    "bindings/src/main.rs": 'fn main() { println!("{}", engine::text()); }\n',
    "bindings/tests/nobody.rs": "// not compiled\n",
    "bindings/pyproject.toml": """
        [build-system]
        requires = ["maturin>=1.7,<2"]
        build-backend = "maturin"

        [project]
        name = "bindings"
        version = "0.1.0"

        [tool.maturin]
        bindings = "bin"
        strip = true
        """,
}

CMAKE = {
    "native/n.c": '#include "answer.h"\nint main(void) { return ANSWER + MORE; }\n',
    "native/answer.h": '#define ANSWER 42\n#include "more.h"\n',
    "include/more.h": "#define MORE 0\n",
    "native/nobody.c": "int nobody;\n",
    "README.md": "# Sources\n",
    "python/pyproject.toml": """
        [build-system]
        requires = ["scikit-build-core>=0.10"]
        build-backend = "scikit_build_core.build"

        [project]
        name = "demo"
        version = "1.0"
        """,
    "python/CMakeLists.txt": """
        cmake_minimum_required(VERSION 3.18)
        project(demo LANGUAGES C)
        get_filename_component(TOP ${CMAKE_CURRENT_SOURCE_DIR}/.. ABSOLUTE)
        add_executable(answer ${TOP}/native/n.c)
        target_include_directories(answer PRIVATE ${TOP}/native ${TOP}/include)
        install(TARGETS answer DESTINATION demo)
        """,
    "python/demo/__init__.py": "",
    "python/tests/test_nobody.py": "",
}


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder with a project in it, and sources of it beside that.

    Attributes:
        read: edits of what its build reads, each a file, what is in it, and what comes instead.
        unread: files that its build does not read.
    """

    project: str
    files: Mapping[str, str]
    read: tuple[tuple[str, str, str], ...]
    unread: tuple[str, ...]


WORKSPACES = {
    "cargo": Workspace(
        "bindings",
        CARGO,
        (
            ("engine/src/answer.rs", "42", "43"),
            ("engine/data/text.txt", "seven", "eight"),
            ("engine/src/lib.rs", "7001", "7002"),
            ("bindings/src/main.rs", '"{}"', '"<{}>"'),
            ("engine/Cargo.toml", "[package]", "[features]\ndefault = []\n[package]"),
            ("Cargo.toml", "[workspace]", "[profile.release]\nopt-level = 1\n[workspace]"),
            ("engine/src/answer.rs", "42", "44"),
        ),
        ("engine/benches/nobody.txt", "README.md", "bindings/tests/nobody.rs"),
    ),
    "cmake": Workspace(
        "python",
        CMAKE,
        (
            ("native/n.c", "ANSWER + MORE", "ANSWER - MORE - 1"),
            ("native/answer.h", "42", "43"),
            ("include/more.h", "0", "1"),
            ("native/answer.h", "42", "44"),
            ("native/n.c", "ANSWER + MORE", "ANSWER + MORE + 7"),
            ("python/CMakeLists.txt", "PRIVATE", "PRIVATE ${TOP}/none"),
            ("include/more.h", "0", "2"),
        ),
        ("native/nobody.c", "README.md", "python/tests/test_nobody.py"),
    ),
}


@pytest.mark.parametrize(
    ("kind", "versioned"),
    [
        pytest.param("cargo", True, id="cargo, git"),
        pytest.param("cmake", False, id="cmake, no git", marks=pytest.mark.endurance),
        pytest.param("cargo", False, id="cargo, no git", marks=pytest.mark.endurance),
        pytest.param("cmake", True, id="cmake, git", marks=pytest.mark.endurance),
    ],
)
def test_ten_edits_above_the_project(
    lbuild: Lbuild, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, versioned: bool
) -> None:
    workspace = WORKSPACES[kind]
    if kind == "cargo":
        require_rust(monkeypatch)
    elif not all(map(shutil.which, ("cmake", "cc"))):
        pytest.skip("no CMake, or no compiler")
    root = tmp_path / "workspace"
    write_files(root, workspace.files)
    project = root / workspace.project
    if kind == "cargo":
        command = ["cargo", "generate-lockfile", "--quiet", "--offline"]
        subprocess.run(command, cwd=root, check=True)
        (root / ".gitignore").write_text("/target\n")
    if versioned:
        git(root, "init", "--quiet", "--initial-branch=main")
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "--message=x")
    pristine = frozenset(listing(root))
    fresh = _fresh_builds(lbuild, tmp_path, root, pristine, workspace)

    def build() -> tuple[str, str, list[str]]:
        told = wheel(lbuild, project)
        assert _members(Path(told["wheel"])) == fresh(), f"stale: {told['action']}"
        return told["action"], told["sha256"], [reason["message"] for reason in told["reasons"]]

    first = build()
    assert first[0] == "built"
    assert build()[:2] == ("reused", first[1])
    for name in workspace.unread:
        with (root / name).open("a") as file:
            file.write("\n// edited\n")
        told = build()
        assert told[:2] == ("reused", first[1]), (name, told)
    for name, old, new in workspace.read:
        file = root / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
        told = build()
        assert told[0] == "built", name
        again = build()
        assert again[:2] == ("reused", told[1]), (name, again)
        file.write_text(text)
        back = build()
        assert back[:2] == ("reused", first[1]), (name, back)


def _fresh_builds(
    lbuild: Lbuild, tmp_path: Path, root: Path, pristine: frozenset[str], workspace: Workspace
) -> Callable[[], Mapping[str, object]]:
    """Builds by ``python -m build`` in copies of the workspace without what builds left in it.

    A state that was built before is not built again.
    """
    known: dict[tuple[bytes, ...], Mapping[str, object]] = {}
    names = sorted(name for name in pristine if (root / name).is_file())

    def fresh() -> Mapping[str, object]:
        state = tuple((root / name).read_bytes() for name in names)
        if state not in known:
            # As deep as the workspace: paths may be in what was compiled.
            with tempfile.TemporaryDirectory(dir=tmp_path) as scratch:
                for name, data in zip(names, state, strict=True):
                    target = Path(scratch, name)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(data)
                command = [
                    "-m",
                    "build",
                    "--wheel",
                    "--installer=uv",
                    "--outdir",
                    f"{scratch}/dist",
                ]
                done = subprocess.run(
                    [sys.executable, *command, Path(scratch, workspace.project)],
                    env=lbuild.environment,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert done.returncode == 0, done.stdout + done.stderr
                [path] = Path(scratch, "dist").glob("*.whl")
                known[state] = _members(path)
        return known[state]

    return fresh


def _members(path: Path) -> Mapping[str, object]:
    return {
        name: member
        for name, member in wheel_content(path).items()
        if not name.endswith(("RECORD", ".cyclonedx.json"))
    }
