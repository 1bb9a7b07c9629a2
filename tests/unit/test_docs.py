"""The documentation names what is in the code: wings, modules, and where to add things."""

import re
import sys
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from docs._extensions import packages, picture

FOLDER = packages.ROOT / "docs" / "explanation"
PAGES = {
    name: (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    for name in ("architecture", "design", "where-to-add", "words")
}
WINGS = {
    (package, wing.name): wing
    for package, folder in packages.PACKAGES.items()
    for wing in packages.wings(folder)
}


def test_every_wing_is_named_in_the_architecture():
    named = set(re.findall(r"`(\w+)(?:/\w+)?(?:\.py)?`", PAGES["architecture"]))
    assert {wing for _, wing in WINGS} - named <= {"__main__"}


def test_every_module_says_what_it_knows():
    for folder in packages.PACKAGES.values():
        for path in packages.sources(folder):
            assert packages.summary(path).endswith((".", ":")), path


def test_a_module_without_docstring_is_an_error(tmp_path):
    (tmp_path / "mute.py").write_text("import os\n")
    with pytest.raises(ValueError, match="no docstring"):
        packages.wings(tmp_path)


def test_wings_are_sub_packages_and_modules(tmp_path):
    for path, text in {
        "__init__.py": '"""All."""',
        "alone.py": '"""One line.\n\nMore."""',
        "wing/__init__.py": '"""A wing."""',
        "wing/one.py": '"""Knows one."""',
        "data/file.txt": "",
    }.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    module = packages.Module(path="wing/one.py", summary="Knows one.")
    assert packages.wings(tmp_path) == (
        packages.Wing(name="alone", summary="One line."),
        packages.Wing(name="wing", summary="A wing.", modules=(module,)),
    )


def modules_named(text):
    """Return the modules that a text names in code marks, as files below one of the packages."""
    return {
        name: [folder / f"{name}.py" for folder in packages.PACKAGES.values()]
        for name in re.findall(r"`(\w+/\w+|\w+(?=\.py`))(?:\.py)?`", text)
    }


@pytest.mark.parametrize("page", ["architecture", "design", "where-to-add"])
def test_modules_named_on_a_page_exist(page):
    named = modules_named(PAGES[page])
    assert named
    assert [name for name, files in named.items() if not any(map(is_file, files))] == []


def is_file(path):
    return path.is_file()


def test_names_in_where_to_add_things_exist():
    table = PAGES["where-to-add"]
    rows = [line.split(" | ")[1] for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 10
    for row in rows:
        text = "".join(
            path.read_text(encoding="utf-8")
            for files in modules_named(row).values()
            for path in files
            if path.is_file()
        )
        for name in re.findall(r"`([A-Za-z_]+)`", row):
            assert (
                re.search(rf"\b{name}\b", text)
                or (packages.PACKAGES["lbuild_frontend"] / name).is_dir()
            ), row


def test_the_modules_of_every_wing_are_on_one_page():
    found = packages.pages(FOLDER)
    assert set(found) == set(WINGS)
    for page in set(found.values()):
        words = [
            word
            for key, wing in WINGS.items()
            if found[key] == page
            for each in (wing.summary, *(f"{one.path} {one.summary}" for one in wing.modules))
            for word in each.split()
        ]
        assert len(words) < 1150, page


def test_a_wing_on_two_pages_is_an_error(tmp_path):
    for name in ("modules-a.md", "modules-b.md"):
        (tmp_path / name).write_text("```{wings-modules} lbuild_keys\n:wings: git globs\n```\n")
    with pytest.raises(ValueError, match=r"lbuild_keys\.git is on two pages"):
        packages.pages(tmp_path)


def test_every_wing_is_in_a_layer():
    layers = {
        (package, name)
        for package in packages.PACKAGES
        for layer in packages.layers(package)
        for name in layer
    }
    assert layers == set(WINGS)


def test_arrows_that_others_imply_are_left_out():
    pairs = {("a", "b"), ("b", "c"), ("a", "c"), ("a", "d")}
    assert packages.reduced(pairs) == {("a", "b"), ("b", "c"), ("a", "d")}


def test_arrows_against_the_layers_are_found():
    rows = [("a",), ("b", "c")]
    pairs = [("a", "b"), ("b", "c"), ("c", "a")]
    assert packages.upward(pairs, rows) == [("b", "c"), ("c", "a")]


def test_places_of_a_row_do_not_overlap_and_arrows_keep_clear_of_boxes():
    rows = [("top", "second"), ("a", "much_longer", "b"), ("c",), ("low", "lower")]
    arrows = [("top", "low"), ("top", "lower"), ("second", "c"), ("a", "lower"), ("top", "b")]
    layout = picture.place(rows, arrows)
    assert [sorted(place.name for place in row if place.name) for row in layout.rows] == [
        sorted(row) for row in rows
    ]
    assert [len(row) for row in layout.rows] == [2, 6, 4, 2]
    for row in layout.rows:
        for left, right in pairwise(row):
            assert left.x + left.width / 2 < right.x - right.width / 2
        assert row[0].x - row[0].width / 2 > 0
        assert row[-1].x + row[-1].width / 2 < layout.width


def test_the_picture_has_a_box_for_each_wing_and_one_arrow_between_packages():
    rows = {"upper": [("act",), ("base",)], "lower": [("decide",)]}
    arrows = {("upper.act", "upper.base"), ("upper.base", "lower.decide")}
    summaries = {"upper.act": "Acts <now>.", "upper.base": "B.", "lower.decide": "D."}
    pages = {("upper", "act"): "a.html", ("upper", "base"): "a.html", ("lower", "decide"): ""}
    drawn = picture.draw(rows, arrows, summaries, pages)
    svg = ET.fromstring(drawn)  # noqa: S314 -- our own text
    links = {link.get("href"): link.findtext("title") for link in svg.iter("a")}
    assert links == {
        "a.html#upper-act": "Acts <now>.",
        "a.html#upper-base": "B.",
        "#lower-decide": "D.",
    }
    assert len(svg.findall(".//path[@class='arrow']")) == 1
    assert len(svg.findall(".//path[@class='arrow between']")) == 1


def test_the_screens_are_those_of_the_script():
    sys.path.insert(0, str(packages.ROOT / "docs"))
    try:
        import screens
    finally:
        sys.path.pop(0)
    pictures = {picture for scene in screens.SCENES for picture in scene.pictures}
    assert {path.name for path in screens.PICTURES.glob("screen-*")} == pictures
    pages = [path.read_text(encoding="utf-8") for path in (packages.ROOT / "docs").rglob("*.md")]
    shown = re.findall(r"\((?:[\w./-]*/)?pictures/(screen-[\w-]+\.svg)\)", "".join(pages))
    assert set(shown) == {name for name in pictures if name.endswith("-light.svg")}
    for name in pictures:
        text = (screens.PICTURES / name).read_text(encoding="utf-8")
        # Nothing is loaded from a server; addresses that are shown are no harm.
        assert re.findall(r"""[("']https?://([\w.]+)""", text) == ["www.w3.org"]


def test_every_wing_lists_its_modules():
    for folder in packages.PACKAGES.values():
        for path in packages.sources(folder):
            wing = path.parent
            if path.name != "__init__.py" and wing != folder:
                assert f"- ``{path.stem}``:" in (wing / "__init__.py").read_text("utf-8"), path


def test_every_picture_for_light_pages_has_one_for_dark_pages():
    names = {path.name for path in (FOLDER / "pictures").iterdir()}
    light = {name.removesuffix("-light.svg") for name in names if name.endswith("-light.svg")}
    assert len(light) > 10
    assert names == {f"{name}-{tone}.svg" for name in light for tone in ("light", "dark")}


@pytest.mark.exhaustive
def test_a_picture_for_light_pages_brings_the_one_for_dark_pages(tmp_path):
    pytest.importorskip("myst_parser", reason="Sphinx is only where the pages are built")
    from sphinx.application import Sphinx

    (tmp_path / "index.md").write_text("# P\n\n![a](a-light.svg)\n\n![b](b-light.svg)\n")
    for name in ("a-light.svg", "a-dark.svg", "b-light.svg"):
        (tmp_path / name).write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    extensions = ["myst_parser", "docs._extensions.twins"]
    out = tmp_path / "out"
    app = Sphinx(
        tmp_path, None, out, out, "html", {"extensions": extensions}, status=None, warning=None
    )
    app.build()
    page = (out / "index.html").read_text(encoding="utf-8")
    images = re.findall(r"<img [^>]*>", page)
    shown = [
        (re.search(r"/(\w-\w+)\.svg", image)[1], re.findall(r"only-\w+", image)) for image in images
    ]
    assert shown == [("a-light", ["only-light"]), ("a-dark", ["only-dark"]), ("b-light", [])]
    assert all('alt="' in image for image in images)
