"""A build backend in a project, made of the code that a test gives."""

import os
import sys
import textwrap
from pathlib import Path
from typing import Any

from lbuild_frontend.hooks import call
from lbuild_frontend.hooks.backend import Backend, ConfigSettings
from lbuild_frontend.model.hook import BUILD_WHEEL
from lbuild_keys.config.build_system import BuildSystem


def backend(root: Path, code: str, **changes: object) -> Backend:
    """A backend in ``root/tools`` whose module is this code."""
    tools = root / "tools"
    tools.mkdir(parents=True, exist_ok=True)
    (tools / "backend.py").write_text(textwrap.dedent(code), "utf-8")
    fields: dict[str, object] = {
        "label": "demo",
        "root": root,
        "build_system": BuildSystem((), "backend", ("tools",)),
        "build_base": "build",
        "executable": sys.executable,
        "environ": dict(os.environ),
        "echo": False,
    }
    return Backend(**(fields | changes))


BUILD = """
    import json, os, sys
    from pathlib import Path

    def build_wheel(folder, settings=None, metadata=None):
        {}
"""


def build(root: Path, code: str, settings: ConfigSettings | None = None, **changes: object) -> Any:
    """Build with a hook that is this code."""
    body = textwrap.dedent(code).strip().replace("\n", "\n        ")
    return call.build(
        backend(root, BUILD.format(body), **changes), BUILD_WHEEL, root.parent, settings or {}
    )
