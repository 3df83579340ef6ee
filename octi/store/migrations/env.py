"""What Alembic runs for every command: the steps, on the connection that `config_for` put in its settings."""

from alembic import context

from octi.store.schema import VERSION_TABLE
from octi.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,  # SQLite cannot alter most things in place
)

with context.begin_transaction():
    context.run_migrations()
