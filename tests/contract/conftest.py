"""Every Store there is."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.storage.memory import MemoryStore
from core.storage.migrate import upgrade
from core.storage.sql import SqlStore
from core.storage.store import Store
from tests.contract import postgres

BINARIES = postgres.binaries()
EXPECTED = BINARIES is not None or bool(os.environ.get("CI"))
DATABASES = ["sqlite", *(["postgresql"] if EXPECTED else [])]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not EXPECTED:
        terminalreporter.write_line("LEFT OUT: nothing was tried on PostgreSQL, because its server is missing", yellow=True)


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """A PostgreSQL server for the session."""
    if BINARIES is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL's server is missing, so nothing was tried on it; .ci/run installs it", pytrace=False)
        pytest.skip("LEFT OUT: PostgreSQL's server is missing")
    server = postgres.Server(BINARIES)
    yield server
    server.remove()


@pytest.fixture
def postgresql(server: postgres.Server) -> Iterator[str]:
    """The URL of a PostgreSQL database with all tables."""
    url = server.new_database()
    yield url
    server.drop(url)


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """The URL of a SQLite database with all tables."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
    upgrade(url)
    return url


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest) -> str:
    """The URL of a database with all tables, of every kind there is."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture(params=DATABASES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables, of every kind there is."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
        return
    server: postgres.Server = request.getfixturevalue("server")
    url = server.new_database("template0")
    yield url
    server.drop(url)


@pytest.fixture(params=["memory", *DATABASES])
def store(request: pytest.FixtureRequest) -> Store:
    return MemoryStore() if request.param == "memory" else SqlStore(request.getfixturevalue(request.param))
