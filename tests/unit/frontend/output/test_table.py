"""Columns that line up, or that fit."""

from hypothesis import given
from hypothesis import strategies as st

from lbuild_frontend.output import table
from lbuild_frontend.output.look import PLAIN, Look, columns

ROWS = [("a", "bb", "ccc"), ("aaaa", "b", "c"), ("a much longer one", "b", "c")]


def test_columns_line_up_but_for_what_is_too_long() -> None:
    assert table.lines(ROWS, (6, 6), PLAIN, beside=2) == [
        "  a       bb  ccc",
        "  aaaa    b   c",
        "  a much longer one  b   c",
    ]
    assert table.lines([], (6, 6), Look(10), beside=2) == []


def test_where_there_is_little_room() -> None:
    assert table.lines(ROWS[:2], (6, 6), Look(20), beside=2) == table.lines(
        ROWS[:2], (6, 6), PLAIN, beside=2
    )
    assert table.lines(ROWS[:2], (6, 6), Look(11), beside=2) == [
        *("  a     bb", "        ccc"),
        *("  aaaa  b", "        c"),
    ]


def test_a_word_is_not_broken_where_less_space_before_it_helps() -> None:
    rows = [("demo 1.0", "py3", "1 KiB"), ("demo 1.0.dev1+g0a1b2c", "py2.py3-none-any", "900 B")]
    assert table.lines(rows, (30, 30), Look(30), beside=2) == [
        *("  demo 1.0               py3", "    1 KiB"),
        *("  demo 1.0.dev1+g0a1b2c", "    py2.py3-none-any", "    900 B"),
    ]
    assert table.lines([("a", "b" * 40, "c")], (9, 9), Look(20), beside=2)[-1] == "     c"


cells = st.text(st.characters(codec="ascii", exclude_categories=["Z", "C"]), min_size=1, max_size=9)


@given(st.lists(st.tuples(cells, cells, cells), max_size=5), st.integers(1, 40))
def test_nothing_is_lost_and_no_line_ends_in_spaces(
    rows: list[tuple[str, str, str]], width: int
) -> None:
    lines = table.lines(rows, (5, 5), Look(width), beside=1)
    assert " ".join(lines).split() == [cell for row in rows for cell in row]
    assert all(line == line.rstrip() and line.startswith("  ") for line in lines)
    if len(lines) == len(rows):
        assert all(len(line) <= width for line in lines)


@given(st.lists(st.tuples(cells, cells, cells), max_size=5), st.integers(1, 40))
def test_colours_change_no_column(rows: list[tuple[str, str, str]], width: int) -> None:
    look = Look(width, has_colors=True)
    styles = (look.cyan, look.bold, look.dim)
    plain = table.lines(rows, (5, 5), Look(width), beside=1)
    colored = table.lines(rows, (5, 5), look, beside=1, styles=styles)
    assert list(map(columns, colored)) == list(map(len, plain))
