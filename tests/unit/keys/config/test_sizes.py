"""Sizes as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_keys.config import sizes

SIZES = {
    "0": 0,
    "0.0 TiB": 0,
    "7": 7,
    "500 B": 500,
    "500 MB": 500_000_000,
    "1 kB": 1_000,
    "1 KB": 1_000,
    "1 KiB": 1_024,
    "5 GiB": 5 * 1_024**3,
    "1.5 GB": 1_500_000_000,
    "1.5GiB": 1_610_612_736,
    "2  tb": 2_000_000_000_000,
    "2tIb": 2 * 1_024**4,
    "007 mib": 7 * 1_024**2,
    "0.1 KiB": 103,
    "0.000001 kB": 1,
}


@pytest.mark.parametrize(("text", "expected"), SIZES.items())
def test_sizes(text: str, expected: int) -> None:
    assert sizes.parse_size(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "B",
            "GiB",
            ".5 GB",
            "5.",
            "5. GB",
            "1,5 GB",
            "1__000",
            "_1",
            "1_",
            "-1",
            "+1",
            "1e9",
            "inf",
        ),
        *("5 G", "5 GiBs", "5 PB", "5 iB", "5 G B", " 5 GB", "5 GB ", "5 GB\n", "5\tGB", "0x10"),
        *("\u0663 GB", "5 \u212ab", "5 K\u0130B", "9" * 16, "9" * 10_000),
    ],
)
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size") as caught:
        sizes.parse_size(text)
    assert repr(text) in str(caught.value)


@given(st.text(st.sampled_from("0123456789. kKmMgGtTiIbB")) | st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert sizes.parse_size(text) >= 0
    except ValueError as error:
        assert str(error) == f"{text!r} is not a size"


@given(st.integers(0, 10**15 - 1), st.sampled_from(["", "B", "kB", "KiB", "MB", "GiB", "TiB"]))
def test_units_only_scale(number: int, unit: str) -> None:
    one = sizes.parse_size(f"1 {unit}")
    assert (
        sizes.parse_size(f"{number} {unit}")
        == sizes.parse_size(f"{number}{unit.lower()}")
        == number * one
    )
