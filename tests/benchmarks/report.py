"""What was measured, as a table in Markdown."""

from collections.abc import Iterable, Sequence

from tests.benchmarks.generator import AGAIN, SLACKS, TWICE
from tests.benchmarks.lines import SHARES, Kind
from tests.benchmarks.measure import AT_ONCE, OVER, Row, Setting, Storm

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def label(setting: Setting) -> str:
    """A setting in words."""
    scale, many = setting.scale, setting.processes > 1
    return (
        f"{NAMES[setting.database]}, {setting.processes} {'processes' if many else 'process'}, "
        f"{scale.cohorts:,} {'cohorts' if scale.cohorts > 1 else 'cohort'}, {scale.names:,} names"
    )


def written(rows: Sequence[Row], storms: Sequence[Storm], limit: float, cores: int, seconds: float) -> str:
    """The whole report."""
    share = {kind: SHARES[kind] for kind in Kind}
    return "\n".join(
        [
            "# Load",
            "",
            "Written by `make load`; see [README.md](README.md) for how it is measured.",
            "",
            f"Measured on one machine of {cores} cores, which the generator, the stand-in for Slack and PostgreSQL share with the "
            "bot: read the columns as ratios to each other, and *per core* as what one core does that is the bot's alone. "
            f"Each load lasts {seconds:.0f} seconds. Of a hundred messages {share[Kind.EVERYDAY]} are everyday, "
            f"{share[Kind.QUESTION]} questions to the bot (two events each) and {share[Kind.RISKY]} risky, far more than in a real "
            f"channel; {TWICE} of a hundred events come twice. Every author writes once, so that the bot's introduction goes "
            "before each nudge and is in its time.",
            "",
            f"The generator's own limit is {limit:,.0f} events a second, where they are only acknowledged, in its own process. "
            f"In 99 of a hundred cases it was at most {max((row.late_ms for row in rows), default=0.0):.0f} ms late itself.",
            "",
            "![Events a second for a core, time to a nudge, and overloads over time](load.svg)",
            "",
            "## Everyday load",
            "",
            f"Events a second are as many as are taken with {AT_ONCE} under way. The time from posting a risky line to its nudge is "
            f"measured at {rows[0].rate if rows else 0:.0f} messages a second in every row.",
            "",
            *_table(
                "database|processes|cohorts|names in each|events a second|per core|PostgreSQL, ms of a core an event|"
                "nudge p50, ms|p95, ms|p99, ms|nudges|memory of a process, MB|lost or twice",
                (_row(row) for row in rows),
            ),
            "",
            "## Overload",
            "",
            f"Messages at {OVER:.0f} times what was taken, for {seconds:.0f} seconds. What is refused by 503, or not answered in Slack's "
            f"three seconds, is delivered again after {', '.join(f'{pause:.0f}' for pause in AGAIN)} seconds and every "
            f"{AGAIN[-1]:.0f} from then on, until it is accepted. Slack itself waits 0, 60 and 300 seconds and tries no more than "
            f"{SLACKS} times again, by when all of this is over.",
            "",
            *_table(
                "database|processes|taken before, events a second|messages a second|events|refused by 503|too late|other answers|"
                "most redeliveries of one|all accepted after, s|lost or twice",
                (_storm(storm) for storm in storms),
            ),
            "",
        ]
    )


def _row(row: Row) -> list[str]:
    setting, scale = row.setting, row.setting.scale
    stored = f"{row.database_ms:.1f}" if setting.database == "postgresql" else "–"
    low, high = (f"{size:.0f}" for size in row.memory)
    size = low if low == high else f"{low} to {high}"
    where = [NAMES[setting.database], f"{setting.processes}", f"{scale.cohorts:,}", f"{scale.names:,}"]
    measured = [f"{row.per_second:.0f}", f"{row.per_core:.0f}", stored, *(f"{value:.0f}" for value in row.latency)]
    return [*where, *measured, f"{row.nudges}", size, faults(row.wrong)]


def _storm(storm: Storm) -> list[str]:
    counts = (storm.events, storm.refused, storm.timed_out, storm.other, storm.most)
    where = [NAMES[storm.setting.database], f"{storm.setting.processes}", f"{storm.taken:.0f}", f"{storm.rate:.0f}"]
    return [*where, *(f"{count:,}" for count in counts), f"{storm.recovered:.0f}", faults(storm.wrong)]


def faults(wrong: dict[str, int]) -> str:
    """What went wrong, by number; none where all is right."""
    return ", ".join(f"{number} {name}" for name, number in wrong.items() if number) or "none"


def _table(head: str, rows: Iterable[Sequence[str]]) -> list[str]:
    names = head.split("|")
    lines = [names, ["---" if n == 0 else "---:" for n in range(len(names))], *rows]
    return [f"| {' | '.join(line)} |" for line in lines]
