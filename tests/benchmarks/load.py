"""`python -m tests.benchmarks.load`: all measurements, written as LOAD.md and load.svg beside this file."""

import argparse
import asyncio
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.fleet import Databases, Scale, databases
from tests.benchmarks.measure import Row, Setting, Storm, cores, everyday, overload, own_limit
from tests.benchmarks.plot import drawn
from tests.benchmarks.report import written

HERE = Path(__file__).resolve().parent
ONE, MANY_COHORTS, MANY_NAMES = Scale(), Scale(cohorts=1_000), Scale(names=25_000)
EACH = [ONE, Scale(cohorts=100), MANY_COHORTS, Scale(names=2_500), MANY_NAMES]
SETTINGS = [
    *(Setting("sqlite", 1, scale) for scale in EACH),
    *(Setting("postgresql", 1, scale) for scale in EACH),
    *(Setting("postgresql", number, scale) for number in (2, 4) for scale in (ONE, MANY_COHORTS, MANY_NAMES)),
]
STORMS = [Setting("sqlite"), Setting("postgresql"), Setting("postgresql", 2), Setting("postgresql", 4)]


async def measured(made: Databases, folder: Path, seconds: float) -> None:
    """Every setting and every overload; the report is written anew after each."""
    limit = await own_limit(seconds / 2)
    rows: list[Row] = []
    storms: list[Storm] = []
    for number, setting in enumerate(SETTINGS):
        rows.append(await everyday(made, setting, folder / f"row{number}", seconds, rows[0].rate if rows else 0.0))
        _write(rows, storms, limit, seconds)
    for number, setting in enumerate(STORMS):
        storms.append(await overload(made, setting, folder / f"storm{number}", seconds))
        _write(rows, storms, limit, seconds)


def _write(rows: Sequence[Row], storms: Sequence[Storm], limit: float, seconds: float) -> None:
    (HERE / "LOAD.md").write_text(written(rows, storms, limit, cores(), seconds), encoding="utf-8")
    (HERE / "load.svg").write_text(drawn(rows, storms), encoding="utf-8")
    print(storms[-1] if storms else rows[-1], flush=True)


def main() -> None:
    """Measure, and write the report."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that processes and databases are ended
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="for which each load lasts")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder, databases(Path(folder)) as made:
        asyncio.run(measured(made, Path(folder), seconds))


if __name__ == "__main__":
    main()
