"""Backends in the project's own tree: an edit of one is never missed, whatever the inputs."""

import os
import py_compile
import shutil
from pathlib import Path

import pytest

from support.command import Lbuild
from support.projects import (
    CopyProject,
    build_in_tree,
    fresh_build,
    replace,
    sha256,
    wheel_content,
    wheel_metadata,
)

pytestmark = pytest.mark.shared_environments

EARLIER = 1_700_000_000 * 10**9
"""A time stamp of long ago, in nanoseconds, at the start of a second."""

INPUTS = pytest.mark.parametrize("inputs", ["tree", "declared"])


@pytest.mark.quick("declared")
@INPUTS
def test_uv_issue_3796(lbuild: Lbuild, copy_project: CopyProject, inputs: str) -> None:
    project = copy_project("in-tree-backend")
    backend = project / "bar.py"
    working = backend.read_bytes()
    options = ("--inputs", inputs, project)
    [first] = lbuild("wheel", "--json", *options).json
    assert (first["name"], first["action"]) == ("foo", "built")

    backend.write_text(
        "def build_wheel(*args):\n"
        '    raise Exception("DEPRECATED")\n'
        "\n"
        "\n"
        "def prepare_metadata_for_build_wheel(*args):\n"
        '    raise Exception("DEPRECATED")\n'
    )
    [told] = lbuild("status", "--json", *options).json
    assert told["verdict"] == "rebuild"
    assert "bar.py" in [reason.get("path") for reason in told["reasons"]]
    for _ in range(2):  # A failure is not remembered as a success.
        broken = lbuild("wheel", *options, returncode=1)
        assert broken.stdout == ""
        assert "DEPRECATED" in broken.stderr

    backend.write_bytes(working)
    [undone] = lbuild("wheel", "--json", *options).json
    assert (undone["action"], undone["sha256"]) == ("reused", first["sha256"])


@pytest.mark.quick("tree")
@INPUTS
def test_an_edited_helper_module_shows_in_the_metadata(
    lbuild: Lbuild, copy_project: CopyProject, inputs: str
) -> None:
    project = copy_project("in-tree-backend-with-helper")
    options = ("--json", "--inputs", inputs, project)
    [first] = lbuild("wheel", *options).json
    assert requirements(first["wheel"]) == ["packaging>=24", "tomli>=2"]

    replace(project / "backend" / "dependencies.py", "packaging>=24", "packaging>=25")
    [reason] = lbuild("status", *options).json[0]["reasons"]
    assert reason["path"] == "backend/dependencies.py"
    [second] = lbuild("wheel", *options).json
    assert second["action"] == "built"
    assert requirements(second["wheel"]) == ["packaging>=25", "tomli>=2"]
    assert wheel_content(Path(second["wheel"])) == wheel_content(fresh_build(project))

    replace(project / "backend" / "dependencies.py", "packaging>=25", "packaging>=24")
    [undone] = lbuild("wheel", *options).json
    assert (undone["action"], undone["sha256"]) == ("reused", first["sha256"])
    assert sha256(Path(undone["wheel"])) == first["sha256"]


def test_an_edited_text_file_shows_in_the_metadata(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    project = copy_project("in-tree-backend-with-helper")
    text = project / "requirements.txt"
    [first] = lbuild("wheel", "--json", project).json

    text.write_text("tomli>=2\nrich\n")
    [reason] = lbuild("status", "--json", project).json[0]["reasons"]
    assert (reason["kind"], reason["path"]) == ("file-changed", "requirements.txt")
    [second] = lbuild("wheel", "--json", project).json
    assert second["action"] == "built"
    assert requirements(second["wheel"]) == ["packaging>=24", "tomli>=2", "rich"]
    assert wheel_content(Path(second["wheel"])) == wheel_content(fresh_build(project))

    text.write_text("tomli>=2\n")
    [undone] = lbuild("wheel", "--json", project).json
    assert (undone["action"], undone["sha256"]) == ("reused", first["sha256"])
    assert requirements(undone["wheel"]) == ["packaging>=24", "tomli>=2"]


@pytest.mark.exhaustive
@INPUTS
@pytest.mark.parametrize("validation", ["TIMESTAMP", "UNCHECKED_HASH"])
@pytest.mark.parametrize(
    ("module", "old", "new"),
    [("dependencies", "packaging>=24", "packaging>=25"), ("backend", "tor: demo", "tor: made")],
)
def test_stale_bytecode_of_a_backend_is_never_run(
    lbuild: Lbuild,
    copy_project: CopyProject,
    inputs: str,
    validation: str,
    module: str,
    old: str,
    new: str,
) -> None:
    project = copy_project("in-tree-backend-with-helper")
    source = project / "backend" / f"{module}.py"
    os.utime(source, ns=(EARLIER, EARLIER))
    py_compile.compile(str(source), invalidation_mode=py_compile.PycInvalidationMode[validation])
    bytecode = {path: path.read_bytes() for path in (project / "backend").rglob("*.pyc")}
    assert len(bytecode) == 1
    options = ("--json", "--inputs", inputs, project)
    [first] = lbuild("wheel", *options).json
    before = wheel_content(Path(first["wheel"]))

    # An edit of the same size, within the same second: for Python, its bytecode is still valid.
    replace(source, old, new)
    os.utime(source, ns=(EARLIER + 1000, EARLIER + 1000))
    elsewhere = Path(shutil.copytree(project, project.parent / "elsewhere"))
    shutil.rmtree(elsewhere / "dist")
    assert wheel_content(build_in_tree(elsewhere)) == before

    [second] = lbuild("wheel", *options).json
    assert second["action"] == "built"
    after = wheel_content(Path(second["wheel"]))
    assert after != before
    assert after == wheel_content(fresh_build(project))
    assert {path: path.read_bytes() for path in (project / "backend").rglob("*.pyc")} == bytecode


@pytest.mark.quick("declared")
@INPUTS
def test_an_edit_right_after_a_build_is_noticed(
    lbuild: Lbuild, copy_project: CopyProject, inputs: str
) -> None:
    """Edits of the same size, whose times lie within the second of the build or are put back."""
    project = copy_project("in-tree-backend-with-helper")
    helper = project / "backend" / "dependencies.py"
    options = ("--json", "--inputs", inputs, project)
    lbuild("wheel", *options)
    for old, new in [(4, 5), (5, 6), (6, 7)]:
        times = helper.stat()
        replace(helper, f"packaging>=2{old}", f"packaging>=2{new}")
        os.utime(helper, ns=(times.st_atime_ns, times.st_mtime_ns))
        [told] = lbuild("wheel", *options).json
        assert requirements(told["wheel"]) == [f"packaging>=2{new}", "tomli>=2"]


def requirements(wheel: str) -> list[str]:
    """The Requires-Dist lines of a wheel's METADATA."""
    return wheel_metadata(Path(wheel)).get_all("Requires-Dist", [])
