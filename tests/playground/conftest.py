"""The playground as its user meets it: a process of its own, on a port of this machine."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_socket

from tests.contract.conftest import server  # noqa: F401  # a fixture

COMMAND = Path(sys.executable).parent / "practicum-bot"
STARTS_WITHIN = 120  # seconds


class Served:
    """One running playground."""

    def __init__(
        self,
        home: Path,
        cohort: Path | None = None,
        platforms: Sequence[str] = ("playground",),
        command: Sequence[str | Path] = (COMMAND,),
        environment: Mapping[str, str] = {},
        first: Callable[[], None] | None = None,
        **settings: str,
    ) -> None:
        """`first` is done in the process before it begins, `settings` are those of ours, without what their names begin with."""
        self.home = home
        self.environment = dict(environment)
        self._platforms, self._command, self._first = platforms, command, first
        self._settings = {f"PRACTICUM_BOT_{name.upper()}": value for name, value in settings.items()}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._arguments = ["--cohort", str(cohort)] if cohort else []
        self.start()

    def start(self) -> None:
        """Start, and wait until it says that it serves."""
        for name in ("tmp", "cwd"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        places = {"HOME": self.home, "XDG_DATA_HOME": self.home / "data", "TMPDIR": self.home / "tmp"}
        self.log = (self.home / f"log-{self.port}-{time.monotonic_ns()}").open("w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [*self._command, "run", *self._platforms, "--no-browser", *self._arguments],
            stdout=self.log,
            stderr=subprocess.STDOUT,
            cwd=self.home / "cwd",
            preexec_fn=self._first,
            env={
                **os.environ,
                **{name: str(path) for name, path in places.items()},
                "PRACTICUM_BOT_PORT": str(self.port),
                **self._settings,
                **self.environment,
            },
        )
        until = time.monotonic() + STARTS_WITHIN
        while "playground is at" not in self.printed():
            if self.process.poll() is not None or time.monotonic() > until:
                printed = self.printed()
                self.kill()
                raise AssertionError(f"it did not start: {printed[-2000:]}")
            time.sleep(0.1)

    def printed(self) -> str:
        """Everything it printed so far."""
        return Path(self.log.name).read_text(encoding="utf-8")

    def kill(self) -> None:
        """End it without a chance to tidy up."""
        self.process.kill()
        self.process.wait(10)
        self.log.close()

    def stop(self) -> int:
        """Ask it to end; its exit status."""
        self.process.terminate()
        self.log.close()
        return self.process.wait(15)


@pytest.fixture(autouse=True)
def _this_machine_alone() -> None:
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Served]]:
    """Starts playgrounds; all are ended with the module."""
    running: list[Served] = []

    def start(home: Path | None = None, cohort: Path | None = None, **how: Any) -> Served:
        pytest_socket.enable_socket()
        running.append(Served(home or tmp_path_factory.mktemp("home"), cohort, **how))
        return running[-1]

    yield start
    for served in running:
        served.kill()


@pytest.fixture(scope="module")
def served(serve: Callable[..., Served]) -> Served:
    """One playground with the sample cohort."""
    return serve()
