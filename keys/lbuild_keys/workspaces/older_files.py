"""The static name and version of a project in files older than ``[project]``. Pure.

Whether a name is right turns out when the project is built: its wheel has the name of the backend.
"""

import ast
import configparser
import re
from typing import NamedTuple

from lbuild_keys import python_source

_HEADER = re.compile(r"^Name:[ \t]*(\S+)[ \t]*\r?$", re.MULTILINE)
_SPECIAL = ("attr:", "file:")


class Stated(NamedTuple):
    """What the files say; None for what only the backend knows."""

    name: str | None = None
    version: str | None = None


def read(*, setup_cfg: str, setup_py: str, pkg_info: str) -> Stated:
    """Read the texts of the files, empty for those that there are not.

    Args:
        setup_cfg: the values of ``[metadata]``, unless they are taken from other files.
        setup_py: a name that is spelled out in the only call of ``setup``.
        pkg_info: of the top folder of an sdist; only the name in it: the version of a tree that is
            edited is another one.
    """
    stated = _in_setup_cfg(setup_cfg)
    if stated.name is None:
        found = _HEADER.search(pkg_info.partition("\n\n")[0])
        name = _in_setup_py(setup_py) or (found[1] if found else None)
        stated = stated._replace(name=name)
    return stated


def _in_setup_cfg(text: str) -> Stated:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
        metadata = dict(parser.items("metadata"))
    except configparser.Error:
        return Stated()
    found = {
        key: metadata[key].strip()
        for key in ("name", "version")
        if metadata.get(key) and not metadata[key].strip().startswith(_SPECIAL)
    }
    return Stated(found.get("name"), found.get("version"))


def _in_setup_py(text: str) -> str | None:
    tree = python_source.parse(text)
    if tree is None:
        return None
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id == "setup")
            or (isinstance(node.func, ast.Attribute) and node.func.attr == "setup")
        )
    ]
    names = [
        keyword.value.value
        for call in calls
        for keyword in call.keywords
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant)
    ]
    if len(calls) == 1 and len(names) == 1 and isinstance(names[0], str):
        return names[0]
    return None
