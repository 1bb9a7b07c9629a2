"""Rows of text -> lines whose columns line up, or that fit where there is little room.

By hand, because ``status`` would pay 23 ms for importing rich (``rich.table``, ``rich.console``,
Python 3.11); and rich cuts or wraps cells to fit, but a path has to stay whole to be copied.
"""

from collections.abc import Callable, Sequence

from lbuild_frontend.output.look import Look, columns

Style = Callable[[str], str]


def lines(
    rows: Sequence[Sequence[str]],
    widest: Sequence[int],
    look: Look,
    beside: int,
    styles: Sequence[Style] = (),
) -> list[str]:
    """Write rows as lines with columns; a cell that is too long moves the rest of its own row.

    Args:
        rows: each of the same number of cells.
        widest: the largest width of each column but the last, which has no limit.
        look: of the stream. If a row is wider, each row has only its first ``beside`` cells on
            its line, and the others below it; lines that are still wider are broken at spaces.
        styles: how the cells of the first columns are shown.
    """
    wide = [
        min(most, max((len(row[column]) for row in rows), default=0))
        for column, most in enumerate(widest)
    ]
    painted: list[Style] = [*styles, *[_as_it_is] * (len(widest) + 1 - len(styles))]
    found = [_joined(row, wide, painted) for row in rows]
    width = look.width
    if width is None or all(columns(line) <= width for line in found):
        return found
    below = _indent(rows, sum(wide[: beside - 1]) + 2 * beside, beside, width)
    folded = [
        look.fold(line, below)
        for row in rows
        for line in (
            _joined(row[:beside], wide, painted),
            *(
                f"{below}{paint(cell)}"
                for cell, paint in zip(row[beside:], painted[beside:], strict=True)
                if cell
            ),
        )
    ]
    return "\n".join(folded).split("\n") if folded else []


def _indent(rows: Sequence[Sequence[str]], usual: int, beside: int, width: int) -> str:
    """Return how lines below the first of a row begin: with less if some word fits only then."""
    words = (word for row in rows for cell in row[beside - 1 :] for word in cell.split())
    tight = any(width - usual < len(word) <= width - _LEAST for word in words)
    return " " * (min(usual, _LEAST) if tight else usual)


_LEAST = 4


def _as_it_is(text: str) -> str:
    return text


def _joined(cells: Sequence[str], wide: Sequence[int], styles: Sequence[Style]) -> str:
    """Write cells side by side. A style is not for the space that fills a column."""
    *first, last = cells
    padded = [
        f"{paint(cell)}{' ' * (most - len(cell))}"
        for cell, most, paint in zip(first, wide, styles, strict=False)
    ]
    return "  ".join(["", *padded, styles[len(first)](last)]).rstrip()
