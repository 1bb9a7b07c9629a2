"""Output of commands as pages show it: compared with what differs in each run left out."""

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher, unified_diff

ANY_LINES = "..."
"""A line of a page that stands for any lines, also for none."""

_PLACEHOLDERS = (
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?", "<time>"),
    (r"\b(\d{4}-\d\d-\d\d )?\d\d?:\d\d(:\d\d)?\b", "<time>"),
    (r"\b\d{4}-\d\d-\d\d\b", "<date>"),
    (r"\d+\.\d+(?==setup\[)|(?<=setup\[)[\d.]+|(?<=cmd\[)[\d.,]+", "<seconds>"),
    (r'(?<="seconds": )[\d.e-]+', "<seconds>"),
    (r"\b\d+(\.\d+)? ?(ms|s|seconds?|min|minutes?|h|hours?|days?)\b", "<seconds>"),
    (r"(?<= was successful)( in (a second|<seconds>))?\.", " in <seconds>."),
    (r"={5,}", "====="),
    (r"\b\d+(\.\d+)? ?(B|bytes|[kKMG]i?B)\b", "<size>"),
    (r"\bcp3\d+\b", "cp3<minor>"),
    (r"(?<= using )python3(\.\d+)?(?= in )", "python"),  # as the script of nox names it
    (r"\b(C?Python |python)3\.\d+(\.\d+)?\b", r"\g<1>3.<minor>"),
    (r"\b((many|musl)?linux(_\d+_\d+)?|macosx_\d+_\d+|win)_(x86_64|amd64|aarch64|arm64)", "<tag>"),
    (r"\b[0-9a-f]{7,64}\b", "<hex>"),
    (r" {2,}", "  "),
)
"""What is different in each run or on each machine. Columns are as wide as what is in them."""


def normalized(line: str) -> str:
    """Return a line with placeholders instead of what is different in each run."""
    for pattern, placeholder in _PLACEHOLDERS:
        line = re.sub(pattern, placeholder, line)
    return line.rstrip()


def readable_lines(output: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return the lines of an output as a page shows them.

    Args:
        names: by the path of a folder on this machine, the path that pages show.
    """
    for path in sorted(names, key=len, reverse=True):
        output = output.replace(path, names[path])
    return tuple(line.rstrip() for line in output.rstrip().split("\n")) if output.strip() else ()


def matches(expected: Sequence[str], shown: Sequence[str]) -> bool:
    """Whether an output is the one that a page has, apart from placeholders."""
    parts: list[list[str]] = [[]]
    for line in expected:
        if line.strip() == ANY_LINES:
            parts.append([])
        else:
            parts[-1].append(normalized(line))
    rest = [normalized(line) for line in shown]
    first, *middle = parts
    if len(rest) < sum(map(len, parts)) or rest[: len(first)] != first:
        return False
    if not middle:
        return len(rest) == len(first)
    rest = rest[len(first) :]
    last = middle.pop()
    if last:
        if rest[-len(last) :] != last:
            return False
        rest = rest[: -len(last)]
    for part in middle:
        starts = range(len(rest) - len(part) + 1)
        found = next((at for at in starts if rest[at : at + len(part)] == part), None)
        if found is None:
            return False
        rest = rest[found + len(part) :]
    return True


def updated(expected: Sequence[str], shown: Sequence[str]) -> tuple[str, ...]:
    """Return what a page should show: lines that are right stay as they are, with their times."""
    if matches(expected, shown):
        return tuple(expected)
    old = [normalized(line) for line in expected]
    new = [normalized(line) for line in shown]
    lines: list[str] = []
    for kind, start, end, new_start, new_end in SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            lines += expected[start:end]
        else:
            lines += _replaced(expected[start:end], shown[new_start:new_end])
    return tuple(lines)


def _replaced(old: Sequence[str], new: Sequence[str]) -> Sequence[str]:
    """Return new lines; if lines were left out before, as many stay before and after them."""
    dots = [at for at, line in enumerate(old) if line.strip() == ANY_LINES]
    if not dots:
        return new
    before, after = dots[0], len(old) - dots[-1] - 1
    if before + after > len(new):
        return new
    return [*new[:before], old[dots[0]], *new[len(new) - after :]]


def difference(expected: Sequence[str], shown: Sequence[str]) -> str:
    """Return the lines that differ, for people; placeholders are seen as they are compared."""
    now = updated(expected, shown)
    return "\n".join(
        unified_diff(
            [normalized(line) for line in expected],
            [normalized(line) for line in now],
            "in the page",
            "shown now",
            lineterm="",
        )
    )
