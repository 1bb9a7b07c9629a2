"""What git reports of the project's repository, as inputs."""

import os
from pathlib import Path

from lbuild_keys.backends.known import MERCURIAL_FILES
from lbuild_keys.config.cache_keys import GitKey
from lbuild_keys.git.repository import (
    Repository,
    enclosing_folders,
    find_repository,
    observe_commit,
    observe_tags,
)
from lbuild_keys.git.working_tree import observe_working_tree
from lbuild_keys.model import Input, Observation, Snapshot, Source
from lbuild_keys.observe import files
from lbuild_keys.observe.files import Digests

_ABOVE = (".gitignore", ".gitattributes")
"""Files in the folders above a project by which git's answers change."""


def commit_and_tags(root: Path, key: GitKey) -> Snapshot:
    """Observe what a cache key ``{ git = ... }`` declares."""
    return _commit_and_tags(find_repository(root), key)


def _commit_and_tags(repository: Repository | None, key: GitKey) -> dict[Input, Observation]:
    found: dict[Input, Observation] = {}
    if key.commit:
        found[Input("git-commit", ".")] = Observation(observe_commit(repository), key.source)
    if key.tags:
        found[Input("git-tags", ".")] = Observation(observe_tags(repository), key.source)
    return found


def everything(root: Path, digests: Digests, source: Source) -> tuple[Snapshot, Snapshot]:
    """Observe all that a build may learn by asking git, or Mercurial.

    Returns:
        The commit and the tags; and all other inputs: the working tree, and files above or beside
        the project by which the answers change.
    """
    repository = find_repository(root)
    named = _commit_and_tags(repository, GitKey(commit=True, tags=True, source=source))
    others = {Input("git-tree", "."): Observation(observe_working_tree(repository), source)}
    places = {
        f"{'../' * up}.hg/{name}": folder / ".hg" / name
        for name in MERCURIAL_FILES
        for up, folder in enumerate((root, *root.parents))
    }
    for up, folder in enumerate(enclosing_folders(repository), 1):
        places |= {f"{'../' * up}{name}": folder / name for name in _ABOVE}
    for path, place in places.items():
        state = files.observe(os.fspath(place), digests)
        if state.presence != "absent":
            others[Input("file", path)] = Observation(state, source)
    return named, others
