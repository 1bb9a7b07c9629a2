"""What is read from one source: every import by name, and when there may be more."""

import sys

import pytest

from lbuild_keys.backends import imports
from lbuild_keys.backends.imports import Imports

PACKAGE = "p.q"


def read(source: str) -> Imports:
    return imports.read(source.encode(), PACKAGE)


# Statements by the names that they import, read in the package p.q.
IMPORTS = [
    ("", ""),
    ("import a", "a"),
    ("import a.b.c as d, e", "a.b.c e"),
    ("from a import b, c as d", "a a.b a.c"),
    ("from a.b import c", "a.b a.b.c"),
    ("from . import a", "p.q p.q.a"),
    ("from .a import b", "p.q.a p.q.a.b"),
    ("from .. import a", "p p.a"),
    ("from ..a.b import c", "p.a.b p.a.b.c"),
    ("from ... import beyond", ""),
    ("from a import *", "a"),
    ("def f():\n    import a", "a"),
    ("class C:\n    async def f(self):\n        with x:\n            import a", "a"),
    ("try:\n    import a\nexcept ImportError:\n    import b\nelse:\n    import c", "a b c"),
    (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a",
        "typing typing.TYPE_CHECKING a",
    ),
    ("import importlib\nimportlib.import_module('a.b')", "importlib a.b"),
    ("import importlib\nimportlib.import_module(name='a')", "importlib a"),
    (
        "from importlib import import_module\nimport_module('.a', __package__)",
        "importlib importlib.import_module p.q.a",
    ),
    (
        "from importlib import import_module\nimport_module('..a', package=__package__)",
        "importlib importlib.import_module p.a",
    ),
    ("import importlib.util\nimportlib.util.find_spec('a.b')", "importlib.util a.b"),
    ("__import__('a.b')", "a.b"),
    ("import re, sys\nre.compile('a')\nsys.exit(frame.eval('a'))", "re sys"),
    ("import importlib.metadata\nimportlib.metadata.version('a')", "importlib.metadata"),
    ("def __getattr__(name):\n    raise AttributeError(name)", ""),
    ("from . import code, pickle", "p.q p.q.code p.q.pickle"),
    ("text = 'exec'", ""),
    ("'\\d'", ""),
]


@pytest.mark.parametrize(("source", "names"), IMPORTS)
def test_imports_are_read(source: str, names: str) -> None:
    found = read(source)
    assert found.names == set(names.split())
    assert not found.dynamic


DYNAMIC = [
    "__import__(name)",
    "__import__('a', globals(), locals(), ['b'])",
    "__import__('a', level=1)",
    "import importlib\nimportlib.import_module(name)",
    "import importlib\nimportlib.import_module('a' + 'b')",
    "import importlib\nimportlib.import_module('.a', name)",
    "import importlib\nimportlib.import_module('...beyond', __package__)",
    "import importlib\nimportlib.import_module(*names)",
    "import importlib\nload = importlib.import_module",
    "import importlib as i\ni.import_module(name)",
    "import importlib\ngetattr(importlib, which)('a')",
    "getattr(thing, 'import_module')(name)",
    "from importlib import *",
    "from importlib import import_module as load\nload('a')",
    "from compatibility import import_module\nimport_module(name)",
    "from importlib.util import spec_from_file_location as load",
    "import importlib.util\nimportlib.util.spec_from_file_location('a', 'a.py')",
    "import importlib.machinery\nimportlib.machinery.SourceFileLoader('a', 'a.py').load_module()",
    "from importlib import resources",
    "import importlib\nimportlib.resources.files('a')",
    "from importlib.metadata import entry_points",
    "from importlib import metadata\nmetadata.entry_points()",
    "import importlib.metadata as m\nm.entry_points()",
    "exec(text)",
    "eval(text)",
    "import builtins",
    "import runpy",
    "import pkgutil",
    "from pkgutil import extend_path",
    "import imp",
    "import pickle",
    "import pkg_resources.extern",
    "import sys\nsys.path.insert(0, 'a')",
    "import sys\nsys.path += ['a']",
    "import sys as s\ns.path.append('a')",
    "from sys import path",
    "from sys import path as p",
    "from sys import *",
    "import sys\nsetattr(sys, 'path', [])",
    "def f():\n    import os, sys\n    sys.modules['a'] = os",
    "import sys\nsys.meta_path.append(finder)",
    "import site\nsite.addsitedir('a')",
    "__path__.append('a')",
    "__package__ = 'a'",
    "for __name__ in 'a': pass",
    "__getattr__, __dir__, __all__ = lazy.attach(__name__, ['a'])",
    "__loader__.load('a')",
    "print('a'",
    "x = '\udc80'".encode("utf-8", "surrogateescape"),
    b"# coding: no-such-codec\n",
    b"a = 1\0",
    "x = 1".encode("utf-16"),
    b"(" * 100_000,
    b"-" * 100_000 + b"1",
]


@pytest.mark.parametrize("source", DYNAMIC, ids=lambda source: repr(source[:40]))
def test_what_may_import_more_is_dynamic(source: str | bytes) -> None:
    content = source.encode() if isinstance(source, str) else source
    assert imports.read(content, PACKAGE).dynamic


def test_the_declared_encoding_is_heeded() -> None:
    source = "# coding: latin-1\nimport \xe9\n".encode("latin-1")
    assert imports.read(source, "").names == {"\xe9"}
    assert imports.read(b"\xef\xbb\xbfimport a\r\nimport b\r\n", "").names == {"a", "b"}


def test_beyond_the_top_there_is_nothing() -> None:
    found = imports.read(b"from . import a\nfrom .b import c\n", "")
    assert found.names == set()


def test_reading_imports_nothing() -> None:
    read("import antigravity, colorsys\nfrom xml.dom import pulldom")
    assert "antigravity" not in sys.modules


def test_everything_of_a_module() -> None:
    found = read("from a import *\nfrom . import *\nfrom .. import b")
    assert found.stars == {"a", "p.q"}
    assert found.names == {"a", "p.q", "p", "p.b"}


# What is done with __all__, and what is in it; None where that cannot be read.
EXPORTS = [
    ("", ""),
    ("__all__ = ['a', 'b']", "a b"),
    ("__all__ = ('a',)\n__all__ += ['b']", "a b"),
    ("__all__: list[str] = ['a']", "a"),
    ("if x:\n    __all__ = ['a']\nelse:\n    __all__ = []", "a"),
    ("__all__ = ['a'] + b.__all__", None),
    ("__all__ = ['a', b]", None),
    ("__all__ = [*b, 'a']", None),
    ("__all__ = ['a']\n__all__ += b.__all__", None),
    ("__all__ = ['a']\n__all__.extend(b)", None),
    ("a = __all__ = ['a']", None),
    ("from a import __all__", None),
    ("from a import names as __all__", None),
    ("globals()['__all__'] = ['a']", None),
    ("for __all__ in a: pass", None),
]


@pytest.mark.parametrize(("source", "names"), EXPORTS)
def test_exports(source: str, names: str | None) -> None:
    assert read(source).exports == (None if names is None else set(names.split()))
