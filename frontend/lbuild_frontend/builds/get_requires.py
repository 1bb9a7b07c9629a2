"""What a backend requires beyond ``build-system.requires``: asked, or known from an earlier build.

The answer of ``get_requires_for_build_wheel`` is kept as an entry of its own, with its own
snapshot: after an edit that this hook did not look at, it is not called again. With the answer is
kept what the hook used, which is an input of the wheel whether the hook was called or not.

Only in mode ``traced``: in the others whatever makes a rebuild due counts for this hook as well.
"""

import dataclasses
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lbuild_frontend.builds import during_build, hook_session
from lbuild_frontend.builds import task as tasks
from lbuild_frontend.builds import verdict as verdicts
from lbuild_frontend.builds.during_build import Before
from lbuild_frontend.builds.task import BuildTask
from lbuild_frontend.builds.verdict import Verdict
from lbuild_frontend.cache.entry import Entry, snapshot_to_bytes
from lbuild_frontend.cache.sealed import RecordError
from lbuild_frontend.cache.store import History
from lbuild_frontend.environments.base import Environment
from lbuild_frontend.hooks import call as hook_calls
from lbuild_frontend.model.reporter import Reporter
from lbuild_keys.decision.reasons import Forced
from lbuild_keys.model import KINDS, Input, Snapshot, Source, key_of
from lbuild_keys.snapshots.observer import Observer
from lbuild_keys.tracing.trace import Trace
from lbuild_keys.tracing.usage import Usage

HOOK = "get_requires_for_build_wheel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the hook answered.

    Attributes:
        requirements: PEP 508 texts, as it gave them.
        used: what it used.
        among: the identity of the environment in which it was asked.
        inputs: what it was given to, if it was given just now and may be given again.
        seconds: how long that took.
    """

    requirements: tuple[str, ...]
    used: Usage
    among: str
    inputs: Snapshot | None = None
    seconds: float = 0.0

    def holds(self, around: Environment) -> bool:
        """Whether the same backend would be asked now: another version may require something else.

        Args:
            around: where ``build-system.requires`` is installed and nothing else: what the answer
                requires may keep a newer version out.
        """
        return self.among == around.identity


def known(task: BuildTask, now: Observer, verdict: Verdict, reporter: Reporter) -> Answer | None:
    """The answer that the hook has given to what is there now; None if it has to be asked.

    Args:
        now: the moment of the decision to build.
        verdict: that decision.
        reporter: told of damage, which is removed.
    """
    if task.mode != "traced" or any(isinstance(reason, Forced) for reason in verdict.reasons):
        return None
    history = task.cache.history(task.identity, HOOK)
    asked = now.without_extra_requires()
    found = verdicts.decide(task.cache, history, asked, task.mode, task.folder)
    tasks.drop(task, (*history.unusable, *found.unusable), reporter)
    if found.reuse is None:
        return None
    try:
        answer = from_bytes(found.reuse.content)
    except RecordError:
        return None
    task.cache.mark_used(found.reuse.stored)
    return answer


def ask(
    task: BuildTask, history: History, now: Observer, before: Before, around: Environment
) -> Answer:
    """Call the hook.

    Args:
        history: of the hook whose result is wanted.
        before: what is known of the time before.
        around: where ``build-system.requires`` is installed and nothing else.

    Raises:
        BuildFailed: if the hook fails.
    """
    started = time.monotonic()
    backend = hook_session.backend(task, around)
    returned = hook_calls.get_requires_for_build_wheel(backend, task.request.config_settings)
    answer = Answer(
        requirements=tuple(map(str, returned.value)) if isinstance(returned.value, list) else (),
        used=hook_session.used(task, now, backend, HOOK, returned),
        among=around.identity,
        seconds=time.monotonic() - started,
    )
    seen_through = not answer.used.opaque and not answer.used.untraced
    left_nothing = _left_nothing(returned.trace, task.project.root)
    if task.mode == "traced" and seen_through and left_nothing:
        return dataclasses.replace(answer, inputs=_inputs(task, history, before, answer))
    return answer


def _left_nothing(trace: Trace, root: Path) -> bool:
    """Whether a hook wrote nothing but bytecode, and temporary files that are gone.

    Whatever else it wrote would be missing if it were not called.
    """
    temporary = f"{during_build.temporary_folder()}/"
    for access, path in trace.accesses:
        if access not in ("written", "added to", "made"):
            continue
        folder, name = os.path.split(path)
        real = os.path.join(os.path.realpath(folder), name)  # noqa: PTH118  a str
        is_bytecode = os.path.basename(folder) == "__pycache__" and ".pyc" in name  # noqa: PTH119
        if is_bytecode or name == "__pycache__" or real == os.devnull:
            continue
        passing = real.startswith(temporary) and not os.path.lexists(real)
        if not passing or Path(real).is_relative_to(root):
            return False
    return True


def _inputs(task: BuildTask, history: History, before: Before, answer: Answer) -> Snapshot | None:
    """What an answer was given to; None if something was edited meanwhile, or cannot be known."""
    then = tasks.observer(task, history, before.observer.digests).without_extra_requires()
    before = dataclasses.replace(before, observer=before.observer.without_extra_requires())
    # A requirement that names the day is of that day, as a version that does.
    named = " ".join(answer.requirements)
    effects, _ = during_build.judge(before, then, answer.used, named, {})
    doubtful = effects.edited or effects.outputs or effects.rewritten
    return None if doubtful or key_of(effects.inputs) is None else effects.inputs


def keep(task: BuildTask, answer: Answer) -> None:
    """Keep an answer that was given just now, if it may be given again.

    To be called by who holds off other changes to the cache (``Store.exclusive``).

    Raises:
        LbuildError: if the cache cannot be written.
    """
    if answer.inputs is None:
        return
    cache = task.cache
    sha256 = cache.put_blob(to_bytes(answer))
    entry = Entry(
        key=key_of(answer.inputs),
        tree=None,
        mode=task.mode,
        name=task.project.settings.name or "",
        version="",
        file="REQUIRES",
        sha256=sha256,
        content=sha256,
        metadata=sha256,
        snapshot=cache.put_blob(snapshot_to_bytes(answer.inputs)),
        configuration="",
        outputs={},
        rewritten=(),
        blind=(),
        edited=(),
        opaque=(),
        untraced=(),
        extra_requires=answer.requirements,
        folder=task.folder,
        out_dir=task.relative_out_dir,
        built_at=time.time(),
        seconds=answer.seconds,
    )
    cache.publish(task.identity, HOOK, entry)
    tasks.forget_surplus(task, cache.history(task.identity, HOOK))


def to_bytes(answer: Answer) -> bytes:
    """An answer as the content of a blob. It is one of a hook that wrote nothing."""
    inputs = answer.used.inputs.items()
    value = {
        "requirements": answer.requirements,
        "inputs": [[thing.kind, thing.name, why.how, why.by] for thing, why in sorted(inputs)],
        "imported": sorted(answer.used.imported),
        "among": answer.among,
    }
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode("ascii")


def from_bytes(content: bytes) -> Answer:
    """Read an answer back from a blob that was verified.

    Raises:
        RecordError: if it is none.
    """
    try:
        value = json.loads(content)
        inputs = {
            Input(kind, name): Source(how, by)
            for kind, name, how, by in value["inputs"]
            if kind in KINDS
        }
        return Answer(
            requirements=_texts(value["requirements"]),
            used=Usage(inputs=inputs, imported=frozenset(_texts(value["imported"]))),
            among="".join(_texts([value["among"]])),
        )
    except (ValueError, TypeError, KeyError) as error:
        message = "not an answer that lbuild wrote"
        raise RecordError(message) from error


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise TypeError
