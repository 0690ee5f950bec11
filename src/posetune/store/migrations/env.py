"""What Alembic runs: the steps, on the connection that ``schema`` opened."""

from alembic import context

from posetune.store import schema, tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.metadata,
    version_table=schema.VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
