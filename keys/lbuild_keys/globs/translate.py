"""The wildcards of a glob -> a regular expression, by the rules that globs.py tells."""

import re

from lbuild_keys.errors import PatternError
from lbuild_keys.globs.automaton import Matcher, matcher

_IN_COMPONENT = "[^/]*"
DIRECTORIES = "(?:.*/)?"
_ANYTHING = ".*"
_DEEPEST_BRACES = 100  # far below where the regular expression compiler would run out of stack


def translate(glob: str) -> tuple[str, tuple[Matcher, ...], bool]:
    """Translate a glob to a regular expression, with ``lead`` and ``bounded`` as in Pattern."""
    pieces: list[str] = []  # of the branch being read
    outer: list[tuple[list[str], list[str]]] = []  # what each open brace interrupted; its branches
    lead: list[Matcher] = []
    bounded = True
    component = 0  # where in the outermost pieces the present component begins
    at = 0
    while at < len(glob):
        char = glob[at]
        end = at + 1
        match char:
            case "*":
                while glob[end : end + 1] == "*":
                    end += 1
                piece, end = _translate_stars(glob, at, end, bool(pieces), bool(outer))
                bounded = bounded and piece == _IN_COMPONENT
                pieces.append(piece)
            case "?":
                pieces.append("[^/]")
            case "[":
                piece, end, crosses = _translate_class(glob, at)
                bounded = bounded and not crosses
                pieces.append(piece)
            case "{":
                if len(outer) == _DEEPEST_BRACES:
                    message = f"its braces are nested more than {_DEEPEST_BRACES} deep"
                    raise PatternError(message)
                outer.append((pieces, []))
                pieces = []
            case "," if outer:
                outer[-1][1].append("".join(pieces))
                pieces = []
            case "}":
                if not outer:
                    message = "a '}' closes no '{'; write '[}]' for the character itself"
                    raise PatternError(message)
                branch = "".join(pieces)
                pieces, branches = outer.pop()
                alternatives = [each for each in (*branches, branch) if each]
                pieces.append(f"(?:{'|'.join(alternatives)})" if alternatives else "")
            case "\\":
                if end == len(glob):
                    message = "it ends in a backslash, which must stand before a character"
                    raise PatternError(message)
                pieces.append(re.escape(glob[end]))
                bounded = bounded and glob[end] != "/"
                end += 1
            case "/":
                bounded = bounded and not outer
                if bounded:
                    lead.append(matcher("".join(pieces[component:])))
                pieces.append("/")
                component = len(pieces)
            case _:
                pieces.append(re.escape(char))
        at = end
    if outer:
        message = "a '{' is never closed; write '[{]' for the character itself"
        raise PatternError(message)
    return "".join(pieces), tuple(lead), bounded


def _translate_stars(
    glob: str, at: int, end: int, inside: bool, in_braces: bool
) -> tuple[str, int]:
    """Translate ``glob[at:end]``, all stars; the expression, and where to read on.

    ``inside`` tells that something stands before the stars in the same branch.
    """
    whole_so_far = not inside or glob[at - 1] == "/"
    if end - at == 2 and whole_so_far:
        follows = glob[end : end + 1]
        if follows == "/":
            return DIRECTORIES, end + 1
        if not follows or (inside and in_braces and follows in ",}"):
            return _ANYTHING, end
    return _IN_COMPONENT, end


def _translate_class(glob: str, at: int) -> tuple[str, int, bool]:
    """Translate the class that begins at ``at``: the expression, where to read on, crosses ``/``.

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
    return f"[{'^' if negated else ''}{body}]", close + 1, crosses
