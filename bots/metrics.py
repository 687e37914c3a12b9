"""What an operator can watch: counts and times, never content, never an id; every label is one of a few words."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from core.errors import BusyError, DeliveryError, StoreError
from core.ports import Action, Reply
from core.vocabulary import Category, Outcome, Tier

CONTENT_TYPE = CONTENT_TYPE_LATEST
KINDS = frozenset({"slack", "teams", "playground"})  # of platforms; their workspaces are nobody's business here
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)


class Ending(StrEnum):
    """How an event ended."""

    DONE = "done"
    REPEATED = "repeated"  # it had been worked on before
    BUSY = "busy"  # refused, to be delivered again
    UNDELIVERED = "undelivered"
    UNSTORED = "unstored"
    FAILED = "failed"


class Reached(StrEnum):
    """What became of a nudge that was due."""

    GIVEN = "given"
    QUIET = "quiet"  # held back by manners
    SUMMED_UP = "summed_up"
    SHADOW = "shadow"


class Prompted(StrEnum):
    """What became of something scheduled."""

    POSTED = "posted"
    SKIPPED = "skipped"
    LATE = "late"


@dataclass(slots=True)
class Watched:
    """An event that is being worked on, with how it ends unless something is raised."""

    ending: Ending = Ending.DONE


class Metrics:
    """Counts what happens in one process, in a registry of its own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # twice as many lines that nobody reads
        own = self._registry = CollectorRegistry()
        ProcessCollector(registry=own)
        name = "practicum_bot_{}".format
        self._events = Counter(name("events"), "Events by how they ended.", ["platform", "outcome"], registry=own)
        self._event_seconds = Histogram(
            name("event_seconds"), "From an event's arrival to its end.", ["platform"], buckets=SECONDS, registry=own
        )
        self._held = Gauge(name("events_held"), "Events that are being worked on, those that wait included.", registry=own)
        self._engine_seconds = Histogram(name("engine_seconds"), "One message in the engine.", buckets=SECONDS, registry=own)
        self._waiting = Gauge(name("turns_waiting"), "Messages that wait for the engine.", registry=own)
        self._used = Gauge(name("turns_in_use"), "Messages that are in the engine.", registry=own)
        self._places = Gauge(name("turns"), "Messages that may be in the engine at a time.", registry=own)
        self._nudges = Counter(name("nudges"), "Nudges by what became of them.", ["category", "tier", "outcome"], registry=own)
        self._answers = Counter(name("answers"), "Answers that were delivered.", ["outcome"], registry=own)
        self._deliveries = Counter(
            name("deliveries"), "What platforms took and did not take.", ["platform", "kind", "outcome"], registry=own
        )
        self._redeliveries = Counter(name("redeliveries"), "Events that a platform delivered again.", ["platform"], registry=own)
        self._retries = Counter(name("call_retries"), "Calls repeated after a platform's refusal.", ["platform"], registry=own)
        self._prompts = Counter(name("prompts"), "What was scheduled, by what became of it.", ["outcome"], registry=own)
        self._ready = Gauge(name("ready"), "1 where a part can work.", ["part"], registry=own)
        self._begin()

    def _begin(self) -> None:
        """Show what has not happened yet as 0, so that its first time is seen as a rise."""
        for kind in KINDS:
            for ending in Ending:
                self._events.labels(kind, ending)
            self._redeliveries.labels(kind)
            self._retries.labels(kind)
        for outcome in Outcome:
            self._answers.labels(outcome)
        for prompted in Prompted:
            self._prompts.labels(prompted)

    def text(self, ready: Mapping[str, bool]) -> bytes:
        """All of it as Prometheus reads it; `ready` says which part can work."""
        for part, fine in ready.items():
            self._ready.labels(part).set(fine)
        return generate_latest(self._registry)

    @contextmanager
    def event(self, platform: str) -> Iterator[Watched]:
        """Count an event and its time, by how it ends."""
        watched, kind, started = Watched(), _kind(platform), time.perf_counter()
        try:
            with self._held.track_inprogress():
                yield watched
        except BaseException as error:
            watched.ending = _ending(error)
            raise
        finally:
            self._events.labels(kind, watched.ending).inc()
            self._event_seconds.labels(kind).observe(time.perf_counter() - started)

    @contextmanager
    def delivery(self, platform: str, action: Action) -> Iterator[None]:
        """Count what a platform takes, or does not."""
        counted, kind = "failed", type(action).__name__.lower()
        try:
            yield
            counted = "delivered"
            if isinstance(action, Reply):
                self._answers.labels(action.answer.outcome).inc()
        finally:
            self._deliveries.labels(_kind(platform), kind, counted).inc()

    @contextmanager
    def engine(self) -> Iterator[None]:
        """Count a message in the engine and its time; from any thread."""
        with self._used.track_inprogress(), self._engine_seconds.time():
            yield

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count a message that waits for the engine."""
        with self._waiting.track_inprogress():
            yield

    def places(self, number: int) -> None:
        """Keep how many messages may be in the engine at a time."""
        self._places.set(number)

    def nudge(self, category: Category, tier: Tier, reached: Reached) -> None:
        """Count a nudge that was due."""
        self._nudges.labels(category, tier, reached).inc()

    def redelivered(self, platform: str) -> None:
        """Count an event that a platform delivered again."""
        self._redeliveries.labels(_kind(platform)).inc()

    def retried(self, platform: str) -> None:
        """Count a call that is made again because a platform refused it for now."""
        self._retries.labels(_kind(platform)).inc()

    def prompt(self, prompted: Prompted) -> None:
        """Count what became of something scheduled."""
        self._prompts.labels(prompted).inc()


def _kind(platform: str) -> str:
    kind = platform.partition(":")[0]
    return kind if kind in KINDS else "other"


def _ending(error: BaseException) -> Ending:
    known = {BusyError: Ending.BUSY, DeliveryError: Ending.UNDELIVERED, StoreError: Ending.UNSTORED}
    return next((ending for kind, ending in known.items() if isinstance(error, kind)), Ending.FAILED)
