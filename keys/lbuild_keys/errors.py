"""The errors of lbuild's decisions: one root, few leaves.

What an input *is* cannot fail: a file that cannot be read has the state "unreadable". Only a
declaration that means nothing is an error.
"""


class KeysError(Exception):
    """The root of everything that ``lbuild_keys`` raises on purpose."""


class PatternError(KeysError):
    """A glob that is malformed; the text says what is wrong with it, without naming its place."""


class SettingsError(KeysError):
    """A setting in pyproject.toml that means nothing.

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
