"""The composition root: the only place that names concrete classes and turns settings into a running product."""

from datetime import UTC, date, datetime
from pathlib import Path

from bots.settings import Settings
from core.encoder import OnnxEncoder
from core.engine import PracticumEngine
from core.heads import Heads
from core.kb.load import load
from core.kb.schema import KnowledgeBase
from core.qa import ask
from core.qa.ask import Asker
from core.scan import scanner
from core.scan.analyzer import Analyzer, read_rules
from core.scan.classify import Classifier
from core.scan.scanner import Scanner
from core.storage.migrate import upgrade
from core.storage.sql import SqlStore

PROJECT = Path(__file__).resolve().parent.parent
KNOWLEDGE = PROJECT / "policy_kb"
ENCODER = PROJECT / "core" / "models" / "shipped"
RULES = PROJECT / "core" / "scan" / "recognizers.yaml"


def today() -> date:
    """The date that review dates are held against."""
    return datetime.now(UTC).date()


def knowledge_base(settings: Settings) -> KnowledgeBase:
    """The shipped knowledge base with the institution's own profiles. Raises KnowledgeBaseError."""
    return load(KNOWLEDGE, today=today(), extra_profiles=settings.profiles)


def engine(settings: Settings, base: KnowledgeBase) -> PracticumEngine:
    """The whole engine, ready for questions and messages. Raises ModelError."""
    folder = settings.encoder or ENCODER
    encoder = OnnxEncoder(folder)
    heads = Heads(folder)
    thresholds = encoder.manifest.thresholds
    asker = Asker(base, encoder, heads, ask.Thresholds(**thresholds["ask"]))
    analyzer = Analyzer(read_rules(RULES), settings.spacy_model)
    scanning = Scanner(base, analyzer, Classifier(encoder, heads), scanner.Thresholds(**thresholds["scan"]))
    return PracticumEngine(base, asker, scanning)


def store(settings: Settings) -> SqlStore:
    """The store, its database brought up to date on the way. Raises StoreError."""
    upgrade(settings.async_database_url)
    return SqlStore(settings.async_database_url)
