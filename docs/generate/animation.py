"""Frames of a terminal as one SVG that plays by itself, without a script.

Each line that occurs is drawn once. A frame refers to its lines, and CSS shows one frame after the other.
"""

from collections.abc import Sequence
from itertools import accumulate, groupby
from xml.sax.saxutils import escape

from docs.generate.terminal import Cell, Frame, Line

# Pixels of a character, and of the frame around the screen.
_WIDTH, _HEIGHT, _EDGE = 8.4, 19, 16
# The colours of a terminal on light and on dark ground: each has a contrast of 4.5 or more.
_COLOURS = {
    "default": ("#24292f", "#d6deeb"),
    "red": ("#b3261e", "#ff7b72"),
    "green": ("#1a6e2e", "#7ee787"),
    "brown": ("#855300", "#e3b341"),
    "blue": ("#0b57b8", "#79c0ff"),
    "magenta": ("#8430a0", "#d2a8ff"),
    "cyan": ("#0d6a74", "#76e3ea"),
}
_GROUND = ("#f6f8fa", "#0d1520")
_STYLE = """
svg {{ {light} background: var(--ground); border-radius: 8px; }}
@media (prefers-color-scheme: dark) {{ svg {{ {dark} }} }}
text {{ font: 14px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre; }}
{classes}
g.f {{ visibility: hidden; animation: {total:.2f}s step-end infinite; }}
{frames}
@media (prefers-reduced-motion: reduce) {{ g.f {{ animation: none; }} g.last {{ visibility: visible; }} }}
"""


def svg(frames: Sequence[Frame], title: str) -> str:
    """The animation of FRAMES; TITLE is for those who can't see it."""
    lines = {line: f"l{number}" for number, line in enumerate(_distinct(frames))}
    columns, rows = len(frames[0].lines[0]), len(frames[0].lines)
    width, height = round(columns * _WIDTH + 2 * _EDGE), rows * _HEIGHT + 2 * _EDGE
    drawn = "\n".join(_drawn(line, name) for line, name in lines.items())
    shown = "\n".join(
        _frame(frame, number, lines, last=number == len(frames) - 1) for number, frame in enumerate(frames)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">\n'
        f"<title>{escape(title)}</title>\n<style>{_style(frames)}</style>\n"
        f'<rect width="{width}" height="{height}" rx="8" class="ground"/>\n'
        f"<defs>\n{drawn}\n</defs>\n{shown}\n</svg>\n"
    )


def _distinct(frames: Sequence[Frame]) -> list[Line]:
    return list(dict.fromkeys(line for frame in frames for line in frame.lines if _text(line)))


def _text(line: Sequence[Cell]) -> str:
    return "".join(cell.text for cell in line).rstrip()


def _drawn(line: Line, name: str) -> str:
    """LINE as a text whose parts have their places, whatever the font."""
    parts, column = [], 0
    for look, group in groupby(line, lambda cell: (cell.colour, cell.bold)):
        text = "".join(cell.text for cell in group)
        if text.strip():
            parts.append(_part(text, column, *look))
        column += len(text)
    return f'<text id="{name}">{"".join(parts)}</text>'


def _part(text: str, column: int, colour: str, bold: bool) -> str:  # noqa: FBT001 - how a cell looks
    kept = text.rstrip()
    names = [colour if colour in _COLOURS else "default", *(["bold"] if bold else [])]
    length = f'textLength="{len(kept) * _WIDTH:.1f}" lengthAdjust="spacingAndGlyphs"'
    return f'<tspan x="{column * _WIDTH:.1f}" {length} class="{" ".join(names)}">{escape(kept)}</tspan>'


def _frame(frame: Frame, number: int, lines: dict[Line, str], *, last: bool) -> str:
    uses = "".join(
        f'<use href="#{lines[line]}" x="{_EDGE}" y="{_EDGE + (row + 1) * _HEIGHT - 5}"/>'
        for row, line in enumerate(frame.lines)
        if line in lines
    )
    return f'<g class="f{" last" if last else ""}" id="f{number}">{uses}</g>'


def _style(frames: Sequence[Frame]) -> str:
    ends = list(accumulate(frame.seconds for frame in frames))
    total = ends[-1]
    begins = [0.0, *ends]
    light, dark = (
        "".join(f"--{name}: {colours[side]}; " for name, colours in {**_COLOURS, "ground": _GROUND}.items())
        for side in (0, 1)
    )
    classes = "\n".join(f".{name} {{ fill: var(--{name}); }}" for name in (*_COLOURS, "ground"))
    return _STYLE.format(
        light=light,
        dark=dark,
        classes=f"{classes}\n.bold {{ font-weight: bold; }}",
        total=total,
        frames="\n".join(
            _keyframes(number, 100 * begins[number] / total, 100 * end / total)
            for number, end in enumerate(ends)
        ),
    )


def _keyframes(number: int, begin: float, end: float) -> str:
    """When frame NUMBER is seen, in percent."""
    before = "0% { visibility: hidden; } " if begin else ""
    after = f" {end:.3f}% {{ visibility: hidden; }}" if end < 100 else ""  # noqa: PLR2004 - percent
    return (
        f"#f{number} {{ animation-name: k{number}; }} "
        f"@keyframes k{number} {{ {before}{begin:.3f}% {{ visibility: visible; }}{after} }}"
    )
