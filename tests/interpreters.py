"""The interpreters on this machine that lbuild can build with."""

import functools
import os
import shutil
import subprocess
import sys

VERSIONS = [f"3.{minor}" for minor in range(8, 15)]


@functools.cache
def installed() -> dict[str, str]:
    """The executable of one CPython a version from 3.8 on: what PATH has, and the one that runs."""
    own = "{}.{}".format(*sys.version_info)
    found = {version: _executable(version) for version in VERSIONS}
    return {**{version: path for version, path in found.items() if path}, own: sys.executable}


def others() -> dict[str, str]:
    """Those of other versions than the one that runs."""
    return {version: path for version, path in installed().items() if path != sys.executable}


def _executable(version: str) -> str | None:
    name = shutil.which(f"python{version}")
    if name is None:
        return None
    code = "import sys; sys.implementation.name == 'cpython' and print(sys.executable)"
    # What pyenv puts on PATH starts an interpreter only if this variable names it.
    environ = {**os.environ, "PYENV_VERSION": version}
    done = subprocess.run(
        [name, "-I", "-c", code], env=environ, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or None
