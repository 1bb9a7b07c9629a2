"""``lbuild wheel --with-dependencies``: a folder from which pip installs members."""

import subprocess
import sys
from pathlib import Path

import pytest

from support.command import Lbuild
from support.environments import make_environment
from support.folder_content import inventory
from support.members_to_install import RunTimeWorkspace
from support.wheels_and_index import Index, make_wheel

pytestmark = pytest.mark.shared_environments

NAMES = ("app", "core", "fast", "plug", "lone")


@pytest.fixture
def workspace(tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch) -> RunTimeWorkspace:
    """Members, and an index that has strangers of their names, also of higher versions."""
    for name in NAMES:
        for version in ("1.0", "9.9"):
            make_wheel(index.folder, name, version=version, code="origin = 'a stranger'\n")
    make_wheel(index.folder, "third", "plug >= 0.5")
    make_wheel(index.folder, "quick", version="2.0")
    monkeypatch.setenv("PIP_INDEX_URL", index.url)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    made = RunTimeWorkspace(tmp_path / "workspace")
    made.add("app", "core[faster] >= 1", "third; python_version >= '3'", "no; python_version < '3'")
    made.add("core", extras={"faster": ["fast", "quick>1"], "unused": ["nowhere"]})
    for name in ("fast", "plug", "lone"):
        made.add(name)
    return made


def fill(lbuild: Lbuild, workspace: RunTimeWorkspace, *arguments: str, **how: int) -> str:
    """Fill the folder ``out`` of the workspace; return what was told."""
    options = ("--with-dependencies", "-o", workspace.folder / "out", *arguments)
    return lbuild("wheel", *options, cwd=workspace.folder, returncode=how.get("code", 0)).stderr


def installed_by_pip(workspace: RunTimeWorkspace, *names: str) -> dict[str, str]:
    """Let pip install from the folder only; return where the modules are from."""
    env = make_environment(workspace.folder / "env")
    options = ["--isolated", "--python", str(env), "install", "--quiet", "--no-index"]
    place = ["--find-links", str(workspace.folder / "out")]
    subprocess.run([sys.executable, "-m", "pip", *options, *place, *names], check=True)
    code = f"for name in {NAMES!r}:\n try: print(name, __import__(name).origin, sep='=')\n"
    code += " except ImportError: pass"
    done = subprocess.run([env, "-c", code], check=True, capture_output=True, text=True)
    return dict(line.split("=") for line in done.stdout.splitlines())


@pytest.mark.exhaustive  # pip takes seconds to start
def test_pip_installs_from_the_folder_and_nothing_is_done_twice(
    lbuild: Lbuild, workspace: RunTimeWorkspace
) -> None:
    out = workspace.folder / "out"
    fill(lbuild, workspace, "--package", "app")
    wheels = {path.name for path in out.iterdir()}
    members = {f"{name}-1.0-py3-none-any.whl" for name in ("app", "core", "fast", "plug")}
    assert wheels == {*members, "third-1.0-py3-none-any.whl", "quick-2.0-py3-none-any.whl"}
    before = inventory(out)
    again = fill(lbuild, workspace, "--package", "app")
    assert "added" not in again
    assert fill(lbuild, workspace, "--package", "app") == again  # replayed
    assert inventory(out) == before
    workspace.add("plug", code="origin = 'an edit'\n")  # which only a wheel of the index requires
    fill(lbuild, workspace, "--package", "app")
    (out / "quick-2.0-py3-none-any.whl").write_bytes(b"damaged")
    (out / "third-1.0-py3-none-any.whl").unlink()
    assert "2 wheels added" in fill(lbuild, workspace, "--package", "app")
    said = {name: f"member {name}" for name in ("app", "core", "fast")}
    assert installed_by_pip(workspace, "app") == {**said, "plug": "an edit"}


def test_what_pip_would_prefer_to_a_member_is_an_error(
    lbuild: Lbuild, workspace: RunTimeWorkspace
) -> None:
    out = workspace.folder / "out"
    fill(lbuild, workspace, "--package", "fast")
    make_wheel(out, "fast", version="0.9")
    fill(lbuild, workspace, "--package", "fast")
    newer = make_wheel(out, "fast", version="1.1")
    told = fill(lbuild, workspace, "--package", "fast", code=2)
    assert f"{newer}: pip would install this in place of fast-1.0-py3-none-any.whl" in told


@pytest.mark.exhaustive  # pip takes seconds to start
def test_what_cannot_be_had(lbuild: Lbuild, workspace: RunTimeWorkspace) -> None:
    workspace.add("lone", "nowhere-to-be-found")
    told = fill(lbuild, workspace, "--package", "lone", code=1)
    assert "the wheels of dependencies could not be put into" in told
    assert "nowhere-to-be-found" in told
    workspace.add("lone", "core >= 2")
    told = fill(lbuild, workspace, "--package", "lone", code=2)
    assert "pyproject.toml: project.dependencies[0]: 'core>=2' is not met by core 1.0" in told


@pytest.mark.exhaustive  # pip is installed into an environment; the others have lbuild's pip
def test_an_sdist_is_built_for_another_interpreter(
    lbuild: Lbuild, workspace: RunTimeWorkspace, tmp_path: Path
) -> None:
    """pip builds it in an environment of its own, which has what it requires."""
    project = "three"
    import io
    import tarfile

    offers = tmp_path / "offers"
    offers.mkdir()
    backend = workspace.folder / "packages/fast/backend/backend.py"
    files = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {project}\nVersion: 1.0\n",
        "backend/backend.py": backend.read_text(),
        "src/three.py": "x = 1\n",
        "pyproject.toml": (workspace.folder / "packages/fast/pyproject.toml")
        .read_text()
        .replace('"fast"', f'"{project}"'),
    }
    with tarfile.open(offers / f"{project}-1.0.tar.gz", "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"{project}-1.0/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    workspace.add("lone", project)
    python = make_environment(tmp_path / "other")
    how = {"PIP_FIND_LINKS": str(offers)}
    command = ("wheel", "--with-dependencies", "-o", workspace.folder / "out", "-p", python)
    lbuild(*command, "--package", "lone", cwd=workspace.folder, env=how)
    assert (workspace.folder / f"out/{project}-1.0-py3-none-any.whl").is_file()
    before = inventory(workspace.folder / "out")
    lbuild(*command, "--package", "lone", cwd=workspace.folder)
    assert inventory(workspace.folder / "out") == before
