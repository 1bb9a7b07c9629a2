"""Which of several reasons is the most telling one: that comes first, on the line and in tables."""

from collections.abc import Iterable

from lbuild_keys.decision.reasons import (
    BackendChanged,
    BuildSystemChanged,
    ConfigSettingsChanged,
    DirectoryChanged,
    EnvironmentChanged,
    ExecutableChanged,
    FileAdded,
    FileChanged,
    FileRemoved,
    GitCommitChanged,
    GitTagsChanged,
    GitTreeChanged,
    InterpreterChanged,
    ListingChanged,
    Reason,
    RequirementChanged,
)


def most_telling_first(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Sort reasons: what people edit, what git says, what is installed, variables.

    Reasons that are equally telling keep their order.
    """
    return tuple(sorted(reasons, key=_rank))


def _rank(reason: Reason) -> tuple[int, int]:
    match reason:
        case FileChanged(path=path) | FileAdded(path=path) | FileRemoved(path=path):
            return _rank_of_file(path), 0
        case BackendChanged():
            return 0, 0
        case ConfigSettingsChanged() | BuildSystemChanged():
            return 1, 0
        case DirectoryChanged() | ListingChanged():
            return 2, 0
        case GitTagsChanged() | GitCommitChanged() | GitTreeChanged():
            return 3, _rank_of_git(reason)
        case RequirementChanged() | InterpreterChanged() | ExecutableChanged():
            return 4, 0
        case EnvironmentChanged():
            return 5, 0
        case _:
            return -1, 0  # what is wrong with a record, or was asked for


def _rank_of_file(path: str) -> int:
    if path.startswith("{python}/"):
        return 6  # comes with the interpreter
    # Files outside of the project, or that a variable names, are not what people edit.
    return 2 if path.startswith(("/", "../", "~/", "$")) else 0


def _rank_of_git(reason: GitTagsChanged | GitCommitChanged | GitTreeChanged) -> int:
    from lbuild_keys.decision.git_words import TELLING, words_for  # few projects ask git

    match reason:
        case GitTagsChanged():
            subject = "tags"
        case GitCommitChanged():
            subject = "commit"
        case GitTreeChanged(path=".") | GitTreeChanged(path="today"):
            subject = "changes"
        case GitTreeChanged(path=path, old=old, new=new):
            words = words_for(path, old, new)
            if not words.change:
                return len(TELLING)
            subject = words.subject
    return TELLING.index(subject) if subject in TELLING else len(TELLING)
