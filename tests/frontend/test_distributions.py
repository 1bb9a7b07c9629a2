"""What is installed in an environment, held against what its own interpreter says."""

import subprocess
import sys
from pathlib import Path

import pytest

import interpreters
import pythons
from lbuild_frontend import distributions

ASK = """
import importlib.metadata as metadata
print(*sorted(one.metadata["Name"] + "-" + one.version for one in metadata.distributions()))
"""


def install(python: Path, *requirements: str) -> None:
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(python)]
    subprocess.run([*command, *requirements], check=True)


def asked(python: Path) -> list[str]:
    command = [str(python), "-I", "-c", ASK]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.split()


@pytest.mark.parametrize("version", interpreters.installed())
def test_it_is_what_the_interpreter_finds(tmp_path: Path, version: str) -> None:
    python = pythons.environment(tmp_path / "env", version)
    assert distributions.installed(str(python)) == ()
    install(python, "flit-core==3.9.0", "packaging==24.0")
    found = distributions.installed(str(python))
    assert found == ("flit_core-3.9.0.dist-info", "packaging-24.0.dist-info")
    assert asked(python) == ["flit_core-3.9.0", "packaging-24.0"]
    install(python, "packaging==24.1")
    newer = distributions.installed(str(python))
    assert newer == ("flit_core-3.9.0.dist-info", "packaging-24.1.dist-info")


def test_what_is_no_environment_is_not_known(tmp_path: Path) -> None:
    assert distributions.installed(str(tmp_path / "bin" / "python")) is None
