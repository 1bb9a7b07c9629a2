"""What git would tell a build backend besides the commit and the tags.

That is the branch, the tracked names, and whether there are changes. The questions follow the git
commands in the sources of setuptools-scm 10.3 (which hatch-vcs calls), pdm-backend 2.5, poetry-core
2.5 and dunamai 1.26: ``describe``, ``status``, ``ls-files``, the branch, whether the clone is
shallow. They do not agree on untracked files, which are left out here.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from lbuild_keys.git.repository import (
    Repository,
    digest_of_rows,
    observes_repository,
    read_refs,
    require_unborn,
)
from lbuild_keys.git.run import UnansweredError, complaint, git_output, run_git
from lbuild_keys.model import State, present


class _Change(NamedTuple):
    """A tracked path that differs from the commit; ``git status --porcelain=v2`` has the fields."""

    path: bytes
    xy: str
    submodule: str


class _Checkout(NamedTuple):
    """HEAD and the changes since: no branch if detached, born if there is a commit."""

    branch: str | None
    born: bool
    changes: tuple[_Change, ...]


@observes_repository
def observe_working_tree(repository: Repository, today: date | None = None) -> State:
    """The state of a working tree: the branch, the tracked names, whether there are changes.

    It also covers ignore rules and attributes that are stored outside the work tree, the end of a
    shallow clone, replaced objects, and the length of the short commit name. Which files are
    tracked counts, their content does not, so ``git add`` of an edit changes nothing.

    Args:
        today: the day in UTC. It counts where setuptools-scm would write it into the version:
            after a change, or without a commit.
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
        [*sorted(shallow), *read_refs(repository, "refs/replace")],
        _lines(repository.common / "info" / "grafts"),
        [_short(repository, checkout)],
        _branches_of_detached(repository, checkout),
        *rules,
    )
    digest = digest_of_rows(digest_of_rows(rows).encode() for rows in sections)
    return present(", ".join([*parts, digest]))


def _checkout(repository: Repository) -> _Checkout:
    if repository.top is None:
        code, out, err = run_git(repository.folder, "symbolic-ref", "--quiet", "HEAD")
        if code not in (0, 1):
            raise UnansweredError(complaint(code, err))
        branch = os.fsdecode(out.strip()).removeprefix("refs/heads/") if code == 0 else None
        born = run_git(repository.folder, "rev-parse", "--verify", "HEAD^{commit}")[0] == 0
        if not born:
            require_unborn(repository)
        return _Checkout(branch, born, ())
    # Untracked files of a submodule are left out as everywhere; whatever else is in it counts,
    # because "describe --dirty" and "status" obey different settings.
    out = git_output(
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
                message = "git status printed a record of an unknown kind"
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
    """Mode and path of everything in the index, and the paths that submodules track."""
    listed = ("ls-files", "-z", "--full-name")
    rows = set()
    for record in git_output(repository.folder, *listed, "--stage", ":/").split(b"\0")[:-1]:
        entry, _, path = record.partition(b"\t")
        rows.add(entry[:6] + b" " + path)
    if repository.top is not None and any(row.startswith(b"160000") for row in rows):
        out = git_output(repository.folder, *listed, "--recurse-submodules", ":/")
        rows.update(out.split(b"\0")[:-1])
    return sorted(rows)


def _changed(
    repository: Repository, checkout: _Checkout, settings: Mapping[str, bytes]
) -> Iterator[bytes]:
    """Rows for changes: one for the folder itself, one for each changed folder outside of it.

    setuptools-scm can be limited to some folders (``distance_scope``). Inside the folder, one row
    is enough; outside of it, files that have changed already may change again.
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
    """The day on which a file was modified, counted since 1970 in UTC; 0 if there is no file.

    Before the first commit setuptools-scm dates a version by the files that ``git diff`` names.
    """
    try:
        return path.stat().st_mtime_ns // (86_400 * 10**9)
    except OSError:
        return 0


def _short(repository: Repository, checkout: _Checkout) -> bytes:
    """The abbreviated commit. Versions often hold it, and it grows with the repository."""
    return git_output(repository.folder, "rev-parse", "--short", "HEAD") if checkout.born else b""


def _branches_of_detached(repository: Repository, checkout: _Checkout) -> list[bytes]:
    """The local branches with a detached HEAD in them: versioneer uses one as the branch."""
    if checkout.branch is not None:
        return []
    return read_refs(repository, "--contains=HEAD", "refs/heads", columns="%(refname)")


def _settings(repository: Repository) -> dict[str, bytes]:
    wanted = r"^(core\.(excludesfile|attributesfile)|diff\.ignoresubmodules|submodule\..*\.ignore)$"
    code, out, err = run_git(
        repository.folder, "config", "-z", "--type=path", "--get-regexp", wanted
    )
    if code not in (0, 1):  # 1: none is set
        raise UnansweredError(complaint(code, err))
    settings = {}
    for record in out.split(b"\0")[:-1]:
        key, _, value = record.partition(b"\n")
        settings[os.fsdecode(key)] = value
    return settings


def _rules(repository: Repository, settings: Mapping[str, bytes]) -> Iterator[list[bytes]]:
    """The ignore rules and attributes of the repository and of the user, outside the work tree."""
    home = Path(os.environ.get("HOME") or os.path.expanduser("~"))  # noqa: PTH111 never raises
    personal = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "git"
    base = repository.top or repository.folder
    for own, setting, default in (
        ("exclude", "core.excludesfile", "ignore"),
        ("attributes", "core.attributesfile", "attributes"),
    ):
        configured = os.fsdecode(settings.get(setting, os.fsencode(personal / default)))
        # An empty path means no file.
        paths = (repository.common / "info" / own, base / (configured or os.devnull))
        for path in paths:
            # git init writes a template full of comments, or none, as it was packaged.
            yield [line for line in _lines(path) if line[:1] != b"#"]


def _lines(path: Path) -> list[bytes]:
    """The lines of a file; none if it is the null device, or if git would ignore it too."""
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
