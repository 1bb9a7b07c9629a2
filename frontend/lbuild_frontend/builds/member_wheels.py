"""The wheel of a project -> what other members of its workspace are given of it."""

from lbuild_frontend.builds import workflow
from lbuild_frontend.builds.assess import RecordedBuild
from lbuild_frontend.builds.task import BuildTask
from lbuild_frontend.builds.workflow import Obtained
from lbuild_frontend.model.member_wheel import MemberWheel
from lbuild_keys.decision.verdict import Reusable
from lbuild_keys.pep508 import normalize_name


def member_wheel_of(obtained: Obtained) -> MemberWheel:
    """Return what other members are given of a wheel that was built or reused."""
    entry = obtained.entry
    return MemberWheel(
        project=obtained.task.project.root,
        name=normalize_name(entry.name),
        version=entry.version,
        file=entry.file,
        content_digest=entry.content,
        requires=_required_by(workflow.metadata_of(obtained)),
        content=obtained.content,
        reasons=obtained.reasons,
        meant=obtained.task.members.meant,
    )


def reusable_member_wheel(task: BuildTask, reuse: Reusable[RecordedBuild]) -> MemberWheel:
    """Return the same of a wheel that was found to be reusable (``status``)."""
    return member_wheel_of(Obtained(task, reuse.build.entry, (), None, None, reuse.content))


def _required_by(metadata: bytes) -> tuple[str, ...]:
    """Return what a distribution requires at run time (PEP 508), by its METADATA."""
    if b"requires-dist" not in metadata.lower():
        return ()
    from packaging.metadata import parse_email  # brings all of email

    raw, _ = parse_email(metadata)
    return tuple(raw.get("requires_dist", ()))
