"""The files of in-tree backends: never fewer than the hook process loads, rarely more."""

import numbers
import os
import py_compile
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from pyproject_hooks import BackendUnavailable, BuildBackendHookCaller

from lbuild_keys.backends.in_tree import Modules, modules

REPORT = '''\
"""A hook that reports which files the modules of its process are from."""

import sys


def get_requires_for_build_wheel(config_settings=None):
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return sorted({file for file in files if file})
'''

HOOKS = "from report import get_requires_for_build_wheel\n"


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PYTHONPATH: its module ``report`` stands for an installed backend."""
    folder = tmp_path_factory.mktemp("installed")
    (folder / "report.py").write_text(REPORT)
    return folder


def plant(root: Path, files: Mapping[str, str] | Iterable[str]) -> None:
    """Write files, of which a ``.pyc`` is compiled from the text that is given for it."""
    texts = files if isinstance(files, Mapping) else dict.fromkeys(files, "")
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".pyc"):
            source = path.with_suffix(".source")
            source.write_text(text)
            py_compile.compile(str(source), str(path), doraise=True)
            source.unlink()
        else:
            path.write_text(text)


def run_hook(report: Path, root: Path, backend_path: Sequence[str], build_backend: str) -> set[str]:
    """The files below ``root`` that the modules of the real hook process are from."""

    def run(
        cmd: Sequence[str],
        cwd: str | None = None,
        extra_environ: Mapping[str, str] | None = None,
    ) -> None:
        environ = os.environ | {"PYTHONPATH": str(report)} | dict(extra_environ or {})
        subprocess.run(cmd, cwd=cwd, env=environ, check=True, capture_output=True)

    caller = BuildBackendHookCaller(str(root), build_backend, backend_path, runner=run)
    loaded = (Path(file) for file in caller.get_requires_for_build_wheel())
    return {path.relative_to(root).as_posix() for path in loaded if path.is_relative_to(root)}


def found(root: Path, *backend_path: str, backend: str = "backend") -> list[str]:
    result = modules(root, backend_path, backend)
    assert result.unreadable == {}
    return list(result.files)


# Small trees. Names are few, so that they hide each other, and one is the standard library's.
PLACES = ["a/", "a/", "b/"]
MODULES = [
    "backend.py",
    "backend/__init__.py",
    "backend/m.py",
    "colorsys.py",
    "m.py",
    "m.pyc",
    "m/__init__.py",
    "m/__init__.pyc",
    "m/n.py",
    "m/n.pyc",
    "m/n/__init__.py",
    "m/n/m.py",
    "n.py",
    "n/m.py",
    "n/m/n.py",
]
STATEMENTS = [
    "import m",
    "import n",
    "import m.n",
    "import m.n.m",
    "import n.m.n as x",
    "import colorsys",
    "from m import n",
    "from m.n import m, x",
    "from n import m",
    "from backend import m",
    "from . import m",
    "from . import n",
    "from .m import n",
    "from .. import n",
    "from ..m import n",
    "from .n.m import x",
    "from m import *",
    "from . import *",
    "__import__('m.n')",
    "__import__('importlib').import_module('.n', __package__)",
    "__all__ = ['m', 'n']",
    "__all__ = ['n'] + []",
]
DYNAMIC = [
    "import importlib; importlib.import_module(''.join(['m', '.n']))",
    "import os, sys; sys.path.insert(0, os.path.dirname(__file__)); import n",
    "exec('import n.m')",
    "import pkgutil; __path__ = pkgutil.extend_path(__path__, __name__)",
]

TRY = "try:\n    {}\nexcept Exception:\n    pass\n"


def bodies(statements: list[str]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(statements), min_size=1, max_size=4).map(body)


def body(statements: list[str]) -> str:
    """A module that survives whatever fails; every other import is in a function if it may be."""
    lines = []
    for index, statement in enumerate(statements):
        if index % 2 and "*" not in statement and "__all__" not in statement:
            lines.append(f"def f():\n    {statement}\n" + TRY.format("f()"))
        else:
            lines.append(TRY.format(statement))
    return "".join([*lines, HOOKS, "import report as hooks\n"])


def trees(statements: list[str]) -> st.SearchStrategy[dict[str, str]]:
    places = st.tuples(st.sampled_from(PLACES), st.sampled_from(MODULES)).map("".join)
    entry = st.sampled_from(["a/backend.py", "a/backend/__init__.py"])
    return st.builds(
        lambda tree, name, text: {**tree, name: text},
        st.dictionaries(places, bodies(statements), min_size=3, max_size=12),
        entry,
        bodies(statements),
    )


LINKS = {"a/m": "../b/m", "a/n.py": "../b/n.py", "b/m": "../a/n", "a/m/m": "../../b/n", "a/n": "m"}
BACKEND_PATHS = [["a"], ["a", "b"], ["b/", "./a", "a/."], ["a", "."], ["none", "a/m/..", "a/m"]]


@settings(max_examples=20)
@given(
    st.one_of(trees(STATEMENTS), trees(STATEMENTS + DYNAMIC)),
    st.lists(st.sampled_from(sorted(LINKS)), unique=True, max_size=2),
    st.sampled_from(BACKEND_PATHS),
    st.sampled_from(["backend", "backend:hooks", "backend.m", "m.n:hooks"]),
)
def test_whatever_the_hook_process_loads_is_found(
    report: Path,
    tree: dict[str, str],
    symlinks: list[str],
    backend_path: list[str],
    backend: str,
) -> None:
    with tempfile.TemporaryDirectory(dir=report.parent) as folder:
        root = Path(folder)
        plant(root, tree)
        for link in symlinks:
            if (root / link).parent.is_dir() and not os.path.lexists(root / link):
                (root / link).symlink_to(LINKS[link])
        before = modules(root, backend_path, backend)
        try:
            loaded = run_hook(report, root, backend_path, backend)
        except (BackendUnavailable, subprocess.CalledProcessError):
            event("the hook fails")
            loaded = set()
        event(f"of the files, loaded: {min(len(loaded), 5)}, found: {min(len(before.files), 8)}")
        assert before.unreadable == {}
        assert loaded <= set(before.files)
        assert modules(root, backend_path, backend) == before  # Bytecode was written meanwhile.


# Files by what is found of them with backend-path = ["b"] and build-backend = "backend".
EXACT: list[tuple[str, dict[str, str], str]] = [
    ("alone", {"b/backend.py": "", "b/other.py": "", "other.py": ""}, "b/backend.py"),
    (
        "a chain and a circle",
        {
            "b/backend.py": "import m",
            "b/m.py": "import n",
            "b/n.py": "import backend",
            "b/o.py": "",
        },
        "b/backend.py b/m.py b/n.py",
    ),
    (
        "each package on the way",
        {
            "b/backend.py": "import p.q.m",
            "b/p/__init__.py": "from . import side",
            "b/p/side.py": "",
            "b/p/q/__init__.py": "",
            "b/p/q/m.py": "from ..aside import x",
            "b/p/aside.py": "",
            "b/p/unused.py": "",
        },
        "b/backend.py b/p/__init__.py b/p/aside.py b/p/q/__init__.py b/p/q/m.py b/p/side.py",
    ),
    (
        "an attribute or a module",
        {"b/backend.py": "from p import m, x", "b/p/__init__.py": "x = 1", "b/p/m.py": ""},
        "b/backend.py b/p/__init__.py b/p/m.py",
    ),
    (
        "a package before extensions before a source before bytecode",
        {
            "b/backend.py": "import p",
            "b/p/__init__.py": "",
            "b/p/__init__.pyc": "",
            "b/p.so": "",
            "b/p.py": "",
        },
        "b/backend.py b/p/__init__.py",
    ),
    (
        "a module before a folder",
        {"b/backend.py": "import p.m", "b/p.py": "", "b/p/m.py": ""},
        "b/backend.py b/p.py",
    ),
    (
        "a namespace package",
        {"b/backend.py": "import p.m", "b/p/m.py": "", "b/p/n.py": ""},
        "b/backend.py b/p/m.py",
    ),
    (
        "names in a literal __all__",
        {
            "b/backend.py": "from p import *",
            "b/p/__init__.py": "__all__ = ['m']",
            "b/p/m.py": "",
            "b/p/n.py": "",
        },
        "b/backend.py b/p/__init__.py b/p/m.py",
    ),
    (
        "all modules under an __all__ that is computed",
        {
            "b/backend.py": "from p import *",
            "b/p/__init__.py": "__all__ = list('mn')",
            "b/p/m.py": "import o",
            "b/p/n.py": "",
            "b/o.py": "",
            "b/unused.py": "",
        },
        "b/backend.py b/o.py b/p/__init__.py b/p/m.py b/p/n.py",
    ),
    (
        "modules outside the tree are left out",
        {"b/backend.py": "import os.path, installed, root", "root.py": "import m", "b/m.py": ""},
        "b/backend.py",
    ),
    (
        "modules that hide the standard library's",
        {
            "b/backend.py": "",
            "b/numbers.py": "import m",
            "b/xml/dom.py": "import n",
            "b/m.py": "",
            "b/n.py": "",
            "b/o.py": "",
        },
        "b/backend.py b/m.py b/n.py b/numbers.py b/xml/dom.py",
    ),
    (
        "modules of the build script of an installed backend",
        {
            "b/backend.py": "from setuptools.build_meta import *",
            "setup.py": "import m",
            "hatch_build.py": "import n",
            "b/m.py": "",
            "b/n.py": "",
        },
        "b/backend.py b/m.py",
    ),
    (
        "plugins that metadata announces",
        {
            "b/backend.py": "",
            "b/x.egg-info/entry_points.txt": "[console_scripts]\nx = n:f\n[g]\n# c\nx = m:f [e]",
            "b/m.py": "",
            "b/n.py": "",
        },
        "b/backend.py b/m.py",
    ),
    (
        "all modules where it cannot be told",
        {
            "b/backend.py": "__import__(name)",
            "b/m.py": "",
            "b/p/n.py": "",
            "b/p/data.txt": "",
            "b/x.cpython-311-darwin.so": "",
            "b/x.cp311-win_amd64.pyd": "",
            "b/y.pyc": "",
            "b/__pycache__/backend.cpython-311.pyc": "",
            "b/.git/hook.py": "",
            "b/env/pyvenv.cfg": "",
            "b/env/z.py": "",
            "b/node_modules/z.py": "",
            "m.py": "",
        },
        "b/backend.py b/m.py b/p/n.py b/x.cp311-win_amd64.pyd b/x.cpython-311-darwin.so b/y.pyc",
    ),
    (
        "all modules after one that is no Python",
        {"b/backend.py": "import m", "b/m.py": "def", "b/n.py": ""},
        "b/backend.py b/m.py b/n.py",
    ),
    (
        "all modules after bytecode without source",
        {"b/backend.py": "import m", "b/m.pyc": "", "b/n.py": ""},
        "b/backend.py b/m.pyc b/n.py",
    ),
    (
        "an extension module for any interpreter, and what it hides",
        {"b/backend.py": "import m", "b/m.abi3.so": "", "b/m.py": "", "b/n.py": ""},
        "b/backend.py b/m.abi3.so b/m.py b/n.py",
    ),
    ("no backend", {"b/other.py": "", "b/numbers.py": "", "backend.py": ""}, ""),
]


@pytest.mark.parametrize(
    ("files", "expected"), [row[1:] for row in EXACT], ids=[r[0] for r in EXACT]
)
def test_what_is_found(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    plant(tmp_path, files)
    assert found(tmp_path, "b") == expected.split()


def test_the_object_and_the_submodule_that_build_backend_names(tmp_path: Path) -> None:
    plant(tmp_path, ["b/p/__init__.py", "b/p/q.py", "b/p/r.py"])
    assert found(tmp_path, "b", backend="p.q") == ["b/p/__init__.py", "b/p/q.py"]
    assert found(tmp_path, "b", backend="p:q.r") == ["b/p/__init__.py"]
    assert found(tmp_path, "b", backend="p.none:r") == ["b/p/__init__.py"]


def test_folders_in_their_order(tmp_path: Path) -> None:
    plant(tmp_path, {"a/m.py": "", "b/m.py": "", "b/backend.py": "import m, n.x, n.y"})
    plant(tmp_path, ["a/n/x.py", "b/n/y.py", "b/n/x.py"])
    namespace = ["a/n/x.py", "b/backend.py", "b/n/y.py"]
    assert found(tmp_path, "a", "b") == sorted([*namespace, "a/m.py"])
    assert found(tmp_path, "none", "./b/", "b/../a", "b") == [
        "b/backend.py",
        "b/m.py",
        "b/n/x.py",
        "b/n/y.py",
    ]
    plant(tmp_path, ["b/n/__init__.py"])
    assert found(tmp_path, "a", "b") == [
        "a/m.py",
        "b/backend.py",
        "b/n/__init__.py",
        "b/n/x.py",
        "b/n/y.py",
    ]


def test_a_module_that_appears_is_found_from_then_on(tmp_path: Path) -> None:
    plant(tmp_path, {"b/backend.py": "import m"})
    assert found(tmp_path, "b") == ["b/backend.py"]
    plant(tmp_path, ["b/m.py"])
    assert found(tmp_path, "b") == ["b/backend.py", "b/m.py"]
    plant(tmp_path, ["b/m/__init__.py"])
    assert found(tmp_path, "b") == ["b/backend.py", "b/m/__init__.py"]


def test_links_to_files_and_folders(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {"one/m.py": "import n", "two/m.py": "", "b/backend.py": "import m, p.m", "b/n.py": ""},
    )
    (tmp_path / "b" / "m.py").symlink_to("../one/m.py")
    (tmp_path / "b" / "p").symlink_to("../two")
    assert found(tmp_path, "b") == ["b/backend.py", "b/m.py", "b/n.py", "b/p/m.py"]
    (tmp_path / "link").symlink_to("b")
    assert found(tmp_path, "link")[0] == "link/backend.py"


def test_an_import_through_a_link_that_leads_back_up(tmp_path: Path) -> None:
    plant(tmp_path, {"b/backend.py": "import up.b.up.b.m", "b/m.py": ""})
    (tmp_path / "b" / "up").symlink_to("..")
    assert found(tmp_path, "b") == ["b/backend.py", "b/up/b/up/b/m.py"]


def test_links_that_lead_nowhere_or_round(tmp_path: Path) -> None:
    plant(tmp_path, {"b/backend.py": "import m, n\nexec('')", "b/p/q.py": ""})
    (tmp_path / "b" / "m.py").symlink_to("none.py")
    (tmp_path / "b" / "n.py").symlink_to("n.py")
    (tmp_path / "b" / "n").symlink_to("n")
    (tmp_path / "b" / "up").symlink_to("..")
    (tmp_path / "b" / "p" / "again").symlink_to("../p")
    (tmp_path / "b" / "r").symlink_to("p")
    assert found(tmp_path, "b", "b/n", "b/m.py") == ["b/backend.py", "b/p/q.py", "b/r/q.py"]


def test_of_two_names_of_one_folder_both_count_where_it_cannot_be_told(tmp_path: Path) -> None:
    """Or pointing a link at another folder would go unnoticed."""
    plant(tmp_path, {"b/backend.py": "__import__(name)", "b/one/m.py": "1", "b/two/m.py": "2"})
    (tmp_path / "b" / "chosen").symlink_to("one")
    assert found(tmp_path, "b") == ["b/backend.py", "b/chosen/m.py", "b/one/m.py", "b/two/m.py"]


def test_what_is_no_regular_file_is_no_module(tmp_path: Path) -> None:
    plant(tmp_path, {"b/backend.py": "import m, n\nexec('')", "b/m.py/inner.py": ""})
    os.mkfifo(tmp_path / "b" / "n.py")
    assert found(tmp_path, "b") == ["b/backend.py", "b/m.py/inner.py"]


def test_names_that_are_no_text(tmp_path: Path) -> None:
    plant(tmp_path, {"b/backend.py": "exec('')", "b/\udcff/\udcfe.py": ""})
    assert found(tmp_path, "b") == ["b/backend.py", "b/\udcff/\udcfe.py"]


def test_a_zip_file_counts_as_one(report: Path, tmp_path: Path) -> None:
    plant(tmp_path, {"b/unused.py": ""})
    with zipfile.ZipFile(tmp_path / "backend.zip", "w") as archive:
        archive.writestr("inner/backend.py", HOOKS)
    backend_path = ["backend.zip/inner", "b"]
    loaded = run_hook(report, tmp_path, backend_path, "backend")
    assert loaded == {"backend.zip/inner/backend.py"}
    assert found(tmp_path, *backend_path) == ["b/unused.py", "backend.zip"]


def test_the_standard_library_imports_what_hides_it(report: Path, tmp_path: Path) -> None:
    plant(tmp_path, {"b/backend.py": "import fractions\n" + HOOKS, "b/m.py": ""})
    real = Path(numbers.__file__)
    (tmp_path / "b" / "numbers.py").write_text(real.read_text("utf-8") + "\nimport m\n", "utf-8")
    loaded = run_hook(report, tmp_path, ["b"], "backend")
    assert loaded == {"b/backend.py", "b/m.py", "b/numbers.py"}
    assert found(tmp_path, "b") == sorted(loaded)


def test_installed_modules_load_plugins_of_the_tree(report: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    shutil.copytree(report, installed)
    plant(
        installed,
        {
            "plugins.py": "from importlib.metadata import entry_points\n"
            "for found in entry_points().get('g', []) if isinstance(entry_points(), dict)"
            " else entry_points(group='g'): found.load()\n"
        },
    )
    root = tmp_path / "project"
    plant(root, {"b/backend.py": "import plugins\n" + HOOKS, "b/m.py": "def f(): pass\n"})
    plant(root, {"b/x.dist-info/METADATA": "Metadata-Version: 2.1\nName: x\nVersion: 1\n"})
    plant(root, {"b/x.dist-info/entry_points.txt": "[g]\nx = m:f\n"})
    loaded = run_hook(installed, root, ["b"], "backend")
    assert loaded == {"b/backend.py", "b/m.py"}
    assert found(root, "b") == sorted(loaded)


def test_the_project_folder_is_on_no_path(report: Path, tmp_path: Path) -> None:
    plant(tmp_path, {"b/backend.py": "try:\n    import m\nexcept ImportError:\n    " + HOOKS})
    plant(tmp_path, ["m.py"])
    assert run_hook(report, tmp_path, ["b"], "backend") == {"b/backend.py"}
    assert found(tmp_path, "b") == ["b/backend.py"]


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a..b", ".backend", "a/b", "a\0b", "x" * 5000, "\udcff", "a." * 5000]
)
def test_a_name_that_is_none(tmp_path: Path, name: str) -> None:
    plant(tmp_path, ["b/a.py", "b/a/b.py"])
    assert found(tmp_path, "b", backend=name) in ([], ["b/a.py"])


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """It may import anything: the caller has to know that the answer is incomplete."""
    plant(tmp_path, {"b/backend.py": "import m"})
    # A regular file of which even root cannot read the first byte.
    (tmp_path / "b" / "m.py").symlink_to("/proc/self/mem")
    result = modules(tmp_path, ["b"], "backend")
    assert result == Modules(("b/backend.py",), {"b/m.py": "Input/output error"})


def test_a_folder_that_cannot_be_listed(tmp_path: Path) -> None:
    plant(tmp_path, {"b/backend.py": "import " + ".".join(["p" * 200] * 30)})
    folder = os.open(tmp_path / "b", os.O_RDONLY)
    for _ in range(30):  # Deeper than the longest path that the system takes.
        os.mkdir("p" * 200, dir_fd=folder)
        inner = os.open("p" * 200, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)
    result = modules(tmp_path, ["b"], "backend")
    assert result.files == ("b/backend.py",)
    assert set(result.unreadable.values()) == {"File name too long"}
