import os
from pathlib import Path

import pytest

from bots import bootstrap
from bots.settings import Settings
from core.cohort import Cohort, default_cohort, read_cohort
from core.engine import PracticumEngine
from core.kb.schema import KnowledgeBase

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("PRACTICUM_BOT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture(scope="session")
def base() -> KnowledgeBase:
    return bootstrap.knowledge_base(Settings())


@pytest.fixture(scope="session")
def engine(base: KnowledgeBase) -> PracticumEngine:
    return bootstrap.engine(Settings(), base)


@pytest.fixture
def cohort() -> Cohort:
    return default_cohort()


@pytest.fixture
def sample(base: KnowledgeBase) -> Cohort:
    return read_cohort(ROOT / "deploy" / "sample-cohort.yaml", base.profiles)
