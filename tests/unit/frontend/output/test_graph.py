"""What projects need of each other, as text, JSON and DOT."""

import json
from pathlib import Path

from lbuild_frontend.model.results import GraphMember, GraphResult
from lbuild_frontend.output import graph, json_rows
from lbuild_frontend.output.look import Look

GRAPH = GraphResult(
    (
        GraphMember("core", Path("/w/core"), "1.0", False, (), ()),
        GraphMember("hplug", Path("/w/hplug"), "0.2", True, ("core",), ()),
        GraphMember('a"b', Path("/w/a"), None, True, ("hplug",), ("core", "hplug")),
    )
)


def test_the_order_as_text() -> None:
    assert graph.text(GRAPH) == [
        "  1  core 1.0",
        "  2  hplug 0.2  builds with core",
        '  3  a"b        builds with hplug; runs with core, hplug',
    ]
    assert graph.text(GraphResult(())) == []


def test_numbers_line_up() -> None:
    members = tuple(GraphMember(f"p{n}", Path("/w"), None, True, (), ()) for n in range(10))
    lines = graph.text(GraphResult(members))
    assert (lines[0], lines[9]) == ("   1  p0", "  10  p9")


def test_what_is_needed_is_below_where_there_is_no_room() -> None:
    lines = graph.text(GRAPH, Look(30))
    assert lines[1:3] == ["  2  hplug 0.2", "     builds with core"]
    assert all(len(line) <= 30 for line in lines)


def test_the_order_as_json() -> None:
    rows = json.loads(json_rows.as_json(GRAPH.members))
    assert [row["name"] for row in rows] == ["core", "hplug", 'a"b']
    assert rows[2] == {
        "name": 'a"b',
        "project": "/w/a",
        "version": None,
        "requested": True,
        "builds_with": ["hplug"],
        "runs_with": ["core", "hplug"],
    }
    assert not rows[0]["requested"]


def test_the_graph_for_graphviz() -> None:
    assert graph.as_dot(GRAPH).splitlines() == [
        "digraph workspace {",
        '  "core" [label="core 1.0"];',
        '  "hplug" [label="hplug 0.2"];',
        '  "a\\"b" [label="a\\"b"];',
        '  "hplug" -> "core";',
        '  "a\\"b" -> "hplug";',
        '  "a\\"b" -> "core" [style=dashed];',
        '  "a\\"b" -> "hplug" [style=dashed];',
        "}",
    ]
