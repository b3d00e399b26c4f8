"""Entry point that Alembic runs.

``triage_app.storage.database.migrate`` hands it the connection.
"""

from alembic import context

from triage_app.storage.schema.cases import Base


def run() -> None:
    """Apply the revisions inside the transaction that the caller opened."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
