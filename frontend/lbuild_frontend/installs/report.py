"""Whether an environment has what the tree would give; builds and installs nothing."""

from packaging.requirements import Requirement

from lbuild_frontend.builds import task as tasks
from lbuild_frontend.builds.assess import assess
from lbuild_frontend.builds.workflow import Obtained
from lbuild_frontend.cache.store import Store
from lbuild_frontend.environments import interpreter as interpreters
from lbuild_frontend.environments.requirements import InstalledDistributions
from lbuild_frontend.installs import distribution
from lbuild_frontend.installs import plan as plans
from lbuild_frontend.installs import target as targets
from lbuild_frontend.installs.install import known_digests, origin_of, wheel_of
from lbuild_frontend.installs.instead import meant_by
from lbuild_frontend.installs.plan import Wanted
from lbuild_frontend.installs.target import Target
from lbuild_frontend.model.hook import BUILD_EDITABLE, BUILD_WHEEL
from lbuild_frontend.model.member_wheel import NO_MEMBERS, Members
from lbuild_frontend.model.outcome import EnvironmentStatus, StatusOutcome
from lbuild_frontend.model.request import Request
from lbuild_frontend.projects.project import Project
from lbuild_keys.pep508 import normalize_name


def with_environment(
    status: StatusOutcome,
    project: Project,
    request: Request,
    cache: Store,
    members: Members = NO_MEMBERS,
) -> StatusOutcome:
    """Add to a status what is installed in the environment that ``--python`` names.

    Nothing is added for an interpreter that is not in a virtual environment: it is meant to build
    with.

    Args:
        status: the status.
        project: the project.
        request: what the command was asked for.
        cache: where results are kept.
        members: what the project is given of its workspace.

    Raises:
        LbuildError: if the environment has no interpreter that can be used.
    """
    target = targets.of(interpreters.find(request.python))
    if not target.is_virtual:
        return status
    problem = _problem(status, target, project, request, cache, members)
    return status._replace(environment=EnvironmentStatus(target.prefix, problem))


def _problem(
    status: StatusOutcome,
    target: Target,
    project: Project,
    request: Request,
    cache: Store,
    members: Members,
) -> str | None:
    found = distribution.find(target.folders, status.name)
    if not found:
        return "it is not installed"
    editable = any(one.origin is not None and one.origin.editable for one in found)
    hook = BUILD_EDITABLE if editable else BUILD_WHEEL
    request = request._replace(editable=editable)
    task = tasks.new_task(project, request, hook, cache, target.interpreter, members)
    verdict = assess(task, tasks.known_digests(task, None)).verdict
    if verdict.reuse is None:
        return "a rebuild is due"
    reuse = verdict.reuse
    obtained = Obtained(task, reuse.build.entry, (), None, None, reuse.content)
    wheel = wheel_of(obtained)
    digests = known_digests(cache, target, wheel.name)
    required = plans.required(wheel, (), target.details)
    given = _members_there(required, target, members)
    plan = plans.make(target, Wanted(wheel, origin_of(obtained), required, given), digests)
    if plan.problem is None and plan.unmet:
        return f"requirements are not met: {', '.join(plan.unmet)}"
    return plan.problem


def _members_there(required: tuple[str, ...], target: Target, members: Members) -> dict[str, str]:
    """Return the versions of members that are installed: whether each is right, its own row says.

    A requirement of one may name its folder, which is not where an installed wheel is from.
    """
    if not members.folders:
        return {}
    by_url = (one.name for one in map(Requirement, required) if meant_by(one, members))
    there = InstalledDistributions(target.details)
    found = ((name, there.version_of(name)) for name in {*members.meant, *by_url})
    return {normalize_name(name): version for name, version in found if version is not None}
