"""What goes out, when, where and to whom, with one process that lives."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from core.cohort import Cohort
from core.errors import InputError
from core.kb.schema import KnowledgeBase
from core.ports import Post
from core.scheduling.calendar import Calendar
from core.storage.memory import MemoryStore
from core.storage.slots import Kind, State
from core.storage.store import Place
from tests.scheduling.world import MINUTE, PLATFORMS, Process, World, cohort, settled, ticked, utc

NINE = utc("2027-01-11T16:00")  # in Edmonton
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Scene:
    """One cohort, one process, and its calendar."""

    def __init__(self, base: KnowledgeBase, members: Cohort) -> None:
        self.store = MemoryStore()
        self.cohort = members
        self.world = World(NINE - DAY)
        self.process = Process(self.world, self.store, base)
        self.calendar = Calendar(self.store, base.prompts)

    async def at(self, now: datetime) -> None:
        """The process ticks then."""
        self.world.steady += max(60.0, (now - self.world.wall).total_seconds())
        self.world.wall = now
        await ticked([self.process], self.world)

    async def until(self, now: datetime, step: timedelta = HOUR) -> None:
        """The process ticks on and on."""
        while self.world.wall < now:
            await self.at(self.world.wall + step)

    async def states(self, kind: Kind) -> list[State]:
        """How a kind's slots ended."""
        found = await self.store.decisions(self.cohort.name, date(2026, 1, 1))
        return [decision.state for decision in found if decision.slot.kind is kind]


def played(base: KnowledgeBase, work: Callable[[Scene], Awaitable[None]], **changes: object) -> Scene:
    scene = Scene(base, cohort(**changes))

    async def run() -> None:
        await settled(scene.store, scene.cohort)
        await scene.at(NINE - DAY)
        await work(scene)

    asyncio.run(run())
    return scene


def test_a_week_of_a_term(base: KnowledgeBase) -> None:
    async def exact(scene: Scene) -> None:
        for minutes in (-1, 0, 1, 5, 2 * 24 * 60 - 1, 2 * 24 * 60, 2 * 24 * 60 + 1, 5 * 24 * 60):
            await scene.at(NINE + timedelta(minutes=minutes))

    world = played(base, exact).world
    prompts = world.said("This week's prompt")
    assert [(shown.platform, shown.at) for shown in prompts] == [(name, NINE) for name in PLATFORMS]
    assert {shown.action.channel for shown in world.posts} == {"C-Winter"}  # type: ignore[union-attr]
    later = world.said("To go on with")
    assert {shown.at for shown in later} == {NINE + 2 * DAY}
    assert [shown.action.thread for shown in later] == [shown.id for shown in prompts]  # type: ignore[union-attr]
    assert len(world.said("This month's self-check")) == 2
    (note,) = world.said("For you alone")
    (review,) = world.said("For Winter: policies")
    assert (note.at, review.at, note.action.person) == (NINE, NINE, "U-coordinator")  # type: ignore[union-attr]
    assert "Sample House" in review.action.card.plain
    assert "2021-05-15" in review.action.card.plain
    assert len(world.shown) == 8
    assert all(len(shown.action.marker) <= 64 for shown in world.posts if isinstance(shown.action, Post))


def test_a_whole_term(base: KnowledgeBase) -> None:
    async def work(scene: Scene) -> None:
        await scene.until(utc("2027-05-01T00:00"))

    world = played(base, work).world
    weeks = 13  # fourteen, of which one is a break
    assert len(world.said("This week's prompt")) == 2 * weeks
    assert len(world.said("To go on with")) == 2 * weeks
    assert len(world.said("For you alone")) == weeks
    assert [shown.at.month for shown in world.said("This month's")] == [1, 1, 2, 2, 3, 3, 4, 4]
    assert len(world.said("For Winter: policies")) == 2  # nothing is told twice
    texts = Counter(shown.action.card.lines[1].text for shown in world.said("This week's prompt"))
    assert set(texts.values()) == {2}


def test_a_prompt_that_is_late_by_less_than_the_window_is_posted(base: KnowledgeBase) -> None:
    async def work(scene: Scene) -> None:
        await scene.at(NINE + 11 * HOUR)

    world = played(base, work).world
    assert len(world.said("This week's prompt")) == 2


def test_one_that_is_later_is_recorded_and_told_once(base: KnowledgeBase) -> None:
    async def work(scene: Scene) -> None:
        await scene.until(NINE - HOUR)
        for hours in range(13, 20):
            await scene.at(NINE + hours * HOUR)
        await scene.at(NINE + 2 * DAY)
        assert await scene.states(Kind.PROMPT) == [State.LATE]
        assert await scene.states(Kind.SELF_CHECK) == [State.LATE]

    world = played(base, work).world
    assert world.posts == []
    (told,) = world.said("Not posted")
    assert "Monday, 11 January 2027, at 09:00" in told.action.card.plain


def test_nothing_from_before_a_cohort_was_known_is_posted_or_told(base: KnowledgeBase) -> None:
    scene = Scene(base, cohort())

    async def run() -> None:
        await settled(scene.store, scene.cohort)
        for hours in (1, 2, 20):
            await scene.at(NINE + hours * HOUR)

    asyncio.run(run())
    assert scene.world.shown == []


def test_a_platform_that_refuses_is_tried_again_less_and_less_often(base: KnowledgeBase) -> None:
    async def work(scene: Scene) -> None:
        scene.world.refusing = 1.0
        for minutes in range(120):
            await scene.at(NINE + minutes * MINUTE)
        assert scene.world.shown == []
        assert 10 < scene.world.refusals < 60  # six deliveries
        scene.world.refusing = 0.0
        for minutes in range(120, 160):
            await scene.at(NINE + minutes * MINUTE)

    world = played(base, work).world
    assert len(world.said("This week's prompt")) == 2
    assert len(world.shown) == 6


def test_a_platform_that_refuses_for_too_long(base: KnowledgeBase) -> None:
    async def work(scene: Scene) -> None:
        scene.world.refusing = 1.0
        for minutes in range(0, 12 * 60 + 10, 10):
            await scene.at(NINE + minutes * MINUTE)
        scene.world.refusing = 0.0
        for minutes in range(12 * 60 + 10, 14 * 60, 10):
            await scene.at(NINE + minutes * MINUTE)
        await scene.at(NINE + 2 * DAY)
        assert await scene.states(Kind.PROMPT) == [State.LATE]

    world = played(base, work).world
    assert world.posts == []
    assert len(world.said("Not posted")) == 1


@pytest.mark.parametrize("later", [MINUTE, 13 * HOUR])
def test_what_a_platform_showed_and_refused_is_found_again(base: KnowledgeBase, later: timedelta) -> None:
    """Also when it is too late to post it: then it was not missed; and letters as well as posts."""

    async def work(scene: Scene) -> None:
        scene.world.draw = AfterTheEffect()
        scene.world.refusing = 0.5
        await scene.at(NINE)
        assert (len(scene.world.posts), scene.world.refusals) == (4, 6)
        scene.world.refusing = 0.0
        await scene.at(NINE + later)
        assert await scene.states(Kind.PROMPT) == [State.DONE]

    world = played(base, work).world
    assert (len(world.posts), len(world.letters)) == (4, 2)
    assert world.said("Not posted") == []


class AfterTheEffect(random.Random):
    """Lets every platform refuse once a message stands there."""

    def __init__(self) -> None:
        super().__init__(0)
        self._calls = 0

    def random(self) -> float:
        self._calls += 1
        return 0.9 if self._calls % 2 else 0.1


def test_skipped_unskipped_and_posted_before_its_time(base: KnowledgeBase) -> None:
    async def work(scene: Scene) -> None:
        now = NINE - HOUR
        plain = [week.planned.prompt.id for week in await scene.calendar.preview(scene.cohort, now.date())]
        assert (await scene.calendar.skip(scene.cohort, now)).planned.week == date(2027, 1, 11)
        assert (await scene.calendar.skip(scene.cohort, now)).planned.week == date(2027, 1, 18)
        assert (await scene.calendar.unskip(scene.cohort, now, date(2027, 1, 18))).planned.week == date(2027, 1, 18)
        weeks = await scene.calendar.preview(scene.cohort, now.date())
        assert [week.planned.prompt.id for week in weeks] == plain
        assert [week.skipped for week in weeks[:3]] == [True, False, False]
        await scene.at(NINE)
        assert scene.world.said("This week's prompt") == []
        posted = await scene.calendar.post_now(scene.cohort, NINE + HOUR)
        assert posted.planned.week == date(2027, 1, 18)
        await scene.at(NINE + HOUR)
        await scene.calendar.post_now(scene.cohort, NINE + HOUR, date(2027, 1, 18))  # again changes nothing
        with pytest.raises(InputError, match="posted already"):
            await scene.calendar.skip(scene.cohort, NINE + HOUR, date(2027, 1, 18))
        with pytest.raises(InputError, match="is skipped"):
            await scene.calendar.unskip(scene.cohort, NINE + HOUR)
        for days in (2, 7, 9):
            await scene.at(NINE + days * DAY)

    world = played(base, work).world
    assert {shown.at for shown in world.said("This week's prompt")} == {NINE + HOUR}
    assert {shown.at for shown in world.said("To go on with")} == {NINE + 2 * DAY}
    assert len(world.said("This week's prompt")) == len(world.said("To go on with")) == 2


def test_a_pause_leaves_out_what_was_due_meanwhile(base: KnowledgeBase) -> None:
    async def work(scene: Scene) -> None:
        await scene.at(NINE)
        await scene.calendar.pause(scene.cohort, NINE + HOUR)
        assert await scene.calendar.paused_at(scene.cohort) == NINE + HOUR
        await scene.at(NINE + 2 * DAY)
        # the process is down over the second prompt, and somebody ends the pause meanwhile
        await scene.calendar.resume(scene.cohort, NINE + 7 * DAY + HOUR)
        await scene.calendar.resume(scene.cohort, NINE + 7 * DAY + HOUR)
        await scene.at(NINE + 7 * DAY + 2 * HOUR)
        await scene.at(NINE + 14 * DAY)
        assert await scene.states(Kind.PROMPT) == [State.DONE, State.SKIPPED, State.DONE]

    world = played(base, work).world
    assert [shown.at for shown in world.said("This week's prompt")] == [NINE] * 2 + [NINE + 14 * DAY] * 2
    assert world.said("To go on with") == []
    assert world.said("Not posted") == []


def test_own_prompts_come_first_and_none_is_lost_to_a_skip(base: KnowledgeBase) -> None:
    own = ("What would you ask?", "Who decides?", "What would you ask?")

    async def work(scene: Scene) -> None:
        await scene.calendar.skip(scene.cohort, NINE - HOUR)
        weeks = await scene.calendar.preview(scene.cohort, NINE.date())
        assert [week.planned.prompt.text in own for week in weeks[:4]] == [True, True, True, False]
        await scene.until(NINE + 22 * DAY)

    world = played(base, work, own_prompts=own).world
    texts = [shown.action.card.lines[1].text for shown in world.said("This week's prompt")]
    assert texts[:4] == ["What would you ask?"] * 2 + ["Who decides?"] * 2
    assert texts[4] in {prompt.text for prompt in base.prompts.values()}


def test_what_was_said_stands_when_the_cohort_changes_in_the_middle_of_the_week(base: KnowledgeBase) -> None:
    async def work(scene: Scene) -> None:
        await scene.at(NINE)
        moved = cohort(prompts={"weekday": "wednesday", "at": "09:00"})
        await scene.store.put_cohort(moved)
        for days in (2, 4, 7, 9):
            await scene.at(NINE + days * DAY)

    world = played(base, work).world
    assert [shown.at for shown in world.said("This week's prompt")] == [NINE] * 2 + [NINE + 9 * DAY] * 2
    assert len({shown.action.card.lines[1].text for shown in world.said("This week's prompt")}) == 2


def test_a_channel_that_takes_no_prompts_and_a_cohort_without_any(base: KnowledgeBase) -> None:
    async def work(scene: Scene) -> None:
        for platform in PLATFORMS:
            place = Place(platform=platform, channel="C-Winter", cohort="Winter")
            await scene.store.put_place(replace(place, prompts=platform != PLATFORMS[0]))
        await scene.at(NINE)
        assert {shown.platform for shown in scene.world.posts} == {PLATFORMS[1]}
        await scene.store.put_place(Place(platform=PLATFORMS[1], channel="C-Winter", cohort="Winter", seminar=True))
        with pytest.raises(InputError, match="no channel of Winter takes prompts"):
            await scene.calendar.post_now(scene.cohort, NINE)
        await scene.until(NINE + 8 * DAY)
        assert len(scene.world.said("This week's prompt")) == 1

    played(base, work)


def test_the_same_everywhere(base: KnowledgeBase) -> None:
    async def work(scene: Scene) -> None:
        preview = await scene.calendar.preview(scene.cohort, NINE.date())
        await scene.until(utc("2027-04-30T00:00"))
        said = [shown.action.card.lines[1].text for shown in scene.world.said("This week's prompt")]
        assert said == [week.planned.prompt.text for week in preview for _ in PLATFORMS]
        again = await scene.calendar.preview(scene.cohort, NINE.date())
        assert [week.planned for week in again] == [week.planned for week in preview]
        assert all(week.posted for week in again)

    played(base, work)
