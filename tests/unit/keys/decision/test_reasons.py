"""Reasons in words and as JSON, over all of them and all that they can hold."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given

from lbuild_keys.decision.describe import describe, sentence, to_json
from lbuild_keys.decision.reasons import (
    BackendChanged,
    BuildSystemChanged,
    DirectoryChanged,
    EditedDuringBuild,
    EnvironmentChanged,
    ExecutableChanged,
    FileAdded,
    FileChanged,
    FileRemoved,
    FirstBuild,
    Forced,
    GitCommitChanged,
    GitTreeChanged,
    InterpreterChanged,
    ListingChanged,
    Reason,
    RecordUnreadable,
    RequirementChanged,
    ResultMissing,
    Untraced,
)
from lbuild_keys.model import ABSENT, State, declared, present, unreadable
from support.strategies import DIGEST, reasons

CLASSES = get_args(Reason)

# As the design lists them.
KINDS = """
    first-build forced file-changed file-added file-removed listing-changed directory-changed
    git-commit-changed git-tags-changed git-tree-changed environment-changed config-settings-changed
    build-system-changed backend-changed interpreter-changed project-moved
    requirement-changed executable-changed result-missing result-damaged record-unreadable
    record-version edited-during-build untraced
"""


def test_the_kinds_are_those_of_the_design() -> None:
    assert sorted(one.tag for one in CLASSES) == sorted(KINDS.split())


def test_reasons_of_two_kinds_are_never_equal() -> None:
    values = {"path": "a.py", "old": ABSENT, "new": present("1"), "source": declared("it")}
    one, same, other = FileChanged(**values), FileChanged(**values), FileAdded(**values)
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert not one == other  # noqa: SIM201  both operators are asked
    assert one != tuple(one)
    assert len(dict.fromkeys([one, same, other])) == 2


@given(reasons())
def test_every_reason_has_words(why: Reason) -> None:
    words = describe(why)
    assert words.label
    assert words.clause
    assert len(words.label) <= 10  # the width of its column
    assert sentence(why).endswith(".")


@pytest.mark.parametrize("new", [present("1"), ABSENT, unreadable("denied")])
@pytest.mark.parametrize("old", [present("0"), ABSENT, unreadable("denied")])
@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.tag)
def test_every_reason_has_words_for_all_states(kind: Any, old: State, new: State) -> None:
    given_states = {"old": old, "new": new}
    fields = dict.fromkeys(kind._fields, "it")
    why = kind(**{name: given_states.get(name, text) for name, text in fields.items()})
    assert describe(why).clause


@given(reasons())
def test_the_json_of_every_reason(why: Reason) -> None:
    row = json.loads(json.dumps(to_json(why)))
    assert row["kind"] == why.tag
    assert row["message"] == sentence(why)
    assert row["source"] == str(why.source)
    assert {"old", "new"} < row.keys()
    assert row["name" if "name" in row else "path"] is not None
    assert all(value is None or isinstance(value, str) for value in row.values())
    for name in ("old", "new"):
        state = getattr(why, name, ABSENT)
        expected = {"absent": None, "present": state.detail}
        assert row[name] == expected.get(state.presence, f"unreadable: {state.detail}")


FILE = {"path": "src/a.py", "source": declared("--inputs tree")}
NAMED = {"name": "it", "source": declared("a test")}

SENTENCES = [
    (
        FirstBuild(name="here with --inputs tree"),
        "first build here with --inputs tree.",
    ),
    (Forced(name="--refresh", source=declared("")), "--refresh forces a build."),
    (FileChanged(old=present("0"), new=present("1"), **FILE), "src/a.py changed."),
    (
        FileChanged(old=present("0"), new=unreadable("Permission denied"), **FILE),
        "src/a.py cannot be read (Permission denied), so it counts as changed.",
    ),
    (FileAdded(old=ABSENT, new=present("1"), **FILE), "src/a.py is new."),
    (FileRemoved(old=present("0"), new=ABSENT, **FILE), "src/a.py is gone."),
    (DirectoryChanged(old=ABSENT, new=present("directory"), **FILE), "directory src/a.py is new."),
    (DirectoryChanged(old=present("directory"), new=ABSENT, **FILE), "directory src/a.py is gone."),
    (
        DirectoryChanged(old=present("directory -> a"), new=present("directory -> b"), **FILE),
        "directory src/a.py changed.",
    ),
    (
        ListingChanged(old=present('[["a","file"]]'), new=ABSENT, **FILE),
        "the listing of src/a.py changed.",
    ),
    (
        ListingChanged(old=present("[]"), new=unreadable("denied"), **FILE),
        "src/a.py cannot be listed (denied), so it counts as changed.",
    ),
    (
        GitTreeChanged(path=".", old=present("clean"), new=present("dirty"), source=declared("")),
        "the git working tree changed (clean -> dirty).",
    ),
    (
        GitTreeChanged(
            path="git describe --tags", old=present("v1"), new=present("v2"), source=declared("")
        ),
        "the output of git describe changed.",
    ),
    (
        GitTreeChanged(
            path="today", old=present("1999-12-31"), new=present("2000-01-01"), source=declared("")
        ),
        "the date changed (1999-12-31 -> 2000-01-01), and the version contains it.",
    ),
    (
        ExecutableChanged(old=present("/bin/cc (1 bytes, 2)"), new=ABSENT, **NAMED),
        "the program it changed (/bin/cc -> not found).",
    ),
    (
        ExecutableChanged(
            old=present("/bin/cc (1 bytes, 2)"), new=present("/bin/cc (3 bytes, 4)"), **NAMED
        ),
        "the program it changed (another file at /bin/cc).",
    ),
    (
        Untraced(name="it forked"),
        "the last build could not be traced fully (it forked), so the whole tree counts.",
    ),
    (
        GitCommitChanged(path=".", old=ABSENT, new=present(DIGEST[:40]), source=declared("")),
        "the git commit changed (no repository -> 01234567).",
    ),
    (EnvironmentChanged(old=ABSENT, new=present("1"), **NAMED), "$it changed (unset -> set)."),
    (
        EnvironmentChanged(old=present("0"), new=present("1"), **NAMED),
        "$it changed (new value).",
    ),
    (
        BuildSystemChanged(old=present('"a"'), new=present('"b"'), **NAMED),
        'build-system.it changed ("a" -> "b").',
    ),
    (
        BackendChanged(old=present("0"), new=present("1"), **FILE),
        "the in-tree backend's src/a.py changed.",
    ),
    (
        RequirementChanged(old=present(f"1.0 ({DIGEST[:16]})"), new=ABSENT, **NAMED),
        "build requirement it changed (1.0 (01234567) -> absent).",
    ),
    (
        RequirementChanged(
            name="constraints",
            old=ABSENT,
            new=present(DIGEST),
            source=declared("--build-constraint"),
        ),
        f"the build constraints changed (none -> {DIGEST[:8]}).",
    ),
    (ResultMissing(name="demo.whl"), "demo.whl is missing from the cache."),
    (
        RecordUnreadable(name="1.json", problem="damaged"),
        "the cache record 1.json cannot be read (damaged).",
    ),
    (EditedDuringBuild(path="a.py"), "a.py was edited while the last build ran."),
]


@pytest.mark.parametrize(("why", "expected"), SENTENCES, ids=lambda item: getattr(item, "tag", ""))
def test_sentences(why: Reason, expected: str) -> None:
    assert sentence(why) == expected


@pytest.mark.parametrize(
    ("state", "short"),
    [
        (DIGEST, "01234567"),
        (f"{DIGEST}+x", "01234567+x"),
        (f"{DIGEST}+x -> ../a.txt", "01234567+x through a link to ../a.txt"),
        (f"folder {DIGEST[:32]}", "folder 01234567"),
        (f"branch main, clean, {DIGEST}", "branch main, clean, 01234567"),
        (f"1.0 ({DIGEST[:16]})", "1.0 (01234567)"),
        ("directory", "directory"),
        ("deadbeef", "deadbeef"),
    ],
)
def test_long_digests_are_shortened_for_people_only(state: str, short: str) -> None:
    why = FileChanged(old=present(state), new=present("0"), **FILE)
    assert describe(why).change == f"{short} -> 0"
    assert to_json(why)["old"] == state


def test_a_listing_is_not_spelled_out_for_people() -> None:
    old, new = present('[["a","file"],["b","file"]]'), present("no directory")
    assert describe(ListingChanged(old=old, new=new, **FILE)).change == "listed -> no directory"
    assert describe(ListingChanged(old=ABSENT, new=old, **FILE)).change == "absent -> listed"
    types = present("file"), present("directory")
    why = ListingChanged(old=types[0], new=types[1], **FILE)
    assert describe(why).change == "file -> directory"


def test_an_interpreter_is_told_by_implementation_and_version() -> None:
    old, new, same = (
        present(f"CPython {text}") for text in ("3.8.1 (a) linux", "3.9.2 (b) linux", "3.9.2 (c)")
    )
    told = [
        describe(InterpreterChanged(old=was, new=now, **NAMED)).change
        for was, now in ((old, new), (new, same))
    ]
    assert told == ["CPython 3.8.1 -> CPython 3.9.2", "another build of CPython 3.9.2"]
