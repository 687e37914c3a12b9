"""The tables. A migration must stand for every change here; a test compares the two."""

from sqlalchemy import JSON, Column, DateTime, Integer, MetaData, String, Table

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
    Column("updated_at", DateTime(timezone=True), nullable=False),
)
