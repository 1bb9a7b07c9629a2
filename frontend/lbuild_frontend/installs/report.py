"""Whether an environment has what the tree would give; builds and installs nothing."""

from lbuild_frontend.builds import task as tasks
from lbuild_frontend.builds.assess import assess
from lbuild_frontend.builds.workflow import Obtained
from lbuild_frontend.cache.store import Store
from lbuild_frontend.environments import interpreter as interpreters
from lbuild_frontend.installs import distribution
from lbuild_frontend.installs import plan as plans
from lbuild_frontend.installs import target as targets
from lbuild_frontend.installs.install import known_digests, origin_of, wheel_of
from lbuild_frontend.installs.plan import Wanted
from lbuild_frontend.installs.target import Target
from lbuild_frontend.model.hook import BUILD_EDITABLE, BUILD_WHEEL
from lbuild_frontend.model.outcome import EnvironmentStatus, StatusOutcome
from lbuild_frontend.model.request import Request
from lbuild_frontend.projects.project import Project


def with_environment(
    status: StatusOutcome, project: Project, request: Request, cache: Store
) -> StatusOutcome:
    """Add to a status what is installed in the environment that ``--python`` names.

    Nothing is added for an interpreter that is not in a virtual environment: it is meant to build
    with.

    Raises:
        LbuildError: if the environment has no interpreter that can be used.
    """
    target = targets.of(interpreters.find(request.python))
    if not target.is_virtual:
        return status
    problem = _problem(status, target, project, request, cache)
    return status._replace(environment=EnvironmentStatus(target.prefix, problem))


def _problem(
    status: StatusOutcome, target: Target, project: Project, request: Request, cache: Store
) -> str | None:
    found = distribution.find(target.folders, status.name)
    if not found:
        return "it is not installed"
    editable = any(one.origin is not None and one.origin.editable for one in found)
    hook = BUILD_EDITABLE if editable else BUILD_WHEEL
    request = request._replace(editable=editable)
    task = tasks.new_task(project, request, hook, cache, target.interpreter)
    verdict = assess(task, tasks.known_digests(task, None)).verdict
    if verdict.reuse is None:
        return "a rebuild is due"
    reuse = verdict.reuse
    obtained = Obtained(task, reuse.build.entry, (), None, None, reuse.content)
    wheel = wheel_of(obtained)
    digests = known_digests(cache, target, wheel.name)
    plan = plans.make(target, Wanted(wheel, origin_of(obtained)), digests)
    if plan.problem is None and plan.unmet:
        return f"requirements are not met: {', '.join(plan.unmet)}"
    return plan.problem
