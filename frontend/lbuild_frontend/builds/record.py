"""Record what a command did in the cache: a new result, or that a folder uses an earlier one.

After a build: the wheel or metadata, the snapshot of its inputs, then the entry that names them.
"""

import contextlib
import hashlib
import os
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from lbuild_frontend import replay
from lbuild_frontend.builds import deliver as delivery
from lbuild_frontend.builds import task as tasks
from lbuild_frontend.builds.task import BuildTask
from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache import limits, size_account
from lbuild_frontend.cache.entry import Entry, inputs_digest, snapshot_to_bytes
from lbuild_frontend.cache.sealed import RecordError
from lbuild_frontend.cache.store import History, Store, StoredEntry
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.model.reporter import Reporter
from lbuild_keys.config import sizes
from lbuild_keys.content import Content
from lbuild_keys.decision.describe import sentence
from lbuild_keys.decision.reasons import Reason
from lbuild_keys.effects.classify import BuildEffects, configuration_digest
from lbuild_keys.model import key_of
from lbuild_keys.snapshots.folded import FoldedSnapshot

if TYPE_CHECKING:
    from lbuild_frontend.model.artifact import Artifact
    from lbuild_frontend.model.outcome import Outcome
    from lbuild_keys.tracing.used import Usage

_MOST_REASONS = 100
"""Of more, the others are not kept with an entry."""


def new_entry(
    task: BuildTask,
    artifact: "Artifact",
    used: "Usage",
    effects: BuildEffects,
    tree: BuildEffects,
    inputs: FoldedSnapshot,
    extra_requires: tuple[str, ...],
    seconds: float,
    reasons: Sequence[Reason],
) -> Entry:
    """Return the entry of a build whose blobs are not stored yet.

    Args:
        task: the project and the hook.
        artifact: the result of the hook.
        used: what the hooks used and wrote.
        effects: the inputs and outputs that follow, in the mode of the task.
        tree: likewise in mode ``tree``, where the two are told apart.
        inputs: those of the effects, folded.
        extra_requires: what the backend required beyond ``build-system.requires``.
        seconds: how long the build took.
        reasons: why it was built.
    """
    clear = not used.opaque and not used.untraced
    usable = not effects.edited
    key = key_of(effects.inputs) if usable else None
    of_tree = key if tree.inputs is effects.inputs else key_of(tree.inputs)
    return Entry(
        key=key,
        tree=of_tree if usable and not tree.edited else None,
        mode=task.mode,
        name=artifact.name,
        version=artifact.version,
        file=artifact.file,
        sha256=artifact.content.sha256,
        # A time that the user set is a part of the result, as all other bytes are.
        content=artifact.content.sha256 if asks_for_time(task) else artifact.content_digest,
        metadata=hashlib.sha256(artifact.metadata).hexdigest(),
        snapshot="",
        inputs=inputs_digest(inputs),
        configuration=configuration_digest(tree.inputs),
        outputs={**tree.outputs, **effects.outputs},
        rewritten=tuple(sorted({*tree.rewritten, *effects.rewritten})),
        blind=tuple(sorted(used.blind & effects.outputs.keys())) if clear else (),
        edited=effects.edited,
        appeared=effects.appeared,
        opaque=(*used.opaque, *used.untraced) if task.mode == "traced" else (),
        untraced=used.untraced if task.mode == "traced" else (),
        followed=used.followed,
        extra_requires=extra_requires,
        folder=task.folder,
        out_dir=task.relative_out_dir,
        built_at=time.time(),
        seconds=seconds,
        because=tuple(map(sentence, reasons[:_MOST_REASONS])),
    )


def keep_result(
    task: BuildTask, entry: Entry, content: Content, metadata: bytes, inputs: FoldedSnapshot
) -> None:
    """Put the blobs into the cache, then the entry that names them.

    To be called under ``Store.exclusive``.

    Raises:
        LbuildError: if the cache cannot be written.
    """
    cache = task.cache
    cache.put_blob(content)
    entry = entry._replace(
        metadata=cache.put_blob(metadata),
        snapshot=cache.put_blob(snapshot_to_bytes(inputs)),
    )
    cache.publish(task.identity, task.hook.name, entry)


def earlier_results(task: BuildTask, history: History, artifact: "Artifact") -> list[str]:
    """Return the digests of earlier results with this name and content, the best one first.

    Many backends write the time of the build into the archive. Where nothing else differs, an
    earlier result is kept, so that nothing downstream has to run again: that in the out-dir if it
    is one of them, else the last.
    """
    entries = [stored.entry for stored in reversed(history.entries)]
    name_and_content = artifact.file, artifact.content_digest
    found = [one.sha256 for one in entries if (one.file, one.content) == name_and_content]
    there = delivery.digest_of(task.out_dir / artifact.file) if found else None
    return sorted(dict.fromkeys(found), key=lambda sha256: sha256 != there)


def first_sound(task: BuildTask, results: Iterable[str]) -> Content | None:
    """Return the first of some results that is in the cache and undamaged."""
    for sha256 in results:
        with contextlib.suppress(RecordError):
            content = task.cache.open_blob(sha256)
            if content is not None:
                return content
    return None


def asks_for_time(task: BuildTask) -> bool:
    """Whether the user set the time for reproducible builds (SOURCE_DATE_EPOCH specification)."""
    return "SOURCE_DATE_EPOCH" in task.environ


def mark_used(task: BuildTask, history: History, stored: StoredEntry, reporter: Reporter) -> None:
    """Record that this folder uses an entry: later changes are differences to it."""
    entry, cache = stored.entry, task.cache
    if not cache.keeps:
        return
    here = entry._replace(folder=task.folder, out_dir=task.relative_out_dir)
    entries = (stored, *history.entries)
    own = next((one for one in entries if one.entry == here), None)
    if own is not None:
        cache.mark_used(own)
        return
    try:
        with cache.exclusive(reporter.note):
            named = (entry.sha256, entry.metadata, entry.snapshot)
            # Until the lock was held, another process may have removed one of them.
            if all(cache.blob_path(sha256).exists() for sha256 in named):
                cache.publish(task.identity, task.hook.name, here)
                tasks.forget_surplus(task, task.history())
    except LbuildError as error:
        reporter.warn(f"{task.label}: the cache could not record that this folder uses it. {error}")


def count(cache: Store, outcome: "Outcome") -> None:
    """Count a request that the cache had a result for (``replay.HITS``), or had none for."""
    if not cache.keeps:
        return
    with contextlib.suppress(OSError):
        cache_files.make_folder(cache.root / replay.COUNTS)
    replay.count(os.fspath(cache.root), replay.MISSES if outcome.built else replay.HITS)


def enforce_limits(task: BuildTask, entry: Entry, reporter: Reporter) -> None:
    """Keep the cache within its limits after something was added to it."""
    most = task.bounds.size
    if (
        task.request.no_cache
        or not task.cache.keeps
        or size_account.is_within(task.cache.root, most)
    ):
        return
    from lbuild_frontend.maintenance import removal  # most builds remove nothing

    try:
        removed = removal.after_build(task.cache, most, reporter)
    except (LbuildError, OSError) as error:
        reporter.warn(f"{task.label}: the size limit of the cache could not be enforced. {error}")
        return
    if most is not None and entry.sha256 in removed.blobs:
        reporter.warn(
            f"{task.label}: {entry.file} was not kept for reuse, because the cache is limited to "
            f"{sizes.format_size(most)}. Raise the limit with tool.lbuild.cache-size or "
            f"{limits.VARIABLE}."
        )
