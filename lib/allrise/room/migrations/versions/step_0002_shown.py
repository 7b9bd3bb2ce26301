"""What screens were shown last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "shown",
        sa.Column("question_id", KEY, autoincrement=False, nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_shown_question_id")),
        sa.PrimaryKeyConstraint("question_id", "purpose", name=op.f("pk_shown")),
    )


def downgrade() -> None:
    """Forget it."""
    op.drop_table("shown")
