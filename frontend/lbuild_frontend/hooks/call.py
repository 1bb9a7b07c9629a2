"""Calls a hook of a build backend (PEP 517) through pyproject_hooks, under the recorder."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyproject_hooks

from lbuild_frontend.disk import temporary
from lbuild_frontend.errors import BuildFailed, HookMissing
from lbuild_frontend.hooks import build_folders, git_excludes, process, setuptools
from lbuild_frontend.hooks.backend import Backend, ConfigSettings, Returned, backend_fault
from lbuild_frontend.in_process import start
from lbuild_frontend.model.hook import METADATA_FILE, Hook
from lbuild_keys import pep508
from lbuild_keys.backends.build_folders import BuildFolders
from lbuild_keys.observe import launchers
from lbuild_keys.tracing import process_trace, trace
from lbuild_keys.tracing.trace import Trace


def get_requires(backend: Backend, hook: Hook, settings: ConfigSettings) -> Returned:
    """Ask for the requirements that the backend adds to ``build-system.requires``, a list.

    Args:
        backend: the backend.
        hook: one that reports what another hook requires.
        settings: for the hook.

    Raises:
        BuildFailed: if the hook fails, or returns anything but a list of requirements (PEP 508).
    """
    returned = _call(backend, hook, settings)
    try:
        for text in _strings(returned.value):
            pep508.check_requirement(text)
    except (TypeError, ValueError) as error:
        called = f"{hook.name} of {backend.build_system.build_backend!r}"
        problem = f"returned {returned.value!r}, which is not a list of requirements (PEP 508)"
        raise backend_fault(backend.label, called, problem) from error
    return returned


def _strings(value: object) -> list[str]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise TypeError


def build(
    backend: Backend,
    hook: Hook,
    folder: Path,
    settings: ConfigSettings,
    prepared: Path | None = None,
) -> Returned:
    """Call a hook that puts its result into ``folder``; the value returned is not checked.

    Args:
        backend: the backend.
        hook: one that builds, or prepares metadata.
        folder: for the result.
        settings: for the hook.
        prepared: the ``.dist-info`` folder that the metadata hook made for this hook, if there is
            one.

    Raises:
        BuildFailed: if the hook fails.
        HookMissing: if the backend has no such hook, and need not have it.
    """
    if hook.file == METADATA_FILE:
        # Otherwise pyproject_hooks would build a wheel, and report its faults as faults of this
        # hook.
        return _call(backend, hook, settings, folder, _allow_fallback=False)
    if prepared is not None:
        return _call(backend, hook, settings, folder, metadata_directory=str(prepared))
    return _call(backend, hook, settings, folder)


def _call(
    backend: Backend,
    hook: Hook,
    settings: ConfigSettings,
    result_folder: Path | None = None,
    **more: object,
) -> Returned:
    arguments = dict(more)
    if hook.directory is not None:
        arguments[hook.directory] = str(result_folder)
    alone = backend.lock is not None
    with temporary.folder("hook", backend.root, alone=alone) as folder:
        out_of_tree = setuptools.build_out_of_tree(backend, folder)
        chosen = build_folders.choose(backend, hook, settings, folder)
        arguments["config_settings"] = {**settings, **chosen.settings}
        trusted = build_folders.trusted(backend.root, chosen)
        unseen = build_folders.problems(trusted)
        is_building = hook.get_requires is not None
        runner = _Runner(backend, folder, out_of_tree.config, chosen, is_building=is_building)
        caller = pyproject_hooks.BuildBackendHookCaller(
            str(backend.root),
            backend.build_system.build_backend,
            backend_path=backend.build_system.backend_path or None,
            runner=runner,
            python_executable=backend.executable,
        )
        try:
            with (
                build_folders.emptied(backend.root, chosen),
                _failures(backend, hook.name, runner.output),
                runner.until_it_runs as stack,
            ):
                stack.enter_context(temporary.nothing_in(backend.root))
                value = getattr(caller, hook.name)(**arguments)
        finally:
            did = runner.read_trace()
            put_back = out_of_tree.remove_leftovers(did)
            backend.watch(did)
        runner.learn_commands(did)
        if is_building:
            problems = (*did.problems, *out_of_tree.problems(did), *unseen)
            did = out_of_tree.looked_for(did)._replace(problems=problems)
        scratch = (*runner.scratch, *map(os.fspath, trusted))
        return Returned(value, did, scratch, tuple(runner.warnings), put_back)


class _Runner:
    """Runs the script of pyproject_hooks under the recorder, in a hook process of lbuild.

    Attributes:
        output: the file with the output of the hook, unless that goes to standard error.
        scratch: folders that belong to this call.
        warnings: the texts of the warnings that the hook process raised.
    """

    def __init__(
        self,
        backend: Backend,
        folder: Path,
        config: Path,
        chosen: BuildFolders,
        *,
        is_building: bool,
    ) -> None:
        self._backend = backend
        self._config = config
        self._exchange = folder / _EXCHANGE
        excludes = folder / "git-excludes"
        hiding = git_excludes.variables(backend.root, backend.hidden, excludes, backend.environ)
        self._environ = {**backend.environ, **hiding, **chosen.environ}
        self._log = folder / "trace"
        self._programs = folder / "programs"
        self._not_followed = ""
        self.output = folder / "output"
        self._commands = backend.commands if backend.follow and is_building else None
        self._command_log = folder / "commands"
        if self._commands is not None:
            self._environ |= self._commands.variables(self._command_log, backend.root)
        own = (backend.root / name for name in chosen.in_project)
        self.scratch = [os.fspath(folder), *map(os.fspath, own)]
        self.warnings: list[str] = []
        self.until_it_runs = contextlib.ExitStack()

    def __call__(
        self,
        cmd: Sequence[str],
        cwd: str | None = None,
        extra_environ: Mapping[str, str] | None = None,
    ) -> None:
        """See ``pyproject_hooks.SubprocessRunner``.

        Raises:
            subprocess.CalledProcessError: if the hook process fails.
            OSError: if it cannot be started, or its result cannot be read.
        """
        self.until_it_runs.close()
        python, script, hook, exchange = cmd
        self.scratch.append(os.path.dirname(script))  # noqa: PTH120  a str
        # pyproject_hooks and its script exchange files in a temporary folder. Its name does not
        # show that it is lbuild's, so `cache prune` would not find it if lbuild were killed while
        # the hook runs. Until the hook ends it is a part of the folder of this call.
        Path(exchange).rename(self._exchange)
        backend = self._backend
        lock = "" if backend.lock is None else str(backend.lock)
        command = [
            *(python, *start.START, str(self._log), str(self._config), lock),
            *(script, hook, str(self._exchange)),
        ]
        environ = _with_hash_seed({**self._environ, **(extra_environ or {})})
        if not (backend.follow and self._run_followed(command, cwd, environ)):
            self._run(command, cwd, environ)
        self.warnings.extend(_take_warnings(self._exchange / _RESULT))
        # This fails if somebody else has made a folder of this name: theirs is never read.
        self._exchange.rename(exchange)

    def _run(self, command: Sequence[str], cwd: str | None, environ: Mapping[str, str]) -> None:
        backend = self._backend
        process.run(
            command,
            cwd,
            environ,
            None if backend.echo else self.output,
            () if backend.lock is None else (backend.lock,),
            backend.meanwhile,
        )

    def _run_followed(
        self, command: Sequence[str], cwd: str | None, environ: Mapping[str, str]
    ) -> bool:
        """Run a hook process below the supervisor; return False if it failed, perhaps for that.

        Then it is to be run again.
        """
        from lbuild_frontend.hooks import supervised  # few builds run programs

        try:
            self._run(supervised.command(command, self._programs), cwd, environ)
        except subprocess.CalledProcessError:
            self._not_followed = supervised.why_it_may_have_failed(self._programs)
            if not self._not_followed:
                raise
            self._log.unlink(missing_ok=True)
            self._programs.unlink(missing_ok=True)
            self._command_log.unlink(missing_ok=True)
            (self._exchange / _RESULT).unlink(missing_ok=True)
            return False
        return True

    def learn_commands(self, did: Trace) -> None:
        """Find out what the commands made that the hook ran. It was successful."""
        if self._commands is not None:
            with contextlib.suppress(OSError):  # then they run again
                self._commands.learn(self._command_log, did)

    def read_trace(self) -> Trace:
        """Return what the hook did, and the programs that it ran, if they were followed."""
        did = trace.parse(self._log.read_bytes() if self._log.exists() else None)
        if did.asked:
            did = did._replace(problems=(*did.problems, *_asked(did.asked)))
        if not self._programs.exists():
            return did._replace(not_followed=self._not_followed)
        processes = process_trace.parse(self._programs.read_bytes())
        return did._replace(processes=processes)


def _asked(addresses: Iterable[str]) -> Iterator[str]:
    """Yield why a trace is not complete if its hook asked other processes, each as a clause."""
    from lbuild_frontend.linux import peers  # few hooks ask any

    for peer in addresses:
        if peers.may_read_files(peer):
            yield f"the hook asked a process that is not followed ({peer})"


def _with_hash_seed(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the interpreter of a hook a fixed seed for hashes, unless the user chose one.

    Then the order of a set is the same in each build, and a number that a launcher draws (tox does)
    is no input. The recorder puts back what the hook and its programs should see.
    """
    seed = environ.get("PYTHONHASHSEED")
    if seed is not None and launchers.value_of_user("PYTHONHASHSEED", environ) is not None:
        return dict(environ)
    return {**environ, "PYTHONHASHSEED": "0", start.HASH_SEED: seed or ""}


_EXCHANGE = "exchange"
_RESULT = "output.json"
"""The file in which the script of pyproject_hooks writes what a hook returned."""


def _take_warnings(result: Path) -> list[str]:
    """Take the warnings of the hook process out of its result; return their texts.

    pyproject_hooks would raise them as warnings of this process. To catch those, the filters of all
    threads would have to be changed (``warnings.catch_warnings``). What cannot be read or changed
    is left to pyproject_hooks.
    """
    try:
        fields = json.loads(result.read_bytes())
        texts = [str(warning["message"]) for warning in fields["warnings"]]
        if texts:
            changed = result.with_suffix(".new")
            changed.write_text(json.dumps({**fields, "warnings": []}), "utf-8")
            changed.replace(result)
    except (OSError, ValueError, LookupError, TypeError):
        return []
    return texts


@contextlib.contextmanager
def _failures(backend: Backend, hook: str, output: Path) -> Iterator[None]:
    """Turn each error of pyproject_hooks into one message.

    Args:
        output: the file with the output of the hook; it may be missing.

    Raises:
        BuildFailed: instead of these errors.
        HookMissing: if the backend does not have the hook.
    """
    name, label = backend.build_system.build_backend, backend.label
    try:
        yield
    except pyproject_hooks.BackendUnavailable as error:
        message = (
            f"{label}: the build backend {name!r} cannot be imported. "
            "Check build-system.build-backend, requires and backend-path in pyproject.toml."
        )
        raise BuildFailed(message, f"{_text(output)}{error.traceback}") from error
    except pyproject_hooks.HookMissing as error:
        raise HookMissing(hook) from error
    except pyproject_hooks.UnsupportedOperation as error:
        message = (
            f"{label}: the build backend {name!r} does not support {hook} here; see its output."
        )
        raise BuildFailed(message, f"{_text(output)}{error.traceback}") from error
    except subprocess.CalledProcessError as error:
        text = _text(output)
        if f"has no attribute '{hook}'" in text[-500:]:
            message = f"{label}: the build backend {name!r} has no {hook} hook (PEP 517)."
        elif error.returncode < 0:
            message = f"{label}: {hook} of {name!r} was killed by signal {-error.returncode}."
        elif text.strip() or not output.exists():  # else it went to standard error
            message = f"{label}: {hook} of {name!r} failed; see its output."
        else:
            code = error.returncode
            message = f"{label}: {hook} of {name!r} failed with exit code {code} and no output."
        raise BuildFailed(message, text) from error
    except (FileNotFoundError, ValueError, KeyError, AttributeError) as error:
        awaited = (_EXCHANGE, _RESULT)
        if isinstance(error, FileNotFoundError) and Path(str(error.filename)).name not in awaited:
            raise
        # pyproject_hooks found no result file, or could not read it: the hook ended the process.
        message = f"{label}: {hook} of {name!r} ended the process without returning a result."
        raise BuildFailed(message, _text(output)) from error


def _text(output: Path) -> str:
    try:
        return output.read_text("utf-8", "replace")
    except FileNotFoundError:  # the output went to standard error
        return ""
