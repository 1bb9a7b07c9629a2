"""A rebuild is a fresh build: what builds left in a project does not reach the next wheel."""

import os
import signal
from pathlib import Path

import pytest

from lbuild_frontend.cache import products
from support.command import TRACED_AND_TREE, Lbuild
from support.minimal_project import NAME, make_gate, running, status, wheel, when_building
from support.projects import CopyProject, git, listing, wheel_content

pytestmark = pytest.mark.shared_environments

MAKES = """
for source in sorted(Path("src/demo").glob("*.po")):
    made = source.parent / "made"
    made.mkdir(exist_ok=True)
    (made / f"{source.stem}.mo").write_text(source.read_text().upper())
"""
"""What a hook does that makes a file of each source, in a folder of its own."""


@pytest.fixture
def project(copy_project: CopyProject) -> Path:
    folder = copy_project(NAME)
    when_building(folder, MAKES)
    for name in ("de", "fr"):
        (folder / "src/demo" / f"{name}.po").write_text(name)
    return folder


def made_in(told: dict[str, str]) -> list[str]:
    """The names of what a wheel has in the folder of products."""
    names = wheel_content(Path(told["wheel"]))
    return sorted(
        name.removeprefix("demo/made/") for name in names if name.startswith("demo/made/")
    )


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@TRACED_AND_TREE
@pytest.mark.quick("traced")
def test_the_product_of_a_removed_source_is_in_no_wheel(lbuild: Lbuild, project: Path) -> None:
    made = project / "src/demo/made"
    assert made_in(wheel(lbuild, project)) == ["", "de.mo", "fr.mo"]
    assert wheel(lbuild, project)["action"] == "reused"

    (project / "src/demo/fr.po").unlink()
    assert made_in(wheel(lbuild, project)) == ["", "de.mo"]
    assert names_in(made) == ["de.mo"]
    assert wheel(lbuild, project)["action"] == "reused"

    (project / "src/demo/de.po").unlink()
    assert made_in(wheel(lbuild, project)) == []
    assert not made.exists()


def test_what_the_user_made_or_edited_is_left_alone(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    project = copy_project(NAME, tag="v1")
    when_building(project, MAKES)
    made = project / "src/demo/made"
    names = ("changed", "copied", "ignored", "touched", "tracked", "plain")
    for name in names:
        (project / "src/demo" / f"{name}.po").write_text(name)
    wheel(lbuild, project)
    (made / "copied.mo").rename(made / "moved")
    (made / "copied.mo").write_text("COPIED")
    (made / "changed.mo").write_text("edited!")
    os.utime(made / "touched.mo")
    git(project, "add", "src/demo/made/tracked.mo")
    with (project / "pyproject.toml").open("a") as file:
        file.write('\n[tool.lbuild]\nignore = ["ignored.mo"]\n')
    for name in names:
        (project / "src/demo" / f"{name}.po").unlink()
    left = ["changed.mo", "copied.mo", "ignored.mo", "moved", "touched.mo", "tracked.mo"]
    assert made_in(wheel(lbuild, project)) == ["", *left]
    assert names_in(made) == left
    assert (made / "changed.mo").read_text() == "edited!"


def test_a_build_that_fails_leaves_what_was_there(lbuild: Lbuild, project: Path) -> None:
    wheel(lbuild, project)
    before = listing(project)
    broken = project / "src/demo/de.po"
    broken.write_bytes(b"\xff")
    lbuild("wheel", project, returncode=1)
    assert listing(project) == before
    assert (project / "src/demo/made/de.mo").read_text() == "DE"
    broken.unlink()
    assert made_in(wheel(lbuild, project)) == ["", "fr.mo"]


@pytest.mark.exhaustive
def test_what_a_build_made_that_failed_is_in_no_wheel(lbuild: Lbuild, project: Path) -> None:
    when_building(project, "if Path('src/demo/fr.po').exists(): raise SystemExit(3)")
    lbuild("wheel", project, returncode=1)
    (project / "src/demo/fr.po").unlink()
    assert made_in(wheel(lbuild, project)) == ["", "de.mo"]


@pytest.mark.parametrize("command", ["wheel", "prune"])
@pytest.mark.quick("wheel")
def test_what_a_killed_build_had_taken_away_is_put_back(
    lbuild: Lbuild, project: Path, command: str
) -> None:
    wheel(lbuild, project)
    before = listing(project)
    root = project.resolve()
    products.take_away(lbuild.cache, root, products.read(lbuild.cache, os.fspath(root)))
    assert listing(project) < before
    if command == "wheel":
        assert wheel(lbuild, project)["action"] == "reused"
    else:
        lbuild("cache", "prune")
    assert listing(project) == before
    (project / "src/demo/fr.po").unlink()
    assert made_in(wheel(lbuild, project)) == ["", "de.mo"]


@pytest.mark.exhaustive
def test_a_build_that_is_killed(lbuild: Lbuild, project: Path, tmp_path: Path) -> None:
    wheel(lbuild, project)
    before = listing(project)
    gate = make_gate(tmp_path)
    when_building(project, gate.code)
    with running(lbuild, "wheel", project) as process:
        backend = gate.await_backend()
        assert not (project / "src/demo/made").exists()
        process.kill()
        process.wait()
        os.kill(backend, signal.SIGKILL)
    lbuild("cache", "prune")
    assert listing(project) == before


@pytest.mark.exhaustive
def test_a_version_file_of_another_commit_is_no_reason_to_build(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    project = copy_project(NAME)
    source, version = project / "src/demo/core.py", project / "src/demo/_version.py"
    when_building(
        project,
        f"if not os.path.exists({str(version)!r}): "
        f"Path({str(version)!r}).write_text(Path({str(source)!r}).read_text())",
    )
    first = wheel(lbuild, project)
    text = source.read_text()
    source.write_text("other = 1\n")
    second = wheel(lbuild, project)
    assert version.read_text() == "other = 1\n"
    source.write_text(text)
    assert wheel(lbuild, project)["sha256"] == first["sha256"]
    assert status(lbuild, project)["verdict"] == "reuse"
    version.write_text("mine = 1\n")
    told = wheel(lbuild, project)
    assert told["action"] == "built"
    assert wheel_content(Path(told["wheel"]))["demo/_version.py"].data == b"mine = 1\n"
    assert first["sha256"] != second["sha256"]


def test_two_builds_of_one_tree_give_the_same_bytes(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    """Compilers write down the names of the folders in which they work."""
    project = copy_project(NAME)
    folders = "f'{arguments[0]} {os.getenv(\"DIST_EXTRA_CONFIG\")}'"
    when_building(project, f"Path('src/demo/folders.txt').write_text({folders})")
    first, second = (wheel(lbuild, project, "--refresh") for _ in range(2))
    text = wheel_content(Path(first["wheel"]))["demo/folders.txt"].data.decode()
    assert "lbuild-hook-" in text
    assert "lbuild-result-" in text
    assert first["sha256"] == second["sha256"]


PROGRAM = """
import subprocess
code = "import os; os.makedirs('build/lib'); open('build/lib/' + open('name').read(), 'w').close()"
subprocess.run([sys.executable, "-c", code, "--dir=build"], check=True)
for made in Path("build/lib").iterdir():
    (Path("src/demo") / made.name).write_text("")
"""


@TRACED_AND_TREE
@pytest.mark.quick("traced")
def test_the_folder_of_a_program(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """What programs write is not seen; but the folder that they are given was not there before."""
    project = copy_project(NAME)
    when_building(project, PROGRAM)
    (project / "name").write_text("one.py")
    assert "demo/one.py" in wheel_content(Path(wheel(lbuild, project)["wheel"]))
    assert wheel(lbuild, project)["action"] == "reused"
    (project / "name").write_text("two.py")
    told = wheel(lbuild, project)
    packed = wheel_content(Path(told["wheel"]))
    assert "demo/two.py" in packed
    assert "demo/one.py" not in packed
    assert names_in(project / "build/lib") == ["two.py"]
    assert wheel(lbuild, project)["action"] == "reused"


POETRY = """
[build-system]
requires = ["poetry-core", "setuptools"]
build-backend = "poetry.core.masonry.api"

[tool.poetry]
name = "demo"
version = "1"
description = ""
authors = ["Ada <ada@example.org>"]
include = [{ path = "demo/*.so", format = "wheel" }]

[tool.poetry.build]
script = "build.py"
"""
POETRY_SCRIPT = """
import os, shutil
from setuptools import Distribution, Extension
from setuptools.command.build_ext import build_ext

extension = Extension("demo._c", ["demo/_c.c"])
command = build_ext(Distribution({"name": "demo", "ext_modules": [extension]}))
command.ensure_finalized()
command.run()
for path in command.get_outputs():
    shutil.copyfile(path, os.path.relpath(path, command.build_lib))
"""
MODULE = """
#include <Python.h>
#include "answer.h"
static struct PyModuleDef d = {PyModuleDef_HEAD_INIT, "_c", 0, -1, 0};
PyMODINIT_FUNC PyInit__c(void) { puts(ANSWER); return PyModule_Create(&d); }
"""


@pytest.mark.exhaustive
def test_a_script_of_poetry_keeps_no_old_extension(lbuild: Lbuild, tmp_path: Path) -> None:
    project = tmp_path / "demo"
    (project / "demo").mkdir(parents=True)
    for name, text in (
        ("pyproject.toml", POETRY),
        ("build.py", POETRY_SCRIPT),
        ("demo/__init__.py", ""),
        ("demo/_c.c", MODULE),
    ):
        (project / name).write_text(text)
    for answer in ("seven thousand", "seven thousand and one"):
        (project / "demo/answer.h").write_text(f'#define ANSWER "{answer}!"\n')
        told = wheel(lbuild, project)
        [extension] = [
            member.data
            for name, member in wheel_content(Path(told["wheel"])).items()
            if name.endswith(".so")
        ]
        assert f"{answer}!".encode() in extension
        assert wheel(lbuild, project)["action"] == "reused"


@pytest.mark.exhaustive
def test_another_cache_or_none(lbuild: Lbuild, project: Path) -> None:
    wheel(lbuild, project)
    (project / "src/demo/fr.po").unlink()
    assert made_in(wheel(lbuild, project, "--no-cache")) == ["", "de.mo"]
    (project / "src/demo/de.po").unlink()
    assert made_in(wheel(lbuild, project)) == []


@pytest.mark.exhaustive
def test_what_only_the_wheel_has_comes_back_after_another_hook(
    lbuild: Lbuild, project: Path
) -> None:
    with (project / "backend/backend.py").open("a") as file:
        file.write(
            "\n\ndef prepare_metadata_for_build_wheel(folder, settings=None):\n"
            "    name = f'{NAME}-{VERSION}.dist-info'\n"
            "    Path(folder, name).mkdir()\n"
            "    text = f'Metadata-Version: 2.1\\nName: {NAME}\\nVersion: {VERSION}\\n'\n"
            "    Path(folder, name, 'METADATA').write_text(text)\n"
            "    return name\n"
        )
    wheel(lbuild, project)
    before = listing(project)
    (project / "src/demo/fr.po").write_text("edited")
    lbuild("metadata", project)
    assert listing(project) == before
    (project / "src/demo/fr.po").unlink()
    assert made_in(wheel(lbuild, project)) == ["", "de.mo"]
