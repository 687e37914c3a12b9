"""The page's cohort from outside: welcomes and acknowledgements, settings, names, prompts, import, and the end of the term."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.playground.conftest import Served
from tests.playground.windows import COHORT, GRACE, NOOR, RISKY, TOMASZ, Page, pages, said

LONG = 20.0  # seconds for what happens by itself


@pytest.fixture
def fresh(serve: Callable[..., Served]) -> Served:
    """A playground of the test's own."""
    return serve()


async def until(true: Callable[[], Any]) -> None:
    """Wait until something that is awaited becomes true."""
    async with asyncio.timeout(LONG):
        while not await true():
            await asyncio.sleep(0.1)


def bot_said(state: dict[str, Any], channel: str) -> list[str]:
    return [m["text"] for m in state["messages"] if m["author"] == "bot" and m["channel"] == channel]


def test_channels_are_told_once_and_each_student_is_welcomed_and_acknowledges(fresh: Served) -> None:
    async def work() -> None:
        async with pages(fresh, GRACE, NOOR) as (grace, noor):
            await until(grace.letters)
            for again in (False, True):
                state = await grace.state()
                notices = [len(bot_said(state, channel)) for channel in ("cohort", "seminar")]
                assert notices == ([0, 0] if again else [1, 1])
                if not again:
                    (letter,) = await grace.letters()
                    assert "policy in brief" in said(letter["card"])
                    assert await noor.letters() == []
                    led = await grace.push(letter, "policy.acknowledge")
                    assert "You acknowledged the policy" in said(led["card"])
                    assert [w["card"] for w in await grace.letters()] == [led["card"]]
                    assert "You acknowledged the policy" in said((await grace.home())[1])
                    (shown,) = (await noor.cohort())["cohorts"]
                    assert shown["acknowledged"] == {"done": 1, "of": 3}
                    assert "Not yet: Amina Placeholder, Tomasz Sample." in said(
                        (await noor.press("acknowledged.show", COHORT))["card"]
                    )
                    assert "grace-example,Grace Example,1" in said((await noor.press("acknowledged.export", COHORT))["card"])
                    fresh.stop()
                    await asyncio.to_thread(fresh.start)  # what was said is gone with the process; nobody is told again

    asyncio.run(work())


def test_settings_and_names_through_forms(fresh: Served) -> None:
    async def work() -> None:
        async with pages(fresh, NOOR, TOMASZ) as (noor, tomasz):
            form = (await noor.press("cohort.edit", COHORT))["form"]
            choices = {field["name"]: field["choices"] for field in form["fields"]}
            assert [value for value, _ in choices["channels"]] == ["cohort", "seminar"]
            assert [GRACE, "Grace Example"] in choices["instructors"]
            wrong = await noor.send(form, end="", timezone="Mars")
            assert (wrong["shown"], sorted(wrong["faults"])) == ("wrong", ["end", "timezone"])
            assert (await noor.send(form, channels="cohort,seminar", seminars="", contact="555 0100"))["shown"] == "say"
            assert [c["seminar"] for c in (await tomasz.state())["channels"]] == [False, False, False]
            names = (await noor.press("roster.edit", COHORT))["form"]
            before = next(field["value"] for field in names["fields"] if field["name"] == "students")
            await noor.send(names, students=before.replace("Amina Placeholder", "Wren Newcomer, Wrennie"))
            assert "wren-newcomer" in [person["id"] for person in (await tomasz.state())["people"]]
            wren = Page(noor._session, fresh.address, "wren-newcomer")
            await until(wren.letters)
            (shown,) = (await noor.cohort())["cohorts"]
            assert shown["acknowledged"]["of"] == 3
            assert (await noor.send(names))["shown"] == "wrong"  # somebody changed it meanwhile
            await noor.press("shadow.on", COHORT)
            name = await wren.post(RISKY)
            assert await wren.whispers(name) == []

    asyncio.run(work())


def test_prompts_are_skipped_posted_once_and_paused(served: Served) -> None:
    async def work() -> None:
        async with pages(served, NOOR, GRACE) as (noor, grace):
            card = (await noor.press("prompts.show", COHORT, ""))["card"]
            post = next(button for button in card["buttons"] if button["do"] == "prompts.post")
            for _ in range(2):
                card = (await noor.press("prompts.post", value=post["value"]))["card"]
            assert sum("This week's prompt" in text for text in bot_said(await grace.state(), "cohort")) == 1
            assert bot_said(await grace.state(), "seminar")[1:] == []
            assert sum("For you alone" in said(letter["card"]) for letter in await noor.letters()) == 1
            skip = next(button for button in card["buttons"] if button["do"] == "prompts.skip")
            assert "left out" in said((await noor.press("prompts.skip", value=skip["value"]))["card"])
            assert "left out" not in said((await noor.press("prompts.unskip", value=skip["value"]))["card"])
            assert "prompts are paused" in said((await noor.press("prompts.pause", COHORT, ""))["card"])
            await noor.press("prompts.resume", COHORT, "")
            status, told = await noor.call("POST", "/api/press", do="prompts.skip", value=post["value"])
            assert (status, "posted already" in told["error"]) == (400, True)

    asyncio.run(work())


def test_an_imported_cohort_takes_the_page_over_and_its_term_ends_with_a_receipt(fresh: Served) -> None:
    async def work() -> None:
        async with pages(fresh, NOOR) as (noor,):
            await until(lambda: Page(noor._session, fresh.address, GRACE).letters())
            yaml = "name: Spring\nprofile: canada\ntimezone: UTC\ncoordinator: {name: Pat Leader}\nroster: [{name: Mo One}]\n"
            assert (await noor.call("POST", "/api/cohort/import", yaml=yaml))[0] == 200
            mo, pat = (Page(noor._session, fresh.address, person) for person in ("mo-one", "pat-leader"))
            await until(mo.letters)
            name = await mo.post(RISKY)
            page = await pat.cohort()
            assert [cohort["name"] for cohort in page["cohorts"]] == ["Spring"]
            assert page["keep"] == {"nudges": 120, "events": 2}
            assert page["cohorts"][0]["counts"]["enough"] is False
            receipt = (await pat.call("POST", "/api/cohort/purge", cohort="Spring", days=0))[1]["receipt"]
            assert "Deleted what is kept of nudges older than" in receipt
            assert "Nudges: 0." in said((await mo.press("mine.show"))["card"])
            assert name in [message["id"] for message in (await mo.state())["messages"]]
            card = (await pat.press("term.end", "Spring"))["card"]
            assert card["buttons"][0]["do"] == "acknowledged.export"
            led = await pat.press("term.ended", value=card["buttons"][-1]["value"])
            assert (led["shown"], "Receipt. Spring ended on" in said(led["card"])) == ("instead", True)
            after = await pat.cohort()
            assert (after["cohorts"], after["cards"][0]["buttons"][0]["do"]) == ([], "cohort.new")
            form = (await pat.press("cohort.new", ""))["form"]
            assert (await pat.send(form, name="Summer", channels="cohort"))["shown"] == "say"
            assert [cohort["name"] for cohort in (await pat.cohort())["cohorts"]] == ["Summer"]
            assert json.dumps(await mo.state()).count("This channel has a practicum helper") >= 1

    asyncio.run(work())
