"""A reporter that keeps what it is told."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Told:
    """Takes what lbuild tells meanwhile, line by line.

    Attributes:
        progressed: what went on.
        noted: all the rest; warnings say that they are.
    """

    progressed: list[str] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)

    def progress(self, text: str) -> None:
        self.progressed.append(text)

    def note(self, text: str) -> None:
        self.noted.append(text)

    def warn(self, text: str) -> None:
        self.noted.append(f"warning: {text}")
