"""The tables. A migration must stand for every change here; a test compares the two."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    true,
)


class Moment(TypeDecorator[datetime]):
    """A point in time, in UTC in every database; SQLite keeps no zones of its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # as SQLAlchemy calls it
        """To the database. Raises ValueError for a time without a zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a point in time needs its zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # as SQLAlchemy calls it
        """From the database."""
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

cohorts = Table(
    "cohorts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("document", JSON, nullable=False),  # a core.cohort.Cohort; the roster in it is personal data
    Column("shadow", Boolean, nullable=False, server_default=false()),  # everything is counted, nobody is nudged
    Column("updated_at", Moment, nullable=False),
    Column("prompts_since", Moment),  # from when on its calendar counts
    Column("prompts_paused_at", Moment),
)

claims = Table(  # events that are being worked on, or were
    "claims",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("holder", String(32), nullable=False),
    Column("leased_until", Moment, nullable=False),
    Column("done_at", Moment, index=True),
)

channels = Table(
    "channels",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("platform", String(100), nullable=False),  # and its workspace, for example `slack:T0123`
    Column("channel", String(200), nullable=False),
    Column("cohort", String(200), nullable=False),
    Column("seminar", Boolean, nullable=False),
    Column("soft_bound", Float, nullable=False),
    Column("introduced_at", Moment),
    Column("prompts", Boolean, nullable=False, server_default=true()),  # weekly prompts go there
    UniqueConstraint("platform", "channel"),
)

nudges = Table(  # a core.nudging.records.NudgeRecord; keys are keyed hashes, and there is never a text
    "nudges",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("cohort", String(200), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("thread", String(32), nullable=False),
    Column("author", String(32), nullable=False),
    Column("message", String(32), nullable=False, unique=True),
    Column("category", String(30), nullable=False),
    Column("tier", String(10), nullable=False),
    Column("band", Float, nullable=False),
    Column("rule", String(60), nullable=False),
    Column("shadow", Boolean, nullable=False),
    Column("delivered_at", Moment),
    Column("closed_at", Moment),
    Column("closing", String(10)),
    Column("feedback", String(20)),
    Index("ix_nudges_author_at", "author", "at"),
    Index("ix_nudges_cohort_at", "cohort", "at"),
)

people = Table(  # what an author asked for, or was told
    "people",
    metadata,
    Column("author", String(32), primary_key=True),
    Column("paused_until", Moment),
    Column("summed_up_at", Moment),
    Column("introduced_at", Moment),
)

members = Table(  # a core.storage.store.Member
    "members",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("platform", String(100), nullable=False),
    Column("person", String(200), nullable=False),
    Column("cohort", String(200), nullable=False, index=True),
    Column("role", String(20), nullable=False),
    Column("joined_at", Moment, nullable=False),
    Column("asked", Integer, nullable=False, server_default="0"),
    Column("asked_version", String(40)),
    Column("asked_at", Moment),
    Column("acknowledged", String(40)),
    Column("acknowledged_at", Moment),
    UniqueConstraint("platform", "person", "cohort"),
)

answers = Table(  # what askers made of answers, as numbers
    "answers",
    metadata,
    Column("cohort", String(200), primary_key=True),
    Column("entry", String(80), primary_key=True),
    Column("code", String(20), primary_key=True),
    Column("number", Integer, nullable=False),
)

installations = Table(  # of the bot in workspaces: what a platform gave for it, encrypted
    "installations",
    metadata,
    Column("platform", String(100), primary_key=True),
    Column("secret", Text, nullable=False),
)

slots = Table(  # a core.storage.slots.Decision
    "slots",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cohort", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("day", Date, nullable=False),
    Column("state", String(10), nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("choice", String(80), nullable=False),
    UniqueConstraint("cohort", "kind", "day"),
    Index("ix_slots_state_due_at", "state", "due_at"),
)

sendings = Table(  # a core.storage.slots.Sending
    "sendings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cohort", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("day", Date, nullable=False),
    Column("place", String(320), nullable=False),  # platform and channel; a person's is a keyed hash
    Column("state", String(10), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("retry_at", Moment),
    Column("message", String(200)),  # the platform's id
    UniqueConstraint("cohort", "kind", "day", "place"),
)

references = Table(  # a core.storage.store.Reference; quoted by SQLAlchemy, as SQL has a word of this name
    "references",
    metadata,
    Column("platform", String(100), primary_key=True),
    Column("holder", String(10), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("service", String(500), nullable=False),
    Column("conversation", String(300), nullable=False),
    Column("account", String(200), nullable=False),
    Column("unreachable", Boolean, nullable=False, server_default=false()),
)
