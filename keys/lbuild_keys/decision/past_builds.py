"""What a decision has to know of past builds, wherever these are recorded."""

from collections.abc import Mapping
from typing import Protocol, TypeVar

from lbuild_keys.content import Content
from lbuild_keys.errors import KeysError
from lbuild_keys.model import Key, Mode, Snapshot


class UnreadableRecordError(KeysError):
    """A part of a record of a past build is missing or damaged; the text is a clause."""


class BuildRecord(Protocol):
    """The facts that are recorded of a build.

    Attributes:
        key: of the inputs that it was made from; None if its result must not be reused.
        tree: in mode ``declared``, the key that mode ``tree`` would have given; None if unknown.
        mode: the one that decided which inputs count.
        folder: of the project that was built, absolute.
        file: name of the result.
        content: digest of what the result contains.
        snapshot: digest of the inputs with their states; equal for equal snapshots.
        inputs: digest of the inputs without their states; equal for equal inputs.
        configuration: digest of those inputs that configure the build, see
            ``effects.classify.configuration_digest``.
        outputs: what the build wrote into the project: paths with file states.
        rewritten: those of the outputs that it wrote anew, although an earlier build had.
        blind: those that it wrote without having noticed whether they were there.
        edited: inputs that were edited while the hooks ran.
        opaque: in mode ``traced``, why the whole tree counts beside what the hooks used: clauses.
        untraced: those of the clauses that name no program: the trace itself was incomplete.
        extra_requires: what the backend required beyond ``build-system.requires`` (PEP 508).
    """

    @property
    def key(self) -> Key | None: ...
    @property
    def tree(self) -> Key | None: ...
    @property
    def mode(self) -> Mode: ...
    @property
    def folder(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def content(self) -> str: ...
    @property
    def snapshot(self) -> str: ...
    @property
    def inputs(self) -> str: ...
    @property
    def configuration(self) -> str: ...
    @property
    def outputs(self) -> Mapping[str, str]: ...
    @property
    def rewritten(self) -> tuple[str, ...]: ...
    @property
    def blind(self) -> tuple[str, ...]: ...
    @property
    def edited(self) -> tuple[str, ...]: ...
    @property
    def opaque(self) -> tuple[str, ...]: ...
    @property
    def untraced(self) -> tuple[str, ...]: ...
    @property
    def extra_requires(self) -> tuple[str, ...]: ...


class PastBuild(Protocol):
    """A build that is recorded, with access to its snapshot and its result.

    Attributes:
        name: of the record, for messages.
    """

    @property
    def name(self) -> str: ...
    @property
    def entry(self) -> BuildRecord: ...

    def read_snapshot(self) -> Snapshot:
        """Return the inputs that the build was made from, with their states.

        Raises:
            UnreadableRecordError: if they are missing or damaged.
        """

    def read_result(self) -> Content | None:
        """Return the result, verified; None if it is missing.

        Raises:
            UnreadableRecordError: if it is damaged.
        """


class UnusableRecord(Protocol):
    """A record that could not be read at all.

    Attributes:
        name: of the record, for messages.
        problem: why, as a clause.
        other_version: whether it is whole, but written by another version of lbuild.
    """

    @property
    def name(self) -> str: ...
    @property
    def problem(self) -> str: ...
    @property
    def other_version(self) -> bool: ...


BuildT = TypeVar("BuildT", bound=PastBuild)
