"""What other programs look at when a decision asks them: git, and interpreters.

The recorder sees that they ran, not what they do. What is told here is more than they look at, and
from their manuals; a program that is not known here is ``Unexplained``.
"""

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lbuild_frontend.environments import interpreter as interpreters
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.in_process import probe
from lbuild_keys.git import read_only
from lbuild_keys.git.run import UnansweredError, complaint, git_output, run_git
from lbuild_keys.observe import tree
from lbuild_keys.tracing.trace import Spawned


class Unexplained(Exception):
    """Nobody can tell what something looked at."""


@dataclass(frozen=True, slots=True)
class LookedAt:
    """What a program may have looked at.

    Attributes:
        listed: absolute paths of folders, whose names count.
        paths: absolute paths of anything else.
        variables: names.
    """

    listed: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()

    def __or__(self, other: "LookedAt") -> "LookedAt":
        return LookedAt(
            self.listed | other.listed,
            self.paths | other.paths,
            self.variables | other.variables,
        )


def looked_at_by(spawned: Spawned, roots: Collection[Path]) -> LookedAt:
    """What a program looked at.

    Args:
        roots: the folders of the projects.

    Raises:
        Unexplained: if that cannot be told.
        OSError: if it cannot be looked at.
    """
    program, *words = spawned.args
    if words == [probe.__file__]:
        return _interpreter(program)
    if read_only.is_git(program):
        try:
            return _git(spawned, roots)
        except UnansweredError as error:
            raise Unexplained from error
    raise Unexplained


def _executable(program: str) -> LookedAt:
    """A program, and the places where another one of its name would come before it."""
    found = shutil.which(program)
    if found is None:
        raise Unexplained
    paths = {found}
    if not os.path.dirname(program):
        places = os.environ.get("PATH", os.defpath).split(os.pathsep)
        paths |= {os.path.join(place or os.curdir, program) for place in places}
    return LookedAt(paths=frozenset(map(os.path.abspath, paths)), variables=frozenset({"PATH"}))


# Interpreters


def _interpreter(program: str) -> LookedAt:
    """An interpreter that ``probe`` was run by: what decides where it looks for modules (site)."""
    try:
        around = interpreters.inspect(interpreters.find(program))
    except LbuildError as error:
        raise Unexplained from error
    if not os.path.samefile(around.executable, program):
        raise Unexplained  # a script that chooses one, by whatever it looks at
    folder = os.path.dirname(program)
    settings = {os.path.join(place, "pyvenv.cfg") for place in (folder, os.path.dirname(folder))}
    listed, files = set(), set()
    for place in (*around.search_path, *around.site_packages):
        if os.path.isdir(place):
            listed.add(place)
            run = {os.path.join(place, name) for name in os.listdir(place) if _is_run(name)}
            files |= run | {path for name in run for path in _places_named(name)}
        else:
            files.add(place)
    steering = {name for name in os.environ if name.startswith(("PYTHON", "__PYVENV"))}
    return _executable(program) | LookedAt(
        frozenset(listed), frozenset({*settings, *files}), frozenset({"HOME", *steering})
    )


def _places_named(path: str) -> Iterator[str]:
    """The places that a ``.pth`` file adds to the search path, if they are there (site)."""
    if path.endswith(".pth"):
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                yield os.path.join(os.path.dirname(path), line.strip())


def _is_run(name: str) -> bool:
    """Whether an interpreter runs a file of this name when it starts."""
    return name.endswith(".pth") or name.startswith(("sitecustomize", "usercustomize"))


# Git


def _git(spawned: Spawned, roots: Collection[Path]) -> LookedAt:
    steering = {name for name in os.environ if name.startswith("GIT_")}
    around = _executable(spawned.args[0]) | LookedAt(
        variables=frozenset({"HOME", "XDG_CONFIG_HOME", "TZ", *steering})
    )
    if spawned.args[1:] == ("version",):
        return around
    option, place, *_ = (*spawned.args[1:], "", "")
    if option != "-C":
        raise Unexplained
    folder = Path(place)
    code, out, err = run_git(
        folder, "rev-parse", "--absolute-git-dir", "--git-common-dir", "--show-toplevel"
    )
    if code != 0:
        if "not a git repository" not in err:
            raise Unexplained
        return around | _no_repository(folder)
    lines = [os.path.join(os.path.realpath(folder), os.fsdecode(line)) for line in out.splitlines()]
    if len(lines) != 3:  # a path with a line's end in it
        raise Unexplained
    own, common, top = lines
    tracked = {}
    for row in git_output(Path(top), "ls-files", "--stage", "-z").split(b"\0")[:-1]:
        entry, _, name = row.partition(b"\t")
        tracked[os.fsdecode(name)] = entry[:6]
    if b"160000" in tracked.values():
        raise Unexplained  # submodules: other repositories count as well
    return around | _settings(folder) | _repository({own, common}) | _work_tree(top, tracked, roots)


def _no_repository(folder: Path) -> LookedAt:
    """Where git looks for a repository, above a folder that is in none."""
    marks = (".git", "HEAD")  # a bare one has no .git
    places = (folder, *folder.parents, *Path(os.path.realpath(folder)).parents)
    return LookedAt(
        paths=frozenset(os.path.join(place, name) for place in places for name in marks)
    )


def _settings(folder: Path) -> LookedAt:
    """The files that configure git, ignore rules and attributes among them; also absent ones."""
    origins = git_output(folder, "config", "--list", "--show-origin", "-z").split(b"\0")
    named = [os.fsdecode(one.removeprefix(b"file:")) for one in origins if one[:5] == b"file:"]
    code, out, _ = run_git(
        folder,
        *("config", "-z", "--type=path", "--get-regexp", _NAMING_FILES),
    )
    values = (row.partition(b"\n")[2] for row in out.split(b"\0")[:-1] if code == 0)
    home = os.path.expanduser("~")
    personal = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    prefix = Path(os.fsdecode(git_output(folder, "--exec-path").rstrip(b"\n"))).parents[1]
    usual = (
        os.path.join(home, ".gitconfig"),
        *(os.path.join(personal, "git", name) for name in ("config", "ignore", "attributes")),
        *(f"{place}/{name}" for place in ("/etc", prefix / "etc") for name in _OF_SYSTEM),
        *filter(None, (os.environ.get(f"GIT_CONFIG_{which}") for which in ("GLOBAL", "SYSTEM"))),
    )
    everything = (*named, *_included(folder), *map(os.fsdecode, values), *usual)
    return LookedAt(paths=frozenset(os.path.join(folder, path) for path in everything))


def _included(folder: Path) -> Iterator[str]:
    """The files that git's settings include, also those that are not there, or not yet included."""
    code, out, err = run_git(
        folder,
        *("config", "--show-origin", "-z", "--type=path"),
        *("--get-regexp", r"^include(if\..*)?\.path$"),
    )
    if code not in (0, 1):  # 1: there is none
        raise UnansweredError(complaint(code, err))
    rows = out.split(b"\0")[:-1]
    for origin, setting in zip(rows[::2], rows[1::2], strict=True):
        if not origin.startswith(b"file:"):
            raise Unexplained  # relative to nothing
        above = os.path.dirname(os.fsdecode(origin.removeprefix(b"file:")))
        yield os.path.join(above, os.fsdecode(setting.partition(b"\n")[2]))


_OF_SYSTEM = ("gitconfig", "gitattributes")
_NAMING_FILES = r"^(core\.(excludes|attributes)file|mailmap\.file|diff\.orderfile)$"
"""Settings that name files outside of the repository by which git answers."""


def _repository(folders: Collection[str]) -> LookedAt:
    """What lies in a repository; of the objects, whose content never changes, the names."""
    objects = {os.path.join(folder, "objects") for folder in folders}
    rest = _below(folders, lambda path: path in objects)
    if any(os.path.islink(path) and os.path.isdir(path) for path in rest.paths):
        raise Unexplained  # git follows it
    objects = set(filter(os.path.isdir, objects))  # worktrees have none of their own
    if any(os.path.lexists(os.path.join(path, "info", "alternates")) for path in objects):
        raise Unexplained  # those of another repository count as well
    return rest | LookedAt(listed=_below(objects, lambda _: False).listed)


def _work_tree(top: str, tracked: Iterable[str], roots: Collection[Path]) -> LookedAt:
    """A work tree, less what ``git.answers`` leaves out of git's answers about a project in it."""
    with_tracked = {
        os.path.join(top, *parts[:end])
        for parts in (name.split("/") for name in tracked)
        for end in range(1, len(parts))
    }
    own = os.path.join(top, ".git")

    def leave_out(path: str) -> bool:
        if path == own:
            return True
        if os.path.basename(path) == ".git":
            raise Unexplained  # another repository in this one
        return path not in with_tracked and any(_is_noise(root, path) for root in roots)

    return _below([top], leave_out)


def _is_noise(root: Path, path: str) -> bool:
    below = os.path.relpath(path, root)
    # As of a file in it: whether a folder is a cache is told for what lies in it.
    return not below.startswith("..") and below != "." and tree.is_noise(root, f"{below}/_")


def _below(folders: Iterable[str], leave_out: Callable[[str], bool]) -> LookedAt:
    """All that lies in folders.

    Args:
        leave_out: whether to leave out a folder.

    Raises:
        Unexplained: if there is so much that looking at it takes longer than asking git.
    """
    listed, paths, pending = set(), set(), list(folders)
    while pending:
        folder = pending.pop()
        listed.add(folder)
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    paths.add(entry.path)
                elif not leave_out(entry.path):
                    pending.append(entry.path)
        if len(paths) > _MOST:
            raise Unexplained
    return LookedAt(frozenset(listed), frozenset(paths))


_MOST = 100_000
