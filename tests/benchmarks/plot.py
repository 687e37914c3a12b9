"""What was measured, as a picture: SVG written by hand, legible on light and on dark, with every figure also in words."""

from collections.abc import Iterable, Sequence
from html import escape

from tests.benchmarks.measure import Row, Storm
from tests.benchmarks.report import label

WIDTH, MARGIN, STEP = 980, 20, 28
NAMES, BARS, TIMES = 300, 200, 290  # widths of the three columns
CHART = 130  # height of an overload's curves
STYLE = """
  svg { color-scheme: light dark; --paper: #ffffff; --ink: #1f2328; --faint: #b8bfc7; --one: #0b5cad; --two: #b3400a; --three: #6b2fa0 }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #e6edf3; --faint: #4b535d; --one: #79b8ff; --two: #ffab70; --three: #d2a8ff }
  }
  text { font: 13px system-ui, sans-serif; fill: var(--ink) } .head { font-weight: 600; font-size: 15px } .end { text-anchor: end }
  .paper { fill: var(--paper) } .bar { fill: var(--one) } .axis { stroke: var(--faint); fill: none }
  .range { stroke: var(--two); stroke-width: 2 } .mark { fill: var(--two) } .hollow { fill: var(--paper); stroke: var(--two); stroke-width: 2 }
  .accepted { stroke: var(--one); stroke-width: 3; fill: none } .refused { stroke: var(--two); stroke-width: 2; stroke-dasharray: 2 4; fill: none }
  .posted { stroke: var(--three); stroke-width: 2; stroke-dasharray: 9 4; fill: none }
"""


def drawn(rows: Sequence[Row], storms: Sequence[Storm]) -> str:
    """The whole picture."""
    top = 100 + STEP * len(rows)
    height = top + 70 + (CHART + 75) * ((len(storms) + 1) // 2)
    said = "; ".join(
        f"{label(row.setting)}: {row.per_core:.0f} events a second for a core, nudge after {row.latency[0]:.0f}, "
        f"{row.latency[1]:.0f} and {row.latency[2]:.0f} ms"
        for row in rows
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title words">',
            '<title id="title">Events a second for a core, time to a nudge, and overloads over time</title>',
            f'<desc id="words">{escape(said)}. The tables in LOAD.md say all of it.</desc>',
            f"<style>{STYLE}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
            *_everyday(rows),
            _text(MARGIN, top + 10, "Overload: events in each second", "head"),
            _key(top + 32),
            *(part for number, storm in enumerate(storms) for part in _storm(storm, number, top + 60)),
            "</svg>",
            "",
        ]
    )


def _everyday(rows: Sequence[Row]) -> Iterable[str]:
    """A line for each setting: its name, a bar, and three marks for the time to a nudge."""
    most = max((row.per_core for row in rows), default=1.0)
    longest = max((row.latency[2] for row in rows), default=1.0)
    bars, times = MARGIN + NAMES, MARGIN + NAMES + BARS + 110
    yield _text(bars, 34, "Events a second for a core", "head")
    yield _text(times, 34, "From message to nudge, ms", "head")
    yield _text(times, 54, f"● p50   ○ p95   ■ p99, from 0 to {longest:.0f} ms")
    for number, row in enumerate(rows):
        y = 80 + STEP * number
        at = [times + TIMES * value / longest for value in row.latency]
        yield _text(
            MARGIN,
            y + 5,
            label(row.setting).replace("PostgreSQL", "PG").replace("processes", "proc.").replace("process", "proc."),
        )
        yield f'<rect class="bar" x="{bars}" y="{y - 8}" width="{BARS * row.per_core / most:.1f}" height="16"/>'
        yield _text(bars + BARS * row.per_core / most + 6, y + 5, f"{row.per_core:.0f}, {row.per_second:.0f} in all")
        yield f'<path class="axis" d="M{times} {y}H{times + TIMES}"/><path class="range" d="M{at[0]:.1f} {y}H{at[2]:.1f}"/>'
        yield f'<rect class="mark" x="{at[2] - 5:.1f}" y="{y - 5}" width="10" height="10"/>'
        yield f'<circle class="hollow" cx="{at[1]:.1f}" cy="{y}" r="5"/><circle class="mark" cx="{at[0]:.1f}" cy="{y}" r="5"/>'


def _storm(storm: Storm, number: int, top: float) -> Iterable[str]:
    """Three curves over the seconds of one overload."""
    width = WIDTH / 2 - 2 * MARGIN - 30
    left, y = MARGIN + 30 + (number % 2) * WIDTH / 2, top + (number // 2) * (CHART + 75)
    seconds, most = len(storm.per_second), max(max(counted) for counted in storm.per_second)
    yield _text(left, y + 4, f"{label(storm.setting).rsplit(', ', 2)[0]}: overload ends at {storm.seconds:.0f} s")
    floor = y + 14 + CHART
    yield f'<path class="axis" d="M{left} {y + 14}V{floor}H{left + width}"/>'
    yield _text(left - 4, y + 26, f"{most}", "end") + _text(left - 4, floor, "0", "end")
    yield _text(left, floor + 17, "0 s") + _text(left + width, floor + 17, f"{seconds} s", "end")
    ended = left + width * storm.seconds / seconds
    yield f'<path class="axis" d="M{ended:.1f} {y + 14}V{floor}"/>'
    for nth, name in enumerate(("posted", "accepted", "refused")):
        points = (
            f"{left + width * (at + 0.5) / seconds:.1f} {floor - CHART * counted[nth] / most:.1f}"
            for at, counted in enumerate(storm.per_second)
        )
        yield f'<path class="{name}" d="M{"L".join(points)}"/>'


def _key(y: float) -> str:
    """What the curves are, told apart by their strokes too."""
    names = {
        "posted": "posted for the first time",
        "accepted": "accepted",
        "refused": "refused, or not answered in three seconds",
    }
    parts, x = [], float(MARGIN)
    for name, words in names.items():
        parts += [f'<path class="{name}" d="M{x} {y - 4}h40"/>', _text(x + 48, y, words)]
        x += 80 + 7 * len(words)
    return "".join(parts)


def _text(x: float, y: float, words: str, kind: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}"{f" class={chr(34)}{kind}{chr(34)}" if kind else ""}>{escape(words)}</text>'
