"""Each CPython on this machine that lbuild can build with."""

import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

_VERSIONS = [f"3.{minor}" for minor in range(8, 15)]


@functools.cache
def installed() -> dict[str, str]:
    """Return an executable for each version from 3.8 on, and for the interpreter that runs this.

    uv looks in PATH; here also beside the interpreter that runs the tests, where tools that keep
    many versions put them.
    """
    own = "{}.{}".format(*sys.version_info)
    found = {version: _find(version) for version in _VERSIONS}
    paths = {version: path for version, path in found.items() if path} | {own: sys.executable}
    return dict(sorted(paths.items(), key=lambda one: int(one[0].partition(".")[2])))


def _find(version: str) -> str:
    beside = sorted(Path(sys.base_prefix).parent.glob("*/bin"))
    path = os.pathsep.join([*map(str, beside), os.environ["PATH"]])
    command = [find_uv_bin(), "python", "find", "--system", "--no-python-downloads"]
    done = subprocess.run(
        [*command, f"cpython@{version}"],
        capture_output=True,
        check=False,
        env={**os.environ, "PATH": path},
        text=True,
    )
    return done.stdout.strip()


def _parameters() -> list[Any]:
    own = "{}.{}".format(*sys.version_info)
    versions = list(installed())
    quick = {versions[0], own, versions[-1]}
    return [
        pytest.param(version, marks=() if version in quick else pytest.mark.exhaustive)
        for version in versions
    ]


EACH_INTERPRETER = pytest.mark.parametrize("version", _parameters())
"""Runs a test with each; the oldest, the newest and the one that runs the tests are quick."""
