"""What a run found out: a file a project, and the table for the documentation."""

import datetime as dt
import importlib.metadata
import json
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from oracle.mutations import CLASSES

Row = Mapping[str, Any]
"""What is known of one project, as its JSON file has it."""

_HEADS = (
    *("project", "version", "backend", "mutations", "relevant", "stale", "missed"),
    *("unread", "content", "names", "touch", "chmod", "not restored", "named"),
    *("seconds", "recording"),
)


def save(folder: Path, row: Row) -> None:
    """Write what is known of one project."""
    (folder / f"{row['project']}.json").write_text(json.dumps(row, indent=1), "utf-8")


def load(folder: Path) -> list[Row]:
    """Read what is known of all projects."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]


def faults(row: Row) -> list[str]:
    """What must not be, a line each."""
    where = f"{row['project']} {row['version']}"
    if row["error"]:
        return [f"{where}: {row['error']}"]
    found = []
    for one in row["judged"]:
        what = f"{where}: {one['kind']} {one['path']} {one['new'] or ''}".rstrip()
        if one["stale"]:
            found.append(f"{what}: stale ({one['action']}): {', '.join(one['differs'])}")
        if not one["restored"]:
            found.append(f"{what}: undone but {one['undone']}")
    return found


def markdown(rows: Sequence[Row], inputs: str) -> str:
    """The table, with what it was made with."""
    judged = [row for row in rows if row["judged"]]
    lines = [_line(_HEADS), _line("---" for _ in _HEADS)]
    lines += [_line(_cells(row)) for row in judged]
    for title, chosen in (
        ("backends in Python", [row for row in judged if not row["opaque"]]),
        ("backends that run programs", [row for row in judged if row["opaque"]]),
        ("all", judged),
    ):
        if chosen:
            lines.append(_line(_cells(_sum(f"**{title}**", chosen))))
    return "\n".join([_made_with(inputs), "", *lines, "", _in_words(judged), ""])


def _cells(row: Row) -> list[str]:
    judged = row["judged"]
    ratios = row["ratios"]
    return [
        row["project"],
        row["version"],
        row["backend"],
        str(len(judged)),
        str(_count(judged, "relevant")),
        str(_count(judged, "stale")),
        str(sum(one["stale"] and one["action"] == "reused" for one in judged)),
        _share(needless([one for one in judged if not one["read"]], "content")),
        *(_share(needless(judged, name)) for name in dict.fromkeys(CLASSES.values())),
        str(sum(not one["restored"] for one in judged)),
        _share(_named(judged)),
        f"{row['seconds']:.0f}",
        f"{100 * (statistics.median(ratios) - 1):+.1f} %" if ratios else "",
    ]


def _count(judged: Iterable[Row], name: str) -> int:
    return sum(bool(one[name]) for one in judged)


def needless(judged: Iterable[Row], name: str) -> tuple[int, int]:
    """How many irrelevant mutations of a class made lbuild build, and how many there were."""
    irrelevant = [one for one in judged if CLASSES[one["kind"]] == name and not one["relevant"]]
    return sum(one["action"] == "built" for one in irrelevant), len(irrelevant)


def _named(judged: Iterable[Row]) -> tuple[int, int]:
    """After how many relevant mutations status named what had changed, and how many there were."""
    relevant = [one for one in judged if one["relevant"]]
    return _count(relevant, "named"), len(relevant)


def _share(counts: tuple[int, int]) -> str:
    return "/".join(map(str, counts))


def _sum(title: str, rows: Sequence[Row]) -> Row:
    return {
        "project": title,
        "version": "",
        "backend": f"{len({row['backend'] for row in rows})}",
        "judged": [one for row in rows for one in row["judged"]],
        "seconds": sum(row["seconds"] for row in rows),
        "ratios": [statistics.median(row["ratios"]) for row in rows if row["ratios"]],
    }


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def in_short(row: Row) -> str:
    """One line on one project, as soon as it is done."""
    where = f"{row['project']} {row['version']} ({row['backend']})"
    if row["error"]:
        return f"{where}: {row['error']}"
    told = zip(_HEADS[3:-1], _cells(row)[3:-1], strict=True)
    unstable = f"; not compared: {', '.join(row['unstable'])}" if row["unstable"] else ""
    return f"{where}: {', '.join(f'{head} {cell}' for head, cell in told)}{unstable}"


def _in_words(rows: Sequence[Row]) -> str:
    sentences = []
    for opaque, where in ((False, "of a backend in Python"), (True, "where programs run")):
        judged = [one for row in rows if row["opaque"] == opaque for one in row["judged"]]
        built, irrelevant = needless(judged, "content")
        share = 100 * built / irrelevant if irrelevant else 0.0
        sentences.append(
            f"Of the {irrelevant} edits of content that could not change the wheel {where}, "
            f"{built} ({share:.1f} %) made lbuild build."
        )
    return "\n".join(sentences)


def _made_with(inputs: str) -> str:
    versions = ", ".join(
        (
            f"lbuild {importlib.metadata.version('lbuild-frontend')} (--inputs {inputs})",
            f"{platform.python_implementation()} {platform.python_version()}",
            _printed(sys.executable, "-m", "uv", "--version").split(" (")[0],
            _printed("git", "--version").replace(" version", ""),
            f"{platform.system()} {platform.machine()}",
        )
    )
    return f"{dt.datetime.now(dt.UTC).date()}, {versions}"


def _printed(*command: str) -> str:
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()
