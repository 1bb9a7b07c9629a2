"""A regular expression that a glob was translated to -> whether it matches, in linear time.

Python's ``re`` tries one way after the other, and how many there are grows exponentially with the
stars and braces: ``*a*a*a*a*b`` keeps it busy for minutes with one long name. An automaton follows
all ways at once. Where there can be few only, ``re`` is faster.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

_FEW_STARS = 3
_FEW_GROUPS = 4


class Matcher(Protocol):
    """What can be asked whether it matches the whole of a text, as ``re.Pattern`` can."""

    def fullmatch(self, text: str, /) -> object:
        """Something that is true if it does."""


def matcher(expression: str) -> Matcher:
    """Compile what ``globregex`` writes: characters, classes and groups, with ``*`` or ``?``."""
    if expression.count("*") > _FEW_STARS or expression.count("(?:") > _FEW_GROUPS:
        return Automaton(expression)
    return re.compile(expression, re.DOTALL)


@dataclass(slots=True)
class _State:
    """Where one way goes on: by itself, or after a character that matches ``test``."""

    free: list[int] = field(default_factory=list)
    test: re.Pattern[str] | None = None
    then: int = 0


@dataclass(slots=True)
class _Front:
    """How far all ways have come, and where they go on after a character, as far as was asked."""

    states: frozenset[int]
    after: dict[str, "_Front"] = field(default_factory=dict)


class Automaton:
    """Thompson's automaton, made deterministic as far as texts lead into it."""

    __slots__ = ("_end", "_expression", "_first", "_fronts", "_states")

    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._states: list[_State] = []
        self._fronts: dict[frozenset[int], _Front] = {}
        start, self._end, _ = self._alternatives(0)
        self._first = self._front([start])

    def fullmatch(self, text: str, /) -> bool:
        """Whether it matches the whole of a text."""
        front = self._first
        for character in text:
            front = front.after.get(character) or self._step(front, character)
            if not front.states:
                return False
        return self._end in front.states

    def _step(self, front: _Front, character: str) -> _Front:
        ways = (self._states[number] for number in front.states)
        then = self._front(one.then for one in ways if one.test and one.test.match(character))
        front.after[character] = then
        return then

    def _front(self, numbers: Iterable[int]) -> _Front:
        """All that is reached from some states by themselves."""
        pending = list(numbers)
        reached = set(pending)
        while pending:
            free = [one for one in self._states[pending.pop()].free if one not in reached]
            reached.update(free)
            pending += free
        states = frozenset(reached)
        return self._fronts.setdefault(states, _Front(states))

    # Each of these reads a part of the expression: where it begins and ends, and where to read on.

    def _alternatives(self, at: int) -> tuple[int, int, int]:
        start, end = self._new(), self._new()
        while True:
            first, last, at = self._sequence(at)
            self._states[start].free.append(first)
            self._states[last].free.append(end)
            if self._expression[at : at + 1] != "|":
                return start, end, at
            at += 1

    def _sequence(self, at: int) -> tuple[int, int, int]:
        start = end = self._new()
        while self._expression[at : at + 1] not in ("", "|", ")"):
            first, last, at = self._atom(at)
            repeated = self._expression[at : at + 1]
            if repeated in ("*", "?"):
                self._states[first].free.append(last)
                at += 1
            if repeated == "*":
                self._states[last].free.append(first)
            self._states[end].free.append(first)
            end = last
        return start, end, at

    def _atom(self, at: int) -> tuple[int, int, int]:
        if self._expression.startswith("(?:", at):
            start, end, at = self._alternatives(at + 3)
            return start, end, at + 1
        stop = self._behind_character(at)
        start, end = self._new(), self._new()
        self._states[start].test = re.compile(self._expression[at:stop], re.DOTALL)
        self._states[start].then = end
        return start, end, stop

    def _behind_character(self, at: int) -> int:
        """Where a character ends, be it escaped, or a class of them."""
        match self._expression[at]:
            case "\\":
                return at + 2
            case "[":
                at += 1
                while self._expression[at] != "]":
                    at += 2 if self._expression[at] == "\\" else 1
                return at + 1
            case _:
                return at + 1

    def _new(self) -> int:
        self._states.append(_State())
        return len(self._states) - 1
