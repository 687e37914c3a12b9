"""`python -m tests.benchmarks.load`: all measurements, written as LOAD.md and load.svg beside this file."""

import argparse
import asyncio
import tempfile
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


async def measured(made: Databases, folder: Path, seconds: float) -> tuple[list[Row], list[Storm], float]:
    """Every setting and every overload, printed as they come; and the generator's own limit."""
    limit = await own_limit(seconds / 2)
    rows: list[Row] = []
    for number, setting in enumerate(SETTINGS):
        rate = rows[0].rate if rows else 0.0
        rows.append(await everyday(made, setting, folder / f"row{number}", seconds, rate))
        print(rows[-1], flush=True)
    storms: list[Storm] = []
    for number, setting in enumerate(STORMS):
        storms.append(await overload(made, setting, folder / f"storm{number}", seconds))
        print(storms[-1], flush=True)
    return rows, storms, limit


def main() -> None:
    """Measure, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="for which each load lasts")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder, databases(Path(folder)) as made:
        rows, storms, limit = asyncio.run(measured(made, Path(folder), seconds))
    (HERE / "LOAD.md").write_text(written(rows, storms, limit, cores(), seconds), encoding="utf-8")
    (HERE / "load.svg").write_text(drawn(rows, storms), encoding="utf-8")


if __name__ == "__main__":
    main()
