"""What counts in mode ``declared`` for a project, and what differs, without a build."""

from collections.abc import Mapping
from pathlib import Path

from lbuild_frontend.projects import project as projects
from lbuild_keys.decision.compare import compare
from lbuild_keys.decision.reasons import Reason
from lbuild_keys.model import Snapshot, key_of
from lbuild_keys.observe.files import Digests
from lbuild_keys.snapshots.context import BuildContext, ProjectTree
from lbuild_keys.snapshots.observer import Observer


def take_snapshot(folder: Path, environ: Mapping[str, str], digests: Digests) -> Snapshot:
    """Read a project's settings and look at everything that they declare.

    Raises:
        LbuildError: if the settings are wrong.
    """
    loaded = projects.load(folder)
    project = ProjectTree(
        root=loaded.root,
        toml=loaded.toml,
        settings=loaded.settings,
        leave_out=lambda _: False,
        out_dirs=frozenset(),
    )
    context = BuildContext(
        environ=environ,
        cwd=folder,
        secret=b"secret",
        interpreter="CPython 3.11.7",
        config_settings={},
        installed=None,
        extra_requires=(),
    )
    return Observer(project, context, digests).snapshot("declared")


def differences(old: Snapshot, new: Snapshot) -> tuple[Reason, ...]:
    """Compare two snapshots; fail the test if their keys do not agree with the result."""
    reasons = compare(old, new)
    same = key_of(new) is not None and key_of(old) == key_of(new)
    assert same == (not reasons), reasons
    return reasons
