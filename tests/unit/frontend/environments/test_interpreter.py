"""Interpreters to build with: the real ones on this machine, and what is none."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from packaging.markers import default_environment

from lbuild_frontend.environments.interpreter import find, inspect
from lbuild_frontend.errors import LbuildError
from support import interpreters
from support.interpreters import EACH_INTERPRETER

INSTALLED = interpreters.installed()


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_without_a_name_it_is_the_one_that_runs() -> None:
    found = find(None)
    assert (found.executable, found.runs_lbuild) == (sys.executable, True)
    assert found.identity.startswith("CPython {}.{}.{} ".format(*sys.version_info))
    assert find(sys.executable).identity == found.identity


TELLING = """
import platform, sys
print(" ".join(sys.version.split()))
print(sys.platform, platform.machine(), "%d.%d" % sys.version_info[:2])
print("\\n".join(sys.path[1:]))
"""


@EACH_INTERPRETER
def test_each_by_its_path(version: str) -> None:
    found = find(INSTALLED[version])
    assert (found.executable, found.runs_lbuild) == (INSTALLED[version], False)
    assert find(INSTALLED[version]) == found
    around = inspect(found)
    command = [INSTALLED[version], "-c", TELLING]
    [told, platform, *path] = subprocess.run(
        command, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert found.identity.startswith(f"CPython {told} ")
    markers = [around.markers[name] for name in ("sys_platform", "platform_machine")]
    assert platform == " ".join([*markers, around.markers["python_version"]])
    assert around.markers["python_version"] == version
    assert list(around.search_path) == path


def test_the_markers_are_those_that_pep_508_names() -> None:
    assert dict(inspect(find(None)).markers) == {**default_environment()}


def test_each_has_an_identity_of_its_own_that_holds_no_path() -> None:
    identities = {find(path).identity for path in INSTALLED.values()}
    assert len(identities) == len(INSTALLED)
    for identity in identities:
        assert sys.prefix not in identity
        assert sys.base_prefix not in identity


def test_an_environment_is_the_same_interpreter_in_another_place(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / "pyvenv.cfg").write_text(f"home = {Path(sys.base_prefix) / 'bin'}\n")
    found = find(str(tmp_path / "bin" / "python"))
    assert found.executable == str(tmp_path / "bin" / "python")
    assert (found.identity, found.runs_lbuild) == (find(None).identity, False)


def test_by_a_name_on_the_path_or_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = script(tmp_path / "my-python", f'exec "{sys.executable}" "$@"')
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert find("my-python").executable == path
    monkeypatch.chdir(tmp_path)
    assert find("./my-python").executable == path


@pytest.mark.parametrize("safe", ["", "1"])
def test_what_pythonpath_adds_is_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, safe: str
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSAFEPATH", safe)
    for path in INSTALLED.values():
        assert inspect(find(path)).search_path[0] == str(tmp_path)


MISSING = "does not exist. Give the executable of a Python interpreter."
CLOSED = "cannot be run. Give the executable of a Python interpreter."


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("missing", MISSING),
        ("missing/python", MISSING),
        ("", CLOSED),
        ("folder", "there is no interpreter in this folder. " + CLOSED.partition(". ")[2]),
        ("text", CLOSED),
        ("dangling", MISSING),
    ],
)
def test_what_cannot_be_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("text").write_text("text")
    Path("dangling").symlink_to("gone")
    asked_for = f"./{name}" if name else name
    with pytest.raises(LbuildError) as caught:
        find(asked_for)
    assert str(caught.value) == f"--python {asked_for}: {told}"


@pytest.mark.parametrize("asked_for", ["2.7", "python2", "cpython@2.7.18"])
def test_a_version_that_cannot_build(asked_for: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LbuildError, match=r"this version cannot build. Use CPython 3\.8 or"):
        find(asked_for)


NONE = {
    "nothing": ":",
    "failure": "exit 3",
    "killed": "kill -9 $$",
    "text": "echo Python",
    "no text": r"printf '\377'",
    "number": "echo 1",
    "null": "echo null",
    "string": "echo '\"cpython\"'",
    "array": "echo '[]'",
    "empty table": "echo '{}'",
    "other table": """echo '{"implementation": "cpython", "version": [3, 11, 0]}'""",
    "nonsense": """echo '{"implementation": "cpython", "version": 3, "identity": 1}'""",
}


@pytest.mark.parametrize("text", NONE.values(), ids=NONE)
def test_what_is_no_interpreter(tmp_path: Path, text: str) -> None:
    path = script(tmp_path / "python", text)
    with pytest.raises(LbuildError, match=f"^{path}: .*--python") as caught:
        find(path)
    assert caught.value.exit_code == 2


def test_a_file_that_the_system_does_not_run(tmp_path: Path) -> None:
    path = tmp_path / "python"
    path.write_bytes(b"\0\1\2")
    path.chmod(0o755)
    with pytest.raises(LbuildError, match=f"^{path}: not CPython 3.8 or later"):
        find(str(path))


@pytest.mark.parametrize(
    ("implementation", "version"), [("pypy", "[3, 10, 0]"), ("cpython", "[3, 7, 9]")]
)
def test_what_cannot_build(tmp_path: Path, implementation: str, version: str) -> None:
    facts = (
        f'{{"implementation": "{implementation}", "version": {version}, '
        '"identity": "Another 1.0", "executable": "", "base_prefix": "", "search_path": [], '
        '"site_packages": [], "markers": {}, "prefix": "", "scheme": {}}'
    )
    path = script(tmp_path / "python", f"echo '{facts}'")
    with pytest.raises(LbuildError, match=r"Another 1\.0 cannot build\. Use CPython 3\.8 or later"):
        find(path)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("echo no such version >&2; echo more >&2; exit 127", "exit status 127: no such version"),
        ("exit 3", "exit status 3"),
        ("kill -9 $$", "killed by signal 9"),
        ("echo Traceback >&2; echo ModuleNotFoundError: json >&2; exit 1", "ModuleNotFoundError"),
        ("echo hello", "it did not say what it is"),
    ],
)
def test_why_an_interpreter_does_not_start(tmp_path: Path, text: str, why: str) -> None:
    path = script(tmp_path / "python", text)
    with pytest.raises(LbuildError) as caught:
        find(path)
    assert f"or it does not start ({why}" in str(caught.value).replace("exit status 1: M", "M")


def test_by_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that does not start is left out, and named if there is no other."""
    version = "{}.{}".format(*sys.version_info)
    (tmp_path / "broken").mkdir()
    (tmp_path / "good").mkdir()
    broken = script(tmp_path / "broken" / f"python{version}", "echo not here >&2; exit 127")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("PATH", str(tmp_path / "broken"))
    for asked_for in (version, f"python{version}", f"=={version}.*"):
        with pytest.raises(LbuildError) as caught:
            find(asked_for)
        assert str(caught.value).startswith(f"--python {asked_for}: there is no such CPython")
        assert f"{broken}: not CPython 3.8 or later, or it does not start (exit status 127: " in (
            str(caught.value)
        )
    (tmp_path / "good" / "python3").symlink_to(sys.executable)
    (tmp_path / "pyvenv.cfg").write_text(f"home = {Path(sys.base_prefix) / 'bin'}\n")
    monkeypatch.setenv("PATH", f"{tmp_path / 'broken'}:{tmp_path / 'good'}")
    found = find(version)
    assert found.executable == str(tmp_path / "good" / "python3")
    assert found.identity == find(None).identity


def test_by_the_folder_of_an_environment() -> None:
    found = find(sys.prefix)
    assert Path(found.executable).parent.parent == Path(sys.prefix)
    assert found.identity == find(None).identity
    with pytest.raises(LbuildError, match="there is no interpreter in this folder"):
        find(str(Path(__file__).parent))


@pytest.mark.skipif(os.name == "nt", reason="there is no program of this name")
def test_an_environment_has_precedence_over_a_program_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many call their environment env, and each system has a program env."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LbuildError, match="bin/env: not CPython"):
        find("env")
    venv.create(tmp_path / "env", symlinks=True)
    assert find("env").executable == str(tmp_path / "env/bin/python")
