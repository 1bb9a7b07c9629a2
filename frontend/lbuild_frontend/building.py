"""Calls the backend for a project, and records what came of it."""

import dataclasses
import hashlib
import json
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from lbuild_frontend import decision, environment, hooks, job, leftovers, record, wheelfile
from lbuild_frontend.decision import Settled
from lbuild_frontend.job import Job
from lbuild_frontend.record import Entry, RecordError
from lbuild_frontend.reporter import Reporter
from lbuild_frontend.store import History
from lbuild_keys import files
from lbuild_keys.files import Digests
from lbuild_keys.model import Snapshot, key_of


@dataclass(frozen=True, slots=True)
class Built:
    """A wheel that the backend built.

    Attributes:
        entry: what is recorded of it.
        content: the file's bytes.
        same_as_before: it holds what an earlier wheel of this name held, which is the one given.
        warnings: what the user should know.
    """

    entry: Entry
    content: bytes
    same_as_before: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Result:
    wheel: wheelfile.Wheel
    content: bytes
    before: Snapshot
    extra_requires: tuple[str, ...]
    written: frozenset[str]
    warnings: tuple[str, ...]


def build(
    work: Job, history: History, before: Snapshot, digests: Digests, reporter: Reporter
) -> Built:
    """Build a wheel and put it into the cache.

    Args:
        before: the snapshot that led to the decision to build.

    Raises:
        LbuildError: if the backend fails, or the cache cannot be written.
    """
    started = time.monotonic()
    declared_only = work.mode == "declared"
    tree_before = job.observe_tree(work, history, digests) if declared_only else before
    stamps = _stamps(work, before)
    result = _call_backend(work, history, before, digests, reporter)
    touched = frozenset(
        name for name, stamp in _stamps(work, before).items() if stamp != stamps[name]
    )
    extra = result.extra_requires
    after = job.observe(work, history, digests, extra)
    tree_after = job.observe_tree(work, history, digests, extra) if declared_only else after
    settled = decision.settle(result.before, after, result.written, touched, history)
    tree = settled
    if declared_only:
        tree = decision.settle(tree_before, tree_after, result.written, touched, history)
    earlier, content = _same_wheel(work, history, result)
    entry = _entry(work, result, settled, tree, time.monotonic() - started)
    entry = dataclasses.replace(entry, sha256=earlier or entry.sha256)
    entry = _keep(work, history, entry, content, result.wheel.metadata, settled)
    work.cache.keep_digests(work.project.root, digests)
    return Built(entry, content, earlier is not None, (*result.warnings, *_edited(entry)))


def _stamps(work: Job, inputs: Snapshot) -> dict[str, files.Signature | None]:
    """When each input on disk was last touched: an edit that is taken back leaves its mark."""
    return {
        thing.name: files.last_change(os.path.join(work.folder, thing.name))  # noqa: PTH118  many
        for thing in inputs
        if thing.kind in ("file", "backend")
    }


def _call_backend(
    work: Job, history: History, before: Snapshot, digests: Digests, reporter: Reporter
) -> _Result:
    build_system = work.project.declaration.build_system
    settings = work.request.config_settings
    surroundings = environment.isolated if work.request.isolation else environment.own
    with (
        surroundings(work.interpreter, work.label) as around,
        tempfile.TemporaryDirectory(prefix="lbuild-wheel-") as folder,
    ):
        reporter.progress(f"{work.label}: preparing the build environment")
        around.install(build_system.requires)
        backend = hooks.Backend(
            label=work.label,
            root=work.project.root,
            build_system=build_system,
            build_base=leftovers.build_base(work.project.toml, build_system),
            executable=around.python_executable,
            environ={**work.environ, **(around.make_extra_environ() or {})},
            echo=work.request.verbose,
        )
        reporter.progress(f"{work.label}: building with {build_system.build_backend}")
        required = hooks.get_requires_for_build_wheel(backend, settings)
        extra = tuple(map(str, required.value)) if isinstance(required.value, list) else ()
        around.install(extra)
        if not job.extra_requires(history).issuperset(extra):
            # Requirements that nothing told of until now: their states count from here on.
            anew = job.observe(work, history, digests, extra)
            installed = {thing: seen for thing, seen in anew.items() if thing.kind == "requirement"}
            before = {**before, **installed}
        returned = hooks.build_wheel(backend, Path(folder), settings)
        wheel = wheelfile.check(returned.value, Path(folder), work.label)
        content = wheel.path.read_bytes()
    written = required.written | returned.written
    return _Result(wheel, content, before, extra, written, returned.warnings)


def _same_wheel(work: Job, history: History, result: _Result) -> tuple[str | None, bytes]:
    """The digest of an earlier wheel with the same name and content, and the bytes to deliver.

    Many backends write the time of the build into the archive. Where nothing else differs, the
    earlier wheel is kept, so that nothing downstream has to run again.
    """
    if _asks_for_time(work):
        return None, result.content
    for stored in reversed(history.entries):
        entry = stored.entry
        if (entry.wheel, entry.content) == (result.wheel.path.name, result.wheel.content):
            try:
                content = work.cache.blob(entry.sha256)
            except RecordError:
                continue
            if content is not None:
                return entry.sha256, content
    return None, result.content


def _asks_for_time(work: Job) -> bool:
    """Whether the user set the time for reproducible builds (SOURCE_DATE_EPOCH specification)."""
    return "SOURCE_DATE_EPOCH" in work.environ


def _entry(work: Job, result: _Result, settled: Settled, tree: Settled, seconds: float) -> Entry:
    usable = not settled.edited
    return Entry(
        key=key_of(settled.inputs) if usable else None,
        tree=key_of(tree.inputs) if usable and not tree.edited else None,
        mode=work.mode,
        name=result.wheel.name,
        version=result.wheel.version,
        wheel=result.wheel.path.name,
        sha256=result.wheel.sha256,
        # Where the time was asked for it is part of the result, as the rest of the bytes are.
        content=result.wheel.sha256 if _asks_for_time(work) else result.wheel.content,
        metadata="",
        snapshot="",
        configuration=_configuration(tree.inputs),
        outputs={**tree.outputs, **settled.outputs},
        rewritten=tuple(sorted({*tree.rewritten, *settled.rewritten})),
        edited=settled.edited,
        extra_requires=result.extra_requires,
        folder=work.folder,
        out_dir=work.relative_out_dir,
        built_at=time.time(),
        seconds=seconds,
    )


def _keep(
    work: Job, history: History, entry: Entry, content: bytes, metadata: bytes, settled: Settled
) -> Entry:
    """Publish the blobs, then the entry that names them, and clear away damaged records."""
    cache = work.cache
    cache.put(content)
    entry = dataclasses.replace(
        entry,
        metadata=cache.put(metadata),
        snapshot=cache.put(record.snapshot_to_bytes(settled.inputs)),
    )
    cache.publish(work.identity, job.HOOK, entry)
    for unusable in history.unusable:
        cache.drop(unusable)
    return entry


def _configuration(inputs: Snapshot) -> str:
    """Digest everything but git's state and ordinary files: what says how to build."""
    rows = sorted(
        (thing.kind, thing.name, seen.state.detail)
        for thing, seen in inputs.items()
        if thing.kind not in ("file", "directory", "git-commit", "git-tags", "git-tree")
        or (thing.kind == "file" and "/" not in thing.name)
    )
    return hashlib.sha256(json.dumps(rows).encode("ascii")).hexdigest()


def _edited(entry: Entry) -> tuple[str, ...]:
    if not entry.edited:
        return ()
    first, *more = entry.edited
    others = f" (and {len(more)} more)" if more else ""
    return (f"{first}{others} changed during the build, so this wheel will not be reused",)
