"""Build environments: isolated ones of each interpreter, and the interpreter's own as it is."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import interpreters
from lbuild_frontend import environment
from lbuild_frontend.environment import Environment
from lbuild_frontend.errors import BuildFailed, LbuildError
from lbuild_frontend.interpreter import Interpreter, find

INSTALLED = interpreters.installed()


def a_wheel(folder: Path, name: str, *requires: str) -> str:
    """Make a wheel with one module; return a requirement that names it."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0"]
    lines += [f"Requires-Dist: {text}" for text in requires]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", f"name = {name!r}\n")
        archive.writestr(f"{name}-1.0.dist-info/METADATA", "\n".join(lines) + "\n")
        archive.writestr(
            f"{name}-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        members = [f"{member},,\n" for member in archive.namelist()]
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "".join(members))
    return f"{name} @ {path.as_uri()}"


def run(around: Environment, code: str) -> str:
    environ = {**os.environ, **(around.make_extra_environ() or {})}
    command = [around.python_executable, "-c", code]
    done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.parametrize("version", INSTALLED)
def test_an_isolated_environment_of_each_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    requirement = a_wheel(tmp_path, "plugin")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "leaked.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "elsewhere"))
    with environment.isolated(find(INSTALLED[version]), "demo") as around:
        python = Path(around.python_executable)
        told = run(around, "import sys; print('%d.%d' % sys.version_info[:2], sys.prefix)")
        assert told.split()[0] == version
        prefix = Path(told.split()[1])
        assert python.is_relative_to(prefix)
        assert run(around, "import shutil; print(shutil.which('python'))") == str(python)
        around.install([])
        for name in ("plugin", "leaked", "hypothesis"):
            found = f"import importlib.util as u; print(u.find_spec({name!r}))"
            assert run(around, found) == "None", name
        around.install([requirement])
        assert run(around, "import plugin; print(plugin.name)") == "plugin"
    assert not prefix.exists()


@pytest.mark.parametrize("version", INSTALLED)
def test_markers_are_those_of_the_environment(tmp_path: Path, version: str) -> None:
    plugin, other = (a_wheel(tmp_path, name) for name in ("plugin", "other"))
    with environment.isolated(find(INSTALLED[version]), "demo") as around:
        around.install(
            [
                f"{plugin} ; python_version == '{version}'",
                f"{other} ; python_version != '{version}'",
            ]
        )
        found = "import importlib.util as u; print([bool(u.find_spec(n)) for n in {}])"
        assert run(around, found.format(["plugin", "other"])) == "[True, False]"


@pytest.mark.parametrize("version", INSTALLED)
def test_requirements_that_cannot_be_installed(tmp_path: Path, version: str) -> None:
    missing = f"plugin @ {(tmp_path / 'plugin-1.0-py3-none-any.whl').as_uri()}"
    with environment.isolated(find(INSTALLED[version]), "demo") as around:
        with pytest.raises(BuildFailed) as caught:
            around.install([missing])
        assert str(caught.value) == (
            f"demo: the build requirements could not be installed: {missing}. "
            "Check build-system.requires in pyproject.toml, and the network."
        )
        assert "plugin" in caught.value.output
        prefix = Path(run(around, "import sys; print(sys.prefix)"))
    assert not prefix.exists()


def test_an_environment_that_cannot_be_made(tmp_path: Path) -> None:
    gone = Interpreter(str(tmp_path / "gone"), "CPython", is_own=False)
    with (
        pytest.raises(LbuildError, match=r"^demo: no build environment could be made: "),
        environment.isolated(gone, "demo"),
    ):
        pass


@pytest.mark.parametrize("version", INSTALLED)
def test_what_goes_wrong_inside_is_not_the_environments_fault(version: str) -> None:
    interpreter = find(INSTALLED[version])
    with pytest.raises(RuntimeError, match="inside"), environment.isolated(interpreter, "demo"):
        message = "inside"
        raise RuntimeError(message)


# Without isolation


def with_installed(folder: Path) -> Interpreter:
    """The interpreter of an environment that holds the wheels of this folder."""
    venv.create(folder / "env")
    [site] = (folder / "env").glob("lib/*/site-packages")
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site)
    return find(str(folder / "env" / "bin" / "python"))


def test_without_isolation_nothing_is_installed(tmp_path: Path) -> None:
    a_wheel(tmp_path, "plugin", "helper>=0.5")
    a_wheel(tmp_path, "helper")
    interpreter = with_installed(tmp_path)
    before = sys.path[:]
    with environment.own(interpreter, "demo") as around:
        assert around.python_executable == interpreter.executable
        assert around.make_extra_environ() is None
        around.install(["plugin==1.0", "helper>5; python_version < '3'", "PLUGIN"])
        around.install([])
    assert sys.path == before


@pytest.mark.parametrize(
    ("requirements", "missing"),
    [
        (["plugin>=2"], "plugin>=2"),
        (["gone"], "gone"),
        (["gone", "plugin", "also-gone"], "also-gone, gone"),
        (["gone; python_version > '3'"], "gone"),
        (["plugin"], "plugin -> helper"),
        (["hypothesis"], "hypothesis"),
    ],
)
def test_without_isolation_what_is_missing_is_told(
    tmp_path: Path, requirements: list[str], missing: str
) -> None:
    a_wheel(tmp_path, "plugin", *(["helper"] if "->" in missing else []))
    interpreter = with_installed(tmp_path)
    with environment.own(interpreter, "demo") as around, pytest.raises(LbuildError) as caught:
        around.install(requirements)
    assert caught.value.exit_code == 2
    assert str(caught.value) == (
        "demo: without isolation these build requirements are missing in "
        f"{interpreter.executable}: {missing}. Install them there, or leave out --no-isolation."
    )


@pytest.mark.parametrize("version", INSTALLED)
def test_without_isolation_markers_are_those_of_the_interpreter(version: str) -> None:
    with environment.own(find(INSTALLED[version]), "demo") as around:
        around.install([f"lbuild-has-no-such-requirement; python_version != '{version}'"])
        with pytest.raises(LbuildError, match="are missing in"):
            around.install([f"lbuild-has-no-such-requirement; python_version == '{version}'"])
