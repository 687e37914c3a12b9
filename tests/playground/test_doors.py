"""Who comes in: a token beyond this machine; and the page beside a real platform, with records of its own."""

import asyncio
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from tests.playground.conftest import COMMAND, Served
from tests.playground.windows import GRACE, RISKY, pages

TOKEN = "a token of enough characters"
OPEN = {"/healthz", "/readyz", "/metrics"}  # for the network that it runs in; they tell nothing of anybody


@pytest.fixture(scope="module")
def guarded(serve: Callable[..., Served]) -> Served:
    """A playground on all addresses, behind a token."""
    return serve(host="0.0.0.0", playground_token=TOKEN)


def test_a_token_too_short_is_refused(tmp_path: Path) -> None:
    settings = {"PRACTICUM_BOT_HOST": "0.0.0.0", "PRACTICUM_BOT_PLAYGROUND_TOKEN": "short", "XDG_DATA_HOME": str(tmp_path)}
    command = [COMMAND, "run", "playground", "--no-browser"]
    done = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "at least 16 characters" in done.stderr) == (2, True), done.stderr


def test_beyond_this_machine_everything_needs_the_token(guarded: Served) -> None:
    async def work() -> None:
        jar = aiohttp.CookieJar(unsafe=True)  # which keeps cookies of addresses without a name
        async with aiohttp.ClientSession(guarded.address, cookie_jar=jar) as session:
            doors = [("GET", path) for path in ("/", "/static/app.js", "/api/state", "/api/stream", "/api/home", "/api/cohort")]
            doors += [("POST", path) for path in ("/api/posts", "/api/ask", "/api/press", "/api/cohort/import", "/api/tour")]
            for method, path in [*doors, ("GET", "/?token=wrong"), ("GET", f"/api/state?token={TOKEN}"), ("GET", "/?token=é")]:
                async with session.request(method, path, json={"as": GRACE}) as response:
                    assert response.status == 403, path
            async with session.get("/", params={"token": TOKEN}, allow_redirects=False) as response:
                assert (response.status, response.headers["Location"]) == (303, "/")
                cookie = response.headers["Set-Cookie"]
                assert ("HttpOnly" in cookie, "SameSite=Strict" in cookie, TOKEN in cookie) == (True, True, False)
            for path in ("/", "/static/app.js", "/api/state"):
                async with session.get(path, headers={"Host": "practicum.example.edu"}) as response:
                    assert response.status == 200, path
                async with session.get(path, headers={"Origin": "https://evil.example"}) as response:
                    assert response.status == 403, path
        async with aiohttp.ClientSession(guarded.address) as session:
            for path in OPEN:
                async with session.get(path) as response:
                    assert (response.status, TOKEN in await response.text()) == (200, False)
        assert TOKEN not in guarded.printed()

    asyncio.run(work())


def test_beside_a_real_platform_it_keeps_records_of_its_own(serve: Callable[..., Served], tmp_path: Path) -> None:
    """Teams without authentication needs nothing outside this machine."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'real.db'}"
    served = serve(tmp_path, platforms=("teams", "playground"), database_url=url, teams_anonymous="yes")

    async def work() -> None:
        async with pages(served, GRACE) as (grace,):
            name = await grace.post(RISKY)
            assert "nudge" in [whisper["kind"] for whisper in await grace.whispers(name)]
        async with aiohttp.ClientSession(served.address) as session:
            async with session.get("/readyz") as response:
                assert (response.status, all((await response.json()).values())) == (200, True)
            async with session.get("/metrics") as response:
                assert 'practicum_bot_events_total{outcome="done",platform="playground"} 1.0' in await response.text()
            async with session.post("/api/messages", data=b"{}") as response:
                assert response.status == 400  # Teams' own door

    asyncio.run(work())
    assert served.stop() == 0
    assert served.printed().rstrip().endswith("Stopped.")
    listed = [COMMAND, "cohort", "list"]
    for database, cohorts in ((url, "No cohorts yet"), (f"sqlite+aiosqlite:///{own(tmp_path)}", "Sample Cohort")):
        environment = {**os.environ, "PRACTICUM_BOT_DATABASE_URL": database}
        done = subprocess.run(listed, env=environment, capture_output=True, text=True, timeout=60, check=True)
        assert cohorts in done.stdout


def own(home: Path) -> Path:
    (found,) = home.rglob("playground.db")
    return found
