"""What is known of the list of files (``SOURCES.txt``) that setuptools writes in each hook.

It is for an sdist. Of what is in the list, ``build_py`` packs what is in the folders of packages
(``include_package_data``), and nothing else of setuptools uses it for a wheel: ``egg_info``,
``build_py``, ``bdist_wheel`` and ``sdist`` of versions 44 to 84. Other code in the process may use
it: plugins, and what the project runs.
"""

import re
from collections.abc import Collection

COMMANDS = frozenset({"bdist_wheel", "dist_info", "editable_wheel", "egg_info"})
"""The commands that do not make an sdist."""

PACKAGES = frozenset(
    {
        *("setuptools", "pkg_resources", "_distutils_hack", "wheel", "pyproject_hooks"),
        *("Cython", "cython", "pyximport", "mypy", "mypyc", "mypy_extensions", "cffi", "pycparser"),
        *("_cffi_backend", "setuptools_rust", "semantic_version", "packaging", "pathspec", "tomli"),
        *("typing_extensions", "librt", "ast_serialize", "numpy", "pybind11"),
    }
)
"""Those whose code does not use the list for a wheel, from searching their sources."""


def are_known(packages: Collection[str]) -> bool:
    """Whether none of the packages that a process loaded uses the list for a wheel."""
    return all(one in PACKAGES or one.endswith("__mypyc") for one in packages)


def may_use(script: str) -> bool:
    """Whether code that builds a project may use the list, or change what the packages are."""
    if _USE.search(script):
        return True
    return bool(_COMMANDS.search(script) and _COMPUTED.search(script))


def names_list(code: str) -> bool:
    """Whether any other code, which may be run or only packed, names the list."""
    return _LIST.search(code) is not None


_LIST = re.compile(r"\bfilelist\b|\bSOURCES\b|\bmanifest_(maker|files)\b")
_USE = re.compile(
    rf"{_LIST.pattern}|\ballfiles\b|\begg[_-]info\b|\b(analyze_manifest|get_package_dir)\b"
    r"|\.\s*(packages|package_dir|include_package_data|src_root)\b"
)
_COMMANDS = re.compile(r"\b(setuptools|distutils)\b")
_COMPUTED = re.compile(
    r"\b__dict__\b|\b(vars|setattr)\s*\(|\bgetattr\s*\((?!\s*\w+(\.\w+)*\s*,\s*[\"'])"
)
"""An attribute by a computed name."""
