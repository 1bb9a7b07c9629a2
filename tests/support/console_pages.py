"""Pages with console examples: what has to be run, in which order, and which output they show.

A block ``console`` has lines ``$ COMMAND`` with their output below; lines ``> `` directly below a
command continue it. All blocks of a page are one session. Comments say what cannot be seen:

- ``<!-- example: project=fixtures/hatchling -->``: the session starts in a copy of that folder
  with one commit; without it, or with ``project=none``, in an empty folder.
- ``<!-- example: environments=own -->``: the session shares no build environments with others; for
  pages that show how one is made.
- ``<!-- example: run=COMMAND -->``: run unseen at this place; it has to succeed.
- ``<!-- example: file=PATH -->``: the next block, of any language, is the content of that file.
- ``<!-- example: append=PATH -->``: the next block is added to that file.
- ``<!-- example: skip=REASON -->``: the next block is not run.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

_COMMENT = re.compile(r"\s*<!--\s*example:\s*(\w+)=(.*?)\s*-->\s*")
_UNFINISHED_COMMENT = re.compile(r"\s*<!--\s*example\b")
_FENCE = re.compile(r"(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<info>[^`]*)")
_DIRECTIVE = re.compile(r"\{code(?:-block)?\}\s*(\S*)")
_OTHER_NAMES = frozenset(("bash-session", "doscon", "shell-session"))
_SHELLS = frozenset(("bash", "sh", "shell", "zsh", ""))


class Command(NamedTuple):
    """A command that a page shows.

    Attributes:
        line: where it is in the page, from 0.
        text: what is typed, without prompts.
        start: the first line of its output.
        end: the line after its output.
        indent: what all its lines begin with.
        output: what the page shows below it.
    """

    line: int
    text: str
    start: int
    end: int
    indent: str
    output: tuple[str, ...]


class WrittenFile(NamedTuple):
    """A file that a page shows, and that the session needs."""

    line: int
    path: str
    text: str
    appends: bool


class Unseen(NamedTuple):
    """A command that readers do not see."""

    line: int
    text: str


Step = Command | WrittenFile | Unseen


class Page(NamedTuple):
    """What a page has to run.

    Attributes:
        project: the folder to start with, relative to the repository; None for an empty one.
        steps: in the order of the page.
        skipped: why blocks are not run.
        shares_environments: whether build environments may exist that earlier sessions made.
    """

    project: str | None = None
    steps: tuple[Step, ...] = ()
    skipped: tuple[str, ...] = ()
    shares_environments: bool = True

    @property
    def commands(self) -> tuple[Command, ...]:
        """Those that the page shows."""
        return tuple(step for step in self.steps if isinstance(step, Command))


class Block(NamedTuple):
    """A fenced block: the lines of its fences, its language, and its content."""

    line: int
    end: int
    language: str
    indent: str
    lines: tuple[str, ...]


class _Comment(NamedTuple):
    line: int
    key: str
    value: str


def parse(text: str) -> Page:
    """Read what a page has to run.

    Raises:
        ValueError: if a comment or a block cannot be understood.
    """
    project: str | None = None
    steps: list[Step] = []
    skipped: list[str] = []
    shares_environments = True
    pending: _Comment | None = None
    for part in _parts(text.splitlines()):
        if isinstance(part, _Comment):
            if pending is not None:
                message = f"line {pending.line + 1}: {pending.key}= needs a block directly after it"
                raise ValueError(message)
            if part.key == "project":
                if steps:
                    raise ValueError(f"line {part.line + 1}: project= has to be the first")
                project = part.value if part.value != "none" else None
            elif part.key == "environments" and part.value == "own":
                shares_environments = False
            elif part.key == "run":
                steps.append(Unseen(part.line, part.value))
            elif part.key in ("file", "append", "skip"):
                pending = part
            else:
                raise ValueError(f"line {part.line + 1}: {part.key}= is unknown")
        elif pending is not None:
            if pending.key == "skip":
                skipped.append(pending.value)
            else:
                content = "".join(f"{line}\n" for line in part.lines)
                is_appended = pending.key == "append"
                steps.append(WrittenFile(part.line, pending.value, content, is_appended))
            pending = None
        elif part.language == "console":
            steps += _commands(part)
        elif part.language in _OTHER_NAMES or (part.language in _SHELLS and _is_session(part)):
            message = f"line {part.line + 1}: the language of a session is console"
            raise ValueError(message)
    if pending is not None:
        raise ValueError(f"line {pending.line + 1}: no block comes after {pending.key}=")
    return Page(project, tuple(steps), tuple(skipped), shares_environments)


def blocks(text: str) -> tuple[Block, ...]:
    """Return the fenced blocks of a page."""
    return tuple(part for part in _parts(text.splitlines()) if isinstance(part, Block))


def rewrite(text: str, outputs: Mapping[int, Sequence[str]]) -> str:
    """Return a page with other outputs.

    Args:
        outputs: by the line of a command, what it shows.
    """
    lines = text.splitlines()
    for command in reversed(parse(text).commands):
        if command.line in outputs:
            lines[command.start : command.end] = [
                f"{command.indent}{line}".rstrip() for line in outputs[command.line]
            ]
    return "\n".join(lines) + "\n"


def _parts(lines: Sequence[str]) -> Iterator[Block | _Comment]:
    at = 0
    while at < len(lines):
        line = lines[at]
        if fence := _FENCE.fullmatch(line):
            end = _end_of(fence, lines, at)
            yield _block(fence, lines[at + 1 : end], at, end)
            at = end
        elif comment := _COMMENT.fullmatch(line):
            yield _Comment(at, comment[1], comment[2])
        elif _UNFINISHED_COMMENT.match(line):
            raise ValueError(f"line {at + 1}: write <!-- example: KEY=VALUE --> in one line")
        at += 1


def _end_of(fence: re.Match[str], lines: Sequence[str], at: int) -> int:
    mark = fence["fence"]
    for end in range(at + 1, len(lines)):
        text = lines[end].strip()
        if text.startswith(mark) and not text.strip(mark[0]):
            return end
    raise ValueError(f"line {at + 1}: the block does not end")


def _block(fence: re.Match[str], lines: Sequence[str], at: int, end: int) -> Block:
    indent = fence["indent"]
    content = [line.removeprefix(indent) if line.strip() else "" for line in lines]
    language = fence["info"].strip()
    if directive := _DIRECTIVE.fullmatch(language):
        language = directive[1]
        while content and re.match(r":[\w-]+:", content[0]):
            content.pop(0)
        if language == "console":
            raise ValueError(f"line {at + 1}: write ```console")
    return Block(at, end, language, indent, tuple(content))


def _is_session(block: Block) -> bool:
    return block.lines[:1] != () and block.lines[0].startswith("$ ")


def _commands(block: Block) -> Iterator[Command]:
    if not _is_session(block):
        raise ValueError(f"line {block.line + 1}: a session begins with $")
    first = block.line + 1
    starts = [at for at, line in enumerate(block.lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(block.lines)], strict=True):
        typed = [block.lines[start].removeprefix("$ ")]
        below = start + 1
        while below < end and re.match(r">( |$)", block.lines[below]):
            typed.append(block.lines[below][2:])
            below += 1
        yield Command(
            line=first + start,
            text="\n".join(typed),
            start=first + below,
            end=first + end,
            indent=block.indent,
            output=block.lines[below:end],
        )
