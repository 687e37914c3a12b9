"""Who is who on the page: nobody comes into another's place, whatever a cohort file adds, removes or puts in another order."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bots.playground.room import NOBODY, Posted, Room, Whispered, now, people_of
from core.cohort import Cohort
from tests.playground.conftest import Served
from tests.playground.windows import GRACE, NOOR, RISKY, Page, pages, said

ANN, SAMMY, SAMUEL, SAM = "Ann", "Sam/Sammy", "Sam/Samuel", "Sam"


def cohort(*people: str, name: str = "Winter") -> Cohort:
    """Students by name and alias."""
    roster = [{"name": each.partition("/")[0], "aliases": each.split("/")[1:]} for each in people]
    return Cohort.model_validate({"name": name, "profile": "mru", "timezone": "UTC", "roster": roster})


def ids(*people: str) -> list[str]:
    """The students' ids, in the order of the file."""
    return [person.id for person in people_of(cohort(*people)).values() if person.role == "student"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([SAMMY, SAMUEL], [SAMUEL, SAMMY]),
        ([SAMMY, SAMUEL], [SAM, ANN, SAMUEL, SAMMY]),
        ([SAM, ANN], [ANN, SAM]),
        ([SAM, SAM, ANN], [ANN, SAM, SAM]),
        ([SAM, SAM, ANN], [SAM, ANN, SAM, SAM]),
        ([SAM, SAM], [SAM]),
        ([SAM], [SAM, SAMUEL]),
    ],
)
def test_an_id_is_the_same_persons_or_nobodys(before: list[str], after: list[str]) -> None:
    was, now = dict(zip(ids(*before), before, strict=True)), dict(zip(ids(*after), after, strict=True))
    assert len(now) == len(after)
    assert {known: was[known] for known in was.keys() & now} == {known: now[known] for known in was.keys() & now}
    if before.count(SAM) != after.count(SAM):
        assert [known for known in was.keys() & now if now[known] == SAM] == [], "nobody knows which of them is new"


def test_what_somebody_left_behind_is_nobodys() -> None:
    room = Room(cohort(ANN, SAM))
    for name, author, channel in (("m1", "sam", "cohort"), ("m2", "sam", "direct-sam"), ("m3", "ann", "cohort")):
        room.put(Posted(id=name, channel=channel, author=author, at=now(), text="x"))
        room.whisper(Whispered(id=f"nudge-{name}", to=author, kind="nudge", channel=channel, at=now(), card={}, message=name))
    room.take_down("m3")
    room.take_over(cohort(ANN))
    assert [(m.id, m.author, m.name) for m in room.messages.values()] == [("m1", NOBODY, "Sam")]
    room.take_over(cohort(ANN, SAM))
    assert room.seen_by("sam")["whispers"] == []
    assert [w["id"] for w in room.seen_by("ann")["whispers"]] == ["nudge-m3"]
    assert room.gone == {"m3": "ann"}
    room.take_over(cohort(ANN, SAM, name="Spring"), anew=True)
    assert (room.seen_by("ann"), room.gone) == ({"messages": [], "whispers": []}, {"m3": NOBODY})


def test_an_import_hands_nothing_of_one_to_another(serve: Callable[..., Served]) -> None:
    served = serve()

    async def work() -> None:
        async with pages(served, NOOR) as (noor,):

            async def imported(*people: str, name: str = "Sample Cohort") -> dict[str, Page]:
                roster = cohort(*people).model_dump(mode="json")["roster"]
                yaml = f"name: {name}\nprofile: mru\ntimezone: UTC\ncoordinator: {{name: Noor Sample}}\nroster: {roster}\n"
                assert (await noor.call("POST", "/api/cohort/import", yaml=yaml))[0] == 200
                return {
                    each: Page(noor._session, served.address, known) for each, known in zip(people, ids(*people), strict=True)
                }

            async def own(page: Page) -> tuple[list[str], list[dict[str, Any]], str]:
                state = await page.state()
                written = [message["id"] for message in state["messages"] if message["author"] == page.person]
                return written, [w for w in state["whispers"] if w["message"]], said((await page.press("mine.show"))["card"])

            windows = await imported("Grace Example", SAMMY, SAMUEL)
            sammy = windows[SAMMY]
            name, alone = await sammy.post(RISKY), await sammy.post("can I google my client?", f"direct-{sammy.person}")
            windows = await imported(SAM, SAMUEL, "Grace Example", SAMMY)
            written, whispers, kept = await own(windows[SAMMY])
            assert (written, {w["message"] for w in whispers}, "Nudges: 1." in kept) == ([name, alone], {name, alone}, True)
            for other in (SAM, SAMUEL, "Grace Example"):
                written, whispers, kept = await own(windows[other])
                assert (written, whispers, "Nudges: 0." in kept) == ([], [], True)
            await imported(SAMUEL, "Grace Example")  # it takes Sammy off, and leaves one of the name
            windows = await imported(SAMMY, "Grace Example")
            written, whispers, kept = await own(windows[SAMMY])
            assert (written, whispers, "Nudges: 0." in kept) == ([], [], True)
            (left,) = [m for m in (await noor.state())["messages"] if m["id"] == name]
            assert (left["author"], left["name"]) == ("", "Sam")
            assert (await windows[SAMMY].call("PATCH", f"/api/posts/{name}", text="x"))[0] == 400
            assert (await windows[SAMMY].call("POST", "/api/posts", id=name, channel="cohort", text="x"))[0] == 400
            grace = Page(noor._session, served.address, GRACE)
            await grace.post(RISKY)
            await imported("Grace Example", name="Spring")
            state = await grace.state()
            assert {message["author"] for message in state["messages"]} <= {"bot"}  # another cohort begins with an empty page
            assert (await own(grace))[:2] == ([], [])

    asyncio.run(work())
