"""Tokens that end: whatever needs one, an event or the calendar, finds one that works, and each is renewed once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from slack_sdk.oauth.installation_store.models.installation import Installation

from bots.metrics import Metrics
from bots.settings import Settings
from bots.slack.connect import Slack
from bots.slack.tokens import AHEAD
from core.cards import card
from core.errors import DeliveryError
from core.nudging.records import Keys
from core.ports import Letter, Post
from core.storage.memory import MemoryStore
from core.storage.store import Store
from tests.slack.test_slack import Cohort
from tests.slack.workspace import Workspace

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
HOURS = 3600.0
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # Slack's library uses it


BEGUN: list[Slack] = []


@asynccontextmanager
async def ended() -> AsyncIterator[None]:
    """Every process ends with its test."""
    try:
        yield
    finally:
        while BEGUN:
            await BEGUN.pop().stop()


def slack(ws: Workspace, store: Store) -> Slack:
    """One process."""
    settings = Settings(
        slack_client_id=ws.client_id,
        slack_client_secret=ws.client_secret,
        slack_signing_secret=ws.signing_secret,
        slack_api_url=ws.api_url,
        token_keys=KEY,
    )
    BEGUN.append(Slack(settings, None, store, Keys(b"secret" * 4), Metrics()))  # type: ignore[arg-type]
    return BEGUN[-1]


async def installed(ws: Workspace, *processes: Slack) -> None:
    """The app is installed, with a token that rotates."""
    app, more = ws.installation(), ws.rotate(ws.installation())
    given = Installation(
        team_id=app.team.id, user_id="U0", bot_token=app.token, bot_id=app.bot.bot_id, bot_user_id=app.bot.id,
        bot_refresh_token=more["refresh_token"], bot_token_expires_in=more["expires_in"],
    )  # fmt: skip
    assert processes[0]._installations
    await processes[0]._installations.async_save(given)


async def later(ws: Workspace, process: Slack, hours: float) -> None:
    """So much time passes for the token."""
    app, kept = ws.installation(), process._installations
    app.ends_at -= hours * HOURS
    bot = await kept.async_find_bot(enterprise_id=None, team_id=app.team.id) if kept else None
    assert kept
    assert bot
    assert bot.bot_token_expires_at
    bot.bot_token_expires_at -= int(hours * HOURS)
    await kept.async_save_bot(bot)


def renewals(ws: Workspace) -> list[str]:
    return [call.error for call in ws.calls("oauth.v2.access")]


async def test_a_post_of_the_calendar_renews_a_token_that_ended_since() -> None:
    async with Workspace(token_seconds=12 * HOURS) as ws, ended():
        people, store = Cohort(ws), MemoryStore()
        people.channel.members.append(ws.bot)
        one, name = slack(ws, store), f"slack:{ws.home_team.id}"
        await installed(ws, one)
        before = await one.platform(name)
        assert before
        await before.deliver(Post(channel=people.channel.id, card=card("Week 1"), marker="m1"))
        assert renewals(ws) == []
        await later(ws, one, 13)
        with pytest.raises(DeliveryError, match="token_expired"):
            await before.deliver(Letter(people.ana.id, card("of old")))
        after = await one.platform(name)
        assert after
        await after.deliver(Post(channel=people.channel.id, card=card("Week 2"), marker="m2"))
        assert renewals(ws) == [""]
        assert [message.text for message in ws.said(people.channel)] == ["Week 1", "Week 2"]
        assert after is before  # what it remembers, of nudges that stand open, outlives the token
        assert await (await slack(ws, store).find(ws.home_team.id)).known(people.ana.id)  # another process, started later
        assert renewals(ws) == [""]


async def test_processes_at_once_renew_once() -> None:
    async with Workspace(token_seconds=12 * HOURS) as ws, ended():
        store = MemoryStore()
        processes = [slack(ws, store) for _ in range(3)]
        await installed(ws, *processes)
        await later(ws, processes[0], 12 - AHEAD / 60 + 0.1)  # it has nearly two hours left
        ws.fault("oauth.v2.access", delay=0.2)
        found = await asyncio.gather(*(process.find(ws.home_team.id) for process in processes * 2))
        assert renewals(ws) == [""]
        people = Cohort(ws)
        assert all([await workspace.known(people.ana.id) for workspace in found])


@pytest.mark.parametrize("error", ["invalid_refresh_token", "internal_error"])
async def test_one_that_is_not_renewed_serves_until_it_ends(error: str) -> None:
    async with Workspace(token_seconds=12 * HOURS) as ws, ended():
        people, one = Cohort(ws), slack(ws, MemoryStore())
        await installed(ws, one)
        ws.fault("oauth.v2.access", times=9, error=error)
        await later(ws, one, 11)
        for _ in range(3):
            assert await (await one.find(ws.home_team.id)).known(people.ana.id)
        assert renewals(ws) == [error]  # not with each event
        await later(ws, one, 2)
        with pytest.raises(DeliveryError, match="install the app anew"):
            await one.find(ws.home_team.id)


async def test_an_installation_without_rotation_is_left_alone() -> None:
    async with Workspace() as ws, ended():
        one, app = slack(ws, MemoryStore()), ws.installation()
        given = Installation(
            team_id=app.team.id, user_id="U0", bot_token=app.token, bot_id=app.bot.bot_id, bot_user_id=app.bot.id
        )
        assert one._installations
        await one._installations.async_save(given)
        assert (await one.find(app.team.id)).token == app.token
        assert renewals(ws) == []
