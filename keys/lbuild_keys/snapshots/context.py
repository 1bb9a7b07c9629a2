"""What a snapshot is taken of: a project, and the circumstances of its build."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from lbuild_keys.config.settings import Settings
from lbuild_keys.model import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What is to be built, as far as its inputs go.

    Attributes:
        root: the project's folder, absolute.
        toml: the parsed pyproject.toml; empty where there is none.
        settings: what it declares.
        leave_out: whether a path relative to ``root`` is something that lbuild itself puts there.
        out_dirs: folders, relative to ``root``, that lbuild makes if they are missing.
    """

    root: Path
    toml: Mapping[str, Any]
    settings: Settings
    leave_out: Callable[[str], bool]
    out_dirs: frozenset[str]

    @property
    def left_out(self) -> Callable[[str], bool]:
        """Whether a path, a folder's with a slash at its end, is lbuild's own or to be ignored."""
        if not self.settings.ignore:
            return lambda path: self.leave_out(path.removesuffix("/"))
        import pathspec

        ignored = pathspec.GitIgnoreSpec.from_lines(self.settings.ignore)
        return lambda path: self.leave_out(path.removesuffix("/")) or ignored.match_file(path)

    @property
    def made(self) -> frozenset[str]:
        """The folders that are there, or not, by lbuild's doing."""
        return frozenset(
            path
            for out_dir in self.out_dirs
            for path in (out_dir, *map(str, PurePosixPath(out_dir).parents))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildContext:
    """What a build depends on besides the project's files.

    Attributes:
        environ: the environment that the hook will get.
        cwd: where lbuild runs; installers take relative paths in variables from there.
        secret: keys the digests of values that are not to be kept.
        interpreter: everything that tells one interpreter from another.
        config_settings: as given to the hook.
        installed: without isolation, the states of what is installed; None with it.
        extra_requires: what the backend is known to require beyond ``build-system.requires``.
    """

    environ: Mapping[str, str]
    cwd: Path
    secret: bytes
    interpreter: str
    config_settings: Mapping[str, str | list[str]]
    installed: Mapping[str, State] | None
    extra_requires: tuple[str, ...]
