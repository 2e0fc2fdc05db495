"""A badge of each integration's level, as an SVG."""

from __future__ import annotations

from seatrial.core.printable import cut, plain
from seatrial.fleet.quality.scale import Level, words
from seatrial.report.html import text

COLOURS = {
    None: "#57606a",
    Level.NONE: "#b42318",
    Level.PUBLISHABLE: "#57606a",
    Level.BRONZE: "#8a5a2b",
    Level.SILVER: "#5b6875",
    Level.GOLD: "#7d6200",
    Level.PLATINUM: "#0b6e75",
}
"""The colour of each level, on which white text has a contrast of at least 4.5 to 1."""

LABEL = "seatrial"
_WIDTH = 6.6
"""The average width of a letter in pixels, at a size of 11; texts are stretched to the width kept for them."""


def badge(name: str, level: Level | None) -> str:
    """Return the badge of an integration as SVG; `level` is None if it is unknown."""
    said = words(level) if level else "unknown"
    left, right = (round(len(one) * _WIDTH) + 12 for one in (LABEL, said))
    title = text(f"{cut(plain(name), 100)}: {said}")
    texts = "".join(
        f'<text x="{x}" y="14" textLength="{round(len(one) * _WIDTH)}">{text(one)}</text>'
        for x, one in ((6, LABEL), (left + 6, said))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'aria-label="{title}"><title>{title}</title>'
        f'<rect width="{left + right}" height="20" rx="3" fill="#24292f"/>'
        f'<path d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{right - 3}z" fill="{COLOURS[level]}"/>'
        f'<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">{texts}</g></svg>\n'
    )
