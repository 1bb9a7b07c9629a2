"""What the page ``docs/explanation/comparison.md`` says of other tools, tried with these tools."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from uv import find_uv_bin

from support.projects import CopyProject
from support.rust import require_rust

pytestmark = pytest.mark.exhaustive  # finds what is new in other tools, and nothing in lbuild

BUILD = (sys.executable, "-m", "build", "--wheel", "--no-isolation", ".")
PIP = (sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", "dist", ".")
UV_BUILD = (find_uv_bin(), "build", "--wheel", "--offline")
UV_SYNC = (find_uv_bin(), "sync", "--offline", "--no-editable", "--python", sys.executable)


def run(folder: Path, *command: str) -> str:
    """Run a command in a folder, and return all that it printed."""
    environ = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    environ |= {"UV_CACHE_DIR": str(folder.parent / "uv-cache"), "CARGO_TERM_COLOR": "never"}
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("command", [BUILD, PIP, UV_BUILD], ids=["build", "pip", "uv build"])
def test_other_frontends_build_each_time(
    copy_project: CopyProject, command: tuple[str, ...]
) -> None:
    project = copy_project("in-tree-minimal")
    counter = project.parent / "counter"
    [backend] = (project / "backend").glob("*.py")
    text = f"\nwith open({str(counter)!r}, 'a') as _counter:\n    _counter.write('.')\n"
    backend.write_text(backend.read_text() + text)
    run(project, *command)
    first = len(counter.read_text())
    run(project, *command)
    assert len(counter.read_text()) == 2 * first


def installed(project: Path) -> str:
    [module] = project.glob(".venv/lib/python*/site-packages/demo/__init__.py")
    return module.read_text()


def test_uv_sync_looks_at_time_stamps_of_few_files(copy_project: CopyProject) -> None:
    project = copy_project("in-tree-minimal")
    run(project, *UV_SYNC)
    module = project / "src" / "demo" / "__init__.py"
    module.write_text(module.read_text() + "# edited\n")
    assert "Prepared" not in run(project, *UV_SYNC)
    assert "edited" not in installed(project)
    os.utime(project / "pyproject.toml")
    assert "Prepared" in run(project, *UV_SYNC)
    assert "edited" in installed(project)


UV_NOT_ISOLATED = (*UV_BUILD, "--no-build-isolation", "--python", sys.executable)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter with the frontends and the newest setuptools, so that none is fetched."""
    folder = tmp_path_factory.mktemp("frontends")
    run(folder, find_uv_bin(), "venv", "--python", sys.executable, "env")
    found = str(folder / "env/bin/python")
    run(folder, find_uv_bin(), "pip", "install", "--python", found, *NEEDED)
    return found


NEEDED = ("build", "pip", "setuptools", "wheel")


@pytest.mark.parametrize("command", [BUILD, PIP, UV_NOT_ISOLATED], ids=["build", "pip", "uv build"])
def test_modules_that_were_removed_are_packed(
    copy_project: CopyProject, python: str, command: tuple[str, ...]
) -> None:
    project = copy_project("setuptools-pyproject")
    assert "demo/old.py" in names_after_removal(project, python, command)


@pytest.mark.parametrize("command", [BUILD, UV_NOT_ISOLATED], ids=["build", "uv build"])
def test_but_not_by_way_of_an_sdist(
    copy_project: CopyProject, python: str, command: tuple[str, ...]
) -> None:
    by_way_of_an_sdist = tuple(word for word in command if word != "--wheel")
    project = copy_project("setuptools-pyproject")
    assert "demo/old.py" not in names_after_removal(project, python, by_way_of_an_sdist)


def names_after_removal(project: Path, python: str, words: tuple[str, ...]) -> list[str]:
    """Build, remove a module, build again, and return the names in the wheel."""
    command = [python if word == sys.executable else word for word in words]
    old = project / "src" / "demo" / "old.py"
    old.write_text("OLD = True\n")
    run(project, *command)
    old.unlink()
    run(project, *command)
    [wheel] = (project / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_cargo_decides_by_time_stamps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_rust(monkeypatch)
    crate = tmp_path / "crate"
    (crate / "src").mkdir(parents=True)
    (crate / "Cargo.toml").write_text('[package]\nname = "crate"\nversion = "1.0.0"\n')
    source = crate / "src" / "main.rs"
    source.write_text('fn main() { println!("first"); }\n')
    assert "Compiling" in run(crate, "cargo", "build", "--offline")
    assert "Compiling" not in run(crate, "cargo", "build", "--offline")
    os.utime(source)
    assert "Compiling" in run(crate, "cargo", "build", "--offline")
    source.write_text('fn main() { println!("second"); }\n')
    os.utime(source, (978307200, 978307200))  # 2001-01-01
    assert "Compiling" not in run(crate, "cargo", "build", "--offline")
    assert run(crate, "target/debug/crate") == "first\n"
