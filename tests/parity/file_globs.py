"""What a glob matches."""

from parity.scenario import Scenario, fifo, link, make_folder, nothing, remove, same, write


def matched(keys: str, name: str, there: str = "") -> Scenario:
    """One file changes that the globs match; ``there`` are other files."""
    return same("rebuilt", f"{keys} matches {name}", keys, f"{there} {name}", write(name))


def missed(keys: str, name: str, there: str = "") -> Scenario:
    """One file changes that the globs do not match; ``there`` are other files."""
    return same("reused", f"{keys} misses {name}", keys, f"{there} {name}", write(name))


ANY_DEPTH = (
    matched('["*.txt"]', "a.txt"),
    matched('["*.txt"]', "s/t/a.txt"),
    missed('["*.txt"]', "a.md", "a.txt"),
    matched('["?.txt"]', "s/a.txt"),
    missed('["?.txt"]', "ab.txt", "a.txt"),
    matched('["[xy].txt"]', "s/x.txt"),
    missed('["[xy].txt"]', "z.txt", "x.txt"),
    matched('["{x,y}.txt"]', "s/y.txt"),
    missed('["{x,y}.txt"]', "z.txt", "x.txt"),
    matched('["./*.txt"]', "s/a.txt"),
    matched('["../*.txt"]', "../s/a.txt"),
    matched('["src/*.py"]', "src/pkg/x.py"),
    missed('["src/*.py"]', "lib/x.py", "src/x.py"),
    missed('["src/*.py"]', "x.py", "src/x.py"),
)

CHILDREN = (
    matched('["*"]', "a"),
    missed('["*"]', "s/a", "b"),
    matched('["src/*"]', "src/a"),
    missed('["src/*"]', "src/s/a", "src/b"),
)

ANCHORED = (
    matched('["{src,lib}/*.py"]', "lib/a.py"),
    missed('["{src,lib}/*.py"]', "lib/s/a.py", "src/b.py"),
    missed('["{src,lib}/*.py"]', "x/src/a.py", "src/b.py"),
    matched('["*/*"]', "s/a"),
    missed('["*/*"]', "a", "s/b"),
    missed('["*/*"]', "s/t/a", "s/b"),
)

DOUBLE_STARS = (
    matched('["**/*.py"]', "a.py"),
    matched('["**/*.py"]', "s/t/a.py"),
    matched('["src/**/*.py"]', "src/a.py"),
    matched('["src/**/*.py"]', "src/s/t/a.py"),
    missed('["src/**/*.py"]', "a.py", "src/b.py"),
    matched('["src/**/t/*.py"]', "src/s/t/a.py"),
    missed('["src/**/t/*.py"]', "src/s/a.py", "src/t/b.py"),
    matched('["src/**"]', "src/s/a"),
    matched('["**"]', "s/t/a"),
)

HIDDEN = (
    matched('["*.py"]', ".hidden.py"),
    matched('["**/*.py"]', ".venv/lib/a.py"),
    matched('["*.txt"]', ".git/a.txt"),
    same(
        "rebuilt",
        "a file that .gitignore names",
        '["*.txt"]',
        "a.txt",
        write("a.txt"),
        prepare=(make_folder(".git"), write(".gitignore", "a.txt\n")),
    ),
)

LINKS = (
    same(
        "rebuilt",
        "a link to a file is followed",
        '["*.txt"]',
        "target",
        write("target"),
        prepare=(link("a.txt", "target"),),
    ),
    same(
        "reused",
        "a link to a folder is not walked",
        '["**/*.txt"]',
        "a.txt ../elsewhere/b.txt",
        write("../elsewhere/b.txt"),
        prepare=(link("link", "../elsewhere"),),
    ),
    same(
        "rebuilt",
        "a link to a folder in the fixed leading part is followed",
        '["link/*.txt"]',
        "../elsewhere/s/b.txt",
        write("../elsewhere/s/b.txt"),
        prepare=(link("link", "../elsewhere"),),
    ),
    same(
        "reused",
        "a link to a folder under a wildcard is not followed",
        '["{link,s}/*.txt"]',
        "s/a.txt ../elsewhere/b.txt",
        write("../elsewhere/b.txt"),
        prepare=(link("link", "../elsewhere"),),
    ),
    same(
        "rebuilt",
        "loops, dangling links and pipes do no harm",
        '["**/*.txt"]',
        "a.txt",
        write("a.txt"),
        prepare=(
            link("loop.txt", "loop.txt"),
            link("up", "."),
            link("dangling.txt", "nowhere"),
            fifo("pipe.txt"),
        ),
    ),
    same(
        "reused",
        "loops, dangling links and pipes do not count",
        '["**/*.txt"]',
        "a.txt",
        nothing,
        prepare=(
            link("loop.txt", "loop.txt"),
            link("up", "."),
            link("dangling.txt", "nowhere"),
            fifo("pipe.txt"),
        ),
    ),
)

FOLDERS = (
    same("reused", "a folder that matches", '["s*"]', "s1 s2/a", write("s2/a")),
    same("reused", "a new folder that matches", '["s*"]', "s1", make_folder("s2")),
    matched('["*.txt/"]', "a.txt"),
    matched('["src/**/"]', "src/s/a"),
)

SYNTAX = (
    missed('["{}**/a.txt"]', "a.txt", "s/a.txt"),
    matched('["{a,{b,c}}.txt"]', "c.txt"),
    missed('["{a,{b,c}}.txt"]', "d.txt", "a.txt"),
    matched('["[a-c]x"]', "bx"),
    missed('["[a-c]x"]', "dx", "ax"),
    matched('["[!ab]x"]', "cx"),
    missed('["[!ab]x"]', "ax", "cx"),
    matched('["[^ab]x"]', "cx"),
    missed('["[^ab]x"]', "bx", "cx"),
    matched('["[*]x"]', "*x"),
    missed('["[*]x"]', "ax", "*x"),
    matched(r"['\*x']", "*x"),
    missed(r"['\*x']", "ax", "*x"),
    missed('["a{,b}.txt"]', "a.txt", "ab.txt"),
    missed('["*.TXT"]', "a.txt", "b.TXT"),
    missed('["A.txt"]', "a.txt"),
    matched('["\xe9*.txt"]', "\xe9a.txt"),
)

PLACES = (
    matched('["PARENT/shared/*.txt"]', "../shared/a.txt"),
    matched('["../shared/*.txt"]', "../shared/s/a.txt"),
    matched('["../shared/**/*.txt"]', "../shared/a.txt"),
    matched('["src/../lib/*.txt"]', "lib/a.txt", "src/b.txt"),
    missed('["*/../a.txt"]', "a.txt", "s/b.txt"),
    missed('["nowhere/*.txt"]', "a.txt"),
)

EXCLUSIONS = (
    missed('["*.txt", "!b*.txt"]', "b1.txt", "a.txt"),
    matched('["*.txt", "!b*.txt"]', "a.txt", "b1.txt"),
    matched('["!b*.txt", "*.txt"]', "b1.txt", "a.txt"),
    matched('["*.txt", "!b*.txt", "b2*.txt"]', "b2.txt", "a.txt"),
    missed('["!b*.txt"]', "a.txt", "b1.txt"),
    missed('["**/*.txt", "!**/gen"]', "gen/a.txt", "b.txt"),
    missed('["src/*.txt", "src/!b*.txt"]', "src/b1.txt", "src/a.txt"),
)

COMING_AND_GOING = (
    same("rebuilt", "a new file that matches", '["*.txt"]', "a.txt", write("b.txt")),
    same("rebuilt", "a new file, deep down", '["**/*.txt"]', "a.txt", write("s/t/b.txt")),
    same("reused", "a new file that does not match", '["*.txt"]', "a.txt", write("b.md")),
    same("rebuilt", "the only file that matches goes", '["*.txt"]', "a.txt b.md", remove("a.txt")),
    same("reused", "no file matches, before or after", '["*.txt"]', "", write("a.md")),
)

SCENARIOS = (
    *ANY_DEPTH,
    *CHILDREN,
    *ANCHORED,
    *DOUBLE_STARS,
    *HIDDEN,
    *LINKS,
    *FOLDERS,
    *SYNTAX,
    *PLACES,
    *EXCLUSIONS,
    *COMING_AND_GOING,
)
