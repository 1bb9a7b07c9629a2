"""What a backend requires beyond ``build-system.requires``: known from earlier, or asked now.

The answer of ``get_requires_for_build_wheel`` is an entry of its own in the cache, with its own
snapshot: after an edit of something that this hook did not use, it is not called again. What the
hook used is kept with the answer: it is an input of the wheel, whether the hook was called or not.
Each hook that builds has a hook of this kind (``Hook.get_requires``).

What is declared counts for the answer too, used or not: a declaration is for what a trace does not
show, and does not say which of the hooks it is about.

Only in mode ``traced``: in the others whatever makes a rebuild due counts for this hook as well.
"""

import json
import os
import time
from pathlib import Path
from typing import Any, NamedTuple

from lbuild_frontend.builds import hook_session
from lbuild_frontend.builds import task as tasks
from lbuild_frontend.builds.assess import Assessment, assess_requires_hook, observer_of
from lbuild_frontend.builds.hook_session import Calls
from lbuild_frontend.builds.task import BuildTask
from lbuild_frontend.cache.entry import Entry, inputs_digest, snapshot_to_bytes
from lbuild_frontend.cache.sealed import RecordError
from lbuild_frontend.cache.store import History
from lbuild_frontend.environments.base import Environment
from lbuild_frontend.hooks import call as hook_calls
from lbuild_frontend.model.hook import Hook
from lbuild_frontend.model.reporter import Reporter
from lbuild_keys.decision.reasons import Forced
from lbuild_keys.effects import during_build
from lbuild_keys.effects.during_build import Before
from lbuild_keys.model import KINDS, Input, Snapshot, Source, key_of
from lbuild_keys.observe import temporary as temporary_files
from lbuild_keys.snapshots.folded import fold
from lbuild_keys.tracing.trace import Trace
from lbuild_keys.tracing.used import Usage


class RequiresAnswer(NamedTuple):
    """What the hook returned.

    Attributes:
        requirements: requirement specifiers (PEP 508), as it returned them.
        used: what it used.
        environment: the identity of the environment in which it ran.
        inputs: what it was given for, with their states, if it was given just now and may be given
            again.
        seconds: how long the call took.
    """

    requirements: tuple[str, ...]
    used: Usage
    environment: str
    inputs: Snapshot | None = None
    seconds: float = 0.0

    def is_valid_in(self, environment: Environment) -> bool:
        """Whether it came from the same backend: another version may require something else.

        Args:
            environment: where ``build-system.requires`` is installed and nothing else: what the
                answer requires may prevent the installation of a newer version.
        """
        return self.environment == environment.identity


def _hook(task: BuildTask) -> Hook:
    """Return the hook that reports what the task's hook requires."""
    hook = task.hook.get_requires
    if hook is None:
        message = f"{task.hook.name} requires nothing"
        raise ValueError(message)
    return hook


def find_known(task: BuildTask, due: Assessment, reporter: Reporter) -> RequiresAnswer | None:
    """Return the answer that the hook gave to the same inputs; None if it has to be called.

    Args:
        task: the task.
        due: the decision to build.
        reporter: is warned of damaged records, which are removed.
    """
    if task.mode != "traced" or any(isinstance(reason, Forced) for reason in due.verdict.reasons):
        return None
    found = assess_requires_hook(task, _hook(task).name, due.observer)
    tasks.drop_unusable(task, found.unusable, reporter)
    reuse = found.verdict.reuse
    if reuse is None:
        return None
    try:
        answer = from_bytes(reuse.content.read())
    except (RecordError, OSError):
        return None
    task.cache.mark_used(reuse.build.stored)
    return answer


def ask(
    task: BuildTask,
    due: Assessment,
    before: Before,
    environment: Environment,
    calls: Calls,
) -> RequiresAnswer:
    """Call the hook.

    Args:
        task: the task.
        due: the decision to build.
        before: what is known of the project before any hook.
        environment: where ``build-system.requires`` is installed and nothing else.
        calls: the calls of hooks that this one is the first of.

    Raises:
        BuildFailed: if the hook fails.
    """
    started = time.monotonic()
    backend = hook_session.backend_in(environment, task, calls)
    hook = _hook(task)
    returned = hook_calls.get_requires(backend, hook, task.request.config_settings)
    answer = RequiresAnswer(
        requirements=tuple(map(str, returned.value)) if isinstance(returned.value, list) else (),
        used=hook_session.usage_by(hook.name, task, due.observer, backend, returned),
        environment=environment.identity,
        seconds=time.monotonic() - started,
    )
    seen_through = not answer.used.opaque and not answer.used.untraced
    left_nothing = _left_nothing(returned.trace, task.project.root)
    if task.mode == "traced" and seen_through and left_nothing:
        return answer._replace(inputs=_inputs_of(task, due.history, before, answer))
    return answer


def _left_nothing(trace: Trace, root: Path) -> bool:
    """Whether a hook wrote nothing but bytecode, and temporary files that are gone.

    Anything else that it wrote would be missing if it were not called.
    """
    temporary = f"{temporary_files.folder()}/"
    for access, path in trace.accesses:
        if access not in ("written", "added to", "made"):
            continue
        folder, name = os.path.split(path)
        is_bytecode = os.path.basename(folder) == "__pycache__" and ".pyc" in name  # noqa: PTH119  a str
        if is_bytecode or name == "__pycache__":
            continue
        real = os.path.join(os.path.realpath(folder), name)  # noqa: PTH118  likewise
        if real == os.devnull:
            continue
        passing = real.startswith(temporary) and not os.path.lexists(real)
        if not passing or Path(real).is_relative_to(root):
            return False
    return True


def _inputs_of(
    task: BuildTask, history: History, before: Before, answer: RequiresAnswer
) -> Snapshot | None:
    """Return the inputs of an answer; None if one was edited meanwhile, or cannot be known."""
    observer = observer_of(task, history, before.observer.digests).without_extra_requires()
    before = before._replace(observer=before.observer.without_extra_requires())
    # A requirement may contain the date, as a version may.
    named = " ".join(answer.requirements)
    effects, _ = during_build.after_build(before, observer, answer.used, named, {})
    doubtful = effects.edited or effects.outputs or effects.rewritten
    return None if doubtful or key_of(effects.inputs) is None else effects.inputs


def keep(task: BuildTask, answer: RequiresAnswer) -> None:
    """Record an answer that was given just now, if it may be given again.

    The caller prevents other changes to the cache meanwhile (``Store.exclusive``).

    Raises:
        LbuildError: if the cache cannot be written.
    """
    if answer.inputs is None:
        return
    cache, inputs = task.cache, fold(answer.inputs)
    sha256 = cache.put_blob(to_bytes(answer))
    entry = Entry(
        key=key_of(answer.inputs),
        tree=None,
        mode=task.mode,
        name=task.project.settings.name or "",
        version="",
        file=_hook(task).file,
        sha256=sha256,
        content=sha256,
        metadata=sha256,
        snapshot=cache.put_blob(snapshot_to_bytes(inputs)),
        inputs=inputs_digest(inputs),
        configuration="",
        outputs={},
        rewritten=(),
        blind=(),
        edited=(),
        appeared=None,
        opaque=(),
        untraced=(),
        followed=(),
        extra_requires=answer.requirements,
        folder=task.folder,
        out_dir=task.relative_out_dir,
        built_at=time.time(),
        seconds=answer.seconds,
    )
    cache.publish(task.identity, _hook(task).name, entry)
    tasks.forget_surplus(task, cache.history(task.identity, _hook(task).name))


def to_bytes(answer: RequiresAnswer) -> bytes:
    """Return an answer as the content of a blob. Its hook wrote nothing."""
    inputs = answer.used.inputs.items()
    value = {
        "requirements": answer.requirements,
        "inputs": [[thing.kind, thing.name, why.how, why.by] for thing, why in sorted(inputs)],
        "imported": sorted(answer.used.imported),
        "among": answer.environment,
    }
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode("ascii")


def from_bytes(content: bytes) -> RequiresAnswer:
    """Read an answer back from a blob that was verified.

    Raises:
        RecordError: if it is not an answer.
    """
    try:
        value = json.loads(content)
        inputs = {
            Input(kind, name): Source(how, by)
            for kind, name, how, by in value["inputs"]
            if kind in KINDS
        }
        return RequiresAnswer(
            requirements=_texts(value["requirements"]),
            used=Usage(inputs=inputs, imported=frozenset(_texts(value["imported"]))),
            environment="".join(_texts([value["among"]])),
        )
    except (ValueError, TypeError, KeyError) as error:
        message = "not an answer written by lbuild"
        raise RecordError(message) from error


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise TypeError
