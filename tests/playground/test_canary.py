"""What was written is nowhere afterwards: every path of the playground, errors and a killed process included."""

import asyncio
import json
import uuid
from collections.abc import Callable
from pathlib import Path

import aiohttp

from tests.playground.conftest import Served

CANARY = "Zebulonka Quistgaard"
TEXT = f"my client {CANARY} told me her dad hits her, her cell is 403-555-0134"


def test_no_word_reaches_a_file_or_what_is_printed(serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve(tmp_path)
    me = "grace-example"

    async def work() -> None:
        async with aiohttp.ClientSession() as session:

            async def call(method: str, path: str, **body: object) -> None:
                async with session.request(method, f"{served.address}{path}", json={"as": me, **body}) as response:
                    await response.read()

            for channel in ("cohort", "seminar", f"direct-{me}"):
                name = uuid.uuid4().hex
                await call("POST", "/api/posts", id=name, channel=channel, text=TEXT, files=[{"name": f"{CANARY}.jpg"}])
                await call("POST", "/api/posts", id=uuid.uuid4().hex, channel=channel, text=f"@ethics {TEXT}?", thread=name)
                nudge = json.dumps([channel, name, ""])
                await call("POST", "/api/press", do="nudge.why", value=nudge)
                await call("PATCH", f"/api/posts/{name}", text=f"again {TEXT}")
                await call("POST", "/api/press", do="nudge.judged", value=json.dumps([nudge, "other"]))
                await call("DELETE", f"/api/posts/{name}")
            await call("POST", "/api/ask", id=uuid.uuid4().hex, channel="cohort", text=f"what about {CANARY}?")
            await call("POST", "/api/press", do="draft.send", inputs={"draft": TEXT})
            await call("POST", "/api/press", do="draft.send", inputs={"draft": {"a": CANARY}})  # no text
            await call("POST", "/api/press", do=CANARY, value=TEXT)  # nothing to press
            shared = json.dumps(["former-client-friend-request-accept", "cohort", ""])
            await call("POST", "/api/press", do="reply.shared", value=shared, inputs={"about": TEXT})  # refused
            await call("POST", "/api/posts", id="bad id", channel="cohort", text=TEXT)  # refused
            await call("POST", f"/api/posts/{CANARY}", text=TEXT)  # no such door
            await call("POST", "/api/posts", id="x", channel="cohort", text={"a": CANARY})  # no text
            async with session.post(f"{served.address}/api/posts", data=TEXT.encode()) as response:  # no JSON
                assert response.status == 400
            await call("POST", "/api/posts", id="last", channel="cohort", text=TEXT)

    asyncio.run(work())
    served.kill()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in files)
    for word in ("Zebulonka", "Quistgaard", "555-0134", "dad hits"):
        for spelt in (word, json.dumps(word), word.casefold()):
            assert [path for path in files if spelt.encode() in path.read_bytes()] == []
