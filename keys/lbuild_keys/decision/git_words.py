"""A git command and its two answers -> what that means, in the words of people.

The words of an answer are those of ``git.answers``: one short line, or the exit code. Where they do
not tell what happened, what the command asks for is named.
"""

import re
from typing import NamedTuple

from lbuild_keys.git import questions, read_only
from lbuild_keys.git.read_only import Command
from lbuild_keys.model import State


class GitWords(NamedTuple):
    """What another answer of git means.

    Attributes:
        subject: what differs: ``tag``, ``commit``, ``branch``, or the command.
        change: old and new, in a few words; may be empty.
        clause: a sentence without its full stop.
    """

    subject: str
    change: str
    clause: str


TELLING = ("repository", "tag", "commits", "commit", "branch", "changes", "tracked files", "tags")
"""Subjects, the most telling first; any other comes after them."""


def words_for(name: str, old: State, new: State) -> GitWords:
    """Return the words for two answers to one question (``questions.input_name``)."""
    try:
        command = read_only.split_command_line(questions.parse_input_name(name)[1])
    except ValueError:  # by another version of lbuild
        command = None
    was, now = (_text(state) for state in (old, new))
    if command is None:
        return _output_changed(name, was, now)
    if _no_repository(was) != _no_repository(now):
        if _no_repository(now):
            change, clause = "repository -> none", "there is no git repository now"
        else:
            change, clause = "none -> repository", "there is a git repository now"
        return GitWords("repository", change, clause)
    found = None
    if command.name == "describe":
        found = _described(was, now)
    elif command.name in ("rev-parse", "rev-list", "symbolic-ref", "name-rev"):
        found = _named(command, was, now)
    elif command.name in ("diff", "diff-index", "diff-files"):
        found = _condition(was == "exit 1", now == "exit 1") if was != now else None
    elif command.name == "version" and was != now:
        found = GitWords("git", f"{was} -> {now}", f"another git answers ({now}, was {was})")
    if found is None and was == now and command.name in _MEANING:
        subject, clause = _MEANING[command.name]
        found = GitWords(subject, "", clause)
    return found or _output_changed(f"git {command.name}", was, now)


_MEANING = {
    "archive": ("commit", "the files in the commit differ"),
    "branch": ("branch", "the branch, or the list of branches, is another one"),
    "config": ("git config", "git's settings changed (git config)"),
    "diff": ("changes", "other changes are not committed"),
    "diff-files": ("changes", "other changes are not committed"),
    "diff-index": ("changes", "other changes are not committed"),
    "for-each-ref": ("tags", "the tags or branches changed"),
    "log": ("commit", "the last commit, or what git log says of it, is another one"),
    "ls-files": ("tracked files", "git ls-files lists other files"),
    "ls-tree": ("commit", "the files in the commit differ"),
    "show": ("commit", "the commit, or what git show says of it, is another one"),
    "show-ref": ("tags", "the tags or branches changed"),
    "status": ("changes", "git status lists other changes"),
    "tag": ("tags", "the tags changed"),
}
"""By command: what differs, and the clause; where the answers are too long to be kept."""


def _text(state: State) -> str:
    """Return the words of an answer, without its digest."""
    words = state.detail.rpartition(", ")[0] if state.presence == "present" else ""
    return words or {"present": "", "absent": "never asked"}.get(state.presence, state.presence)


def _no_repository(text: str) -> bool:
    return "not a git repository" in text


def _failed(text: str) -> bool:
    return text.startswith("exit ")


_DESCRIBED = re.compile(
    r"(?P<tag>.+?)(-(?P<ahead>[0-9]+)-g(?P<commit>[0-9a-f]{4,}))?(?P<dirty>-dirty)?"
)
_COMMIT = re.compile(r"(?P<commit>[0-9a-f]{4,64})(?P<dirty>-dirty)?")


class _Described(NamedTuple):
    """An answer of ``git describe``; ``tag`` is None if there is no tag."""

    tag: str | None
    ahead: int
    commit: str
    is_dirty: bool


def _parse_described(text: str) -> _Described | None:
    if _failed(text):
        return _Described(None, 0, "", is_dirty=False) if _NO_TAG.search(text) else None
    bare = _COMMIT.fullmatch(text)  # with --always, where there is no tag
    if bare is not None:
        return _Described(None, 0, bare["commit"], is_dirty=bare["dirty"] is not None)
    found = _DESCRIBED.fullmatch(text)
    if found is None:
        return None
    ahead, commit = int(found["ahead"] or 0), found["commit"] or ""
    return _Described(found["tag"], ahead, commit, is_dirty=found["dirty"] is not None)


_NO_TAG = re.compile(r"No names found|No tags can|No annotated tags|no tag exactly")


def _described(was_text: str, now_text: str) -> GitWords | None:
    was, now = _parse_described(was_text), _parse_described(now_text)
    if was is None or now is None:
        return None
    if was.tag != now.tag:
        change = f"{was.tag or 'no tag'} -> {now.tag or 'no tag'}"
        if now.tag is None:
            return GitWords("tag", change, f"no tag is there now, it was {was.tag}")
        ahead = f" ({_commits(now.ahead)} after it)" if now.ahead else ""
        before = f"was {was.tag}" if was.tag else "there was none"
        return GitWords("tag", change, f"the tag is {now.tag}{ahead}, {before}")
    if was.ahead != now.ahead:
        clause = f"the commit is {_commits(now.ahead)} after the tag {now.tag}, it was {was.ahead}"
        return GitWords("commits", f"{was.ahead} -> {now.ahead} after {now.tag}", clause)
    if was.commit != now.commit:
        return _commit(was.commit, now.commit)
    return _condition(was.is_dirty, now.is_dirty)


def _commits(count: int) -> str:
    return "1 commit" if count == 1 else f"{count} commits"


def _commit(was: str, now: str) -> GitWords:
    was, now = was[:8] or "none", now[:8] or "none"
    return GitWords("commit", f"{was} -> {now}", f"the commit is {now}, was {was}")


def _condition(was_dirty: bool, is_dirty: bool) -> GitWords | None:
    if was_dirty == is_dirty:
        return None
    if is_dirty:
        return GitWords("changes", "none -> some", "there are changes that are not committed")
    return GitWords("changes", "some -> none", "all changes are committed")


def _named(command: Command, was: str, now: str) -> GitWords | None:
    """Return the words for commands whose answer is the name of a commit or a branch."""
    if was == now:
        return None
    if command.name == "symbolic-ref" or "--abbrev-ref" in command.rest:
        was, now = (_branch(text) for text in (was, now))
        return GitWords("branch", f"{was} -> {now}", f"the branch is {now}, was {was}")
    if command.name == "rev-list" and "--count" in command.rest:
        clause = f"the number of commits is {now}, was {was}"
        return GitWords("commits", f"{was} -> {now}", clause)
    texts = ["" if _failed(text) else text for text in (was, now)]
    if command.name != "name-rev" and all(not one or _COMMIT.fullmatch(one) for one in texts):
        return _commit(*texts)
    return None


def _branch(text: str) -> str:
    if _failed(text) or text == "HEAD":
        return "no branch"
    return text.removeprefix("refs/heads/")


_FULL = re.compile(r"[0-9a-f]{16,}")


def _output_changed(command: str, was: str, now: str) -> GitWords:
    was, now = (_FULL.sub(lambda digest: digest[0][:8], text) for text in (was, now))
    change = f"{was} -> {now}" if was != now else ""
    clause = f"the output of {command} changed" + (f" ({change})" if change else "")
    return GitWords(command.removeprefix("git "), change, clause)
