"""Values of options are the same whether typer converts them or not."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import typer
from typer.main import get_command

from lbuild_frontend.cli.plain_values import spare_adapters


class Shade(StrEnum):
    light = "light"
    dark = "dark"


def values_of(arguments: list[str], *, sparing: bool) -> dict[str, Any] | str:
    """What a command gets of a command line, or the error."""
    found: dict[str, Any] = {}

    def command(
        names: Annotated[list[str] | None, typer.Argument()] = None,
        text: Annotated[str | None, typer.Option()] = None,
        place: Annotated[Path | None, typer.Option(readable=False)] = None,
        there: Annotated[Path | None, typer.Option(exists=True)] = None,
        file: Annotated[Path | None, typer.Option(dir_okay=False, readable=False)] = None,
        color: Annotated[Literal["auto", "never"], typer.Option()] = "auto",
        shade: Annotated[Shade | None, typer.Option()] = None,
        count: Annotated[int, typer.Option()] = 3,
        plain: Annotated[bool, typer.Option()] = False,
        parsed: Annotated[str | None, typer.Option(parser=lambda text: text[::-1])] = None,
        word: Annotated[list[str] | None, typer.Option()] = None,
        folder: Annotated[list[Path] | None, typer.Option(readable=False)] = None,
    ) -> None:
        found.update(locals())

    app = typer.Typer(add_completion=False)
    app.command()(command)
    parsed = get_command(app)
    if sparing:
        spare_adapters(parsed.params)
    try:
        parsed.main(arguments, standalone_mode=False)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    del found["found"]
    return found


@pytest.mark.parametrize(
    "line",
    [
        "",
        "a b",
        "--text x --place /y --color never --plain",
        "--text= --place=",
        "--shade dark",
        "--shade DARK",
        "--color always",
        "--count 7 --parsed abc",
        "--count seven",
        "--there /nowhere",
        "--there .",
        "--file .",
        "--word a --word b --folder x --folder y",
        "--plain --no-plain",
        "--strange",
    ],
)
def test_a_value_is_the_same_as_typer_makes_it(line: str) -> None:
    expected = values_of(line.split(), sparing=False)
    found = values_of(line.split(), sparing=True)
    assert found == expected
    if isinstance(found, dict) and isinstance(expected, dict):
        assert {k: type(v) for k, v in found.items()} == {k: type(v) for k, v in expected.items()}
