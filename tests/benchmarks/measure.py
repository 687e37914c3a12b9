"""One measurement: everyday load at one scale, or more than the processes can take."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from tests.benchmarks.fleet import Databases, Process, Scale, filled, running, seconds_of
from tests.benchmarks.generator import SLACKS, TIMED_OUT, Generator, Sent, statuses, wrong
from tests.benchmarks.lines import Kind
from tests.benchmarks.peer import Peer, playing, served

AT_ONCE = 16  # events under way, over all processes, where as many as possible are to be worked on
WARM = 2.0  # seconds of that before anything is measured
OVER = 2.0  # times what was taken, in an overload


@dataclass(frozen=True, slots=True)
class Setting:
    """What is measured."""

    database: str
    processes: int = 1
    scale: Scale = Scale()


@dataclass(frozen=True, slots=True)
class Row:
    """What came of everyday load."""

    setting: Setting
    per_second: float  # events, as many as are taken
    per_core: float  # events for a second of one core's time in the bot itself
    database_ms: float  # of a core's time in PostgreSQL, for one event
    rate: float  # messages a second at which the latency was measured
    latency: tuple[float, float, float]  # ms from posting to the nudge: 50, 95 and 99 of a hundred
    nudges: int  # behind the latency
    late_ms: float  # by which the generator itself was late, in 99 of a hundred
    memory: tuple[float, float]  # MB, the smallest and the largest process
    wrong: dict[str, int]


@dataclass(frozen=True, slots=True)
class Storm:
    """What came of an overload."""

    setting: Setting
    taken: float  # events a second before
    rate: float  # messages a second during it
    seconds: float
    events: int
    refused: int  # deliveries, by 503
    timed_out: int  # deliveries without an answer within Slack's three seconds
    other: int  # deliveries answered otherwise
    no_retry: int  # refusals that ask Slack not to deliver again
    most: int  # redeliveries of one event
    beyond: int  # events that needed more of them than Slack makes
    recovered: float  # seconds from the end of the overload to the last acceptance
    per_second: list[tuple[int, int, int]] = field(repr=False)  # posted, accepted, refused; in each second
    wrong: dict[str, int] = field(default_factory=dict)


async def everyday(databases: Databases, setting: Setting, home: Path, seconds: float, rate: float) -> Row:
    """Throughput by a closed loop, then latency by an open one; a rate of 0 is half of what is taken."""
    url = databases.new(setting.database)
    try:
        async with playing() as peer:
            channels = await filled(url, setting.scale)
            async with (
                running(peer, url, setting.processes, home) as bots,
                Generator([b.address for b in bots], channels) as slack,
            ):
                await slack.closed(AT_ONCE, WARM)
                per_second, per_core, database_ms, events = await _taken(databases, bots, slack, seconds)
                rate = rate or per_second / 2
                calm = await slack.opened(rate, seconds)
                times = latencies(calm, peer)
                memory = [bot.memory() for bot in bots]
                return Row(
                    setting,
                    per_second,
                    per_core,
                    database_ms,
                    rate,
                    (centile(times, 50), centile(times, 95), centile(times, 99)),
                    len(times),
                    1000 * centile(slack.late, 99),
                    (min(memory), max(memory)),
                    wrong([*events, *calm], peer.nudged, peer.answered),
                )
    finally:
        databases.drop(url)


async def _taken(
    databases: Databases, bots: Sequence[Process], slack: Generator, seconds: float
) -> tuple[float, float, float, list[Sent]]:
    """Events a second, events for a second of the bot's own core time, ms of PostgreSQL's for one event; and the events."""
    server = databases.server.process if databases.server else None
    before, stored, began = sum(bot.seconds() for bot in bots), seconds_of(server.pid) if server else 0.0, time.monotonic()
    events = await slack.closed(AT_ONCE, seconds)
    lasted = time.monotonic() - began
    spent = sum(bot.seconds() for bot in bots) - before
    stored = seconds_of(server.pid) - stored if server else 0.0
    return len(events) / lasted, len(events) / spent, 1000 * stored / len(events), events


async def overload(databases: Databases, setting: Setting, home: Path, seconds: float) -> Storm:
    """Twice as much as is taken, for so long; then whatever was refused until all of it is accepted."""
    url = databases.new(setting.database)
    try:
        async with playing() as peer:
            channels = await filled(url, setting.scale)
            async with (
                running(peer, url, setting.processes, home) as bots,
                Generator([b.address for b in bots], channels) as slack,
            ):
                await slack.closed(AT_ONCE, WARM)
                taken = (await _taken(databases, bots, slack, seconds / 2))[0]
                began = time.monotonic()
                events = await slack.opened(OVER * taken, seconds)
                return storm(setting, events, peer, began, seconds, taken)
    finally:
        databases.drop(url)


def storm(setting: Setting, events: Sequence[Sent], peer: Peer, began: float, seconds: float, taken: float) -> Storm:
    """What the events of an overload say."""
    answered = statuses(events)
    redelivered = [sum(at <= one.accepted for at, _ in one.tries) - 1 for one in events]
    refused = [at for one in events for at, status in one.tries if status != 200]
    last = max(one.accepted for one in events)
    length = int(last - began) + 1
    moments = ([one.posted for one in events], [one.accepted for one in events], refused)
    counted = [[0] * length for _ in moments]
    for row, times in zip(counted, moments, strict=True):
        for at in times:
            row[min(length - 1, max(0, int(at - began)))] += 1
    return Storm(
        setting=setting,
        taken=taken,
        rate=OVER * taken,
        seconds=seconds,
        events=len(events),
        refused=answered[503],
        timed_out=answered[TIMED_OUT],
        other=sum(answered.values()) - answered[200] - answered[503] - answered[TIMED_OUT],
        no_retry=sum(one.no_retry for one in events),
        most=max(redelivered),
        beyond=sum(number > SLACKS for number in redelivered),
        recovered=max(0.0, last - began - seconds),
        per_second=list(zip(*counted, strict=True)),
        wrong=wrong(events, peer.nudged, peer.answered),
    )


async def own_limit(seconds: float) -> float:
    """Events a second that the generator posts where a process in its own event loop does nothing but acknowledge them."""

    async def acknowledged(request: web.Request) -> web.Response:
        await request.read()
        return web.Response()

    async with served({"/slack/events": acknowledged}) as address, Generator([address], ["C0"]) as slack:
        return len(await slack.closed(AT_ONCE, seconds)) / seconds


def latencies(sent: Sequence[Sent], peer: Peer) -> list[float]:
    """Milliseconds from posting a risky line to its nudge."""
    risky = [one for one in sent if one.line.kind is Kind.RISKY and one.author in peer.nudged]
    return sorted(1000 * (peer.nudged[one.author][0] - one.posted) for one in risky)


def centile(values: Sequence[float], of_a_hundred: int) -> float:
    """The value that so many of a hundred do not pass."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * of_a_hundred // 100)] if ordered else 0.0


def cores() -> int:
    """Cores of this machine that may be used."""
    return len(os.sched_getaffinity(0))
