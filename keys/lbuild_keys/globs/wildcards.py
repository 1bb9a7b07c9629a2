"""The wildcards of a pattern, parsed into tokens by the rules in ``patterns``."""

import re
from enum import Enum
from typing import NamedTuple

from lbuild_keys.errors import PatternError


class Wildcard(Enum):
    """A token that matches any number of characters; its value is the regular expression."""

    IN_COMPONENT = "[^/]*"
    DIRECTORIES = "(?:.*/)?"
    ANYTHING = ".*"


class Character(NamedTuple):
    """A token that matches one character.

    Attributes:
        expression: its regular expression.
        crosses: whether it may match ``/``, as negated classes do, without being one.
    """

    expression: str
    crosses: bool = False


class Alternatives(NamedTuple):
    """A token that matches what any of some sequences of tokens matches."""

    sequences: "tuple[Tokens, ...]"


Token = Character | Wildcard | Alternatives
Tokens = tuple[Token, ...]

SLASH = Character("/")
EVERYTHING_BELOW: Tokens = (SLASH, Wildcard.ANYTHING)

_DEEPEST_BRACES = 100  # far below where the regular expression compiler would run out of stack


class Wildcards(NamedTuple):
    """A parsed pattern.

    Attributes:
        tokens: what it matches.
        lead: the tokens of each of the first directories, as far as these have fixed depths.
        bounded: whether nothing can match deeper than directly below the last of ``lead``.
    """

    tokens: Tokens
    lead: tuple[Tokens, ...]
    bounded: bool


def literal_tokens(text: str) -> Tokens:
    """The tokens of a text without wildcards."""
    return tuple(Character(re.escape(character)) for character in text)


def parse_wildcards(glob: str) -> Wildcards:
    """Parse a pattern, without its base, into tokens.

    Raises:
        PatternError: it is malformed; see ``patterns.parse``.
    """
    pieces: list[Token] = []  # of the present branch
    # What each open brace interrupted, and its branches.
    outer: list[tuple[list[Token], list[Tokens]]] = []
    lead: list[Tokens] = []
    bounded = True
    component = 0  # where in the outermost pieces the present component begins
    branch_start = 0  # where in the text the present branch begins
    at = 0
    while at < len(glob):
        char = glob[at]
        end = at + 1
        match char:
            case "*":
                while glob[end : end + 1] == "*":
                    end += 1
                stars, end = _parse_stars(glob, at, end, at > branch_start, bool(outer))
                bounded = bounded and stars is Wildcard.IN_COMPONENT
                pieces.append(stars)
            case "?":
                pieces.append(Character("[^/]"))
            case "[":
                members, end = _parse_class(glob, at)
                bounded = bounded and not members.crosses
                pieces.append(members)
            case "{":
                if len(outer) == _DEEPEST_BRACES:
                    message = f"its braces are nested more than {_DEEPEST_BRACES} deep"
                    raise PatternError(message)
                outer.append((pieces, []))
                pieces = []
                branch_start = end
            case "," if outer:
                outer[-1][1].append(tuple(pieces))
                pieces = []
                branch_start = end
            case "}":
                if not outer:
                    message = "a '}' has no matching '{'; write '[}]' for the character itself"
                    raise PatternError(message)
                branch = tuple(pieces)
                pieces, branches = outer.pop()
                sequences = tuple(each for each in (*branches, branch) if each)
                if sequences:
                    pieces.append(Alternatives(sequences))
            case "\\":
                if end == len(glob):
                    message = "it ends with a backslash, which must precede a character"
                    raise PatternError(message)
                # An escaped slash is no boundary of a component.
                pieces.append(Character(re.escape(glob[end]), crosses=glob[end] == "/"))
                bounded = bounded and glob[end] != "/"
                end += 1
            case "/":
                bounded = bounded and not outer
                if bounded:
                    lead.append(tuple(pieces[component:]))
                pieces.append(SLASH)
                component = len(pieces)
            case _:
                pieces.append(Character(re.escape(char)))
        at = end
    if outer:
        message = "a '{' is never closed; write '[{]' for the character itself"
        raise PatternError(message)
    return Wildcards(tuple(pieces), tuple(lead), bounded)


def _parse_stars(
    glob: str, at: int, end: int, inside: bool, in_braces: bool
) -> tuple[Wildcard, int]:
    """Parse ``glob[at:end]``, which is all stars; return the token, and where to read on.

    Args:
        inside: whether something precedes the stars in the same branch, if only ``{}``.
        in_braces: whether a brace is open.
    """
    whole_so_far = not inside or glob[at - 1] == "/"
    if end - at == 2 and whole_so_far:
        follows = glob[end : end + 1]
        if follows == "/":
            return Wildcard.DIRECTORIES, end + 1
        if not follows or (inside and in_braces and follows in ",}"):
            return Wildcard.ANYTHING, end
    return Wildcard.IN_COMPONENT, end


def _parse_class(glob: str, at: int) -> tuple[Character, int]:
    """Parse the class that begins at ``at``; return the token, and where to read on.

    As in uv, a backslash is an ordinary member, and ``]`` and ``-`` are members where they come
    first (``-`` also where it comes last).
    """
    end = at + 1
    negated = glob[end : end + 1] in ("!", "^")
    end += negated
    close = glob.find("]", end + 1)  # the first member may be a bracket itself
    if close < 0:
        message = "a '[' is never closed; write '[[]' for the character itself"
        raise PatternError(message)
    members = glob[end:close]
    ranges: list[tuple[str, str]] = []
    here = 0
    while here < len(members):
        low, high = members[here], members[here]
        here += 1
        if members[here : here + 1] == "-" and here + 1 < len(members):
            high = members[here + 1]
            here += 2
        if high < low:
            message = f"the range '{low}-{high}' runs backwards"
            raise PatternError(message)
        ranges.append((low, high))
    body = "".join(
        re.escape(low) if low == high else f"{re.escape(low)}-{re.escape(high)}"
        for low, high in ranges
    )
    crosses = negated != any(low <= "/" <= high for low, high in ranges)
    return Character(f"[{'^' if negated else ''}{body}]", crosses), close + 1
