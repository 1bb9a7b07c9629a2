"""Reports the interpreter that runs it. Standard library code for CPython 3.8 and later."""

import json
import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def identify() -> "dict[str, Any]":
    """Return what identifies this interpreter.

    ``identity`` contains no path: the same build of CPython in two folders is the same interpreter.
    """
    import sysconfig

    name = sys.implementation.name
    return {
        "implementation": name,
        "version": list(sys.version_info[:3]),
        "base_prefix": sys.base_prefix,
        "identity": " ".join(
            [
                "CPython" if name == "cpython" else name,
                " ".join(sys.version.split()),
                sysconfig.get_platform(),
                EXTENSION_SUFFIXES[0],  # as EXT_SUFFIX, which is in a module of a thousand others
                "debug" if hasattr(sys, "gettotalrefcount") else "release",
            ]
        ),
    }


def describe() -> "dict[str, Any]":
    """Return what ``identify`` returns, the folders with modules, and the markers (PEP 508)."""
    import platform
    import site
    import sysconfig

    paths = sysconfig.get_paths()
    return {
        **identify(),
        "executable": sys.executable,
        "prefix": sys.prefix,
        "scheme": {name: paths[name] for name in ("purelib", "platlib", "scripts", "stdlib")},
        "site_packages": [*site.getsitepackages(), site.getusersitepackages()],
        "search_path": [entry for entry in sys.path if entry],
        "markers": {
            "implementation_name": sys.implementation.name,
            "implementation_version": platform.python_version(),
            "os_name": os.name,
            "platform_machine": platform.machine(),
            "platform_python_implementation": platform.python_implementation(),
            "platform_release": platform.release(),
            "platform_system": platform.system(),
            "platform_version": platform.version(),
            "python_full_version": platform.python_version(),
            "python_version": ".".join(platform.python_version_tuple()[:2]),
            "sys_platform": sys.platform,
        },
    }


if __name__ == "__main__":
    # Python puts the folder of a script first in the path, unless PYTHONSAFEPATH is set.
    if sys.path and sys.path[0] == os.path.dirname(os.path.abspath(__file__)):
        del sys.path[0]
    json.dump(describe(), sys.stdout)
