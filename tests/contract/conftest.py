"""Every Store there is."""

from pathlib import Path

import pytest

from core.storage.memory import MemoryStore
from core.storage.migrate import upgrade
from core.storage.sql import SqlStore
from core.storage.store import Store


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "memory":
        return MemoryStore()
    url = f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
    upgrade(url)
    return SqlStore(url)
