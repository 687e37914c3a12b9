"""Alembic's entry: it is handed a connection, never a URL, so that nothing is configured twice."""

from alembic import context

from core.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True, compare_type=True
)
with context.begin_transaction():
    context.run_migrations()
