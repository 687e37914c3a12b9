"""The one way of every event: each worked on once, whoever delivers it how often, and nobody but its author told."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bots.claims import LEASE
from bots.dispatch import PAUSE, Dispatcher
from bots.recording import RecordingPlatform
from core.answer import Answer, Finding
from core.cohort import Cohort, default_cohort
from core.errors import BusyError, DeliveryError, StoreError
from core.nudging.records import Closing, Feedback, Keys
from core.nudging.wording import INTRODUCTION, SUM_UP
from core.ports import Action, Event, Happened, Message, Nudge, Reply, Whisper, Withdrawal
from core.scan.adapt import Channel
from core.storage.store import Place, Store
from core.vocabulary import Category, Outcome, Tier

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


class Scripted:
    """An engine that says what the text says: `soft` and `hard` are found, a `?` is answered."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.hold: threading.Event | None = None

    def handle(self, message: Message, cohort: Cohort, channel: Channel) -> Sequence[Reply | Nudge]:
        self.read.append(message.text)
        if self.hold:
            self.hold.wait(5)
        if "broken" in message.text:
            raise RuntimeError("no")
        found = [
            Finding(category=Category.CASE_DETAILS, tier=tier, start=0, end=4, score=0.9, why="w", citations=(), rule="r")
            for tier in (Tier.SOFT, Tier.HARD)
            if tier in message.text
        ]
        said: list[Reply | Nudge] = [Reply(message, Answer(outcome=Outcome.OUT_OF_SCOPE, text="t"))] if message.to_bot else []
        due = channel.due(found)
        return [*said, *([Nudge(message, tuple(due), "n")] if due else [])]


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Desk:
    """A dispatcher with all that it needs, and events for it."""

    def __init__(self, store: Store, budget: float = 2.5) -> None:
        self.store, self.engine, self.platform, self.clock = store, Scripted(), RecordingPlatform(), Clock()
        self.budget = budget
        self.dispatcher = self.another()

    def another(self) -> Dispatcher:
        """A second process on the same database."""
        keys = Keys(b"0123456789abcdef")
        return Dispatcher(self.engine, self.store, keys, default_cohort(), budget=self.budget, now=self.clock)

    async def take(self, event: Event) -> list[str]:
        """What an event has delivered, by name."""
        before = len(self.platform.delivered)
        await self.dispatcher.take(event, self.platform)
        return [named(action) for action in self.platform.delivered[before:]]


def named(action: object) -> str:
    if isinstance(action, Whisper):
        return {INTRODUCTION: "introduction", SUM_UP: "sum"}[action.text]
    return type(action).__name__.lower()


def event(
    name: str,
    text: str,
    happened: Happened = Happened.POSTED,
    message: str = "m1",
    author: str = "ann",
    channel: str = "c",
    minute: int = 0,
    **more: object,
) -> Event:
    """`minute` is when it happened; by default what is posted comes first, and all else later, at one time."""
    written = Message(id=message, author=author, channel=channel, sent_at=NOON, text=text, **{"to_bot": False, **more})  # type: ignore[arg-type]
    at = NOON + timedelta(minutes=minute or happened is not Happened.POSTED)
    return Event(platform="test:T", id=name, happened=happened, at=at, message=written)


def ran(store: Store, work: Callable[[Desk], Awaitable[None]], budget: float = 2.5) -> None:
    async def run() -> None:
        await work(Desk(store, budget))
        await store.close()

    asyncio.run(run())


def test_a_nudge_comes_once_after_an_introduction(store: Store) -> None:
    async def work(desk: Desk) -> None:
        assert await desk.take(event("1", "fine")) == []
        assert await desk.take(event("2", "hard", message="m2")) == ["introduction", "nudge"]
        assert await desk.take(event("3", "hard", message="m3")) == ["nudge"]

    ran(store, work)


def test_an_event_that_comes_again_changes_nothing(store: Store) -> None:
    async def work(desk: Desk) -> None:
        await desk.take(event("1", "hard ?", to_bot=True))
        for name, happened in (("1", Happened.POSTED), ("2", Happened.POSTED), ("3", Happened.EDITED)):
            assert await desk.take(event(name, "hard ?", happened, to_bot=True)) == []
        assert desk.engine.read == ["hard ?"] * 2  # once for the posting, once for the edit
        desk.dispatcher = desk.another()
        assert await desk.take(event("1", "hard ?", to_bot=True)) == []

    ran(store, work)


def test_two_processes_work_on_an_event_once(store: Store) -> None:
    async def work(desk: Desk) -> None:
        desks = [desk.dispatcher, desk.another(), desk.another()]
        await asyncio.gather(*(d.take(event(str(n % 2), "hard ?", to_bot=True), desk.platform) for n in range(9) for d in desks))
        assert sorted(map(named, desk.platform.delivered)) == ["introduction", "nudge", "reply"]

    ran(store, work)


def test_a_posting_that_comes_after_its_edit_or_deletion_is_left_alone(store: Store) -> None:
    async def work(desk: Desk) -> None:
        for message, happened in (("m1", Happened.EDITED), ("m2", Happened.DELETED)):
            assert await desk.take(event(f"{message} changed", "fine", happened, message)) == []
            assert await desk.take(event(f"{message} posted", "hard ?", message=message, to_bot=True)) == []
        assert await desk.take(event("3", "hard", message="m3")) == ["introduction", "nudge"]

    ran(store, work)


def test_an_edit_that_comes_after_a_later_one_is_left_alone(store: Store) -> None:
    async def work(desk: Desk) -> None:
        await desk.take(event("1", "hard"))
        assert await desk.take(event("3", "fine", Happened.EDITED, minute=3)) == ["withdrawal"]
        assert await desk.take(event("2", "hard and more", Happened.EDITED, minute=2)) == []
        assert await desk.take(event("5", "fine", message="m2", happened=Happened.EDITED, minute=5)) == []
        assert await desk.take(event("4", "hard", message="m2", happened=Happened.EDITED, minute=4)) == []
        assert await desk.take(event("6", "hard", message="m2", happened=Happened.EDITED, minute=6)) == ["nudge"]

    ran(store, work)


@pytest.mark.parametrize("last", ["fine", "hard two"])
def test_edits_worked_on_in_several_processes_end_as_the_last_one_has_it(store: Store, last: str) -> None:
    async def work(desk: Desk) -> None:
        edits = [event(f"e{n}", "hard one" if n < 5 else last, Happened.EDITED, minute=n) for n in range(1, 6)]
        desks = [desk.dispatcher, desk.another(), desk.another()]
        for shift in range(3):
            await asyncio.gather(*(desks[(n + shift) % 3].take(each, desk.platform) for n, each in enumerate(reversed(edits))))
        given = [named(action) for action in desk.platform.delivered]
        assert given.count("nudge") - given.count("withdrawal") == (last != "fine")
        assert given.count("nudge") <= 1

    ran(store, work)


def test_the_sum_of_a_day_is_said_once_also_by_two_processes(store: Store) -> None:
    async def work(desk: Desk) -> None:
        for number in range(3):
            await desk.take(event(f"e{number}", "soft", message=f"m{number}", channel=f"c{number}"))
        desks = [desk.dispatcher, desk.another()]
        late = [event(f"l{n}", "soft", message=f"l{n}", channel=f"d{n}") for n in range(6)]
        await asyncio.gather(*(desks[n % 2].take(each, desk.platform) for n, each in enumerate(late)))
        assert [named(action) for action in desk.platform.delivered].count("sum") == 1

    ran(store, work)


def test_a_question_is_answered_once_also_when_an_edit_made_it_one(store: Store) -> None:
    async def work(desk: Desk) -> None:
        assert await desk.take(event("1", "fine")) == []
        assert await desk.take(event("2", "fine ?", Happened.EDITED, to_bot=True)) == ["reply"]
        assert await desk.take(event("3", "fine ??", Happened.EDITED, to_bot=True)) == []
        assert await desk.take(event("4", "another ?", message="m2", to_bot=True)) == ["reply"]

    ran(store, work)


def test_one_introduction_for_several_nudges_at_once(store: Store) -> None:
    async def work(desk: Desk) -> None:
        events = [event(str(n), "hard", message=f"m{n}", channel=f"c{n}") for n in range(4)]
        await asyncio.gather(*(desk.dispatcher.take(each, desk.platform) for each in events))
        assert sorted(map(named, desk.platform.delivered)) == ["introduction", *["nudge"] * 4]

    ran(store, work)


def test_who_waits_too_long_for_their_own_earlier_message_is_refused(store: Store) -> None:
    class Slow(RecordingPlatform):
        async def deliver(self, action: Action) -> str | None:
            await asyncio.sleep(0.4)
            return await super().deliver(action)

    async def work(desk: Desk) -> None:
        slow = Slow()
        events = [event(str(n), "?", message=f"m{n}", to_bot=True) for n in range(3)]
        ended = await asyncio.gather(*(desk.dispatcher.take(each, slow) for each in events), return_exceptions=True)
        assert [type(end) for end in ended] == [type(None), BusyError, BusyError]
        await desk.dispatcher.take(events[1], slow)  # delivered again

    ran(store, work, budget=0.2)


def test_a_mended_message_ends_its_nudge(store: Store) -> None:
    async def work(desk: Desk) -> None:
        await desk.take(event("1", "hard"))
        assert await desk.take(event("2", "hard still", Happened.EDITED)) == []
        assert await desk.take(event("3", "fine", Happened.EDITED)) == ["withdrawal"]
        assert await desk.take(event("4", "finer", Happened.EDITED)) == []
        assert await desk.take(event("5", "hard again", Happened.EDITED)) == []  # one nudge a message
        kept = await desk.dispatcher.why(event("", ""))
        assert kept is not None
        assert kept.closing is Closing.EDITED

    ran(store, work)


def test_a_message_mended_elsewhere_while_its_nudge_is_on_the_way_leaves_none_open(store: Store) -> None:
    async def work(desk: Desk) -> None:
        other, deliver = desk.another(), desk.platform.deliver

        async def slow(action: Action) -> str | None:
            if isinstance(action, Nudge):
                mending.append(asyncio.create_task(other.take(event("2", "fine", Happened.EDITED), desk.platform)))
                await asyncio.sleep(0.2)
            return await deliver(action)

        mending: list[asyncio.Task[None]] = []
        desk.platform.deliver = slow  # type: ignore[method-assign]
        await desk.take(event("1", "hard"))
        await mending[0]
        assert [named(action) for action in desk.platform.delivered] == ["introduction", "nudge", "withdrawal"]
        kept = await desk.dispatcher.why(event("", ""))
        assert kept is not None
        assert kept.closing is Closing.EDITED

    ran(store, work)


def test_a_message_is_nudged_once_however_late_it_is_changed(store: Store) -> None:
    async def work(desk: Desk) -> None:
        await desk.take(event("1", "hard"))
        await desk.take(event("2", "soft", message="m2"))
        assert await desk.dispatcher.judge(event("", ""), Feedback.PUBLIC)
        for hours in (1, 26, 90):
            desk.clock.now = NOON + timedelta(hours=hours)
            assert await desk.take(event(f"h{hours}", f"hard {hours}", Happened.EDITED, minute=hours)) == []
            assert await desk.take(event(f"s{hours}", f"soft {hours}", Happened.EDITED, "m2", minute=hours)) == []

    ran(store, work)


def test_what_was_counted_in_shadow_is_not_nudged_later(store: Store, sample: Cohort) -> None:
    async def work(desk: Desk) -> None:
        await store.put_cohort(sample)
        await store.put_shadow(sample.name, True)
        await store.put_place(Place(platform="test:T", channel="c", cohort=sample.name))
        assert await desk.take(event("1", "hard")) == []
        await store.put_shadow(sample.name, False)
        for number in range(2, 5):
            assert await desk.take(event(str(number), f"hard {number}", Happened.EDITED, minute=number)) == []
        assert await desk.take(event("9", "hard", message="m2")) == ["introduction", "nudge"]

    ran(store, work)


def test_an_edit_that_is_undone_ends_the_nudge(store: Store) -> None:
    async def work(desk: Desk) -> None:
        await desk.take(event("1", "fine"))
        assert await desk.take(event("2", "hard", Happened.EDITED)) == ["introduction", "nudge"]
        assert await desk.take(event("3", "fine", Happened.EDITED)) == ["withdrawal"]

    ran(store, work)


def test_a_name_added_to_a_story_is_nudged_after_a_soft_nudge(store: Store) -> None:
    async def work(desk: Desk) -> None:
        await desk.take(event("1", "soft"))
        assert await desk.take(event("2", "soft and hard", Happened.EDITED)) == ["nudge"]
        assert await desk.take(event("3", "hard again", Happened.EDITED)) == []
        kept = await desk.dispatcher.why(event("", ""))
        assert kept is not None
        assert (kept.tier, kept.closing) == (Tier.HARD, None)

    ran(store, work)


def test_an_edit_can_bring_the_first_nudge_and_no_second_answer(store: Store) -> None:
    async def work(desk: Desk) -> None:
        assert await desk.take(event("1", "what?", to_bot=True)) == ["reply"]
        assert await desk.take(event("2", "what hard?", Happened.EDITED, to_bot=True)) == ["introduction", "nudge"]

    ran(store, work)


def test_a_deleted_message_ends_its_nudge(store: Store) -> None:
    async def work(desk: Desk) -> None:
        await desk.take(event("1", "hard"))
        assert await desk.take(event("2", "", Happened.DELETED)) == ["withdrawal"]
        assert await desk.take(event("3", "", Happened.DELETED)) == []
        assert await desk.take(event("4", "", Happened.DELETED, message="unknown")) == []

    ran(store, work)


def test_what_could_not_be_delivered_is_owed(store: Store) -> None:
    async def work(desk: Desk) -> None:
        desk.platform.failing = 1
        with pytest.raises(DeliveryError):
            await desk.take(event("1", "hard"))
        desk.dispatcher = desk.another()
        assert await desk.take(event("1", "hard")) == ["introduction", "nudge"]
        assert await desk.take(event("1", "hard")) == []

    ran(store, work)


def test_a_process_that_died_leaves_its_event_to_the_next(store: Store) -> None:
    async def work(desk: Desk) -> None:
        dying = desk.another()
        for name in (dying._keys.key("event", "test:T", "1"), dying._content(event("1", "hard"))):
            await store.claim(name, "dying", desk.clock.now, LEASE)  # and then nothing more is heard of it
        with pytest.raises(BusyError):
            await desk.take(event("1", "hard"))
        desk.clock.now += LEASE
        assert await desk.take(event("1", "hard")) == ["introduction", "nudge"]

    ran(store, work, budget=0.1)


def test_past_its_budget_an_event_is_refused_and_done_later(store: Store) -> None:
    async def work(desk: Desk) -> None:
        desk.engine.hold = threading.Event()
        with pytest.raises(BusyError, match="too long"):
            await desk.take(event("1", "hard"))
        desk.engine.hold.set()
        assert await desk.take(event("1", "hard")) == ["introduction", "nudge"]

    ran(store, work, budget=0.1)


def test_a_thread_that_nobody_waits_for_keeps_its_place_until_it_ends(store: Store) -> None:
    async def work(desk: Desk) -> None:
        desk.engine.hold = threading.Event()
        places = desk.dispatcher.turns.places
        for number in range(places + 2):
            with pytest.raises(BusyError):
                await desk.take(event(str(number), "x", message=f"m{number}", author=f"a{number}"))
        assert len(desk.engine.read) == places  # no more threads than places, however many were refused
        desk.engine.hold.set()
        assert await desk.take(event("last", "hard", message="last")) == ["introduction", "nudge"]

    ran(store, work, budget=0.2)


def test_a_long_message_gets_its_time(store: Store) -> None:
    async def work(desk: Desk) -> None:
        desk.engine.hold = threading.Event()
        threading.Timer(0.5, desk.engine.hold.set).start()
        assert await desk.take(event("1", "hard " * 8_000)) == ["introduction", "nudge"]

    ran(store, work, budget=0.1)


def test_an_engine_that_fails_loses_nothing(store: Store) -> None:
    async def work(desk: Desk) -> None:
        for _ in range(2):
            with pytest.raises(RuntimeError):
                await desk.take(event("1", "broken"))
        assert desk.engine.read == ["broken"] * 2

    ran(store, work)


def test_one_author_is_answered_in_order(store: Store) -> None:
    async def work(desk: Desk) -> None:
        events = [event(str(n), f"{n}?", message=f"m{n}", to_bot=True) for n in range(20)]
        await asyncio.gather(*(desk.dispatcher.take(e, desk.platform) for e in events))
        assert [action.to.text for action in desk.platform.delivered] == [f"{n}?" for n in range(20)]

    ran(store, work)


def test_authors_do_not_wait_for_each_other(store: Store) -> None:
    async def work(desk: Desk) -> None:
        desk.engine.hold = threading.Event()
        waiting = asyncio.create_task(desk.take(event("1", "x")))
        while not desk.engine.read:
            await asyncio.sleep(0.01)
        desk.engine.hold, hold = None, desk.engine.hold
        started = time.monotonic()
        await desk.take(event("2", "y", message="m2", author="bo"))
        assert time.monotonic() - started < 2
        hold.set()
        await waiting

    ran(store, work)


def test_gentle_nudges_grow_rare_and_hard_ones_do_not(store: Store) -> None:
    async def work(desk: Desk) -> None:
        said = []
        for number in range(7):
            desk.clock.now += timedelta(minutes=20)
            said.append(await desk.take(event(f"e{number}", f"soft {number}", message=f"m{number}")))
        assert said == [["introduction", "nudge"], ["nudge"], ["nudge"], ["sum"], [], [], []]
        assert await desk.take(event("h", "hard", message="h")) == ["nudge"]

    ran(store, work)


def test_a_pause_holds_for_a_day_and_for_gentle_nudges_alone(store: Store) -> None:
    async def work(desk: Desk) -> None:
        assert await desk.dispatcher.pause("test:T", "ann") == NOON + PAUSE
        assert await desk.take(event("1", "soft")) == []
        assert await desk.take(event("2", "hard", message="m2")) == ["introduction", "nudge"]
        desk.clock.now += PAUSE
        assert await desk.take(event("3", "soft", message="m3")) == ["nudge"]

    ran(store, work)


def test_a_seminar_lets_stories_pass(store: Store) -> None:
    async def work(desk: Desk) -> None:
        await store.put_place(Place(platform="test:T", channel="c", cohort="W", seminar=True))
        assert await desk.take(event("1", "soft")) == []
        assert await desk.take(event("2", "hard", message="m2")) == ["introduction", "nudge"]
        assert await desk.take(event("3", "soft", message="m3", channel="other")) == ["nudge"]

    ran(store, work)


def test_a_channel_whose_gentle_nudges_were_wrong_gets_fewer(store: Store) -> None:
    async def work(desk: Desk) -> None:
        await store.put_place(Place(platform="test:T", channel="c", cohort="W", soft_bound=0.95))
        await store.put_place(Place(platform="test:T", channel="kept", cohort="W", soft_bound=0))
        for number in range(10):
            for channel in ("c", "kept"):
                await desk.take(event(f"{channel}{number}", "soft", message=f"{number}", author=f"a{number}", channel=channel))
                assert await desk.dispatcher.judge(
                    event("", "", message=f"{number}", author=f"a{number}", channel=channel), Feedback.OTHER
                )
        desk.dispatcher = desk.another()
        assert await desk.take(event("x", "soft", message="x", author="new")) == []  # 0.9 is no longer enough
        assert await desk.take(event("y", "hard", message="y", author="new")) == ["introduction", "nudge"]
        assert await desk.take(event("z", "soft", message="z", author="other", channel="kept")) == ["introduction", "nudge"]

    ran(store, work)


def test_in_shadow_everything_is_counted_and_nobody_nudged(store: Store, sample: Cohort) -> None:
    async def work(desk: Desk) -> None:
        await store.put_cohort(sample)
        await store.put_shadow(sample.name, True)
        await store.put_place(Place(platform="test:T", channel="c", cohort=sample.name))
        assert await desk.take(event("1", "hard")) == []
        assert await desk.take(event("2", "soft?", message="m2", to_bot=True)) == ["reply"]
        assert [(n.tier, n.shadow) for n in await store.nudges_in(sample.name, NOON)] == [(Tier.HARD, True), (Tier.SOFT, True)]

    ran(store, work)


def test_only_its_author_can_judge_a_nudge_and_once(store: Store) -> None:
    async def work(desk: Desk) -> None:
        await desk.take(event("1", "hard"))
        assert not await desk.dispatcher.judge(event("", "", author="bo"), Feedback.OTHER)
        assert await desk.dispatcher.why(event("", "", author="bo")) is None
        assert await desk.dispatcher.judge(event("", ""), Feedback.PUBLIC)
        assert not await desk.dispatcher.judge(event("", ""), Feedback.PUBLIC)
        assert [n.feedback for n in await desk.dispatcher.kept("test:T", "ann")] == [Feedback.PUBLIC]

    ran(store, work)


def test_everything_kept_can_be_seen_and_forgotten(store: Store) -> None:
    async def work(desk: Desk) -> None:
        await desk.take(event("1", "hard"))
        await desk.take(event("2", "hard", message="m2", author="bo"))
        assert len(await desk.dispatcher.kept("test:T", "ann")) == 1
        assert await desk.dispatcher.forget("test:T", "ann") == 2  # the nudge, and that it was introduced
        assert await desk.dispatcher.kept("test:T", "ann") == []
        assert len(await desk.dispatcher.kept("test:T", "bo")) == 1

    ran(store, work)


def test_replies_and_withdrawals_are_for_the_message_they_came_from(store: Store) -> None:
    async def work(desk: Desk) -> None:
        await desk.take(event("1", "hard"))
        await desk.take(event("2", "fine", Happened.EDITED))
        last = desk.platform.delivered[-1]
        assert isinstance(last, Withdrawal)
        assert (last.to.id, last.to.author) == ("m1", "ann")
        assert replace(last.to, text="") == replace(event("1", "hard").message, text="")

    ran(store, work)


@pytest.mark.parametrize(("lasting", "again"), [(True, []), (False, ["reply", "nudge"])])
def test_what_may_have_gone_with_a_process_is_shown_again(
    store: Store, lasting: bool, again: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*given: object) -> bool:
        raise StoreError("no")

    async def work(desk: Desk) -> None:
        desk.platform.lasting = lasting
        await desk.take(event("0", "hard", message="m0"))
        asked = event("1", "hard", to_bot=True)
        with monkeypatch.context() as patch:
            patch.setattr(desk.store, "finish", refused)
            with pytest.raises(StoreError):
                await desk.take(asked)
        desk.dispatcher = desk.another()
        assert await desk.take(asked) == again
        assert await desk.take(asked) == []
        assert await desk.take(event("2", "hard still", Happened.EDITED)) == []  # it stands already
        assert len(await desk.dispatcher.kept("test:T", "ann")) == 2

    ran(store, work)
