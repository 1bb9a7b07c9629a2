"""Errors of ``lbuild_keys``: no project, an invalid setting or pattern, git that does not answer.

A file that cannot be read is not an error: its state is "unreadable".
"""


class KeysError(Exception):
    """The base class of every error that ``lbuild_keys`` raises on purpose."""


class NoProjectError(KeysError):
    """A folder does not exist, or has neither pyproject.toml nor setup.py."""


class PatternError(KeysError):
    """A malformed file pattern. The text describes the problem, not where the pattern is."""


class SettingsError(KeysError):
    """An invalid setting in pyproject.toml.

    Attributes:
        where: the file and the key path, such as ``pyproject.toml: tool.uv.cache-keys[1]``.
        problem: what is wrong there, as a clause.
        remedy: what to write instead, as a sentence.
    """

    def __init__(self, where: str, problem: str, remedy: str) -> None:
        super().__init__(f"{where}: {problem}. {remedy}")
        self.where = where
        self.problem = problem
        self.remedy = remedy
