"""Carries out a plan: runs the installer, records the origin, removes what is left of before."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

from lbuild_frontend.builds import task as tasks
from lbuild_frontend.disk import temporary
from lbuild_frontend.environments import installer as installers
from lbuild_frontend.environments.installer import InstallOptions
from lbuild_frontend.environments.installing import Installation, Pip, Uv, decoded, pip_command
from lbuild_frontend.errors import InstallFailed, RequirementsFailed, TargetError
from lbuild_frontend.installs import compare, distribution, origin, unfinished
from lbuild_frontend.installs.distribution import Distribution
from lbuild_frontend.installs.instead import NOTHING_INSTEAD, Instead, label_of
from lbuild_frontend.installs.plan import Plan, Wanted
from lbuild_frontend.installs.target import Target
from lbuild_frontend.model.request import InstallRequest, Request
from lbuild_frontend.projects.project import Project
from lbuild_keys.installers import local_places
from lbuild_keys.installers.local_places import LocalPlaces
from lbuild_keys.pep508 import normalize_name


class How(NamedTuple):
    """How a plan is carried out.

    Attributes:
        options: which installer, and whether it may use the network.
        cwd: where the installer runs.
        may_break: whether packages may be changed that another program manages (PEP 668).
        label: the name of the project, or of several, in messages.
        members: which requirements are not to be met by what an index has.
    """

    options: InstallOptions
    cwd: Path
    may_break: bool
    label: str
    members: Instead = NOTHING_INSTEAD


def how_of(request: Request, asked: InstallRequest, project: Project) -> How:
    """Return how a command installs a project."""
    return How(
        options=InstallOptions(installer=request.installer, offline=request.offline),
        cwd=tasks.working_folder() or project.folder,
        may_break=asked.break_system_packages,
        label=project.label,
    )


class Due(NamedTuple):
    """A distribution, and what has to be done for it.

    Attributes:
        wanted: what the environment should hold.
        plan: what it lacks.
        known_files: absolute paths that it may have, besides those of its RECORD.
    """

    wanted: Wanted
    plan: Plan
    known_files: Collection[str]


def carry_out(target: Target, due: Sequence[Due], requirements: Collection[str], how: How) -> None:
    """Give an environment what it lacks.

    Args:
        target: the environment; the caller has locked it.
        due: what it lacks; all of it is installed at once.
        requirements: what else is installed before; none if all are met.
        how: see ``How``.

    Raises:
        InstallFailed: if the installer fails; with what it printed.
        RequirementsFailed: if what is installed before cannot be; nothing is changed.
        LbuildError: if there is no installer.
        OSError: if a file cannot be written or removed.
    """
    missing = [one for one in due if one.plan.problem is not None]
    paths = [_paths_of(target, one.wanted, one.plan, one.known_files) for one in missing]
    for one, some in zip(missing, paths, strict=True):
        _forget_damaged(target, one.wanted, one.plan, some)
    with temporary.folder("install") as folder:
        files = [_written(one.wanted, folder) for one in missing]
        if requirements:
            names = [normalize_name(one.wanted.wheel.name) for one in missing]
            given = dict(zip(names, files, strict=True))
            limits = tuple(how.members.constraints(given, folder))
            what, label = "its requirements", how.label
            if len(due) > 1:
                needing = [one.wanted.wheel.name for one in due if one.plan.unmet]
                what, label = "their requirements", label_of(needing)
            options, own = _again(requirements), how._replace(label=label)
            _run(target, requirements, own, options, folder, what, limits=limits)
        if missing:
            _replace(target, missing, how, paths, files, folder)


def _written(wanted: Wanted, folder: Path) -> Path:
    """Write a wheel into a temporary folder."""
    file = folder / wanted.wheel.file
    with file.open("wb") as target_file:
        target_file.writelines(wanted.wheel.content.pieces())
    return file


def finish(target: Target, name: str) -> None:
    """Remove the mark of an install that is known to be right."""
    unfinished.remove(target.folders[0], name)


def _paths_of(target: Target, wanted: Wanted, plan: Plan, known_files: Collection[str]) -> set[str]:
    """Return all paths that the distribution may have, as it was, as it will be, or half done.

    Only those in the environment: RECORD and the mark may name others, which are not lbuild's.
    """
    wheel = wanted.wheel
    old = {one.path_of(file) for one in plan.found for file in one.files or ()}
    left = unfinished.read(target.folders[0], wheel.name) or ()
    new = {os.path.normpath(place / file) for place in target.folders for file in wheel.files}
    inside = (f"{target.prefix}{os.sep}", f"{os.path.realpath(target.prefix)}{os.sep}")
    return {path for path in {*old, *left, *known_files, *new} if path.startswith(inside)}


def _forget_damaged(target: Target, wanted: Wanted, plan: Plan, paths: Collection[str]) -> None:
    """Remove records that no installer can uninstall by, once the mark has their files.

    Of two records of one name installers take one. An error of an installer would come before it
    has changed anything, each time.
    """
    infos = [one for one in plan.found if not one.is_legacy]
    if len(plan.found) > 1 or not all(map(compare.has_sound_records, infos)):
        unfinished.write(target.folders[0], wanted.wheel.name, paths)
        for one in infos:
            shutil.rmtree(one.info)


def _replace(
    target: Target,
    due: Sequence[Due],
    how: How,
    paths: Sequence[Collection[str]],
    files: Sequence[Path],
    folder: Path,
) -> None:
    place = target.folders[0]
    place.mkdir(parents=True, exist_ok=True)
    for one, some in zip(due, paths, strict=True):
        unfinished.write(place, one.wanted.wheel.name, some)
        for path in some:  # an installer fails at a folder in place of a file
            with contextlib.suppress(OSError):
                Path(path).rmdir()
    these = [
        f"{one.wanted.wheel.name} @ {file.as_uri()}" for one, file in zip(due, files, strict=True)
    ]
    what = "it" if len(due) == 1 else "they"
    _run(target, these, how, _ONLY_THIS, folder, what, use_cache=False)
    for one, some in zip(due, paths, strict=True):
        name = one.wanted.wheel.name
        found = distribution.find(target.folders, name)
        there = [each for each in found if not each.is_legacy and each.files is not None]
        if len(there) != 1:
            message = (
                f"{how.label}: the installer reported success, but {name} is not in {place}. Check "
                "the settings of the installer, such as target and prefix."
            )
            raise InstallFailed(message)
        origin.write(there[0].info, one.wanted.origin)
        _remove_left(target, there[0], some)


_ONLY_THIS = {
    "uv": ("--no-deps", "--reinstall", "--link-mode=copy"),
    "pip": ("--no-deps", "--force-reinstall"),
}


def _again(requirements: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return options for requirements that name a place: uv would take an earlier build of it."""
    named = (one.name for one in map(Requirement, requirements) if one.url is not None)
    options = (("--reinstall-package", name, "--refresh-package", name) for name in named)
    return {"uv": tuple(word for words in options for word in words), "pip": ()}


def _run(
    target: Target,
    requirements: Collection[str],
    how: How,
    options: dict[str, tuple[str, ...]],
    folder: Path,
    what: str,
    *,
    use_cache: bool = True,
    limits: Sequence[str] = (),
) -> None:
    environ = os.environ
    named = requirements if use_cache else ()
    uv = installers.choose_uv(how.options, named, environ, how.cwd)
    kind: local_places.Installer = "uv" if uv else "pip"
    # Offline uv cannot take them fresh, unless it installs again what is there already.
    offline = how.options.offline or not use_cache
    places = LocalPlaces() if offline else local_places.find_places(kind, environ, how.cwd)
    constraints = _files_of_constraints(limits, folder, kind, environ)
    installation = Installation(
        options=how.options._replace(constraints=constraints),
        places=places,
        use_cache=use_cache,
        given=how.members.names,
    )
    python, prefix = target.interpreter.executable, os.fspath(target.prefix)
    has_pip = any((place / "pip" / "__init__.py").is_file() for place in target.folders)
    if not uv and not has_pip and not installers.has_pip():
        message = (
            f"{how.label}: there is no installer: neither uv nor pip is installed beside lbuild, "
            f"and {target.prefix} has no pip. Install one, for example with: {python} -m ensurepip"
        )
        raise TargetError(message)
    made = (
        Uv(uv, prefix, python, installation)
        if uv
        else Pip(
            pip_command(python, has_pip=has_pip), folder / "requirements.txt", python, installation
        )
    )
    more = (*options[kind], *(("--break-system-packages",) if how.may_break else ()))
    try:
        made.install(requirements, more)
    except subprocess.CalledProcessError as error:
        output = "".join(decoded(text) for text in (error.stdout, error.stderr) if text)
        state = (
            "The next lbuild install repairs it, if it is incomplete now."
            if not use_cache
            else "The environment is as it was."
            if what == "its requirements"
            else "What does not need them is installed."
        )
        message = f"{how.label}: {what} could not be installed into {target.prefix}. {state}"
        raise (RequirementsFailed if use_cache else InstallFailed)(message, output) from error


def _files_of_constraints(
    limits: Sequence[str], folder: Path, kind: str, environ: Mapping[str, str]
) -> tuple[str, ...]:
    if not limits:
        return ()
    file = folder / "constraints.txt"
    file.write_text("\n".join(limits), "utf-8")
    # uv does not read these if another file is named on its command line.
    of_user = environ.get("UV_CONSTRAINT", "").split() if kind == "uv" else ()
    return (os.fspath(file), *of_user)


def _remove_left(target: Target, now: Distribution, paths: Collection[str]) -> None:
    """Remove files of earlier installs that no distribution has any more, and their bytecode."""
    own = {now.path_of(file) for file in now.files or ()}
    own.add(os.fspath(now.info / origin.FILE))
    left = {path for path in paths if path not in own and os.path.lexists(path)}
    if left:
        left -= distribution.files_of_others(target.folders, [now.info])
    for path in left:
        if not os.path.isdir(path):  # noqa: PTH112  a str
            Path(path).unlink(missing_ok=True)
    _remove_bytecode({path for path in paths if path.endswith(".py")}, own)
    for folder in sorted({os.path.dirname(path) for path in left}, reverse=True):  # noqa: PTH120  likewise
        _remove_empty(Path(folder), target.folders)


def _remove_bytecode(modules: Iterable[str], keep: Collection[str]) -> None:
    """Remove the bytecode of modules: two of one size and second are one for Python (PEP 3147)."""
    stems: dict[str, set[str]] = {}
    for module in modules:
        folder, name = os.path.split(module)
        stems.setdefault(os.path.join(folder, "__pycache__"), set()).add(name[:-3])  # noqa: PTH118  likewise
    for cache, names in stems.items():
        with contextlib.suppress(OSError):
            for name in os.listdir(cache):  # noqa: PTH208  likewise
                path = os.path.join(cache, name)  # noqa: PTH118  likewise
                if name.partition(".")[0] in names and path not in keep:
                    Path(path).unlink()
        with contextlib.suppress(OSError):  # there is other bytecode in it
            Path(cache).rmdir()


def _remove_empty(folder: Path, above: Collection[Path]) -> None:
    while folder not in above and any(folder.is_relative_to(place) for place in above):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
