"""What an operator can watch of the one way of every event: all of it, and never a word or an id."""

import asyncio
import re
import threading
from collections.abc import Mapping
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bots import turns
from bots.dispatch import Dispatcher
from bots.metrics import Metrics, Prompted
from core.cohort import Cohort, default_cohort
from core.errors import BusyError, DeliveryError
from core.nudging.records import Keys
from core.ports import Event, Happened
from core.storage.memory import MemoryStore
from core.storage.store import Place, Store
from tests.contract.test_dispatch import NOON, Desk, event

CANARY = "Zebulonka"


class Counted(Desk):
    """A dispatcher whose metrics are read."""

    def another(self) -> Dispatcher:
        self.metrics = Metrics()
        keys = Keys(b"0123456789abcdef")
        return Dispatcher(
            self.engine, self.store, keys, default_cohort(), metrics=self.metrics, budget=self.budget, now=self.clock
        )

    def read(self) -> str:
        return self.metrics.text({"database": True, "models": False}).decode()

    def values(self) -> Mapping[str, float]:
        """All samples as they stand in the text."""
        found = {}
        for family in text_string_to_metric_families(self.read()):
            for sample in family.samples:
                labels = ",".join(sample.labels[name] for name in sorted(sample.labels) if name != "le")
                found[f"{sample.name.removeprefix('practicum_bot_')} {labels}".strip()] = sample.value
        return found


def on_slack(event: Event) -> Event:
    return replace(event, platform=f"slack:{CANARY}")


async def all_that_happens(desk: Counted) -> None:
    """Every ending that an event can have."""
    name = f"{CANARY}-c"
    take = lambda *given, **more: desk.take(on_slack(event(*given, channel=name, **more)))  # noqa: E731
    await take("1", f"hard {CANARY}", author=f"{CANARY}-a")
    await take("1", f"hard {CANARY}", author=f"{CANARY}-a")  # again
    await take("2", f"{CANARY}?", message=f"{CANARY}-m2", to_bot=True)
    await take("3", "", Happened.DELETED, author=f"{CANARY}-a")
    desk.platform.failing = 1
    with pytest.raises(DeliveryError):
        await take("4", "soft", message="m4", author="bo")
    await take("4", "soft", message="m4", author="bo")
    await take("5", "soft", message="m5", author="bo")  # too soon after another
    with pytest.raises(RuntimeError):
        await take("6", f"broken {CANARY}", message="m6")
    desk.engine.hold = threading.Event()
    with pytest.raises(BusyError):
        await take("7", f"slow {CANARY}", message="m7")
    desk.engine.hold.set()
    desk.metrics.redelivered(f"slack:{CANARY}")
    desk.metrics.retried("slack")
    desk.metrics.prompt(Prompted.LATE)


def test_everything_is_counted() -> None:
    async def work() -> None:
        desk = Counted(MemoryStore(), budget=0.3)
        await all_that_happens(desk)
        values = desk.values()
        ended = {name: values[f"events_total {name},slack"] for name in ("done", "repeated", "busy", "undelivered", "failed")}
        assert ended == {"done": 5, "repeated": 1, "busy": 1, "undelivered": 1, "failed": 1}
        assert values["event_seconds_count slack"] == 9
        assert values["engine_seconds_count"] >= 6
        assert values["nudges_total case_details,given,hard"] == 1
        assert values["nudges_total case_details,given,soft"] == 1
        assert values["nudges_total case_details,quiet,soft"] == 1
        assert values["answers_total out_of_scope"] == 1
        assert values["answers_total urgent"] == 0
        assert values["deliveries_total nudge,delivered,slack"] == 2
        assert values["deliveries_total withdrawal,delivered,slack"] == 1
        assert values["deliveries_total whisper,failed,slack"] == 1
        assert values["redeliveries_total slack"] == values["call_retries_total slack"] == values["prompts_total late"] == 1
        assert values["events_held"] == values["turns_waiting"] == 0
        assert values["turns"] == desk.dispatcher.turns.places
        assert (values["ready database"], values["ready models"]) == (1, 0)

    asyncio.run(work())


def test_no_word_and_no_id_is_in_it_and_it_does_not_grow() -> None:
    async def work() -> None:
        desk = Counted(MemoryStore(), budget=0.3)
        await all_that_happens(desk)
        text = desk.read()
        assert CANARY.casefold() not in text.casefold()
        assert not re.search(r"[0-9a-f]{32}", text), "a keyed hash is an id as well"
        before = len(desk.values())
        for number in range(50):
            other = event(f"n{number}", f"hard {number}", message=f"n{number}", author=f"n{number}", channel=f"n{number}")
            await desk.take(replace(other, platform=f"slack:T{number}"))
        await desk.take(event("other", "fine", message="other"))  # of a platform that nobody knows
        await desk.take(replace(event("odd", "fine", message="odd"), platform=f"{CANARY}:T"))
        assert CANARY not in desk.read()
        assert len(desk.values()) - before <= 4  # that of "other", once

    asyncio.run(work())


def test_shadow_is_counted_as_such(store: Store, sample: Cohort) -> None:
    async def work() -> None:
        desk = Counted(store)
        await store.put_cohort(sample)
        await store.put_shadow(sample.name, True)
        await store.put_place(Place(platform="test:T", channel="c", cohort=sample.name))
        await desk.take(event("1", "hard"))
        assert desk.values()["nudges_total case_details,shadow,hard"] == 1
        await store.close()

    asyncio.run(work())


def test_what_a_stopping_process_holds_is_free_at_once(store: Store) -> None:
    async def work() -> None:
        desk = Counted(store, budget=30)
        desk.engine.hold = threading.Event()
        begun = asyncio.create_task(desk.take(event("1", "hard")))
        while not desk.engine.read:
            await asyncio.sleep(0.01)
        assert await desk.dispatcher.held.end(0.05) == 1
        with pytest.raises(BusyError):
            await begun
        with pytest.raises(BusyError):
            await desk.take(event("2", "hard", message="m2"))
        hold, desk.engine.hold = desk.engine.hold, None
        desk.dispatcher = desk.another()
        assert desk.clock.now == NOON  # no lease had to run out
        assert await desk.take(event("1", "hard")) == ["introduction", "nudge"]
        assert await desk.take(event("2", "hard", message="m2")) == ["nudge"]
        hold.set()
        await store.close()

    asyncio.run(work())


def test_what_is_refused_at_the_door_is_counted_as_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        desk = Counted(MemoryStore(), budget=30)
        desk.dispatcher.room("slack:T")
        desk.engine.hold = threading.Event()
        begun = asyncio.create_task(desk.take(event("1", "hard")))
        while not desk.engine.read:
            await asyncio.sleep(0.01)
        monkeypatch.setattr(turns, "FEW", 1)
        monkeypatch.setattr(turns, "LATE", -1.0)
        with pytest.raises(BusyError):
            desk.dispatcher.room("slack:T")
        assert desk.values()["events_total busy,slack"] == 1
        desk.engine.hold.set()
        await begun
        desk.dispatcher.room("slack:T")

    asyncio.run(work())
