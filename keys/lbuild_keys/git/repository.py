"""Git state: the commit, the tags, and what else git would tell a build backend.

Knows how to ask git, through GitPython's ``Git``, without writing to the repository, without
running what its configuration names for that purpose, and without being led to another repository
by the environment. Git itself answers: GitPython's own reading of refs and objects knows neither
SHA-256 nor reftable. A repository that is there but cannot be read is unreadable, never absent.

What is asked here follows the git commands in the source of setuptools-scm 10.3 (which hatch-vcs
calls), pdm-backend 2.5, poetry-core 2.5 and dunamai 1.26: ``describe``, ``status``, ``ls-files``,
the branch, whether the clone is shallow. They do not agree on untracked files, left out here.
"""

import functools
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Concatenate, ParamSpec

from lbuild_keys.git import run as git_run
from lbuild_keys.git.run import UnansweredError
from lbuild_keys.model import ABSENT, State, present, unreadable

_P = ParamSpec("_P")


@dataclass(frozen=True, kw_only=True, slots=True)
class Repository:
    """What git finds from one folder.

    Attributes:
        folder: the folder asked about, without symbolic links.
        marked: the nearest folder, at or above it, that holds ``.git`` or is a bare repository.
        top: the top of the work tree; None where there is none (bare, or inside ``.git``).
        common: the folder that all work trees of the repository share, usually ``.git``.
        trouble: why git cannot read it; empty if it can, else ``top`` and ``common`` say nothing.
    """

    folder: Path
    marked: Path
    top: Path | None
    common: Path
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class _Change:
    """A tracked path that is not as in the commit: ``xy`` and ``submodule`` as in porcelain v2."""

    path: bytes
    xy: str
    submodule: str


@dataclass(frozen=True, slots=True)
class _Checkout:
    """HEAD and what was done since: no branch when detached; born once there is a commit."""

    branch: str | None
    born: bool
    changes: tuple[_Change, ...]


def find(folder: Path) -> Repository | None:
    """Find the repository that git would use in ``folder``; None if there is none.

    Without a ``.git`` at or above the folder git is not run, and need not be installed. One that
    git does not look at, beyond ``GIT_CEILING_DIRECTORIES`` or a mount point, is none.
    """
    folder = Path(os.path.realpath(folder))
    marked = folder
    try:
        if (found := _marked(folder)) is None:
            return None
        marked = found
        code, out, err = git_run.run(
            folder, "rev-parse", "--git-common-dir", "--is-inside-work-tree", "--show-cdup"
        )
        if code != 0 and "not a git repository" in err and marked != folder:
            beyond, *_ = git_run.run(marked, "rev-parse", "--git-dir")
            if beyond == 0:
                return None
        trouble = git_run.why(code, err) if code != 0 else ""
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


def _asked(
    ask: Callable[Concatenate[Repository, _P], State],
) -> Callable[Concatenate[Repository | None, _P], State]:
    """Give ``ask`` only repositories that can be asked, and turn no answer into its state."""

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


@_asked
def commit(repository: Repository) -> State:
    """The object name that HEAD resolves to, in full; ``unborn`` before the first commit."""
    code, out, _ = git_run.run(repository.folder, "rev-parse", "--verify", "HEAD^{commit}")
    if code == 0:
        return present(out.decode().strip())
    _require_unborn(repository)
    return present("unborn")


@_asked
def tags(repository: Repository) -> State:
    """Every tag's full name and the object that it names, which for an annotated tag is its own."""
    rows = _refs(repository, "refs/tags")
    count = {0: "no tags", 1: "1 tag"}.get(len(rows), f"{len(rows)} tags")
    return present(f"{count}, {_digest(rows)}")


@_asked
def tree(repository: Repository, today: date | None = None) -> State:
    """What else git would tell a backend: the branch, tracked names, whether there are changes.

    Also: the rules for ignored paths and attributes that are kept outside the work tree, how far a
    shallow clone reaches, what replaces objects, and how short git makes the commit's name. Content
    does not count, so ``git add`` of an edit changes nothing; which files are tracked does.

    Where setuptools-scm would write today's date into the version (in UTC; after a change, or
    without a commit), ``today`` counts.
    """
    settings = _settings(repository)
    rules = list(_rules(repository, settings))  # first: git status would wait for a FIFO's writer
    checkout = _checkout(repository)
    shallow = _lines(repository.common / "shallow")
    where = f"branch {checkout.branch}" if checkout.branch is not None else "detached"
    condition = "modified since the commit" if checkout.changes else "clean"
    if repository.top is None:
        condition = "no work tree"
    parts = [where, condition if checkout.born else "no commit yet"]
    if shallow:
        parts.append("shallow")
    if checkout.changes or not checkout.born:
        parts.append((today or datetime.now(UTC).date()).isoformat())
    sections = (
        _names(repository),
        _changed(repository, checkout, settings),
        [*sorted(shallow), *_refs(repository, "refs/replace")],
        _lines(repository.common / "info" / "grafts"),
        [_short(repository, checkout)],
        _branches_of_detached(repository, checkout),
        *rules,
    )
    digest = _digest(_digest(rows).encode() for rows in sections)
    return present(", ".join([*parts, digest]))


def enclosing_folders(repository: Repository | None) -> tuple[Path, ...]:
    """The folders above the one asked about, nearest first, to the top of the work tree.

    Backends read ignore rules there: git from the top downwards, hatchling upwards until a folder
    that holds ``.git``. Where the two differ, the farther one is the last.
    """
    if repository is None:
        return ()
    parents = tuple(repository.folder.parents)
    ends = [parents.index(end) + 1 for end in (repository.marked, repository.top) if end in parents]
    return parents[: max(ends, default=0)]


def _marked(folder: Path) -> Path | None:
    for candidate in (folder, *folder.parents):
        if _exists(candidate / ".git"):
            return candidate
        if _exists(candidate / "HEAD") and _exists(candidate / "objects"):
            return candidate
    return None


def _exists(path: Path) -> bool:
    """Whether anything has that name; unlike ``Path.exists``, raises OSError if in doubt."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _checkout(repository: Repository) -> _Checkout:
    if repository.top is None:
        code, out, err = git_run.run(repository.folder, "symbolic-ref", "--quiet", "HEAD")
        if code not in (0, 1):
            raise UnansweredError(git_run.why(code, err))
        branch = os.fsdecode(out.strip()).removeprefix("refs/heads/") if code == 0 else None
        born = git_run.run(repository.folder, "rev-parse", "--verify", "HEAD^{commit}")[0] == 0
        if not born:
            _require_unborn(repository)
        return _Checkout(branch, born, ())
    # Untracked files of a submodule are left out as everywhere; whatever else is in it counts,
    # because "describe --dirty" and "status" obey different settings.
    out = git_run.answer(
        repository.folder,
        *("status", "--porcelain=v2", "-z", "--branch", "--no-ahead-behind", "--no-renames"),
        *("--untracked-files=no", "--ignore-submodules=untracked"),
    )
    headers: dict[bytes, bytes] = {}
    changes = []
    for record in out.split(b"\0"):
        if record.startswith(b"# "):
            _, name, value = record.split(b" ", 2)
            headers[name] = value
        elif record:
            fields = {b"1": 8, b"u": 10}.get(record[:1])
            if fields is None:
                message = "git status gave a record of an unknown kind"
                raise UnansweredError(message)
            _, xy, submodule, *_, path = record.split(b" ", fields)
            changes.append(_Change(path, xy.decode(), submodule.decode()))
    born = headers[b"branch.oid"] != b"(initial)"
    head = headers[b"branch.head"]
    if not born and head == b"(unknown)":
        message = "the ref that HEAD names is broken"
        raise UnansweredError(message)
    return _Checkout(None if head == b"(detached)" else os.fsdecode(head), born, tuple(changes))


def _names(repository: Repository) -> Iterable[bytes]:
    """Mode and path of everything in the index; what submodules track follows, without modes."""
    listed = ("ls-files", "-z", "--full-name")
    rows = set()
    for record in git_run.answer(repository.folder, *listed, "--stage", ":/").split(b"\0")[:-1]:
        entry, _, path = record.partition(b"\t")
        rows.add(entry[:6] + b" " + path)
    if repository.top is not None and any(row.startswith(b"160000") for row in rows):
        out = git_run.answer(repository.folder, *listed, "--recurse-submodules", ":/")
        rows.update(out.split(b"\0")[:-1])
    return sorted(rows)


def _changed(
    repository: Repository, checkout: _Checkout, settings: Mapping[str, bytes]
) -> Iterator[bytes]:
    """Whether the folder itself has changes, and which folders outside it have some.

    setuptools-scm can be told to look at some folders only (``distance_scope``). Within the folder
    more need not be told, outside it files that have changed already may change again.
    """
    if repository.top is None:
        return
    rows = set()
    within = os.fsencode(repository.folder.relative_to(repository.top).as_posix())
    prefix = b"" if within == b"." else within + b"/"
    for change in checkout.changes:
        inside = change.path.startswith(prefix)
        rows.add(b"inside" if inside else b"outside " + change.path.rpartition(b"/")[0])
        if change.xy == ".A":
            rows.add(b"intended " + change.path)
        if change.submodule.startswith("S"):
            rows.add(f"submodule {change.submodule} ".encode() + change.path)
            rows.update(
                os.fsencode(key) + b"=" + value
                for key, value in settings.items()
                if not key.startswith("core.")
            )
    yield from sorted(rows)
    if not checkout.born:
        unstaged = (change.path for change in checkout.changes if change.xy[1] != ".")
        days = [_day(repository.top / os.fsdecode(path)) for path in unstaged]
        yield str(max(days, default=0)).encode()


def _day(path: Path) -> int:
    """The day, since 1970 in UTC, on which a file was modified; 0 without one.

    Before the first commit setuptools-scm dates a version by the files that ``git diff`` names.
    """
    try:
        return path.stat().st_mtime_ns // (86_400 * 10**9)
    except OSError:
        return 0


def _short(repository: Repository, checkout: _Checkout) -> bytes:
    """The abbreviated commit, which grows with the repository, and versions often hold."""
    return (
        git_run.answer(repository.folder, "rev-parse", "--short", "HEAD") if checkout.born else b""
    )


def _branches_of_detached(repository: Repository, checkout: _Checkout) -> list[bytes]:
    """The local branches that hold a detached HEAD; versioneer takes one of them for the branch."""
    if checkout.branch is not None:
        return []
    return _refs(repository, "--contains=HEAD", "refs/heads", columns="%(refname)")


def _settings(repository: Repository) -> dict[str, bytes]:
    wanted = r"^(core\.(excludesfile|attributesfile)|diff\.ignoresubmodules|submodule\..*\.ignore)$"
    code, out, err = git_run.run(
        repository.folder, "config", "-z", "--type=path", "--get-regexp", wanted
    )
    if code not in (0, 1):  # 1: none is set
        raise UnansweredError(git_run.why(code, err))
    settings = {}
    for record in out.split(b"\0")[:-1]:
        key, _, value = record.partition(b"\n")
        settings[os.fsdecode(key)] = value
    return settings


def _rules(repository: Repository, settings: Mapping[str, bytes]) -> Iterator[list[bytes]]:
    """The ignore rules and attributes from outside the work tree: the repository's, the user's."""
    home = Path(os.environ.get("HOME") or os.path.expanduser("~"))  # noqa: PTH111 never raises
    personal = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "git"
    base = repository.top or repository.folder
    for own, setting, default in (
        ("exclude", "core.excludesfile", "ignore"),
        ("attributes", "core.attributesfile", "attributes"),
    ):
        configured = os.fsdecode(settings.get(setting, os.fsencode(personal / default)))
        # The empty path is git's way to have none.
        paths = (repository.common / "info" / own, base / (configured or os.devnull))
        for path in paths:
            # git init writes a template full of comments, or none, as it was packaged.
            yield [line for line in _lines(path) if line[:1] != b"#"]


def _lines(path: Path) -> list[bytes]:
    """The lines of a file; none if it is the null device, or where git would pass over it too."""
    problem = "not a file"
    try:
        mode = path.stat().st_mode
        if stat.S_ISCHR(mode):
            return []
        if stat.S_ISREG(mode):
            return [line.removesuffix(b"\r") for line in path.read_bytes().split(b"\n") if line]
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []
    except OSError as error:
        problem = str(error.strerror)
    message = f"{path}: {problem}"
    raise UnansweredError(message)


def _require_unborn(repository: Repository) -> None:
    """Raise unless HEAD cannot be resolved for the one reason that its branch is still to come."""
    code, out, err = git_run.run(repository.folder, "symbolic-ref", "HEAD")
    problem = git_run.why(code, err)
    if code == 0:
        name = out.strip()
        if name not in _refs(repository, os.fsdecode(name), columns="%(refname)"):
            return
        problem = f"{os.fsdecode(name)} names no commit that can be read"
    message = f"HEAD leads to no commit: {problem}"
    raise UnansweredError(message)


def _refs(
    repository: Repository,
    *which: str,
    columns: str = "%(refname) %(objectname) %(objecttype)",
) -> list[bytes]:
    """The refs asked for, sorted; with the type among the columns their objects have to be there.

    Git passes over a broken ref with a warning and success: here it is an error.
    """
    code, out, err = git_run.run(repository.folder, "for-each-ref", f"--format={columns}", *which)
    broken = [line for line in err.splitlines() if line.startswith("warning: ignoring ")]
    if code != 0 or broken:
        raise UnansweredError(broken[0] if broken else git_run.why(code, err))
    return sorted(out.splitlines())


def _digest(rows: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(b"%d:" % len(row) + row)
    return digest.hexdigest()
