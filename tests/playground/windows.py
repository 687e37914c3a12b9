"""What tests of the playground's server share: one person's window, and what it shows."""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.playground.conftest import Served

GRACE, TOMASZ, NOOR, DANA = "grace-example", "tomasz-sample", "noor-sample", "dana-sample"
RISKY = "call my client's mom at 403 555 0139"  # found by rule, whatever the model
FINE = "who brings snacks to seminar?"
COHORT = "Sample Cohort"


def said(card: dict[str, Any]) -> str:
    """All that a card says."""
    return "\n".join(line["text"] for line in card["lines"])


class Page:
    """One person's window."""

    def __init__(self, session: aiohttp.ClientSession, address: str, person: str) -> None:
        self._session, self._address, self.person = session, address, person

    async def call(self, method: str, path: str, **body: object) -> tuple[int, Any]:
        async with self._session.request(method, f"{self._address}{path}", json={"as": self.person, **body}) as response:
            return response.status, await response.json()

    async def post(self, text: str, channel: str = "cohort", name: str = "", **more: object) -> str:
        name = name or uuid.uuid4().hex
        status, said = await self.call("POST", "/api/posts", id=name, channel=channel, text=text, **more)
        assert status == 200, said
        return name

    async def state(self) -> dict[str, Any]:
        async with self._session.get(f"{self._address}/api/state", params={"as": self.person}) as response:
            return dict(await response.json())

    async def cohort(self) -> dict[str, Any]:
        async with self._session.get(f"{self._address}/api/cohort", params={"as": self.person}) as response:
            return dict(await response.json())

    async def home(self) -> list[dict[str, Any]]:
        async with self._session.get(f"{self._address}/api/home", params={"as": self.person}) as response:
            return list((await response.json())["cards"])

    async def whispers(self, message: str) -> list[dict[str, Any]]:
        return [whisper for whisper in (await self.state())["whispers"] if whisper["message"] == message]

    async def letters(self) -> list[dict[str, Any]]:
        return [w for w in (await self.state())["whispers"] if w["channel"] == f"direct-{self.person}" and not w["message"]]

    async def press(self, do: str, *parts: str, value: str = "", card: str = "", **inputs: str) -> dict[str, Any]:
        """What a press leads to."""
        value = json.dumps(parts) if parts else value
        status, led = await self.call("POST", "/api/press", do=do, value=value, card=card, inputs=inputs)
        assert status == 200, led
        return dict(led)

    async def push(self, whisper: dict[str, Any], do: str) -> dict[str, Any]:
        """Press a button of a whisper."""
        button = next(button for button in whisper["card"]["buttons"] if button["do"] == do)
        return await self.press(do, value=button["value"], card=whisper["id"])

    async def send(self, form: dict[str, Any], **changed: str) -> dict[str, Any]:
        """Send a form as it was opened, but for what is changed."""
        return await self.press(
            form["do"], value=form["value"], **{field["name"]: field["value"] for field in form["fields"]} | changed
        )


@asynccontextmanager
async def pages(served: Served, *people: str) -> AsyncIterator[list[Page]]:
    async with aiohttp.ClientSession() as session:
        yield [Page(session, served.address, person) for person in people]
