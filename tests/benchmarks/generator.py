"""Slack's side: signed events over loopback, closed or open loop, delivered again where they were refused."""

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp

from tests.benchmarks.lines import Kind, Line, lines
from tests.benchmarks.peer import APP, BOT, SECRET, TEAM
from tests.slack.doors import signature

ACK_SECONDS = 3.0  # that Slack waits for an acknowledgement
AGAIN = (0.0, 1.0, 5.0)  # seconds before each redelivery, then the last again; Slack's are 0, 60 and 300, and no fourth
SLACKS = 3  # redeliveries that Slack itself makes
MOST = 50_000  # events of one run
PATIENCE = 120.0  # seconds after which an event counts as lost
TWICE = 10  # of a hundred events come a second time, with the same event_id
TIMED_OUT = 0  # in the place of a status
_NUMBERS = itertools.count(1)  # of authors, never the same twice


@dataclass(slots=True)
class Sent:
    """One event on its way; times as time.monotonic() says."""

    author: str
    line: Line
    body: str
    process: int  # that it goes to first
    posted: float = 0.0
    accepted: float = 0.0  # 0 while it was not
    tries: list[tuple[float, int]] = field(default_factory=list)  # when each was answered, and with which status
    no_retry: int = 0  # refusals that ask Slack not to deliver again


def event(kind: str, author: str, channel: str, line: Line, stamp: str) -> str:
    """What Slack posts for a message, by either kind of event; a question mentions the bot."""
    text = f"<@{BOT}> {line.text}" if line.kind is Kind.QUESTION else line.text
    inner = {"type": kind, "channel": channel, "channel_type": "channel", "user": author, "team": TEAM, "text": text}
    authorization = {"enterprise_id": None, "team_id": TEAM, "user_id": BOT, "is_bot": True, "is_enterprise_install": False}
    body: dict[str, Any] = {"token": "verify", "team_id": TEAM, "api_app_id": APP, "type": "event_callback"}
    body |= {"event_id": f"Ev{kind}{author}", "event_time": int(time.time()), "authorizations": [authorization]}
    return json.dumps(body | {"event": {**inner, "ts": stamp, "event_ts": stamp}, "is_ext_shared_channel": False})


class Generator:
    """Posts to the processes in turn; every delivery after the first goes to the next process."""

    def __init__(self, addresses: Sequence[str], channels: Sequence[str], again: Sequence[float] = AGAIN, seed: int = 8) -> None:
        """`again` are the seconds before each redelivery, the last for all that follow."""
        self._addresses = addresses
        self._channels = channels
        self._again = again
        self._lines: Iterator[Line] = lines(seed)
        self._rng = random.Random(seed)
        self.late: list[float] = []  # seconds that messages were posted after they were due
        self.session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        limit = aiohttp.ClientTimeout(total=ACK_SECONDS)
        self.session = aiohttp.ClientSession(timeout=limit, connector=aiohttp.TCPConnector(limit=0))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    def new(self) -> list[Sent]:
        """The events of the next message of the mix, by somebody who wrote nothing before; a mention is two."""
        number, line = next(_NUMBERS), next(self._lines)
        author, channel = f"U{number:08d}", self._rng.choice(self._channels)
        stamp = f"{time.time():.6f}"
        kinds = ("message", "app_mention") if line.kind is Kind.QUESTION else ("message",)
        bodies = [event(kind, author, channel, line, stamp) for kind in kinds]
        return [Sent(author, line, body, (number + nth) % len(self._addresses)) for nth, body in enumerate(bodies)]

    async def deliver(self, sent: Sent) -> None:
        """Until it is accepted, as Slack would but sooner, and more often."""
        sent.posted = time.monotonic()
        for number in itertools.count():
            if time.monotonic() > sent.posted + PATIENCE:
                return
            if number:
                await asyncio.sleep(self._again[min(number, len(self._again)) - 1] * self._rng.uniform(1.0, 1.2))
            if await self._try(sent, number):
                return

    async def again(self, sent: Sent) -> None:
        """The same event a second time, to another process while the first works on it, or a little later."""
        await asyncio.sleep(self._rng.uniform(0.0, 0.2))
        await self._try(sent, 1)

    async def _try(self, sent: Sent, number: int) -> bool:
        address = self._addresses[(sent.process + number) % len(self._addresses)]
        stamp = str(int(time.time()))
        headers = {"content-type": "application/json", "x-slack-request-timestamp": stamp}
        headers["x-slack-signature"] = signature(SECRET, stamp, sent.body)
        if number:
            reason = "http_timeout" if sent.tries and sent.tries[-1][1] == TIMED_OUT else "http_error"
            headers |= {"x-slack-retry-num": str(number), "x-slack-retry-reason": reason}
        status = TIMED_OUT
        try:
            async with self.session.post(f"{address}/slack/events", data=sent.body.encode(), headers=headers) as answer:
                status = answer.status
                sent.no_retry += answer.headers.get("x-slack-no-retry") == "1"
        except (TimeoutError, aiohttp.ClientError):
            pass
        now = time.monotonic()
        sent.tries.append((now, status))
        if status == 200 and not sent.accepted:
            sent.accepted = now
        return status == 200

    async def _all(self, events: Sequence[Sent]) -> None:
        """All events of a message, and some of them twice."""
        again = [self.again(sent) for sent in events if self._rng.uniform(0, 100) < TWICE]
        await asyncio.gather(*map(self.deliver, events), *again)

    async def closed(self, at_once: int, seconds: float) -> list[Sent]:
        """As many messages under way as that, one after the other; for so long."""
        ends, mine = time.monotonic() + seconds, list[Sent]()

        async def one_after_the_other() -> None:
            while time.monotonic() < ends:
                events = self.new()
                mine.extend(events)
                await self._all(events)

        await asyncio.gather(*(one_after_the_other() for _ in range(at_once)))
        return mine

    async def opened(self, rate: float, seconds: float) -> list[Sent]:
        """Messages at random times, so many a second, whatever becomes of them; waits until all are accepted."""
        mine, tasks, due = list[Sent](), list[asyncio.Task[None]](), time.monotonic()
        ends = due + seconds
        while due < ends and len(mine) < MOST:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self.late.append(time.monotonic() - due)
            events = self.new()
            mine.extend(events)
            tasks.append(asyncio.create_task(self._all(events)))
            due += self._rng.expovariate(rate)
        await asyncio.gather(*tasks)
        return mine

    async def burst(self, number: int) -> list[Sent]:
        """So many messages at once; waits until all are accepted."""
        messages = [self.new() for _ in range(number)]
        await asyncio.gather(*map(self._all, messages))
        return [sent for events in messages for sent in events]


def statuses(sent: Sequence[Sent]) -> Counter[int]:
    """How many deliveries were answered with each status; 0 for none within Slack's time."""
    return Counter(status for one in sent for _, status in one.tries)


def wrong(sent: Sequence[Sent], nudged: dict[str, list[float]], answered: dict[str, int]) -> dict[str, int]:
    """How many messages were lost, nudged too rarely or too often, or answered so; all 0 where everything is right."""
    found = Counter({"not accepted": sum(not one.accepted for one in sent)})
    for one in sent:
        nudges, answers = len(nudged.get(one.author, ())), answered.get(one.author, 0)
        found["nudge missing"] += one.line.kind is Kind.RISKY and nudges == 0
        found["nudged twice"] += nudges > 1
        found["nudged for nothing"] += one.line.kind is not Kind.RISKY and nudges > 0
        found["answer missing"] += one.line.kind is Kind.QUESTION and answers == 0
        found["answered twice"] += answers > 1
    return dict(found)
