"""Which paths file patterns select: uv's rules by example, the engine by property."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_keys.globs.expand import Matches, expand
from lbuild_keys.globs.patterns import parse


def plant(root: Path, *files: str) -> None:
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def select(root: Path, *patterns: str) -> list[str]:
    matches = expand([parse(text) for text in patterns], root)
    assert matches.unreadable == {}
    return list(matches.files)


# One pattern each, by what it selects of the files that are there, in sorted order.
EXAMPLES = [
    # A rest without a slash matches at any depth below the base.
    ("*.txt", "a.txt s/b.txt s/t/c.txt", "a.txt s/b.txt s/t/c.txt"),
    ("?.txt", "a.txt ab.txt s/b.txt", "a.txt s/b.txt"),
    ("[xy].txt", "a.txt s/y.txt x.txt", "s/y.txt x.txt"),
    ("{x,y}.txt", "a.txt s/y.txt x.txt", "s/y.txt x.txt"),
    ("./*.txt", "a.txt s/b.txt", "a.txt s/b.txt"),
    ("src/*.py", "a.py src/b.py src/pkg/c.py", "src/b.py src/pkg/c.py"),
    ("src/./*.py", "src/b.py src/pkg/c.py", "src/b.py src/pkg/c.py"),
    ("src//*.py", "src/b.py src/pkg/c.py", "src/b.py src/pkg/c.py"),
    # A bare star matches direct children only.
    ("*", "a s/b", "a"),
    ("*/", "a s/b", "a"),
    ("src/*", "a src/b src/pkg/c", "src/b"),
    ("***", "a s/b", "a s/b"),
    # A rest with a slash is anchored.
    ("{src,lib}/*.py", "lib/a.py lib/s/b.py src/c.py x/src/d.py", "lib/a.py src/c.py"),
    ("*/*", "a s/b s/t/c", "s/b"),
    ("{a,b/c}.txt", "a.txt b/c.txt s/a.txt s/b/c.txt", "a.txt b/c.txt"),
    ("a]/b*.txt", "a]/b1.txt a]/s/b2.txt", "a]/b1.txt"),
    ("*//b.txt", "a/b.txt b.txt s/a/b.txt", "a/b.txt"),
    ("*/../a.txt", "a.txt s/a.txt", ""),
    # Two stars are any number of directories, none included.
    ("**", "a s/b s/t/c", "a s/b s/t/c"),
    ("src/**", "a src/b src/t/c", "src/b src/t/c"),
    ("src/**/", "a src/b src/t/c", "src/b src/t/c"),
    ("**/*.py", "a.py s/b.py s/t/c.py", "a.py s/b.py s/t/c.py"),
    ("a/**/b", "a/b a/x/b a/x/y/b z/a/b", "a/b a/x/b a/x/y/b"),
    ("**/s/*", "s/a s/t/a t/s/a", "s/a t/s/a"),
    ("*/**/a", "a s/a s/t/a", "s/a s/t/a"),
    ("**/**/a", "a s/a s/t/a", "a s/a s/t/a"),
    ("a**", "a/b ab s/ab", "ab s/ab"),
    ("src/**x.py", "src/ax.py src/t/ax.py", "src/ax.py src/t/ax.py"),
    ("x{**/a,b}", "x/a x/y/a xa xb xy/a", "x/a x/y/a xa xb xy/a"),
    ("{s/**,x}", "a s/b s/t/c x", "s/b s/t/c x"),
    ("{**,x}", "a s/b", "a s/b"),
    ("s/{**,x}/a", "s/t/a s/t/u/a", "s/t/a"),
    # Hidden names match, and case counts.
    ("*.py", ".git/a.py .hidden.py .venv/lib/b.py", ".git/a.py .hidden.py .venv/lib/b.py"),
    ("*.TXT", "a.TXT a.txt", "a.TXT"),
    # A directory that matches brings nothing with it.
    ("s*", "s/a s1 t/s2", "s1 t/s2"),
    ("*.txt/.", "a.txt b.txt/c", "a.txt"),
    # Braces, classes, escapes.
    ("{a,{b,c}}.txt", "a.txt b.txt c.txt d.txt", "a.txt b.txt c.txt"),
    ("{[,],x}.txt", ",.txt [.txt x.txt", ",.txt x.txt"),
    ("{a\\,b,c}.txt", "a,b.txt a.txt c.txt", "a,b.txt c.txt"),
    ("a{,b}.txt", "a.txt ab.txt", "ab.txt"),
    ("a{}*", "ab b", "ab"),
    ("{}**/x", "x s/x s/t/x", "s/x"),
    ("{a,{}**/x}", "x a s/x s/t/x", "a s/x"),
    ("*,b", "a,b b", "a,b"),
    ("[a-c]x", "ax cx dx", "ax cx"),
    ("[!ab]x", "ax cx", "cx"),
    ("[^ab]x", "ax cx", "cx"),
    ("[]a]x", "]x ax", "]x ax"),
    ("[a-]x", "-x ax bx", "-x ax"),
    ("[--0]x", "-x .x 0x 1x", "-x .x 0x"),
    ("[*]x", "*x ax", "*x"),
    ("[\\]*x", "*x \\x", "\\x"),
    ("a[!b]c", "a/c abc axc", "a/c axc"),
    ("\\*.txt", "*.txt a.txt s/*.txt", "*.txt s/*.txt"),
    ("a\\b/*.txt", "a\\b/x.txt ab/x.txt", "a\\b/x.txt"),
    # One character is one character, and a hash is one of them.
    ("?.txt", "\N{LATIN SMALL LETTER E WITH ACUTE}.txt", "\N{LATIN SMALL LETTER E WITH ACUTE}.txt"),
    ("[\xe9\xe8].txt", "\xe9.txt", "\xe9.txt"),
    ("#*.txt", "#a.txt a.txt", "#a.txt"),
    ("s/#*.txt", "s/#a.txt s/a.txt", "s/#a.txt"),
    ("\\#*.txt", "#a.txt", "#a.txt"),
    ("\\!*.txt", "!a.txt a.txt", "!a.txt"),
    # White space at the end is dropped unless it is escaped.
    ("*.txt ", "a.txt", "a.txt"),
]


@pytest.mark.parametrize(("pattern", "there", "selected"), EXAMPLES)
def test_one_glob(tmp_path: Path, pattern: str, there: str, selected: str) -> None:
    plant(tmp_path, *there.split(" "))
    assert select(tmp_path, pattern) == selected.split()


def test_names_with_white_space(tmp_path: Path) -> None:
    plant(tmp_path, "a.txt", "a.txt ", "a\nb.txt")
    assert select(tmp_path, "*.txt\\ ") == ["a.txt "]
    assert select(tmp_path, "a?b.*", "a\nb*") == ["a\nb.txt"]
    assert select(tmp_path, "a*b.txt") == ["a\nb.txt"]


def test_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.txt")
    plant(tmp_path, name)
    assert select(tmp_path, "?.txt") == [name]


# Several patterns each; the files that are there and those selected.
EXCLUSIONS = [
    (["src/**/*.py", "!src/gen/**"], "src/a.py src/gen/b.py src/gen/s/c.py", "src/a.py"),
    (["*.txt", "!b*.txt"], "a.txt b1.txt s/b2.txt", "a.txt"),
    (["!b*.txt", "*.txt"], "a.txt b1.txt", "a.txt b1.txt"),
    (["*.txt", "!b*.txt", "b2*"], "a.txt b1.txt b2.txt", "a.txt b2.txt"),
    (["!b*.txt"], "a.txt b1.txt", ""),
    (["!a.txt"], "!a.txt a.txt", ""),
    (["!"], "a", ""),
    # A directory that is excluded takes along what lies in it.
    (["**/*.txt", "!**/gen"], "a.txt gen/b.txt s/gen/t/c.txt", "a.txt"),
    (["**/*.txt", "!gen"], "a.txt gen/b.txt s/gen/c.txt", "a.txt s/gen/c.txt"),
    (["**/*.txt", "!gen/"], "a.txt gen/b.txt s/gen.txt", "a.txt s/gen.txt"),
    (["**/*", "!gen/"], "gen", "gen"),
    (["**/*.txt", "!*"], "a.txt gen/b.txt", ""),
    (["**/*.txt", "!src/*"], "a.txt src/b.txt src/s/c.txt", "a.txt"),
    (["*.txt", "!{}**/x.txt"], "x.txt s/x.txt s/t/x.txt", "s/t/x.txt x.txt"),
    (["**/*.txt", "!{a/,b}"], "a/c.txt a/d/c.txt b/c.txt", "a/c.txt a/d/c.txt"),
    # As in uv, the mark may also stand after the base.
    (["s/*.txt", "s/!b*.txt"], "b1.txt s/!b1.txt s/a.txt s/b1.txt", "s/!b1.txt s/a.txt"),
    (["*.txt", "./!b*.txt"], "a.txt b1.txt", "a.txt"),
    (["./!b.txt"], "!b.txt b.txt", "!b.txt"),
    (["*.txt", "!b*.txt/"], "a.txt b1.txt", "a.txt"),
    # Literal paths can be excluded too, and brought back.
    (["src/gen/a.py", "!src/gen/**"], "src/gen/a.py", ""),
    (["a.txt", "!a.txt"], "a.txt", ""),
    (["./a.txt", "!a.txt"], "a.txt", ""),
    (["!src/gen/**", "src/gen/a.py"], "src/gen/a.py src/gen/b.py", "src/gen/a.py"),
    # What lies outside of the base of an exclusion is none of its business.
    (["../project-2/*.txt", "!*.txt", "a.txt"], "a.txt b.txt", "a.txt"),
]  # fmt: skip


@pytest.mark.parametrize(("patterns", "there", "selected"), EXCLUSIONS)
def test_exclusions(tmp_path: Path, patterns: list[str], there: str, selected: str) -> None:
    plant(tmp_path, *there.split(" "))
    assert select(tmp_path, *patterns) == selected.split()


def test_exclusions_act_below_their_base_only(tmp_path: Path) -> None:
    project = tmp_path / "project"
    plant(project, "a.txt")
    plant(tmp_path, "shared/b.txt")
    outside = f"{tmp_path.as_posix()}/shared/*.txt"
    assert select(project, "**/*.txt", "../shared/*.txt", "!**/*.txt") == ["../shared/b.txt"]
    assert select(project, "*.txt", outside, "!*.txt") == [f"{tmp_path.as_posix()}/shared/b.txt"]
    assert select(project, "*.txt", "../shared/*.txt", "!../shared/b*") == ["a.txt"]


def test_each_pattern_stands_alone(tmp_path: Path) -> None:
    plant(tmp_path, "lib/b.py", "setup.cfg", "src/a.py")
    assert select(tmp_path, "src/*.py") == ["src/a.py"]
    assert select(tmp_path, "src/*.py", "*.cfg") == ["setup.cfg", "src/a.py"]


def test_the_last_pattern_that_selects_a_path_is_named(tmp_path: Path) -> None:
    plant(tmp_path, "a.txt", "s/b.txt", "s/c.txt")
    patterns = [parse(text) for text in ("s/b.txt", "*.txt", "s/c*", "nowhere.txt", "s/b.txt")]
    matches = expand(patterns, tmp_path)
    assert matches.files == {"a.txt": 1, "nowhere.txt": 3, "s/b.txt": 4, "s/c.txt": 2}
    assert list(matches.files) == sorted(matches.files)


# A literal pattern, and the path that it selects whether anything is there or not.
LITERALS = [
    ("a.txt", "a.txt"),
    ("./a.txt", "a.txt"),
    ("s//./a.txt", "s/a.txt"),
    ("../a.txt", "../a.txt"),
    ("s/../a.txt", "s/../a.txt"),
    ("/s/a.txt", "/s/a.txt"),
    ("a}]", "a}]"),
    ("a,b", "a,b"),
    ("a\\b", "a\\b"),
    ("a ", "a "),
    ("#a", "#a"),
    ("a.txt/", None),
    ("a.txt/.", None),
    ("", None),
    (".", None),
    ("s/..", None),
    ("/", None),
]


@pytest.mark.parametrize(("pattern", "path"), LITERALS)
def test_literals(tmp_path: Path, pattern: str, path: str | None) -> None:
    expected = [] if path is None else [path]
    assert select(tmp_path, pattern) == expected
    if path is not None and not path.startswith(("/", "..")):
        plant(tmp_path, path)
        assert select(tmp_path, pattern) == expected


def test_links(tmp_path: Path) -> None:
    project = tmp_path / "project"
    plant(tmp_path, "elsewhere/a.py", "elsewhere/s/b.py")
    plant(project, "real.py")
    (project / "file.py").symlink_to("../elsewhere/a.py")
    (project / "folder").symlink_to("../elsewhere")
    (project / "folder.py").symlink_to("../elsewhere")
    (project / "dangling.py").symlink_to("nowhere")
    (project / "through.py").symlink_to("real.py/x")
    (project / "loop.py").symlink_to("loop.py")
    (project / "up").symlink_to(".")
    assert select(project, "*.py") == ["file.py", "real.py"]
    assert select(project, "{folder,up}/*.py") == []
    assert select(project, "folder/*.py") == ["folder/a.py", "folder/s/b.py"]
    assert select(project, "up/up/real*") == ["up/up/real.py"]
    assert select(project, "folder/a.py", "dangling.py") == ["dangling.py", "folder/a.py"]
    assert select(project, "loop.py/*", "dangling.py/*", "nowhere/*", "real.py/*") == []


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.py")
    (tmp_path / "folder.py").mkdir()
    assert select(tmp_path, "*.py") == []


def test_paths_outside_of_the_root(tmp_path: Path) -> None:
    project = tmp_path / "project"
    plant(project, "a.txt")
    plant(tmp_path, "b.txt", "s/c.txt")
    absolute = tmp_path.as_posix()
    assert select(project, "../*.txt") == ["../b.txt", "../project/a.txt", "../s/c.txt"]
    assert select(project, "../s/*") == ["../s/c.txt"]
    assert select(project, f"{absolute}/{{b,x}}.txt") == [f"{absolute}/b.txt"]
    assert select(project, f"{absolute}/s/*") == [f"{absolute}/s/c.txt"]
    assert select(project, "../project/../b*") == ["../project/../b.txt"]


def plant_too_deep(folder: Path) -> None:
    """Make directories below ``folder`` until the innermost has a path too long to be listed."""
    folder.mkdir()
    inner = os.open(folder, os.O_RDONLY)
    for _ in range(4096 // 200 + 1):
        os.mkdir("d" * 200, dir_fd=inner)
        outer, inner = inner, os.open("d" * 200, os.O_RDONLY, dir_fd=inner)
        os.close(outer)
    os.close(inner)


@pytest.mark.parametrize("pattern", ["/**", "//**/*.h", "/{a,b}/**", "up/**", "../" * 60 + "**/x"])
def test_nobody_means_the_whole_file_system(tmp_path: Path, pattern: str) -> None:
    """That would take hours; what it selects is not known, so that it counts as changed."""
    (tmp_path / "up").symlink_to("/")
    found = expand([parse("a.txt"), parse(pattern)], tmp_path)
    assert found.files == {"a.txt": 0}
    assert set(found.unreadable.values()) == {"it is the root of the file system"}
    assert not expand([parse("/*"), parse("/usr*/*.gone")], tmp_path).unreadable


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    plant(tmp_path, "a.py", "src/b.py")
    plant_too_deep(tmp_path / "deep")
    return tmp_path


def expand_texts(root: Path, *patterns: str) -> Matches:
    return expand([parse(text) for text in patterns], root)


def test_a_directory_that_cannot_be_listed_is_told(deep: Path) -> None:
    matches = expand_texts(deep, "*.py")
    assert list(matches.files) == ["a.py", "src/b.py"]
    ((directory, why),) = matches.unreadable.items()
    assert directory.startswith("deep/ddd")
    assert not directory.endswith("/")
    assert why == "File name too long"


@pytest.mark.parametrize(
    "patterns",
    [
        ["src/**/*.py"],
        ["{src,lib}/**/*.py"],
        ["[a-c]*/**/*.py"],
        ["*/*.py"],
        ["*/*/*/*.py"],
        ["*"],
        ["a.py"],
        ["**/*.py", "!deep/**"],
        ["**/*.py", "!deep/*"],
        ["**/*.py", "!deep"],
        ["**/*.py", "!deep/"],
        ["**/*.py", "!*/ddd*"],
        ["**/*.py", "!**"],
        ["deep/**/*.py", "!deep/**"],
    ],
)
def test_directories_that_do_not_matter_are_not_listed(deep: Path, patterns: list[str]) -> None:
    assert expand_texts(deep, *patterns).unreadable == {}


@pytest.mark.parametrize(
    "patterns",
    [
        ["**/*.py", "!deep/a*"],
        ["**/*.py", "!{deep/,b}"],
        ["**/*.py", "!deep/**", "deep/**/*.py"],
        ["!deep/**", "**/*.py"],
    ],
)
def test_directories_that_may_matter_are_listed(deep: Path, patterns: list[str]) -> None:
    assert expand_texts(deep, *patterns).unreadable


# The property: patterns are drawn as trees of tokens. Their text goes to the module, and the tree
# to a matcher that knows neither regular expressions nor directories: it follows the set of
# positions that a token can end at, over the whole path.

Token = tuple[str, object]
PATHS = [
    "a", "b", "a.c", ".a/b", ".a/ab/b", "ab/a", "ab/b", "ab/ab/a", "ab/a.c", "b.d/a", "b.d/ab",
    "b.d/ab.d/b.c", "b.d/ab.d/ab.d/a", "b.d/.a/a.c",
]  # fmt: skip

letters = st.sampled_from("ab.cd")
simple_tokens: st.SearchStrategy[Token] = st.one_of(
    st.tuples(st.just("letter"), letters),
    st.tuples(st.just("any"), st.none()),
    st.tuples(st.just("star"), st.none()),
    st.tuples(st.sampled_from(["class", "negated"]), st.sets(letters, min_size=1)),
)
nested_tokens = st.recursive(
    simple_tokens,
    lambda inner: st.tuples(
        st.just("braces"),
        st.lists(st.lists(inner, min_size=1, max_size=2), min_size=1, max_size=3),
    ),
    max_leaves=4,
)
names: st.SearchStrategy[list[Token]] = st.lists(nested_tokens, min_size=1, max_size=4).filter(
    lambda tokens: render(tokens) not in (".", "..") and "**" not in render(tokens)
)


@st.composite
def globs(draw: st.DrawFn) -> list[Token]:
    tokens: list[Token] = []
    for _ in range(draw(st.integers(0, 2))):
        if draw(st.booleans()):
            tokens.append(("directories", None))
        else:
            tokens += [*draw(names), ("letter", "/")]
    return tokens + draw(names)


def render(tokens: Sequence[Token]) -> str:
    def one(token: Token) -> str:
        match token:
            case ("letter", str(letter)):
                return letter
            case ("any", _):
                return "?"
            case ("star", _):
                return "*"
            case ("directories", _):
                return "**/"
            case ("class", set(members)):
                return f"[{''.join(sorted(members))}]"
            case ("negated", set(members)):
                return f"[!{''.join(sorted(members))}]"
            case ("braces", list(branches)):
                return "{" + ",".join(render(branch) for branch in branches) + "}"
            case _:
                raise AssertionError(token)

    return "".join(one(token) for token in tokens)


def ends(tokens: Sequence[Token], path: str, starts: set[int]) -> set[int]:
    for kind, value in tokens:
        after: set[int] = set()
        for start in starts:
            here = path[start : start + 1]
            rest = path[start:]
            if kind == "star":
                after |= {start + n for n in range(len(rest) + 1) if "/" not in rest[:n]}
            elif kind == "directories":
                after |= {start} | {start + n + 1 for n, char in enumerate(rest) if char == "/"}
            elif kind == "braces":
                assert isinstance(value, list)
                for branch in value:
                    after |= ends(branch, path, {start})
            elif here and (
                (kind == "letter" and here == value)
                or (kind == "any" and here != "/")
                or (kind == "class" and here in value)  # type: ignore[operator]
                or (kind == "negated" and here not in value)  # type: ignore[operator]
            ):
                after.add(start + 1)
        starts = after
    return starts


def expected_by_positions(tokens: Sequence[Token], path: str) -> bool:
    text = render(tokens)
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if not any(mark in text for mark in "*?[{"):
        return path == "/".join(parts)
    if text == "*":
        return "/" not in path
    fixed = 0
    while not any(mark in parts[fixed] for mark in "*?[{"):
        fixed += 1
    if fixed == len(parts) - 1:
        base = "".join(f"{part}/" for part in parts[:fixed])
        if parts[-1] == "*":
            return path.startswith(base) and "/" not in path[len(base) :]
        slash = max((i for i, token in enumerate(tokens) if token == ("letter", "/")), default=-1)
        tokens = [*tokens[: slash + 1], ("directories", None), *tokens[slash + 1 :]]
    return len(path) in ends(tokens, path, {0})


@pytest.fixture(scope="module")
def grove(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("grove")
    plant(root, *PATHS)
    return root


@given(drawn=st.lists(st.tuples(st.booleans(), globs()), min_size=1, max_size=3))
def test_the_files_are_those_that_match(grove: Path, drawn: list[tuple[bool, list[Token]]]) -> None:
    chosen: dict[str, int] = {}
    for path in PATHS:
        ancestors = [path[:i] for i, char in enumerate(path) if char == "/"]
        for i, (excludes, tokens) in enumerate(drawn):
            if excludes and any(expected_by_positions(tokens, each) for each in (*ancestors, path)):
                chosen.pop(path, None)
            elif not excludes and expected_by_positions(tokens, path):
                chosen[path] = i
    texts = [("!" if excludes else "") + render(tokens) for excludes, tokens in drawn]
    found = expand([parse(text) for text in texts], grove)
    assert {path: i for path, i in found.files.items() if path in PATHS} == chosen
    for path in set(found.files) - set(PATHS):
        assert texts[found.files[path]] == path  # a literal
    assert found.unreadable == {}
