"""Provides isolated build environments: each is made once, and kept for all that require the same.

An environment is made for a request (module ``kept``), and never changed after that. If its files
are not as they were recorded, it is not used, and another one is made. An environment cannot be
moved, so a cache that was moved has none.
"""

import contextlib
import os
import shutil
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache import size_account
from lbuild_frontend.cache.sealed import RecordError
from lbuild_frontend.cache.store import Store
from lbuild_frontend.disk import atomic, temporary
from lbuild_frontend.environments import (
    bytecode,
    contents,
    installer,
    kept,
    local_offers,
    member_wheels,
)
from lbuild_frontend.environments.base import Environment
from lbuild_frontend.environments.contents import Installed
from lbuild_frontend.environments.installer import InstallOptions
from lbuild_frontend.environments.interpreter import Interpreter
from lbuild_frontend.environments.kept import EnvironmentRecord, RequestRecord, Usable
from lbuild_frontend.environments.local_offers import LocalOffers
from lbuild_frontend.environments.member_wheels import GivenWheels, MembersOfBuild
from lbuild_frontend.errors import LbuildError, unforeseen
from lbuild_frontend.model.reporter import Reporter
from lbuild_keys.installers import constraints
from lbuild_keys.model import State
from lbuild_keys.observe.files import Digests

_USUAL = InstallOptions()


@contextlib.contextmanager
def open_environments(
    *,
    cache: Store,
    interpreter: Interpreter,
    cwd: Path,
    max_age: float | None,
    label: str,
    reporter: Reporter,
    options: InstallOptions = _USUAL,
    digests: Digests | None = None,
    requires: Sequence[str] = (),
    members: MembersOfBuild | None = None,
) -> Iterator["IsolatedEnvironments"]:
    """Provide isolated environments until the context ends; until then none of them is removed.

    Args:
        cache: where environments are kept.
        interpreter: the interpreter of the environments.
        cwd: the folder in which the installer runs.
        max_age: seconds after which requirements are resolved again, if that is possible; None to
            resolve and install them in any case.
        label: the project's name in messages.
        reporter: gets progress and warnings.
        options: how requirements are installed.
        digests: known digests of files.
        requires: what the project requires in any case (``build-system.requires``).
        members: the other projects of its workspace, whose wheels are installed.
    """
    with contextlib.ExitStack() as uses:
        provider = IsolatedEnvironments(
            cache,
            interpreter,
            cwd,
            max_age,
            label,
            reporter,
            uses,
            options=options,
            digests=Digests() if digests is None else digests,
            requires=requires,
            members=members,
        )
        yield provider
        provider.record_bytecode()


class IsolatedEnvironments:
    """Provides isolated environments; made by ``open_environments``."""

    def __init__(
        self,
        cache: Store,
        interpreter: Interpreter,
        cwd: Path,
        max_age: float | None,
        label: str,
        reporter: Reporter,
        uses: contextlib.ExitStack,
        *,
        options: InstallOptions,
        digests: Digests,
        requires: Sequence[str],
        members: MembersOfBuild | None,
    ) -> None:
        self._cache = cache
        self._interpreter = interpreter
        self._cwd = cwd
        self._max_age = max_age
        self._opened_at = time.time()
        self._label = label
        self._reporter = reporter
        # Closed, it releases the environments that were used, or removes them if not kept.
        self._uses = uses
        # The kept environments that were provided, by the path of their interpreters.
        self._provided: dict[Path, EnvironmentRecord] = {}
        self._bucket = kept.in_cache(cache.root)
        self._options = options
        self._digests = digests
        self._requires, self._members = requires, members

    def provide(self, requirements: Collection[str]) -> Environment:
        """Return an environment that holds what is required and nothing else.

        It is not kept if something in it is from this machine, because that may change. Members of
        the workspace are installed from their wheels, which do not.

        Raises:
            MembersNeeded: if the wheel of a member is not known.
            BuildFailed: if the requirements cannot be installed.
            LbuildError: if no environment can be made, or the cache cannot be written.
        """
        return member_wheels.with_members(self._provide, requirements, self._members)

    def _provide(self, requirements: Collection[str]) -> Environment:
        wanted = member_wheels.given_for(requirements, self._members)
        how = (wanted.not_given, os.environ, self._cwd)
        uv = installer.choose_uv(self._options, *how)
        offers = LocalOffers("uv" if uv else "pip", *how, self._digests, wanted.wheels)
        if any(map(local_offers.may_be_local, wanted.others)):
            python = self._make_temporary(uv, wanted, offers)
            root = contents.root_of(python)
            return self._environment(
                Usable(python, contents.installed(root).identity, time.time()),
                offers,
                offers.after(root),
            )
        request = self._name_of_request(uv, (*wanted.others, *wanted.identities))
        found = self._find(request, offers)
        if found is None or not self._is_recent(found):
            what = "another lbuild that makes the same build environment"
            with self._cache.lock(f"environment-{request}", what, self._tell):
                # Another process may have made it while this one waited.
                found = self._find(request, offers)
                if found is None or not self._is_recent(found):
                    return self._make_and_record(request, uv, wanted, found, offers)
        return self._environment(found, offers, local_offers.from_record(found.offers))

    def _environment(
        self, usable: Usable, offers: LocalOffers, states: Mapping[str, State]
    ) -> Environment:
        """Describe an environment to hooks: its scripts come first in PATH, no PYTHONPATH."""
        python = usable.python_executable
        scripts = os.fspath(python.parent)
        path = os.environ.get("PATH")
        programs = scripts if path is None else f"{scripts}{os.pathsep}{path}"
        return Environment(
            os.fspath(python),
            {"PATH": programs, "PYTHONPATH": ""},
            usable.identity,
            offers.inputs(states, contents.root_of(python), self._requires),
        )

    def has_changed(self, environment: Environment) -> bool:
        """See ``Environments``. One that is not kept is used by this build only: it has not."""
        record = self._provided.get(Path(environment.python_executable))
        return record is not None and not self._bucket.is_unchanged(record)

    def _name_of_request(self, uv: str | None, requirements: tuple[str, ...]) -> str:
        influences = installer.influences(uv, self._interpreter, os.environ, self._cwd)
        limits = constraints.observe(self._options.constraints, self._digests)
        influences.append(limits.detail if limits.known else time.time_ns())
        return self._bucket.request_name(requirements, influences, self._cache.secret)

    def _is_recent(self, found: Usable) -> bool:
        if self._max_age is None:  # unless another process has just made it
            return found.resolved_at >= self._opened_at
        # If the clock was set back, it may be from the future, and its age is unknown.
        return self._opened_at - self._max_age <= found.resolved_at <= time.time()

    def record_bytecode(self) -> None:
        """Record the bytecode that is in the environments at the end of a build, to be trusted."""
        with contextlib.suppress(OSError, LbuildError):  # the next build compiles it again
            for record in self._provided.values():
                bytecode.record_all(self._bucket, record, self._exclusive)

    def _exclusive(self) -> contextlib.AbstractContextManager[object]:
        return self._cache.exclusive(self._tell)

    def _tell(self, text: str) -> None:
        self._reporter.note(f"{self._label}: {text}")

    def _find(self, request: str, offers: LocalOffers) -> Usable | None:
        """Find the environment that was made for a request; if it is damaged, warn and forget it.

        It is not used if something else could be installed from a local place now.

        Raises:
            LbuildError: if the cache cannot be used.
        """
        path = self._bucket.request_path(request)
        try:
            known = self._bucket.read_request(request)
            if not offers.match(known.offers):
                return None
            path = self._bucket.record_path(known.identity)
            python = self._hold_unchanged(known.identity)
        except FileNotFoundError:
            return None
        except (OSError, RecordError):
            python = None
        if python is None:
            self._reporter.warn(
                f"{self._label}: a build environment, or its record {path}, has changed since it "
                "was made; a new one is made"
            )
            atomic.remove(path)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return Usable(python, known.identity, known.resolved_at, known.offers)

    def _hold_unchanged(self, identity: str) -> Path | None:
        """Hold a kept environment; return its interpreter, or None if its files have changed.

        Raises:
            OSError, RecordError: if there is no such record.
            LbuildError: if the cache cannot be used.
        """
        self._uses.enter_context(self._bucket.hold(self._bucket.read_record(identity).folder))
        record = self._bucket.read_record(identity)  # if it still exists, so does the environment
        if not self._bucket.is_unchanged(record):
            return None
        for path in bytecode.remove_untrusted(self._bucket, record, self._exclusive):
            self._reporter.warn(
                f"{self._label}: {path} has changed since a build wrote it, and was removed from "
                "the cache"
            )
        python = self._bucket.root / record.python
        self._provided[python] = record
        return python

    def _make_and_record(
        self,
        request: str,
        uv: str | None,
        wanted: GivenWheels,
        old: Usable | None,
        offers: LocalOffers,
    ) -> Environment:
        """Make an environment and record it; if that fails, use the old one, if there is one."""
        try:
            with cache_files.explained_errors(self._bucket.root):
                folder = self._bucket.new_folder(self._uses)
            python = self._make(folder, uv, wanted, offers)
        except LbuildError as error:
            if old is None:
                raise
            self._reporter.warn(kept.served_by_old(self._label, old.resolved_at, error))
            return self._environment(old, offers, local_offers.from_record(old.offers))
        root = contents.root_of(python)
        states = offers.after(root)
        with cache_files.explained_errors(self._bucket.root):
            installed = contents.installed(root)
            made = self._publish(request, folder, python, installed, local_offers.to_record(states))
        return self._environment(made, offers, states)

    def _publish(
        self,
        request: str,
        folder: Path,
        python: Path,
        installed: Installed,
        offered: Mapping[str, str] | None,
    ) -> Usable:
        """Record an environment, unless one with the same content is kept; return the one to use.

        Args:
            request: what it was made for.
            folder: where it was made.
            python: its interpreter.
            installed: what is in it.
            offered: what local places offered; None if that changed meanwhile.
        """
        if installed.local or offered is None:
            self._uses.callback(atomic.remove, folder)
            return Usable(python, installed.identity, time.time())
        identity = self._bucket.identity_of(self._interpreter, installed.identity)
        # It is held as soon as it is found, so that no other process removes it.
        same = None if self._max_age is None else self._same(identity)
        with self._cache.exclusive(self._tell):
            if same is not None:
                atomic.remove(folder)
                python = same
            else:
                inside = python.relative_to(self._bucket.root).as_posix()
                record = EnvironmentRecord(inside, contents.digest(folder), installed.identity)
                self._provided[python] = record
                self._bucket.write_record(identity, record)
                size_account.add(self._cache.root, contents.size(folder))
            self._bucket.write_request(request, RequestRecord(identity, time.time(), offered))
        return Usable(python, identity, time.time())

    def _same(self, identity: str) -> Path | None:
        """Return the interpreter of the kept environment with this identity, if there is one."""
        try:
            return self._hold_unchanged(identity)
        except (OSError, RecordError):
            return None

    def _make_temporary(self, uv: str | None, wanted: GivenWheels, offers: LocalOffers) -> Path:
        try:
            folder = self._uses.enter_context(temporary.folder("env"))
        except OSError as error:
            raise unforeseen("a temporary build environment", error) from error
        return self._make(folder, uv, wanted, offers)

    def _make(self, folder: Path, uv: str | None, wanted: GivenWheels, offers: LocalOffers) -> Path:
        from lbuild_frontend.environments import create, installing  # much that only this needs

        self._reporter.progress(f"{self._label}: preparing the build environment")
        how = installing.Installation(
            options=self._options,
            places=offers.places,
            # What is on this machine may be a project, or another file of the same name.
            use_cache=not any(map(local_offers.may_be_local, wanted.others)),
            given=frozenset(wanted.wheels),
        )
        try:
            with wanted.in_files() as files:
                texts = wanted.requirements(files)
                made = Path(create.create(folder, self._interpreter, uv, texts, self._label, how))
            wanted.check_installed(contents.root_of(made), files, self._label)
            return made
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
