"""A pyproject.toml in which something went wrong, by a seed: ``-m support.mutated_toml SEED``.

On three levels: bytes, lines, and the values of what lbuild reads. The same seed gives the same
file. The values are hostile; but none lets lbuild write where a test must not.
"""

import json
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass

SETTINGS: dict[str, dict[str, str]] = {
    "build-system": {
        "requires": "[]",
        "build-backend": '"backend"',
        "backend-path": '["backend"]',
    },
    "project": {"name": '"demo"', "version": '"0.1.0"', "dynamic": "[]"},
    "tool.uv": {
        "cache-keys": '["pyproject.toml", "src/**/*.py", "!src/*.txt", { dir = "src" }, '
        '{ git = { commit = true, tags = true } }, { env = "CC" }, { file = "notes.*" }]',
        "reinstall-package": '["other"]',
    },
    "tool.lbuild": {
        "inputs": '"tree"',
        "ignore": '["*.log", "/docs"]',
        "extra-inputs": '["../shared/*.h", { env = "DEMO" }, { git = false }]',
        "always-rebuild": "false",
        "environment-max-age": '"1 day"',
        "cache-dir": '"own-cache"',
        "cache-size": '"5 GiB"',
        "cache-generations": "30",
    },
}
"""Each setting that lbuild reads, by its table, as TOML has it."""


def _written(tables: dict[str, dict[str, str]]) -> str:
    return "\n".join(
        f"[{table}]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items())
        for table, settings in tables.items()
    )


_TABLES = list(SETTINGS.items())
_BASES = tuple(_written(dict(_TABLES[:count])).encode() for count in (2, 3, 4))
"""Without the settings of uv and lbuild, with those of uv, and with all."""

_LITERALS = (
    *("true", "false", "0", "-1", "1", "1.5", "-0.0", "inf", "-inf", "nan", "1e400", "1e-400"),
    *("9223372036854775808", "9" * 400, "9" * 5_000, "0x" + "f" * 5_000, "0b" + "1" * 9_000),
    *("2024-02-29", "2023-02-29", "12:30:00", "24:00:00", "1979-05-27T07:32:00.999999-23:59"),
    *("[]", "[[]]", "[1]", "[true, 'a']", "{}", "{ a = 1 }", "{ a.b.c = {} }", "[{}]", "[[{}]]"),
    *("''", "'''\na\n'''", '"\\uD800"', '"\\U0010FFFF"', '"\\U00110000"', '"\\x"', '"', "[", "{"),
    *("[" * 5_000, "[{a=" * 2_000, "{" + "a." * 400 + "a = 1}", "{a=" * 200 + "1" + "}" * 200),
    *("[" * deep + "'/x'" + "]" * deep for deep in (50, 200, 290, 310, 330, 400, 450)),
)

_WORDS = r"""
/ // . .. ../.. ./. a/ a//b src src/ src/demo/core.py pipe zero loop up/up/up/../pipe .git
/dev/zero /dev/null /dev/tty /dev/stdin /dev/fd/0 /dev/full C:\x CON nul cache/../src ../demo
/proc/self/mem /proc/self/pagemap /proc/self/environ /proc/kmsg /proc/kcore
~ ~/x ~nobody-of-this-name/x $HOME ${HOME}/x %HOME% `id` $(id) -- - -x
* ** p* z* loop/** up/** /** /* /etc/* /dev/** /**/*.py //** /proc/self/fd/*
../cache/** ../../cache/** dist/** .git/** [ ] { } {a,b [z-a] [!/] [[:alpha:]] []]
**/**/**/[ ! !! !** !pyproject.toml \ a\ \* a\\b # [!a]*[!a]*
PATH HOME A=B = CC LBUILD_CACHE_DIR LD_PRELOAD PYTHONPATH traced tree declared
backend backend:x backend.x os sys:exit a:b:c demo Demo DEMO_ other demo/../../x
no-such-thing no-such>=2,<1 demo==1 x[y x; x>=1;' 0 -1 99999999999999999999
"""

_TEXTS = (
    *_WORDS.split(),
    # Paths.
    *("../" * 2_000, "x" * 300, "x" * 10_000, "é" * 300, "a/" * 5_000 + "b", "a." * 5_000 + "b"),
    # Patterns.
    *("../" * 60 + "**", "**/" * 30 + "x", "**/a/" * 20 + "x", "**" * 50, "*" * 9_000, "?" * 9_000),
    *("*a" * 30 + "b", "a*" * 30 + "b", "[!b]*" * 12 + "b", "{a,a}" * 40 + "b", "{a,}" * 40),
    *("{a*,*a}" * 12 + "b", "{*a}" * 12 + "b", "{,}" * 2_000, "{" * 90 + "a" + "}" * 90),
    *("{" * 5_000, "[" * 5_000, "(" * 5_000),
    # Characters.
    *("", " ", "\0", "a\0b", "\n", "a\nerror: b", "a\r\nb", "\t", "\x1b[31mred", "\x7f", "# a"),
    *("é", "e\u0301", "\U0001f600", "\U0010ffff", "\ufb00", "\u0130", "\u2028", "\u202ea"),
    # Requirements.
    *("-r x", "x @ file:///dev/zero", "x @ file:///nowhere/x", "x @ git+file:///nowhere"),
    *("x @ http://127.0.0.1:9/x-1.0-py3-none-any.whl", "x @ http://[::1", "x" + "[a]" * 9),
    *("x; python_version < '3'", "x; extra == 'a'"),
    *(f"x; {'(' * deep}os_name == 'a'{')' * deep}" for deep in (10, 60, 100, 150, 200, 5_000)),
    # Times and sizes.
    *("1 day", "0 days", "999999 weeks", "1 fortnight", "5 GB", "1e9 GB", "0.1 B", "9" * 5_000),
)

_SAFE_FOLDERS = (
    *('"/dev/zero"', '"/dev/null/x"', '"pipe"', '"loop/x"', '"src"', '"."', '"dist"', '""', "1"),
    *('"~nobody-of-this-name/x"', '"a\\u0000b"', '"pyproject.toml"', '"a/../b"', '"$HOME"', "[]"),
    *(f'"{"x" * 300}"', f'"{"a/" * 3_000}b"', '"é"', '"a\\nb"'),
)
"""Folders for the cache, none of them outside of the project."""

_KEYS = (
    *("a", "a.b.c", "-", "1", "inf", "é", "file", "dir", "git", "env", "inputs", "ignore"),
    *('""', '"a.b"', "'a\nb'", '"a\\nb"', '"\\u0000"', '"x\\nerror: y. Z."', '"[red]"'),
    f'"{"k" * 9_000}"',
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A mutated file.

    Attributes:
        change: what was done, in words.
        own_cache: whether ``tool.lbuild.cache-dir`` is what was changed, and is to take effect.
    """

    seed: int
    content: bytes
    change: str
    own_cache: bool = False

    def __str__(self) -> str:
        """How to get it again, and what it is."""
        shown = self.change if len(self.change) < 300 else f"{self.change[:300]}..."
        return f"PYTHONPATH=tests python -m support.mutated_toml {self.seed}: {shown}"


def mutant(seed: int) -> Mutant:
    """Mutate a valid file, once to three times on the same level."""
    chance = random.Random(seed)  # noqa: S311
    level = chance.choice(("bytes", "lines", "values", "values"))
    if level == "values":
        return _with_other_values(chance, seed)
    content = chance.choice(_BASES)
    ways = chance.choices(_BYTES if level == "bytes" else _LINES, k=chance.choice((1, 1, 2, 3)))
    for way in ways:
        content = way(chance, content)
    names = (way.__name__.strip("_").replace("_", " ") for way in ways)
    return Mutant(seed=seed, content=content, change=", ".join(names))


# Bytes


def _flip_a_bit(chance: random.Random, content: bytes) -> bytes:
    at = chance.randrange(len(content) or 1)
    return (
        content[:at]
        + bytes(each ^ 1 << chance.randrange(8) for each in content[at : at + 1])
        + content[at + 1 :]
    )


def _delete_bytes(chance: random.Random, content: bytes) -> bytes:
    at = chance.randrange(len(content) or 1)
    return content[:at] + content[at + chance.choice((1, 1, 5, 50)) :]


def _insert_bytes(chance: random.Random, content: bytes) -> bytes:
    at = chance.randrange(len(content) + 1)
    more = chance.choice(_BITS)
    return content[:at] + more * chance.choice((1, 1, 1, 3, 3_000)) + content[at:]


_BITS = (
    *(b"=", b"[", b"]", b"{", b"}", b".", b",", b"#", b'"', b"'", b'"""', b"\\", b"\n", b"\r"),
    *(b"\0", b"\x1b", b"\x7f", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xe2\x80\xa8"),
)


def _repeat_bytes(chance: random.Random, content: bytes) -> bytes:
    start, end = sorted(chance.choices(range(len(content) + 1), k=2))
    return content[:end] + content[start:end] * chance.choice((1, 1, 100)) + content[end:]


def _truncate(chance: random.Random, content: bytes) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _mark_the_byte_order(_: random.Random, content: bytes) -> bytes:
    return b"\xef\xbb\xbf" + content


def _end_lines_as_on_windows(chance: random.Random, content: bytes) -> bytes:
    return content.replace(b"\n", chance.choice((b"\r\n", b"\r\n", b"\r", b"\n\r")))


def _encode_otherwise(chance: random.Random, content: bytes) -> bytes:
    return content.decode(errors="replace").encode(chance.choice(("utf-16", "utf-32", "utf-7")))


_Way = Callable[[random.Random, bytes], bytes]

_BYTES: tuple[_Way, ...] = (
    *(_flip_a_bit, _delete_bytes, _insert_bytes, _repeat_bytes),
    *(_truncate, _mark_the_byte_order, _end_lines_as_on_windows, _encode_otherwise),
)


# Lines


def _delete_a_line(chance: random.Random, content: bytes) -> bytes:
    lines = content.splitlines(keepends=True) or [b""]
    del lines[chance.randrange(len(lines))]
    return b"".join(lines)


def _repeat_a_line(chance: random.Random, content: bytes) -> bytes:
    lines = content.splitlines(keepends=True) or [b""]
    lines.insert(chance.randrange(len(lines)), chance.choice(lines))
    return b"".join(lines)


def _shuffle_lines(chance: random.Random, content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    chance.shuffle(lines)
    return b"".join(lines)


def _insert_a_line(chance: random.Random, content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    key = chance.choice(
        (*_KEYS, "tool.uv", "tool.lbuild.inputs", "project.name", "a" + ".a" * 5_000)
    )
    value = chance.choice((*_LITERALS, *map(_literal, _TEXTS)))
    line = chance.choice((f"{key} = {value}", f"[{key}]", f"[[{key}]]", *_HEADERS))
    lines.insert(chance.randrange(len(lines) + 1), f"{line}\n".encode())
    return b"".join(lines)


_HEADERS = (
    *("[[project]]", "[project.name]", "[[tool]]", "[tool]", "[tool.uv.cache-keys]", "[[tool.uv]]"),
    *("[[tool.uv.cache-keys]]", "[tool.lbuild.inputs]", "[build-system.requires]"),
    "[build_system]",
)


def _replace_a_value(chance: random.Random, content: bytes) -> bytes:
    lines = content.splitlines()
    places = [at for at, line in enumerate(lines) if b"=" in line]
    if places:
        at = chance.choice(places)
        value = chance.choice((*_LITERALS, *map(_literal, _TEXTS))).encode()
        lines[at] = lines[at].partition(b"=")[0] + b"= " + value
    return b"\n".join(lines)


_LINES = (_delete_a_line, _repeat_a_line, _shuffle_lines, _insert_a_line, _replace_a_value)


# Values


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _with_other_values(chance: random.Random, seed: int) -> Mutant:
    tables = {table: dict(settings) for table, settings in SETTINGS.items()}
    changes = []
    for _ in range(chance.choice((1, 1, 1, 2))):
        table = chance.choice(list(tables))
        name = chance.choice([*tables[table], *tables[table], chance.choice(_KEYS)])
        value = _value(chance, name)
        tables[table][name] = value
        changes.append(f"{table}.{name} = {value}")
    content = _written(tables).encode(errors="replace")
    return Mutant(seed=seed, content=content, change="; ".join(changes))


def _value(chance: random.Random, name: str) -> str:
    """Often of a type that fits, so that what comes later is reached."""
    text = _literal(chance.choice(_TEXTS))
    if chance.random() < 0.25:
        return chance.choice((*_LITERALS, text))
    match name:
        case "cache-keys" | "extra-inputs":
            return f"[{', '.join(_cache_key(chance) for _ in range(chance.randint(1, 3)))}]"
        case "requires" | "backend-path" | "ignore" | "reinstall-package" | "dynamic":
            texts = [_literal(chance.choice(_TEXTS)) for _ in range(chance.randint(1, 2))]
            return f"[{', '.join(texts)}]"
        case _:
            return text


def _cache_key(chance: random.Random) -> str:
    text = _literal(chance.choice(_TEXTS))
    value = chance.choice((*_LITERALS, text))
    form = chance.choice(_FORMS)
    return form.format(text=text, value=value)


_FORMS = (
    *("{text}", "{text}", "{{ file = {text} }}", "{{ dir = {text} }}", "{{ env = {text} }}"),
    *("{value}", "{{ file = {value} }}", "{{ dir = {value} }}", "{{ env = {value} }}"),
    *("{{ git = {value} }}", "{{ git = {{ commit = {value}, tags = true }} }}"),
    *("{{ file = {text}, dir = {text} }}", "{{ {text} = {text} }}", "{{}}"),
)


if __name__ == "__main__":
    sys.stdout.buffer.write(mutant(int(sys.argv[1])).content)
