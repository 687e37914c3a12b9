"""Who gets in: tokens of an issuer of our own, checked by Microsoft's SDK at the running door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from botframework.connector.auth import ChannelValidation

from bots.metrics import Metrics
from bots.settings import Settings, read_settings
from bots.teams.connect import Teams
from bots.teams.door import Keys, allowed
from core.errors import SettingsError
from core.kb.schema import KnowledgeBase
from core.storage.memory import MemoryStore
from tests.teams.activities import APP, SERVICE, TENANT, in_channel
from tests.teams.microsoft import Issuer, Microsoft, serving

SET = Settings(microsoft_app_id=APP, microsoft_app_password="x", microsoft_app_tenant_id=TENANT)
BODY = in_channel(type="messageReaction")  # which nothing follows from


class Nothing:
    """Stands where the product stands; notes who got in."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    async def turn(self, body: Any) -> None:
        self.seen.append(body)


@dataclass
class At:
    post: Any
    microsoft: Microsoft
    issuer: Issuer
    seen: list[Any]


@pytest.fixture
def base() -> Any:
    return None  # the door needs no knowledge


@asynccontextmanager
async def door(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[At]:
    async with Microsoft().running() as microsoft:
        issuer = Issuer()
        microsoft.keys = [issuer.public]
        monkeypatch.setattr(ChannelValidation, "open_id_metadata_endpoint", f"{microsoft.url}/openid")
        monkeypatch.setattr("bots.teams.door.ANEW_AFTER", 0.0)
        teams = Teams(SET, None, MemoryStore(), Metrics())  # type: ignore[arg-type]
        nothing = Nothing()
        teams.serve(nothing)  # type: ignore[arg-type]
        await teams.start()
        try:
            async with serving(teams.routes) as post:
                yield At(post, microsoft, issuer, nothing.seen)
        finally:
            await teams.stop()


OTHER = "33333333-3333-3333-3333-333333333333"


@pytest.mark.parametrize(
    ("claims", "changed", "status"),
    [
        ({}, {}, 200),
        ({"exp": 1}, {}, 401),
        ({"nbf": 4_000_000_000}, {}, 401),
        ({"aud": OTHER}, {}, 401),
        ({"aud": None}, {}, 401),
        ({"iss": "https://evil.example"}, {}, 401),
        ({"iss": f"https://sts.windows.net/{TENANT}/"}, {}, 401),
        ({"algorithm": "HS256"}, {}, 401),
        ({"serviceurl": None}, {}, 401),
        ({"serviceurl": "https://smba.trafficmanager.net/other/"}, {}, 401),
        ({"serviceurl": "https://evil.example/"}, {"serviceUrl": "https://evil.example/"}, 403),
        ({"tid": OTHER}, {}, 403),
        ({}, {"channelData": {"tenant": {"id": OTHER}}, "conversation": {"id": "19:x", "tenantId": OTHER}}, 403),
        ({}, {"channelData": {}, "conversation": {"id": "19:x"}}, 400),
        ({}, {"channelId": "webchat"}, 400),
        ({}, {"type": None}, 400),
        ({}, {"serviceUrl": ["x"]}, 400),
    ],
)
async def test_tokens_and_bodies(
    monkeypatch: pytest.MonkeyPatch, claims: dict[str, Any], changed: dict[str, Any], status: int
) -> None:
    async with door(monkeypatch) as at:
        answered, _ = await at.post({**BODY, **changed}, f"Bearer {at.issuer.token(**claims)}")
        assert answered == status
        assert len(at.seen) == (1 if status == 200 else 0)


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer abc", "Bearer a.b.c", "Basic abc", "Bearer  x y", "Bearer \u00e9.b.c"]
)
async def test_what_is_no_token(monkeypatch: pytest.MonkeyPatch, header: str | None) -> None:
    async with door(monkeypatch) as at:
        assert (await at.post(BODY, header))[0] == 401
        assert at.microsoft.key_fetches == 0


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'"x"'])
async def test_what_is_no_activity(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    async with door(monkeypatch) as at:
        assert (await at.post(None, f"Bearer {at.issuer.token()}", raw))[0] == 400


async def test_a_forged_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    async with door(monkeypatch) as at:
        assert (await at.post(BODY, f"Bearer {Issuer('k1').token()}"))[0] == 401


async def test_a_key_that_microsoft_rolled_is_fetched_anew_and_an_invented_one_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with door(monkeypatch) as at:
        assert (await at.post(BODY, f"Bearer {at.issuer.token()}"))[0] == 200
        assert (await at.post(BODY, f"Bearer {at.issuer.token()}"))[0] == 200
        assert at.microsoft.key_fetches == 1
        rolled = Issuer("k2")
        assert (await at.post(BODY, f"Bearer {rolled.token()}"))[0] == 401
        at.microsoft.keys = [rolled.public]
        assert (await at.post(BODY, f"Bearer {rolled.token()}"))[0] == 200
        assert at.microsoft.key_fetches == 3


async def test_invented_keys_cause_no_flood_of_calls() -> None:
    async with Microsoft().running() as microsoft:
        from aiohttp import ClientSession

        async with ClientSession() as session:
            keys = Keys(f"{microsoft.url}/openid", lambda: session)
            for number in range(20):
                assert await keys.get(f"invented{number}") is None
        assert microsoft.key_fetches == 1


async def test_without_microsoft_s_keys_activities_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with door(monkeypatch) as at:
        at.microsoft.keys = None  # type: ignore[assignment]  # an answer that is none
        assert (await at.post(BODY, f"Bearer {at.issuer.token()}"))[0] == 503


@pytest.mark.parametrize(
    ("url", "anonymous", "fine"),
    [
        (SERVICE, False, True),
        ("https://europe.botframework.com/", False, True),
        ("https://smba.infra.gcc.teams.microsoft.com/teams", False, True),
        ("http://smba.trafficmanager.net/ca/", False, False),
        ("https://evil.trafficmanager.net/", False, False),
        ("https://smba.trafficmanager.net.evil.example/", False, False),
        ("https://smba.trafficmanager.net@evil.example/", False, False),
        ("https://evil@smba.trafficmanager.net/", False, False),
        ("https://smba.trafficmanager.net:444/", False, False),
        ("https://botframework.com.evil.example/", False, False),
        ("http://127.0.0.1:1/", False, False),
        ("https://[::1", False, False),
        ("http://127.0.0.1:56150/_connector", True, True),
        ("http://localhost:1", True, True),
        ("http://169.254.169.254/", True, False),
        (SERVICE, True, False),
        ("file:///etc/passwd", True, False),
    ],
)
def test_addresses_that_are_called_back(url: str, anonymous: bool, fine: bool) -> None:
    assert allowed(url, anonymous=anonymous) is fine


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({}, "MICROSOFT_APP_ID"),
        ({"MICROSOFT_APP_ID": APP}, "MICROSOFT_APP_TENANT_ID"),
        ({"MICROSOFT_APP_ID": APP, "MICROSOFT_APP_TENANT_ID": TENANT}, "MICROSOFT_APP_PASSWORD"),
        ({"PRACTICUM_BOT_TEAMS_ANONYMOUS": "yes", "PRACTICUM_BOT_HOST": "0.0.0.0"}, "PRACTICUM_BOT_HOST"),
        ({"PRACTICUM_BOT_TEAMS_ANONYMOUS": "yes", "MICROSOFT_APP_ID": APP, "MICROSOFT_APP_TENANT_ID": TENANT}, "TEAMS_ANONYMOUS"),
    ],
)
def test_it_refuses_to_start_where_anybody_could_come_in(given: dict[str, str], word: str, base: KnowledgeBase) -> None:
    with pytest.raises(SettingsError, match=word):
        Teams(read_settings(given), base, MemoryStore(), Metrics())


@pytest.mark.parametrize(
    "given",
    [
        {"PRACTICUM_BOT_TEAMS_ANONYMOUS": "yes"},
        {"MICROSOFT_APP_ID": APP, "MICROSOFT_APP_TENANT_ID": TENANT, "MICROSOFT_APP_TYPE": "UserAssignedMSI"},
    ],
)
def test_it_starts_otherwise(given: dict[str, str], base: KnowledgeBase) -> None:
    assert not Teams(read_settings(given), base, MemoryStore(), Metrics()).ready
