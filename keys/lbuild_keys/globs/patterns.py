"""A file pattern of ``tool.uv.cache-keys``, parsed, and which paths it matches.

The rules are those that uv was observed to follow:

* A pattern without ``*``, ``?``, ``[`` and ``{`` is literal: one path, there or not.
* The leading directories of a glob that hold no wildcard are its base, which is followed through
  symbolic links. A rest without ``/`` matches at any depth below the base, but for a bare ``*``,
  which matches the entries of the base itself. A rest with ``/`` has the depth that it spells out.
* ``**`` as a whole component stands for any number of directories, none included. ``[!a]`` also
  matches ``/``, and an empty alternative, as in ``{,a}``, matches nothing, as in uv.
* Hidden names match, ``.gitignore`` has no effect, case counts, only files are selected, and
  directories that are symbolic links are not entered.

lbuild differs in three things: patterns do not influence each other, ``?`` and classes match
characters and not bytes, and ``!`` excludes. An exclusion removes the paths that it matches, and
everything in a directory that it matches. The last pattern that matches a path decides.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from lbuild_keys.errors import PatternError

if TYPE_CHECKING:
    from lbuild_keys.globs.matchers import Matcher
    from lbuild_keys.globs.wildcards import Tokens


class Pattern(NamedTuple):
    """A file pattern, parsed.

    Attributes:
        text: the pattern as declared.
        excludes: whether it removes paths instead of selecting them.
        literal: the one path that it selects; None for a glob and for an exclusion.
        base: the directories to start from, empty or ending in ``/``.
        rest: matches the part of a path after the base; None if no path can match.
        lead: match the names of the first directories below the base.
        bounded: whether nothing can match deeper than directly below the last of ``lead``.
    """

    text: str
    excludes: bool
    literal: str | None
    base: str
    rest: "Matcher | None"
    lead: "tuple[Matcher, ...]"
    bounded: bool

    def matches(self, path: str) -> bool:
        """Whether the pattern matches a path, written as in ``expand.Matches``."""
        below = self._below_base(path)
        return below is not None and self.rest is not None and bool(self.rest.fullmatch(below))

    def covers(self, directory: str) -> bool:
        """Whether an exclusion removes everything in a directory (``""`` or ``x/y/``)."""
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


def parse(text: str) -> Pattern:
    """Parse a pattern of ``tool.uv.cache-keys``.

    Raises:
        PatternError: an unclosed ``[`` or ``{``, a ``}`` that closes nothing, a range that runs
            backwards, a backslash with nothing behind it, braces nested too deeply, or NUL.
    """
    if "\0" in text:
        message = "it contains a NUL character, which is not possible in a path"
        raise PatternError(message)
    excludes = text.startswith("!")
    spelled = text[1:] if excludes else text
    if not any(wildcard in spelled for wildcard in "*?[{"):
        return _parse_literal(text, spelled, excludes)
    return _parse_glob(text, spelled, excludes)


def _parse_glob(text: str, spelled: str, excludes: bool) -> Pattern:
    # Imported here, because the default cache-keys have no globs and a hit should not pay for them.
    from lbuild_keys.globs.matchers import make_matcher
    from lbuild_keys.globs.wildcards import Wildcard, parse_wildcards

    if not spelled.endswith("\\ "):
        spelled = spelled.rstrip()
    parts = _parts(spelled)
    # uv looks for closing brackets too when it splits, though they alone make no glob.
    wild = next(i for i, part in enumerate(parts) if any(mark in part for mark in "*?[]{}"))
    base, rest = _as_directory(spelled, parts[:wild]), "/".join(parts[wild:])
    if not excludes and rest.startswith("!"):  # uv excludes by src/!*.txt as well
        excludes, rest = True, rest[1:]
    parsed = parse_wildcards(rest)
    tokens, lead, bounded = parsed.tokens, parsed.lead, parsed.bounded
    if "/" not in rest and rest not in ("*", "**"):
        tokens, lead, bounded = (Wildcard.DIRECTORIES, *tokens), (), False
    if excludes:
        tokens = _with_content(tokens)
    matchers = tuple(map(make_matcher, lead))
    return Pattern(text, excludes, None, base, make_matcher(tokens), matchers, bounded)


def _parse_literal(text: str, spelled: str, excludes: bool) -> Pattern:
    parts = _parts(spelled)
    names_directory = spelled.rpartition("/")[2] in ("", ".", "..")
    if not parts or parts[-1] == ".." or (names_directory and not excludes):
        return Pattern(text, excludes, None, "", None, (), bounded=True)
    base = _as_directory(spelled, parts[:-1])
    if not excludes:
        return Pattern(text, excludes, base + parts[-1], base, None, (), bounded=True)
    from lbuild_keys.globs.matchers import make_matcher
    from lbuild_keys.globs.wildcards import EVERYTHING_BELOW, literal_tokens

    name = literal_tokens(parts[-1])
    if names_directory:
        rest = make_matcher((*name, *EVERYTHING_BELOW))
    else:
        rest = make_matcher(_with_content(name))
    return Pattern(text, excludes, None, base, rest, (), bounded=True)


def _parts(spelled: str) -> list[str]:
    return [part for part in spelled.split("/") if part not in ("", ".")]


def _as_directory(spelled: str, parts: Sequence[str]) -> str:
    root = "/" if spelled.startswith("/") else ""
    return root + "".join(f"{part}/" for part in parts)


def _with_content(tokens: "Tokens") -> "Tokens":
    """Tokens of an exclusion: one that matches a directory matches everything in it."""
    from lbuild_keys.globs.wildcards import EVERYTHING_BELOW, Alternatives

    return (*tokens, Alternatives(((), EVERYTHING_BELOW)))
