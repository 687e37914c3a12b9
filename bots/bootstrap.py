"""The composition root: the only place that names concrete classes and turns settings into a running product.

What takes seconds to import (spaCy, Presidio, SQLAlchemy) is imported where it is first needed.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bots.settings import Settings
from core.cohort import Cohort, default_cohort, read_cohort
from core.encoder import OnnxEncoder
from core.errors import StoreError
from core.heads import Heads
from core.kb.fingerprints import of_the_sources
from core.kb.load import load
from core.kb.schema import KnowledgeBase
from core.qa import ask
from core.qa.ask import Asker
from core.qa.conversation import Conversations
from core.qa.index import phrasing_vectors
from core.qa.lexicon import Lexicon
from core.qa.rank import Ranker

if TYPE_CHECKING:
    from bots.metrics import Metrics
    from bots.retention import Keep
    from bots.service import Adapter, House, Service
    from core.engine import PracticumEngine
    from core.nudging.records import Keys
    from core.scan.scanner import Scanner
    from core.storage.sql import SqlStore

PROJECT = Path(__file__).resolve().parent.parent
KNOWLEDGE = PROJECT / "policy_kb"
ENCODER = PROJECT / "core" / "models" / "shipped"
SAMPLE = PROJECT / "deploy" / "sample-cohort.yaml"
RULES = PROJECT / "core" / "scan" / "recognizers.yaml"


def today() -> date:
    """The date that review dates are held against."""
    return datetime.now(UTC).date()


def knowledge_base(settings: Settings) -> KnowledgeBase:
    """The shipped knowledge base with the institution's own profiles. Raises KnowledgeBaseError."""
    return load(KNOWLEDGE, today=today(), extra_profiles=settings.profiles)


def encoder(settings: Settings) -> OnnxEncoder:
    """The encoder, shared by asking and scanning. Raises ModelError."""
    return OnnxEncoder(settings.encoder or ENCODER)


def ranker(base: KnowledgeBase, encoder: OnnxEncoder) -> Ranker:
    """What finds the entries of the base alone, without any profile's own."""
    return Ranker(list(base.entries.values()), partial(phrasing_vectors, encoder), Lexicon(base.thesaurus))


def asker(base: KnowledgeBase, encoder: OnnxEncoder) -> Asker:
    """All that answering needs. Raises ModelError."""
    return Asker(base, encoder, Heads(encoder.folder), ask.Thresholds(**encoder.manifest.thresholds["ask"]))


def scanner(settings: Settings, base: KnowledgeBase, encoder: OnnxEncoder) -> "Scanner":
    """All that scanning needs; imported here, because spaCy and Presidio take seconds that asking can do without.

    Raises ModelError.
    """
    from core.scan import scanner
    from core.scan.analyzer import Analyzer, read_rules
    from core.scan.classify import Classifier
    from core.scan.quotes import Quotes

    analyzer = Analyzer(read_rules(RULES), settings.spacy_model)
    thresholds = scanner.Thresholds(**encoder.manifest.thresholds["scan"])
    classifier = Classifier(encoder, Heads(encoder.folder), thresholds.first)
    return scanner.Scanner(base, analyzer, classifier, Quotes(base, of_the_sources(KNOWLEDGE)), thresholds)


def engine(settings: Settings, base: KnowledgeBase) -> "PracticumEngine":
    """The whole engine, ready for questions and messages. Raises ModelError."""
    from core.engine import PracticumEngine

    shared = encoder(settings)
    return PracticumEngine(base, Conversations(asker(base, shared)), scanner(settings, base, shared))


def service(settings: Settings, platforms: Collection[str], cohort: Cohort | None = None, *, browser: bool = False) -> "Service":
    """The process for these platforms; `cohort` is one to begin with, for the playground. Raises ModelError, StoreError and
    SettingsError.
    """
    from bots.metrics import Metrics
    from bots.service import Service
    from core.nudging.records import Keys

    base, keys, metrics = knowledge_base(settings), Keys(settings.secret_key), Metrics()
    houses: list[House] = []
    whole: PracticumEngine | None = None
    if "playground" in platforms:
        from bots.playground.guard import check

        check(settings.host, settings.playground_token)
    if real := set(platforms) - {"playground"}:
        whole, house = _real(settings, base, keys, metrics, real)
        houses.append(house)
    if "playground" in platforms:
        own = settings if settings.database_url and not real else replace(settings, database_url=settings.playground_database_url)
        houses.append(_page(own, base, whole or engine(settings, base), keys, metrics, cohort, browser=browser))
    return Service(houses, metrics, keep(settings))


def _real(
    settings: Settings, base: KnowledgeBase, keys: "Keys", metrics: "Metrics", platforms: Collection[str]
) -> "tuple[PracticumEngine, House]":
    """Slack and Teams, which share their records."""
    from bots.office import Office

    kept = store(settings)
    adapters: list[Adapter] = []
    slack = None
    if "slack" in platforms:
        from bots.slack.connect import Slack

        slack = Slack(settings, base, kept, keys, metrics)
        adapters.append(slack)
    teams = None
    if "teams" in platforms:
        from bots.teams.connect import Teams

        teams = Teams(settings, base, kept, metrics)
        adapters.append(teams)
    whole = engine(settings, base)
    office = Office(whole, whole, base, kept, keys, metrics, default_cohort(), adapters)
    dispatcher, desk, welcoming = office.dispatcher, office.desk, office.welcoming
    if slack:
        from bots.slack.app import Outsiders, SlackApp

        outsiders = Outsiders(settings.slack_guests, settings.slack_shared)
        SlackApp(slack.bolt, slack.find, dispatcher, desk, welcoming, kept, outsiders)
    if teams:
        from bots.teams.app import TeamsApp

        teams.serve(TeamsApp(teams.find, dispatcher, desk, welcoming, kept))
    return whole, office.house


def _page(
    settings: Settings, base: KnowledgeBase, whole: "PracticumEngine", keys: "Keys", metrics: "Metrics",
    cohort: Cohort | None, *, browser: bool,
) -> "House":  # fmt: skip
    """The playground, with records of its own."""
    from bots.office import Office
    from bots.playground.app import Begins, Playground
    from bots.playground.coordinator import Cohorts
    from bots.playground.delivery import PlaygroundPlatform, Watched
    from bots.playground.room import Room

    members = cohort or sample(base)
    kept, room, watched = store(settings), Room(members), Watched(whole, base)
    adapters: list[Adapter] = []
    office = Office(watched, whole, base, kept, keys, metrics, members, adapters)
    platform = PlaygroundPlatform(room, base)
    forget = office.dispatcher.forget
    cohorts = Cohorts(room, platform, kept, base, office.coordinating, office.welcoming, keep(settings), forget)
    begins = Begins(settings.host, settings.port, settings.playground_token, cohort, browser)
    adapters.append(Playground(room, platform, watched, office.dispatcher, office.desk, cohorts, office.prompter.tick, begins))
    return office.house


def sample(base: KnowledgeBase) -> Cohort:
    """The invented cohort; without its term once that is over, so that there are always prompts to come."""
    cohort = read_cohort(SAMPLE, base.profiles)
    return cohort.model_copy(update={"term": None}) if cohort.term and cohort.term.end < today() else cohort


def keep(settings: Settings) -> "Keep":
    """For how long things are kept."""
    from bots.retention import Keep

    return Keep(timedelta(days=settings.keep_nudges), timedelta(days=settings.keep_events))


def configured(settings: Settings) -> list[str]:
    """The platforms that anything is set for."""
    teams = ["teams"] if settings.microsoft_app_id or settings.teams_anonymous else []
    return [*(["slack"] if settings.slack_bot_token or settings.slack_client_id else []), *teams]


def store(settings: Settings) -> "SqlStore":
    """The store. A SQLite file is brought up to date on the way; a server's database must be. Raises StoreError."""
    from core.storage.migrate import differences, upgrade
    from core.storage.sql import SqlStore

    url = settings.async_database_url
    if url.startswith("sqlite"):
        upgrade(url)
    elif found := differences(url):
        raise StoreError(f"the database {found[0]}")
    return SqlStore(url)
