"""What projects need of each other -> text, and the language of Graphviz (DOT)."""

from lbuild_frontend.model.results import GraphMember, GraphResult
from lbuild_frontend.output import table
from lbuild_frontend.output.look import PLAIN, Look

_WIDEST = (5, 40)


def text(graph: GraphResult, look: Look = PLAIN) -> list[str]:
    """Write the order in which projects are built, with what each needs, a line for each."""
    digits = len(str(len(graph.members)))
    rows = [
        (str(number).rjust(digits), _title(one), _needs(one))
        for number, one in enumerate(graph.members, 1)
    ]
    return table.lines(rows, _WIDEST, look, beside=2, styles=(look.dim, look.bold))


def as_dot(graph: GraphResult) -> str:
    """Return the same for Graphviz: arrows lead to what is needed, dashed at run time."""
    nodes = [f"{_quoted(one.name)} [label={_quoted(_title(one))}]" for one in graph.members]
    arrows = [
        f"{_quoted(one.name)} -> {_quoted(other)}{style}"
        for one in graph.members
        for names, style in ((one.builds_with, ""), (one.runs_with, " [style=dashed]"))
        for other in names
    ]
    return "\n".join(["digraph workspace {", *(f"  {one};" for one in [*nodes, *arrows]), "}"])


def _title(one: GraphMember) -> str:
    return one.name if one.version is None else f"{one.name} {one.version}"


def _needs(one: GraphMember) -> str:
    parts = [("builds with", one.builds_with), ("runs with", one.runs_with)]
    return "; ".join(f"{how} {', '.join(names)}" for how, names in parts if names)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
