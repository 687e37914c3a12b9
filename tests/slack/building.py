"""Small pieces that the emulator's own tests are built from."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack.workspace import Workspace

Json = dict[str, Any]
MODAL: Json = {"type": "modal", "title": {"type": "plain_text", "text": "A modal"}, "blocks": []}
HOME: Json = {"type": "home", "blocks": []}


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(**more: Any) -> Json:
    return {"type": "actions", "elements": [{"type": "button", "text": plain("Why?"), "action_id": "why", **more}]}


def options(count: int, text: str = "x", value: str = "v") -> list[Json]:
    return [{"text": plain(text), "value": f"{value}{n}"} for n in range(count)]


def client(ws: Workspace, token: str = "") -> AsyncWebClient:
    return AsyncWebClient(token=token or ws.installation().token, base_url=ws.api_url)


async def refused(call: Any) -> Json:
    """The answer of a call that Slack refuses."""
    with pytest.raises(SlackApiError) as caught:
        await call
    answer = caught.value.response
    return {**answer.data, "status": answer.status_code} if isinstance(answer.data, dict) else {"status": answer.status_code}
