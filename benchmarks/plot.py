"""The plot: one bar a row, as SVG that is readable on light and on dark pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from .results import Result

WIDTH, LABELS, ROW, TOP, BAR = 760, 270, 30, 64, 18
STYLE = """
    text { font: 14px system-ui, sans-serif; fill: #1f2328 }
    .title { font-size: 17px; font-weight: 600 }
    .note { fill: #59636e }
    .card { fill: #ffffff; stroke: #d1d9e0 }
    .ours { fill: #b38600 }
    .other { fill: #8c959f }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .note { fill: #9198a1 }
      .card { fill: #0d1117; stroke: #3d444d }
      .ours { fill: #fee500 }
      .other { fill: #656c76 }
    }
"""


def write(file: Path, title: str, note: str, results: Sequence[Result]) -> None:
    """Draw the rows that have a bar, the shortest first."""
    rows = sorted((one.bar, one.work) for one in results if one.bar is not None)
    height = TOP + ROW * len(rows) + 12
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"  <title>{escape(title)}</title>",
        f"  <style>{STYLE}  </style>",
        f'  <rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
        f'  <text class="title" x="20" y="30">{escape(title)}</text>',
        f'  <text class="note" x="20" y="51">{escape(note)}</text>',
    ]
    file.write_text("\n".join([*head, *_bars(rows), "</svg>", ""]))


def _bars(rows: Sequence[tuple[float, str]]) -> Iterator[str]:
    # Room is left behind the longest bar for its number.
    scale = (WIDTH - LABELS - 80) / max(length for length, _ in rows)
    for number, (length, name) in enumerate(rows):
        y, kind = TOP + ROW * number, "ours" if name.startswith("kakao_login") else "other"
        width = length * scale
        yield f'  <text x="{LABELS - 10}" y="{y + 17}" text-anchor="end">{escape(name)}</text>'
        yield f'  <rect class="{kind}" x="{LABELS}" y="{y + 3}" width="{width:.1f}" height="{BAR}" rx="3"/>'
        yield f'  <text x="{LABELS + width + 8:.1f}" y="{y + 17}">{length:.2f}×</text>'
