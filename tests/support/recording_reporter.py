"""A reporter that keeps what is reported to it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RecordingReporter:
    """Keeps what lbuild reports while it works, line by line.

    Attributes:
        progress_lines: what is going on.
        notes: everything else; a warning begins with "warning: ".
    """

    progress_lines: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def progress(self, text: str) -> None:
        self.progress_lines.append(text)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def warn(self, text: str) -> None:
        self.notes.append(f"warning: {text}")
