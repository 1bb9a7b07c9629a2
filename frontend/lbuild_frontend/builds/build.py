"""Calls the backend for a project, and records what came of it."""

import dataclasses
import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from lbuild_frontend.builds import during_build, get_requires, hook_session
from lbuild_frontend.builds import task as tasks
from lbuild_frontend.builds.during_build import Before
from lbuild_frontend.builds.task import BuildTask, Hook
from lbuild_frontend.builds.verdict import Verdict
from lbuild_frontend.cache.entry import Entry, snapshot_to_bytes
from lbuild_frontend.cache.sealed import RecordError
from lbuild_frontend.cache.store import History
from lbuild_frontend.disk import temporary
from lbuild_frontend.environments.base import Environment
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.hooks import call as hook_calls
from lbuild_frontend.hooks import check_metadata, check_wheel, setuptools
from lbuild_frontend.hooks.backend import Backend, ConfigSettings, Returned
from lbuild_frontend.model.artifact import Artifact, Known
from lbuild_frontend.model.reporter import Reporter
from lbuild_keys.effects.classify import BuildEffects
from lbuild_keys.model import Snapshot, key_of
from lbuild_keys.snapshots.observer import Observer
from lbuild_keys.tracing import usage
from lbuild_keys.tracing.usage import Usage


@dataclass(frozen=True, slots=True)
class Built:
    """What the backend made.

    Attributes:
        entry: what is recorded of it.
        content: the file's bytes.
        same_as_before: it holds what an earlier one of this name held, which is the one given.
        warnings: what the user should know.
    """

    entry: Entry
    content: bytes
    same_as_before: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Result:
    """What the hooks gave.

    Attributes:
        required: what the backend required.
        requirements: the states of what was installed because of that.
        used: what the hooks used and wrote.
        disturbed: whether something changed in the build environment meanwhile.
    """

    artifact: Artifact
    required: get_requires.Answer
    requirements: Snapshot
    used: Usage
    warnings: tuple[str, ...]
    disturbed: bool = False


def build(
    task: BuildTask, history: History, now: Observer, verdict: Verdict, reporter: Reporter
) -> Built:
    """Build a wheel, or prepare its metadata, and put it into the cache.

    Args:
        now: the moment of the decision to build.
        verdict: that decision.

    Raises:
        LbuildError: if the backend fails, or the cache cannot be written.
    """
    started = time.monotonic()
    before = during_build.look(now, task.mode, verdict, history)
    try:
        result = _call_backend(task, history, now, before, verdict, reporter)
    finally:
        setuptools.remove_cython_output(task.project.root, before.footprint.added())
    then = tasks.observer(task, history, now.digests, result.required.requirements)
    effects, tree = during_build.judge(
        before, then, result.used, result.artifact.version, result.requirements
    )
    if result.disturbed:  # by this build, or by one that uses it at the same time
        edited = (*effects.edited, "the build environment")
        effects = dataclasses.replace(effects, edited=edited)
    earlier, content = None, result.artifact.content
    if not verdict.asks_for_refresh and not _asks_for_time(task):
        earlier, content = _same_as_before(task, history, result.artifact)
    entry = _entry(task, result, effects, tree, time.monotonic() - started)
    entry = dataclasses.replace(entry, sha256=earlier or entry.sha256)
    try:
        with task.cache.exclusive(lambda text: reporter.note(f"{task.label}: {text}")):
            _keep(task, entry, content, result.artifact.metadata, effects)
            tasks.forget_surplus(task, task.history())
            if not result.disturbed:
                get_requires.keep(task, result.required)
    except LbuildError as error:  # it was built, so it is delivered
        reporter.warn(f"{task.label}: what was built could not be kept for reuse. {error}")
    task.cache.keep_digests(task.project.root, now.digests)
    return Built(entry, content, earlier is not None, (*result.warnings, *_edited(entry)))


def _call_backend(
    task: BuildTask,
    history: History,
    now: Observer,
    before: Before,
    verdict: Verdict,
    reporter: Reporter,
) -> _Result:
    build_system = task.project.settings.build_system
    required = get_requires.known(task, now, verdict, reporter)
    with hook_session.environments(task, verdict, reporter) as environments:
        around = environments.provide(build_system.requires)
        reporter.progress(f"{task.label}: building with {build_system.build_backend}")
        if required is None or not required.holds(around):
            required = get_requires.ask(task, history, now, before, around)
        requirements = _newly_required(task, history, now, required.requirements)
        if required.requirements:
            around = environments.provide((*build_system.requires, *required.requirements))
        result = _call(task, history, now, around, required, requirements)
        return dataclasses.replace(result, disturbed=environments.has_changed(around))


def _newly_required(
    task: BuildTask, history: History, now: Observer, requirements: Collection[str]
) -> Snapshot:
    """The states of requirements of which nothing has told until now: they count from here on."""
    if tasks.extra_requires(history).issuperset(requirements):
        return {}
    anew = tasks.observer(task, history, now.digests, requirements).snapshot(task.mode)
    return {thing: seen for thing, seen in anew.items() if thing.kind == "requirement"}


def _call(
    task: BuildTask,
    history: History,
    now: Observer,
    around: Environment,
    required: get_requires.Answer,
    requirements: Snapshot,
) -> _Result:
    backend = hook_session.backend(task, around)
    call, check = _HOOKS[task.hook]
    entries = [stored.entry for stored in history.entries]
    known = {(one.file, one.metadata): (one.name, one.version) for one in entries}
    with temporary.folder("result") as folder:
        returned = call(backend, folder, task.request.config_settings)
        artifact = check(returned.value, folder, task.label, known)
        used = hook_session.used(task, now, backend, task.hook, returned, (os.fspath(folder),))
    both = usage.merge(required.used, used)
    return _Result(artifact, required, requirements, both, returned.warnings)


_HOOKS: Mapping[
    Hook,
    tuple[
        Callable[[Backend, Path, ConfigSettings], Returned],
        Callable[[object, Path, str, Known], Artifact],
    ],
] = {
    "build_wheel": (hook_calls.build_wheel, check_wheel.check),
    "prepare_metadata_for_build_wheel": (
        hook_calls.prepare_metadata_for_build_wheel,
        check_metadata.check,
    ),
}


def _same_as_before(
    task: BuildTask, history: History, artifact: Artifact
) -> tuple[str | None, bytes]:
    """The digest of an earlier result with the same name and content, and the bytes to deliver.

    Many backends write the time of the build into the archive. Where nothing else differs, the
    earlier one is kept, so that nothing downstream has to run again.
    """
    for stored in reversed(history.entries):
        entry = stored.entry
        if (entry.file, entry.content) == (artifact.file, artifact.content_digest):
            try:
                content = task.cache.blob(entry.sha256)
            except RecordError:
                continue
            if content is not None:
                return entry.sha256, content
    return None, artifact.content


def _asks_for_time(task: BuildTask) -> bool:
    """Whether the user set the time for reproducible builds (SOURCE_DATE_EPOCH specification)."""
    return "SOURCE_DATE_EPOCH" in task.environ


def _entry(
    task: BuildTask, result: _Result, effects: BuildEffects, tree: BuildEffects, seconds: float
) -> Entry:
    clear = not result.used.opaque and not result.used.untraced
    usable, artifact = not effects.edited, result.artifact
    return Entry(
        key=key_of(effects.inputs) if usable else None,
        tree=key_of(tree.inputs) if usable and not tree.edited else None,
        mode=task.mode,
        name=artifact.name,
        version=artifact.version,
        file=artifact.file,
        sha256=artifact.sha256,
        # Where the time was asked for it is part of the result, as the rest of the bytes are.
        content=artifact.sha256 if _asks_for_time(task) else artifact.content_digest,
        metadata="",
        snapshot="",
        configuration=_configuration(tree.inputs),
        outputs={**tree.outputs, **effects.outputs},
        rewritten=tuple(sorted({*tree.rewritten, *effects.rewritten})),
        blind=tuple(sorted(result.used.blind & effects.outputs.keys())) if clear else (),
        edited=effects.edited,
        opaque=(*result.used.opaque, *result.used.untraced) if task.mode == "traced" else (),
        untraced=result.used.untraced if task.mode == "traced" else (),
        extra_requires=result.required.requirements,
        folder=task.folder,
        out_dir=task.relative_out_dir,
        built_at=time.time(),
        seconds=seconds,
    )


def _keep(
    task: BuildTask, entry: Entry, content: bytes, metadata: bytes, effects: BuildEffects
) -> None:
    """Publish the blobs, then the entry that names them."""
    cache = task.cache
    cache.put_blob(content)
    entry = dataclasses.replace(
        entry,
        metadata=cache.put_blob(metadata),
        snapshot=cache.put_blob(snapshot_to_bytes(effects.inputs)),
    )
    cache.publish(task.identity, task.hook, entry)


_CONFIGURING = frozenset(
    {"backend", "build-system", "config-settings", "environment", "interpreter", "requirement"}
)


_PROSE = re.compile(
    r"(authors|changelog|changes|copying|history|licen[cs]e|news|notice|readme)(\.(md|rst|txt))?",
    re.IGNORECASE,
)
"""Files at the top that no build takes for settings."""


def _configuration(inputs: Snapshot) -> str:
    """Digest what says how to build, rather than what of: settings, and files at the top."""
    rows = sorted(
        (thing.kind, thing.name, seen.state.detail)
        for thing, seen in inputs.items()
        if thing.kind in _CONFIGURING
        or (thing.kind == "file" and "/" not in thing.name and not _PROSE.fullmatch(thing.name))
    )
    return hashlib.sha256(json.dumps(rows).encode("ascii")).hexdigest()


def _edited(entry: Entry) -> tuple[str, ...]:
    if not entry.edited:
        return ()
    first, *more = entry.edited
    others = f" (and {len(more)} more)" if more else ""
    return (f"{first}{others} changed during the build, so this wheel will not be reused",)
