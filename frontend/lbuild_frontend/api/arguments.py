"""What callers give to the API -> values that are checked: a mistake is an error at once.

What has the wrong type raises TypeError, as calls in Python do; what has the right type and a wrong
value raises LbuildError.
"""

import json
import os
from collections.abc import Collection, Iterable, Mapping
from typing import Any, get_args

from lbuild_frontend.errors import LbuildError
from lbuild_frontend.model.request import Command, Installer, Request, StrPath, Verb
from lbuild_keys.model import CACHE_MODES, MODES

_WORDS: Mapping[str, tuple[str, ...]] = {
    "inputs": MODES,
    "installer": get_args(Installer),
    "cache_mode": CACHE_MODES,
}


def path(value: StrPath, name: str) -> str:
    """Return a path as text.

    Args:
        value: a text, or an object that stands for a path.
        name: of the argument.

    Raises:
        TypeError: if it is neither; bytes are not taken.
        LbuildError: if it has a null character.
    """
    text: object = os.fspath(value)
    if not isinstance(text, str):
        message = f"{name}: a text or a path is needed, not {type(text).__name__}"
        raise TypeError(message)
    if "\0" in text:
        message = f"{name}: {text!r} has a null character, which no path has"
        raise LbuildError(message)
    return text


def paths(values: Iterable[StrPath], name: str) -> tuple[str, ...]:
    """Return paths as texts.

    Raises:
        TypeError, LbuildError: see ``path``; or if it is one text instead of several.
    """
    return tuple(path(value, name) for value in _several(values, name))


def names(values: Iterable[str], name: str) -> tuple[str, ...]:
    """Return several texts.

    Raises:
        TypeError: if it is one text, or one of them is none.
    """
    found = tuple(_several(values, name))
    for value in found:
        if not isinstance(value, str):
            message = f"{name}: {value!r} is not a text"
            raise TypeError(message)
    return found


def _several(values: Iterable[Any], name: str) -> Iterable[Any]:
    if isinstance(values, str | bytes | os.PathLike):
        message = f"{name}: several are needed, such as [{values!r}], not {values!r} itself"
        raise TypeError(message)
    return values


def settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return config settings (PEP 517).

    Raises:
        TypeError: if it is no mapping, a key is no text, or a value is none that JSON has.
        LbuildError: if it cannot be written as JSON.
    """
    given: object = values
    if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
        message = f"config_settings: a mapping with texts as keys is needed, not {values!r}"
        raise TypeError(message)
    found = dict(values)
    try:
        json.dumps(found)
    except TypeError as error:
        message = f"config_settings: {error}"
        raise TypeError(message) from error
    except (ValueError, RecursionError) as error:
        message = f"config_settings: it cannot be written as JSON ({error})"
        raise LbuildError(message) from error
    return found


def check_words(given: Mapping[str, Any]) -> None:
    """Check the values of options that have few.

    Raises:
        LbuildError: if there is no such value.
    """
    for name, known in _WORDS.items():
        if given.get(name) is not None and given[name] not in known:
            raise LbuildError(f"{name}={given[name]!r}: use {_either(known)}")


def command(value: Command) -> Command:
    """Return a command whose values are checked.

    Raises:
        TypeError, LbuildError: as above.
    """
    if value.verb not in get_args(Verb):
        raise LbuildError(f"verb={value.verb!r}: use {_either(get_args(Verb))}")
    jobs: object = value.scope.jobs
    if jobs is not None and not (isinstance(jobs, int) and jobs > 0):
        raise LbuildError(f"jobs={jobs!r}: use a number from 1 on")
    check_words(value.request._asdict())
    return value._replace(
        projects=paths(value.projects, "projects"),
        request=_checked(value.request),
        install=value.install._replace(extras=names(value.install.extras, "extras")),
    )


def _checked(request: Request) -> Request:
    for name in ("out_dir", "cache_dir", "python"):
        value = getattr(request, name)
        if value is not None:
            path(value, name)
    return request._replace(
        config_settings=settings(request.config_settings),
        build_constraints=paths(request.build_constraints, "build_constraints"),
    )


def _either(known: Collection[str]) -> str:
    *most, last = map(repr, known)
    return f"{', '.join(most)} or {last}"
