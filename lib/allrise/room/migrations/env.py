"""Alembic's entry: runs the steps on the connection that `database.py` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from allrise.room.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=False,
    version_table="allrise_room",
)
context.run_migrations()
