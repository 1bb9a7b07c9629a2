"""Snapshots of real folders: what counts in which mode, where from, and that each edit shows."""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import tomli

from lbuild_keys.config.settings import read_settings
from lbuild_keys.model import (
    ABSENT,
    Input,
    Key,
    Mode,
    Observation,
    State,
    count_by_kind,
    declared,
    key_of,
    present,
    unreadable,
)
from lbuild_keys.observe.files import Digests
from lbuild_keys.snapshots.context import BuildContext, ProjectTree
from lbuild_keys.snapshots.known_inputs import observe_known_inputs
from support.denied_access import without_privileges
from support.projects import git

HATCHLING = "[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n"

Seen = dict[Input, Observation]


def plant(root: Path, **files: str) -> Path:
    """Write files whose paths are given with ``__`` for ``/`` and ``_`` for the last dot."""
    for name, text in files.items():
        folder, _, file = name.rpartition("__")
        path = root / folder.replace("__", "/") / ".".join(file.rsplit("_", 1))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def take(
    root: Path,
    mode: Mode = "tree",
    leave_out: Callable[[str], bool] = lambda _: False,
    out_dirs: frozenset[str] = frozenset(),
    **changes: Any,
) -> Seen:
    path = root / "pyproject.toml"
    toml = tomli.loads(path.read_text("utf-8")) if path.exists() else {}
    project = ProjectTree(
        root=root,
        toml=toml,
        settings=read_settings(toml),
        leave_out=leave_out,
        out_dirs=out_dirs,
    )
    around: dict[str, Any] = {
        "environ": {},
        "cwd": root,
        "secret": b"secret",
        "interpreter": "CPython 3.11.7",
        "config_settings": {},
        "installed": None,
        "extra_requires": (),
    }
    return observe_known_inputs(project, BuildContext(**(around | changes)), Digests(), mode)


def key(root: Path, mode: Mode = "tree", **changes: Any) -> Key | None:
    return key_of(take(root, mode, **changes))


def there(seen: Seen, *kinds: str) -> dict[str, str]:
    """What is present of some kinds, by name."""
    return {
        thing.name: one.state.detail
        for thing, one in sorted(seen.items())
        if thing.kind in kinds and one.state.presence == "present"
    }


def named(seen: Seen, *kinds: str) -> list[str]:
    return list(there(seen, *kinds))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return plant(
        tmp_path / "project",
        pyproject_toml=HATCHLING,
        README_md="read me",
        src__demo__core_py="one = 1\n",
        tests__test_core_py="",
    )


# Modes


def test_declared_by_default(project: Path) -> None:
    seen = take(project, "declared")
    assert count_by_kind(seen) == {"file": 3, "directory": 1, "build-system": 4, "interpreter": 1}
    assert named(seen, "file", "directory") == ["src", "pyproject.toml"]
    assert seen[Input("file", "setup.py")].state == ABSENT


def test_the_tree_is_everything_below_and_what_is_declared(project: Path) -> None:
    seen = take(project)
    assert named(seen, "file") == [
        "README.md",
        "pyproject.toml",
        "src/demo/core.py",
        "tests/test_core.py",
    ]
    assert there(seen, "directory") == dict.fromkeys(["src", "src/demo", "tests"], "directory")
    assert take(project, "declared").keys() < seen.keys()


@pytest.mark.parametrize("mode", ["tree", "declared"])
def test_another_folder_with_the_same_content_has_the_same_key(project: Path, mode: Mode) -> None:
    copy = Path(shutil.copytree(project, project.parent / "elsewhere" / "copy"))
    os.utime(copy / "README.md", (0, 0))
    assert key(copy, mode) == key(project, mode) is not None


def test_every_edit_in_the_tree_shows(project: Path) -> None:
    (project / "link").symlink_to("README.md")
    (project / "linked").symlink_to("src")
    (project / "empty").mkdir()
    known = {key(project)}

    def shows() -> bool:
        known.add(key(project))
        return len(known) == len(edits) + 1

    edits: list[str] = []
    for path in sorted(path for path in project.rglob("*") if path.is_file()):
        edits.append(path.name)
        path.write_text(path.read_text("utf-8") + "# edited\n")
        assert shows(), path
    for name, edit in {
        "added": (project / "src" / "demo" / "new.py").touch,
        "executable": lambda: (project / "README.md").chmod(0o755),
        "renamed": lambda: (project / "tests").rename(project / "test"),
        "removed": (project / "empty").rmdir,
        "link": lambda: _relink(project / "link", "pyproject.toml"),
        "linked": lambda: _relink(project / "linked", "test"),
    }.items():
        edits.append(name)
        edit()
        assert shows(), name
    assert None not in known


def _relink(link: Path, target: str) -> None:
    link.unlink()
    link.symlink_to(target)


def test_a_declared_folder_that_is_a_link_shows_where_it_leads(tmp_path: Path) -> None:
    plant(tmp_path, v1__demo_py="version = 1\n", v2__demo_py="version = 2\n")
    (tmp_path / "src").symlink_to("v1")
    before = key(tmp_path)
    _relink(tmp_path / "src", "v2")
    assert key(tmp_path) != before


def test_a_link_that_leads_to_itself_does_not_keep_a_project_from_having_a_key(
    project: Path,
) -> None:
    (project / "tests" / "loop").symlink_to("loop")
    assert key(project) is not None


# What is left out


@pytest.mark.parametrize("ignore", ["", "[tool.lbuild]\nignore = ['*.md']\n"])
@pytest.mark.parametrize("mode", ["tree", "declared"])
def test_what_lbuild_puts_there_is_left_out(project: Path, mode: Mode, ignore: str) -> None:
    declared = f"{ignore}[tool.uv]\ncache-keys = ['**/*.whl', '*']\n"
    plant(project, dist__demo_whl="", pyproject_toml=declared)
    assert "dist/demo.whl" in named(take(project, mode), "file")
    assert "dist/demo.whl" not in named(take(project, mode, "dist/demo.whl".__eq__), "file")


def test_a_declared_folder_that_lbuild_makes_counts_if_anything_else_is_in_it(
    project: Path,
) -> None:
    """In mode ``declared`` nothing else may show that it is gone."""
    plant(project, pyproject_toml="[tool.uv]\ncache-keys = [{ dir = './out' }, { dir = 'a' }]\n")
    made = {"out_dirs": frozenset({"out/dist"}), "leave_out": "out/dist/demo.whl".__eq__}

    def declared() -> list[str]:
        return named(take(project, "declared", **made), "directory")

    assert declared() == []
    plant(project, out__dist__demo_whl="")
    assert declared() == []
    plant(project, a__b_py="")
    assert declared() == ["a"]
    for name in ("out/x", "out/dist/x"):
        (project / name).mkdir()
        assert declared() == ["./out", "a"]
        (project / name).rmdir()
    (project / "out").rename(project / "other")
    (project / "out").symlink_to("other")
    assert declared() == ["./out", "a"]


def test_folders_that_lbuild_makes_are_left_out_but_not_what_is_in_them(project: Path) -> None:
    before = take(project)
    (project / "a" / "dist").mkdir(parents=True)
    assert take(project, out_dirs=frozenset({"a/dist", ""})) == before
    (project / "a" / "dist" / "data.txt").touch()
    assert "a/dist/data.txt" in named(take(project, out_dirs=frozenset({"a/dist"})), "file")
    assert named(take(project, out_dirs=frozenset({"dist"})), "directory")[:2] == ["a", "a/dist"]


def test_what_is_to_be_ignored(project: Path) -> None:
    plant(
        project,
        pyproject_toml="tool.lbuild.ignore = ['*.md', '!keep.md', '/tests/', 'core.py']\n"
        "tool.uv.cache-keys = ['src/demo/core.py']\n",
        docs__other_md="",
        docs__keep_md="",
        docs__tests__kept_py="",
        docs__core_py="",
    )
    files = ["docs/keep.md", "docs/tests/kept.py", "pyproject.toml", "src/demo/core.py"]
    # What is declared counts all the same.
    assert named(take(project), "file") == files


@pytest.mark.parametrize(
    "setting",
    [
        "tool.lbuild.ignore = ['../junk']",
        "tool = { lbuild = { ignore = ['../junk/x.txt'] } }",
        "# ../junk\n[tool.lbuild]\nignore = ['*.log', '../junk/*']",
        "tool.lbuild.cache-dir = '../junk'",
        "tool.lbuild.ignore = ['gen.py']",
        "tool.lbuild.ignore-environment = ['MY_FLAG']",
    ],
)
def test_a_setting_that_takes_away_adds_nothing(project: Path, setting: str) -> None:
    plant(project, tools__gen_py="open('../junk/x.txt'); MY_FLAG")
    plant(project.parent / "junk", x_txt="")
    environ = {"MY_FLAG": "1"}
    before = take(project, environ=environ).keys()
    text = f"{HATCHLING}\n{setting}\n" if setting.startswith("#") else f"{setting}\n{HATCHLING}"
    plant(project, pyproject_toml=text)
    added = {thing.name for thing in take(project, environ=environ).keys() - before}
    assert added <= {"MY_FLAG (ignored)"}


def test_what_is_named_and_ignored_outside_does_not_count(project: Path) -> None:
    plant(project.parent / "junk", x_md="", kept_md="")
    plant(project, pyproject_toml="tool.lbuild.ignore = ['../junk/x.md', '*.md']\na = '../junk'")
    names = [name for name in named(take(project), "file") if name.startswith("../")]
    assert names == ["../junk/kept.md"]


def test_variables_that_a_setting_ignores_do_not_count(project: Path) -> None:
    environ = {"PYTHONPATH": "x", "CFLAGS": "-O3", "CC": "cc"}
    lines = "ignore-environment = ['PYTHON*', 'CFLAGS']\nextra-inputs = [{ env = 'CFLAGS' }]\n"
    plant(project, pyproject_toml=f"[tool.lbuild]\n{lines}")
    ignored = ["CFLAGS (ignored)", "PYTHON* (ignored)"]
    assert named(take(project, environ=environ), "environment") == ["CC", "CFLAGS", *ignored]
    traced = named(take(project, "traced", environ=environ), "environment")
    assert traced == ["CFLAGS", *ignored]


# Declared files and folders


def test_globs_and_the_entries_that_they_come_from(project: Path) -> None:
    plant(project, pyproject_toml="tool.uv.cache-keys = ['**/*.py', 'gone', {file = 'README.md'}]")
    seen = take(project, "declared")
    assert {
        thing.name: one.source.by.removeprefix("tool.uv.")
        for thing, one in seen.items()
        if thing.kind == "file"
    } == {
        "README.md": "cache-keys[2]",
        "gone": "cache-keys[1]",
        "src/demo/core.py": "cache-keys[0]",
        "tests/test_core.py": "cache-keys[0]",
    }
    assert seen[Input("file", "gone")].state == ABSENT


def test_a_folder_that_a_file_entry_names_is_nothing(project: Path) -> None:
    (project / "linked").symlink_to("src")
    plant(project, pyproject_toml="tool.uv.cache-keys = ['src', 'linked']")
    seen = take(project, "declared")
    assert {seen[Input("file", name)].state for name in ("src", "linked")} == {ABSENT}


def test_folders_count_by_being_there(project: Path) -> None:
    (project / "linked").symlink_to("src")
    names = ["src", "linked", "README.md", "gone", "README.md/below", r"a\u0000b"]
    entries = ", ".join(f'{{dir = "{name}"}}' for name in names)
    plant(project, pyproject_toml=f"tool.uv.cache-keys = [{entries}]")
    states = {
        thing.name: one.state
        for thing, one in take(project, "declared").items()
        if thing.kind == "directory"
    }
    assert states.pop("a\0b").presence == "unreadable"
    assert states == {
        "src": present("directory"),
        "linked": present("directory"),
        "README.md": present("no directory"),
        "gone": ABSENT,
        "README.md/below": ABSENT,
    }


def test_a_pipe_with_the_name_of_a_script_is_not_waited_for(project: Path) -> None:
    os.mkfifo(project / "pipe.py")
    assert key(project) is not None


@pytest.mark.parametrize("mode", ["tree", "declared"])
def test_what_may_not_be_read_is_unreadable(project: Path, mode: Mode) -> None:
    plant(project, pyproject_toml="tool.uv.cache-keys = ['README.md', 'src/**/*.py']")
    for name in ("README.md", "src"):
        (project / name).chmod(0)
    with without_privileges():
        seen = take(project, mode)
    (project / "src").chmod(0o755)
    unreadable = {(thing.kind, thing.name) for thing, one in seen.items() if not one.state.known}
    assert unreadable == {("file", "README.md"), ("directory", "src")}
    assert key_of(seen) is None


@pytest.mark.parametrize(
    "name", ["setup.py", "setup.cfg", "src", "hatch.toml", "a/b", "../.gitignore", "../.hg"]
)
@pytest.mark.parametrize("mode", ["tree", "declared"])
def test_a_link_to_what_is_closed_leaves_no_key_where_it_counts(
    project: Path, mode: Mode, name: str
) -> None:
    closed = plant(project / "tests" / "closed", file_txt="")
    shutil.rmtree(project / "src")
    (project / "a").mkdir()
    (project / name).symlink_to(closed / "file.txt")
    closed.chmod(0)
    with without_privileges():
        seen = take(project, mode)
    closed.chmod(0o755)
    assert (key_of(seen) is None) == (mode == "tree" or name in ("setup.py", "setup.cfg", "src"))


# The build itself


def test_the_build_system_and_the_interpreter(project: Path) -> None:
    seen = take(project, "declared")
    assert there(seen, "build-system") == {
        "backend-path": "[]",
        "build-backend": '"hatchling.build"',
        "isolation": "true",
        "requires": '["hatchling"]',
    }
    assert there(seen, "interpreter") == {"python": "CPython 3.11.7"}
    assert key(project, interpreter="CPython 3.11.8") != key_of(seen | take(project))


def test_config_settings(project: Path) -> None:
    settings: list[Mapping[str, object]] = [
        {},
        {"a": ""},
        {"a": "1"},
        {"b": "1"},
        {"a": ["1", "2"]},
        {"a": ["2", "1"]},
        {"a": "1", "b": "1"},
    ]
    keys = {key(project, config_settings=one) for one in settings}
    assert len(keys) == len(settings)
    order = {"b": "1", "a": "1"}
    assert key(project, config_settings=order) in keys
    assert "config-settings" not in count_by_kind(take(project))


def test_requirements_on_this_machine(project: Path) -> None:
    plugin = plant(project.parent / "plugin", plugin_py="one = 1\n")
    requires = [f"plugin @ {plugin.as_uri()}", "hatchling"]
    plant(project, pyproject_toml=f"[build-system]\nrequires = {requires}\n")
    seen = take(project, "declared")
    assert named(seen, "requirement") == [requires[0]]
    assert seen[Input("requirement", requires[0])].source == declared("build-system.requires")
    before = key(project, "declared")
    plant(plugin, plugin_py="two = 2\n")
    assert key(project, "declared") != before
    plant(project, pyproject_toml="")
    assert named(take(project, extra_requires=(requires[0],)), "requirement") == [requires[0]]


def test_without_isolation_what_is_installed_counts(project: Path) -> None:
    seen = take(project, "declared", installed={"hatchling": present("1.0"), "gone": ABSENT})
    assert there(seen, "requirement") == {"hatchling": "1.0"}
    assert there(seen, "build-system")["isolation"] == "false"
    none = key(project, "declared", installed={})
    assert len({none, key_of(seen), key(project, "declared")}) == 3


def test_modules_of_an_in_tree_backend(project: Path) -> None:
    plant(
        project,
        pyproject_toml="[build-system]\nrequires = []\nbuild-backend = 'backend'\n"
        "backend-path = ['tools']\n[tool.uv]\ncache-keys = ['tools/*.py']\n",
        tools__backend_py="import helper\n",
        tools__helper_py="",
        tools__other_py="",
    )
    for mode in ("tree", "declared"):
        seen = take(project, mode)
        assert named(seen, "backend") == ["tools/backend.py", "tools/helper.py"]
        assert "tools/other.py" in named(seen, "file")
        assert not {"tools/backend.py", "tools/helper.py"} & set(named(seen, "file"))
    [source] = {one.source for thing, one in seen.items() if thing.kind == "backend"}
    assert source == declared("build-system.backend-path")


# The environment


def test_declared_variables(project: Path) -> None:
    plant(project, pyproject_toml="tool.uv.cache-keys = [{env = 'A'}, {env = 'PATH'}, {env = 'B'}]")
    seen = take(project, "declared", environ={"A": "hunter2", "PATH": "/bin", "CC": "gcc"})
    assert named(seen, "environment") == ["A", "PATH"]
    assert seen[Input("environment", "B")].state == ABSENT
    assert seen[Input("environment", "A")].source == declared("tool.uv.cache-keys[0]")


def test_variables_that_count_by_themselves(project: Path) -> None:
    plant(
        project,
        setup_py="import os; os.environ['IN_SETUP']; os.environ['HOME']",
        build_rs="IN_RUST",
        src__demo__core_py="IN_SOURCE",
        other_txt="IN_TEXT",
    )
    names = ("CC", "HOME", "IN_RUST", "IN_SETUP", "IN_SOURCE", "IN_TEXT", "OTHER")
    environ = dict.fromkeys(names, "1")
    seen = take(project, environ=environ)
    assert {
        thing.name: one.source for thing, one in seen.items() if thing.kind == "environment"
    } == {
        "CC": declared("--inputs tree, because build tools use it"),
        "IN_RUST": declared("--inputs tree, because a build script names it"),
        "IN_SETUP": declared("--inputs tree, because a build script names it"),
    }
    assert "environment" not in count_by_kind(take(project, "declared", environ=environ))


def test_a_file_that_a_variable_names_counts_with_its_content(project: Path) -> None:
    constraints = plant(project.parent, constraints_txt="a==1\n") / "constraints.txt"
    for value in (str(constraints), "../constraints.txt"):
        environ = {"PIP_CONSTRAINT": value, "CC": "gcc", "CFLAGS": "", "INCLUDE": "src"}
        before = take(project, environ=environ)
        assert [*named(before, "environment-file")] == ["PIP_CONSTRAINT[0]"]
        constraints.write_text(f"a==2  # {value}\n")
        assert key(project, environ=environ) != key_of(before)


@pytest.mark.parametrize("name", ["PIP_CONSTRAINT", "UV_BUILD_CONSTRAINT"])
def test_what_constraints_include_counts(project: Path, name: str) -> None:
    others = plant(
        project.parent, one_txt="-c below/two.txt\n", below__two_txt="-c ../three.txt", three_txt=""
    )
    environ = {name: str(others / "one.txt")}
    before = take(project, environ=environ)
    assert [*named(before, "environment-file")] == [f"{name}[{index}]" for index in (0, 1, 2)]
    plant(others, three_txt="a==1\n")
    assert key(project, environ=environ) != key_of(before)
    assert len(named(take(project, environ={"CC": environ[name]}), "environment-file")) == 1


def test_files_that_a_variable_names_count_wherever_they_are_looked_for(project: Path) -> None:
    elsewhere = plant(project.parent / "elsewhere", cfg_h="", folder__x="")
    plant(project.parent, cfg_h="")
    environ = {"CFLAGS": "-O2 -include ../cfg.h"}
    around = {"environ": environ, "cwd": elsewhere / "folder"}
    known = {key(project, **around)}
    # The backend runs in the project, and an installer where lbuild does.
    for place in (project.parent, elsewhere):
        plant(place, cfg_h="edited")
        known.add(key(project, **around))
    assert len(known) == 3


def test_what_a_variable_names_may_be_hidden(project: Path) -> None:
    hidden = plant(project.parent / "hidden", cc_sh="")
    (project / "cc").symlink_to(hidden / "cc.sh")
    hidden.chmod(0)
    with without_privileges():
        seen = take(project, environ={"CC": "cc", "CXX": str(hidden / "cc.sh"), "LD": "a" * 5000})
    hidden.chmod(0o755)
    assert named(seen, "environment") == ["CC", "CXX", "LD"]
    assert key_of(seen) is None


def test_no_value_is_kept(project: Path) -> None:
    plant(project, pyproject_toml="tool.uv.cache-keys = [{env = 'TOKEN'}]")
    seen = take(
        project, environ={"TOKEN": "hunter2", "CC": "hunter2"}, config_settings={"a": "hunter2"}
    )
    assert len(there(seen, "environment", "config-settings")) == 3
    assert "hunter2" not in repr(seen)


# Outside of the project


def test_what_pyproject_names_outside(project: Path) -> None:
    plant(project.parent, LICENSE_txt="", shared__a_txt="", shared__s__b_txt="")
    outside = ["../LICENSE.txt", "../shared/*", "../gone"]
    plant(project, pyproject_toml=f"{HATCHLING}[tool.demo]\nfiles = {outside}\n")
    seen = take(project)
    found = [name for name in named(seen, "file") if name.startswith("..")]
    assert found == ["../LICENSE.txt", "../shared/a.txt", "../shared/s/b.txt"]
    assert seen[Input("file", found[0])].source.by.endswith(", because the project names it")
    before = key_of(seen)
    plant(project.parent, shared__s__b_txt="edited")
    assert key(project) != before
    plant(project.parent, shared__s__b_txt="", shared__new_txt="")
    assert key(project) != before
    assert not [name for name in named(take(project, "declared"), "file") if ".." in name]


def test_the_top_of_the_file_system_is_not_looked_through(project: Path) -> None:
    up = "../" * 60 + ".."
    plant(project, pyproject_toml=f"{HATCHLING}[tool.demo]\nroot-of-all = '{up}'\n")
    seen = take(project)
    assert seen[Input("directory", up)].state == unreadable("it is the root of the file system")
    assert key_of(seen) is None
    assert key(project, "declared") is not None


def test_ignore_files_above(project: Path) -> None:
    (project.parent / ".gitignore").write_text("*.txt\n")
    assert "../.gitignore" in named(take(project), "file")
    assert "../.gitignore" not in named(take(project, "declared"), "file")


# Git


@pytest.fixture
def repository(project: Path) -> Path:
    top = project.parent
    (top / ".gitattributes").write_text("* -text\n")
    git(top, "init", "--quiet", "--initial-branch=main")
    git(top, "add", "--all")
    git(top, "commit", "--quiet", "--message=first")
    return project


def git_kinds(seen: Seen) -> list[str]:
    return [thing.kind for thing in sorted(seen) if thing.kind.startswith("git")]


def test_git_counts_where_the_build_may_ask(repository: Path) -> None:
    assert git_kinds(take(repository)) == []
    plant(repository, setup_py="")
    seen = take(repository)
    assert git_kinds(seen) == ["git-commit", "git-tags", "git-tree"]
    assert seen[Input("git-commit", ".")].state == present(git(repository, "rev-parse", "HEAD"))
    assert seen[Input("file", "../.gitattributes")].state.presence == "present"
    assert git_kinds(take(repository, installed={})) == ["git-commit", "git-tags", "git-tree"]


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        ("true", ["git-commit"]),
        ("false", []),
        ("{tags = true}", ["git-tags"]),
        ("{commit = true, tags = true}", ["git-commit", "git-tags"]),
    ],
)
@pytest.mark.parametrize("mode", ["tree", "declared"])
def test_git_counts_where_it_is_declared(
    repository: Path, mode: Mode, value: str, kinds: list[str]
) -> None:
    plant(repository, pyproject_toml=f"{HATCHLING}[tool.uv]\ncache-keys = [{{git = {value}}}]\n")
    seen = take(repository, mode)
    assert git_kinds(seen) == kinds
    sources = {one.source for thing, one in seen.items() if thing.kind in kinds}
    assert sources <= {declared("tool.uv.cache-keys[0]")}


def test_another_clone_has_the_same_key(repository: Path) -> None:
    plant(repository, setup_py="")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message=second")
    clone = repository.parent.parent / "clone"
    git(repository, "clone", "--quiet", "..", str(clone))
    assert key(clone / "project") == key(repository) is not None
    (clone / "project" / "README.md").write_text("edited")
    assert key(clone / "project") != key(repository)


def test_no_repository_is_absent(project: Path) -> None:
    plant(project, setup_py="")
    seen = take(project)
    assert {seen[Input(kind, ".")].state for kind in git_kinds(seen)} == {ABSENT}


def test_a_broken_repository_is_unreadable(repository: Path) -> None:
    plant(repository, setup_py="")
    (repository.parent / ".git" / "HEAD").write_text("nonsense")
    seen = take(repository)
    assert {seen[Input(kind, ".")].state.presence for kind in git_kinds(seen)} == {"unreadable"}
    assert isinstance(seen[Input("git-tree", ".")].state, State)
