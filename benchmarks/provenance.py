"""What results were measured with: the versions of the tools, and the kind of machine."""

import importlib.metadata
import os
import platform
import subprocess

from benchmarks.contestants import HATCHLING
from benchmarks.workshop import Workshop

_VERSION = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"


def versions(shop: Workshop) -> dict[str, str]:
    """The versions of this interpreter, of the tools beside it, and of the backend, by name.

    With that of lbuild goes what installed it, for the script that starts lbuild differs from
    installer to installer.
    """
    lbuild = importlib.metadata.distribution("lbuild-frontend")
    installer = (lbuild.read_text("INSTALLER") or "something unknown").strip()
    return {
        platform.python_implementation(): platform.python_version(),
        "lbuild": f"{lbuild.version} (installed by {installer})",
        **{name: importlib.metadata.version(name) for name in ("build", "uv", "pip")},
        "hatchling": _version_in(shop, "hatchling"),
    }


def machine() -> str:
    """Operating system, architecture and number of cores: no name, and no path."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{platform.system()} {platform.machine()}, {cores} cores"


def _version_in(shop: Workshop, distribution: str) -> str:
    command = (os.fspath(shop.prepared(HATCHLING.requires)), "-c", _VERSION, distribution)
    done = subprocess.run(command, env=shop.variables(), check=True, capture_output=True, text=True)
    return done.stdout.strip()
