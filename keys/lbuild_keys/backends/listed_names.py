"""What is known of backends that list folders without using all the names there.

setuptools writes a list of the files of an sdist (``SOURCES.txt``) in each hook. Of what is in the
list, ``build_py`` packs what is in the folders of packages (``include_package_data``), and nothing
else of setuptools uses it for a wheel: ``egg_info``, ``build_py``, ``bdist_wheel`` and ``sdist`` of
versions 44 to 84. Other code in the process may use it: plugins, and what the project runs.

Cargo lists the folders in which it looks for targets (The Cargo Book, Package Layout). uv_build and
maturin open each folder on the way, also where they take nothing (``wheel.rs`` and ``walk.rs`` of
uv-build-backend; ``module_writer`` and ``project_layout.rs`` of maturin). They take packages, which
have an ``__init__.py`` that they look for; license files; and data of folders that settings name.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

WITHOUT_SDIST = frozenset({"bdist_wheel", "dist_info", "editable_wheel", "egg_info"})
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


def none_uses_list(packages: Collection[str]) -> bool:
    """Whether none of the packages that a process loaded uses the list for a wheel."""
    return all(one in PACKAGES or one.endswith("__mypyc") for one in packages)


def may_use_list(script: str) -> bool:
    """Whether code that builds a project may use the list, or change what the packages are."""
    if re.search(_USE, script):
        return True
    return bool(re.search(_SETUPTOOLS, script) and re.search(_COMPUTED, script))


def names_list(code: str) -> bool:
    """Whether any other code, which may be run or only packed, names the list."""
    return re.search(_LIST, code) is not None


IN_LIST = (b"filelist", b"SOURCES", b"manifest_")
"""Words of which one is in all code that names the list. Most code has none of them."""

_LIST = r"\bfilelist\b|\bSOURCES\.txt\b|\bmanifest_(maker|files)\b"
_USE = (
    rf"{_LIST}|\bSOURCES\b|\ballfiles\b|\begg[_-]info\b|\b(analyze_manifest|get_package_dir)\b"
    r"|\.\s*(packages|package_dir|include_package_data|src_root)\b"
)
_SETUPTOOLS = r"\b(setuptools|distutils)\b"
_COMPUTED = r"\b__dict__\b|\b(vars|setattr)\s*\(|\bgetattr\s*\((?!\s*\w+(\.\w+)*\s*,\s*[\"'])"
"""An attribute by a computed name."""

OF_WALKS = frozenset({".gitignore", ".ignore", ".git", ".jj", "CACHEDIR.TAG"})
"""What is looked for in each folder on the way, and decides only about names in there."""

OF_PACKAGES = frozenset({"__init__.py", "__init__.pyi"})
"""What is looked for in the folder of a package."""

CARGO = "cargo"
_UV, _MATURIN = "uv_build", "maturin"
_NAMES = {"uv_build": _UV, "uv-build": _UV, "maturin": _MATURIN, "cargo": CARGO}
_HOOKS = frozenset({"build_wheel", "build_editable", "prepare_metadata_for_build_wheel"})
_SETTINGS: Mapping[str, tuple[tuple[str, ...], frozenset[str]]] = {
    _UV: (
        ("uv", "build-backend"),
        frozenset(
            {
                *("module-root", "module-name", "source-include", "source-exclude"),
                *("default-excludes", "wheel-exclude"),
            }
        ),
    ),
    _MATURIN: (
        ("maturin",),
        frozenset(
            {
                *("bindings", "python-source", "module-name", "manifest-path", "features", "strip"),
                *("profile", "compatibility", "locked", "frozen", "exclude", "all-features"),
                *("no-default-features", "sdist-generator", "rustc-args", "auditwheel"),
                "skip-auditwheel",
            }
        ),
    ),
}
"""By program: the table of its settings below ``tool``, and those that name no other folders."""

_LICENSES = "re:(?i:(licen|copying|notice|authors).*)"
_TARGETS = r"(.*/)?(tests|benches|examples|src/bin)"


def known_walker(path: str) -> str | None:
    """Return which of these programs it is; None if it is another.

    Args:
        path: the file that runs, or nothing.
    """
    return _NAMES.get(path.rpartition("/")[2])


def names_used(
    walker: str,
    folder: str,
    *,
    hook: str,
    opened: Collection[str],
    settings: Mapping[str, Any] | None,
) -> tuple[str, ...] | None:
    """Return patterns of the names in a folder that a program uses; None if it may use any.

    Args:
        walker: which program.
        folder: relative to the project, ``.`` for the project itself.
        hook: that runs it.
        opened: the folders directly in the project in which it used anything apart from what is
            done on such a walk, or looked for a package.
        settings: in the pyproject.toml; None if that cannot be read.
    """
    if walker == CARGO:
        return ("d:*.rs",) if re.fullmatch(_TARGETS, folder) else None
    licenses = _licenses(settings)
    if hook not in _HOOKS or licenses is None or not _are_usual(walker, settings or {}):
        return None
    if folder == ".":
        return licenses
    top = folder.partition("/")[0]
    if folder.startswith(("/", "../")) or top in opened or top.endswith(".data"):
        return None
    return ()


def _are_usual(walker: str, settings: Mapping[str, Any]) -> bool:
    path, usual = _SETTINGS[walker]
    table: Any = settings.get("tool", {})
    for key in path:
        table = table.get(key, {}) if isinstance(table, dict) else None
    return isinstance(table, dict) and usual.issuperset(table)


def _licenses(settings: Mapping[str, Any] | None) -> tuple[str, ...] | None:
    """Return patterns of license files; None if they may be in other folders."""
    project = (settings or {}).get("project")
    if not isinstance(project, dict):
        return None
    given = project.get("license-files", [])
    if not isinstance(given, list) or not all(map(_is_in_project, given)):
        return None
    return (_LICENSES, *given)


def _is_in_project(pattern: Any) -> bool:
    return (
        isinstance(pattern, str)
        and re.fullmatch(r"[\w. *?\[\]-]+", pattern) is not None
        and "**" not in pattern
    )
