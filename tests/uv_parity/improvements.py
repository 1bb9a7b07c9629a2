"""Where lbuild does better with the same declarations: content decides, not time."""

from uv_parity.scenario import (
    Scenario,
    append,
    better,
    both,
    commit,
    hard_link,
    init,
    link,
    make_folder,
    move,
    nothing,
    remove,
    run_git,
    touch,
    write,
)

BACKEND = append("_backend/backend.py", "# edited\n")
SYMBOLIC_BRANCH = (
    init(),
    commit("one"),
    run_git("symbolic-ref", "refs/heads/alias", "refs/heads/main"),
    run_git("symbolic-ref", "HEAD", "refs/heads/alias"),
)

NEVER_STALE = tuple(
    better(name, keys, files, *edits, prepare=prepare, uv="reused", lbuild="rebuilt")
    for name, keys, files, edits, prepare in (
        (
            "a declared file goes",
            '["a.txt", "b.txt"]',
            "a.txt b.txt",
            (remove("a.txt"),),
            (touch("b.txt"),),
        ),
        (
            "a file goes that a glob matches",
            '["*.txt"]',
            "a.txt b.txt",
            (remove("a.txt"),),
            (touch("b.txt"),),
        ),
        (
            "a declared file is renamed",
            '["a.txt", "b.txt"]',
            "a.txt b.txt",
            (move("a.txt", "c.txt"),),
            (touch("b.txt"),),
        ),
        (
            "a declared file is moved away",
            '["**/*.txt"]',
            "s/a.txt b.txt",
            (move("s/a.txt", "../a.txt"),),
            (touch("b.txt"),),
        ),
        (
            "a symbolic link is pointed at an older file",
            '["link", "b.txt"]',
            "one two b.txt",
            (link("link", "two"),),
            (link("link", "one"), write("two", "other\n"), touch("b.txt")),
        ),
        (
            "an older file is moved in with its folder",
            '["**/*.txt"]',
            "../s/a.txt b.txt",
            (move("../s", "s"),),
            (touch("b.txt"),),
        ),
        ("an in-tree backend is edited", '["a.txt"]', "a.txt", (BACKEND,), ()),
        (
            "a helper of an in-tree backend is edited",
            '["a.txt"]',
            "a.txt _backend/helper.py",
            (write("_backend/helper.py", "# edited\n"),),
            (
                append("_backend/backend.py", "import helper\n"),
                write("_backend/helper.py", "# first\n"),
            ),
        ),
        (
            "a commit in a SHA-256 repository",
            "[{ git = true }]",
            "a.txt",
            (commit("two"),),
            (init("--object-format=sha256"), commit("one")),
        ),
        (
            "a tag in a SHA-256 repository",
            "[{ git = { tags = true } }]",
            "a.txt",
            (run_git("tag", "v1"),),
            (init("--object-format=sha256"), commit("one")),
        ),
        (
            "a commit on a branch that is a symbolic ref",
            "[{ git = true }]",
            "a.txt",
            (commit("two"),),
            SYMBOLIC_BRANCH,
        ),
        ("? is a character", '["?.txt"]', "\xe9.txt", (write("\xe9.txt"),), ()),
        ("a class holds characters", '["[\xe9].txt"]', "\xe9.txt", (write("\xe9.txt"),), ()),
        ("a glob that starts with a hash", '["#*.txt"]', "#a.txt", (write("#a.txt"),), ()),
    )
)

NEVER_NEEDLESS = tuple(
    better(name, keys, files, *edits, prepare=prepare, uv="rebuilt", lbuild="reused")
    for name, keys, files, edits, prepare in (
        ("an excluded file", '["src/**/*.py", "!src/gen/**"]', "src/a.py src/gen/b.py",
         (write("src/gen/b.py"),), ()),
        ("a new excluded file", '["src/**/*.py", "!src/gen/**"]', "src/a.py",
         (write("src/gen/b.py"),), ()),
        ("a file excluded by its name", '["*.txt", "!b.txt"]', "a.txt b.txt",
         (write("b.txt"),), ()),
        ("touch", '["a.txt"]', "a.txt", (touch("a.txt"),), ()),
        ("the same bytes written again", '["a.txt"]', "a.txt", (write("a.txt", "first\n"),), ()),
        ("a file replaced by an equal one", '["a.txt"]', "a.txt",
         (both(write("b.txt", "first\n"), move("b.txt", "a.txt")),), ()),
        ("a hard link is made", '["a.txt"]', "a.txt", (hard_link("a.txt", "b"),), ()),
        ("edited and reverted", '["a.txt"]', "a.txt",
         (both(write("a.txt"), write("a.txt", "first\n")),), ()),
        ("another branch and back", '["a.txt"]', "a.txt",
         (both(run_git("switch", "--quiet", "other"), run_git("switch", "--quiet", "main")),),
         (init(), commit("one"), run_git("switch", "--quiet", "--create", "other"),
          write("a.txt"), commit("two"), run_git("switch", "--quiet", "main"))),
        ("a folder is removed and made again", '[{ dir = "s" }]', "",
         (both(remove("s"), make_folder("s")),), (make_folder("s"),)),
        ("A, then B, then A again", '["a.txt"]', "a.txt",
         (write("a.txt"), write("a.txt", "first\n")), ()),
    )
)  # fmt: skip

BUILT = (
    better(
        "a glob that matches what the build writes",
        '["**/*.txt"]',
        "a.txt",
        nothing,
        nothing,
        writes=("build/lib/b.txt",),
        uv="rebuilt",
        lbuild="reused",
    ),
    better(
        "a glob that matches the backend's bytecode",
        '["**/*"]',
        "a.txt",
        nothing,
        bytecode=True,
        uv="rebuilt",
        lbuild="reused",
    ),
)

ALONE = (
    better(
        "what src/*.py matches beside *.cfg",
        '["src/*.py", "*.cfg"]',
        "src/s/a.py a.cfg",
        write("src/s/a.py"),
        uv="reused",
        lbuild="rebuilt",
    ),
)

DEFAULTS = (
    Scenario(
        name="by default, src is removed and made again",
        table=None,
        prepare=(make_folder("src"),),
        edits=(both(remove("src"), make_folder("src")),),
        uv="rebuilt",
        lbuild="reused",
    ),
)

SCENARIOS = (*NEVER_STALE, *NEVER_NEEDLESS, *BUILT, *ALONE, *DEFAULTS)
