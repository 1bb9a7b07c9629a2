"""What a trace means for a project: real folders, and traces written by hand."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_keys.model import Input, Kind, traced
from lbuild_keys.observe.env_policy import NOISE
from lbuild_keys.observe.places import Places
from lbuild_keys.tracing import spelled_out, usage
from lbuild_keys.tracing.accesses import Access
from lbuild_keys.tracing.input_names import HookLocation
from lbuild_keys.tracing.trace import Spawned, Trace
from lbuild_keys.tracing.used import Usage, merge

HOOK = "build_wheel"
GIT: tuple[Kind, ...] = ("git-commit", "git-tags", "git-tree")


@dataclass(frozen=True)
class Site:
    """A project in a repository, an interpreter with a build environment, and other folders."""

    top: Path
    place: HookLocation

    @property
    def root(self) -> Path:
        return self.place.root

    def path(self, name: str) -> str:
        """A path below the top, spelled just so."""
        return f"{self.top}/{name}"

    def trace(self, *accesses: tuple[Access, str], **more: Any) -> Trace:
        """A trace of these accesses, whose paths are given from the project."""
        folders = {
            "prefix": self.path("env"),
            "base_prefix": self.path("python"),
            "exec_prefix": self.path("env"),
            "stdlib": self.path("python/lib/python3.11"),
            "executable": self.path("env/bin/python"),
        }
        spelled = (
            (how, path if path[:1] == "/" else f"{self.root}/{path}") for how, path in accesses
        )
        return Trace(folders=more.pop("folders", folders), accesses=tuple(spelled), **more)

    def used(self, *accesses: tuple[Access, str], **more: Any) -> Usage:
        return usage.usage_of(self.trace(*accesses, **more), HOOK, self.place)

    def ran(self, *args: str, folder: str | None = None, executable: str | None = None) -> Usage:
        spawned = Spawned(args, folder or str(self.root), executable)
        return self.used(spawned=(spawned,))

    def but(self, **changes: Any) -> "Site":
        return replace(self, place=self.place._replace(**changes))


def nothing_left_out(_path: str) -> bool:
    return False


def layout(top: Path) -> Site:
    for folder in (
        "repo/.git",
        "repo/project/src",
        "repo/project/.git-data",
        "repo/project/__pycache__",
        "repo/project/cache",
        "repo/shared",
        "elsewhere/deep",
        "env/bin",
        "env/lib/python3.11/site-packages/tool",
        "python/lib/python3.11",
        "python/bin",
        "scratch",
        "bin",
    ):
        (top / folder).mkdir(parents=True)
    for file in (
        "repo/project/a.py",
        "repo/project/src/b.py",
        "repo/project/cache/data",
        "repo/shared/c.txt",
        "repo/.gitignore",
        "elsewhere/x",
        "elsewhere/deep/y",
        "scratch/z",
    ):
        (top / file).touch()
    (top / "repo/project/cache/CACHEDIR.TAG").write_text(
        "Signature: 8a477f597d28d172789f06886806bc55\n"
    )
    for link, target in {
        "repo/project/linked": "src",
        "repo/project/out": "../../elsewhere/deep",
        "repo/project/file-link": "a.py",
        "alias": "repo/project",
    }.items():
        (top / link).symlink_to(target)
    for program in ("bin/gcc", "bin/git", "bin/uname", "env/bin/ninja", "repo/project/gen.sh"):
        path = top / program
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    place = HookLocation(
        root=top / "repo" / "project",
        backend="setuptools.build_meta",
        foreign=(f"{top}/scratch",),
        left_out=nothing_left_out,
        programs=f"{top}/env/bin:{top}/bin",
        temporary=str(top),
    )
    return Site(top, place)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return layout(tmp_path / "top")


def named(found: Usage, *kinds: Kind) -> set[str]:
    return {thing.name for thing in found.inputs if thing.kind in kinds}


def things(found: Usage) -> set[tuple[str, str]]:
    return {(thing.kind, thing.name) for thing in found.inputs}


def test_a_hook_that_does_nothing_uses_nothing(site: Site) -> None:
    assert site.used() == Usage(inputs={})


def test_each_access_makes_an_input_of_its_kind(site: Site) -> None:
    found = site.used(("read", "a.py"), ("listed", "src"), ("looked at", "setup.cfg"))
    assert found.inputs == {
        Input("file", "a.py"): traced("read by build_wheel"),
        Input("listing", "src"): traced("listed by build_wheel"),
        Input("path", "setup.cfg"): traced("looked at by build_wheel"),
    }


def test_what_is_read_need_not_be_looked_at(site: Site) -> None:
    for order in (1, -1):
        accesses = [("looked at", "a.py"), ("read", "a.py")][::order]
        assert things(site.used(*accesses)) == {("file", "a.py")}
    both = site.used(("looked at", "src"), ("listed", "src"))
    assert things(both) == {("listing", "src"), ("path", "src")}


# Names of paths

SPELLINGS = {
    "a.py": "a.py",
    "src/b.py": "src/b.py",
    "./src//b.py": "src/b.py",
    "src/../a.py": "a.py",
    "linked/b.py": "linked/b.py",  # the link counts by what it leads to
    "linked/../a.py": "a.py",
    "out/y": "out/y",
    "file-link": "file-link",
    "gone/below": "gone/below",
    "caf\udce9": "caf\udce9",
    "../shared/c.txt": "../shared/c.txt",
    "../.gitignore": "../.gitignore",
    "../../elsewhere/x": "../../elsewhere/x",
    "out/../x": "../../elsewhere/x",
    "TOP/alias/a.py": "a.py",
    "TOP/alias/linked/b.py": "src/b.py",
    "TOP/repo/shared/c.txt": "../shared/c.txt",
    "TOP/repo/.gitignore": "../.gitignore",
    "/etc/passwd": "/etc/passwd",
}

BOTH_WAYS = {
    "setup.cfg": "../../setup.cfg",
    "elsewhere/x": "../../elsewhere/x",
    "elsewhere/deep/../x": "../../elsewhere/x",
}
"""Absolute paths outside of the repository, from the top, and their names from the project."""


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_names(site: Site, spelled: str) -> None:
    found = site.used(("read", spelled.replace("TOP", str(site.top))))
    assert named(found, "file") == {SPELLINGS[spelled].replace("TOP", str(site.top))}


@pytest.mark.parametrize("spelled", BOTH_WAYS)
def test_outside_of_the_repository_there_are_two_names(site: Site, spelled: str) -> None:
    """Nobody knows by which of them another clone would find it."""
    found = site.used(("read", site.path(spelled)))
    absolute = os.path.normpath(site.path(spelled))
    assert named(found, "file") == {absolute, BOTH_WAYS[spelled]}


def test_the_project_itself(site: Site) -> None:
    for spelled in (".", "", "src/..", f"{site.top}/alias/."):
        assert named(site.used(("listed", spelled)), "listing") == {"."}


def test_without_a_repository_what_is_beside_has_two_names(site: Site) -> None:
    (site.top / "repo" / ".git").rmdir()
    for name in ("shared/c.txt", "d.txt"):
        found = site.used(("read", site.path(f"repo/{name}")))
        assert named(found, "file") == {site.path(f"repo/{name}"), f"../{name}"}


def test_a_link_from_behind_which_a_path_goes_up_counts_itself(site: Site) -> None:
    found = site.used(("read", "out/../x"), ("read", "linked/../a.py"), ("read", "src/../a.py"))
    assert named(found, "path") == {"out", "linked"}
    assert named(found, "file") == {"../../elsewhere/x", "a.py"}


parts = st.sampled_from(["..", ".", "src", "linked", "out", "a.py", "b.py", "deep", "gone", "repo"])


@given(st.lists(parts, max_size=6), st.sampled_from(["repo/project", "alias", "elsewhere", "repo"]))
def test_a_name_leads_to_what_the_hook_read(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], start: str
) -> None:
    site = shared_site(tmp_path_factory)
    path = "/".join([site.path(start), *words])
    names = named(site.used(("read", path)), "file")
    assert names or site.path("repo/.git") in os.path.realpath(path)
    for name in names:
        assert os.path.realpath(site.root / name) == os.path.realpath(path)
        assert os.path.normpath(name) == name


_SHARED: list[Site] = []


def shared_site(factory: pytest.TempPathFactory) -> Site:
    """One for all examples, which only look at it."""
    if not _SHARED:
        _SHARED.append(layout(factory.mktemp("site") / "top"))
    return _SHARED[0]


# Places


def at_home(site: Site, *accesses: tuple[Access, str], home: str = "home", **more: Any) -> Usage:
    """What a hook used that asked for the home folder, of which ``home`` is the path."""
    folder = site.path(home)
    environ = {"HOME": folder, **more.pop("environ", {})}
    places = Places(folder, site.path("python"))
    variables = more.pop("variables", ("HOME",))
    return site.but(places=places, environ=environ).used(*accesses, variables=variables, **more)


def test_what_is_below_the_home_folder_is_named_from_there(site: Site) -> None:
    path = site.path("home/.pydistutils.cfg")
    for how, kind in (("read", "file"), ("looked at", "path"), ("listed", "listing")):
        found = at_home(site, (how, path))  # type: ignore[arg-type]
        assert named(found, kind) == {"//~/.pydistutils.cfg"}


def test_a_hook_that_does_not_ask_for_the_home_folder_does_not_mean_it(site: Site) -> None:
    path = site.path("home/x")
    found = at_home(site, ("read", path), variables=("PATH",))
    assert named(found, "file") == {path, "../../home/x"}
    together = at_home(site, ("read", path), variables=(), enumerations=("a.py:copy",))
    assert "//~/x" in named(together, "file")


def test_a_path_that_a_file_has_in_full_counts_itself_as_well(site: Site) -> None:
    path = site.path("home/shared/x")
    for text, counts in {
        f"open('{path}')": True,
        f"folder = {site.path('home/shared/')}": True,
        f"HOME={site.path('home')}\n": True,
        f"open('{path}y')": False,
        f"open('{site.path('home/src')}')": False,
    }.items():
        (site.root / "a.py").write_text(text)
        found = at_home(site, ("read", "a.py"), ("read", path))
        assert (path in named(found, "file")) is counts, text
        assert "//~/shared/x" in named(found, "file")


def test_a_path_from_the_project_that_leads_home_is_possible_if_a_file_names_the_folder(
    site: Site,
) -> None:
    for text, counts in {'up / "home" / "x"': True, "homepage, my-home": False}.items():
        (site.root / "a.py").write_text(text)
        found = named(at_home(site, ("read", "a.py"), ("read", site.path("home/x"))), "file")
        assert found - {"a.py"} == {"//~/x", *(["../../home/x"] if counts else [])}, text


def test_a_path_that_a_variable_has_in_full_counts_itself_as_well(site: Site) -> None:
    path = site.path("home/.config/tool/x")
    environ = {"XDG_CONFIG_HOME": site.path("home/.config")}
    read = at_home(site, ("read", path), environ=environ, variables=("HOME", "XDG_CONFIG_HOME"))
    assert path in named(read, "file")
    other = at_home(site, ("read", path), environ=environ)
    assert path not in named(other, "file")
    together = {"enumerations": ("a.py:copy",), "variables": ()}
    assert path in named(at_home(site, ("read", path), environ=environ, **together), "file")
    by_shell = {"OLDPWD": site.path("home")}
    found = at_home(site, ("read", path), environ=by_shell, **together)
    assert path not in named(found, "file")


@pytest.mark.parametrize("home", ["repo/project", "repo/project/src", "repo", "."])
def test_a_home_folder_at_the_project_or_above_it(site: Site, home: str) -> None:
    path = os.path.normpath(site.path(f"{home}/.pydistutils.cfg"))
    found = named(at_home(site, ("read", path), home=home), "file")
    assert found == {"//~/.pydistutils.cfg", os.path.relpath(path, site.root)}
    # What is the project's own is not meant by "~".
    assert named(at_home(site, ("read", "src/b.py"), home=home), "file") == {"src/b.py"}


def test_what_is_spelled_from_the_project_is_in_no_place(site: Site) -> None:
    assert named(at_home(site, ("read", "../shared/c.txt"), home="repo"), "file") == {
        "../shared/c.txt"
    }


def test_the_folder_of_the_interpreter_is_a_place(site: Site) -> None:
    found = at_home(site, ("looked at", site.path("python/etc/x")), variables=())
    assert named(found, "path") == {"//{python}/etc/x"}


def test_a_program_in_the_home_folder_is_named_from_there(site: Site) -> None:
    spawned = Spawned((site.path("home/.cargo/bin/cargo"),), str(site.root), None)
    found = at_home(site, spawned=(spawned,))
    assert named(found, "executable") == {"//~/.cargo/bin/cargo"}


def test_two_slashes_at_the_beginning_are_no_place(site: Site) -> None:
    found = at_home(site, ("read", "//~/x"))
    assert "//~/x" not in named(found, "file")


# What does not count

FOREIGN = """
    TOP/scratch TOP/scratch/z TOP/env/lib/python3.11/site-packages/tool/a.py TOP/env/pyvenv.cfg
    TOP/python/lib/python3.11/os.py TOP/python/include/python3.11/Python.h TOP/env/bin/python
    TOP/python/lib64/python3.11/lib-dynload/x.so TOP/python/lib/python311.zip
    TOP/python/lib/python311.zip/encodings
    TOP/elsewhere/lib/python3.9/site-packages/a.py /usr/lib/python3/dist-packages/a.py
    /dev/null /dev /proc/self/stat /sys/devices
"""


@pytest.mark.parametrize("path", FOREIGN.split())
@pytest.mark.parametrize("access", ["read", "listed", "looked at", "written", "added to"])
def test_foreign_folders_do_not_count(site: Site, access: Access, path: str) -> None:
    assert site.used((access, path.replace("TOP", str(site.top)))) == Usage(inputs={})


def test_foreign_folders_do_not_count_however_they_are_reached(site: Site) -> None:
    (site.top / "way").symlink_to("scratch")
    (site.root / "in").symlink_to("../../scratch")
    for path in (site.path("way/z"), "in/z", site.path("repo/../scratch/z")):
        assert site.used(("read", path)) == Usage(inputs={})


def test_what_an_interpreter_looks_for_beside_itself_does_not_count(site: Site) -> None:
    """Behind the link in an environment, too: sysconfig looks whether it was just compiled."""
    (site.top / "env/bin/python").symlink_to("../../python/bin/python3")
    for name in ("env/bin/Modules/Setup", "python/bin/Modules/Setup.local"):
        assert site.used(("looked at", site.path(name))) == Usage(inputs={})
    assert named(site.used(("looked at", site.path("python/bin/Setup"))), "path")


def test_what_was_read_is_not_searched_for_folders_that_do_not_count(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[str] = []

    def content(path: str) -> bytes:
        searched.append(path)
        return b""

    monkeypatch.setattr(spelled_out, "content", content)
    read: tuple[Access, str] = ("read", "a.py")
    python = site.path("home/python")
    at = site.but(places=Places(site.path("home"), python), environ={"HOME": site.path("home")})
    folders = {"base_prefix": python, "stdlib": f"{python}/lib/python3.11"}
    ways: list[tuple[Access, str]] = [
        ("looked at", site.path(name)) for name in ("home", "home/python", "home/python/lib")
    ]
    found = {path for _, path in ways}
    used = at.used(read, *ways, variables=("HOME",), folders=folders, found=found)
    assert (named(used, "file", "path"), searched) == ({"a.py"}, [])
    used = at.used(read, ("looked at", f"{python}/x"), variables=("HOME",), folders=folders)
    assert named(used, "path") == {"//{python}/x"}
    assert searched == [f"{site.root}/a.py"]


def test_folders_beside_foreign_ones_count(site: Site) -> None:
    for path in ("scratch-2/z", "environment/a", "python/lib/python3.12/a.py", "python/share/a"):
        found = named(site.used(("read", site.path(path))), "file")
        assert found == {site.path(path), f"../../{path}"}


def test_a_folder_of_packages_in_the_project_is_the_projects(site: Site) -> None:
    found = site.used(("read", "vendor/site-packages/a.py"))
    assert named(found, "file") == {"vendor/site-packages/a.py"}


def test_an_environment_in_the_project_does_not_count(site: Site) -> None:
    folders = {"prefix": f"{site.root}/.env", "base_prefix": "/usr"}
    accesses: list[tuple[Access, str]] = [("read", ".env/a.py"), ("read", "a.py")]
    assert named(site.used(*accesses, folders=folders), "file") == {"a.py"}


def test_a_project_in_an_environment_counts(site: Site) -> None:
    for folder in ("repo", "repo/project"):
        folders = {"prefix": site.path(folder), "base_prefix": "/usr", "stdlib": site.path("repo")}
        assert named(site.used(("read", "a.py"), folders=folders), "file") == {"a.py"}


def test_a_look_at_what_is_there_anyway_does_not_count(site: Site) -> None:
    there = [site.path(name) for name in ("", "repo", "alias/..", "env", "python")]
    for path in (".", *there, "/", "/dev"):
        assert site.used(("looked at", path)) == Usage(inputs={}), path
    for path in ("src", site.path("repo/shared"), site.path("elsewhere")):
        assert named(site.used(("looked at", path)), "path"), path


def test_the_names_in_a_folder_above_count_if_it_was_listed(site: Site) -> None:
    assert named(site.used(("listed", site.path("repo"))), "listing") == {".."}


NOISY = [
    "__pycache__",
    "__pycache__/a.pyc",
    "cache/data",
    ".tox/log",
    "node_modules/a",
    ".hg-x",
]


@pytest.mark.parametrize("path", NOISY[:-1])
def test_in_folders_of_tools_only_what_is_read_counts(site: Site, path: str) -> None:
    assert site.used(("listed", path), ("looked at", path)) == Usage(inputs={})
    assert things(site.used(("read", path))) == {("file", path)}


def test_what_was_installed_in_a_package_counts(site: Site) -> None:
    folder = "src/node_modules"
    assert named(site.used(("listed", folder)), "listing") == {folder}
    assert named(site.used(("looked at", f"{folder}/a")), "path") == {f"{folder}/a"}


def test_a_folder_that_declares_itself_a_cache_is_there_or_not(site: Site) -> None:
    assert named(site.used(("looked at", "cache")), "path") == {"cache"}


def test_what_is_left_out_does_not_count(site: Site) -> None:
    def left_out(path: str) -> bool:
        return path in ("dist/", "docs/a.md") or path.endswith(".tmp")

    patched = site.but(left_out=left_out)
    for path in ("dist", "dist/a.whl", "docs/a.md", "src/a.tmp"):
        for access in ("read", "listed", "looked at", "written"):
            assert patched.used((access, path)) == Usage(inputs={}), path
    assert named(patched.used(("read", "docs/b.md"), ("listed", "docs")), "file") == {"docs/b.md"}


# Repositories


def test_ignore_patterns_in_the_repository_say_nothing_of_its_history(site: Site) -> None:
    used = site.used(("read", "../.git/info/exclude"))
    assert used.inputs == {Input("file", "../.git/info/exclude"): traced("read by build_wheel")}


@pytest.mark.parametrize("path", ["../.git/HEAD", "../.git/refs/tags/v1"])
def test_what_is_read_of_git_is_all_that_git_knows(site: Site, path: str) -> None:
    found = site.used(("read", path))
    assert things(found) == {(kind, ".") for kind in GIT}
    assert set(found.inputs.values()) == {traced(f"{path} was read by build_wheel")}


def test_another_work_tree_has_a_file_for_git(site: Site) -> None:
    expected = {*((kind, ".") for kind in GIT), ("file", ".git")}
    assert things(site.used(("read", ".git"))) == expected


def test_files_of_mercurial_count_besides(site: Site) -> None:
    found = site.used(("read", ".hg/dirstate"))
    assert things(found) == {*((kind, ".") for kind in GIT), ("file", ".hg/dirstate")}


def test_a_look_at_a_repository_asks_whether_it_is_one(site: Site) -> None:
    for path in (".git", "../.git", ".hg"):
        for access in ("looked at", "listed"):
            assert things(site.used((access, path))) == {("path", path)}
    for path in (".git/index", "../.git/refs", "../.git/packed-refs"):
        for access in ("looked at", "listed"):
            assert site.used((access, path)) == Usage(inputs={})


def test_tags_of_another_repository_are_names_in_folders(site: Site) -> None:
    assert things(site.used(("listed", "inner/.git/refs/tags"))) == {
        ("listing", "inner/.git/refs/tags")
    }
    assert things(site.used(("looked at", "inner/.git/packed-refs"))) == {
        ("path", "inner/.git/packed-refs")
    }


EGG_INFO = "/env/site-packages/setuptools_scm/_integration/_discover.py:discover_egg_info_metadata"
LISTING: list[tuple[Access, str]] = [
    ("listed", ".."),
    ("looked at", "../shared"),
    ("looked at", "../x.egg-info"),
]


def test_a_backend_that_looks_for_few_names_above_the_project(site: Site) -> None:
    """setuptools-scm lists all folders up to the root, and asks of each name what it is."""
    code = {(how, site.path(f"repo/project/{path}")): EGG_INFO for how, path in LISTING}
    code = {(how, os.path.normpath(path)): by for (how, path), by in code.items()}
    above = {done: frozenset({by}) for done, by in code.items()}
    found = usage.usage_of(
        site.trace(above=above)._replace(accesses=tuple(above)), HOOK, site.place
    )
    assert things(found) == {("listing", "..//*.egg-info"), ("path", "../x.egg-info")}
    # Anybody else may look for any name.
    above = {done: by | {"/env/site-packages/tool.py:find"} for done, by in above.items()}
    for codes in (above, {}):
        trace = site.trace(above=codes)._replace(accesses=tuple(code))
        assert things(usage.usage_of(trace, HOOK, site.place)) == {
            *(("listing", ".."), ("path", "../shared"), ("path", "../x.egg-info")),
        }


def test_names_that_programs_make_up_in_the_folder_for_temporary_files(site: Site) -> None:
    place = site.but(temporary=site.path("elsewhere"))
    names = [
        site.path(f"elsewhere/{name}") for name in ("tmp0a1b2c3d", "lbuild-hook-0a1b2c3d", "x")
    ]
    looks: list[tuple[Access, str]] = [("looked at", name) for name in names]
    listed = things(place.used(("listed", site.path("elsewhere")), *looks))
    assert {name for kind, name in listed if kind == "path"} == {"../../elsewhere/x", names[2]}
    # A name that is known otherwise.
    assert {names[0], names[1]} <= {name for _, name in things(place.used(*looks))}


# What is written


def test_what_is_written_first_is_a_result(site: Site) -> None:
    made = site.used(("written", "v.py"), ("read", "v.py"), ("looked at", "v.py"))
    assert made.inputs == {}
    assert made.written == made.overwritten == made.blind == {"v.py"}


def test_what_is_read_first_is_an_input(site: Site) -> None:
    found = site.used(("read", "a.py"), ("written", "a.py"), ("read", "a.py"))
    assert things(found) == {("file", "a.py")}
    assert (found.written, found.overwritten) == ({"a.py"}, frozenset())


def test_what_is_looked_for_and_then_written_was_looked_for(site: Site) -> None:
    found = site.used(("looked at", "v.py"), ("written", "v.py"), ("read", "v.py"))
    assert things(found) == {("path", "v.py")}
    assert found.overwritten == {"v.py"}
    assert found.blind == frozenset()


def test_what_is_written_where_names_were_listed_was_noticed(site: Site) -> None:
    found = site.used(("listed", "src"), ("written", "src/v.py"), ("written", "v.py"))
    assert found.overwritten == {"src/v.py", "v.py"}
    # Nor v.py, which it may have left alone if it had seen src/v.py.
    assert found.blind == frozenset()


def test_what_is_noticed_afterwards_was_written_blindly(site: Site) -> None:
    found = site.used(
        ("written", "src/v.py"),
        ("listed", "src"),
        ("looked at", "src/v.py"),
        ("written", "src/v.py"),
    )
    assert found.blind == {"src/v.py"}


def test_what_is_added_to_holds_what_it_held(site: Site) -> None:
    found = site.used(("added to", "log"), ("read", "log"))
    assert things(found) == {("file", "log")}
    assert (found.written, found.overwritten) == ({"log"}, frozenset())


def test_what_lies_in_a_folder_that_the_hook_made_may_be_there_elsewhere(site: Site) -> None:
    found = site.used(
        ("made", "gen"),
        ("written", "gen/v.py"),
        ("listed", "gen"),
        ("read", "gen/v.py"),
        ("read", "gen/a.py"),
    )
    assert things(found) == {("listing", "gen"), ("file", "gen/a.py")}
    assert found.written == {"gen", "gen/v.py"}
    assert found.blind == frozenset()


def test_what_lies_in_a_temporary_folder_of_its_own_is_nobodys(site: Site) -> None:
    own = [
        (access, f"../../tmp1/{name}".rstrip("/"))
        for name in ("", "deep", "deep/file")
        for access in ("made", "written", "read", "listed", "looked at")
    ]
    assert site.used(*own) == Usage(inputs={})
    # That it is there is known by a look at it.
    noticed = site.used(("looked at", "../../tmp1"), ("made", "../../tmp1"))
    assert ("path", "../../tmp1") in things(noticed)
    # What was there before is somebody's.
    assert ("file", "../../mine/x") in things(site.used(("read", "../../mine/x")))


def test_one_file_by_two_names_is_one(site: Site) -> None:
    found = site.used(("written", "linked/v.py"), ("read", "src/v.py"))
    assert things(found) == set()
    assert found.written == {"linked/v.py", "src/v.py"}
    again = site.used(("read", "src/b.py"), ("written", "linked/b.py"))
    assert again.overwritten == frozenset()
    assert again.written == {"linked/b.py", "src/b.py"}


def test_a_link_that_is_written_is_not_what_it_leads_to(site: Site) -> None:
    found = site.used(("written", "file-link"), ("read", "a.py"))
    assert things(found) == {("file", "a.py")}
    assert found.written == {"file-link"}


def test_what_is_written_outside_is_told_too(site: Site) -> None:
    found = site.used(("written", site.path("elsewhere/new")), ("written", "../new"))
    assert found.written == {site.path("elsewhere/new"), "../../elsewhere/new", "../new"}


accesses = st.lists(
    st.tuples(
        st.sampled_from(["read", "written", "added to", "listed", "looked at"]),
        st.sampled_from(["a.py", "src", "src/b.py", "linked/b.py", "new", "new/deep", "out/y"]),
    ),
    max_size=8,
)


@given(accesses)
def test_whatever_is_read_before_it_is_written_is_an_input(
    tmp_path_factory: pytest.TempPathFactory, done: list[tuple[Access, str]]
) -> None:
    site = shared_site(tmp_path_factory)
    found = site.used(*done)
    made: list[str] = []
    for how, path in done:
        real = os.path.realpath(site.root / path)
        below = any(f"{real}/".startswith(f"{one}/") for one in made)
        if how == "read" and not below:
            assert Input("file", path) in found.inputs
        if how in ("listed", "looked at") and not below:
            assert named(found, "file", "listing", "path") & {path}
        if how == "written":
            made.append(real)
            assert path in found.written
    first = {os.path.realpath(site.root / path): how for how, path in reversed(done)}
    assert found.overwritten <= found.written
    assert {first.get(os.path.realpath(site.root / path)) for path in found.overwritten} <= {
        *("written", "added to", "listed", "looked at", None)
    }
    assert found.blind <= found.overwritten
    assert {first.get(os.path.realpath(site.root / path)) for path in found.blind} <= {
        *("written", "added to", None)
    }


def test_modules_that_were_run_are_told(site: Site) -> None:
    paths = [f"{site.root}/a.py", f"{site.root}/linked/b.py", site.path("alias/src/b.py")]
    foreign = site.path("env/lib/python3.11/site-packages/tool/a.py")
    found = site.used(imported=(*paths, foreign))
    assert found.imported == {"a.py", "linked/b.py", "src/b.py"}


# The environment


def test_variables_that_are_read_by_name(site: Site) -> None:
    names = ("CC", "LANG", *sorted(NOISE), "_PYPROJECT_HOOKS_BUILD_BACKEND", "PEP517_BACKEND_PATH")
    found = site.used(variables=names)
    assert found.inputs == {
        Input("environment", name): traced("read by build_wheel") for name in ("CC", "LANG")
    }


SCM = "/env/lib/python3.11/site-packages/vcs_versioning/_overrides.py:get"
READERS: list[tuple[tuple[str, ...], set[str]]] = [
    (("/env/tool.py:read",), {"*"}),
    (("<string>:<module>",), {"*"}),
    ((SCM,), {"SETUPTOOLS_SCM_*", "VCS_VERSIONING_*"}),
    (("/env/setuptools/_distutils/util.py:check_environ",), set()),
    (("/usr/lib/python3.11/distutils/util.py:check_environ",), set()),
    (("/env/setuptools_scm/_run_cmd.py:avoid",), set()),
    ((SCM, "/env/setuptools_scm/_run_cmd.py:avoid"), {"SETUPTOOLS_SCM_*", "VCS_VERSIONING_*"}),
    ((SCM, "/env/tool.py:read"), {"*"}),
    (("/project/my_distutils/util.py:read",), {"*"}),
    (("/project/not_vcs_versioning/_overrides.py:read",), {"*"}),
]


@pytest.mark.parametrize(("readers", "expected"), READERS)
def test_variables_that_are_read_together(
    site: Site, readers: tuple[str, ...], expected: set[str]
) -> None:
    assert named(site.used(enumerations=readers), "environment") == expected


TAKES_A_COPY = """import os
_hidden = dict(os.environ)
text = _hidden.get("CI"), _hidden["GITHUB_SHA"], _hidden["HOME"], _hidden["PYTHONHASHSEED"]
"""


@pytest.mark.parametrize("how", ["imported", "read as hatch_build.py", "reads all, elsewhere"])
def test_variables_that_code_names_which_takes_all_of_them(site: Site, how: str) -> None:
    """It may have read them from a copy; launchers set them, so they do not count among all."""
    script = site.root / "hatch_build.py"
    script.write_text(TAKES_A_COPY)
    reader, path = "/env/tool.py:read", os.fspath(script)
    found = {
        "imported": site.used(imported=(path,), enumerations=(reader,)),
        "read as hatch_build.py": site.used(("read", "hatch_build.py"), enumerations=(reader,)),
        "reads all, elsewhere": site.used(enumerations=(f"{path}:<module>",)),
    }[how]
    assert named(found, "environment") == {"*", "CI", "GITHUB_SHA", "PYTHONHASHSEED"}


def test_variables_that_code_names_which_reads_those_it_needs(site: Site) -> None:
    script = site.root / "hatch_build.py"
    script.write_text(TAKES_A_COPY)
    assert named(site.used(imported=(os.fspath(script),)), "environment") == set()


# Programs


def test_git_that_only_tells_is_asked_again(site: Site) -> None:
    found = site.ran("git", "describe", "--tags")
    assert found.inputs == {
        Input("git-answer", "git describe --tags"): traced("asked by build_wheel"),
    }
    assert found.opaque == found.untraced == ()


def test_git_elsewhere_is_asked_there(site: Site) -> None:
    found = site.ran("git", "ls-files", folder=f"{site.root}/src")
    assert named(found, "git-answer") == {"src: git ls-files"}


@pytest.mark.parametrize("args", [("fetch",), ("describe", "--unheard-of"), (), ("-c", "a.b=!x")])
def test_git_that_cannot_be_asked_again_is_opaque(site: Site, args: tuple[str, ...]) -> None:
    found = site.ran("git", *args)
    assert found.opaque == ("build_wheel ran git",)
    expected = {*((kind, ".") for kind in GIT), ("executable", "git"), ("environment", "*")}
    assert things(found) == expected


def test_what_poetry_asks_of_git_without_using_it(site: Site) -> None:
    args = ("git", "config", "-l")
    poetry = site.but(backend="poetry.core.masonry.api")
    assert things(poetry.ran(*args)) == set()
    assert named(site.ran(*args), "git-answer") == {"git config -l"}
    assert named(poetry.ran("git", "config", "--list"), "git-answer") == {"git config --list"}


def test_a_compiler_is_opaque(site: Site) -> None:
    found = site.ran("gcc", "-c", "a.c")
    assert found.opaque == ("build_wheel ran gcc",)
    assert found.inputs == {
        Input("executable", "gcc"): traced("run by build_wheel"),
        Input("environment", "*"): traced("passed on by build_wheel"),
    }


def test_a_program_that_was_not_there_ran_nothing(site: Site) -> None:
    found = site.used(sought=("hg",))
    assert found.opaque == ()
    assert found.inputs == {Input("executable", "hg"): traced("looked for by build_wheel")}


def test_a_program_that_is_run_twice_is_told_once(site: Site) -> None:
    runs = tuple(Spawned(("gcc", one), str(site.root), None) for one in ("a.c", "b.c"))
    assert site.used(spawned=runs).opaque == ("build_wheel ran gcc",)


@pytest.mark.parametrize("program", ["uname", "ldconfig", "/sbin/ldconfig", "lsb_release"])
def test_programs_that_tell_of_the_machine_are_harmless(site: Site, program: str) -> None:
    found = site.ran(program, "-a")
    assert found.opaque == ()
    assert named(found, "environment") == set()


def test_the_tracker_of_multiprocessing_is_harmless(site: Site) -> None:
    code = "from multiprocessing.resource_tracker import main;main(5)"
    assert site.ran(site.path("env/bin/python"), "-c", code).opaque == ()
    [why] = site.ran(site.path("env/bin/python"), "-c", "main()").opaque
    assert why == "build_wheel ran python"


def test_a_program_of_the_build_environment_is_no_input(site: Site) -> None:
    for program in ("ninja", site.path("env/bin/ninja")):
        found = site.ran(program)
        assert named(found, "executable") == set()
        assert found.opaque == ("build_wheel ran ninja",)


@pytest.mark.parametrize(
    ("program", "folder", "name"),
    [
        ("./gen.sh", "", "./gen.sh"),
        ("../gen.sh", "/src", "./gen.sh"),
        ("ROOT/gen.sh", "/src", "./gen.sh"),
        ("ROOT/src/../gen.sh", "", "./gen.sh"),
        ("TOP/bin/gcc", "", "TOP/bin/gcc"),
        ("../../bin/gcc", "", "TOP/bin/gcc"),
    ],
)
def test_a_program_that_is_called_by_its_path(
    site: Site, program: str, folder: str, name: str
) -> None:
    def spelled(text: str) -> str:
        return text.replace("ROOT", str(site.root)).replace("TOP", str(site.top))

    found = site.ran(spelled(program), folder=f"{site.root}{folder}")
    assert named(found, "executable") == {spelled(name)}
    assert found.opaque == (f"build_wheel ran {Path(program).name}",)


def test_what_is_run_in_place_of_what_is_called_counts(site: Site) -> None:
    found = site.ran("git", "describe", executable=site.path("bin/gcc"))
    assert found.opaque == ("build_wheel ran gcc",)
    assert named(found, "executable") == {site.path("bin/gcc")}
    assert named(found, "git-answer") == set()


def test_a_program_that_is_not_there_was_looked_for(site: Site) -> None:
    # Where it is missing the hook may have done without; it may be installed later.
    found = site.ran("swig", "-version")
    assert named(found, "executable") == {"swig"}


def test_a_program_without_a_name_is_opaque(site: Site) -> None:
    assert site.ran("").opaque == site.ran().opaque == ("build_wheel ran a program",)


# Libraries

PACKAGES = "/env/lib/python3.11/site-packages"
LIBRARIES = {
    f"{PACKAGES}/Cython/Compiler/Scanning.cpython-311-x86_64-linux-gnu.so": None,
    f"{PACKAGES}/_cffi_backend.cpython-311-x86_64-linux-gnu.so": None,
    f"{PACKAGES}/tomli/_parser.cpython-311-x86_64-linux-gnu.so": None,
    f"{PACKAGES}/81d243bd2c585b0f4821__mypyc.cpython-311-x86_64-linux-gnu.so": None,
    "libc.so.6": None,
    "/lib/libc.so.6": None,
    "libc.musl-x86_64.so.1": None,
    f"{PACKAGES}/lxml/etree.so": "etree.so was loaded",
    f"{PACKAGES}/tool/Cython/a.so": "a.so was loaded",
    "/home/ada/demo/Cython/a.so": "a.so was loaded",
    "/usr/lib/libxml2.so.2": "libxml2.so.2 was loaded",
    "libcrypto.so": "libcrypto.so was loaded",
}


@pytest.mark.parametrize("path", LIBRARIES)
def test_libraries_are_opaque_unless_they_are_known_to_compute(site: Site, path: str) -> None:
    found = site.used(libraries=(path,))
    why = LIBRARIES[path]
    assert found.opaque == ((why,) if why else ())
    assert named(found, "environment") == ({"*"} if why else set())


def test_what_the_recorder_could_not_see_is_handed_on(site: Site) -> None:
    found = site.used(problems=("the hook replaced itself",))
    assert found.untraced == ("the hook replaced itself",)
    assert found.opaque == ()


# Two hooks


def test_what_two_hooks_used(site: Site) -> None:
    first = site.used(("read", "a.py"), variables=("CC",), imported=(f"{site.root}/a.py",))
    second = usage.usage_of(
        site.trace(("read", "a.py"), ("read", "src/b.py"), problems=("why",)), "second", site.place
    )
    both = merge(first, second)
    assert both.inputs == {
        Input("file", "a.py"): traced("read by build_wheel"),
        Input("environment", "CC"): traced("read by build_wheel"),
        Input("file", "src/b.py"): traced("read by second"),
    }
    assert both.imported == {"a.py"}
    assert both.untraced == ("why",)
    assert merge(first, Usage(inputs={})) == merge(Usage(inputs={}), first) == first


def test_what_one_hook_read_need_not_have_been_looked_at_by_the_other(site: Site) -> None:
    looked = site.used(("looked at", "a.py"), ("looked at", "src"), ("looked at", "src/b.py"))
    read = site.used(("read", "a.py"), ("listed", "src"))
    assert things(merge(looked, read)) == things(merge(read, looked))
    assert things(merge(looked, read)) == {
        ("file", "a.py"),
        ("listing", "src"),
        ("path", "src"),
        ("path", "src/b.py"),
    }
    # What is read there was written by the first hook: that it looked before still counts.
    first = site.used(("looked at", "v.py"), ("written", "v.py"))
    assert things(merge(first, site.used(("read", "v.py")))) == {("path", "v.py")}


def test_what_no_hook_found_was_missed(site: Site) -> None:
    names = ("a.py", "src/gone.py", "src/gone.py", "src/came.py", "../shared/gone")
    looks = [("looked at", name) for name in names]
    missed = {site.path(f"repo/project/{name}") for name in (*names[1:4], "../shared/gone")}
    found = {site.path("repo/project/a.py"), site.path("repo/project/src/came.py")}
    first = site.used(*looks, found=frozenset(found), missed=frozenset(missed))
    assert first.found == {"a.py", "src/came.py"}
    assert first.missed == {"src/gone.py", "../shared/gone"}
    second = site.used(("read", "other.py"), missed=frozenset({site.path("repo/project/other.py")}))
    assert merge(first, second).missed == {"src/gone.py", "../shared/gone", "other.py"}
    assert merge(first, second).found == first.found
    # What an earlier answer of a hook depends on was looked at then, not now.
    earlier = Usage(inputs={Input("path", "src/gone.py"): traced("looked at by another hook")})
    assert merge(earlier, first).missed == {"../shared/gone"}


def test_what_the_first_hook_made_is_no_input_of_the_second(site: Site) -> None:
    both = merge(
        site.used(("written", "v.py")),
        site.used(("read", "v.py"), ("listed", "v.py"), ("looked at", "v.py"), ("read", "a.py")),
    )
    assert things(both) == {("file", "a.py")}
    assert both.written == both.overwritten == both.blind == {"v.py"}


def test_what_the_first_hook_only_added_to_the_second_read_with_what_it_held(site: Site) -> None:
    both = merge(site.used(("added to", "a.py")), site.used(("read", "a.py")))
    assert things(both) == {("file", "a.py")}


def test_what_the_first_hook_noticed_the_second_did_not_write_blindly(site: Site) -> None:
    first = site.used(("looked at", "v.py"), ("listed", "src"))
    second = site.used(("written", "v.py"), ("written", "src/v.py"), ("written", "w.py"))
    assert merge(first, second).blind == frozenset()
    assert merge(site.used(("listed", ".")), second).blind == frozenset()
    assert merge(site.used(("looked at", "a.py")), second).blind == second.written


def test_what_the_first_hook_read_the_second_did_not_overwrite_blindly(site: Site) -> None:
    both = merge(site.used(("read", "a.py")), site.used(("written", "a.py"), ("written", "v")))
    assert things(both) == {("file", "a.py")}
    assert both.written == {"a.py", "v"}
    assert both.overwritten == {"v"}


# With one name for each file: by another name the first hook's reading is not recognised, and the
# file that was written counts as edited. And no file can be listed.
by_one_name = accesses.map(
    lambda done: [
        (how, path) for how, path in done if path in ("a.py", "src/b.py") and how != "listed"
    ]
)


@given(by_one_name, by_one_name)
def test_two_hooks_use_no_less_than_one_that_does_both(
    tmp_path_factory: pytest.TempPathFactory,
    first: list[tuple[Access, str]],
    second: list[tuple[Access, str]],
) -> None:
    site = shared_site(tmp_path_factory)
    both, one = merge(site.used(*first), site.used(*second)), site.used(*first, *second)
    assert both.written == one.written
    # To count too much is safe, to count too little is not.
    assert {thing for thing in one.inputs if thing.kind != "path"} <= both.inputs.keys()
    assert both.overwritten <= one.overwritten
    assert both.blind <= one.blind


# pyproject.toml

PARSES = "/env/lib/python3.11/site-packages/flit_core/config.py:read_flit_config"
COPIES = "/usr/lib/python3.11/shutil.py:copyfile"


@pytest.mark.parametrize(
    ("readers", "more", "kind"),
    [
        ({PARSES}, {}, "toml-tables"),
        ({PARSES, COPIES}, {}, "file"),
        (None, {}, "file"),
        ({PARSES}, {"imported": ("a.py",)}, "file"),
        ({PARSES}, {"libraries": ("/opt/unknown.so",)}, "file"),
        ({PARSES}, {"problems": ("the trace of the hook is incomplete",)}, "file"),
    ],
)
def test_a_pyproject_toml_that_is_only_parsed(
    site: Site, readers: set[str] | None, more: dict[str, Any], kind: Kind
) -> None:
    path = f"{site.root}/pyproject.toml"
    more["imported"] = tuple(f"{site.root}/{name}" for name in more.get("imported", ()))
    known = {} if readers is None else {path: frozenset(readers)}
    used = site.used(("read", "pyproject.toml"), readers=known, **more)
    assert Input(kind, "pyproject.toml") in used.inputs
    others = {"toml-tables", "file"} - {kind}
    assert not [thing for thing in used.inputs if thing.kind in others]


def test_a_pyproject_toml_that_is_written(site: Site) -> None:
    known = {f"{site.root}/pyproject.toml": frozenset({PARSES})}
    accesses: list[tuple[Access, str]] = [("read", "pyproject.toml"), ("written", "pyproject.toml")]
    used = site.used(*accesses, readers=known)
    assert Input("file", "pyproject.toml") in used.inputs


def test_a_pyproject_toml_below_the_project_counts_as_a_whole(site: Site) -> None:
    known = {f"{site.root}/src/pyproject.toml": frozenset({PARSES})}
    used = site.used(("read", "src/pyproject.toml"), readers=known)
    assert Input("file", "src/pyproject.toml") in used.inputs


# Folders of which only some names were used


def listings_of(used: Usage) -> set[str]:
    return {thing.name for thing in used.inputs if thing.kind == "listing"}


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ({"src": {"*.py", "re:[^.]*"}}, {"src//*.py", "src//re:[^.]*"}),
        ({"src": {"*.py", "re:("}}, {"src"}),
        ({}, {"src"}),
    ],
)
def test_names_that_match_a_pattern(
    site: Site, patterns: dict[str, set[str]], expected: set[str]
) -> None:
    wanted = {f"{site.root}/{folder}": frozenset(some) for folder, some in patterns.items()}
    assert listings_of(site.used(("listed", "src"), wanted=wanted)) == expected


def test_a_folder_that_was_also_listed_by_another_spelling(site: Site) -> None:
    wanted = {f"{site.root}/src": frozenset({"*.py"})}
    accesses: list[tuple[Access, str]] = [("listed", "src"), ("listed", "src/")]
    assert listings_of(site.used(*accesses, wanted=wanted)) == {"src"}


def test_all_names_of_a_folder_outside_count(site: Site) -> None:
    wanted = {site.path("repo/shared"): frozenset({"*.py"})}
    assert listings_of(site.used(("listed", site.path("repo/shared")), wanted=wanted)) == {
        "../shared"
    }


def test_what_was_listed_in_part_was_noticed(site: Site) -> None:
    first = site.used(("listed", "src"), wanted={f"{site.root}/src": frozenset({"*.py"})})
    second = site.used(("written", "src/new.py"))
    assert second.blind == {"src/new.py"}
    assert merge(first, second).blind == set()


def test_an_egg_info_that_was_not_there_counts_by_what_it_would_add(site: Site) -> None:
    sources = {f"{site.root}/src/demo.egg-info": frozenset({"a.py", "src/b.py"})}
    accesses: list[tuple[Access, str]] = [
        ("looked at", "src/demo.egg-info"),
        ("looked at", "other.egg-info"),
    ]
    used = site.used(*accesses, egg_infos=sources)
    assert {thing for thing in used.inputs if thing.name.partition("//")[0].endswith("info")} == {
        Input("egg-info", "src/demo.egg-info//a.py\nsrc/b.py"),
        Input("path", "other.egg-info"),
    }


def test_a_command_that_was_not_run_counts_as_one_that_was(site: Site) -> None:
    """The recorder notes what it would have used, before it."""
    (site.top / "bin" / "as").touch()
    used = site.used(
        ("read", "a.py"),
        ("looked at", "src/h.h"),
        ("looked at", site.path("env/bin/as")),
        ("looked at", site.path("bin/as")),
        reused=(Spawned(("gcc", "-c", "a.c"), str(site.root), None),),
        missed=frozenset({f"{site.root}/src/h.h"}),
    )
    assert used.opaque == ()
    assert used.followed == ("build_wheel ran gcc",)
    for kind, name in (
        ("file", "a.py"),
        ("path", "src/h.h"),
        ("executable", "gcc"),
        ("executable", "as"),
        ("environment", "CPATH"),
        ("environment", "LC_*"),
    ):
        assert Input(kind, name) in used.inputs, name
    assert Input("environment", "*") not in used.inputs
