"""Values of options that need little or no conversion, and so none of typer's adapters.

typer converts every value by pydantic, also where nothing was given. To import that, and to make an
adapter for each option, takes as long as all the rest of a command line. Texts, paths, choices and
lists of texts are what most values are; all others are left to typer.

Nothing of this is public in typer: with a version that does it in another way, nothing is changed.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any


def spare_adapters(parameters: Iterable[Any]) -> None:
    """Let the parameters of a command convert plain values themselves."""
    for one in parameters:
        if getattr(one, "_runtime_param", one) is None and hasattr(one, "get_runtime_param"):
            one._runtime_param = _Plain()  # noqa: SLF001  see above


class _Plain:
    """In the place of the adapter of a parameter, until there is a value that needs one."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Convert a value, as typer's class of this name does."""
        is_list = param.multiple or param.nargs == -1
        if value is None:
            return () if is_list else None
        descriptor = param.type_descriptor
        kind, details = descriptor.annotation, descriptor.parameter_info
        if getattr(details, "parser", None) is None:
            if is_list:
                if kind == list[str] and _are_texts(value):
                    return list(value)
            elif kind is str and type(value) is str:
                return value
            elif kind is Path and type(value) is str and _is_any_path(details):
                return Path(value)
            else:
                for one in descriptor.choices or ():
                    if isinstance(one, str) and one == value:
                        return one
        param._runtime_param = None  # noqa: SLF001  see above
        return param.get_runtime_param().coerce(value, param=param, ctx=ctx)


def _are_texts(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(type(one) is str for one in value)


def _is_any_path(details: Any) -> bool:
    """Whether an option takes any path, whatever is there."""
    names = ("exists", "readable", "writable", "resolve_path", "allow_dash", "path_type")
    return not any(getattr(details, name, True) for name in names) and (
        details.file_okay and details.dir_okay
    )
