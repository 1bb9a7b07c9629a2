"""``lbuild editable``, ``metadata --editable``: what counts, what becomes of their products."""

import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from support.command import Lbuild
from support.minimal_project import NAME
from support.projects import CopyProject, replace, wheel_content

HOOKS = """

_build = build_wheel


def build_wheel(folder, settings=None, metadata=None):
    Path("out/tmp").mkdir(parents=True, exist_ok=True)  # for the wheel and the editable wheel
    return _build(folder, settings, metadata)


def build_editable(folder, settings=None, metadata=None):
    Path("src/demo/_made.so").write_text(Path("made.c").read_text())
    name = build_wheel(folder)
    wheel = Path(folder, name)
    with zipfile.ZipFile(wheel, "w") as archive:
        info = f"{NAME}-{VERSION}.dist-info"
        archive.writestr("demo.pth", str(Path("src").resolve()))
        text = Path(metadata, "METADATA").read_text() if metadata else METADATA
        archive.writestr(f"{info}/METADATA", text)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        archive.writestr(f"{info}/RECORD", "")
    return name


METADATA = f"Metadata-Version: 2.1\\nName: {NAME}\\nVersion: {VERSION}\\n"
REQUIRES = ["one", "two"]


def prepare_metadata_for_build_editable(folder, settings=None):
    info = Path(folder, f"{NAME}-{VERSION}.dist-info")
    info.mkdir()
    lines = "".join(f"Requires-Dist: {one}\\n" for one in REQUIRES)
    info.joinpath("METADATA").write_text(METADATA + lines)
    return info.name


def build_sdist(folder, settings=None):
    import tarfile

    name = f"{NAME}-{VERSION}"
    Path(folder, "PKG-INFO").write_text(METADATA)
    with tarfile.open(Path(folder, f"{name}.tar.gz"), "w:gz") as archive:
        archive.add(Path(folder, "PKG-INFO"), f"{name}/PKG-INFO")
        for path in sorted(Path("src").rglob("*")):
            if path.is_file():
                archive.add(path, f"{name}/{path.as_posix()}")
    return f"{name}.tar.gz"
"""


@pytest.fixture
def project(copy_project: CopyProject) -> Path:
    """A project whose editable wheel needs a file that its hook puts beside the sources."""
    project = copy_project(NAME)
    with (project / "backend" / "backend.py").open("a") as file:
        file.write(HOOKS)
    (project / "made.c").write_text("one")
    return project


def run(lbuild: Lbuild, verb: str, project: Path, *more: str | Path) -> dict[str, Any]:
    [told] = lbuild(verb, "--json", project, *more).json
    return dict(told)


def made(project: Path) -> Path:
    return project / "src" / "demo" / "_made.so"


def test_an_editable_wheel_is_reused(lbuild: Lbuild, project: Path) -> None:
    first = run(lbuild, "editable", project)
    assert (first["hook"], first["action"]) == ("build_editable", "built")
    assert wheel_content(Path(first["wheel"]))["demo.pth"].data.decode() == str(project / "src")
    again = run(lbuild, "editable", project)
    assert (again["action"], again["unchanged"]) == ("reused", True)
    # The wheel of the same name replaces it, and is replaced.
    wheel = run(lbuild, "wheel", project)
    assert (wheel["wheel"], wheel["action"]) == (first["wheel"], "built")
    assert "demo/core.py" in wheel_content(Path(wheel["wheel"]))
    for verb, told in (("editable", first), ("wheel", wheel), ("editable", first)):
        now = run(lbuild, verb, project)
        assert (now["action"], now["unchanged"], now["sha256"]) == ("reused", False, told["sha256"])
    assert "is out of date; run lbuild wheel" in lbuild("status", project).stdout


def test_it_is_of_one_folder(lbuild: Lbuild, project: Path) -> None:
    run(lbuild, "editable", project)
    other = project.parent / "other"
    project.rename(other)
    told = run(lbuild, "editable", other)
    assert told["action"] == "built"
    assert told["reasons"][0]["kind"] == "project-moved"
    assert wheel_content(Path(told["wheel"]))["demo.pth"].data.decode() == str(other / "src")


def test_what_it_put_into_the_project_is_a_part_of_it(lbuild: Lbuild, project: Path) -> None:
    run(lbuild, "editable", project)
    for damage in (lambda: made(project).unlink(), lambda: made(project).write_text("other")):
        damage()
        told = run(lbuild, "editable", project)
        assert (told["action"], told["reasons"][0]["path"]) == ("built", "src/demo/_made.so")
        assert made(project).read_text() == "one"
    assert run(lbuild, "editable", project)["action"] == "reused"


def names_in(archive: Path) -> list[str]:
    if archive.suffix == ".whl":
        return [*wheel_content(archive)]
    with tarfile.open(archive) as opened:
        return opened.getnames()


@pytest.mark.quick("wheel")
@pytest.mark.parametrize("verb", ["wheel", "sdist", "metadata"])
def test_other_results_neither_take_nor_ship_it(lbuild: Lbuild, project: Path, verb: str) -> None:
    out = project.parent / "out"
    where = () if verb == "metadata" else ("-o", out)
    before = run(lbuild, verb, project, *where)["sha256"]
    run(lbuild, "editable", project)
    present = made(project).stat()
    for _ in range(2):
        told = run(lbuild, verb, project, *where)
        assert (told["action"], told["sha256"]) == ("reused", before)
    told = run(lbuild, verb, project, *where, "--refresh")
    assert told["action"] == "built"
    assert not any("_made" in name for one in out.glob("*") for name in names_in(one))
    now = made(project).stat()
    assert (now.st_ino, now.st_mtime_ns) == (present.st_ino, present.st_mtime_ns)
    assert run(lbuild, "editable", project)["action"] == "reused"
    (project / "made.c").write_text("two")
    assert run(lbuild, "editable", project)["reasons"][0]["path"] == "made.c"
    assert made(project).read_text() == "two"
    assert run(lbuild, verb, project, *where)["action"] == "reused"


BETWEEN = (("wheel",), ("metadata",), ("status",), ("editable",), ("sdist",), ())


def requires(lbuild: Lbuild, project: Path) -> list[str]:
    """As uv issue 3796 has it: what the metadata hook of an in-tree backend appends."""
    lines = lbuild("metadata", "--editable", project).stdout.splitlines()
    return [line.removeprefix("Requires-Dist: ") for line in lines if "Requires-Dist" in line]


@pytest.mark.quick("editable")
@pytest.mark.parametrize("first", ["editable", "metadata -e", "wheel"])
def test_each_run_has_the_present_requirements(lbuild: Lbuild, project: Path, first: str) -> None:
    lbuild(*first.split(), project)
    assert requires(lbuild, project) == ["one", "two"]
    replace(project / "backend" / "backend.py", '["one", "two"]', '["two"]')
    for number in range(10):
        assert requires(lbuild, project) == ["two"], number
        between = BETWEEN[number % len(BETWEEN)]
        if between:
            lbuild(*between, project)
    wheel = Path(run(lbuild, "editable", project)["wheel"])
    [metadata] = [one for name, one in wheel_content(wheel).items() if name.endswith("METADATA")]
    assert metadata.data.decode().count("Requires-Dist") == 1


def test_a_backend_without_the_hooks(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    for words in (["editable"], ["metadata", "-e"]):
        result = lbuild(*words, project, returncode=1)
        assert "the build backend 'backend' has no build_editable hook (PEP 660)" in result.stderr


@pytest.mark.exhaustive
@pytest.mark.shared_environments
def test_an_extension_module_of_setuptools(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project("setuptools-c-extension")
    run(lbuild, "editable", project)
    [extension] = project.glob("src/demo/*.so")
    content = extension.read_bytes()
    for verb in ("wheel", "sdist", "metadata", "wheel", "sdist"):
        run(lbuild, verb, project)
        assert run(lbuild, "editable", project)["action"] == "reused", verb
        assert extension.read_bytes() == content
    source = project / "src" / "demo" / "_answer.c"
    source.write_text(source.read_text() + "\nint other_answer = 1;\n")
    assert run(lbuild, "wheel", project)["action"] == "built"
    assert extension.read_bytes() == content  # that of the last editable wheel
    assert run(lbuild, "editable", project)["action"] == "built"
    assert extension.read_bytes() != content
    with zipfile.ZipFile(run(lbuild, "wheel", project)["wheel"]) as archive:
        assert sum(name.endswith(".so") for name in archive.namelist()) == 1


@pytest.mark.exhaustive
@pytest.mark.shared_environments
@pytest.mark.parametrize(
    "name",
    ["hatchling", "pdm-backend", "poetry-core", "setuptools-pyproject", "setuptools-setup-cfg"],
)
def test_an_edit_of_a_module_calls_no_hook(
    lbuild: Lbuild, copy_project: CopyProject, name: str
) -> None:
    project = copy_project(name)
    (module := project / "src" / "demo" / "core.py").touch()
    run(lbuild, "editable", project)
    module.write_text("changed = 1\n")
    assert run(lbuild, "editable", project)["action"] == "reused"
    toml = project / "pyproject.toml"
    if "[project]" in toml.read_text():
        replace(toml, "[project]", '[project]\nkeywords = ["another"]')
    else:
        replace(project / "setup.cfg", "[metadata]", "[metadata]\nkeywords = another")
    told = run(lbuild, "editable", project)
    assert (told["action"], told["same_as_earlier"]) == ("built", False)
