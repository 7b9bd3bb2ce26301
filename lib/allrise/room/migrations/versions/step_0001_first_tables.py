"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "session",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("asks", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("current_question_id", sa.BigInteger(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("code", name=op.f("uq_session_code")),
        sa.UniqueConstraint("created_by", name=op.f("uq_session_created_by")),
    )
    op.create_table(
        "participant",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("session_id", KEY, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("country", sa.String(length=12), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("cluster", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("joined_seq", sa.BigInteger(), nullable=False),
        sa.Column("joined_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_participant_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant")),
        sa.UniqueConstraint("session_id", "token_hash", name=op.f("uq_participant_session_id_token_hash")),
    )
    op.create_table(
        "question",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("session_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("part", sa.JSON(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("framework_id", sa.String(length=40), nullable=False),
        sa.Column("prompt", sa.JSON(), nullable=False),
        sa.Column("help", sa.JSON(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("results_shown", sa.Boolean(), nullable=False),
        sa.Column("answers_version", sa.BigInteger(), nullable=False),
        sa.Column("board_version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_question_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
        sa.UniqueConstraint("session_id", "name", name=op.f("uq_question_session_id_name")),
        sa.UniqueConstraint("session_id", "position", name=op.f("uq_question_session_id_position")),
    )
    op.create_table(
        "timer",
        sa.Column("session_id", KEY, autoincrement=False, nullable=False),
        sa.Column("running", sa.Boolean(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("left_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_timer_session_id")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_timer")),
    )
    op.create_table(
        "event",
        sa.Column("session_id", KEY, autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("actor", sa.String(length=12), nullable=False),
        sa.Column("participant_id", KEY, nullable=True),
        sa.Column("question_id", KEY, nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("changes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("undone_by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_event_participant_id")),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_event_question_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_event_session_id")),
        sa.PrimaryKeyConstraint("session_id", "seq", name=op.f("pk_event")),
        sa.UniqueConstraint("session_id", "key", name=op.f("uq_event_session_id_key")),
    )
    op.create_table(
        "item",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("question_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("framework_id", sa.String(length=40), nullable=False),
        sa.Column("dimension", sa.String(length=8), nullable=False),
        sa.Column("label", sa.JSON(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("left_pole", sa.JSON(), nullable=False),
        sa.Column("right_pole", sa.JSON(), nullable=False),
        sa.Column("lowest", sa.Integer(), nullable=False),
        sa.Column("highest", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_item_question_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("question_id", "name", name=op.f("uq_item_question_id_name")),
    )
    op.create_table(
        "note",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("session_id", KEY, nullable=False),
        sa.Column("question_id", KEY, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_note_question_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_note_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    op.create_index(op.f("ix_note_session_id"), "note", ["session_id"], unique=False)
    op.create_table(
        "statement",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("question_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("participant_id", KEY, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("merged_into", sa.Integer(), nullable=True),
        sa.Column("country", sa.String(length=12), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("cluster", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_statement_participant_id")),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_statement_question_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
        sa.UniqueConstraint("question_id", "number", name=op.f("uq_statement_question_id_number")),
    )
    op.create_table(
        "answer",
        sa.Column("participant_id", KEY, autoincrement=False, nullable=False),
        sa.Column("item_id", KEY, autoincrement=False, nullable=False),
        sa.Column("question_id", KEY, nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("country", sa.String(length=12), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("cluster", sa.String(length=60), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_answer_item_id")),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_answer_participant_id")),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_answer_question_id")),
        sa.PrimaryKeyConstraint("participant_id", "item_id", name=op.f("pk_answer")),
    )
    op.create_index(op.f("ix_answer_question_id"), "answer", ["question_id"], unique=False)
    op.create_table(
        "moderation",
        sa.Column("id", KEY, sa.Identity(always=False), nullable=False),
        sa.Column("statement_id", KEY, nullable=False),
        sa.Column("decision", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("merged_into", sa.Integer(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["statement_id"], ["statement.id"], name=op.f("fk_moderation_statement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation")),
    )
    op.create_index(op.f("ix_moderation_statement_id"), "moderation", ["statement_id"], unique=False)
    op.create_table(
        "vote",
        sa.Column("participant_id", KEY, autoincrement=False, nullable=False),
        sa.Column("statement_id", KEY, autoincrement=False, nullable=False),
        sa.Column("question_id", KEY, nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("country", sa.String(length=12), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("cluster", sa.String(length=60), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_vote_participant_id")),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_vote_question_id")),
        sa.ForeignKeyConstraint(["statement_id"], ["statement.id"], name=op.f("fk_vote_statement_id")),
        sa.PrimaryKeyConstraint("participant_id", "statement_id", name=op.f("pk_vote")),
    )
    op.create_index(op.f("ix_vote_question_id"), "vote", ["question_id"], unique=False)


def downgrade() -> None:
    """Remove all tables, and everything in them."""
    op.drop_table("vote")
    op.drop_table("moderation")
    op.drop_table("answer")
    op.drop_table("statement")
    op.drop_table("note")
    op.drop_table("item")
    op.drop_table("event")
    op.drop_table("timer")
    op.drop_table("question")
    op.drop_table("participant")
    op.drop_table("session")
