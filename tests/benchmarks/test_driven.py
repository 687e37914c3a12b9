"""The generator, small: that it drives the real process, and that an overload loses nothing and tells nothing twice."""

import asyncio
from pathlib import Path
from xml.etree import ElementTree

from tests.benchmarks.fleet import Scale, databases, filled, running
from tests.benchmarks.generator import TIMED_OUT, Generator, Sent, statuses, wrong
from tests.benchmarks.lines import Kind, Line
from tests.benchmarks.measure import Row, Setting, Storm, storm
from tests.benchmarks.peer import Peer, playing
from tests.benchmarks.plot import drawn
from tests.benchmarks.report import written

SOON = (0.0, 1.0, 2.0, 4.0)  # seconds before each redelivery
CALM, FLOOD = 20, 80  # messages at once: what a process takes, and what it does not


async def _driven(home: Path) -> tuple[list[Sent], list[Sent], Peer]:
    with databases(home) as made:
        url = made.new("sqlite")
        channels = await filled(url, Scale(cohorts=2))
        async with (
            playing() as peer,
            running(peer, url, 1, home / "bots") as bots,
            Generator([bot.address for bot in bots], channels, SOON) as slack,
        ):
            return await slack.burst(CALM), await slack.burst(FLOOD), peer


def test_an_overload_is_refused_and_nothing_is_lost_or_told_twice(tmp_path: Path) -> None:
    calm, flood, peer = asyncio.run(_driven(tmp_path))
    everything = [*calm, *flood]
    assert {name: number for name, number in wrong(everything, peer.nudged, peer.answered).items() if number} == {}
    assert {one.line.kind for one in everything} == set(Kind)
    assert len(everything) < sum(statuses(everything).values())  # some came twice
    answered = statuses(flood)
    assert set(answered) <= {200, 503, TIMED_OUT}
    assert answered[503] > 0
    assert not any(one.no_retry for one in everything), "Slack would not deliver it again"
    assert not peer.unknown


def test_what_was_measured_is_shown_in_words_and_in_a_picture() -> None:
    setting = Setting("postgresql", 2, Scale(names=2_500))
    row = Row(setting, 61.0, 40.2, 1.5, 20.0, (51.0, 95.0, 99.0), 120, 2.0, (310.0, 322.0), {"nudged twice": 0})
    seconds = [(60, 30, 0), (60, 31, 45), (0, 59, 0)]
    flood = Storm(setting, 31.0, 62.0, 2.0, 120, 45, 1, 0, 0, 3, 0, 1.0, seconds, {"nudge missing": 2})
    text = written([row], [flood], 1_400.0, 2, 8.0)
    for said in ("| PostgreSQL | 2 | 1 | 2,500 | 61 | 40 | 1.5 | 51 | 95 | 99 | 120 | 310 to 322 | none |", "2 nudge missing"):
        assert said in text
    picture = ElementTree.fromstring(drawn([row], [flood]))
    assert picture.findtext("{*}desc", "").startswith("PostgreSQL, 2 processes, 1 cohort, 2,500 names: 40 events")


def test_an_overload_is_counted_by_second() -> None:
    peer = Peer()
    events = [Sent("U1", Line(Kind.RISKY, ""), "", 0, 100.2, 103.1, [(100.4, 503), (102.0, TIMED_OUT), (103.1, 200)])]
    peer.nudged["U1"].append(103.0)
    told = storm(Setting("sqlite"), events, peer, 100.0, 2.0, 1.0)
    assert told.per_second == [(1, 0, 1), (0, 0, 0), (0, 0, 1), (0, 1, 0)]
    assert (told.refused, told.timed_out, told.most, told.beyond) == (1, 1, 2, 0)
    assert (round(told.recovered, 3), sum(told.wrong.values())) == (1.1, 0)
