"""Environments of each interpreter: what is installed into them, with uv and with pip."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lbuild_frontend.environments import create
from lbuild_frontend.environments.installer import InstallOptions
from lbuild_frontend.environments.interpreter import Interpreter, find
from lbuild_frontend.errors import BuildFailed, Interrupted, LbuildError
from lbuild_keys.installers.local_places import LocalPlaces
from support import interpreters
from support.interpreters import EACH_INTERPRETER
from support.isolated_environments import Opened, run, site
from support.wheels_and_index import Index

VERSIONS = list(interpreters.installed())


@EACH_INTERPRETER
def test_an_isolated_environment_of_each_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: Opened, index: Index, version: str
) -> None:
    index.add("plugin")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "leaked.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "elsewhere"))
    with opened(version) as environments:
        around = environments.provide([])
        python = Path(around.python_executable)
        told = run(around, "import sys; print('%d.%d' % sys.version_info[:2], sys.prefix)")
        assert told.split()[0] == version
        assert python.is_relative_to(Path(told.split()[1]))
        assert run(around, "import shutil; print(shutil.which('python'))") == str(python)
        for name in ("plugin", "leaked", "hypothesis"):
            found = f"import importlib.util as u; print(u.find_spec({name!r}))"
            assert run(around, found) == "None", name
        around = environments.provide(["plugin"])
        assert run(around, "import plugin; print(plugin.name)") == "plugin"
        assert around.python_executable != str(python)
    made = opened.folders
    with opened(version) as environments:
        assert environments.provide(["plugin"]) == around
        assert environments.provide([]).python_executable == str(python)
    assert opened.folders == made
    assert len(made) == 2


@EACH_INTERPRETER
def test_markers_are_those_of_the_environment(opened: Opened, index: Index, version: str) -> None:
    index.add("plugin")
    index.add("other")
    with opened(version) as environments:
        around = environments.provide(
            [f"plugin ; python_version == '{version}'", f"other ; python_version != '{version}'"]
        )
        found = "import importlib.util as u; print([bool(u.find_spec(n)) for n in {}])"
        assert run(around, found.format(["plugin", "other"])) == "[True, False]"


@EACH_INTERPRETER
def test_requirements_that_cannot_be_installed(opened: Opened, index: Index, version: str) -> None:
    with opened(version) as environments, pytest.raises(BuildFailed) as caught:
        environments.provide(["plugin"])
    assert index.asked
    assert str(caught.value) == (
        "demo: the build requirements could not be installed: plugin. "
        "Check build-system.requires in pyproject.toml, and the network."
    )
    assert "plugin" in caught.value.output
    assert opened.folders == set()


def test_an_environment_that_cannot_be_made(tmp_path: Path, opened: Opened) -> None:
    gone = Interpreter(str(tmp_path / "gone"), "CPython", runs_lbuild=False)
    with (
        pytest.raises(LbuildError, match=r"^demo: cannot create a build environment: "),
        opened.of(gone) as environments,
    ):
        environments.provide([])
    assert opened.folders == set()


@pytest.mark.exhaustive
@EACH_INTERPRETER
def test_with_pip(
    opened: Opened, index: Index, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str
) -> None:
    index.add("plugin")
    monkeypatch.delenv("UV_DEFAULT_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", index.url)
    monkeypatch.setenv("PIP_CACHE_DIR", str(tmp_path / "pip-cache"))
    for _ in range(2):
        with opened(version) as environments:
            around = environments.provide(["plugin"])
            [installer] = site(around).glob("plugin-*.dist-info/INSTALLER")
            assert installer.read_text("utf-8").strip() == "pip"
    assert len(opened.folders) == 1


@pytest.mark.parametrize(("scheme", "cached"), [("https", True), ("file", False)])
def test_uv_keeps_nothing_of_what_is_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, cached: bool
) -> None:
    """By its own option: the environment is the whole process's."""
    log = tmp_path / "arguments"
    uv = tmp_path / "uv"
    uv.write_text(f'#!/bin/sh\nenv > {log}.env\nprintf "%s\\n" "$@" > {log}\n')
    uv.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    before = dict(os.environ)
    requirement = f"plugin @ {scheme}://ada/plugin-1.0-py3-none-any.whl"
    (tmp_path / "env").mkdir()
    python = create.create(
        *(tmp_path / "env", find(None), str(uv), [requirement], "demo"),
        create.Installation(options=InstallOptions(), places=LocalPlaces(), use_cache=cached),
    )
    options = ["--python", python, *([] if cached else ["--no-cache"])]
    assert log.read_text().splitlines() == ["pip", "install", requirement, *options]
    environ = (tmp_path / "arguments.env").read_text().splitlines()
    assert f"VIRTUAL_ENV={Path(python).parent.parent}" in environ
    assert not any(line.startswith(("PYTHONPATH=", "UV_NO_CACHE=")) for line in environ)
    assert dict(os.environ) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_installer_that_ctrl_c_ended_is_no_failure(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Ended:
        def install(self, _requirements: object) -> None:
            raise subprocess.CalledProcessError(-number, ["uv"])

    monkeypatch.setattr(create, "_create", lambda *_: Ended())
    how: Any = None
    with pytest.raises(Interrupted):
        create._make(tmp_path, find(None), "uv", ["plugin"], "demo", how)
