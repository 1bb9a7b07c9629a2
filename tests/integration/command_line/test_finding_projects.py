"""Which projects a command is about: the one around the current folder, those of a glob."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.command import Lbuild
from support.minimal_project import CORE, NAME, WHEEL, configure
from support.projects import CopyProject


def test_from_a_folder_below_a_project(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    below = project / "src" / "demo"
    note = f"using the project in {project}, above this folder\n"
    built = lbuild("wheel", cwd=below)
    assert built.stdout == f"{project / 'dist' / WHEEL}\n"
    assert built.stderr.startswith(f"{note}demo 0.1.0: built in ")
    assert "above this folder" not in lbuild("wheel", cwd=project).stderr
    assert lbuild("metadata", ".", cwd=below).stderr.startswith(note)
    configure(project, '[tool.lbuild]\ncache-dir = ".cache"')
    shown = lbuild("cache", "dir", cwd=below, env={"LBUILD_CACHE_DIR": None})
    assert shown.stdout == f"{project / '.cache'}\n"

    refused = lbuild("wheel", "demo", cwd=project / "src", returncode=2)
    assert (
        f"not a Python project: it has neither pyproject.toml nor setup.py. Did you mean {project}?"
        in refused.stderr
    )


def test_an_answer_is_not_replayed_when_another_project_is_nearer(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    project = copy_project(NAME)
    below = project / "src"
    lbuild("wheel", cwd=below)
    for _ in range(3):
        time.sleep(0.03)
        result = lbuild("status", cwd=below)
    assert result.stdout == "demo 0.1.0: up to date\n"
    assert result.stderr == f"using the project in {project}, above this folder\n"
    (below / "setup.py").touch()
    result = lbuild("status", cwd=below)
    assert (result.stdout.splitlines()[0], result.stderr) == ("src: a rebuild is due", "")


@pytest.mark.skipif(os.name == "nt", reason="a shell that expands globs")
def test_what_is_no_project_of_a_glob(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    folder = tmp_path / "packages"
    one, other = (
        copy_project(NAME, folder="packages").rename(folder / name) for name in ("one", "other")
    )
    (folder / "docs").mkdir()
    (folder / "README.md").touch()
    expanded = sorted(os.path.relpath(path, tmp_path) for path in folder.iterdir())
    note = "passed over, because not a Python project: packages/README.md, packages/docs\n"
    paths = "".join(f"{project / 'dist' / WHEEL}\n" for project in (one, other))
    for words in (expanded, ["packages/*"]):
        result = lbuild("wheel", *words, cwd=tmp_path)
        assert (result.stdout, result.stderr.count(note)) == (paths, 1)
    # Named by a person, it is an error.
    for words in (["packages/docs"], ["packages/one", "packages/docs"], ["packages/d*"]):
        assert "error: " in lbuild("status", *words, cwd=tmp_path, returncode=2).stderr

    for _ in range(2):
        time.sleep(0.03)
        assert "a rebuild" not in lbuild("status", *expanded, cwd=tmp_path).stdout
    (folder / "docs" / "setup.py").touch()
    result = lbuild("status", *expanded, cwd=tmp_path)
    assert (result.stdout.count("a rebuild is due"), "docs" in result.stderr) == (1, False)
    (one / CORE).write_text("ANSWER = 43\n")
    assert lbuild("status", *expanded, cwd=tmp_path).stdout.count("a rebuild is due") == 2


@pytest.mark.parametrize("how", ["module", "script"])
def test_a_file_of_the_project_hides_no_package_that_lbuild_uses(
    lbuild: Lbuild, copy_project: CopyProject, how: str
) -> None:
    """Many projects have a build.py: it must not run in lbuild's own process."""
    project = copy_project("hatchling")
    script = "from lbuild_frontend import api\n\napi.build_wheel('.')\n"
    (project / "build.py").write_text(script if how == "script" else "raise SystemExit(9)\n")
    words = ["build.py"] if how == "script" else ["-m", "lbuild_frontend", "wheel"]
    done = subprocess.run(
        [sys.executable, *words],
        check=False,
        cwd=project,
        env={**lbuild.environment, "LBUILD_CACHE_DIR": str(lbuild.cache)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    if how == "script":
        assert f"{project / 'build.py'}: this module hides the package 'build'" in done.stderr
    else:
        assert done.returncode == 0, done.stderr
        assert list((project / "dist").glob("*.whl"))
