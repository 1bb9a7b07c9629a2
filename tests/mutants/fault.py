"""One fault: a change of the source that breaks a promise, and the tests that should find it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A change of the source that breaks a promise.

    Attributes:
        name: a few words, joined by hyphens.
        breaks: what happens to a user, as a clause.
        file: path of the source, relative to the checkout.
        before: a part of it that occurs once.
        after: what a developer wrote there by mistake.
        found_by: the tests that are run first, all their cases: ``PATH::NAME``, below ``tests``.
    """

    name: str
    breaks: str
    file: str
    before: str
    after: str
    found_by: tuple[str, ...]

    def problem(self, root: Path) -> str | None:
        """Return why the fault cannot be put into a checkout, as a clause; None if it can."""
        path = root / self.file
        if not path.is_file():
            return f"{self.file} does not exist"
        count = path.read_text("utf-8").count(self.before)
        return None if count == 1 else f"{self.file} contains its text {count} times"

    def put_into(self, root: Path) -> None:
        """Put the fault into a checkout.

        Raises:
            ValueError: if it cannot be put there.
        """
        problem = self.problem(root)
        if problem is not None:
            raise ValueError(problem)
        path = root / self.file
        path.write_text(path.read_text("utf-8").replace(self.before, self.after), "utf-8")
