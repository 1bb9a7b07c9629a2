"""The tokens of a pattern, compiled to a matcher that needs little time for any path.

Which paths a pattern matches is stated in ``patterns``.

Python's ``re`` tries one way after the other. With many wildcards or braces there can be more ways
than any computer can try: ``*a*a*a*a*b`` keeps it busy for minutes with one long name. So there are
three kinds of matchers, and each matches the same paths:

- with few wildcards, the plain regular expression;
- with more, a regular expression of atomic groups (Python 3.11): 30 stars against 10,000 characters
  take 0.1 ms;
- where no such expression is exact, a walk over all positions at once, which is slower: with
  classes that match ``/``, many braces, or ``**`` that begins within a component.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby
from typing import NamedTuple, Protocol

from lbuild_keys.globs.wildcards import SLASH, Alternatives, Character, Token, Tokens, Wildcard

_FEW_WILDCARDS = 3
_FEW_GROUPS = 4
_FEW_SEQUENCES = 16


class Matcher(Protocol):
    """What can be asked whether it matches the whole of a text, as ``re.Pattern`` can."""

    def fullmatch(self, text: str, /) -> object:
        """Return something that is true if it does."""


def make_matcher(tokens: Tokens) -> Matcher:
    """Make the matcher of some tokens."""
    wildcards, groups = _count(tokens)
    if wildcards <= _FEW_WILDCARDS and groups <= _FEW_GROUPS:
        return re.compile(_plain_expression(tokens), re.DOTALL)
    expression = atomic_expression(tokens)
    return PositionMatcher(tokens) if expression is None else re.compile(expression, re.DOTALL)


def _count(tokens: Tokens) -> tuple[int, int]:
    """How many wildcards there are, and how many groups in the plain regular expression."""
    wildcards = groups = 0
    for token in tokens:
        match token:
            case Wildcard():
                wildcards += 1
                groups += token is Wildcard.DIRECTORIES
            case Alternatives(sequences=sequences):
                inner = [_count(sequence) for sequence in sequences]
                wildcards += sum(one for one, _ in inner)
                groups += sum(one for _, one in inner) + 1
            case Character():
                pass
    return wildcards, groups


def _plain_expression(tokens: Tokens) -> str:
    return "".join(map(_plain_token, tokens))


def _plain_token(token: Token) -> str:
    match token:
        case Wildcard():
            return token.value
        case Character(expression=expression):
            return expression
        case Alternatives(sequences=sequences):
            return f"(?:{'|'.join(map(_plain_expression, sequences))})"


def atomic_expression(tokens: Tokens) -> str | None:
    """Translate tokens to a regular expression of atomic groups; None if none is exact.

    It is exact because the first place at which a part matches is as good as any later one. Within
    a component: what follows is a star, which can match the characters up to the later place, none
    of which is a slash; or it is the end of the component, which is in one place only. Between
    ``**/``: the parts are whole components, which end in one place for one beginning, and what
    follows can match any components. So no token may match a slash unless it is one, ``**`` has to
    begin where a component does, and each combination of what braces hold is an expression.
    """
    sequences = _without_braces(tokens)
    if sequences is None:
        return None
    expressions = [_atomic_sequence(sequence) for sequence in sequences]
    known = [expression for expression in expressions if expression is not None]
    return "|".join(known) if len(known) == len(expressions) else None


def _without_braces(tokens: Tokens) -> list[Tokens] | None:
    """Every sequence that a choice in each brace gives; None if there are many."""
    found: list[Tokens] = [()]
    for token in tokens:
        ways: list[Tokens] | None = [(token,)]
        if isinstance(token, Alternatives):
            inner = [_without_braces(sequence) for sequence in token.sequences]
            ways = [way for one in inner for way in one or ()] if None not in inner else None
        if ways is None or len(found) * len(ways) > _FEW_SEQUENCES:
            return None
        found = [(*start, *way) for start in found for way in ways]
    return found


def _atomic_sequence(tokens: Tokens) -> str | None:
    if any(isinstance(token, Character) and token.crosses for token in tokens):
        return None
    units: list[list[Token]] = [[]]
    for index, token in enumerate(tokens):
        begins = index == 0 or tokens[index - 1] in (SLASH, Wildcard.DIRECTORIES)
        if token is Wildcard.DIRECTORIES and begins:
            units.append([])
        elif token is Wildcard.ANYTHING and begins and index == len(tokens) - 1:
            units[-1].append(token)
        elif token in (Wildcard.DIRECTORIES, Wildcard.ANYTHING):
            return None
        else:
            units[-1].append(token)
    first, *others = ["".join(_components(unit)) for unit in units]
    if not others:
        return first
    *others, last = others
    middle = "".join(f"(?>(?:[^/]*+/)*?{unit})" for unit in others if unit)
    return rf"{first}{middle}(?>(?:[^/]*+/)*?{last}\Z)"


def _components(tokens: Iterable[Token]) -> Iterator[str]:
    """The expressions of components and of the slashes between them."""
    for is_slash, group in groupby(tokens, lambda token: token == SLASH):
        if is_slash:
            yield from ("/" for _ in group)
            continue
        parts = [""]
        for token in group:
            if token is Wildcard.IN_COMPONENT:
                parts.append("")
            else:
                parts[-1] += _plain_token(token)
        first, *others = parts
        yield first
        if others:
            *others, last = others
            yield from (f"(?>[^/]*?{part})" for part in others if part)
            yield rf"(?>[^/]*?{last}(?=/|\Z))" if last else "[^/]*+"


class PositionMatcher(NamedTuple):
    """Follows all ways at once: after each token, the positions that have been reached.

    The time grows with the number of tokens times the length of the text.
    """

    tokens: Tokens

    def fullmatch(self, text: str, /) -> bool:
        """Whether the tokens match the whole of a text."""
        return len(text) in _reached(self.tokens, text, frozenset({0}))


def _reached(tokens: Tokens, text: str, positions: frozenset[int]) -> frozenset[int]:
    """The positions behind the tokens, from the positions before them."""
    for token in tokens:
        if not positions:
            break
        start, end = min(positions), len(text)
        match token:
            case Character(expression=expression):
                test = _compile(expression).match
                positions = frozenset(at + 1 for at in positions if at < end and test(text[at]))
            case Wildcard.IN_COMPONENT:
                found: set[int] = set()
                for position in positions:
                    at = position
                    while at not in found:
                        found.add(at)
                        if at < end and text[at] != "/":
                            at += 1
                positions = frozenset(found)
            case Wildcard.DIRECTORIES:
                behind = (at + 1 for at in range(start, end) if text[at] == "/")
                positions = positions.union(behind)
            case Wildcard.ANYTHING:
                positions = frozenset(range(start, end + 1))
            case Alternatives(sequences=sequences):
                ways = (_reached(sequence, text, positions) for sequence in sequences)
                positions = frozenset().union(*ways)
    return positions


@cache
def _compile(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.DOTALL)
