"""What Alembic runs: the steps, on the connection that ``schema`` opened."""

from alembic import context

from posetune.store import tables

context.configure(
    connection=context.config.attributes["connection"], target_metadata=tables.metadata, render_as_batch=True
)
context.run_migrations()
