"""The workshop of a workspace, as ``workshop`` has it for one project.

lbuild works in ``checkout``, for as long as the oracle runs; nothing ever builds in ``mirror``,
which is edited in the same way, and which is copied for each build that gives the truth.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oracle.monorepos import Monorepo, lay_out
from oracle.workshop import NO_PATHS, PATIENCE, Content, UnusableRecord, content
from support.command import COMMAND


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace twice: lbuild works in one, and nothing in the other, which is copied to build.

    Attributes:
        folder: holds all that belongs to it.
    """

    monorepo: Monorepo
    folder: Path

    @property
    def checkout(self) -> Path:
        """Where lbuild works."""
        return self.folder / "checkout" / self.monorepo.name

    @property
    def mirror(self) -> Path:
        """Where nothing builds."""
        return self.folder / "mirror" / self.monorepo.name

    @property
    def environ(self) -> dict[str, str]:
        """The variables of both frontends: the user's, but for what steers Python."""
        kept = {name: os.environ[name] for name in os.environ if not name.startswith("PYTHON")}
        return {**kept, **NO_PATHS, "LBUILD_CACHE_DIR": str(self.folder / "cache")}


def open_workspace(monorepo: Monorepo, folder: Path, sdists: Path) -> Workspace:
    """Make a workspace in a new folder."""
    workspace = Workspace(monorepo, folder)
    for place in (workspace.mirror.parent, folder / "fresh"):
        place.mkdir(parents=True)
    lay_out(monorepo, workspace.mirror, sdists)
    shutil.copytree(workspace.mirror, workspace.checkout, symlinks=True)
    return workspace


@dataclass(frozen=True, slots=True)
class Row:
    """What lbuild told of a member.

    Attributes:
        action: ``built``, ``reused``, ``failed`` or ``skipped``.
        content: of the wheel; None if there is none.
    """

    action: str
    content: Content | None
    reasons: tuple[Mapping[str, Any], ...] = ()
    message: str = ""


def run_lbuild(workspace: Workspace) -> dict[str, Row]:
    """Let lbuild build all members; return what it tells of each, by name.

    Raises:
        UnusableRecord: if it tells nothing.
    """
    done = subprocess.run(
        [*COMMAND, "wheel", "--workspace", "--json", "--python", sys.executable],
        capture_output=True,
        check=False,
        cwd=workspace.checkout,
        encoding="utf-8",
        env=workspace.environ,
        errors="backslashreplace",
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
    )
    try:
        told = json.loads(done.stdout)
    except json.JSONDecodeError as error:
        raise UnusableRecord(f"exit code {done.returncode}: {done.stderr[-3000:]}") from error
    rows = {Path(row["project"]).name: _row(row, done.stderr) for row in told}
    failed = {name for name, row in rows.items() if row.content is None}
    if bool(failed) != bool(done.returncode):
        raise UnusableRecord(f"exit code {done.returncode}, but failed: {failed}: {done.stderr}")
    return rows


def _row(told: Mapping[str, Any], stderr: str) -> Row:
    if (error := told.get("error")) is not None:
        action = "skipped" if error.get("kind") == "skipped" else "failed"
        return Row(action, None, message=f"{error} {_own_lines(stderr)}")
    return Row(told["action"], content(Path(told["wheel"])), tuple(told["reasons"]))


def _own_lines(stderr: str) -> str:
    return "\n".join(re.findall(r"^(?:error|warning|note): .*", stderr, re.MULTILINE))
