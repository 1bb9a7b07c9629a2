"""Which members need which, and in what order they are built."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_keys.workspaces import graph
from lbuild_keys.workspaces.members import Member, Workspace

Graph = Mapping[int, frozenset[int]]

NODES = st.integers(0, 7)
GRAPHS: st.SearchStrategy[Graph] = st.dictionaries(NODES, st.frozensets(NODES, max_size=3))
ACYCLIC = GRAPHS.map(
    lambda edges: {node: frozenset(one for one in to if one < node) for node, to in edges.items()}
)


def member(name: str, requires: tuple[str, ...] = (), dependencies: tuple[str, ...] = ()) -> Member:
    meant = {other: Path(f"/ws/{other}") for other in ("a", "b", "c") if other != name}
    return Member(Path(f"/ws/{name}"), name, "1", requires, dependencies, meant)


def test_edges() -> None:
    requires = (
        "hatchling",
        "B >= 1",
        "b",
        "c ; python_version < '3'",
        "x ; sys_platform ~= 'linux'",  # which cannot be compared, so that installers refuse it
        "a",
        "not valid!",
        "b[x]",
    )
    workspace = Workspace(
        None, None, (member("a", requires, ("c[x]>=1",)), member("b"), member("c", ("c",)))
    )
    a, b, c = (Path(f"/ws/{name}") for name in "abc")
    assert graph.edges(workspace) == {a: {b}, b: frozenset(), c: frozenset()}
    assert graph.runtime_edges(workspace) == {a: {c}, b: frozenset(), c: frozenset()}
    found = graph.needs(workspace.members[0], requires, graph.folders_of(workspace))
    assert [(need.position, need.text) for need in found] == [(1, "B >= 1"), (2, "b"), (7, "b[x]")]


@pytest.mark.parametrize(
    ("url", "is_member"),
    [
        ("file:///ws/b", True),
        ("file://localhost/ws/b/", True),
        ("file:///ws/x/../%62", True),
        ("file:///ws", False),
        ("file:///ws/a", False),  # the project itself
        ("file:///ws/b/dist/b-1-py3-none-any.whl", False),
        ("https://example.com/ws/b", False),
    ],
)
def test_members_that_a_url_names(url: str, *, is_member: bool) -> None:
    # The name is not looked at: a URL says what is meant.
    one = member("a", (f"c @ {url}",))
    workspace = Workspace(None, None, (one, member("b"), member("c")))
    expected = {Path("/ws/b")} if is_member else frozenset()
    assert graph.edges(workspace)[one.folder] == expected


@given(GRAPHS)
def test_the_order_has_all_nodes_once(edges: Graph) -> None:
    assert sorted(graph.order(edges)) == sorted(edges)


@given(ACYCLIC)
def test_each_node_comes_after_what_it_needs(edges: Graph) -> None:
    found = graph.order(edges)
    for node in found:
        needed = edges[node] & edges.keys()
        assert needed <= set(found[: found.index(node)])
    # What is in order already stays as it is.
    assert graph.order({node: edges[node] for node in found}) == found
    assert graph.cycle(edges) is None


def test_an_order_is_kept_where_nothing_says_otherwise() -> None:
    edges = {node: frozenset({"c"} if node == "a" else ()) for node in "dabce"}
    assert graph.order(edges) == ("d", "c", "a", "b", "e")
    deep = {node: frozenset({node + 1}) for node in range(5000)}
    assert graph.order(deep) == tuple(reversed(range(5000)))


@given(GRAPHS)
def test_a_cycle_is_one_and_is_shortest(edges: Graph) -> None:
    found = graph.cycle(edges)
    shortest = _length_of_shortest(edges)
    assert (len(found) if found else None) == shortest
    if found:
        assert all(after in edges[before] for before, after in pairwise((*found, found[0])))


def _length_of_shortest(edges: Graph) -> int | None:
    reached = {node: {node} for node in edges}
    for length in range(1, len(edges) + 1):
        reached = {
            node: {one for each in last for one in edges.get(each, ())}
            for node, last in reached.items()
        }
        if any(node in last for node, last in reached.items()):
            return length
    return None


@given(GRAPHS, st.frozensets(NODES))
def test_a_closure_is_closed(edges: Graph, starts: frozenset[int]) -> None:
    found = graph.closure(starts, edges)
    assert starts <= found
    assert all(edges.get(node, frozenset()) <= found for node in found)
    for node in found - starts:
        assert any(node in edges.get(one, ()) for one in found)
