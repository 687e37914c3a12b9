"""What was written on Teams is nowhere afterwards, faults and a crash included, in a process that tells all it can."""

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.canaries import FAULTY, TALKATIVE, TEXT, WORDS, core_files_allowed, found, said
from tests.faulty import DIES, FORGETS, RAISES
from tests.playground.conftest import Served
from tests.teams.activities import ANA, in_channel, in_private, pressed, team_update
from tests.teams.microsoft import Microsoft


def carried(do: str, value: str = "") -> dict[str, Any]:
    return {"practicum": {"do": do, "value": value, "channel": "", "thread": ""}}


async def test_no_word_reaches_a_file_or_what_is_printed(tmp_path: Path) -> None:
    own = {"teams_anonymous": "yes", "database_url": f"sqlite+aiosqlite:///{tmp_path / 'teams.db'}"}
    served = Served(
        tmp_path, platforms=("teams", "playground"), command=FAULTY, environment=TALKATIVE, first=core_files_allowed, **own
    )
    told: list[str] = []
    try:
        async with Microsoft().running() as microsoft, ClientSession(timeout=ClientTimeout(total=90)) as session:

            async def send(body: Any) -> int:
                data = json.dumps({**body, "serviceUrl": microsoft.url}) if isinstance(body, dict) else body
                async with session.post(f"{served.address}/api/messages", data=data.encode()) as response:
                    told.append(await response.text())
                    return response.status

            await send(team_update(membersAdded=[{"id": in_private()["recipient"]["id"]}]))
            assert await send(in_channel(ANA, "1", text=TEXT)) == 200
            await send(in_channel(ANA, "1", type="messageUpdate", text=f"{TEXT} again"))
            await send(in_channel(ANA, "1", type="messageDelete", text=None))
            await send(in_private(ANA, "2", text=f"what about {TEXT}?"))
            await send(pressed(ANA, carried("draft.send"), draft=TEXT))
            await send(pressed(ANA, carried("draft.send"), draft=f"{RAISES} {TEXT}"))
            await send(pressed(ANA, carried(TEXT, TEXT)))
            microsoft.refuse("^POST .*activities", 400, times=3)
            await send(in_channel(ANA, "3", text=TEXT))
            assert await send(in_channel(ANA, "4", text=f"{RAISES} {TEXT}")) >= 500
            await send(in_private(ANA, "5", text=f"{FORGETS} {TEXT}"))
            await send(in_private(ANA, "6", type=TEXT, text=TEXT))
            for raw in (TEXT, f'{{"{TEXT}"', f'["{TEXT}"]'):
                assert await send(raw) == 400
            for path in ("metrics", "readyz", "healthz"):
                async with session.get(f"{served.address}/{path}") as response:
                    told.append(await response.text())
            nudged = json.dumps([call.body for call in microsoft.calls])
            with pytest.raises(ClientError):
                await send(in_channel(ANA, "7", text=f"{DIES} {TEXT}"))
        assert served.process.wait(30) == -6
    finally:
        served.kill()
    assert "555-0134" not in nudged
    assert said(WORDS, *told) == []
    assert '"error": "RuntimeError"' in served.printed()
    assert list((tmp_path / "cwd").iterdir()) == []
    assert found(tmp_path) == []
