"""Knows which paths a list of file patterns selects, by the rules of ``tool.uv.cache-keys``.

The rules are those that uv was observed to follow:

* A pattern without ``*``, ``?``, ``[`` and ``{`` is literal: one path, there or not.
* The leading directories of a glob that hold no wildcard are its base, which is followed through
  symbolic links. A rest without ``/`` matches at any depth below the base, but for a bare ``*``,
  which matches what lies in the base itself. A rest with ``/`` has the depth that it spells out.
* ``**`` as a whole component stands for any number of directories, none included. ``[!a]`` also
  matches ``/``, and an empty alternative, as in ``{,a}``, matches nothing, as in uv.
* Hidden names match, ``.gitignore`` has no effect, case counts, only files are selected, and
  directories that are symbolic links are not entered.

lbuild does better in three things: every pattern stands alone, ``?`` and classes work on
characters and not on bytes, and ``!`` excludes. An exclusion takes away what it matches and all
that lies in a directory that it matches; of the patterns that match a path, the last one decides.
"""

import errno
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lbuild_keys.errors import PatternError
from lbuild_keys.globs import translate as globregex
from lbuild_keys.globs.automaton import Matcher, matcher
from lbuild_keys.observe import files

_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})


@dataclass(frozen=True, slots=True)
class Pattern:
    """A file pattern, parsed.

    Attributes:
        text: the pattern as declared.
        excludes: whether it takes paths away instead of selecting them.
        literal: the one path that it selects; None for a glob and for an exclusion.
        base: the directories to start from, empty or ending in ``/``.
        rest: matches what follows the base in a path; None if no path can match.
        lead: match the names of the first directories below the base.
        bounded: whether nothing can match deeper than directly below the last of ``lead``.
    """

    text: str
    excludes: bool
    literal: str | None
    base: str
    rest: Matcher | None
    lead: tuple[Matcher, ...]
    bounded: bool

    def matches(self, path: str) -> bool:
        """Whether the pattern matches a path that is spelled as in ``Matches.files``."""
        below = self._below_base(path)
        return below is not None and self.rest is not None and bool(self.rest.fullmatch(below))

    def covers(self, directory: str) -> bool:
        """Whether an exclusion takes away all that can lie in a directory (``""`` or ``x/y/``)."""
        below = self._below_base(directory)
        if below is None or self.rest is None:
            return False
        if below and self.rest.fullmatch(below.removesuffix("/")):
            return True
        # A final star that matches nothing here would match the name of any child as well.
        return self.text.endswith("*") and bool(self.rest.fullmatch(below))

    def enters(self, name: str, depth: int) -> bool:
        """Whether a file may match below the directory of this name, ``depth`` below the base."""
        if depth <= len(self.lead):
            return bool(self.lead[depth - 1].fullmatch(name))
        return not self.bounded

    def _below_base(self, path: str) -> str | None:
        if not path.startswith(self.base):
            return None
        below = path[len(self.base) :]
        if below == ".." or below.startswith(("../", "/")):
            return None
        return below


@dataclass(frozen=True, slots=True)
class Matches:
    """What a list of patterns selects below a project.

    Attributes:
        files: paths with ``/`` between parts, relative to the root as far as the pattern is, in
            sorted order; each with the index of the last pattern that selects it. A literal
            pattern's path is among them whatever is there: nothing, or a directory, which uv
            counts as nothing.
        unreadable: directories that could not be listed, spelled alike, and why. What they hold
            is not known, so neither is what the patterns select.
    """

    files: Mapping[str, int]
    unreadable: Mapping[str, str]


def parse(text: str) -> Pattern:
    """Parse a pattern.

    Raises:
        PatternError: an unclosed ``[`` or ``{``, a ``}`` that closes nothing, a range that runs
            backwards, a backslash with nothing behind it, braces nested too deeply, or NUL.
    """
    if "\0" in text:
        message = "it holds a NUL character, which no path can"
        raise PatternError(message)
    excludes = text.startswith("!")
    spelled = text[1:] if excludes else text
    if not any(wildcard in spelled for wildcard in "*?[{"):
        return _parse_literal(text, spelled, excludes)

    if not spelled.endswith("\\ "):
        spelled = spelled.rstrip()
    parts = _parts(spelled)
    # uv looks for closing brackets too when it splits, though they alone make no glob.
    wild = next(i for i, part in enumerate(parts) if any(mark in part for mark in "*?[]{}"))
    base, rest = _as_directory(spelled, parts[:wild]), "/".join(parts[wild:])
    if not excludes and rest.startswith("!"):  # uv excludes by src/!*.txt as well
        excludes, rest = True, rest[1:]
    expression, lead, bounded = globregex.translate(rest)
    if "/" not in rest and rest not in ("*", "**"):
        expression, lead, bounded = globregex.DIRECTORIES + expression, (), False
    return Pattern(text, excludes, None, base, _compile(expression, excludes), lead, bounded)


def _parse_literal(text: str, spelled: str, excludes: bool) -> Pattern:
    parts = _parts(spelled)
    names_directory = spelled.rpartition("/")[2] in ("", ".", "..")
    if not parts or parts[-1] == ".." or (names_directory and not excludes):
        return Pattern(text, excludes, None, "", None, (), bounded=True)
    base = _as_directory(spelled, parts[:-1])
    if not excludes:
        return Pattern(text, excludes, base + parts[-1], base, None, (), bounded=True)
    name = re.escape(parts[-1])
    rest = matcher(f"{name}/.*") if names_directory else _compile(name, excludes)
    return Pattern(text, excludes, None, base, rest, (), bounded=True)


def _parts(spelled: str) -> list[str]:
    return [part for part in spelled.split("/") if part not in ("", ".")]


def _as_directory(spelled: str, parts: Sequence[str]) -> str:
    root = "/" if spelled.startswith("/") else ""
    return root + "".join(f"{part}/" for part in parts)


def _compile(expression: str, excludes: bool) -> Matcher:
    # An exclusion that matches a directory matches what lies in it.
    return matcher(f"(?:{expression})(?:/.*)?" if excludes else expression)


def expand(patterns: Sequence[Pattern], root: Path) -> Matches:
    """Find the files that the patterns select, ``root`` being the folder they are relative to.

    Lists directories and follows links, but reads no file.
    """
    selected: dict[str, int] = {}
    unreadable: dict[str, str] = {}
    exclusions = [(i, pattern) for i, pattern in enumerate(patterns) if pattern.excludes]
    groups: dict[str, list[tuple[int, Pattern]]] = {}
    for i, pattern in enumerate(patterns):
        if pattern.literal is not None:
            selected[pattern.literal] = i
        elif not pattern.excludes and pattern.rest is not None:
            groups.setdefault(pattern.base, []).append((i, pattern))
    for base, members in groups.items():
        last = members[-1][0]
        final = [exclusion for i, exclusion in exclusions if i > last]
        for path, i in _walk(base, members, final, root, unreadable):
            selected[path] = max(i, selected.get(path, i))
    kept = {
        path: i
        for path, i in sorted(selected.items())
        if not any(j > i and exclusion.matches(path) for j, exclusion in exclusions)
    }
    return Matches(kept, dict(sorted(unreadable.items())))


def _walk(
    base: str,
    members: Sequence[tuple[int, Pattern]],
    exclusions: Iterable[Pattern],
    root: Path,
    unreadable: dict[str, str],
) -> Iterator[tuple[str, int]]:
    """Yield the files below a base that any of the members matches, with the last one's index.

    Directories that the exclusions cover are not listed; those that cannot be listed are added to
    ``unreadable``.
    """
    unbounded = base and not all(pattern.bounded for _, pattern in members)
    if unbounded and files.is_top(os.path.join(root, base)):  # noqa: PTH118
        unreadable[base.rstrip("/") or base] = files.ALL_OF_IT
        return
    # Each: a directory, its depth below the base, and the members that can match in it.
    pending = [(base, 0, list(reversed(members)))]
    while pending:
        directory, depth, alive = pending.pop()
        if any(exclusion.covers(directory) for exclusion in exclusions):
            continue
        try:
            with os.scandir(os.path.join(root, directory)) as entries:  # noqa: PTH118
                for entry in entries:
                    path = directory + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        entering = [each for each in alive if each[1].enters(entry.name, depth + 1)]
                        if entering:
                            pending.append((f"{path}/", depth + 1, entering))
                        continue
                    for i, pattern in alive:
                        if pattern.matches(path):
                            if _is_file(entry):
                                yield path, i
                            break
        except OSError as error:
            if error.errno not in _NOT_THERE:
                unreadable[directory.rstrip("/") or directory or "."] = error.strerror or str(error)


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError as error:
        # A link to what may not be looked at counts: whoever reads it will meet the same error.
        return error.errno not in _NOT_THERE
