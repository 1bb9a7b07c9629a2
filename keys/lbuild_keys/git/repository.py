"""A folder -> the git repository that it is in, with the commit and the tags.

Git itself answers, because GitPython's own reading of refs and objects supports neither SHA-256 nor
reftable. A repository that exists but cannot be read is unreadable, never absent.
"""

import functools
import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Concatenate, NamedTuple, ParamSpec

from lbuild_keys.git.run import UnansweredError, complaint, git_output, run_git
from lbuild_keys.model import ABSENT, State, present, unreadable

_P = ParamSpec("_P")


class Repository(NamedTuple):
    """A git repository, as it is found from one folder.

    Attributes:
        folder: the folder that the search began in, without symbolic links.
        marked: the nearest folder, at or above it, that holds ``.git`` or is a bare repository.
        top: the top of the work tree; None where there is none (bare, or inside ``.git``).
        common: the folder that all work trees of the repository share, usually ``.git``.
        trouble: why git cannot read it, and then ``top`` and ``common`` mean nothing; else empty.
    """

    folder: Path
    marked: Path
    top: Path | None
    common: Path
    trouble: str = ""


def find_repository(folder: Path) -> Repository | None:
    """Find the repository that git would use in ``folder``; None if there is none.

    Without a ``.git`` at or above the folder, git is not run and need not be installed. A
    repository that git ignores (above ``GIT_CEILING_DIRECTORIES`` or a mount point) does not count.
    """
    folder = Path(os.path.realpath(folder))
    marked = folder
    try:
        if (found := _marked(folder)) is None:
            return None
        marked = found
        code, out, err = run_git(
            folder, "rev-parse", "--git-common-dir", "--is-inside-work-tree", "--show-cdup"
        )
        if code != 0 and "not a git repository" in err and marked != folder:
            beyond, *_ = run_git(marked, "rev-parse", "--git-dir")
            if beyond == 0:
                return None
        trouble = complaint(code, err) if code != 0 else ""
    except OSError as error:
        trouble = f"cannot look for a repository: {error.strerror}"
    except UnansweredError as error:
        trouble = str(error)
    if trouble:
        return Repository(folder=folder, marked=marked, top=None, common=marked, trouble=trouble)
    # The first of the three may hold line breaks, being a path; the last is "../../" or empty.
    common, inside, up = out.rpartition(b"\ntrue\n")
    if not inside:
        common, *_ = out.rpartition(b"\nfalse\n")
    return Repository(
        folder=folder,
        marked=marked,
        top=(folder, *folder.parents)[up.count(b"../")] if inside else None,
        common=folder / os.fsdecode(common),
    )


def tracked_names(folder: Path) -> frozenset[str] | None:
    """Return the paths below a folder that git tracks; None if that cannot be known."""
    repository = find_repository(folder)
    if repository is None:
        return frozenset()
    if repository.trouble:
        return None
    try:
        out = git_output(repository.folder, "ls-files", "-z", "--recurse-submodules")
    except UnansweredError:
        return None
    return frozenset(map(os.fsdecode, out.split(b"\0")))


def observes_repository(
    ask: Callable[Concatenate[Repository, _P], State],
) -> Callable[Concatenate[Repository | None, _P], State]:
    """Decorate a function that observes a repository: None is absent, a failure is unreadable."""

    @functools.wraps(ask)
    def state(repository: Repository | None, /, *args: _P.args, **kwargs: _P.kwargs) -> State:
        if repository is None:
            return ABSENT
        if repository.trouble:
            return unreadable(repository.trouble)
        try:
            return ask(repository, *args, **kwargs)
        except UnansweredError as error:
            return unreadable(str(error))

    return state


@observes_repository
def observe_commit(repository: Repository) -> State:
    """The full name of the commit that HEAD resolves to; ``unborn`` before the first commit."""
    code, out, _ = run_git(repository.folder, "rev-parse", "--verify", "HEAD^{commit}")
    if code == 0:
        return present(out.decode().strip())
    require_unborn(repository)
    return present("unborn")


@observes_repository
def observe_tags(repository: Repository) -> State:
    """The number of tags, and a digest of their names and objects: an annotated tag is one."""
    rows = read_refs(repository, "refs/tags")
    count = {0: "no tags", 1: "1 tag"}.get(len(rows), f"{len(rows)} tags")
    return present(f"{count}, {digest_of_rows(rows)}")


def enclosing_folders(repository: Repository | None) -> tuple[Path, ...]:
    """The folders above the one searched from, nearest first, up to the top of the work tree.

    Backends read ignore rules there: git from the top downwards, hatchling upwards until a folder
    that holds ``.git``. Where the two differ, the list ends with the farther one.
    """
    if repository is None:
        return ()
    parents = tuple(repository.folder.parents)
    ends = [parents.index(end) + 1 for end in (repository.marked, repository.top) if end in parents]
    return parents[: max(ends, default=0)]


def _marked(folder: Path) -> Path | None:
    """The nearest folder, at or above this one, that holds ``.git`` or is a bare repository."""
    for candidate in (folder, *folder.parents):
        if _exists(candidate / ".git"):
            return candidate
        if _exists(candidate / "HEAD") and _exists(candidate / "objects"):
            return candidate
    return None


def _exists(path: Path) -> bool:
    """Whether anything has that name; raises OSError if unsure, which ``Path.exists`` does not."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def require_unborn(repository: Repository) -> None:
    """Raise UnansweredError unless HEAD names a branch that has no commit yet."""
    code, out, err = run_git(repository.folder, "symbolic-ref", "HEAD")
    problem = complaint(code, err)
    if code == 0:
        name = out.strip()
        if name not in read_refs(repository, os.fsdecode(name), columns="%(refname)"):
            return
        problem = f"{os.fsdecode(name)} does not name a readable commit"
    message = f"HEAD does not name a commit: {problem}"
    raise UnansweredError(message)


def read_refs(
    repository: Repository,
    *which: str,
    columns: str = "%(refname) %(objectname) %(objecttype)",
) -> list[bytes]:
    """The rows of ``git for-each-ref``, sorted.

    Args:
        which: patterns of refs, and other options.
        columns: the format of a row; with the type in it, git has to find the objects.

    Raises:
        UnansweredError: git fails, or ignores a broken ref, which is no error to git.
    """
    code, out, err = run_git(repository.folder, "for-each-ref", f"--format={columns}", *which)
    broken = [line for line in err.splitlines() if line.startswith("warning: ignoring ")]
    if code != 0 or broken:
        raise UnansweredError(broken[0] if broken else complaint(code, err))
    return sorted(out.splitlines())


def digest_of_rows(rows: Iterable[bytes]) -> str:
    """The SHA-256 of rows of any bytes, in their order."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(b"%d:" % len(row) + row)
    return digest.hexdigest()
