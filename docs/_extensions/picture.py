"""Draw wings and their imports as an SVG picture.

Each layer is a row of boxes. An arrow that passes a row has a place of its own there, so that no
arrow runs behind a box. The places in a row are ordered by the positions of their neighbours (the
method of Sugiyama). The colours are those of the theme, which has a light and a dark form.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

# All lengths are pixels.
BOX_HEIGHT = 30
ROW_HEIGHT = 62
CHARACTER = 8.2  # of the monospaced font of 13 pixels, with something to spare
PADDING = 12
GAP = 14
ARROW_WIDTH = 12
MARGIN = 18
TITLE = 34
BETWEEN = 64  # the two frames

STYLE = """
.wings { width: 100%; height: auto; font: 13px var(--font-stack--monospace, monospace); }
.wings text { fill: var(--color-foreground-primary, currentColor); text-anchor: middle; }
.wings .title { font-weight: bold; }
.wings .frame { fill: none; stroke: var(--color-background-border, #888); }
.wings .box { fill: var(--color-background-secondary, none); }
.wings .box { stroke: var(--color-brand-content, #36c); }
.wings a:hover .box { stroke-width: 2.5; }
.wings .arrow { fill: none; stroke: var(--color-foreground-muted, #888); stroke-width: 1.2; }
.wings .tip { fill: var(--color-foreground-muted, #888); }
.wings .between { stroke-width: 4; }
"""

LABEL = 'role="img" aria-label="The wings of both packages, and which imports which"'
TIP = """
<defs>
<marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8"
 markerUnits="userSpaceOnUse" orient="auto"><path class="tip" d="M0 0 8 4 0 8z"/></marker>
</defs>
"""


@dataclass(slots=True, eq=False)
class Place:
    """A box in a row, or (without a name) where an arrow passes the row."""

    name: str
    width: float
    x: float = 0.0
    above: list["Place"] = field(default_factory=list)
    below: list["Place"] = field(default_factory=list)

    def wanted(self) -> float:
        """Return the x that makes the arrows of this place short."""
        neighbours = [*self.above, *self.below]
        return sum(place.x for place in neighbours) / len(neighbours) if neighbours else self.x

    def after(self, left: "Place") -> float:
        """Return the smallest x at which this place is clear of the one to its left."""
        return left.x + left.width / 2 + GAP + self.width / 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """Rows of places, and for each arrow the places that it connects, from top to bottom."""

    rows: list[list[Place]]
    arrows: list[list[Place]]
    width: float


def place(rows: Sequence[Sequence[str]], arrows: Iterable[tuple[str, str]]) -> Layout:
    """Give each name and each arrow its place; each arrow leads from a row to a lower one."""
    number = {name: index for index, row in enumerate(rows) for name in row}
    places = {
        name: Place(name, len(name) * CHARACTER + 2 * PADDING) for row in rows for name in row
    }
    placed = [[places[name] for name in row] for row in rows]
    paths = []
    for upper, lower in sorted(arrows, key=lambda pair: (number[pair[0]], number[pair[1]], pair)):
        passing = [Place("", ARROW_WIDTH) for _ in range(number[upper] + 1, number[lower])]
        for between, passed in enumerate(passing, number[upper] + 1):
            placed[between].append(passed)
        path = [places[upper], *passing, places[lower]]
        for above, below in pairwise(path):
            above.below.append(below)
            below.above.append(above)
        paths.append(path)
    for row in placed:
        _spread(row)
    for _ in range(12):
        for row in [*placed, *reversed(placed)]:
            row.sort(key=Place.wanted)
            _spread(row)
    for _ in range(24):
        for row in [*placed, *reversed(placed)]:
            _settle(row)
    left = min(item.x - item.width / 2 for row in placed for item in row)
    right = max(item.x + item.width / 2 for row in placed for item in row)
    for row in placed:
        for item in row:
            item.x += MARGIN - left
    return Layout(rows=placed, arrows=paths, width=right - left + 2 * MARGIN)


def draw(
    packages: Mapping[str, Sequence[Sequence[str]]],
    arrows: Iterable[tuple[str, str]],
    summaries: Mapping[str, str],
    pages: Mapping[tuple[str, str], str],
) -> str:
    """Return the picture: a frame for each package, side by side.

    ``packages`` has the layers of each package, ``arrows`` pairs of ``package.wing``,
    ``summaries`` what each of these knows, and ``pages`` the address of the page about a wing of a
    package. Between two frames there is always one arrow.
    """
    arrows = sorted(arrows)
    height = TITLE + max(map(len, packages.values())) * ROW_HEIGHT
    parts, left = [], 1.0
    for package, rows in packages.items():
        if left > 1:
            path = f"M{left + 4:.0f} {height / 2:.0f}h{BETWEEN - 8}"
            parts.append(f'<path class="arrow between" d="{path}" marker-end="url(#tip)"/>')
            left += BETWEEN
        prefix = f"{package}."
        inside = [
            (upper.removeprefix(prefix), lower.removeprefix(prefix))
            for upper, lower in arrows
            if upper.startswith(prefix) and lower.startswith(prefix)
        ]
        layout = place(rows, inside)
        parts += [
            f'<g transform="translate({left:.0f} 1)">',
            f'<rect class="frame" width="{layout.width:.0f}" height="{height}" rx="8"/>',
            f'<text class="title" x="{layout.width / 2:.0f}" y="22">{package}</text>',
            *(_arrow(path, layout.rows) for path in layout.arrows),
            *(
                _box(
                    item,
                    index,
                    f"{pages[package, item.name]}#{anchor(package, item.name)}",
                    summaries[prefix + item.name],
                )
                for index, row in enumerate(layout.rows)
                for item in row
                if item.name
            ),
            "</g>",
        ]
        left += layout.width
    return "\n".join(
        [
            f'<svg class="wings" viewBox="0 0 {left + 1:.0f} {height + 2}" {LABEL}>',
            f"<style>{STYLE}</style>",
            TIP,
            *parts,
            "</svg>",
        ]
    )


def anchor(package: str, wing: str) -> str:
    """Return the anchor on the page of what is said about a wing."""
    return f"{package}-{wing.strip('_')}".replace("_", "-")


def _spread(row: list[Place]) -> None:
    # Side by side in the given order, the middle at 0.
    x = 0.0
    for item in row:
        item.x = x + item.width / 2
        x += item.width + GAP
    for item in row:
        item.x -= (x - GAP) / 2


def _settle(row: list[Place]) -> None:
    # Each place moves towards where it wants to be, as far as the order of the row allows.
    for index, item in enumerate(row):
        item.x = item.wanted()
        if index:
            item.x = max(item.x, item.after(row[index - 1]))
    overhang = sum(item.x - item.wanted() for item in row) / len(row)
    for item in row:
        item.x -= overhang


def _top(index: int) -> float:
    return TITLE + index * ROW_HEIGHT + (ROW_HEIGHT - BOX_HEIGHT) / 2 - 6


def _box(item: Place, index: int, target: str, summary: str) -> str:
    left, top = item.x - item.width / 2, _top(index)
    return (
        f'<a href="{target}"><title>{escape(summary)}</title>'
        f'<rect class="box" x="{left:.1f}" y="{top:.1f}" width="{item.width:.1f}"'
        f' height="{BOX_HEIGHT}" rx="5"/>'
        f'<text x="{item.x:.1f}" y="{top + 20:.1f}">{item.name}</text></a>'
    )


def _arrow(path: Sequence[Place], rows: Sequence[Sequence[Place]]) -> str:
    # Straight down where it passes a row, a curve from row to row.
    index = next(number for number, row in enumerate(rows) if path[0] in row)
    x = _end(path[0], path[0].below, path[1])
    drawn = [f"M{x:.1f} {_top(index) + BOX_HEIGHT:.1f}"]
    for number, item in enumerate(path[1:], index + 1):
        above, top = _top(number - 1) + BOX_HEIGHT, _top(number)
        last = item is path[-1]
        end = _end(item, item.above, path[-2]) if last else item.x
        bend = (above + top) / 2
        drawn.append(f"C{x:.1f} {bend:.1f} {end:.1f} {bend:.1f} {end:.1f} {top - 1:.1f}")
        if not last:
            drawn.append(f"V{top + BOX_HEIGHT:.1f}")
        x = end
    return f'<path class="arrow" d="{"".join(drawn)}" marker-end="url(#tip)"/>'


def _end(item: Place, ends: list[Place], other: Place) -> float:
    order = sorted(ends, key=lambda place: place.x)
    index = next(number for number, place in enumerate(order) if place is other)
    return item.x + (index + 1) * item.width / (len(order) + 1) - item.width / 2
