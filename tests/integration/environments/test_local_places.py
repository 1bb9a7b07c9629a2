"""What was installed from a folder or an index on this machine counts by content."""

import os
import textwrap
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.command import Lbuild
from support.edits import add_requirements, pack_expression
from support.minimal_project import NAME, status, wheel
from support.projects import CopyProject, replace, wheel_content
from support.wheels_and_index import Index, make_wheel

pytestmark = pytest.mark.own_environments

Environ = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Place:
    """A project that packs what a plugin from a local place says, and how that place is named.

    Attributes:
        wheels: the folder of the wheels.
        environ: the variables of all commands.
        cwd: where commands run.
    """

    lbuild: Lbuild
    project: Path
    wheels: Path
    environ: Environ
    cwd: Path

    def offer(self, value: str, name: str = "hplug", *requires: str, version: str = "1.0") -> Path:
        """Put a wheel into the place, over one of the same name and version."""
        return make_wheel(
            self.wheels, name, *requires, version=version, code=f"VALUE = {value!r}\n"
        )

    def build(self, *options: str) -> tuple[str, str]:
        """Build or reuse; return what was done, and what the plugin said when it was built."""
        told = wheel(self.lbuild, *options, self.project, env=self.environ, cwd=self.cwd)
        return told["action"], wheel_content(Path(told["wheel"]))["demo/more"].data.decode()

    def reasons(self) -> list[tuple[str, str]]:
        """Return why a rebuild is due: kinds and names."""
        told = status(self.lbuild, self.project, env=self.environ, cwd=self.cwd)
        return [(one["kind"], one.get("name", "")) for one in told["reasons"]]


CHANGED = [("requirement-changed", "hplug")]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), "utf-8")


def _index(folder: Path) -> None:
    """Let a folder be an index (PEP 503) with pages that link to the wheels in it."""
    _write(
        folder / "simple" / "hplug" / "index.html",
        """\
        <!DOCTYPE html><html><body>
        <a href="../../wheels/hplug-1.0-py3-none-any.whl">hplug-1.0-py3-none-any.whl</a>
        </body></html>
        """,
    )


def _by_variables(**environ: str | None) -> Callable[[Path], Environ]:
    def name(folder: Path) -> Environ:
        _index(folder)
        return {key: value and value.format(folder=folder) for key, value in environ.items()}

    return name


def _by_file(path: str, text: str, **environ: str | None) -> Callable[[Path], Environ]:
    def name(folder: Path) -> Environ:
        _write(folder / path, text.format(folder=folder))
        return _by_variables(**environ)(folder)

    return name


NAMED: dict[str, Callable[[Path], Environ]] = {
    "UV_FIND_LINKS": _by_variables(UV_FIND_LINKS="{folder}/wheels", UV_NO_INDEX="1"),
    "UV_FIND_LINKS offline": _by_variables(UV_FIND_LINKS="wheels", UV_OFFLINE="1"),
    "PIP_FIND_LINKS": _by_variables(PIP_FIND_LINKS="{folder}/wheels", PIP_NO_INDEX="1"),
    "PIP_FIND_LINKS relative": _by_variables(PIP_FIND_LINKS="x wheels", PIP_NO_INDEX="1"),
    "PIP_INDEX_URL": _by_variables(PIP_INDEX_URL="file://{folder}/simple"),
    "UV_DEFAULT_INDEX": _by_variables(UV_DEFAULT_INDEX="file://{folder}/simple"),
    "UV_INDEX": _by_variables(UV_INDEX="own=file://{folder}/simple", UV_OFFLINE="1"),
    "pip.conf": _by_file(
        "config/pip/pip.conf",
        "[global]\nno-index = true\n[install]\nfind-links =\n    {folder}/wheels\n",
    ),
    "PIP_CONFIG_FILE": _by_file(
        "own.conf", "[install]\nfind_links: wheels\n", PIP_CONFIG_FILE="own.conf", PIP_NO_INDEX="1"
    ),
    "uv.toml": _by_file("config/uv/uv.toml", 'no-index = true\nfind-links = ["{folder}/wheels"]\n'),
    "UV_CONFIG_FILE": _by_file(
        "own.toml", '[[index]]\nurl = "file://{folder}/simple"\n', UV_CONFIG_FILE="own.toml"
    ),
    "tool.uv": _by_file(
        "pyproject.toml", '[tool.uv]\nno-index = true\nfind-links = ["./wheels"]\n'
    ),
}


@pytest.fixture
def place(
    tmp_path: Path, request: pytest.FixtureRequest, lbuild: Lbuild, copy_project: CopyProject
) -> Place:
    """A place of the kind that the parameter names; ``UV_FIND_LINKS`` without one."""
    folder = tmp_path / "here"
    (folder / "wheels").mkdir(parents=True)
    named = NAMED[getattr(request, "param", "UV_FIND_LINKS")](folder)
    foreign = ("PIP_FIND_LINKS", "UV_FIND_LINKS", "UV_INDEX", "UV_DEFAULT_INDEX", "UV_NO_INDEX")
    environ = {
        **dict.fromkeys(foreign),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
        "PIP_CACHE_DIR": str(tmp_path / "pip-cache"),
        **named,
    }
    return Place(lbuild, _project(copy_project, "hplug==1.0"), folder / "wheels", environ, folder)


def _project(copy_project: CopyProject, *requires: str) -> Path:
    project = copy_project(NAME)
    add_requirements(project, *requires)
    pack_expression(project, '__import__("hplug").VALUE.encode()')
    return project


@pytest.mark.quick("UV_FIND_LINKS")
@pytest.mark.parametrize("place", NAMED, indirect=True)
def test_another_wheel_of_the_same_name_and_version(place: Place) -> None:
    place.offer("old")
    place.build()
    assert place.build()[0] == "reused"
    before = place.wheels / "hplug-1.0-py3-none-any.whl"
    times = before.stat().st_atime_ns, before.stat().st_mtime_ns
    old = before.read_bytes()
    place.offer("new")
    os.utime(before, ns=times)
    assert place.reasons() == CHANGED
    assert place.build() == ("built", "new")
    assert place.reasons() == []
    before.write_bytes(old)
    assert place.build()[0] == "reused"
    before.unlink()
    assert place.reasons() == CHANGED


def test_what_a_requirement_requires_counts_and_nothing_else(place: Place) -> None:
    place.offer("old", "hplug", "hdep")
    place.offer("old", "hdep")
    replace(place.project / "backend" / "backend.py", '"hplug").VALUE', '"hdep").VALUE')
    assert place.build() == ("built", "old")
    place.offer("other", "unrelated")
    place.offer("other", "hplug", version="2.0")  # which the pin excludes
    (place.wheels / "notes.txt").touch()
    os.utime(place.wheels / "hdep-1.0-py3-none-any.whl")
    assert place.build()[0] == "reused"
    place.offer("new", "hdep")
    assert place.reasons() == [("requirement-changed", "hdep")]
    assert place.build() == ("built", "new")
    place.offer("newest", "hdep", version="2.0")
    assert place.reasons() == [("requirement-changed", "hdep")]
    assert place.build() == ("built", "newest")


@pytest.mark.exhaustive
@pytest.mark.parametrize("mode", ["tree", "declared"])
def test_in_other_modes(place: Place, mode: str) -> None:
    place.offer("old")
    assert place.build(f"--inputs={mode}") == ("built", "old")
    assert place.build(f"--inputs={mode}")[0] == "reused"
    place.offer("new")
    assert place.build(f"--inputs={mode}") == ("built", "new")


@pytest.mark.exhaustive
def test_a_record_that_does_not_fit_the_wheel(place: Place) -> None:
    """As after an edit with a zip tool: what is installed is the same by RECORD."""
    path = place.offer("old")
    replace(place.project / "pyproject.toml", 'name = "demo"', 'name = "demo" ')
    assert place.build() == ("built", "old")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["hplug.py"] = b"VALUE = 'new'\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert place.build() == ("built", "new")


@pytest.mark.exhaustive
def test_what_the_backend_asks_for_counts(place: Place) -> None:
    replace(place.project / "pyproject.toml", "'hplug==1.0'", "")
    hook = "\n\ndef get_requires_for_build_wheel(settings=None):\n    return ['hplug']\n"
    with (place.project / "backend" / "backend.py").open("a", encoding="utf-8") as file:
        file.write(hook)
    place.offer("old")
    assert place.build() == ("built", "old")
    assert place.build()[0] == "reused"
    place.offer("new")
    assert place.build() == ("built", "new")


@pytest.mark.exhaustive
def test_a_replayed_answer_notices_it(place: Place) -> None:
    place.offer("old")
    place.build()
    time.sleep(2.1)  # until the stamps are old enough
    for _ in range(2):
        assert place.reasons() == []
    path = place.wheels / "hplug-1.0-py3-none-any.whl"
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    place.offer("new")
    os.utime(path, ns=times)
    assert place.reasons() == CHANGED


@pytest.mark.exhaustive
def test_settings_that_name_a_place_later(place: Place) -> None:
    place.offer("old")
    place.build()
    _write(Path(str(place.environ["XDG_CONFIG_HOME"])) / "uv" / "uv.toml", 'find-links = ["/x"]')
    place.offer("new", "other")
    assert place.build()[0] == "reused"
    folder = place.wheels.parent / "more"
    make_wheel(folder, "hplug", code="VALUE = 'more'\n")
    _write(
        Path(str(place.environ["XDG_CONFIG_HOME"])) / "uv" / "uv.toml",
        f"find-links = [{str(folder)!r}]",
    )
    assert place.reasons() == CHANGED


@pytest.mark.exhaustive
def test_a_requirement_that_is_a_path(place: Place) -> None:
    """As uv takes it; others want a URL."""
    path = place.offer("old")
    replace(place.project / "pyproject.toml", "hplug==1.0", f"hplug @ {path}")
    assert place.build() == ("built", "old")
    place.offer("new")
    assert place.reasons()[0][0] == "requirement-changed"
    assert place.build() == ("built", "new")


@pytest.mark.exhaustive
def test_what_comes_from_elsewhere_is_no_doubt(
    lbuild: Lbuild, copy_project: CopyProject, index: Index, tmp_path: Path
) -> None:
    """Names that only the index knows, and a folder that is new: nothing was edited."""
    index.add("plugin", "helper")
    index.add("helper")
    project = copy_project(NAME)
    add_requirements(project, "hplug", "plugin")
    environ = {"UV_FIND_LINKS": str(tmp_path / "wheels")}
    make_wheel(tmp_path / "wheels", "hplug")
    assert wheel(lbuild, project, env=environ)["action"] == "built"
    assert wheel(lbuild, project, env=environ)["action"] == "reused"
    make_wheel(tmp_path / "wheels", "helper", version="2.0")
    told = status(lbuild, project, env=environ)
    assert [one["name"] for one in told["reasons"]] == ["helper"]
