"""The bot as a program's admin runs it: `practicum-bot run slack`, a process of its own, against a workspace on this machine."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.slack.emulated import free_ports
from tests.slack.workspace import Workspace

COMMAND = Path(sys.executable).parent / "practicum-bot"
COHORT = """\
name: Winter
profile: mru
timezone: America/Edmonton
coordinator: {name: Cora Dean, contact: cora@program.example}
agencies: [Sample House]
roster: [{name: Ana Lopez}, {name: Ben Okafor}]
"""


class Bot:
    """One running process; started again, it has the same database."""

    def __init__(
        self,
        ws: Workspace,
        home: Path,
        *,
        socket: bool,
        command: Sequence[str | Path] = (COMMAND,),
        first: Callable[[], None] | None = None,
        **more: str,
    ) -> None:
        """`first` is done in the process before it begins."""
        self._ws = ws
        self._socket = socket
        self._command, self._first = command, first
        self.home, self.cwd = home, home / "cwd"
        (self.port,) = free_ports(1)
        places = {"HOME": home, "XDG_DATA_HOME": home / "data", "TMPDIR": home / "tmp"}
        for folder in (home / "tmp", self.cwd):
            folder.mkdir(parents=True, exist_ok=True)
        self._environment = {
            **os.environ,
            **{name: str(path) for name, path in places.items()},
            "PRACTICUM_BOT_PORT": str(self.port),
            **ws.environment(socket=socket),
            **more,
        }
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = home / "log"
        self._starts = 0

    async def start(self, *arguments: str) -> None:
        """Start, and wait until Slack reaches it."""
        self._starts += 1
        with self.log.open("a", encoding="utf-8") as log:
            command = [*self._command, "run", "slack", *arguments]
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env=self._environment, cwd=self.cwd, preexec_fn=self._first
            )
        await self._ws.until(self._serves, "it did not start", within=90)
        if self._socket:
            await self._ws.socket.connected()
        else:
            await self._ws.http.subscribe(f"{self.address}/slack/events")

    def _serves(self) -> bool:
        assert self.process.poll() is None, self.printed()[-2000:]
        return self.printed().count('"serving"') == self._starts

    def printed(self) -> str:
        """Everything it logged."""
        return self.log.read_text(encoding="utf-8")

    def kill(self) -> None:
        """End it without a chance to tidy up."""
        self.process.kill()
        self.process.wait(10)

    async def stop(self) -> int:
        """Ask it to end; its exit status."""
        self.process.terminate()
        return await asyncio.to_thread(self.process.wait, 40)


@asynccontextmanager
async def running(ws: Workspace, home: Path, *, socket: bool = False, cohort: bool = True, **more: Any) -> AsyncIterator[Bot]:
    """A bot that is ready, ended afterwards; with one cohort unless told otherwise."""
    bot = Bot(ws, home, socket=socket, **more)
    file = home / "cohort.yaml"
    file.write_text(COHORT, encoding="utf-8")
    await bot.start(*(["--cohort", str(file)] if cohort else []))
    try:
        yield bot
    finally:
        if bot.process.poll() is None:
            bot.kill()
