"""What results were measured with: the versions of the tools, and the kind of machine."""

import importlib.metadata
import os
import platform

_DISTRIBUTIONS = {"lbuild": "lbuild-frontend", "build": "build", "uv": "uv", "pip": "pip"}


def versions() -> dict[str, str]:
    """The versions of this interpreter and of the tools beside it, by name."""
    found = {platform.python_implementation(): platform.python_version()}
    for name, distribution in _DISTRIBUTIONS.items():
        found[name] = importlib.metadata.version(distribution)
    return found


def machine() -> str:
    """Operating system, architecture and number of cores: no name, and no path."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{platform.system()} {platform.machine()}, {cores} cores"
