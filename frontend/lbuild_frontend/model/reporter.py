"""The protocol by which code reports to the user what happens."""

from typing import Protocol


class Reporter(Protocol):
    """Takes plain sentences, and decides where and whether to show them."""

    def progress(self, text: str) -> None:
        """Report what happens now; it need not be shown once it is over."""

    def note(self, text: str) -> None:
        """Report something that the user should find later as well."""

    def warn(self, text: str) -> None:
        """Report something that the user should change."""
