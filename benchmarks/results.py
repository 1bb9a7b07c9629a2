"""What was measured: values, their medians and quartiles, and the JSON file that keeps them."""

import json
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

LAYOUT = 2
"""The version of the layout of the JSON file."""

Quantity = Literal["seconds", "bytes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All values of one contestant, in the order of the rounds.

    Attributes:
        values: seconds of wall time, or bytes.
        processor: seconds of processor time, user and system, of the process and those that it
            waited for; empty if bytes were measured.
    """

    name: str
    values: tuple[float, ...]
    processor: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        """The value in the middle."""
        return statistics.median(self.values)

    @property
    def processor_median(self) -> float | None:
        """The processor time in the middle."""
        return statistics.median(self.processor) if self.processor else None

    @property
    def quartiles(self) -> tuple[float, float]:
        """Between these lies the middle half of the values."""
        if len(self.values) == 1:
            return self.values[0], self.values[0]
        lower, _, upper = statistics.quantiles(self.values, n=4, method="inclusive")
        return lower, upper


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResult:
    """What came of one group; see ``measure.Group``."""

    name: str
    title: str
    baseline: str
    quantity: Quantity
    measured: tuple[Measured, ...]

    def of(self, contestant: str) -> Measured:
        """The values of one contestant.

        Raises:
            KeyError: if it did not take part.
        """
        for measured in self.measured:
            if measured.name == contestant:
                return measured
        raise KeyError(contestant)

    def ratio(self, contestant: str, over: str | None = None) -> float:
        """The median of one contestant over that of another, or of the baseline."""
        return self.of(contestant).median / self.of(over or self.baseline).median

    def processor_ratio(self, contestant: str, over: str | None = None) -> float | None:
        """The same of processor times; None if they were not measured."""
        ours = self.of(contestant).processor_median
        theirs = self.of(over or self.baseline).processor_median
        return ours / theirs if ours is not None and theirs else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """One run of the benchmarks.

    Attributes:
        machine: kind of machine, in words.
        versions: of each tool that took part.
    """

    date: str
    machine: str
    versions: Mapping[str, str]
    groups: tuple[GroupResult, ...]

    def group(self, name: str) -> GroupResult | None:
        """One group, or None if it was not run."""
        return next((group for group in self.groups if group.name == name), None)


def save(results: Results, file: Path) -> None:
    """Write results as JSON; times are rounded to a hundredth of a millisecond."""
    document = {"layout": LAYOUT, **asdict(results)}
    for group in document["groups"]:
        for measured in group["measured"]:
            digits = 0 if group["quantity"] == "bytes" else 5
            for kind in ("values", "processor"):
                measured[kind] = [round(value, digits) for value in measured[kind]]
    file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def load(file: Path) -> Results:
    """Read what ``save`` wrote.

    Raises:
        ValueError: if the file is of another version.
    """
    document = json.loads(file.read_text(encoding="utf-8"))
    if document.pop("layout") != LAYOUT:
        raise ValueError(f"{file} is not of version {LAYOUT}")
    groups = tuple(
        GroupResult(
            **{
                **group,
                "measured": tuple(
                    Measured(
                        name=measured["name"],
                        values=tuple(measured["values"]),
                        processor=tuple(measured["processor"]),
                    )
                    for measured in group["measured"]
                ),
            }
        )
        for group in document.pop("groups")
    )
    return Results(**document, groups=groups)
