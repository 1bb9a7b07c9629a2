"""Rows of text -> lines whose columns line up, or that fit where there is little room.

By hand, because ``status`` would pay 23 ms for importing rich (``rich.table``, ``rich.console``,
Python 3.11); and rich cuts or wraps cells to fit, but a path has to stay whole to be copied.
"""

from collections.abc import Sequence


def lines(
    rows: Sequence[Sequence[str]], widest: Sequence[int], width: int | None, beside: int
) -> list[str]:
    """Write rows as lines with columns; a cell that is too long moves the rest of its own row.

    Args:
        rows: each of the same number of cells.
        widest: the largest width of each column but the last, which has no limit.
        width: of the terminal. If a row is wider, each row has only its first ``beside`` cells on
            its line, and the others below it. None for lines of any length.
    """
    wide = [
        min(most, max((len(row[column]) for row in rows), default=0))
        for column, most in enumerate(widest)
    ]
    found = [_joined(row, wide) for row in rows]
    if width is None or all(len(line) <= width for line in found):
        return found
    below = " " * (sum(wide[: beside - 1]) + 2 * beside)
    return [
        line
        for row in rows
        for line in (
            _joined(row[:beside], wide),
            *(f"{below}{cell}" for cell in row[beside:] if cell),
        )
    ]


def _joined(cells: Sequence[str], wide: Sequence[int]) -> str:
    *first, last = cells
    padded = (f"{cell:{most}}" for cell, most in zip(first, wide, strict=False))
    return "  ".join(["", *padded, last]).rstrip()
