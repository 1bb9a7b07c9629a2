"""What git and interpreters look at when a decision runs them.

The recorder sees that they ran, not what they do. The answers here are from their manuals, and name
more than is looked at; of a program that is not known here nothing is known (``UnexplainedError``).
"""

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from lbuild_frontend.environments import interpreter as interpreters
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.in_process import probe
from lbuild_frontend.self_tracing.looked_at import LookedAt, UnexplainedError
from lbuild_keys.git import read_only
from lbuild_keys.git.run import UnansweredError, complaint, git_output, run_git
from lbuild_keys.observe import tree
from lbuild_keys.tracing.trace import Spawned


def looked_at_by(spawned: Spawned, roots: Collection[Path]) -> LookedAt:
    """Return what a program looked at.

    Args:
        roots: the folders of the projects.

    Raises:
        UnexplainedError: if that cannot be known.
        OSError: if something cannot be looked at.
    """
    program, *words = spawned.args
    if words == [probe.__file__]:
        return _interpreter(program)
    if read_only.is_git(program):
        try:
            return _git(spawned, roots)
        except UnansweredError as error:
            raise UnexplainedError from error
    raise UnexplainedError


def _executable(program: str) -> LookedAt:
    """Return a program, and the paths at which another of its name would be found first."""
    found = shutil.which(program)
    if found is None:
        raise UnexplainedError
    paths = {found}
    if not os.path.dirname(program):
        places = os.environ.get("PATH", os.defpath).split(os.pathsep)
        paths |= {os.path.join(place or os.curdir, program) for place in places}
    return LookedAt(paths=frozenset(map(os.path.abspath, paths)), variables=frozenset({"PATH"}))


# Interpreters


def _interpreter(program: str) -> LookedAt:
    """Return what determines where the interpreter that ran ``probe`` finds modules (site)."""
    try:
        found = interpreters.inspect(interpreters.find(program))
    except LbuildError as error:
        raise UnexplainedError from error
    if not os.path.samefile(found.executable, program):
        raise UnexplainedError  # a script that chooses an interpreter; by what is not known
    folder = os.path.dirname(program)
    settings = {os.path.join(place, "pyvenv.cfg") for place in (folder, os.path.dirname(folder))}
    listed, files = set(), set()
    for place in (*found.search_path, *found.site_packages):
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
    """Yield the folders that a ``.pth`` file adds to the search path if they exist (site)."""
    if path.endswith(".pth"):
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                yield os.path.join(os.path.dirname(path), line.strip())


def _is_run(name: str) -> bool:
    """Whether an interpreter runs files of this name when it starts (site)."""
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
        raise UnexplainedError
    folder = Path(place)
    code, out, err = run_git(
        folder, "rev-parse", "--absolute-git-dir", "--git-common-dir", "--show-toplevel"
    )
    if code != 0:
        if "not a git repository" not in err:
            raise UnexplainedError
        return around | _no_repository(folder)
    lines = [os.path.join(os.path.realpath(folder), os.fsdecode(line)) for line in out.splitlines()]
    if len(lines) != 3:  # a path with a line's end in it
        raise UnexplainedError
    own, common, top = lines
    tracked = {}
    for row in git_output(Path(top), "ls-files", "--stage", "-z").split(b"\0")[:-1]:
        entry, _, name = row.partition(b"\t")
        tracked[os.fsdecode(name)] = entry[:6]
    if b"160000" in tracked.values():
        raise UnexplainedError  # submodules: other repositories count as well
    return around | _settings(folder) | _repository({own, common}) | _work_tree(top, tracked, roots)


def _no_repository(folder: Path) -> LookedAt:
    """Where git looks for a repository, above a folder that is in none."""
    marks = (".git", "HEAD")  # a bare one has no .git
    places = (folder, *folder.parents, *Path(os.path.realpath(folder)).parents)
    return LookedAt(
        paths=frozenset(os.path.join(place, name) for place in places for name in marks)
    )


def _settings(folder: Path) -> LookedAt:
    """Return the files that configure git, ignore rules, attributes; also those that are absent."""
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
    """Yield the files that git's settings include; also absent ones, and conditional ones."""
    code, out, err = run_git(
        folder,
        *("config", "--show-origin", "-z", "--type=path"),
        *("--get-regexp", r"^include(if\..*)?\.path$"),
    )
    if code not in (0, 1):  # 1: nothing is included
        raise UnansweredError(complaint(code, err))
    rows = out.split(b"\0")[:-1]
    for origin, setting in zip(rows[::2], rows[1::2], strict=True):
        if not origin.startswith(b"file:"):
            raise UnexplainedError  # relative to nothing
        above = os.path.dirname(os.fsdecode(origin.removeprefix(b"file:")))
        yield os.path.join(above, os.fsdecode(setting.partition(b"\n")[2]))


_OF_SYSTEM = ("gitconfig", "gitattributes")
_NAMING_FILES = r"^(core\.(excludes|attributes)file|mailmap\.file|diff\.orderfile)$"
"""Settings that name files outside of the repository by which git answers."""


def _repository(folders: Collection[str]) -> LookedAt:
    """Return what is in a repository; of the objects, whose content never changes, the names."""
    objects = {os.path.join(folder, "objects") for folder in folders}
    rest = _below(folders, lambda path: path in objects)
    if any(os.path.islink(path) and os.path.isdir(path) for path in rest.paths):
        raise UnexplainedError  # git follows the link
    objects = set(filter(os.path.isdir, objects))  # worktrees have none of their own
    if any(os.path.lexists(os.path.join(path, "info", "alternates")) for path in objects):
        raise UnexplainedError  # those of another repository count as well
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
            raise UnexplainedError  # another repository in this one
        return path not in with_tracked and any(_is_noise(root, path) for root in roots)

    return _below([top], leave_out)


def _is_noise(root: Path, path: str) -> bool:
    below = os.path.relpath(path, root)
    # As for a file in it: noise is what is in such a folder.
    return not below.startswith("..") and below != "." and tree.is_noise(root, f"{below}/_")


def _below(folders: Iterable[str], leave_out: Callable[[str], bool]) -> LookedAt:
    """Return all that is in folders.

    Args:
        leave_out: whether to leave out a folder.

    Raises:
        UnexplainedError: if there is so much that looking at it takes longer than running git.
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
            raise UnexplainedError
    return LookedAt(frozenset(listed), frozenset(paths))


_MOST = 100_000
