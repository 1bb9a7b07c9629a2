"""The projects that a command means -> the steps that it begins with."""

from pathlib import Path

from lbuild_frontend.errors import ProjectError
from lbuild_frontend.model.request import Verb
from lbuild_frontend.workspaces.find import Choice
from lbuild_frontend.workspaces.schedule import Schedule, Step
from lbuild_keys.workspaces import graph
from lbuild_keys.workspaces.members import Workspace


def schedule_of(choice: Choice, verb: Verb, *, only_looks: bool = False) -> Schedule:
    """Return the steps for the projects of a choice, and those for what they need to be built.

    Args:
        choice: the projects.
        verb: the command.
        only_looks: whether it builds nothing, whatever it is.

    Raises:
        ProjectError: if they need each other.
    """
    edges = graph.edges(choice.workspace)
    steps = (Step(folder, verb) for folder in choice.requested)
    schedule = Schedule(steps, only_looks=only_looks)
    pending = [*schedule.steps]
    while pending:
        step = pending.pop()
        for folder in sorted(edges.get(step.folder, ())):
            need = schedule.provider(step, folder)
            is_new = need not in schedule.steps_at(folder)
            if not schedule.add(step, [need], is_certain=True):
                raise cycle(choice.workspace, schedule, step, need)
            if is_new:
                pending.append(need)
    _keep_apart(choice, schedule)
    return schedule


def _keep_apart(choice: Choice, schedule: Schedule) -> None:
    """Let projects that may disturb each other come one after the other.

    A project that has others in its folder comes after these: their builds, and what is delivered,
    may change what its own build finds there. Projects of one name come in order, because one must
    not replace another in an out-dir: members of a workspace have different names, but projects
    that are named on the command line need not.
    """
    steps = {step.folder: step for step in schedule.steps}
    for folder, step in steps.items():
        for outer in folder.parents:
            if outer in steps:
                schedule.add(steps[outer], [step], is_certain=False)
    if choice.workspace.file is not None:
        return
    names = {member.folder: member.name for member in choice.workspace.members}
    last: dict[str | None, Step] = {}
    for folder, step in steps.items():
        name = names.get(folder)
        same = {name, None} if name else {*last}  # who knows what has no name yet
        schedule.add(step, [last[one] for one in same if one in last], is_certain=False)
        last[name] = step


def cycle(workspace: Workspace, schedule: Schedule, step: Step, need: Step) -> ProjectError:
    """Return the error of a step that needs one that waits for it."""
    from lbuild_frontend.workspaces import check  # seldom needed

    way = (need,) if need == step else schedule.path(need, step)
    return check.cycle_error(workspace, [one.folder for one in (step, *way[:-1])])


def are_alone(workspace: Workspace) -> bool:
    """Whether there is only one project, which has nothing to do with any other."""
    return len(workspace.members) < 2 and not any(one.meant for one in workspace.members)


def name_of(workspace: Workspace, folder: Path) -> str:
    """Return the name of a project in messages, before its wheel is known."""
    names = (one.name for one in workspace.members if one.folder == folder)
    return next(names, None) or folder.name or str(folder)


def needed_by(workspace: Workspace, schedule: Schedule) -> dict[Step, tuple[str, ...]]:
    """Return, by step, the names of the projects that needed it."""
    found: dict[Step, list[str]] = {}
    for step in schedule.steps:
        for need, is_certain in schedule.needs_of(step).items():
            if is_certain:
                found.setdefault(need, []).append(name_of(workspace, step.folder))
    return {step: tuple(sorted(names)) for step, names in found.items()}
