"""Each command with each type of objects that it prints: real output, as the JSON Schema has it."""

from pathlib import Path
from typing import Any

import pytest
from docs._extensions import json_schema

from support import checked_json
from support.command import Lbuild
from support.environments import make_environment
from support.minimal_project import CORE, NAME
from support.projects import CopyProject
from support.workspaces import make_workspace

MORE_HOOKS = """

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return build_wheel(wheel_directory)


def build_sdist(sdist_directory, config_settings=None):
    import io
    import tarfile

    files = {"PKG-INFO": b"Metadata-Version: 2.1\\nName: demo\\nVersion: 0.1.0\\n"}
    files["pyproject.toml"] = Path("pyproject.toml").read_bytes()
    with tarfile.open(Path(sdist_directory, "demo-0.1.0.tar.gz"), "w:gz") as archive:
        for name, data in files.items():
            one = tarfile.TarInfo(f"demo-0.1.0/{name}")
            one.size = len(data)
            archive.addfile(one, io.BytesIO(data))
    return "demo-0.1.0.tar.gz"
"""


@pytest.mark.exhaustive  # builds with each command
@pytest.mark.shared_environments
def test_each_command_prints_what_the_schema_says(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    """The types that were met are all that the schema has."""
    met: set[tuple[str, str]] = set()

    def run(command: str, *arguments: str | Path, **how: Any) -> Any:
        """Run a command; note the types of the objects that it prints."""
        rows = lbuild(*command.split(), "--json", *arguments, **how).json
        met.update((command, kind) for kind in checked_json.check(command, rows))
        return rows

    project = copy_project(NAME)
    with (project / "backend" / "backend.py").open("a", encoding="utf-8") as file:
        file.write(MORE_HOOKS)
    make_environment(tmp_path / "env")
    broken = tmp_path / "broken"
    broken.mkdir()
    made = make_workspace(tmp_path / "workspace", {"base": [], "app": ["base"]})

    [first, _] = run("wheel", project, broken, returncode=2)
    assert first["reasons"][0]["kind"] == "first-build"
    (project / CORE).write_text("ANSWER = 43\n", "utf-8")
    env = ("--python", tmp_path / "env")
    [state, _] = run("status", project, broken, *env, returncode=2)
    assert state["environment"]["current"] is False
    for command in ("editable", "sdist"):
        run(command, project, broken, returncode=2)
    run("metadata", project)
    run("metadata", broken, returncode=2)
    run("install", *env, broken, returncode=2)

    # Members of a workspace: one is needed by the other.
    package = ("--package", "app")
    run("graph", *package, cwd=made.folder)
    run("install", "--dry-run", *env, *package, cwd=made.folder)
    run("wheel", *package, cwd=made.folder)
    made.set_value("base", "2")
    [_, app] = run("wheel", *package, cwd=made.folder)
    assert any(one.get("because") for one in app["reasons"])
    for command in ("editable", "sdist"):  # the backend has no such hook
        run(command, *package, cwd=made.folder, returncode=1)
    run("install", *env, *package, cwd=made.folder)

    # The cache: one result is damaged, so that there is something to report.
    run("cache dir")
    [info] = run("cache info")
    assert info["entries"] == len(run("cache list"))
    [blob, *_] = sorted(lbuild.cache.glob("blobs-v*/*/*")) or sorted(lbuild.cache.glob("blobs*/*"))
    blob.chmod(0o600)
    blob.write_bytes(b"damaged")
    assert run("cache verify", returncode=2)
    run("cache prune")
    run("cache remove", "base")
    run("cache clean")
    run("cache purge")

    expected = {
        (command, kind.__name__) for command, kinds in json_schema.ROWS.items() for kind in kinds
    }
    assert met == expected
