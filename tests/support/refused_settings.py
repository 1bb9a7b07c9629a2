"""Checks the error that a mistake in pyproject.toml gives."""

import pytest
import tomli

from lbuild_keys.config.settings import read_settings
from lbuild_keys.errors import SettingsError

BRACKETS = "Write it in brackets: [...]."
QUOTES = 'Write it in quotes: "...".'


def require_refused(text: str, where: str, problem: str, remedy: str) -> None:
    """Require that a pyproject.toml is refused with these words.

    Args:
        where: the key path.
        problem: all of it, or how it begins where it ends with a colon and a space: what follows
            comes from a parser.
    """
    with pytest.raises(SettingsError) as caught:
        read_settings(tomli.loads(text))
    error = caught.value
    assert error.where == f"pyproject.toml: {where}"
    assert error.problem.startswith(problem) if problem.endswith(": ") else error.problem == problem
    assert error.remedy == remedy
