"""Microsoft's own playground and the bot, each a process of its own."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.slack.emulated import free_ports
from tests.teams.activities import Json

FOLDER = Path(__file__).resolve().parent / "playground"
CLI = FOLDER / "node_modules" / "@microsoft" / "m365agentsplayground" / "cli.js"
STARTS_WITHIN = 90  # seconds
RUN = "from bots.cli import main; main()"


def require_installed() -> None:
    """Fail in CI and skip elsewhere, where the playground wasn't installed."""
    if CLI.exists() and shutil.which("node"):
        return
    if os.environ.get("CI"):
        pytest.fail(
            "Microsoft's playground is missing, so Teams was tested against our own peer alone; .ci/run installs it",
            pytrace=False,
        )
    pytest.skip("LEFT OUT: Microsoft's playground, because it isn't installed; run `npm ci` in tests/teams/playground")


class Peer:
    """A running bot with a cohort, and a playground that talks to it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        bot, own = free_ports(2)
        self.url = f"http://127.0.0.1:{own}"
        self._processes: list[subprocess.Popen[bytes]] = []
        shutil.copy(FOLDER / "peer.yml", home / ".m365agentsplayground.yml")
        cohort = home / "cohort.yaml"
        cohort.write_text("name: Winter\nprofile: mru\ntimezone: America/Edmonton\n", encoding="utf-8")
        places = {"HOME": str(home), "XDG_DATA_HOME": str(home / "data")}
        anonymous = {"PRACTICUM_BOT_TEAMS_ANONYMOUS": "yes", "PRACTICUM_BOT_PORT": str(bot)}
        self._start(
            "bot", [sys.executable, "-c", RUN, "run", "teams", "--cohort", str(cohort)], "serving", anonymous | places, ROOT
        )
        start = ["node", str(CLI), "start", "-e", f"http://127.0.0.1:{bot}/api/messages", "-c", "msteams", "--disable-telemetry"]
        start += ["-p", str(own), "--service-url", f"{self.url}/_connector", "--enable-events-recording"]
        self._start("playground", start, "Listening", places, home)

    def _start(self, name: str, command: list[str], sign: str, environment: dict[str, str], folder: Path) -> None:
        log = self.home / f"{name}.log"
        with log.open("w", encoding="utf-8") as out:
            process = subprocess.Popen(
                command, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **environment}, cwd=folder
            )
        self._processes.append(process)
        until = time.monotonic() + STARTS_WITHIN
        while sign not in log.read_text(encoding="utf-8"):
            assert process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < until, f"{name} did not start"
            time.sleep(0.1)

    def send(self, activity: Json) -> None:
        """Have the playground forward an activity as it is."""
        body = json.dumps({**activity, "serviceUrl": f"{self.url}/_connector"}).encode()
        address = f"{self.url}/_internal/v1/customActivities"
        request = urllib.request.Request(address, body, {"content-type": "application/json"})
        urllib.request.urlopen(request, timeout=30).read()

    def recorded(self) -> list[Any]:
        """What went to and fro so far."""
        text = "".join(path.read_text(encoding="utf-8") for path in (self.home / "devTools").glob("events_recording_*"))
        return [json.loads(part) for part in text.split("\n---\n") if part.strip().startswith("{")]

    def printed(self) -> str:
        return (self.home / "bot.log").read_text(encoding="utf-8")

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait(10)
