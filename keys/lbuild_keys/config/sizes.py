"""Sizes in bytes, and the texts that people write for them, such as "5 GiB"."""

import re

REMEDY = (
    'Write bytes, such as 500_000_000, or a string, such as "500 MB" or "5 GiB"; 0 means no limit.'
)
"""What to write instead of an invalid size, as a sentence."""

_SIZE = re.compile(
    r"([0-9]{1,15})(?:\.([0-9]{1,15}))? *(B|[KMGT]I?B|)",
    re.ASCII | re.IGNORECASE,  # otherwise the Kelvin sign would count as a K
)
_UNDERSCORE = r"(?<=[0-9])_(?=[0-9])"
"""Between two digits, as in the numbers of TOML and Python."""

_THOUSANDS = ("", "k", "m", "g", "t")


def parse_size(text: str) -> int:
    """Convert a number and its unit to bytes; without a unit it is in bytes already.

    The number may have a fraction, and case does not matter. Units with an ``i`` (IEC 80000-13)
    count by 1024, the others by 1000. A part of a byte counts as a byte, so that only zero is zero.

    Raises:
        ValueError: if it is not a size; the text describes the problem, as a clause.
    """
    found = _SIZE.fullmatch(re.sub(_UNDERSCORE, "", text) if "_" in text else text)
    if found is None:
        message = f"{text!r} is not a size"
        raise ValueError(message)
    whole, fraction, unit = found[1], found[2] or "", found[3].lower().removesuffix("b")
    base = 1024 if unit.endswith("i") else 1000
    scale: int = base ** _THOUSANDS.index(unit.removesuffix("i"))
    parts: int = 10 ** len(fraction)
    return -(-int(whole + fraction) * scale // parts)  # rounded up


def format_size(count: int) -> str:
    """Write a number of bytes in the largest unit that fits, counting by 1024."""
    # Not by rich.filesize, which counts by 1000.
    if count < 1024:
        return f"{count} B"
    for power, unit in enumerate(("KiB", "MiB", "GiB"), 1):
        if count < 1000 * 1024**power:
            return f"{count / 1024**power:.1f} {unit}".replace(".0 ", " ")
    return f"{count / 1024**4:.1f} TiB".replace(".0 ", " ")
