"""A setting of a pyproject.toml: its place, its type, its default, and how it is read.

Tables of these values are what lbuild reads by, and what the documentation shows.
"""

from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

_T = TypeVar("_T")


class Setting(NamedTuple, Generic[_T]):
    """A setting.

    Attributes:
        table: the key path of the table that it is in.
        name: its key.
        type: of its value, in words and in Markdown.
        meaning: what it is for, as a sentence in Markdown.
        read: converts a value of TOML, named by its key path; raises SettingsError.
        default: the value of TOML that counts if it is not set; None if TOML has no such value.
        otherwise: what counts then, in words, if ``default`` does not say it.
    """

    table: str
    name: str
    type: str
    meaning: str
    read: Callable[[object, str], _T]
    default: object = None
    otherwise: str = ""

    def of(self, table: Mapping[str, Any]) -> _T:
        """Return its value in a table, or the default.

        Raises:
            SettingsError: naming the key path and the remedy.
        """
        return self.read(table.get(self.name, self.default), f"{self.table}.{self.name}")
