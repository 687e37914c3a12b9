"""A PostgreSQL server for tests: its own folder, a socket in it, no network."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from core.storage.migrate import upgrade

SOCKET = ".s.PGSQL.5432"
STARTS_WITHIN = 60  # seconds
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "log_min_messages": "fatal",
}


def binaries() -> Path | None:
    """The folder of a server's binaries, the newest where there are several."""
    asked = shutil.which("pg_config")
    folders = [Path(subprocess.check_output([asked, "--bindir"], text=True).strip())] if asked else []
    folders += [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


def _somebody() -> dict[str, Any]:
    """Whom to run as: oneself, or where that is root, which PostgreSQL refuses, somebody without rights."""
    if os.getuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise RuntimeError("tests that run as root need a user 'postgres' or 'nobody' to run PostgreSQL as")


class Server:
    """One server with its databases, which come and go with the session."""

    def __init__(self, folder: Path) -> None:
        self._binaries, self._as = folder, _somebody()
        self._place = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # short: a socket's path may have 107 characters
        if self._as:
            os.chown(self._place, self._as["user"], self._as["group"])
        self._number = 0
        self.process: subprocess.Popen[bytes] | None = None
        command = [folder / "initdb", "-D", self._place / "data", "-U", "practicum", "-A", "trust", "-E", "UTF8", "--no-locale"]
        subprocess.run([*command, "--no-sync"], check=True, capture_output=True, cwd=self._place, **self._as)
        self.start()
        self._run("CREATE DATABASE migrated")
        upgrade(self.url("migrated"))

    @property
    def folder(self) -> Path:
        """Where it keeps everything."""
        return self._place

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
        command = [self._binaries / "postgres", "-D", self._place / "data", "-k", self._place, *options]
        with (self._place / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._place, **self._as)
        until = time.monotonic() + STARTS_WITHIN
        while True:
            try:
                return self._run("SELECT 1")
            except psycopg.OperationalError:
                assert self.process.poll() is None, (self._place / "log").read_text()
                assert time.monotonic() < until, "it did not start"
                time.sleep(0.05)

    def stop(self) -> None:
        """As `pg_ctl stop --mode fast` does: connections are broken off."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        self.process.wait(STARTS_WITHIN)

    def kill(self) -> None:
        """All of it at once, without a word to anybody, as a machine that loses its power."""
        assert self.process is not None
        serving = [pid for (pid,) in self.query(self.url("postgres"), "SELECT pid FROM pg_stat_activity")]
        for process in (self.process.pid, *serving):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.process.wait(STARTS_WITHIN)

    def remove(self) -> None:
        """Stop, and leave nothing behind."""
        self.stop()
        shutil.rmtree(self._place)

    def new_database(self, template: str = "migrated") -> str:
        """The URL of a fresh database with all tables; of `template0`, without any."""
        self._number += 1
        self._run(f"CREATE DATABASE test{self._number} TEMPLATE {template}")
        return self.url(f"test{self._number}")

    def drop(self, url: str) -> None:
        """Drop a database, whoever still uses it."""
        self._run(f"DROP DATABASE {url.split('/')[3].split('?')[0]} WITH (FORCE)")

    def url(self, database: str) -> str:
        """A database's URL."""
        return f"postgresql+psycopg://practicum@/{database}?host={self._place}"

    def past(self, url: str) -> tuple[str, Path, Path]:
        """A URL by way of another socket; that socket, and the server's own."""
        (self._place / "by").mkdir(exist_ok=True)
        return f"{url}/by", self._place / "by" / SOCKET, self._place / SOCKET

    def query(self, url: str, statement: str) -> list[tuple[Any, ...]]:
        """What a statement gives in a database, past the store."""
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def _run(self, statement: str) -> None:
        self.query(self.url("postgres"), statement)
