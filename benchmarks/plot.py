"""The one picture of the report: bars on a common scale, as an SVG that is read in light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from .results import Result

WIDTH, LABEL, ROW, TOP = 760, 250, 26, 56
_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 15px }
  .note { font-size: 12px; fill: #59636e }
  .other { fill: #8c959f }
  .ours { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .note { fill: #9198a1 }
    .ours { fill: #58a6ff }
  }
"""


def plot(title: str, note: str, results: Sequence[Result]) -> str:
    """Give the results that have a bar as an SVG; ours are coloured, and each bar carries its number."""
    rows = sorted((result for result in results if result.bar), key=lambda result: result.bar or 0)
    longest = max(result.bar or 0 for result in rows)
    bars = "\n".join(_bar(number, result, longest) for number, result in enumerate(rows))
    height = TOP + ROW * len(rows) + 12
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" \
aria-label="{escape(title)}">
<style>{_STYLE}</style>
<text class="title" x="12" y="22">{escape(title)}</text>
<text class="note" x="12" y="42">{escape(note)}</text>
{bars}
</svg>
"""


def _bar(number: int, result: Result, longest: float) -> str:
    value, y = result.bar or 0, TOP + ROW * number
    length = value / longest * (WIDTH - LABEL - 70)
    kind = "ours" if result.work.startswith("kakao_login") else "other"
    return (
        f'<text x="{LABEL - 10}" y="{y + 15}" text-anchor="end">{escape(result.work)}</text>'
        f'<rect class="{kind}" x="{LABEL}" y="{y + 3}" width="{length:.1f}" height="16" rx="2"/>'
        f'<text x="{LABEL + length + 8:.1f}" y="{y + 15}">{value:.2f}×</text>'
    )
