"""What is known of build backends and their plugins, from reading their sources: a row each.

What is not known of a backend counts against it: lbuild then takes more for an input. What follows
from all rows together is computed below the table; after that come tables of programs and libraries
that are not backends.
"""

import re
from collections.abc import Mapping
from itertools import chain
from typing import NamedTuple

KeyPath = tuple[str, ...]
"""The keys that lead to a table or a value in pyproject.toml."""


class MetadataHook(NamedTuple):
    """By what ``build_wheel`` of a backend can write other metadata than its metadata hook.

    Attributes:
        settings: settings below ``tool`` in pyproject.toml, wherever they have a value.
        toml_files: other files that have such settings, by their names.
        words: patterns in the text of a file, by its name.
        without_plugins: the requirements that bring no plugin that could; None if plugins cannot.
    """

    settings: tuple[KeyPath, ...] = ()
    toml_files: Mapping[str, tuple[KeyPath, ...]] = {}
    words: Mapping[str, str] = {}
    without_plugins: frozenset[str] | None = None


class Tool(NamedTuple):
    """What is known of a backend, or of a plugin or a build tool that backends use.

    Attributes:
        name: of the distribution or of the program.
        read_in: where the facts were read.
        objects: values of ``build-backend`` whose ``build_wheel`` does not ask git, unless a
            requirement, a file of ``code_files`` or ``code_settings`` brings more code.
        without_git: the distributions that, as requirements, do not make them ask git.
        build_scripts: scripts of a project that packages of the tool import in the hook process,
            by package.
        code_files: files of a project with code that the build runs, or settings apart from
            pyproject.toml.
        code_settings: by the keys from ``tool`` to a table, the words in it that make the build run
            code, or ask git.
        settings_files: files directly in a project that say how it is built.
        root_settings: keys whose values name the top of a repository, and nothing to be packed.
        ignore_files: names of ignore files that it reads in folders above the project, each with
            the name of the folder that ends the search.
        mercurial_files: files below ``.hg`` by which its answers change.
        unused_commands: commands that it runs without using the output for a build, by the object
            of the backend. Their output differs between clones.
        variable_readers: ends of paths of its modules that read all environment variables, with
            patterns of the names that they use apart from those that they ask for by name.
        metadata_hooks: by what a wheel may have other metadata than the metadata hook gives, by
            value of ``build-backend``.
        folder_listers: ends of paths of its modules that list folders above the project, with
            patterns of the names there that matter to them.
        toml_backends: values of ``build-backend`` that use nothing of pyproject.toml but
            ``build-system`` and ``toml_tables``, if all requirements have ``toml_tables``.
        toml_tables: the tables of pyproject.toml that the distribution can use, as a requirement,
            and what it requires in turn; None if that is not known. Not so when it builds an
            sdist, which contains the file.
        toml_readers: the functions by which it parses pyproject.toml, as ``FILE:FUNCTION``: the
            end of the path. If another function opens the file, its content may be copied.
    """

    name: str
    read_in: str
    objects: tuple[str, ...] = ()
    without_git: frozenset[str] = frozenset()
    build_scripts: Mapping[str, str] = {}
    code_files: tuple[str, ...] = ()
    code_settings: Mapping[KeyPath, frozenset[str]] = {}
    settings_files: frozenset[str] = frozenset()
    root_settings: frozenset[str] = frozenset()
    ignore_files: tuple[tuple[str, str], ...] = ()
    mercurial_files: tuple[str, ...] = ()
    unused_commands: Mapping[str, tuple[str, ...]] = {}
    variable_readers: Mapping[str, tuple[str, ...]] = {}
    metadata_hooks: Mapping[str, MetadataHook] = {}
    folder_listers: Mapping[str, tuple[str, ...]] = {}
    toml_backends: tuple[str, ...] = ()
    toml_tables: tuple[KeyPath, ...] | None = None
    toml_readers: tuple[str, ...] = ()


_SCM_TABLES: tuple[KeyPath, ...] = (
    ("project",),
    ("tool", "setuptools"),
    ("tool", "setuptools_scm"),
    ("tool", "vcs-versioning"),
    # Its version scheme "towncrier" looks there for a folder.
    ("tool", "towncrier"),
)

TOOLS = (
    Tool(
        name="setuptools",
        read_in="setuptools.build_meta, setuptools._distutils",
        objects=("setuptools.build_meta", "setuptools.build_meta:__legacy__"),
        without_git=frozenset({"setuptools", "wheel"}),
        build_scripts={"distutils": "setup.py", "setuptools": "setup.py"},
        code_files=("setup.py",),
        code_settings={("setuptools",): frozenset({"cmdclass"})},
        settings_files=frozenset({"setup.cfg"}),
        # dist_info and bdist_wheel both write what egg_info has. Only the second runs the commands
        # that build, and those may be the project's.
        metadata_hooks=dict.fromkeys(
            ("setuptools.build_meta", "setuptools.build_meta:__legacy__"),
            MetadataHook(
                settings=(("setuptools", "cmdclass"),),
                words={"setup.py": r"\b(argv|cmdclass|distclass)\b", "setup.cfg": r"\bcmdclass\b"},
            ),
        ),
        # These replace "$HOME" and the like in paths of the configuration, and pass nothing on. The
        # recorder tells which names are in these paths (``in_process.variables._substituted``).
        variable_readers={"/distutils/util.py": (), "/setuptools/_distutils/util.py": ()},
        # setuptools.config.pyprojecttoml and _apply_pyprojecttoml: versions 59, 65, 69, 75, 80, 84.
        toml_backends=("setuptools.build_meta", "setuptools.build_meta:__legacy__"),
        toml_tables=(("project",), ("tool", "setuptools"), ("tool", "distutils")),
        toml_readers=("/setuptools/config/pyprojecttoml.py:load_file",),
    ),
    Tool(
        name="wheel",
        read_in="wheel 0.48: it has no entry point but the command bdist_wheel",
        toml_tables=(),
    ),
    Tool(
        name="hatchling",
        read_in="hatchling.builders; its search for ignore files was observed with version 1.33",
        objects=("hatchling.build",),
        without_git=frozenset({"hatchling"}),
        build_scripts={"hatchling": "hatch_build.py"},
        code_files=("hatch_build.py", "hatch.toml"),
        code_settings={("hatch",): frozenset({"hooks", "code", "vcs", "env", "plugin"})},
        settings_files=frozenset({"hatch.toml"}),
        ignore_files=((".gitignore", ".git"), (".hgignore", ".hg")),
        # hatchling.build: what build hooks add to the dependencies is in the wheel only.
        metadata_hooks={
            "hatchling.build": MetadataHook(
                settings=(
                    ("hatch", "build", "hooks"),
                    ("hatch", "build", "targets", "wheel", "hooks"),
                ),
                toml_files={
                    "hatch.toml": (("build", "hooks"), ("build", "targets", "wheel", "hooks"))
                },
            )
        },
        # hatchling.metadata.core: versions 1.8, 1.18, 1.25, 1.33. It has no use for "envs".
        toml_backends=("hatchling.build",),
        toml_tables=(
            ("project",),
            ("tool", "hatch", "build"),
            ("tool", "hatch", "metadata"),
            ("tool", "hatch", "version"),
        ),
        toml_readers=("/hatchling/metadata/core.py:load_toml",),
    ),
    Tool(
        name="editables",
        read_in="editables 0.5: it writes the files of an editable wheel, and reads none",
        toml_tables=(),
    ),
    Tool(
        name="hatch-vcs",
        read_in="hatch_vcs 0.3 and 0.5, which call setuptools_scm",
        toml_tables=_SCM_TABLES,
    ),
    Tool(
        name="hatch-fancy-pypi-readme",
        read_in="hatch_fancy_pypi_readme.hooks 25.1: it gets its own table from hatchling",
        toml_tables=(),
    ),
    Tool(
        name="pdm-backend",
        read_in="pdm.backend.hooks",
        objects=("pdm.backend",),
        without_git=frozenset({"pdm-backend"}),
        build_scripts={"pdm": "pdm_build.py"},
        code_files=("pdm_build.py",),
        code_settings={
            ("pdm", "version"): frozenset({"scm", "call", "getter"}),
            ("pdm", "build"): frozenset({"custom-hook", "setup-script"}),
        },
        # pdm.backend.base: both call pdm_build_initialize; only a wheel has more hooks.
        metadata_hooks={
            "pdm.backend": MetadataHook(
                settings=(("pdm", "build", "custom-hook"),),
                words={"pdm_build.py": r"\S"},
                without_plugins=frozenset({"pdm-backend"}),
            )
        },
        # pdm.backend.config and pdm.backend.hooks.version: versions 2.0, 2.3, 2.5.
        toml_backends=("pdm.backend",),
        toml_tables=(("project",), ("tool", "pdm", "build"), ("tool", "pdm", "version")),
        toml_readers=("/pdm/backend/config.py:from_pyproject",),
    ),
    Tool(
        name="flit-core",
        read_in="flit_core.buildapi",
        objects=("flit_core.buildapi",),
        without_git=frozenset({"flit-core"}),
        # flit_core.config: versions 3.4, 3.9, 4.2.
        toml_backends=("flit_core.buildapi",),
        toml_tables=(("project",), ("tool", "flit")),
        toml_readers=("/flit_core/config.py:read_flit_config",),
    ),
    Tool(
        name="uv-build",
        read_in="crates/uv-build-backend in the repository of uv",
        objects=("uv_build",),
        without_git=frozenset({"uv-build"}),
    ),
    Tool(
        name="poetry-core",
        read_in="poetry.core.vcs.git: it asks git which files are ignored",
        unused_commands={"poetry.core.masonry.api": ("git", "config", "-l")},
        # poetry.core.factory: versions 1.9, 2.1, 2.5. The last takes groups from both tables, and
        # refuses a project with a wrong one.
        toml_backends=("poetry.core.masonry.api",),
        toml_tables=(("project",), ("tool", "poetry"), ("dependency-groups",)),
        toml_readers=("/poetry/core/pyproject/toml.py:data",),
    ),
    Tool(
        name="setuptools-scm",
        read_in="setuptools_scm and vcs_versioning, versions 7 to 10",
        root_settings=frozenset(
            {"root", "fallback_root", "fallback-root", "search_parent_directories"}
        ),
        mercurial_files=("bookmarks", "branch", "dirstate", "store/00changelog.i"),
        variable_readers={
            # Looks for its own names, one of which ends with the distribution's.
            "/vcs_versioning/_overrides.py": ("SETUPTOOLS_SCM_*", "VCS_VERSIONING_*"),
            # Make the environment of git, whose command is repeated in the environment of then.
            "/vcs_versioning/_run_cmd.py": (),
            "/setuptools_scm/_run_cmd.py": (),
        },
        folder_listers={"/setuptools_scm/_integration/_discover.py": ("*.egg-info",)},
        # Versions 6 to 10.
        toml_tables=_SCM_TABLES,
        toml_readers=(
            "/setuptools_scm/config.py:from_file",
            "/setuptools_scm/_integration/pyproject_reading.py:read_pyproject",
            "/setuptools_scm/_integration/toml.py:read_toml_content",
            "/vcs_versioning/_toml.py:read_toml_content",
        ),
    ),
    Tool(
        name="scikit-build-core",
        read_in="scikit_build_core.build and settings.skbuild_overrides",
        # An override may be for the one or for the other. For those that are for a failed build the
        # backend has no metadata hook.
        metadata_hooks={
            "scikit_build_core.build": MetadataHook(
                settings=(
                    ("scikit-build", "overrides", "if", "state"),
                    ("scikit-build", "overrides", "if", "any", "state"),
                )
            )
        },
    ),
    Tool(
        name="CMake",
        read_in="the manual of CMake; scikit-build-core starts there",
        settings_files=frozenset({"CMakeLists.txt"}),
    ),
    Tool(
        name="Meson",
        read_in="the manual of Meson; meson-python starts there",
        settings_files=frozenset({"meson.build"}),
    ),
    Tool(
        name="Cargo",
        read_in="The Cargo Book, Build Scripts; maturin and setuptools-rust call it",
        settings_files=frozenset({"build.rs"}),
    ),
)

WITHOUT_GIT: Mapping[str, frozenset[str]] = {
    name: tool.without_git for tool in TOOLS for name in tool.objects
}
"""Values of ``build-backend`` that do not ask git, with the requirements that keep it so. Any other
requirement may be a plugin that does."""

BUILD_SCRIPTS: Mapping[str, str] = {
    package: script for tool in TOOLS for package, script in tool.build_scripts.items()
}
"""By package: the script of a project that an installed backend runs in the hook process."""

CODE_FILES = tuple(chain.from_iterable(tool.code_files for tool in TOOLS))
CODE_SETTINGS: tuple[tuple[KeyPath, frozenset[str]], ...] = tuple(
    chain.from_iterable(tool.code_settings.items() for tool in TOOLS)
)
SETTINGS_FILES = frozenset({"pyproject.toml"}).union(*(tool.settings_files for tool in TOOLS))
ROOT_SETTINGS = frozenset[str]().union(*(tool.root_settings for tool in TOOLS))
IGNORE_FILES = tuple(chain.from_iterable(tool.ignore_files for tool in TOOLS))
MERCURIAL_FILES = tuple(chain.from_iterable(tool.mercurial_files for tool in TOOLS))
UNUSED_COMMANDS = frozenset(chain.from_iterable(tool.unused_commands.items() for tool in TOOLS))
VARIABLE_READERS: Mapping[str, tuple[str, ...]] = dict(
    chain.from_iterable(tool.variable_readers.items() for tool in TOOLS)
)
METADATA_HOOKS: Mapping[str, MetadataHook] = dict(
    chain.from_iterable(tool.metadata_hooks.items() for tool in TOOLS)
)
FOLDER_LISTERS: Mapping[str, tuple[str, ...]] = dict(
    chain.from_iterable(tool.folder_listers.items() for tool in TOOLS)
)
TOML_BACKENDS: Mapping[str, tuple[KeyPath, ...]] = {
    name: tool.toml_tables or () for tool in TOOLS for name in tool.toml_backends
}
TOML_TABLES: Mapping[str, tuple[KeyPath, ...]] = {
    tool.name: tool.toml_tables for tool in TOOLS if tool.toml_tables is not None
}
TOML_READERS = tuple(chain.from_iterable(tool.toml_readers for tool in TOOLS))

MACHINE_PROGRAMS = frozenset(
    {"uname", "ldconfig", "lsb_release", "sw_vers", "xcode-select", "xcrun"}
)
"""Programs that describe the machine and read nothing of a project: those that the standard library
runs (``platform``, ``ctypes.util``, ``_osx_support``)."""

BUILD_FOLDERS = frozenset({"build", "_skbuild"})
"""Folders directly in a project that setuptools and scikit-build make in another process, and that
no command line names: a script of poetry-core (``build.py``) that calls setuptools, for example."""

EXTENSION_MODULE = re.compile(r".*\.(cpython-\w+|pypy\w+|abi3|cp\d+-\w+)[\w-]*\.(so|pyd)")
"""Names of extension modules of an interpreter, as only compilers make them (PEP 3149)."""

RESOURCE_TRACKER = "from multiprocessing.resource_tracker import main"
"""How the command begins by which ``multiprocessing`` starts its resource tracker, beside forked
workers whose actions are traced. The tracker only cleans up after them."""

PURE_LIBRARIES = frozenset(
    {
        *("Cython", "_cffi_backend", "_yaml", "charset_normalizer", "cython", "markupsafe"),
        *("msgpack", "mypy", "mypyc", "numpy", "orjson", "pydantic_core", "regex", "rpds"),
        *("simplejson", "tomli", "wrapt", "yaml"),
    }
)
"""Packages whose extension modules compute. If they open files, they do so through Python, where
the recorder sees it. From their sources."""
