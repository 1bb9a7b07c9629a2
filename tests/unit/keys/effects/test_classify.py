"""What becomes of the states before and after a build: what is an output, what was edited."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_keys.effects.classify import (
    ON_DISK,
    BuildActivity,
    BuildEffects,
    classify,
    without_outputs,
)
from lbuild_keys.model import (
    ABSENT,
    Input,
    Kind,
    Observation,
    Snapshot,
    State,
    key_of,
    present,
    unreadable,
)
from lbuild_keys.observe.listings import NO_DIRECTORY, names_in, state_of
from support.strategies import known_snapshots, seen, snapshots, snapshots_of

NOTHING: frozenset[tuple[str, str]] = frozenset()


def files(**states: str | State) -> dict[Input, Observation]:
    """A snapshot of files whose names are given with ``_`` for the last dot."""
    return {
        Input("file", ".".join(name.rsplit("_", 1))): seen(state) for name, state in states.items()
    }


def folder(name: str, *names: str) -> dict[Input, Observation]:
    """A snapshot of the listing of a folder that holds files of these names."""
    return {Input("listing", name): seen(state_of((one, "file") for one in names))}


def activity(
    *written: str,
    overwritten: tuple[str, ...] = (),
    touched: tuple[str, ...] = (),
    **earlier: str,
) -> BuildActivity:
    """What the hook wrote; and what earlier builds did, in states by name as in ``files``."""
    return BuildActivity(
        written=frozenset(written),
        overwritten=frozenset(overwritten),
        touched=frozenset(touched),
        earlier=frozenset((".".join(name.rsplit("_", 1)), one) for name, one in earlier.items()),
    )


# Files


@given(snapshots)
def test_a_build_that_changes_nothing(snapshot: Snapshot) -> None:
    assert classify(snapshot, snapshot, activity()) == BuildEffects(snapshot, {}, (), ())


@given(known_snapshots, known_snapshots)
def test_whatever_changed_without_the_hook_was_edited(before: Snapshot, after: Snapshot) -> None:
    settled = classify(before, after, activity())
    assert settled.inputs == before
    assert bool(settled.edited) == (key_of(before) != key_of(after))


def test_what_the_hook_made_is_an_output() -> None:
    before = files(a_py="1")
    after = files(a_py="1", version_py="2")
    expected = BuildEffects(before, {"version.py": "2"}, (), ())
    assert classify(before, after, activity("version.py")) == expected


def test_folders_and_modules_that_the_hook_made_are_outputs() -> None:
    made = {Input("directory", "build"): seen("directory"), Input("backend", "b.py"): seen("1")}
    settled = classify({}, made, activity("build", "b.py"))
    assert settled == BuildEffects({}, {"build": "directory", "b.py": "1"}, (), ())


def test_what_somebody_else_made_meanwhile_was_edited() -> None:
    before = files(a_py="1")
    after = files(a_py="1", b_py="2")
    assert classify(before, after, activity()) == BuildEffects(before, {}, (), ("b.py",))


def test_what_was_declared_but_absent_and_the_hook_made_is_no_input() -> None:
    settled = classify(files(version_py=ABSENT), files(version_py="1"), activity("version.py"))
    assert settled == BuildEffects({}, {"version.py": "1"}, (), ())


def test_an_input_that_the_hook_changed_cannot_be_explained() -> None:
    # A tracked lock file that the backend rewrites: it may have been read before.
    before, after = files(Cargo_lock="1"), files(Cargo_lock="2")
    settled = classify(before, after, activity("Cargo.lock"))
    assert settled == BuildEffects(before, {}, (), ("Cargo.lock",))


def test_an_input_that_the_hook_wrote_as_it_was_stays_one() -> None:
    before = files(version_py="1")
    assert classify(before, before, activity("version.py")) == BuildEffects(before, {}, (), ())


@pytest.mark.parametrize("now", ["1", "2"])
def test_an_output_that_is_written_anew_stays_one(now: str) -> None:
    before, after = files(version_py="1"), files(version_py=now)
    settled = classify(before, after, activity("version.py", version_py="1"))
    assert settled == BuildEffects({}, {"version.py": now}, ("version.py",), ())


def test_an_output_that_is_not_written_anew_is_an_input_from_then_on() -> None:
    # A generator that writes only if the file is missing may read it instead.
    before = files(version_py="1")
    assert classify(before, before, activity(version_py="1")) == BuildEffects(before, {}, (), ())


def test_an_output_that_is_cleared_away_is_nothing() -> None:
    assert classify(files(a_o="1"), {}, activity(a_o="1")) == BuildEffects({}, {}, (), ())


def test_an_output_that_somebody_edited_before_is_an_input() -> None:
    before, after = files(version_py="by hand"), files(version_py="1")
    settled = classify(before, after, activity("version.py", version_py="1"))
    assert settled == BuildEffects(before, {}, (), ("version.py",))


def test_an_output_of_another_state_explains_nothing() -> None:
    settled = classify(files(a_py="1"), files(a_py="2"), activity(a_py="1"))
    assert settled.edited == ("a.py",)


@pytest.mark.parametrize("now", ["1", "2"])
def test_what_was_written_without_a_look_at_what_it_held_is_an_output(now: str) -> None:
    before, after = files(version_py="1"), files(version_py=now)
    settled = classify(before, after, activity("version.py", overwritten=("version.py",)))
    assert settled == BuildEffects({}, {"version.py": now}, ("version.py",), ())


def test_what_was_removed_without_a_look_at_what_it_held_is_nothing() -> None:
    settled = classify(files(a_o="1"), {}, activity("a.o", overwritten=("a.o",)))
    assert settled == BuildEffects({}, {}, ("a.o",), ())


def test_what_was_edited_and_put_back_meanwhile_was_edited() -> None:
    before = files(a_py="1", b_py="1", c_py="1")
    settled = classify(before, before, activity("b.py", touched=("a.py", "b.py")))
    assert settled == BuildEffects(before, {}, (), ("a.py",))


@pytest.mark.parametrize("kind", ["environment", "git-tree", "requirement", "executable"])
def test_what_is_not_on_disk_cannot_be_written(kind: Kind) -> None:
    settled = classify(
        {}, {Input(kind, "CC"): seen("1")}, activity("CC", overwritten=("CC",), CC="1")
    )
    assert settled == BuildEffects({}, {}, (), ("CC",))


def test_what_cannot_be_read_stays_an_input() -> None:
    before = files(a_py=unreadable("denied"))
    assert key_of(classify(before, before, activity()).inputs) is None


def test_what_was_looked_for_and_then_made_is_no_input_and_no_output_of_its_own() -> None:
    before = {Input("path", "version.py"): seen(ABSENT), Input("file", "version.py"): seen(ABSENT)}
    after = {Input("path", "version.py"): seen("file"), Input("file", "version.py"): seen("1")}
    settled = classify(before, after, activity("version.py", overwritten=("version.py",)))
    assert settled == BuildEffects({}, {"version.py": "1"}, (), ())


def test_what_was_looked_for_where_an_earlier_build_made_it_is_no_input() -> None:
    looked_at = {Input("path", "version.py"): seen("file")}
    before, after = ({**looked_at, **files(version_py=state)} for state in ("1", "2"))
    settled = classify(before, after, activity("version.py", version_py="1"))
    assert settled == BuildEffects({}, {"version.py": "2"}, ("version.py",), ())
    assert without_outputs(after, settled.outputs, (), NOTHING) == {}
    # As long as it is what builds make.
    by_hand = {**looked_at, **files(version_py="by hand")}
    assert without_outputs(by_hand, settled.outputs, (), NOTHING) == by_hand
    settled = classify(by_hand, after, activity("version.py", version_py="1"))
    assert (settled.inputs, settled.edited) == (by_hand, ("version.py",))
    # One that is not written anew may be what the build goes by.
    assert classify(before, before, activity(version_py="1")).inputs == before


def test_each_name_is_told_once() -> None:
    before = {Input("path", "a.py"): seen("file"), Input("file", "a.py"): seen("1")}
    after = {Input("path", "a.py"): seen(ABSENT), Input("file", "a.py"): seen(ABSENT)}
    assert classify(before, after, activity()).edited == ("a.py",)


# Programs


def with_programs(*touched: str, **appeared: str) -> BuildActivity:
    """A build that ran programs, after one during which files appeared; as in ``activity``."""
    known = frozenset((".".join(name.rsplit("_", 1)), state) for name, state in appeared.items())
    return activity(touched=touched)._replace(appeared=known, opaque=True)


def test_what_programs_write_anew_with_the_same_bytes_was_not_edited() -> None:
    """The first build cannot know who made it. The next finds it as that one left it."""
    before = files(a_py="1")
    first = classify(before, files(a_py="1", gen_txt="g"), with_programs("gen.txt"))
    assert (first.edited, first.appeared) == (("gen.txt",), {"gen.txt": "g"})
    again = files(a_py="1", gen_txt="g")
    second = classify(again, again, with_programs("gen.txt", gen_txt="g"))
    assert second == BuildEffects(again, {}, (), (), {"gen.txt": "g"})


@pytest.mark.parametrize(("was", "now"), [("g", "other"), ("other", "other"), ("other", "g")])
def test_what_is_not_as_the_last_build_left_it_was_edited(was: str, now: str) -> None:
    settled = classify(
        files(gen_txt=was), files(gen_txt=now), with_programs("gen.txt", gen_txt="g")
    )
    assert settled.edited == ("gen.txt",)


def test_what_was_there_before_any_build_may_have_been_put_back() -> None:
    """A user may edit a source during one build after the other, and put it back each time."""
    source = files(a_py="1")
    first = classify(source, source, with_programs("a.py"))
    assert (first.edited, first.appeared) == (("a.py",), {})
    # Nor where nothing ran that could have written it.
    one = with_programs("a.py", a_py="1")._replace(opaque=False)
    assert classify(source, source, one).edited == ("a.py",)


# Listings


def test_a_listing_holds_what_was_there_without_what_the_hook_made() -> None:
    before = folder("src", "a.py")
    after = {**folder("src", "a.py", "version.py"), Input("file", "src/version.py"): seen("1")}
    settled = classify(before, after, activity("src/version.py"))
    assert settled == BuildEffects(before, {"src/version.py": "1"}, (), ())


def test_a_listing_of_some_names_holds_what_was_there_without_what_the_hook_made() -> None:
    before = folder("src//*.py", "a.py")
    after = folder("src//*.py", "a.py", "v.py") | files(**{"src/v_py": "1"})
    settled = classify(before, after, activity("src/v.py"))
    assert settled == BuildEffects(before, {"src/v.py": "1"}, (), ())
    assert without_outputs(after, settled.outputs, (), NOTHING) == before


def test_a_name_that_somebody_adds_to_a_listing_of_some_names() -> None:
    before, after = folder("src//*.py", "a.py"), folder("src//*.py", "a.py", "v.py")
    assert classify(before, after, activity()).edited == ("src",)


def test_the_listing_of_the_project_itself() -> None:
    before = folder(".", "setup.py")
    after = {**folder(".", "setup.py", "build"), Input("file", "build"): seen("directory")}
    assert classify(before, after, activity("build")) == BuildEffects(
        before, {"build": "directory"}, (), ()
    )


def test_what_lies_deeper_or_elsewhere_stays_in_a_listing() -> None:
    before = folder("src", "a", "b")
    after = {**before, **{Input("file", name): seen("1") for name in ("a", "src/a/b", "src")}}
    settled = classify(before, after, activity("a", "src/a/b", "src"))
    assert settled.inputs == before
    assert settled.edited == ()


def test_a_name_that_somebody_else_added_or_removed_was_edited() -> None:
    before, after = folder("src", "a.py"), folder("src", "a.py", "b.py")
    assert classify(before, after, activity()) == BuildEffects(before, {}, (), ("src",))
    assert classify(after, before, activity()) == BuildEffects(after, {}, (), ("src",))


def test_a_name_that_the_hook_removed_was_edited() -> None:
    # Not known to be a result of an earlier build: somebody made it.
    before, after = folder("src", "a.py", "b.py"), folder("src", "a.py")
    assert classify(before, after, activity("src/b.py")).edited == ("src",)


def test_a_result_of_an_earlier_build_is_no_name_of_a_listing_if_it_is_written_anew() -> None:
    names = folder("src", "a.py", "version.py")
    version = {Input("file", "src/version.py"): seen("1")}
    one = activity("src/version.py", **{"src/version_py": "1"})
    settled = classify({**names, **version}, {**names, **version}, one)
    outputs = {"src/version.py": "1"}
    assert settled == BuildEffects(folder("src", "a.py"), outputs, ("src/version.py",), ())


def test_a_result_of_an_earlier_build_that_the_hook_cleared_away_is_no_edit() -> None:
    before = {**folder("src", "a.py", "a.o"), Input("file", "src/a.o"): seen("1")}
    settled = classify(before, folder("src", "a.py"), activity("src/a.o", **{"src/a_o": "1"}))
    assert settled.inputs == folder("src", "a.py")
    assert settled.edited == ()


def test_a_folder_that_was_touched_without_being_known_before_was_edited() -> None:
    outside = folder("/usr/share", "a")
    settled = classify(outside, outside, activity(touched=("/usr/share",)))
    assert settled == BuildEffects(outside, {}, (), ("/usr/share",))


@pytest.mark.parametrize("state", [ABSENT, present("no directory"), unreadable("denied")])
def test_a_folder_that_cannot_be_listed_stays_an_input(state: State) -> None:
    before = {Input("listing", "src"): seen(state)}
    assert classify(before, before, activity("src/a.py")) == BuildEffects(before, {}, (), ())


def test_an_output_that_was_listed_in_vain_gives_no_name() -> None:
    """``recursive-include`` of a file that the hook generates."""
    listed = {Input("listing", "v.py"): seen(NO_DIRECTORY)}
    after = {**listed, **files(v_py="1")}
    missing = {Input("listing", "v.py"): seen(ABSENT)}
    settled = classify(missing, after, activity("v.py"))
    assert settled == BuildEffects(missing, {"v.py": "1"}, (), ())
    assert without_outputs(after, settled.outputs, (), NOTHING) == missing


CONTENT = "0123456789abcdef" * 4
FILE_STATES = [CONTENT, f"{CONTENT}+x", f"{CONTENT} -> other.txt"]
LOOKS = ["file", "executable file", "file -> other.txt"]


@pytest.mark.parametrize("name", ["a.txt", "a.txt//*.json", "a.txt//d:"])
@pytest.mark.parametrize(
    ("kind", "state"), [*(("file", one) for one in FILE_STATES), *(("path", one) for one in LOOKS)]
)
def test_what_could_not_be_listed_because_it_is_a_file(kind: Kind, state: str, name: str) -> None:
    """setuptools does that for ``package-data = ["**/*.json"]``."""
    file = {Input(kind, "a.txt"): seen(state)}
    tried = file | {Input("listing", name): seen(NO_DIRECTORY)}
    assert classify(tried, tried, activity()) == BuildEffects(file, {}, (), ())


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        *(("file", one) for one in (ABSENT, unreadable("denied"), present("directory -> file"))),
        *(
            ("file", present(one))
            for one in ("dangling link -> file", "special file of type 10000")
        ),
        *(("path", present(one)) for one in ("directory", "dangling link -> file", "repository")),
        *((kind, present(CONTENT)) for kind in ("backend", "toml-tables", "environment-file")),
    ],
)
def test_what_could_not_be_listed_and_is_not_known_to_be_a_file(kind: Kind, state: State) -> None:
    tried = {Input(kind, "a.txt"): seen(state), Input("listing", "a.txt"): seen(NO_DIRECTORY)}
    assert classify(tried, tried, activity()).inputs == tried
    other = {Input("listing", "a.txt"): seen(NO_DIRECTORY), Input("file", "b"): seen(CONTENT)}
    assert classify(other, other, activity()).inputs == other


def test_a_folder_that_became_a_file_while_it_was_listed_was_edited() -> None:
    file = {Input("file", "a"): seen(CONTENT)}
    was, now = folder("a", "b.txt") | file, {Input("listing", "a"): seen(NO_DIRECTORY)} | file
    for before, after in ((was, now), (now, was)):
        settled = classify(before, after, activity())
        assert (settled.inputs, settled.edited) == (was if before is was else file, ("a",))


def test_a_result_that_an_earlier_build_left_and_that_was_listed_stays_an_input() -> None:
    """The build wrote it again without a look, so what is there is no input, but not a folder."""
    there = files(a_txt=CONTENT) | {Input("listing", "a.txt"): seen(NO_DIRECTORY)}
    settled = classify(there, there, activity("a.txt", overwritten=("a.txt",)))
    assert settled.outputs == {"a.txt": CONTENT}
    assert settled.inputs == {Input("listing", "a.txt"): seen(ABSENT)}


# Whatever happens

paths = st.sampled_from(["a", "a/b", "a/c", "d", "../e", "/f"])
names = st.frozensets(paths, max_size=4)
on_disk = snapshots_of(*sorted(ON_DISK), "listing", names=paths)


@st.composite
def anything(draw: st.DrawFn) -> BuildActivity:
    written = draw(names)
    return BuildActivity(
        written=written,
        overwritten=draw(names) & written,
        touched=draw(names),
        earlier=draw(st.frozensets(st.tuples(paths, st.text(min_size=1, max_size=1)), max_size=4)),
    )


@given(on_disk, on_disk, anything())
def test_whatever_the_hooks_writing_does_not_explain_was_edited(
    before: Snapshot, after: Snapshot, done: BuildActivity
) -> None:
    settled = classify(before, after, done)
    for thing in before.keys() | after.keys():
        was = before[thing].state if thing in before else ABSENT
        now = after[thing].state if thing in after else ABSENT
        if thing.kind == "listing":
            was_there, is_there = (names_in(state) or {} for state in (was, now))
            for name in was_there.keys() | is_there.keys():
                path = f"{thing.name}/{name}"
                if was_there.get(name) != is_there.get(name) and path not in done.written:
                    # A folder is not told of beside a name in it.
                    told = {parent for parent, _, _ in (n.rpartition("/") for n in settled.edited)}
                    assert thing.name in {*settled.edited, *told}
            continue
        left = (thing.name, was.detail) in done.earlier and now == ABSENT
        changed = was != now or thing.name in done.touched
        if changed and thing.name not in done.written and not left:
            beside = {name.rpartition("/")[0] for name in settled.edited}
            assert thing.name in settled.edited or thing.name.rpartition("/")[0] in beside
        read_first = thing.name not in done.overwritten
        if was not in (ABSENT, now) and read_first and (thing.name, was.detail) not in done.earlier:
            assert thing.name in settled.edited


@given(on_disk, on_disk, anything())
def test_outputs_are_what_the_hook_wrote_and_left(
    before: Snapshot, after: Snapshot, done: BuildActivity
) -> None:
    settled = classify(before, after, done)
    assert settled.outputs.keys() <= done.written
    assert set(settled.rewritten) <= done.written
    for path, detail in settled.outputs.items():
        left = [one.state.detail for thing, one in after.items() if thing.name == path]
        assert detail in left
    for path in settled.rewritten:
        assert any(thing.name == path for thing in before)


@given(on_disk, on_disk, anything())
def test_what_was_there_is_an_input_or_was_written_or_cleared_away(
    before: Snapshot, after: Snapshot, done: BuildActivity
) -> None:
    settled = classify(before, after, done)
    assert settled.inputs.keys() <= before.keys()
    for thing in before.keys() - settled.inputs.keys():
        left = (thing.name, before[thing].state.detail) in done.earlier
        assert thing.name in done.written or (left and thing not in after)
    for thing in settled.inputs:
        if thing.kind != "listing":
            assert settled.inputs[thing] == before[thing]


# In a work tree a name has one state: a file, and not a directory or a module besides.
known = snapshots_of("file", "listing", names=paths, known=True)


@given(known, known, anything())
def test_a_build_that_is_repeated_at_once_finds_the_key_that_was_kept(
    before: Snapshot, after: Snapshot, done: BuildActivity
) -> None:
    # What hooks used before this build is looked at before and after it.
    after = {**{thing: seen(ABSENT) for thing in before if thing not in after}, **after}
    settled = classify(before, after, done)
    if settled.edited:
        return
    looked_at = {
        thing: one
        for thing, one in after.items()
        if thing.kind == "file" or thing in settled.inputs
    }
    found = without_outputs(looked_at, settled.outputs, (), NOTHING)
    assert key_of(found) == key_of(settled.inputs)


# What an entry takes no account of


@given(snapshots)
def test_without_outputs_everything_counts(snapshot: Snapshot) -> None:
    assert without_outputs(snapshot, {}, (), NOTHING) == snapshot


def test_an_output_does_not_count_as_it_was_written() -> None:
    now = {**files(a_py="1", b_py="g"), **folder(".", "a.py", "b.py")}
    expected = {**files(a_py="1"), **folder(".", "a.py")}
    assert without_outputs(now, {"b.py": "g"}, (), NOTHING) == expected


def test_an_output_that_was_edited_counts() -> None:
    now = files(b_py="by hand")
    assert without_outputs(now, {"b.py": "g"}, (), NOTHING) == now
    assert without_outputs(now, {"b.py": "g"}, (), frozenset({("b.py", "by hand")})) == {}
    assert without_outputs(now, {"b.py": "g"}, (), frozenset({("c.py", "by hand")})) == now


def test_an_output_that_was_written_blindly_never_counts() -> None:
    now = {**files(b_py="by hand", c_py="by hand"), Input("path", "b.py"): seen("file")}
    kept = without_outputs(now, {"b.py": "g", "c.py": "g"}, {"b.py"}, NOTHING)
    assert kept == files(c_py="by hand")
    for detail in ("directory", "g -> a.py", "dangling link -> none"):
        instead = files(b_py=detail)
        assert without_outputs(instead, {"b.py": "g"}, {"b.py"}, NOTHING) == instead
    assert without_outputs(now, {"c.py": "g"}, {"b.py"}, NOTHING) == now


written = st.dictionaries(paths, st.text(max_size=1), max_size=4)


@given(on_disk, written)
def test_whether_an_output_is_there_changes_no_key(now: Snapshot, outputs: dict[str, str]) -> None:
    others = {thing: one for thing, one in now.items() if thing.name not in outputs}
    there = {Input("file", path): seen(detail) for path, detail in outputs.items()}
    with_them, without_them = (
        without_outputs(one, outputs, (), NOTHING) for one in ({**others, **there}, others)
    )
    assert key_of(with_them) == key_of(without_them)
    assert with_them == without_them


@given(on_disk, written)
def test_what_is_no_output_stays(now: Snapshot, outputs: dict[str, str]) -> None:
    kept = without_outputs(now, outputs, (), NOTHING)
    for thing, one in now.items():
        # A path that was looked at goes with the file there.
        file = now.get(Input("file", thing.name), one) if thing.kind == "path" else one
        if thing.kind != "listing" and outputs.get(thing.name) != file.state.detail:
            assert kept[thing] == one
        elif thing.kind == "listing" and thing in kept:
            gone = (names_in(one.state) or {}).keys() - (names_in(kept[thing].state) or {}).keys()
            assert {f"{thing.name}/{name}" for name in gone} <= outputs.keys()


def test_a_folder_that_lbuild_makes_is_as_none_without_what_a_build_wrote_there() -> None:
    outputs, made = {"out/gen.c": "g"}, frozenset({"out"})
    [listed] = folder("out")
    absent = {listed: seen(ABSENT)}
    now = folder("out", "gen.c")
    assert without_outputs(now, outputs, (), NOTHING, made) == absent
    assert without_outputs(now, outputs, (), NOTHING) == folder("out")
    by_hand = folder("out", "gen.c", "other.c")
    assert without_outputs(by_hand, outputs, (), NOTHING, made) == folder("out", "other.c")
    no_folder = {listed: seen(NO_DIRECTORY)}
    assert without_outputs(no_folder, outputs, (), NOTHING, made) == no_folder

    states = absent, now | files(**{"out/gen_c": "g"})
    effects = classify(*states, activity("out/gen.c")._replace(made=made))
    assert (effects.inputs[listed].state, effects.edited) == (ABSENT, ())
    assert classify(*states, activity("out/gen.c")).edited == ("out",)


def test_what_a_build_wrote_into_a_folder_that_lbuild_makes_does_not_make_it_one() -> None:
    """Not in the folder that it is in, either, nor for a hook that looks whether it is there."""
    made, path = frozenset({"out"}), Input("path", "out")
    before = folder(".", "a.c") | {path: seen(ABSENT)}
    [listed] = folder(".")
    rows = state_of([("a.c", "file"), ("out", "directory")])
    after = {listed: seen(rows), path: seen("directory")} | files(**{"out/gen_c": "g"})
    effects = classify(before, after, activity("out/gen.c")._replace(made=made))
    assert effects.edited == ()
    assert {listed, path} <= effects.inputs.keys()
    assert effects.inputs[listed] == before[listed]
    assert effects.inputs[path].state == ABSENT
    now = without_outputs(after, effects.outputs, (), NOTHING, made)
    assert {thing: one.state for thing, one in now.items()} == {
        thing: one.state for thing, one in effects.inputs.items()
    }
    assert "out" in (
        names_in(without_outputs(after, {"b": "1"}, (), NOTHING, made)[listed].state) or ()
    )


def test_what_is_made_and_removed_again_is_an_absent_input() -> None:
    names = ("gen", "gen/a.h", "gen/deep", "gen/deep/b.h")
    absent = {Input("file", name): seen(ABSENT) for name in names}
    activity = BuildActivity(
        written=frozenset(names),
        overwritten=frozenset(),
        touched=frozenset(),
        earlier=NOTHING,
    )
    effects = classify(absent, absent, activity)
    assert set(effects.inputs) == {Input("file", "gen")}
    assert effects.outputs == {}
    assert effects.edited == ()
