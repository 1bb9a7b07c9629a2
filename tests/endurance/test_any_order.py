"""The cache, whatever is done to it in whatever order by processes that may die at any point.

What is served is whole and is what was published; what no operation removes stays; what is of no
use is dropped by the next that cleans up. Each operation is run as it is, or in a process that is
killed within it, or in one that is stopped within it while another operation is run.
"""

import contextlib
import dataclasses
import hashlib
import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from lbuild_frontend.builds.assess import RecordedBuild
from lbuild_frontend.cache.folder import open_store, prepared
from lbuild_frontend.cache.sealed import RecordError
from lbuild_frontend.cache.store import Store, StoredEntry
from lbuild_frontend.disk import atomic
from lbuild_frontend.environments import contents, kept
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.maintenance import removal as upkeep
from lbuild_frontend.maintenance import scan
from lbuild_frontend.maintenance import verify as verification
from lbuild_frontend.maintenance.inventory import Item
from lbuild_keys.decision.reasons import RecordUnreadable, ResultDamaged, ResultMissing
from lbuild_keys.decision.verdict import decide
from lbuild_keys.model import Input, Snapshot, key_of
from support import filled_cache as filled
from support import interrupted_process as forked
from support.fixed_observer import FixedObserver
from support.recording_reporter import RecordingReporter
from support.strategies import seen

pytestmark = pytest.mark.exhaustive

HOOK = "build_wheel"
IDENTITIES = ("demo", "other")
HERE = "/home/ada/demo"

WHEELS = {"small": b"a wheel", "other": b"another wheel" * 50, "large": b"a large wheel" * 500}
SNAPSHOTS: tuple[Snapshot, ...] = tuple(
    {Input("file", "a.py"): seen(text)} for text in ("one", "two")
)
REQUESTS = ("a" * 32, "b" * 32)
PYTHONS = ("a python", "another python")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def metadata_of(version: str) -> bytes:
    return f"metadata of {version[0]}".encode()


@dataclass(frozen=True, slots=True)
class State:
    """The content of a cache, as its users find it.

    Attributes:
        entries: by version, which is another one for each that a test publishes.
        environments: by request, the identity of the environment that it leads to.
    """

    entries: dict[str, StoredEntry]
    environments: dict[str, str]


@dataclass(frozen=True, slots=True)
class Publish:
    """What a build does at its end (``building._keep``)."""

    identity: str
    wheel: str
    inputs: int
    version: str  # the first digit of it, until it is begun

    def run(self, cache: Store) -> None:
        filled.publish(
            cache,
            self.content,
            metadata=metadata_of(self.version),
            inputs=self.snapshot,
            identity=self.identity,
            version=self.version,
            folder=HERE,
        )

    @property
    def content(self) -> bytes:
        return WHEELS[self.wheel]

    @property
    def snapshot(self) -> Snapshot:
        return SNAPSHOTS[self.inputs]

    def removes(self, _: StoredEntry) -> bool:
        return False

    keeps_environments = True


@dataclass(frozen=True, slots=True)
class MakeEnvironment:
    """What is done with a new environment (``isolation``)."""

    request: str
    python: str

    def run(self, cache: Store) -> None:
        filled.make_environment(cache, self.request, self.python)

    @property
    def identity(self) -> str:
        return filled.environment_identity(self.python)

    def removes(self, _: StoredEntry) -> bool:
        return False

    keeps_environments = True


@dataclass(frozen=True, slots=True)
class Upkeep:
    """One of the commands on the cache, or what a build does at its end."""

    name: str
    do: Callable[[Store], object] = field(repr=False)
    removes: Callable[[StoredEntry], bool] = field(repr=False)
    keeps_environments: bool = False

    def run(self, cache: Store) -> None:
        self.do(cache)


def removal(version: str) -> Upkeep:
    """Of all entries whose version begins with this."""

    def removes(stored: StoredEntry) -> bool:
        return stored.entry.version.startswith(version)

    def wanted(item: Item) -> bool:
        return item.stored is not None and removes(item.stored)

    def do(cache: Store) -> None:
        upkeep.remove(cache, wanted, RecordingReporter())

    return Upkeep(f"remove {version}", do, removes, keeps_environments=True)


def prune_to(size: int) -> Upkeep:
    def do(cache: Store) -> None:
        # That it is small enough then is shown of retention; here others may add to it at once.
        upkeep.prune(cache, size, RecordingReporter())

    return Upkeep(f"prune to {size}", do, lambda _: True)


def nothing(_: StoredEntry) -> bool:
    return False


PRUNE = Upkeep(
    "prune",
    lambda cache: upkeep.prune(cache, None, RecordingReporter()),
    nothing,
    keeps_environments=True,
)
UPKEEP = (
    PRUNE,
    Upkeep(
        "prune --ci", lambda cache: upkeep.prune_for_ci(cache, None, RecordingReporter()), nothing
    ),
    Upkeep("clean", lambda cache: upkeep.clean(cache, RecordingReporter()), lambda _: True),
    Upkeep(
        "verify",
        lambda cache: verification.verify(cache, RecordingReporter()),
        nothing,
        keeps_environments=True,
    ),
    removal("1"),
    removal("2"),
    Upkeep(
        "after a build",
        lambda cache: upkeep.after_build(cache, 1, RecordingReporter()),
        lambda _: True,
    ),
    prune_to(12_000),
    prune_to(4_000),
)

operations: st.SearchStrategy[Publish | MakeEnvironment | Upkeep] = st.one_of(
    st.builds(
        Publish,
        st.sampled_from(IDENTITIES),
        st.sampled_from(list(WHEELS)),
        st.sampled_from(range(len(SNAPSHOTS))),
        st.sampled_from("12"),
    ),
    st.builds(MakeEnvironment, st.sampled_from(REQUESTS), st.sampled_from(PYTHONS)),
    *[st.sampled_from(UPKEEP)] * 2,
)
shares = st.integers(0, 99)
"""Of what an operation does, in percent."""


class AnyOrder(RuleBasedStateMachine):
    """A cache, beside what is known to have been put into it."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        self.cache = prepared(open_store(root), RecordingReporter())
        self.published: dict[str, Publish] = {}
        self.state = State({}, {})
        self.damaged: set[Path] = set()
        self.uses = contextlib.ExitStack()
        self.held: dict[Path, str] = {}

    # What is done

    @initialize()
    def fill(self) -> None:
        for wheel in ("small", "other"):
            for inputs in range(len(SNAPSHOTS)):
                self.do(Publish("demo", wheel, inputs, str(inputs + 1)))
        self.do(MakeEnvironment(REQUESTS[0], PYTHONS[0]))

    @rule(operation=operations)
    def do(self, operation: Any) -> None:
        operation = self.begun(operation)
        before = self.look()
        used_at = {version: self.used_at(stored) for version, stored in before.items()}
        operation.run(self.cache)
        after = self.check(before, done=[operation])
        if isinstance(operation, Upkeep):
            if operation.name == "clean" or operation.name.startswith("remove"):
                assert not any(map(operation.removes, after.values()))
            elif operation.name == "after a build":
                assert after == {}
            elif "prune to" in operation.name:
                staying = min((used_at[version] for version in after), default=None)
                gone = [used_at[v] for v, one in before.items() if v not in after]
                assert staying is None or max(gone, default=0) <= staying
            if "prune" in operation.name:
                self.nothing_is_left_over()

    @rule(operation=operations, share=shares, torn=st.booleans())
    def be_killed(self, operation: Any, share: int, torn: bool) -> None:
        operation = self.begun(operation)
        before = self.look()
        at = self.instant(operation, share, changes=True)
        killed = forked.kill_at(lambda: operation.run(self.cache), self.root, at, torn=torn)
        self.check(before, done=[] if killed else [operation], begun=[operation])

    @rule(first=operations, share=shares, second=operations)
    def do_two_at_once(self, first: Any, share: int, second: Any) -> None:
        first, second = self.begun(first), self.begun(second)
        before = self.look()
        at = self.instant(first, share, changes=False)
        done = [first]
        with forked.stop_at(lambda: first.run(self.cache), self.root, at):
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("LBUILD_LOCK_TIMEOUT", "0")
                try:
                    second.run(self.cache)
                    done.append(second)
                except LbuildError as error:
                    told = "gave up after waiting 0 s for another lbuild that changes the cache"
                    assert str(error).startswith(told)
            self.look()
        self.check(before, done=done, begun=[first, second])

    @rule(index=st.integers(0, 5))
    def use(self, index: int) -> None:
        entries = list(self.state.entries.values())
        for one in entries[index : index + 1]:
            self.cache.mark_used(one)
            assert self.used_at(one) == max(map(self.used_at, entries))

    @rule(request=st.sampled_from(REQUESTS))
    def hold(self, request: str) -> None:
        """Use an environment, as a build does for as long as it lasts."""
        folder = self.environment(request)
        if folder is not None:
            self.uses.enter_context(self.bucket.hold(folder.name))
            self.held[folder] = contents.digest(folder)

    @rule()
    def let_go(self) -> None:
        self.uses.close()
        self.held.clear()

    @rule(index=st.integers(0, 20), damage=st.sampled_from(["cut", "emptied", "other", "gone"]))
    def damage(self, index: int, damage: str) -> None:
        """Do something to one of the files that somebody relies on."""
        folders = [self.environment(request) for request in self.state.environments]
        paths = sorted(
            {
                *(one.path for one in self.state.entries.values()),
                *self.root.glob("blobs-v1/*/*"),
                *self.root.glob("environments-v1/re*/*.json"),
                *self.root.glob("counts-v1/*"),
                *(folder / "bin" / "python" for folder in folders if folder not in self.held),
            }
        )
        for path in paths[index : index + 1]:
            content = path.read_bytes()
            path.unlink()
            if damage != "gone":
                what = {"cut": content[:-1], "emptied": b"", "other": b"~" + content[1:]}[damage]
                path.write_bytes(what)
            self.damaged.add(path)
            version = next((v for v, o in self.state.entries.items() if o.path == path), None)
            self.state.entries.pop(version or "", None)
            if path.is_relative_to(self.bucket.root):
                self.state.environments.clear()  # which of them needed it is not told

    @rule()
    def verify_twice(self) -> None:
        verification.verify(self.cache, RecordingReporter())
        assert verification.verify(self.cache, RecordingReporter()).damages == ()
        self.damaged.clear()
        self.state = self.look_around()

    def begun(self, operation: Any) -> Any:
        """Give what is to be published a version that nothing else has."""
        if isinstance(operation, Publish):
            version = f"{operation.version}.{len(self.published)}"
            operation = dataclasses.replace(operation, version=version)
            self.published[version] = operation
        return operation

    def instant(self, operation: Any, share: int, *, changes: bool) -> int:
        """The number of the thing that an operation does when it has done a share of them."""
        copy = Path(shutil.copytree(self.root, self.root.with_name("copy"), symlinks=True))
        cache = Store(copy, self.cache.secret)
        number = forked.count_steps(lambda: operation.run(cache), copy, changes=changes)
        shutil.rmtree(copy)
        return 1 + number * share // 100

    # What holds

    @invariant()
    def environments_in_use_stay(self) -> None:
        for folder, digest in self.held.items():
            assert contents.digest(folder) == digest

    def look(self) -> dict[str, StoredEntry]:
        """Look all up as builds do; return the entries by version."""
        found: dict[str, StoredEntry] = {}
        for identity in IDENTITIES:
            history = self.cache.history(identity, HOOK)
            assert {one.path for one in history.unusable} <= self.damaged
            for stored in history.entries:
                found[stored.entry.version] = stored
                self.is_what_was_published(stored)
            for snapshot in SNAPSHOTS:
                self.only_what_is_whole_is_handed_out(identity, snapshot)
        for request in REQUESTS:
            self.environment(request)
        return found

    def is_what_was_published(self, stored: StoredEntry) -> None:
        one, made = stored.entry, self.published[stored.entry.version]
        texts = (made.content, metadata_of(one.version))
        for named, content in zip((one.sha256, one.metadata), texts, strict=True):
            assert named == sha256(content)
            assert self.blob(named) in (content, None)
        assert one.key == key_of(made.snapshot)

    def blob(self, digest: str) -> bytes | None:
        """A blob; None if it was damaged, and only then."""
        try:
            content = self.cache.blob(digest)
        except RecordError:
            content = None
        assert content is not None or self.cache.blob_path(digest) in self.damaged
        return content

    def only_what_is_whole_is_handed_out(self, identity: str, snapshot: Snapshot) -> None:
        history = self.cache.history(identity, HOOK)
        builds = [RecordedBuild(stored, self.cache) for stored in history.entries]
        verdict = decide(builds, FixedObserver(snapshot), "tree", HERE)
        fitting = [one.entry for one in history.entries if one.entry.key == key_of(snapshot)]
        whole = [one for one in fitting if self.blob(one.sha256) and self.blob(one.snapshot)]
        assert (verdict.reuse is not None) == bool(whole)
        assert bool(verdict.reasons) == (not whole)
        if verdict.reuse is not None:
            assert verdict.reuse.build.entry in whole
            version = verdict.reuse.build.entry.version
            assert verdict.reuse.content.read() == self.published[version].content
        elif fitting:
            lost = (ResultMissing, ResultDamaged, RecordUnreadable)
            assert all(isinstance(reason, lost) for reason in verdict.reasons)

    def environment(self, request: str) -> Path | None:
        """The folder of a sound environment, found as builds find it."""
        with contextlib.suppress(FileNotFoundError, RecordError):
            known = self.bucket.read_request(request)
            made = self.bucket.read_record(known.identity)
            with self.bucket.hold(made.folder):
                made = self.bucket.read_record(known.identity)
                python = self.bucket.root / made.python
                if self.bucket.is_unchanged(made):
                    assert sha256(python.read_bytes())[:32] == known.identity
                    return self.bucket.root / made.folder
                assert python in self.damaged
        return None

    def check(
        self, before: dict[str, StoredEntry], done: list[Any], begun: list[Any] | None = None
    ) -> dict[str, StoredEntry]:
        """What had to stay is there, and nothing else than what had to come."""
        begun = done if begun is None else begun
        expected = dict(self.state.environments)
        after = self.look_around()
        for version, stored in before.items():
            if not any(operation.removes(stored) for operation in begun):
                assert version in after.entries or self.is_of_no_use(stored)
        new = {one.version for one in begun if isinstance(one, Publish)}
        assert after.entries.keys() <= before.keys() | new
        for operation in done:
            others = [one for one in begun if one is not operation]
            if isinstance(operation, Publish):
                there = after.entries.get(operation.version)
                assert there or any(isinstance(one, Upkeep) for one in others)
                if there and not others:  # what was damaged is put right
                    named = (there.entry.sha256, there.entry.metadata, there.entry.snapshot)
                    self.damaged.difference_update(map(self.cache.blob_path, named))
                    assert all(self.blob(digest) is not None for digest in named)
            elif isinstance(operation, MakeEnvironment):
                expected[operation.request] = operation.identity
        if all(operation.keeps_environments for operation in begun):
            made = {one.identity for one in begun if isinstance(one, MakeEnvironment)}
            for request, identity in expected.items():
                assert after.environments.get(request) in (identity, *made)
        self.state = after
        return after.entries

    def look_around(self) -> State:
        environments = {
            request: self.bucket.read_request(request).identity
            for request in REQUESTS
            if self.environment(request) is not None
        }
        return State(self.look(), environments)

    def is_of_no_use(self, stored: StoredEntry) -> bool:
        """Whether an entry was damaged, or what it names."""
        one = stored.entry
        named = map(self.cache.blob_path, (one.sha256, one.metadata, one.snapshot))
        return not self.damaged.isdisjoint((stored.path, *named))

    def used_at(self, stored: StoredEntry) -> int:
        return stored.path.stat().st_mtime_ns

    def nothing_is_left_over(self) -> None:
        """But for what somebody uses."""
        found = scan.inventory_of(self.root)
        assert not [path for path in walk(self.root) if atomic.TEMPORARY.fullmatch(path.name)]
        needed = {name for item in found.of("entry") for name in item.needs}
        assert {item.path.name for item in found.of("blob")} <= needed
        for item in found.of("environment"):
            assert item.wanted or item.path in self.held
        assert [path for path in self.root.glob("locks-v1/*") if path.name != "store.lock"] == []

    @property
    def bucket(self) -> kept.KeptEnvironments:
        return kept.in_cache(self.root)

    def teardown(self) -> None:
        self.let_go_of_all()
        upkeep.prune(self.cache, None, RecordingReporter())
        self.nothing_is_left_over()
        upkeep.clean(self.cache, RecordingReporter())
        left = {path.name for path in walk(self.root) if path.is_file()}
        assert left == {"CACHEDIR.TAG", "README", "secret", "size.json"}

    def let_go_of_all(self) -> None:
        self.uses.close()
        self.held.clear()


def walk(root: Path) -> Iterator[Path]:
    return root.rglob("*")


def test_any_order(tmp_path: Path, how_many: Callable[[int, int], int]) -> None:
    roots = itertools.count()
    run_state_machine_as_test(
        lambda: AnyOrder(tmp_path / str(next(roots))),
        settings=settings(
            max_examples=how_many(12, 2_000),
            stateful_step_count=15,
            phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink takes minutes
        ),
    )
