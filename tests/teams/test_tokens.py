"""What calls to Microsoft are signed with: asked for once, and never on the event loop."""

import asyncio
import threading
import time
from typing import Any

import botframework.connector.auth.microsoft_app_credentials as sdk
import pytest

from bots.metrics import Metrics
from bots.settings import Settings
from bots.teams.connector import Connector, SdkTokens
from core.errors import DeliveryError
from tests.teams.activities import APP, TENANT
from tests.teams.microsoft import Microsoft

SET = Settings(microsoft_app_id=APP, microsoft_app_password="hush", microsoft_app_tenant_id=TENANT)


class Entra:
    """Stands where MSAL stands: counts what is asked for, and by which thread."""

    made: list[dict[str, Any]]
    asked: list[str]
    refuses = False

    def __init__(self, **given: Any) -> None:
        self.made.append(given)
        self._kept: dict[str, str] | None = None

    def acquire_token_silent(self, scopes: list[str], account: None) -> dict[str, str] | None:
        return self._kept

    def acquire_token_for_client(self, scopes: list[str]) -> dict[str, str]:
        self.asked.append(threading.current_thread().name)
        time.sleep(0.05)
        self._kept = {"error": "invalid_client"} if self.refuses else {"access_token": "t1"}
        return self._kept


@pytest.fixture
def entra(monkeypatch: pytest.MonkeyPatch) -> type[Entra]:
    monkeypatch.setattr(Entra, "made", [], raising=False)
    monkeypatch.setattr(Entra, "asked", [], raising=False)
    monkeypatch.setattr(sdk, "ConfidentialClientApplication", Entra)
    return Entra


async def test_one_token_for_many_calls_in_a_thread_of_its_own(entra: type[Entra]) -> None:
    async with Microsoft().running() as microsoft:
        connector = Connector(SdkTokens(SET), Metrics())
        await asyncio.gather(*(connector.send(microsoft.url, "a:1", {"type": "typing"}) for _ in range(10)))
        await connector.close()
    assert {call.headers["Authorization"] for call in microsoft.calls} == {"Bearer t1"}
    assert (len(entra.made), len(entra.asked)) == (1, 1)
    assert entra.asked[0] != threading.main_thread().name
    assert entra.made[0]["authority"].endswith(TENANT)


async def test_a_refused_token_is_no_secret_spilt(entra: type[Entra], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Entra, "refuses", True)
    connector = Connector(SdkTokens(SET), Metrics())
    with pytest.raises(DeliveryError, match="MICROSOFT_APP_PASSWORD") as caught:
        await connector.send("http://127.0.0.1:9", "a:1", {})
    assert "hush" not in str(caught.value)
    await connector.close()


async def test_a_teams_that_is_not_there() -> None:
    from bots.teams.connector import Unsigned

    connector = Connector(Unsigned(), Metrics())
    with pytest.raises(DeliveryError, match="can't be reached"):
        await connector.send("http://127.0.0.1:9", "a:1", {})
    await connector.close()
