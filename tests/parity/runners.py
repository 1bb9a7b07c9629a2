"""Runs uv, or lbuild, through a scenario, and returns what it did."""

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from lbuild_frontend.errors import LbuildError
from lbuild_keys.observe.files import Digests
from parity.scenario import CLOCK_TICK, Scenario, Verdict
from support.command import Lbuild
from support.declared_inputs import differences, take_snapshot

BACKEND = textwrap.dedent(
    """
    import os
    import zipfile

    NAME = "dependency-1.0"
    FILES = {
        "dependency.py": "",
        f"{NAME}.dist-info/METADATA": "Metadata-Version: 2.1\\nName: dependency\\nVersion: 1.0\\n",
        f"{NAME}.dist-info/WHEEL": (
            "Wheel-Version: 1.0\\nGenerator: parity\\n"
            "Root-Is-Purelib: true\\nTag: py3-none-any\\n"
        ),
    }


    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        with open(os.environ["PARITY_COUNTER"], "a") as counter:
            counter.write("built\\n")
        for name in WRITES:
            os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
            with open(name, "w") as file:
                file.write("written by the build\\n")
        wheel = f"{NAME}-py3-none-any.whl"
        record = "".join(f"{name},,\\n" for name in [*FILES, f"{NAME}.dist-info/RECORD"])
        with zipfile.ZipFile(os.path.join(wheel_directory, wheel), "w") as archive:
            for name, content in FILES.items():
                archive.writestr(name, content)
            archive.writestr(f"{NAME}.dist-info/RECORD", record)
        return wheel
    """
)
"""An in-tree backend that requires nothing and counts its calls."""

PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["_backend"]

[project]
name = "dependency"
version = "1.0"
"""

APPLICATION = """\
[project]
name = "application"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["dependency"]

[tool.uv.sources]
dependency = { path = "../dependency" }
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict after a scenario's last edit, and what was printed to standard error."""

    verdict: Verdict
    stderr: str


def plant(scenario: Scenario, parent: Path) -> Path:
    """Make the scenario's project in a new folder ``dependency`` of ``parent``; return it."""
    project = parent / "dependency"
    (project / "_backend").mkdir(parents=True)
    backend = f"WRITES = {list(scenario.writes)!r}\n{BACKEND}"
    (project / "_backend" / "backend.py").write_text(backend)
    for name, content in scenario.files.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    table = ""
    if scenario.table is not None:
        table = f"\n[tool.uv]\n{scenario.table.replace('PARENT', parent.as_posix())}\n"
    (project / "pyproject.toml").write_text(PYPROJECT + table)
    for edit in scenario.prepare:
        edit(project)
    return project


def run_uv(scenario: Scenario, parent: Path) -> Outcome:
    """Run uv through a scenario: ``uv sync`` in an application that depends on the project."""
    project = plant(scenario, parent)
    application = parent / "application"
    application.mkdir()
    (application / "pyproject.toml").write_text(APPLICATION)
    home = parent / "home"
    settings = {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "UV_CACHE_DIR": str(parent / "uv-cache"),
        "UV_PYTHON": sys.executable,
        "UV_PYTHON_DOWNLOADS": "never",
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CONFIG_DIRS": str(home / "etc"),
        "XDG_DATA_HOME": str(home / "data"),
    }
    others = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("UV_") and name != "VIRTUAL_ENV"
    }

    def sync(environ: Mapping[str, str]) -> tuple[bool, str]:
        done = subprocess.run(
            [find_uv_bin(), "sync", "--offline"],
            capture_output=True,
            check=False,
            cwd=application,
            encoding="utf-8",
            env={**others, **settings, **environ},
            stdin=subprocess.DEVNULL,
            timeout=120,
        )
        return done.returncode == 0, done.stderr

    return _go_through(scenario, project, sync)


def run_lbuild(scenario: Scenario, parent: Path, lbuild: Lbuild) -> Outcome:
    """Run lbuild through a scenario: ``lbuild wheel`` of the project."""
    project = plant(scenario, parent)
    counter = _counter(project)

    def wheel(environ: Mapping[str, str]) -> tuple[bool, str]:
        before = _calls(counter)
        arguments = ("wheel", "--inputs", "declared", "--json", project)
        result = lbuild(*arguments, env=environ, returncode=None)
        if result.returncode:
            # The backend never fails, so that all that can be wrong is the configuration.
            assert result.returncode == 2, f"exit code {result.returncode}: {result.stderr}"
            return False, result.stderr
        [told] = result.json
        assert told["action"] == ("built" if _calls(counter) > before else "reused")
        return True, result.stderr

    return _go_through(scenario, project, wheel)


def decide(scenario: Scenario, parent: Path) -> Outcome:
    """Have lbuild decide without a build, so that there is nothing that the backend writes.

    Edits follow at once: unlike uv, lbuild does not rely on time stamps that differ.
    """
    assert not scenario.writes
    assert not scenario.bytecode
    project = plant(scenario, parent)
    digests = Digests()
    verdict: Verdict = "reused"
    try:
        seen = [take_snapshot(project, scenario.environ, digests)]
        for edit in scenario.edits:
            edit(project)
            now = take_snapshot(project, scenario.environ_after, digests)
            verdict = "rebuilt" if all(differences(old, now) for old in seen) else "reused"
            seen.append(now)
    except LbuildError as error:
        return Outcome("error", str(error))
    return Outcome(verdict, "")


def _go_through(
    scenario: Scenario,
    project: Path,
    build: Callable[[Mapping[str, str]], tuple[bool, str]],
) -> Outcome:
    """Build, and again after each edit; whether it was rebuilt is what the backend counted."""
    counter = _counter(project)
    settings = {"PARITY_COUNTER": str(counter)}
    if not scenario.bytecode:
        settings["PYTHONDONTWRITEBYTECODE"] = "1"
    done, stderr = build({**settings, **scenario.environ})
    if not done:
        return Outcome("error", stderr)
    assert _calls(counter) == 1, f"the first build made {_calls(counter)} calls: {stderr}"
    verdict: Verdict = "reused"
    for edit in scenario.edits:
        time.sleep(CLOCK_TICK)
        edit(project)
        before = _calls(counter)
        done, stderr = build({**settings, **scenario.environ_after})
        if not done:
            return Outcome("error", stderr)
        verdict = "rebuilt" if _calls(counter) > before else "reused"
    return Outcome(verdict, stderr)


def _counter(project: Path) -> Path:
    return project.parent / "counter"


def _calls(counter: Path) -> int:
    return len(counter.read_text().splitlines()) if counter.exists() else 0
