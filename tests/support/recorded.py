"""What a recorder writes, for tests in whose process it runs."""

import pytest


class Records:
    """A log as a list."""

    def __init__(self) -> None:
        self.records: list[str] = []

    def write(self, tag: str, text: str) -> None:
        self.records.append(tag + text)

    def remove(self) -> None:
        pytest.fail("something could not be recorded")
