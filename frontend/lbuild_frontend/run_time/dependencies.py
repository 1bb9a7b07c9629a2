"""Wheels of what members require, beside the wheels of the members: a folder to install from.

Then ``pip install --no-index --find-links FOLDER MEMBER`` works for each of the members.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from lbuild_frontend.builds import deliver as delivery
from lbuild_frontend.builds import task as tasks
from lbuild_frontend.disk import temporary
from lbuild_frontend.environments import installer as installers
from lbuild_frontend.environments import interpreter as interpreters
from lbuild_frontend.environments.installer import InstallOptions
from lbuild_frontend.environments.installing import Installation, Pip, Uv, decoded, pip_command
from lbuild_frontend.environments.interpreter import Interpreter
from lbuild_frontend.errors import InstallFailed, LbuildError, MembersNeeded, NoEnvironment
from lbuild_frontend.installs.instead import Instead, not_among
from lbuild_frontend.model.member_wheel import Members, MemberWheel
from lbuild_frontend.model.outcome import DependenciesOutcome
from lbuild_frontend.model.reporter import Reporter
from lbuild_frontend.model.request import Request
from lbuild_frontend.projects import project as projects
from lbuild_frontend.run_time import closure as closures
from lbuild_frontend.run_time import on_offer
from lbuild_frontend.run_time.closure import Closure, Part
from lbuild_frontend.run_time.on_offer import Offers, Runner
from lbuild_keys.content import Content
from lbuild_keys.installers import local_places
from lbuild_keys.pep508 import normalize_name

Wheels = Mapping[Path, MemberWheel]


def _out_dir(request: Request) -> Path:
    return Path(os.path.abspath(request.out_dir or "dist"))  # noqa: PTH100  shown as given


def _offers(out_dir: Path, interpreter: Interpreter) -> Offers:
    markers = _markers_of(interpreter)
    return on_offer.read(out_dir, Runner(markers, on_offer.ranks_of(interpreter, markers)))


def _parts(wheels: Wheels, members: Mapping[Path, Members]) -> dict[Path, Part]:
    return {
        folder: Part(
            place=folder,
            label=one.name,
            name=one.name,
            version=one.version,
            requires=one.requires,
            members=members[folder],
            toml=partial(_toml, folder),
        )
        for folder, one in wheels.items()
    }


def _toml(folder: Path) -> Mapping[str, object]:
    with projects.opened(folder) as project:
        return project.toml


def _closed(parts: Mapping[Path, Part], offers: Offers) -> Closure:
    """Follow what is required: a wheel in the out-dir that is none of a member may require one."""
    markers = offers.runner.markers
    closure = closures.close(parts, dict.fromkeys(parts, ()), markers, offers.required_by)
    closures.check(parts, closure, markers)
    return closure


def _markers_of(interpreter: Interpreter) -> Mapping[str, str]:
    if interpreter.runs_lbuild:
        return {name: str(value) for name, value in default_environment().items()}
    return interpreters.inspect(interpreter).markers


def add(
    wheels: Wheels,
    members: Mapping[Path, Members],
    request: Request,
    reporter: Reporter,
    before_change: Callable[[], None],
) -> DependenciesOutcome:
    """Put wheels of what members require into the out-dir, unless they are all there.

    Args:
        wheels: by folder, the wheels of members, which are in the out-dir.
        members: by folder, what a member means by the names of distributions.
        request: what the command was asked for, with an out-dir.
        reporter: is told what goes on.
        before_change: called before something is done.

    Raises:
        LbuildError: if pip would prefer something else in the folder to the wheel of a member, or
            the wheels cannot be had.
        MembersNeeded: if a member is required whose wheel is not among these.
        OSError: for what lbuild does not expect.
    """
    interpreter = interpreters.find(request.python)
    out_dir = _out_dir(request)
    offers = _offers(out_dir, interpreter)
    parts = _parts(wheels, members)
    closure = _closed(parts, offers)
    if closure.missing:
        raise MembersNeeded(closure.missing, is_certain=True)
    _check_preferred(offers, wheels)
    required = tuple(dict.fromkeys(text for some in closure.others.values() for text in some))
    if not required or offers.lacks(Requirement(one.name) for one in wheels.values()) is None:
        return DependenciesOutcome(out_dir, ())
    before_change()
    label = ", ".join(one.name for one in wheels.values())
    reporter.progress(f"{label}: getting the wheels of dependencies")
    versions = {one.name: one.version for one in wheels.values()}
    named = closures.names(parts.values())
    instead = Instead(versions, not_among(named, versions))
    with temporary.folder("wheels") as folder:
        pip = _pip(folder, interpreter, request)
        more = _options(folder, wheels, offers, instead)
        try:
            pip.wheel(required, folder / _NEW, more)
        except subprocess.CalledProcessError as error:
            output = "".join(decoded(text) for text in (error.stdout, error.stderr) if text)
            needed = instead.asked_for(output)
            if needed:
                folders = {named[name] for name in needed}
                raise MembersNeeded(folders, is_certain=True) from error
            message = (
                f"{label}: the wheels of dependencies could not be put into {out_dir}: "
                f"{', '.join(required)}. Check the requirements, and the network."
            )
            raise InstallFailed(message, output) from error
        added = tuple(_added(folder / _NEW, out_dir, instead, offers))
    return DependenciesOutcome(out_dir, added)


_NEW = "new"


def _check_preferred(offers: Offers, wheels: Wheels) -> None:
    """Check that pip would take the wheels of members from the out-dir, and nothing else there.

    Raises:
        LbuildError: if not.
    """
    for folder, one in wheels.items():
        best = offers.best(one.name, SpecifierSet())
        if best is not None and best.path.name != one.file:
            message = (
                f"{best.path}: pip would install this in place of {one.file}, the wheel of "
                f"{folder}. Remove it, or choose another --out-dir."
            )
            raise LbuildError(message)


def _options(folder: Path, wheels: Wheels, offers: Offers, instead: Instead) -> list[str]:
    """Return options of pip: what to take from the out-dir, and which members are given."""
    known, own = folder / "known", folder / "own"
    known.mkdir()
    own.mkdir()
    for name, some in offers.by_name.items():
        for one in some:
            if name not in instead.names and one.rank is not None:
                shutil.copyfile(one.path, known / one.path.name)
    given = {}
    for wheel in wheels.values():
        given[wheel.name] = own / wheel.file
        with given[wheel.name].open("wb") as file:
            file.writelines(wheel.opened().pieces())
    limits = folder / "constraints.txt"
    limits.write_text("\n".join(instead.constraints(given, own)), "utf-8")
    return ["--find-links", os.fspath(known), "--constraint", os.fspath(limits)]


def _pip(folder: Path, interpreter: Interpreter, request: Request) -> Pip:
    """Return a pip that makes wheels for an interpreter: its own, else lbuild's, else one of uv's.

    Raises:
        LbuildError: if there is none, and uv cannot install it.
    """
    options = InstallOptions(offline=request.offline)
    cwd = tasks.working_folder() or folder
    how = Installation(options, local_places.find_places("pip", os.environ, cwd))
    python = interpreter.executable
    if interpreter.runs_lbuild:
        command: tuple[str, ...] = (sys.executable, "-Im", "pip")
        is_there = installers.has_pip()
    else:
        places = interpreters.inspect(interpreter).search_path
        has_pip = any(Path(place, "pip", "__init__.py").is_file() for place in places)
        command = pip_command(python, has_pip=has_pip)
        is_there = has_pip or installers.has_pip()
    if not is_there:
        python = _with_pip(folder / "env", interpreter, options, cwd)
        command = pip_command(python, has_pip=True)
    return Pip(command, folder / "requirements.txt", python, how)


def _with_pip(place: Path, interpreter: Interpreter, options: InstallOptions, cwd: Path) -> str:
    """Make a temporary environment with pip in it, by uv; return its interpreter."""
    try:
        uv = installers.choose_uv(options._replace(installer="uv"), (), os.environ, cwd)
    except LbuildError as error:
        message = (
            "--with-dependencies needs pip, or uv to install it: neither is there. Install pip "
            f"for {interpreter.executable}, or beside lbuild."
        )
        raise NoEnvironment(message) from error
    python = os.fspath(place / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    how = Installation(options, local_places.find_places("uv", os.environ, cwd))
    try:
        command = (uv or "uv", "venv", "--quiet", "--python", interpreter.executable, place)
        subprocess.run(command, check=True, capture_output=True)
        Uv(uv or "uv", os.fspath(place), python, how).install(["pip"])
    except subprocess.CalledProcessError as error:
        output = "".join(decoded(text) for text in (error.stdout, error.stderr) if text)
        message = (
            f"--with-dependencies needs pip, and uv could not install it for "
            f"{interpreter.executable}. Install it beside lbuild."
        )
        raise InstallFailed(message, output) from error
    return python


def _added(new: Path, out_dir: Path, instead: Instead, offers: Offers) -> Iterator[Path]:
    """Put wheels into the out-dir that it lacks; yield their paths there."""
    for path in sorted(new.glob("*.whl")):
        name = normalize_name(path.name.partition("-")[0])
        target = out_dir / path.name
        if name not in instead.names and (target in offers.unusable or not target.exists()):
            delivery.deliver(Content.at(path), target)
            yield target
