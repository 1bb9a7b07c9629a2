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
from lbuild_frontend.builds.task import Hook, Job
from lbuild_frontend.builds.verdict import Verdict
from lbuild_frontend.cache.entry import Entry, RecordError, snapshot_to_bytes
from lbuild_frontend.cache.store import History
from lbuild_frontend.disk import temporary
from lbuild_frontend.environments.base import Environment
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.hooks import call as hook_calls
from lbuild_frontend.hooks import check_metadata, check_wheel
from lbuild_frontend.hooks import setuptools as setuptools_leftovers
from lbuild_frontend.model.artifact import Known, Product
from lbuild_frontend.model.reporter import Reporter
from lbuild_keys.effects.classify import Settled
from lbuild_keys.model import Snapshot, key_of
from lbuild_keys.snapshots.observer import Moment
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

    product: Product
    required: get_requires.Answer
    requirements: Snapshot
    used: Usage
    warnings: tuple[str, ...]
    disturbed: bool = False


def build(work: Job, history: History, now: Moment, verdict: Verdict, reporter: Reporter) -> Built:
    """Build a wheel, or prepare its metadata, and put it into the cache.

    Args:
        now: the moment of the decision to build.
        verdict: that decision.

    Raises:
        LbuildError: if the backend fails, or the cache cannot be written.
    """
    started = time.monotonic()
    before = during_build.look(now, work.mode, verdict, history)
    try:
        result = _call_backend(work, history, now, before, verdict, reporter)
    finally:
        setuptools_leftovers.clear_cython(work.project.root, before.footprint.added())
    then = tasks.moment(work, history, now.digests, result.required.requirements)
    settled, tree = during_build.judge(
        before, then, result.used, result.product.version, result.requirements
    )
    if result.disturbed:  # by this build, or by one that uses it at the same time
        edited = (*settled.edited, "the build environment")
        settled = dataclasses.replace(settled, edited=edited)
    earlier, content = None, result.product.content
    if not verdict.asks_for_refresh and not _asks_for_time(work):
        earlier, content = _same_as_before(work, history, result.product)
    entry = _entry(work, result, settled, tree, time.monotonic() - started)
    entry = dataclasses.replace(entry, sha256=earlier or entry.sha256)
    try:
        with work.cache.changes(lambda text: reporter.note(f"{work.label}: {text}")):
            _keep(work, entry, content, result.product.metadata, settled)
            tasks.forget_surplus(work, work.history())
            if not result.disturbed:
                get_requires.keep(work, result.required)
    except LbuildError as error:  # it was built, so it is delivered
        reporter.warn(f"{work.label}: what was built could not be kept for reuse. {error}")
    work.cache.keep_digests(work.project.root, now.digests)
    return Built(entry, content, earlier is not None, (*result.warnings, *_edited(entry)))


def _call_backend(
    work: Job, history: History, now: Moment, before: Before, verdict: Verdict, reporter: Reporter
) -> _Result:
    build_system = work.project.declaration.build_system
    required = get_requires.known(work, now, verdict, reporter)
    with hook_session.environments(work, verdict, reporter) as environments:
        around = environments.provide(build_system.requires)
        reporter.progress(f"{work.label}: building with {build_system.build_backend}")
        if required is None or not required.holds(around):
            required = get_requires.ask(work, history, now, before, around)
        requirements = _newly_required(work, history, now, required.requirements)
        if required.requirements:
            around = environments.provide((*build_system.requires, *required.requirements))
        result = _call(work, history, now, around, required, requirements)
        return dataclasses.replace(result, disturbed=environments.has_changed(around))


def _newly_required(
    work: Job, history: History, now: Moment, requirements: Collection[str]
) -> Snapshot:
    """The states of requirements of which nothing has told until now: they count from here on."""
    if tasks.extra_requires(history).issuperset(requirements):
        return {}
    anew = tasks.moment(work, history, now.digests, requirements).snapshot(work.mode)
    return {thing: seen for thing, seen in anew.items() if thing.kind == "requirement"}


def _call(
    work: Job,
    history: History,
    now: Moment,
    around: Environment,
    required: get_requires.Answer,
    requirements: Snapshot,
) -> _Result:
    backend = hook_session.backend(work, around)
    call, check = _HOOKS[work.hook]
    entries = [stored.entry for stored in history.entries]
    known = {(one.file, one.metadata): (one.name, one.version) for one in entries}
    with temporary.folder("result") as folder:
        returned = call(backend, folder, work.request.config_settings)
        product = check(returned.value, folder, work.label, known)
        used = hook_session.used(work, now, backend, work.hook, returned, (os.fspath(folder),))
    both = usage.together(required.used, used)
    return _Result(product, required, requirements, both, returned.warnings)


_HOOKS: Mapping[
    Hook,
    tuple[
        Callable[[hook_calls.Backend, Path, hook_calls.ConfigSettings], hook_calls.Returned],
        Callable[[object, Path, str, Known], Product],
    ],
] = {
    "build_wheel": (hook_calls.build_wheel, check_wheel.check),
    "prepare_metadata_for_build_wheel": (
        hook_calls.prepare_metadata_for_build_wheel,
        check_metadata.check,
    ),
}


def _same_as_before(work: Job, history: History, product: Product) -> tuple[str | None, bytes]:
    """The digest of an earlier result with the same name and content, and the bytes to deliver.

    Many backends write the time of the build into the archive. Where nothing else differs, the
    earlier one is kept, so that nothing downstream has to run again.
    """
    for stored in reversed(history.entries):
        entry = stored.entry
        if (entry.file, entry.content) == (product.file, product.essence):
            try:
                content = work.cache.blob(entry.sha256)
            except RecordError:
                continue
            if content is not None:
                return entry.sha256, content
    return None, product.content


def _asks_for_time(work: Job) -> bool:
    """Whether the user set the time for reproducible builds (SOURCE_DATE_EPOCH specification)."""
    return "SOURCE_DATE_EPOCH" in work.environ


def _entry(work: Job, result: _Result, settled: Settled, tree: Settled, seconds: float) -> Entry:
    clear = not result.used.opaque and not result.used.untraced
    usable, product = not settled.edited, result.product
    return Entry(
        key=key_of(settled.inputs) if usable else None,
        tree=key_of(tree.inputs) if usable and not tree.edited else None,
        mode=work.mode,
        name=product.name,
        version=product.version,
        file=product.file,
        sha256=product.sha256,
        # Where the time was asked for it is part of the result, as the rest of the bytes are.
        content=product.sha256 if _asks_for_time(work) else product.essence,
        metadata="",
        snapshot="",
        configuration=_configuration(tree.inputs),
        outputs={**tree.outputs, **settled.outputs},
        rewritten=tuple(sorted({*tree.rewritten, *settled.rewritten})),
        blind=tuple(sorted(result.used.blind & settled.outputs.keys())) if clear else (),
        edited=settled.edited,
        opaque=(*result.used.opaque, *result.used.untraced) if work.mode == "traced" else (),
        untraced=result.used.untraced if work.mode == "traced" else (),
        extra_requires=result.required.requirements,
        folder=work.folder,
        out_dir=work.relative_out_dir,
        built_at=time.time(),
        seconds=seconds,
    )


def _keep(work: Job, entry: Entry, content: bytes, metadata: bytes, settled: Settled) -> None:
    """Publish the blobs, then the entry that names them."""
    cache = work.cache
    cache.put(content)
    entry = dataclasses.replace(
        entry,
        metadata=cache.put(metadata),
        snapshot=cache.put(snapshot_to_bytes(settled.inputs)),
    )
    cache.publish(work.identity, work.hook, entry)


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
