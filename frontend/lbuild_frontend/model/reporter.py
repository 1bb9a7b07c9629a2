"""What a command tells the user while it works: the interface for those who tell."""

from typing import Protocol


class Reporter(Protocol):
    """Takes plain sentences; where and whether they are shown is its own affair."""

    def progress(self, text: str) -> None:
        """Tell what is going on now; it is of no interest once it is over."""

    def note(self, text: str) -> None:
        """Tell something that the user should find later as well."""

    def warn(self, text: str) -> None:
        """Tell of something that the user should change."""
