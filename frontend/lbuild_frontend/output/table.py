"""Rows of text -> lines whose columns line up, or that fit where there is little room."""

from collections.abc import Sequence


def lines(
    rows: Sequence[Sequence[str]], widest: Sequence[int], width: int | None, beside: int
) -> list[str]:
    """Columns that line up; a cell that is longer than its column only moves its own row.

    Args:
        rows: of the same number of cells.
        widest: how wide columns may get; the last of a row has no end.
        width: the columns of the terminal; where a row is wider, all have only the first ``beside``
            cells on their line, and the others below. None for lines of any length.
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
