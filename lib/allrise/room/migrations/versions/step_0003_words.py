"""Statements are found by their words and by their author, however many there are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from allrise.room.plain_text import words_hash

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the hash of each statement's words, and two indexes."""
    op.add_column("statement", sa.Column("words", sa.String(length=32), nullable=False, server_default=""))
    statement = sa.table("statement", sa.column("id"), sa.column("text"), sa.column("words"))
    connection = op.get_bind()
    for row in connection.execute(sa.select(statement.c.id, statement.c.text)).all():
        connection.execute(statement.update().where(statement.c.id == row.id).values(words=words_hash(row.text)))
    op.create_index(op.f("ix_statement_question_id_words"), "statement", ["question_id", "words"])
    op.create_index(op.f("ix_statement_participant_id"), "statement", ["participant_id"])


def downgrade() -> None:
    """Forget them."""
    op.drop_index(op.f("ix_statement_participant_id"), "statement")
    op.drop_index(op.f("ix_statement_question_id_words"), "statement")
    with op.batch_alter_table("statement") as batch:
        batch.drop_column("words")
