"""The pages of ``docs/how-to``: the blocks in them, and a shell that runs their commands."""

import os
import re
import subprocess
import sys
import sysconfig
import textwrap
from collections.abc import Mapping
from pathlib import Path

from support.command import Lbuild
from support.folder_content import Node, inventory
from support.unprivileged import SCRIPT

PAGES = Path(__file__).parents[2] / "docs/how-to"
SCRIPTS = sysconfig.get_path("scripts")
"""Where the command lbuild is, and nox, tox and uv."""


def blocks(page: str, language: str) -> list[str]:
    """Return the blocks of a page in some language."""
    text = (PAGES / f"{page}.md").read_text("utf-8")
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", text, re.DOTALL | re.MULTILINE)
    assert found, f"{page}.md has no {language}"
    return [textwrap.dedent(block) for _, block in found]


def edit(project: Path, text: str) -> None:
    """Edit the module that the test of the project prints the docstring of."""
    (project / "src/demo/core.py").write_text(f'"""{text}"""\n')


def run(
    lbuild: Lbuild,
    command: str,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    *,
    fails: bool = False,
    unprivileged: bool = False,
) -> str:
    """Run a command in a shell that finds lbuild; return all that it printed.

    Args:
        fails: whether the command has to fail, instead of to succeed.
        unprivileged: whether permissions count, even for root.
    """
    path = f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"
    shell = [sys.executable, SCRIPT, "/bin/sh"] if unprivileged else ["sh"]
    done = subprocess.run(
        [*shell, "-euc", command],
        check=False,
        cwd=cwd,
        encoding="utf-8",
        env={
            **lbuild.environment,
            "PATH": path,
            "PYTEST_ADDOPTS": "-p no:cacheprovider",
            **(env or {}),
        },
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
    )
    assert (done.returncode != 0) == fails, f"{command}\n{done.stdout}"
    return done.stdout


def without_bytecode(env: Path) -> dict[str, Node]:
    """Return what is installed in an environment, but for what importing writes."""
    nodes = {
        f"{folder}/{name}": node
        for folder in ("bin", "lib")
        for name, node in inventory(env / folder).items()
    }
    cached = {name.partition("/__pycache__")[0] for name in nodes if "__pycache__" in name}
    return {
        name: node if name not in cached else node._replace(modified=0)
        for name, node in nodes.items()
        if "__pycache__" not in name
    }
