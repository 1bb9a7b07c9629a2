"""The command line of random edits in workspaces: ``python -m oracle workspaces --help``.

Prints a line an edit, and a table; writes a JSON file a workspace. Exit code 1: something was
stale, or built without need, or could not be judged.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from oracle.compiled_edits import markdown
from oracle.monorepos import MONOREPOS
from oracle.workshop import UnusableRecord
from oracle.workspace_edits import as_json, edit_members, faults, row_of
from oracle.workspace_workshop import open_workspace


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    known = {monorepo.name: monorepo for monorepo in MONOREPOS}
    parser = argparse.ArgumentParser(prog="oracle workspaces", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="WORKSPACE", help=f"of {', '.join(known)}")
    parser.add_argument("-m", "--edits", type=int, default=40, help="of each [%(default)s]")
    parser.add_argument("--seed", default="0", help="chooses them [%(default)s]")
    parser.add_argument("--sdists", type=Path, help="folder to keep downloads in")
    parser.add_argument("--results", type=Path, help="folder for a JSON file a workspace")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - known.keys():
        parser.error(f"not in the catalogue: {', '.join(sorted(unknown))}")
    rows, wrong = [], []
    with tempfile.TemporaryDirectory(prefix="oracle-") as scratch:
        sdists = (options.sdists or Path(scratch, "sdists")).absolute()
        results = (options.results or Path(scratch, "results")).absolute()
        for folder in (sdists, results):
            folder.mkdir(parents=True, exist_ok=True)
        for name in dict.fromkeys(options.names or known):
            started = time.monotonic()
            try:
                workspace = open_workspace(known[name], Path(scratch, name), sdists)
                edited = edit_members(workspace, options.edits, f"{options.seed} {name}", _tell)
            except (UnusableRecord, subprocess.TimeoutExpired) as error:
                wrong.append(f"{name}: {error}")
                _tell(wrong[-1])
                continue
            (results / f"{name}.json").write_text(json.dumps(as_json(edited), indent=1), "utf-8")
            seconds = round(time.monotonic() - started)
            rows.append({"workspace": name, **row_of(edited), "seconds": seconds})
            wrong += [f"{name}: {fault}" for fault in faults(edited)]
    sys.stdout.write(f"Seed {options.seed}.\n\n{markdown(rows) if rows else ''}")
    for fault in wrong:
        _tell(fault)
    return 1 if wrong or not rows else 0


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
